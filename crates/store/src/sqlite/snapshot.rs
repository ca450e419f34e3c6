//! The store as it is at one moment, read page by page while it goes on being written: what a backup copies.
//!
//! SQLite's own backup call would need a file of its own to write to; `VACUUM INTO` besides builds every index anew.
//! Reading the pages under one read transaction takes no lock that a commit waits for, and needs no second copy.

use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{Claim, OpenError, SqliteStore};

/// Everything that was committed when it was taken, and nothing later. While it is held, SQLite's write-ahead log
/// grows.
pub struct Snapshot {
    connection: Connection,
    schema: i64,
    bytes: u64,
}

/// Why a snapshot could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The store could not be read.
    #[error("the store can't be read: {0}")]
    Read(#[from] rusqlite::Error),
    /// What it was copied to failed.
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl SqliteStore {
    /// A snapshot of this store, which goes on. Blocks for a moment.
    pub fn snapshot(&self) -> Result<Snapshot, OpenError> {
        Snapshot::of(&self.claim.file())
    }
}

impl Claim {
    /// A snapshot of the store in a claimed folder, in whatever schema it is.
    pub fn snapshot(&self) -> Result<Snapshot, OpenError> {
        Snapshot::of(&self.file())
    }
}

impl Snapshot {
    fn of(file: &Path) -> Result<Self, OpenError> {
        let connection = open_to_read(file)?;
        connection.execute_batch("begin")?;
        // The first thing that is read decides what is seen.
        let schema = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let pages: u64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let size: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        Ok(Self { connection, schema, bytes: pages * size })
    }

    /// The number of its schema.
    pub fn schema(&self) -> i64 {
        self.schema
    }

    /// How long the file is that `copy` hands out.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Hands out the store's file from its beginning to its end, some KiB at a time. Blocks until all of it is taken.
    pub fn copy(&self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), CopyError> {
        let mut statement = self.connection.prepare("select data from sqlite_dbpage order by pgno")?;
        let mut pages = statement.query([])?;
        let mut left = self.bytes;
        while let Some(page) = pages.next()? {
            let data = page.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            left = left.saturating_sub(data.len() as u64);
            take(data)?;
        }
        if left == 0 { Ok(()) } else { Err(io::Error::other("the store's file ends too early").into()) }
    }
}

/// A connection that only reads, whatever the schema.
pub(super) fn open_to_read(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(file, flags)?;
    reader.pragma_update(None, "cache_size", -4 * 1024)?;
    reader.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(reader)
}
