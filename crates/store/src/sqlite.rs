//! The embedded store: SQLite in write-ahead mode, synced at every commit.
//!
//! One connection writes, and belongs to the committer's thread; a few read. Why rusqlite, and why rows lie as they
//! do: docs/decisions/0003-sqlite.md.

mod arrivals;
mod batch;
mod check;
mod clearing;
mod error;
mod folder;
mod forget;
mod inspect;
mod ledger;
mod migrations;
mod notices;
mod reader;
mod reads;
mod records;
mod rows;
mod scrub;
mod sets;
mod snapshot;
mod timers;
mod trim;

use std::path::{Path, PathBuf};

use hearken_core::store::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;

use self::clearing::Stale;
pub use self::folder::Claim;
pub use self::inspect::Inspection;
use self::reader::Readers;
pub use self::snapshot::{CopyError, Snapshot};

/// The name of the store's file in the data folder.
const FILE: &str = "hearken.db";
/// How many connections read at once.
const READERS: usize = 4;
/// Prepared statements kept per connection; there are fewer than this.
const STATEMENTS: usize = 128;

/// The embedded store in one data folder.
pub struct SqliteStore {
    writer: Mutex<Option<Connection>>,
    readers: Readers,
    stale: Stale,
    /// Dropping it lets another process open the store.
    claim: Claim,
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
        Self::open_claimed(Claim::of(folder)?)
    }

    /// The same in a folder that is claimed already.
    pub fn open_claimed(claim: Claim) -> Result<Self, OpenError> {
        let path = claim.file();
        let mut writer = Connection::open(&path)?;
        // A commit is on the disk before it returns: nothing less may be acknowledged.
        writer.pragma_update(None, "journal_mode", "wal")?;
        writer.pragma_update(None, "synchronous", "full")?;
        // What is deleted is overwritten, so that erasing somebody later finds little to clean.
        writer.pragma_update(None, "secure_delete", true)?;
        // A log that grew while a backup read the store is cut back when it begins anew.
        writer.pragma_update(None, "journal_size_limit", 32 << 20)?;
        writer.pragma_update(None, "temp_store", "memory")?;
        writer.pragma_update(None, "cache_size", -16 * 1024)?;
        writer.set_prepared_statement_cache_capacity(STATEMENTS);
        migrations::run(&mut writer)?;
        let readers = Readers::new(READERS, || {
            let reader = snapshot::open_to_read(&path)?;
            reader.set_prepared_statement_cache_capacity(STATEMENTS);
            Ok(reader)
        })?;
        let stale = Stale::default();
        stale.refresh(&writer)?;
        Ok(Self { writer: Mutex::new(Some(writer)), readers, stale, claim })
    }

    /// The number of the newest schema that this version knows; a store that is open has it.
    pub fn newest_schema() -> i64 {
        migrations::newest()
    }
}

/// What a caller hears when the write side has been given out already.
fn taken() -> StoreError {
    StoreError::Unavailable("the store's write side is in use".into())
}
