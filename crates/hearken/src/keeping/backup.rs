//! `hearken backup`: one archive (tar) of the store, of what people have attached, and of a manifest.
//!
//! It is written beside its final name and gets that name once it is whole and on the disk. The pages go out some at a
//! time, each stretch synced before the next: a gigabyte that the system writes in its own time would hold up the
//! syncs of commits meanwhile.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use futures_util::StreamExt as _;
use hearken_core::attachments::{AttachmentName, Attachments};
use hearken_store::Snapshot;
use jiff::Timestamp;
use tar::{Builder, EntryType, Header};
use tempfile::NamedTempFile;
use tokio::runtime::Handle;

use super::digest::Digesting;
use super::manifest::{ATTACHMENTS, Attached, FORM, Held, Manifest, NAME, STORE};

/// How much is written between two syncs.
const STRETCH: usize = 4 << 20;

/// Writes a backup, mode 0600, under a name that is free. Blocks until it is on the disk; call it where that is
/// allowed, within a tokio runtime.
pub(super) fn write(
    snapshot: &Snapshot,
    attachments: &dyn Attachments,
    file: &Path,
    made_at: Timestamp,
) -> anyhow::Result<Manifest> {
    let folder = folder_of(file)?;
    if file.symlink_metadata().is_ok() {
        bail!("{} is there already; name a file that is not", file.display());
    }
    let unfinished = tempfile::Builder::new().prefix(".hearken-backup-").tempfile_in(&folder);
    let unfinished = unfinished.with_context(|| format!("can't write in {}", folder.display()))?;
    let (unfinished, manifest) = fill(unfinished, snapshot, attachments, made_at)
        .with_context(|| format!("can't write the backup in {}", folder.display()))?;
    unfinished.persist_noclobber(file).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow!("{} is there already; name a file that is not", file.display())
        }
        _ => anyhow!("can't name the backup {}: {}", file.display(), error.error),
    })?;
    File::open(&folder)?.sync_all()?;
    Ok(manifest)
}

fn folder_of(file: &Path) -> anyhow::Result<PathBuf> {
    let named = file.file_name().and(file.parent());
    let folder = named.with_context(|| format!("{} does not name a file", file.display()))?;
    Ok(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() })
}

fn fill(
    unfinished: NamedTempFile,
    snapshot: &Snapshot,
    attachments: &dyn Attachments,
    made_at: Timestamp,
) -> anyhow::Result<(NamedTempFile, Manifest)> {
    let mut archive = Builder::new(BufWriter::with_capacity(256 << 10, Synced::new(unfinished)));
    let mut header = header(made_at);
    let mut entry = archive.append_writer(&mut header, STORE)?;
    let mut digesting = Digesting::new(&mut entry);
    snapshot.copy(|bytes| digesting.write_all(bytes))?;
    let (store, _) = digesting.finish();
    entry.finish()?;
    let attachments = attach(&mut archive, attachments, made_at)?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { form: FORM, version, schema: snapshot.schema(), made_at, store, attachments };
    let json = serde_json::to_vec_pretty(&manifest)?;
    append(&mut archive, NAME, &json, made_at)?;
    let written = archive.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((written.finish()?, manifest))
}

/// Adds everything that is attached now. What the store names was kept before it was named, so all of it is there.
fn attach<W: Write>(
    archive: &mut Builder<W>,
    attachments: &dyn Attachments,
    made_at: Timestamp,
) -> anyhow::Result<Vec<Attached>> {
    let runtime = Handle::current();
    let names: Vec<Result<AttachmentName, _>> = runtime.block_on(attachments.list(None).collect());
    let mut attached = Vec::with_capacity(names.len());
    for name in names {
        let name = name?;
        // Deleted since it was listed.
        let Some(found) = runtime.block_on(attachments.get(name))? else { continue };
        let held = append(archive, &format!("{ATTACHMENTS}{name}"), found.content(), made_at)?;
        attached.push(Attached { name: name.to_string(), media_type: found.media_type().to_owned(), held });
    }
    Ok(attached)
}

fn append<W: Write>(
    archive: &mut Builder<W>,
    name: &str,
    content: &[u8],
    made_at: Timestamp,
) -> anyhow::Result<Held> {
    let mut header = header(made_at);
    header.set_size(content.len() as u64);
    let mut digesting = Digesting::new(content);
    archive.append_data(&mut header, name, &mut digesting)?;
    Ok(digesting.finish().0)
}

fn header(made_at: Timestamp) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o600);
    header.set_mtime(made_at.as_second().max(0) as u64);
    header
}

/// A file that is synced as it grows.
struct Synced {
    file: NamedTempFile,
    since: usize,
}

impl Synced {
    fn new(file: NamedTempFile) -> Self {
        Self { file, since: 0 }
    }

    fn finish(self) -> io::Result<NamedTempFile> {
        self.file.as_file().sync_all()?;
        Ok(self.file)
    }
}

impl Write for Synced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.since += written;
        if self.since >= STRETCH {
            self.since = 0;
            self.file.as_file().sync_data()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Synced {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
