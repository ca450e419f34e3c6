//! The stores that the messenger is tried on.

use std::sync::Arc;

use hearken_core::memory::MemoryStore;
use hearken_core::store::Store;

use crate::lasting::Lasting;

/// A kind of store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Backend {
    /// Nothing but memory.
    Memory,
    /// SQLite or PostgreSQL, as the run of the tests is.
    Lasting,
}

/// Every kind of store.
pub(crate) const BACKENDS: [Backend; 2] = [Backend::Memory, Backend::Lasting];

/// Where a store keeps what it keeps, over restarts.
pub(crate) enum Disk {
    Memory(MemoryStore),
    Lasting(Lasting),
}

impl Backend {
    pub(crate) fn disk(self) -> Disk {
        match self {
            Self::Memory => Disk::Memory(MemoryStore::new()),
            Self::Lasting => Disk::Lasting(Lasting::new()),
        }
    }
}

impl Disk {
    /// Opens the store.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(memory) => Arc::new(memory.reopen()),
            Self::Lasting(place) => place.open().await.store(),
        }
    }
}
