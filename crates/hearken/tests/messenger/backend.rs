//! The stores that the messenger is tried on.

use std::sync::Arc;

use hearken_core::memory::MemoryStore;
use hearken_core::store::Store;
use hearken_store::{OpenError, SqliteStore};
use tempfile::TempDir;

/// A kind of store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Backend {
    /// Nothing but memory.
    Memory,
    /// The embedded one, in a folder of its own.
    Sqlite,
}

/// Every kind of store.
pub(crate) const BACKENDS: [Backend; 2] = [Backend::Memory, Backend::Sqlite];

/// Where a store keeps what it keeps, over restarts.
pub(crate) enum Disk {
    Memory(MemoryStore),
    Folder(TempDir),
}

impl Backend {
    pub(crate) fn disk(self) -> Disk {
        match self {
            Self::Memory => Disk::Memory(MemoryStore::new()),
            Self::Sqlite => Disk::Folder(tempfile::tempdir().expect("a folder")),
        }
    }
}

impl Disk {
    /// Opens the store. Whoever had it open before has been stopped, but may not be quite gone.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(memory) => Arc::new(memory.reopen()),
            Self::Folder(folder) => loop {
                match SqliteStore::open(folder.path()) {
                    Ok(store) => return Arc::new(store),
                    Err(OpenError::InUse(_)) => tokio::task::yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            },
        }
    }
}
