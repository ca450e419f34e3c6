//! An installation: the store in its data folder, and the core over it with every door's kinds of conversation.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hearken_core::clock::RunningClock;
use hearken_core::sign_in::SignInSettings;
use hearken_core::{Core, CoreSettings, Ports, Registry, Running};
use hearken_store::{Claim, OpenError, SqliteStore};
use jiff::SignedDuration;
use serde_json::Value;

use crate::admin::{self, Request};
use crate::control;
use crate::outside::Outside;
use crate::settings::Settings;

/// How long a folder that is open elsewhere is waited for: longer than a server takes to stop.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often there is a look.
const STEP: Duration = Duration::from_millis(20);

/// Every kind of conversation there is.
pub fn registry() -> Registry {
    hearken_messenger::register(Registry::default())
}

/// The same, with the rules of their timers as they are set. Whoever runs a core runs timers too, a command as well.
pub fn registry_of(settings: &Settings) -> Registry {
    hearken_messenger::register_expiring(Registry::default(), undelivered_ttl(settings))
}

/// How long a message waits for its receivers.
pub fn undelivered_ttl(settings: &Settings) -> Option<SignedDuration> {
    settings.messenger.undelivered_ttl.and_then(|ttl| ttl.try_into().ok())
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

/// Starts a core on an open store, with no way outside; call within a tokio runtime.
pub async fn start(store: SqliteStore, settings: &Settings) -> anyhow::Result<Open> {
    let store = Arc::new(store);
    let (ports, clock) = Ports::system(Arc::clone(&store) as _);
    start_on(store, ports, clock, settings).await
}

/// The same, with the ways outside.
pub async fn start_with(store: SqliteStore, settings: &Settings, outside: &Outside) -> anyhow::Result<Open> {
    let store = Arc::new(store);
    let (ports, clock) = Ports::system(Arc::clone(&store) as _);
    let ports = Ports { sms: Arc::clone(&outside.sms), issuers: Arc::clone(&outside.issuers), ..ports };
    start_on(store, ports, clock, settings).await
}

async fn start_on(
    store: Arc<SqliteStore>,
    ports: Ports,
    clock: Arc<RunningClock>,
    settings: &Settings,
) -> anyhow::Result<Open> {
    let (core, running) = Core::start(ports, registry_of(settings), core_settings(settings)).await?;
    Ok(Open { core, running, clock, store })
}

fn core_settings(settings: &Settings) -> CoreSettings {
    let sign_in =
        SignInSettings { access_ttl: settings.auth.access_ttl, refresh_ttl: settings.auth.refresh_ttl };
    CoreSettings { sign_in, ..CoreSettings::default() }
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

/// Why a data folder can't be had, with the setting and the mend.
pub fn refused(error: OpenError) -> anyhow::Error {
    match error {
        OpenError::InUse(_) => {
            anyhow::anyhow!("data: {error}; stop that one, or choose another with --data DIR")
        }
        OpenError::Folder(..) | OpenError::TooLong { .. } => {
            anyhow::anyhow!("data: {error}; choose another with --data DIR")
        }
        OpenError::Newer { .. } | OpenError::Sqlite(_) => error.into(),
    }
}

/// Another command may have the folder for a moment, and a server may be starting or stopping: those are waited for.
fn find_with<T>(data: &Path, open: impl Fn(&Path) -> Result<T, OpenError>) -> anyhow::Result<Found<T>> {
    let mut waited = Duration::ZERO;
    loop {
        let in_use = match open(data) {
            Ok(here) => return Ok(Found::Here(here)),
            Err(in_use @ OpenError::InUse(_)) => in_use,
            Err(error) => return Err(refused(error)),
        };
        match control::connect(data) {
            Ok(server) => return Ok(Found::Server(server)),
            Err(error) if waited >= PATIENCE => {
                return Err(refused(in_use).context(format!("no server answers there: {error}")));
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
pub fn command(settings: &Settings, request: Request) -> anyhow::Result<Value> {
    match find(&settings.data)? {
        Found::Here(store) => here(store, settings, async |open| admin::perform(&open.core, request).await),
        Found::Server(server) => control::ask(&server, &request),
    }
}

/// Does something on a core of its own.
pub fn here(
    store: SqliteStore,
    settings: &Settings,
    work: impl AsyncFnOnce(&Open) -> Result<Value, String>,
) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let open = start(store, settings).await?;
        let answer = work(&open).await;
        open.running.stop().await;
        answer.map_err(|why| anyhow::anyhow!(why))
    })
}
