//! The store of an installation: the embedded one in the data folder, or the one that `database_url` names, which other
//! nodes have open too.

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use hearken_core::node::Nodes;
use hearken_core::store::Store;
use hearken_store::{Claim, PostgresError, PostgresSettings, PostgresStore, SqliteStore};

use crate::settings::kinds::DatabaseUrl;

/// A store that is open.
#[derive(Clone)]
pub enum Kept {
    /// In the data folder, this process's alone.
    Embedded(Arc<SqliteStore>),
    /// In PostgreSQL.
    Shared(Shared),
}

/// A store in PostgreSQL, as one node has it open.
#[derive(Clone)]
pub struct Shared {
    store: Arc<PostgresStore>,
    /// Where it is, without who asks.
    place: Arc<str>,
    /// A server's data folder: its control socket is nobody else's.
    _claim: Option<Arc<Claim>>,
}

impl From<SqliteStore> for Kept {
    fn from(store: SqliteStore) -> Self {
        Self::Embedded(Arc::new(store))
    }
}

impl Kept {
    /// Opens a shared store, making what is missing and bringing an older schema up; call within a tokio runtime. A
    /// server brings the claim to its data folder.
    pub async fn shared(url: &DatabaseUrl, claim: Option<Claim>) -> anyhow::Result<Self> {
        let opened = PostgresStore::open(url.expose(), PostgresSettings::default()).await;
        let store = Arc::new(opened.map_err(|error| explained(url, &error))?);
        Ok(Self::Shared(Shared { store, place: url.place().into(), _claim: claim.map(Arc::new) }))
    }

    /// Opens the store of a server: the shared one where an address is given, else the one in `data`.
    pub async fn for_server(data: &Path, shared: Option<&DatabaseUrl>) -> anyhow::Result<Self> {
        match shared {
            Some(url) => Self::shared(url, Some(super::found::nobody_else(data, Claim::of)?)).await,
            None => Ok(super::found::nobody_else(data, SqliteStore::open)?.into()),
        }
    }

    /// The store, as the core sees it.
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Embedded(store) => Arc::clone(store) as _,
            Self::Shared(Shared { store, .. }) => Arc::clone(store) as _,
        }
    }

    /// What the nodes on it know of each other; nothing where there can be one alone.
    pub(super) fn nodes(&self) -> Option<Arc<dyn Nodes>> {
        match self {
            Self::Embedded(_) => None,
            Self::Shared(Shared { store, .. }) => Some(Arc::new(store.nodes())),
        }
    }

    /// Whether other nodes may have it open too.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// The number of its schema: an open store has the newest.
    pub fn schema(&self) -> i64 {
        match self {
            Self::Embedded(_) => SqliteStore::newest_schema(),
            Self::Shared(_) => PostgresStore::newest_schema(),
        }
    }

    /// The embedded store. The error says what an operator uses instead on a shared one for `what`.
    pub fn embedded(&self, what: &str) -> Result<&Arc<SqliteStore>, String> {
        match self {
            Self::Embedded(store) => Ok(store),
            Self::Shared(Shared { place, .. }) => Err(not_for_shared(what, place)),
        }
    }
}

/// Why a command about the store's own file does nothing on a shared one, and what to use.
pub fn not_for_shared(what: &str, place: &str) -> String {
    let instead = if what == "restore" { "pg_restore" } else { "pg_dump" };
    format!(
        "{what} is for the embedded store, and this installation has its data in PostgreSQL at {place}: use {instead}, \
         and keep `attachments` with it (docs/operations.md)"
    )
}

/// One line for the operator, with the key and the mend.
pub fn explained(url: &DatabaseUrl, error: &PostgresError) -> anyhow::Error {
    let place = url.place();
    match error {
        PostgresError::Away(_) => anyhow!(
            "database_url: {error} ({place}); start PostgreSQL there, name another with --database-url, or leave the \
             key out for the embedded store"
        ),
        _ => anyhow!("database_url: {error} ({place})"),
    }
}
