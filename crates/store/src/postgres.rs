//! The shared store: PostgreSQL, which several nodes write to at once.
//!
//! A few connections of each node write, one for each of its committers; a few read. No transaction is held open for
//! longer than it takes to read what a batch wants, run its rules and write what they ask for; the server ends one that
//! takes longer (see `link`). Which library, and why the statements are as they are: docs/decisions/0008-postgres.md.

mod address;
mod arrivals;
mod batch;
mod check;
mod clearing;
mod error;
mod forget;
mod inspect;
mod ledger;
mod link;
mod load;
mod migrations;
mod nodes;
mod notices;
mod people;
mod questions;
mod readers;
mod reads;
mod records;
mod rows;
mod settle;
mod timers;
mod tls;
mod upkeep;
mod write;

use std::sync::Arc;

pub use self::address::AddressError;
pub use self::inspect::SharedInspection;
use self::link::Dialler;
pub use self::nodes::PostgresNodes;
use self::readers::Readers;

/// How many connections a store uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostgresSettings {
    /// How many committers a core gets.
    pub ledgers: usize,
    /// How many connections read.
    pub readers: usize,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self { ledgers: 2, readers: 3 }
    }
}

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    dialler: Arc<Dialler>,
    readers: Readers,
    settings: PostgresSettings,
}

/// Why the store could not be opened. Says nothing of the address but what is wrong with it: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// Its address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The store in it was written by a newer version.
    #[error("the store was written by a newer version of hearken (schema {found}; this one knows {known})")]
    Newer {
        /// Its schema's number.
        found: i64,
        /// The newest number known here.
        known: i64,
    },
    /// The server is too old.
    #[error("PostgreSQL 14 or newer is needed")]
    TooOld,
    /// It can't be reached, or does not let us in.
    #[error("the database can't be reached: {0}")]
    Away(String),
    /// A statement has failed.
    #[error("the store can't be opened: {0}")]
    Failed(String),
}

impl PostgresStore {
    /// Opens the store at an address (`postgres://user:password@host:port/database?sslmode=verify-full`), making what is
    /// missing and bringing an older schema up, while other nodes may do the same. Call within a tokio runtime.
    ///
    /// `sslmode` is `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`, as with PostgreSQL's own
    /// clients; `sslrootcert` names a file of certificates to verify by, in place of the system's.
    pub async fn open(url: &str, settings: PostgresSettings) -> Result<Self, PostgresError> {
        let dialler = Arc::new(Dialler::new(url)?);
        migrations::run(&dialler).await?;
        let readers = Readers::new(Arc::clone(&dialler), settings.readers.max(1));
        Ok(Self { dialler, readers, settings })
    }

    /// The number of the newest schema that this version knows; a store that is open has it.
    pub fn newest_schema() -> i64 {
        migrations::newest()
    }
}
