//! The store in memory against the suite that every store has to pass.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hearken_core::memory::MemoryStore;
use hearken_core::store::Store;
use hearken_testkit::conformance::Fixture;

struct Memory(MemoryStore);

impl Fixture for Memory {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        let store: Arc<dyn Store> = Arc::new(self.0.reopen());
        Box::pin(std::future::ready(store))
    }
}

async fn memory() -> Memory {
    Memory(MemoryStore::new())
}

hearken_testkit::store_conformance!(memory);

/// The same where several write to it at once.
mod several {
    use super::*;

    async fn shared() -> Memory {
        Memory(MemoryStore::shared(2))
    }

    hearken_testkit::store_conformance!(shared);
}
