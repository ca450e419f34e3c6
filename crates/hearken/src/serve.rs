//! `hearken serve`: everything that runs, from the first line printed to the last socket closed.

mod demo;
mod dev_clock;
mod housekeeping;
mod operations;
mod requests;
pub mod web;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use hearken_core::Core;
use hearken_core::clock::RunningClock;
use hearken_core::sign_in::CodeRules;
use hearken_desk::Desk;
use hearken_messenger::Messenger;
use hearken_messenger::presence::Presence;
use hearken_people::{People, Visitors};
use hearken_transport::SocketLimits;
use hearken_transport::listener::{self, Terms};
use hearken_transport::proxies::Proxies;
use hearken_transport::rest::{self, Admission};
use hearken_transport::sockets::Sockets;
use http::StatusCode;
use tokio::net::TcpListener;

use crate::installation::{self, Kept, Open, start_with, undelivered_ttl};
use crate::keeping::House;
use crate::lifecycle::{Stopping, stop_on_signals};
use crate::outside::{self, Outside};
use crate::settings::Settings;
use crate::{control, telemetry};

pub(crate) use operations::openapi;

/// Serves until SIGTERM or SIGINT.
pub fn run(settings: &Settings, demo: bool) -> anyhow::Result<()> {
    telemetry::logging::start(settings)?;
    more_descriptors();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // The committer has a thread of its own. Measured on two cores: a second socket thread costs 29 % more for
        // each delivery to a group and brings nothing.
        .worker_threads(std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1))
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        let stopping = stop_on_signals()?;
        if demo {
            let folder = tempfile::Builder::new().prefix("hearken-demo-").tempdir()?;
            serve(settings, folder.path(), true, stopping).await
        } else {
            serve(settings, &settings.data, false, stopping).await
        }
    });
    // Whatever still holds on (a read of a slow disk) is not waited for: nothing acknowledged depends on it.
    runtime.shutdown_timeout(Duration::from_millis(100));
    served
}

async fn serve(settings: &Settings, data: &Path, demo: bool, mut stopping: Stopping) -> anyhow::Result<()> {
    // What a demo keeps goes with its folder, wherever the settings keep things.
    let shared = settings.database_url.as_ref().filter(|_| !demo);
    let kept = Kept::for_server(data, shared).await?;
    let place = if demo { outside::beside(data) } else { outside::place(settings) };
    let outside = Outside::open(settings, &place)?;
    let Open { core, running, clock, kept } = start_with(kept, settings, &outside).await?;
    let house = House::new(core.clone(), kept, Arc::clone(&outside.attachments));
    let control = tokio::spawn(control::serve(control::listen(data)?, house));
    let bind = async || TcpListener::bind(settings.listen).await;
    let tcp = bind().await.with_context(|| {
        format!("listen: can't listen on {}; choose another with --listen ADDR:PORT", settings.listen)
    })?;
    let address = tcp.local_addr()?;
    let limits = &settings.limits;
    let mut terms = Terms::new(limits.handshake, limits.sockets_per_address);
    terms.tls = web::certificates(settings)?;
    terms.proxies = Proxies::new(&settings.trusted_proxies);
    let reloading = terms.tls.clone().map(web::reload_on_hangup).transpose()?.map(tokio::spawn);
    let sockets = Sockets::new(settings.limits.sockets_per_address);
    let router = router(settings, &core, &sockets, Some(clock));
    let housekeeping = tokio::spawn(housekeeping::run(core.clone()));
    let catching_up = tokio::spawn(catch_up(core.clone(), undelivered_ttl(settings)));
    // Nothing stops the start any more: a refusal is one line, with none before it.
    outside::warn(settings);
    announce(settings, &core, address, demo).await?;
    let accepting = tokio::spawn(listener::serve(tcp, router, terms, stopping.receiver()));
    stopping.requested().await;
    if let Some(reloading) = reloading {
        reloading.abort();
    }
    housekeeping.abort();
    catching_up.abort();
    control.abort();
    let goodbye = async {
        // Frames that wait for their commit are answered before their sockets close: the queue is settled first.
        accepting.await.ok();
        core.settle().await;
        core.end_subscriptions();
        sockets.all_closed().await;
    };
    if tokio::time::timeout(settings.shutdown_grace, goodbye).await.is_err() {
        tracing::warn!(open = sockets.open(), "the grace is over; closing what is still open");
    }
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Everything that is served: the doors, what operators ask, and the development clock where `clock` may be moved.
pub fn router(
    settings: &Settings,
    core: &Core,
    sockets: &Sockets,
    clock: Option<Arc<RunningClock>>,
) -> Router {
    let limits = &settings.limits;
    let credentials = web::credentials(settings);
    let admission = Admission::new(core.clone(), credentials.clone());
    let messenger = Messenger {
        core: core.clone(),
        settings: hearken_messenger::settings::Settings {
            max_message: settings.messenger.max_message,
            rate: settings.messenger.rate,
            undelivered_ttl: undelivered_ttl(settings),
            room_ttl: settings.messenger.room_ttl,
        },
        limits: SocketLimits {
            ping_interval: limits.ping_interval,
            ping_timeout: limits.ping_timeout,
            write_timeout: limits.write_timeout,
        },
        credentials: credentials.clone(),
        admission: admission.clone(),
        sockets: sockets.clone(),
        presence: Presence::new(core),
    };
    let desk = Desk {
        core: core.clone(),
        settings: installation::desk(settings),
        credentials: credentials.clone(),
        sockets: sockets.clone(),
        handshake: limits.handshake,
        write_timeout: limits.write_timeout,
    };
    let people = People {
        core: core.clone(),
        credentials: credentials.clone(),
        codes: CodeRules::default(),
        visitors: Visitors::default(),
    };
    let clock = clock.map(|clock| dev_clock::router(core.clone(), clock));
    let router = Router::new()
        .merge(rest::mount(hearken_people::api(people).merge(hearken_desk::api(core.clone())), admission))
        .merge(hearken_messenger::router(messenger))
        .merge(hearken_desk::router(desk))
        .merge(operations::router(core.clone(), sockets.clone()))
        .merge(reference())
        .merge(clock.unwrap_or_default())
        .fallback(async || (StatusCode::NOT_FOUND, "there is nothing here\n"))
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, "this path has no such method\n")
        });
    web::around(router, &credentials).layer(axum::middleware::from_fn(requests::name))
}

/// Gives every message that waits the bound that is set now.
async fn catch_up(core: Core, ttl: Option<jiff::SignedDuration>) {
    if let Err(error) = hearken_messenger::expiry::catch_up(&core, ttl).await {
        tracing::warn!(%error, "messages of before may stay longer than messenger.undelivered_ttl; start again");
    }
}

/// The API reference; a server whose reference can't be made serves all the same.
fn reference() -> Router {
    crate::reference::router().unwrap_or_else(|error| {
        tracing::error!(%error, "the API reference could not be made");
        Router::new()
    })
}

/// The first line on standard output; and in a demo, who is there and how to try it.
async fn announce(settings: &Settings, core: &Core, address: SocketAddr, demo: bool) -> anyhow::Result<()> {
    let mut lines = format!("listening on {}://{address}\n", settings.scheme());
    if demo {
        lines.push_str(&demo::fill(core, &settings.base_url(address)).await?);
    }
    let mut out = std::io::stdout().lock();
    out.write_all(lines.as_bytes())?;
    out.flush()?;
    tracing::info!(%address, "listening");
    Ok(())
}

/// Every socket is a descriptor: take as many as the system lets us.
fn more_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
