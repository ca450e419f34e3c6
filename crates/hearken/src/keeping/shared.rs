//! What `migrate` and `check` do with a shared store: by this process itself, whether other nodes have it open or not.

use anyhow::ensure;
use hearken_store::{Inspection, PostgresStore, SharedInspection};

use crate::installation::{Kept, explained, registry};
use crate::settings::kinds::DatabaseUrl;

/// Brings the schema up; from which, and to which.
pub(super) fn migrate(url: &DatabaseUrl) -> anyhow::Result<(i64, i64)> {
    runtime()?.block_on(async {
        let from = PostgresStore::schema_at(url.expose()).await.map_err(|error| explained(url, &error))?;
        ensure!(from > 0, no_store(url));
        Ok((from, Kept::shared(url, None).await?.schema()))
    })
}

/// Looks at everything; nothing is changed.
pub(super) fn inspect(url: &DatabaseUrl) -> anyhow::Result<Inspection> {
    let inspected = runtime()?.block_on(PostgresStore::inspect(url.expose(), &registry()));
    let SharedInspection { schema, newest, found } = inspected.map_err(|error| explained(url, &error))?;
    ensure!(schema > 0, no_store(url));
    Ok(Inspection { schema, newest, found })
}

fn no_store(url: &DatabaseUrl) -> String {
    format!(
        "database_url: there is no store in that database ({}); name the one that `hearken serve` uses",
        url.place()
    )
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
