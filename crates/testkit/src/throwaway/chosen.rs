//! Which store the tests of a whole server run on: `HEARKEN_TEST_STORE` says `sqlite` (the default) or `postgres`, and
//! `make test` runs them once with each.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::Database;

/// Whether this run is the one on PostgreSQL.
pub fn on_postgres() -> bool {
    match std::env::var("HEARKEN_TEST_STORE").as_deref() {
        Err(_) | Ok("" | "sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("HEARKEN_TEST_STORE is {other:?}: sqlite or postgres"),
    }
}

/// The address of the database that stands in for the store in a data folder, where this run is on PostgreSQL: always the
/// same one for the same folder, made when it is first asked for, and gone with the PostgreSQL that the run throws away.
pub fn database_of(folder: &Path) -> Option<String> {
    static DATABASES: Mutex<Option<HashMap<PathBuf, Database>>> = Mutex::new(None);
    on_postgres().then(|| {
        let mut databases = DATABASES.lock();
        let databases = databases.get_or_insert_default();
        databases.entry(folder.to_owned()).or_default().url().to_owned()
    })
}
