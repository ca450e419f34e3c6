//! An installation: the store in its data folder, and the core over it with every door's kinds of conversation.

use std::path::Path;
use std::sync::Arc;

use hearken_core::clock::RunningClock;
use hearken_core::{CommitSettings, Core, Ports, Registry, Running};
use hearken_store::{OpenError, SqliteStore};
use serde_json::Value;

use crate::admin::{self, Request};
use crate::control;

/// Every kind of conversation there is.
pub fn registry() -> Registry {
    hearken_messenger::register(Registry::default())
}

/// A core that runs.
pub struct Open {
    /// The core.
    pub core: Core,
    /// What runs behind it.
    pub running: Running,
    /// Its product clock.
    pub clock: Arc<RunningClock>,
}

/// Starts a core on an open store; call within a tokio runtime.
pub async fn start(store: SqliteStore) -> anyhow::Result<Open> {
    let (ports, clock) = Ports::system(Arc::new(store));
    let (core, running) = Core::start(ports, registry(), CommitSettings::default()).await?;
    Ok(Open { core, running, clock })
}

/// Carries out a command: by the server that has the folder open, else on the store itself.
pub fn command(data: &Path, request: Request) -> anyhow::Result<Value> {
    match SqliteStore::open(data) {
        Ok(store) => here(store, request),
        Err(OpenError::InUse(_)) => control::ask(data, &request),
        Err(error) => Err(error.into()),
    }
}

fn here(store: SqliteStore, request: Request) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let Open { core, running, .. } = start(store).await?;
        let answer = admin::perform(&core, request).await;
        running.stop().await;
        answer.map_err(|why| anyhow::anyhow!(why))
    })
}
