//! The embedded store: SQLite in write-ahead mode, synced at every commit.
//!
//! One connection writes, and belongs to the committer's thread; a few read. Why rusqlite, and why rows lie as they
//! do: docs/decisions/0003-sqlite.md.

mod batch;
mod check;
mod error;
mod ledger;
mod migrations;
mod notices;
mod reader;
mod reads;
mod records;
mod rows;
mod trim;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use hearken_core::store::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

use self::reader::Readers;

/// The name of the store's file in the data folder.
const FILE: &str = "hearken.db";
/// Held while a process has the store open.
const LOCK: &str = "hearken.lock";
/// The longest path of a file that SQLite opens, in bytes: 512, less an end mark and room to append `-journal`.
const LONGEST_PATH: usize = 503;
/// How many connections read at once.
const READERS: usize = 4;
/// Prepared statements kept per connection; there are fewer than this.
const STATEMENTS: usize = 64;

/// The embedded store in one data folder.
pub struct SqliteStore {
    writer: Mutex<Option<Connection>>,
    readers: Readers,
    /// Dropping it lets another process open the store.
    _lock: File,
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another hearken has the data folder {0} open")]
    InUse(PathBuf),
    /// The folder or a file in it.
    #[error("the data folder {0} can't be used: {1}")]
    Folder(PathBuf, std::io::Error),
    /// Its path is longer than SQLite can open.
    #[error(
        "the path of the data folder is too long: {found} bytes, of {most} that the store can open ({folder})"
    )]
    TooLong {
        /// The folder.
        folder: PathBuf,
        /// How long its path is, links resolved.
        found: usize,
        /// How long it may be.
        most: usize,
    },
    /// The store in it was written by a newer version.
    #[error("the store was written by a newer version of hearken (schema {found}; this one knows {known})")]
    Newer {
        /// Its schema's number.
        found: i64,
        /// The newest number known here.
        known: i64,
    },
    /// SQLite.
    #[error("the store can't be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl SqliteStore {
    /// Whether there is a store in `folder`.
    pub fn exists(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }

    /// Opens the store in `folder`, making what is missing and bringing an older schema up.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        make_private(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        must_be_short(folder)?;
        let lock = lock(folder)?;
        let path = folder.join(FILE);
        let mut writer = Connection::open(&path)?;
        // A commit is on the disk before it returns: nothing less may be acknowledged.
        writer.pragma_update(None, "journal_mode", "wal")?;
        writer.pragma_update(None, "synchronous", "full")?;
        writer.pragma_update(None, "temp_store", "memory")?;
        writer.pragma_update(None, "cache_size", -16 * 1024)?;
        writer.set_prepared_statement_cache_capacity(STATEMENTS);
        migrations::run(&mut writer)?;
        let readers = Readers::new(READERS, || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let reader = Connection::open_with_flags(&path, flags)?;
            reader.pragma_update(None, "cache_size", -4 * 1024)?;
            reader.set_prepared_statement_cache_capacity(STATEMENTS);
            reader.busy_timeout(std::time::Duration::from_secs(5))?;
            Ok(reader)
        })?;
        Ok(Self { writer: Mutex::new(Some(writer)), readers, _lock: lock })
    }
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::Folder(folder.to_owned(), error)),
    }
}

/// Makes the folder if it is missing, for its owner alone: people's words lie in it. SQLite makes its files last, and
/// their names in this folder; that the folder itself lasts is on us.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if folder.is_dir() {
        return Ok(());
    }
    let missing: Vec<_> =
        folder.ancestors().take_while(|made| !made.as_os_str().is_empty() && !made.exists()).collect();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for made in missing {
        let parent = made.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// SQLite says no more than that it can't open the file.
fn must_be_short(folder: &Path) -> Result<(), OpenError> {
    let resolved = folder.canonicalize().map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
    let (found, most) = (resolved.as_os_str().len(), LONGEST_PATH - 1 - FILE.len());
    if found > most { Err(OpenError::TooLong { folder: folder.to_owned(), found, most }) } else { Ok(()) }
}

/// What a caller hears when the write side has been given out already.
fn taken() -> StoreError {
    StoreError::Unavailable("the store's write side is in use".into())
}
