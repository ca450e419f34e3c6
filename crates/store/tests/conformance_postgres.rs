//! PostgreSQL against the suite that every store has to pass.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hearken_core::store::Store;
use hearken_store::{PostgresSettings, PostgresStore};
use hearken_testkit::conformance::Fixture;
use hearken_testkit::throwaway::Database;

struct Place(Database);

impl Fixture for Place {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        let opening = PostgresStore::open(self.0.url(), PostgresSettings::default());
        opening.map(|store| Arc::new(store.expect("the store opens")) as Arc<dyn Store>).boxed()
    }
}

async fn postgres() -> Place {
    Place(Database::new())
}

hearken_testkit::store_conformance!(postgres);
