//! SQLite against the suite that every store has to pass.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hearken_core::store::Store;
use hearken_store::SqliteStore;
use hearken_testkit::conformance::Fixture;
use tempfile::TempDir;

struct Folder(TempDir);

impl Fixture for Folder {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        let store = SqliteStore::open(self.0.path()).expect("the store opens");
        Box::pin(std::future::ready(Arc::new(store) as Arc<dyn Store>))
    }
}

async fn sqlite() -> Folder {
    Folder(TempDir::new().expect("there is room for a folder"))
}

hearken_testkit::store_conformance!(sqlite);
