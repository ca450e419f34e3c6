//! An installation: the store in its data folder, and the core over it with every door's kinds of conversation.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hearken_core::clock::RunningClock;
use hearken_core::{CommitSettings, Core, Ports, Registry, Running};
use hearken_store::{Claim, OpenError, SqliteStore};
use serde_json::Value;

use crate::admin::{self, Request};
use crate::control;
use crate::keeping::{self, House};

/// How long a folder that is open elsewhere is waited for: longer than a server takes to stop.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often there is a look.
const STEP: Duration = Duration::from_millis(20);

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
    /// The store it stands on.
    pub store: Arc<SqliteStore>,
}

/// Starts a core on an open store; call within a tokio runtime.
pub async fn start(store: SqliteStore) -> anyhow::Result<Open> {
    let store = Arc::new(store);
    let (ports, clock) = Ports::system(Arc::clone(&store) as _);
    let (core, running) = Core::start(ports, registry(), CommitSettings::default()).await?;
    Ok(Open { core, running, clock, store })
}

/// What has the data folder.
pub enum Found<T> {
    /// Nobody else: it is open here now.
    Here(T),
    /// A server that runs, which listens to commands.
    Server(UnixStream),
}

/// Opens the store in a data folder, or finds the server that has it open.
pub fn find(data: &Path) -> anyhow::Result<Found<SqliteStore>> {
    find_with(data, SqliteStore::open)
}

/// Claims a data folder that has a store, without opening it; or finds the server that has it open.
pub fn claim(data: &Path) -> anyhow::Result<Found<Claim>> {
    must_exist(data)?;
    find_with(data, Claim::of)
}

/// What would be made on a mistyped folder tells nobody anything.
pub fn must_exist(data: &Path) -> anyhow::Result<()> {
    let folder = data.display();
    anyhow::ensure!(
        SqliteStore::exists(data),
        "data: there is no store in {folder}; name the folder that `hearken serve` uses"
    );
    Ok(())
}

/// Another command may have the folder for a moment, and a server may be starting or stopping: those are waited for.
fn find_with<T>(data: &Path, open: impl Fn(&Path) -> Result<T, OpenError>) -> anyhow::Result<Found<T>> {
    let mut waited = Duration::ZERO;
    loop {
        let in_use = match open(data) {
            Ok(here) => return Ok(Found::Here(here)),
            Err(in_use @ OpenError::InUse(_)) => in_use,
            Err(error) => return Err(error.into()),
        };
        match control::connect(data) {
            Ok(server) => return Ok(Found::Server(server)),
            Err(error) if waited >= PATIENCE => {
                anyhow::bail!("{in_use}, and no server answers there: {error}")
            }
            Err(_) => {
                std::thread::sleep(STEP);
                waited += STEP;
            }
        }
    }
}

/// Carries out a command: by the server that has the folder open, else on the store itself. A store is made where
/// there is none, as the server does.
pub fn command(data: &Path, request: Request) -> anyhow::Result<Value> {
    match find(data)? {
        Found::Here(store) => here(store, request),
        Found::Server(server) => control::ask(&server, &request),
    }
}

/// The same for what is done with an installation as a whole; but no store is made for it.
pub fn keeping(data: &Path, request: keeping::Request) -> anyhow::Result<Value> {
    must_exist(data)?;
    match find(data)? {
        Found::Here(store) => with_core(store, async |house| keeping::perform(house, request).await),
        Found::Server(server) => control::ask(&server, &request),
    }
}

fn here(store: SqliteStore, request: Request) -> anyhow::Result<Value> {
    with_core(store, async |house| admin::perform(&house.core, request).await)
}

/// Does something on a core of its own.
fn with_core(
    store: SqliteStore,
    work: impl AsyncFnOnce(&House) -> Result<Value, String>,
) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let Open { core, running, store, .. } = start(store).await?;
        let answer = work(&House::new(core, store, None)).await;
        running.stop().await;
        answer.map_err(|why| anyhow::anyhow!(why))
    })
}
