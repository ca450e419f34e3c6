//! An installation: its store, embedded or shared, and the core over it with every door's kinds of conversation.

mod found;
mod kept;
mod ties;

use std::sync::Arc;

use hearken_core::clock::RunningClock;
use hearken_core::sign_in::SignInSettings;
use hearken_core::{Core, CoreSettings, Ports, Registry, Running};
use jiff::SignedDuration;
use serde_json::Value;

use crate::admin::{self, Request};
use crate::control;
use crate::outside::Outside;
use crate::settings::Settings;

pub use self::found::{Found, Ours, claim, find, must_exist, refused, server_of};
pub use self::kept::{Kept, Shared, explained, not_for_shared};
pub use self::ties::bus;
use self::ties::{Stay, heard, tied};

/// Every kind of conversation there is.
pub fn registry() -> Registry {
    hearken_desk::register(
        hearken_messenger::register(Registry::default()),
        &hearken_desk::settings::Settings::default(),
    )
}

/// The same, with the rules of their timers as they are set. Whoever runs a core runs timers too, a command as well.
pub fn registry_of(settings: &Settings) -> Registry {
    let registry = hearken_messenger::register_expiring(Registry::default(), undelivered_ttl(settings));
    hearken_desk::register(registry, &desk(settings))
}

/// The desk's settings, as the desk takes them.
pub fn desk(settings: &Settings) -> hearken_desk::settings::Settings {
    let desk = &settings.desk;
    let signed = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    hearken_desk::settings::Settings {
        auth_payload: desk.auth_payload,
        reconnect_grace: signed(desk.reconnect_grace),
        ping_interval: signed(desk.ping_interval),
        ping_timeout: signed(desk.ping_timeout),
        max_chats_per_agent: desk.max_chats_per_agent,
        rate: desk.rate,
        ..hearken_desk::settings::Settings::default()
    }
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
    pub kept: Kept,
}

/// Starts a core on an open store, with no way outside; call within a tokio runtime. On a shared store it is in passing:
/// no timer fires here, and nobody is connected.
pub async fn start(kept: impl Into<Kept>, settings: &Settings) -> anyhow::Result<Open> {
    let kept = kept.into();
    let (ports, clock) = Ports::system(kept.store());
    let ports = tied(ports, &kept, settings, Stay::Passing)?;
    start_on(kept, ports, clock, settings).await
}

/// The same as a server, with the ways outside.
pub async fn start_with(kept: Kept, settings: &Settings, outside: &Outside) -> anyhow::Result<Open> {
    let (ports, clock) = Ports::system(kept.store());
    let ports = Ports { sms: Arc::clone(&outside.sms), issuers: Arc::clone(&outside.issuers), ..ports };
    let ports = tied(ports, &kept, settings, Stay::Server)?;
    start_on(kept, ports, clock, settings).await
}

async fn start_on(
    kept: Kept,
    ports: Ports,
    clock: Arc<RunningClock>,
    settings: &Settings,
) -> anyhow::Result<Open> {
    let (core, running) = Core::start(ports, registry_of(settings), core_settings(settings)).await?;
    Ok(Open { core, running, clock, kept })
}

fn core_settings(settings: &Settings) -> CoreSettings {
    let sign_in =
        SignInSettings { access_ttl: settings.auth.access_ttl, refresh_ttl: settings.auth.refresh_ttl };
    CoreSettings { sign_in, ..CoreSettings::default() }
}

/// Carries out a command: by the server that has the data folder, else on the store itself, as one more node where it
/// is shared. A store is made where there is none, as the server does.
pub fn command(settings: &Settings, request: Request) -> anyhow::Result<Value> {
    match find(settings)? {
        Found::Here(ours) => here(ours, settings, async |open| admin::perform(&open.core, request).await),
        Found::Server(server) => control::ask(&server, &request),
    }
}

/// Does something on a core of its own.
pub fn here(
    ours: Ours,
    settings: &Settings,
    work: impl AsyncFnOnce(&Open) -> Result<Value, String>,
) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let open = start(ours.open().await?, settings).await?;
        heard(&open.core).await;
        let answer = work(&open).await;
        open.running.stop().await;
        answer.map_err(|why| anyhow::anyhow!(why))
    })
}
