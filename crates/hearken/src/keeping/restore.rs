//! `hearken restore`: a backup put into an empty data folder, all or nothing.
//!
//! Everything is unpacked into a folder of its own inside, and looked at there: the digests, the schema, the store
//! itself. Only then is it put in place, the store last: before that there is no store, after that all of it is there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use hearken_core::Registry;
use hearken_core::attachments::{Attachment, AttachmentName, Attachments, MAX_CONTENT};
use hearken_store::{Claim, Inspection};
use tar::{Archive, EntryType};
use tokio::runtime::Handle;

use super::digest::Digesting;
use super::manifest::{ATTACHMENTS, Attached, FORM, Held, LONGEST, Manifest, NAME, STORE};

/// Where things are unpacked, in the data folder. Left over by a restore that was killed, it goes with the next.
const STAGING: &str = "restoring";

/// Puts the backup in `file` into the claimed folder, and what was attached where attachments are kept. Blocks; call
/// it where that is allowed, within a tokio runtime.
pub(super) fn read(
    file: &Path,
    claim: &Claim,
    attachments: impl FnOnce() -> anyhow::Result<Arc<dyn Attachments>>,
    registry: &Registry,
) -> anyhow::Result<Manifest> {
    let archive = File::open(file).with_context(|| format!("can't read {}", file.display()))?;
    must_be_empty(claim)?;
    let staging = Staging::new(claim.folder())?;
    let unpacked = unpack(archive, &staging.0).with_context(|| format!("{}", file.display()))?;
    let manifest = unpacked.verified().with_context(|| format!("{}", file.display()))?;
    let inspection = Inspection::of(&staging.0.join(STORE), registry)
        .with_context(|| format!("{}: the store in it", file.display()))?;
    ensure!(inspection.found.is_empty(), "{}: {}", file.display(), inspection.found.join("; "));
    ensure!(inspection.schema == manifest.schema, "{}: its store is not what it says", file.display());
    let put = Put::all(&manifest, &staging.0, attachments)?;
    fs::rename(staging.0.join(STORE), claim.file()).context("the store can't be put in place")?;
    put.keep();
    File::open(claim.folder())?.sync_all()?;
    Ok(manifest)
}

/// Refuses a folder that has anything in it, so that nothing is ever overwritten.
fn must_be_empty(claim: &Claim) -> anyhow::Result<()> {
    let folder = claim.folder();
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    let names = entries.collect::<io::Result<Vec<_>>>()?;
    let ours = names.iter().filter(|name| !Claim::is_aside(name) && *name != STAGING);
    match ours.min() {
        Some(name) => {
            let name = name.display();
            bail!("data: {} is not empty ({name} is in it); name an empty or new folder", folder.display())
        }
        None => Ok(()),
    }
}

/// The folder where things are unpacked; it goes, whatever happens.
struct Staging(PathBuf);

impl Staging {
    fn new(folder: &Path) -> anyhow::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = folder.join(STAGING);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("can't write in {}", folder.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What stays is taken away by the next restore, and is no part of the installation.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What was found in an archive.
struct Unpacked {
    manifest: Option<Manifest>,
    found: BTreeMap<String, Held>,
}

/// Unpacks an archive, in which nothing is taken but what a backup has.
fn unpack(archive: File, staging: &Path) -> anyhow::Result<Unpacked> {
    let mut unpacked = Unpacked { manifest: None, found: BTreeMap::new() };
    let mut archive = Archive::new(BufReader::with_capacity(256 << 10, archive));
    for entry in archive.entries().context("not a backup")? {
        let mut entry = entry.context("not a backup, or cut off")?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        ensure!(entry.header().entry_type() == EntryType::Regular, "{name:?} in it is no plain file");
        ensure!(unpacked.manifest.is_none(), "{name:?} in it comes after the manifest");
        if name == NAME {
            let mut json = Vec::new();
            entry.take(LONGEST).read_to_end(&mut json).context("cut off")?;
            unpacked.manifest = Some(serde_json::from_slice(&json).context("its manifest does not read")?);
            continue;
        }
        let path = place_of(&name, staging)?;
        ensure!(!unpacked.found.contains_key(&name), "{name:?} is in it twice");
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out = Digesting::new(BufWriter::with_capacity(256 << 10, File::create_new(&path)?));
        let length = entry.size();
        let copied = io::copy(&mut entry, &mut out).context("cut off, or the disk is full")?;
        ensure!(copied == length, "cut off");
        let (held, written) = out.finish();
        written.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        unpacked.found.insert(name, held);
    }
    Ok(unpacked)
}

/// Where an entry of this name is unpacked. Only the names that a backup gives have a place, so none leads elsewhere.
fn place_of(name: &str, staging: &Path) -> anyhow::Result<PathBuf> {
    let attachment = name.strip_prefix(ATTACHMENTS).and_then(|name| name.parse::<AttachmentName>().ok());
    ensure!(name == STORE || attachment.is_some(), "{name:?} in it is not of a backup");
    Ok(staging.join(name))
}

impl Unpacked {
    /// The manifest, if what was found is what it names, to the byte.
    fn verified(mut self) -> anyhow::Result<Manifest> {
        let manifest = self.manifest.context("it has no manifest: cut off, or not a backup")?;
        let form = manifest.form;
        ensure!(form <= FORM, "a newer version of hearken made it (form {form}; this one knows {FORM})");
        let attached =
            manifest.attachments.iter().map(|Attached { name, held, .. }| (ATTACHMENTS, name.as_str(), held));
        for (place, name, held) in [("", STORE, &manifest.store)].into_iter().chain(attached) {
            let name = format!("{place}{name}");
            let found = self.found.remove(&name).with_context(|| format!("{name:?} is missing in it"))?;
            ensure!(found == *held, "{name:?} in it is damaged");
        }
        if let Some(name) = self.found.keys().next() {
            bail!("{name:?} in it is not in its manifest");
        }
        Ok(manifest)
    }
}

/// Attachments that were put in place; taken away again unless they are kept.
struct Put {
    attachments: Option<Arc<dyn Attachments>>,
    names: Vec<AttachmentName>,
}

impl Put {
    fn all(
        manifest: &Manifest,
        staging: &Path,
        attachments: impl FnOnce() -> anyhow::Result<Arc<dyn Attachments>>,
    ) -> anyhow::Result<Self> {
        if manifest.attachments.is_empty() {
            return Ok(Self { attachments: None, names: Vec::new() });
        }
        let to = attachments()?;
        let mut put = Self { attachments: Some(Arc::clone(&to)), names: Vec::new() };
        for attached in &manifest.attachments {
            let name: AttachmentName = attached.name.parse()?;
            let path = staging.join(ATTACHMENTS).join(&attached.name);
            ensure!(attached.held.bytes <= MAX_CONTENT as u64, "the attachment {name} in it is too long");
            let attachment = Attachment::new(&attached.media_type, fs::read(path)?.into())?;
            put.names.push(name);
            Handle::current().block_on(to.put(name, attachment))?;
        }
        Ok(put)
    }

    fn keep(mut self) {
        self.names.clear();
    }
}

impl Drop for Put {
    fn drop(&mut self) {
        let Some(attachments) = &self.attachments else { return };
        for name in self.names.drain(..) {
            if let Err(error) = Handle::current().block_on(attachments.delete(name)) {
                tracing::warn!(%error, "an attachment of a restore that failed stays");
            }
        }
    }
}
