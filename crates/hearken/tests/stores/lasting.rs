//! A store that lasts over restarts, in a place of its own: SQLite in a folder, or a database where this run of the tests
//! is on PostgreSQL (`HEARKEN_TEST_STORE`).

use hearken::installation::Kept;
use hearken::settings::Sources;
use hearken_store::{OpenError, SqliteStore};
use hearken_testkit::throwaway::database_of;
use tempfile::TempDir;

/// Where it lives.
pub(crate) struct Lasting(TempDir);

impl Lasting {
    /// A new place, empty at first.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Opens the store there. Whoever had it open before has been stopped, but may not be quite gone.
    pub(crate) async fn open(&self) -> Kept {
        if let Some(url) = database_of(self.0.path()) {
            let environment = vec![("HEARKEN_DATABASE_URL".into(), url.into())];
            let settings = Sources { environment, ..Sources::default() }.resolve().expect("an address");
            let url = settings.database_url.expect("it is set");
            return Kept::shared(&url, None).await.expect("the database opens");
        }
        loop {
            match SqliteStore::open(self.0.path()) {
                Ok(store) => return store.into(),
                Err(OpenError::InUse(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
