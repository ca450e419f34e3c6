//! A server in the test's own process: a real core and real sockets on a free port, but on clocks that stand still
//! until the test moves them. What it serves its caller builds, so that it is what the product serves.

#![expect(clippy::missing_panics_doc, reason = "to panic is how a test fails")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hearken_core::account::{Account, Phone, Role};
use hearken_core::clock::ManualClock;
use hearken_core::ids::OrganisationId;
use hearken_core::store::Store;
use hearken_core::{CommitSettings, Core, NewAccount, Ports, Registry, Running};
use hearken_transport::listener::{self, Terms};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Tokens outlive every move of a test's clock.
const FOR_YEARS: Duration = Duration::from_hours(24 * 365 * 20);

/// A core on a clock that stands still.
pub struct TestCore {
    /// The core.
    pub core: Core,
    /// All three of its clocks.
    pub clock: Arc<ManualClock>,
    running: Running,
}

impl TestCore {
    /// Starts a core on an open store; the clock shows `at`.
    pub async fn start(
        store: Arc<dyn Store>,
        registry: Registry,
        settings: CommitSettings,
        at: Timestamp,
    ) -> Self {
        let clock = Arc::new(ManualClock::new(at));
        let ports = Ports { monotonic: clock.clone(), ..Ports::on(store, clock.clone(), clock.clone()) };
        let (core, running) = Core::start(ports, registry, settings).await.expect("the core starts");
        Self { core, clock, running }
    }

    /// Makes a person with this name and number.
    pub async fn person(
        &self,
        name: &str,
        phone: &str,
        organisation: Option<OrganisationId>,
    ) -> Arc<Account> {
        let phone: Phone = phone.parse().expect("a phone number");
        let new = NewAccount {
            organisation,
            name: Some(name.to_owned()),
            phone: Some(phone),
            roles: vec![Role::Participant],
            ..NewAccount::default()
        };
        self.core.add_account(new).await.expect("a new person")
    }

    /// A token of a new sign-in, good for longer than any test.
    pub async fn token(&self, account: &Account) -> String {
        self.core.issue(account.id, FOR_YEARS).await.expect("a token")
    }

    /// Stops it; the store can be opened again after this.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// A listener on a free port of this machine.
pub struct TestServer {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl TestServer {
    /// Serves `router`; `handshake` bounds how long a request's head may take.
    pub async fn start(router: Router, handshake: Duration) -> Self {
        Self::on_terms(router, Terms::new(handshake, usize::MAX)).await
    }

    /// Serves `router` on other terms, such as over TLS.
    pub async fn on_terms(router: Router, terms: Terms) -> Self {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = tcp.local_addr().expect("bound");
        let (stop, stopping) = watch::channel(false);
        let accepting = tokio::spawn(listener::serve(tcp, router, terms, stopping));
        Self { address, stop, accepting }
    }

    /// Accepts nobody any more.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.accepting.await.expect("the listener ends");
    }
}
