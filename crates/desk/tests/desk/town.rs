//! Nodes with the desk on one store, on a clock that a test moves.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::account::{Account, Role};
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::clock::{Clock as _, ManualClock, from_millis};
use hearken_core::ids::{AccountId, CountingIds, OrganisationId};
use hearken_core::memory::MemoryStore;
use hearken_core::node::MemoryNodes;
use hearken_core::store::Store;
use hearken_core::{CommitSettings, Core, NewAccount, Ports, Registry, Running};
use hearken_desk::settings::Settings;
use jiff::SignedDuration;

/// Milliseconds since the epoch at which a town begins.
pub(crate) const OPENING: i64 = 1_750_000_000_000;

/// What the nodes of a test share.
pub(crate) struct Town {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) settings: Settings,
    ids: Arc<CountingIds>,
    store: MemoryStore,
    nodes: MemoryNodes,
    shared: bool,
}

/// A server process.
pub(crate) struct Node {
    pub(crate) core: Core,
    running: Running,
}

impl Town {
    /// A server that has its store to itself.
    pub(crate) fn alone() -> Self {
        Self::new(MemoryStore::new(), false)
    }

    /// Several on one store.
    pub(crate) fn of_several() -> Self {
        Self::new(MemoryStore::shared(1), true)
    }

    fn new(store: MemoryStore, shared: bool) -> Self {
        let clock = Arc::new(ManualClock::new(from_millis(OPENING)));
        let nodes = MemoryNodes::new(clock.clone());
        Self { clock, settings: Settings::default(), ids: Arc::default(), store, nodes, shared }
    }

    /// With this grace.
    pub(crate) fn with_grace(mut self, seconds: i64) -> Self {
        self.settings.reconnect_grace = SignedDuration::from_secs(seconds);
        self
    }

    pub(crate) async fn node(&self) -> Node {
        let store: Arc<dyn Store> = Arc::new(self.store.reopen());
        let plain = Ports::on(store, self.clock.clone(), self.clock.clone());
        let ports = Ports { monotonic: self.clock.clone(), ids: self.ids.clone(), ..plain };
        let ports = if self.shared { Ports { nodes: Arc::new(self.nodes.node()), ..ports } } else { ports };
        let registry = hearken_desk::register(Registry::default(), &self.settings);
        let (core, running) =
            Core::start(ports, registry, CommitSettings::default()).await.expect("a node starts");
        Node { core, running }
    }

    /// Lets time go by, the machines' and the people's.
    pub(crate) async fn pass(&self, seconds: u64) {
        let step = Duration::from_millis(500);
        for _ in 0..seconds * 2 {
            self.clock.advance(step);
            tokio::time::sleep(step).await;
        }
    }

    /// Milliseconds since the beginning.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_millisecond() - OPENING
    }
}

impl Node {
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// Dies, but for what somebody holds of it.
    pub(crate) async fn die(self) -> Core {
        self.running.abandon().await;
        self.core
    }

    /// Somebody with a name, in this organisation or the first.
    pub(crate) async fn person(&self, name: &str, role: Option<Role>, home: Option<OrganisationId>) -> Actor {
        let new = NewAccount {
            name: Some(name.to_owned()),
            email: Some(format!("{name}@example.org")),
            roles: role.into_iter().collect(),
            organisation: home,
            ..NewAccount::default()
        };
        let account = self.core.add_account(new).await.expect("an account");
        self.actor(account)
    }

    /// Somebody by another sign-in, or at another node.
    pub(crate) fn actor(&self, account: Arc<Account>) -> Actor {
        let credential = Credential::OperatorToken { expires: self.core.wall() };
        Actor::Person(Person { account, sign_in: self.core.new_sign_in(), credential })
    }
}

pub(crate) fn id_of(actor: &Actor) -> AccountId {
    actor.account().expect("a person")
}

/// Waits, but not for ever: what does not come at all is a failure, not a test that hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(2), future).await.expect("it comes at all")
}
