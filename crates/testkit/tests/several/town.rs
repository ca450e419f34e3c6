//! Several cores over one store, and what each has done about lost lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hearken_core::account::Account;
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::clock::{Clock as _, ManualClock, from_millis};
use hearken_core::ids::{AccountId, ConversationId, CountingIds, OrganisationId};
use hearken_core::memory::MemoryStore;
use hearken_core::node::{LineKind, LostLine, MemoryNode, MemoryNodes, Nodes, Parting, Slices, Whose};
use hearken_core::store::{Store as _, StoreError};
use hearken_core::{
    At, CommitSettings, Core, Draft, Kind, NewAccount, NewEvent, Ports, Registry, Running, Stored,
};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// What a conversation here remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) rung: u64,
}

/// What happens here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rang {
    pub(crate) key: String,
    /// When it was due, and when it fired, in milliseconds since a town began.
    pub(crate) due: i64,
    pub(crate) at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Nothing;

macro_rules! stored {
    ($($name:ident),+) => {$(
        impl Stored for $name {
            const VERSION: u16 = 1;
        }
    )+};
}

stored!(Count, Rang, Nothing);

/// Something with timers.
pub(crate) struct Tower;

impl Kind for Tower {
    const NAME: &'static str = "test.tower";
    type State = Count;
    type Event = Rang;
    type Signal = Nothing;
}

/// How long a grace is here.
pub(crate) const GRACE: Duration = Duration::from_secs(15);
/// The kind of line that everybody here has.
pub(crate) const LINE: LineKind = "test.line";

/// The moment at which a town begins.
pub(crate) fn opening() -> Timestamp {
    from_millis(1_750_000_000_000)
}

/// What was done about a lost line: at which node, for whom, how it had ended, and how many seconds before.
pub(crate) type Seen = (&'static str, Whose, Parting, u64);

/// What the nodes of a test share.
pub(crate) struct Town {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: MemoryStore,
    pub(crate) nodes: MemoryNodes,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    /// How many more times seeing to a line fails.
    pub(crate) failures: Arc<AtomicU32>,
    ids: Arc<CountingIds>,
}

/// A node.
pub(crate) struct Node {
    pub(crate) core: Core,
    pub(crate) way_in: MemoryNode,
    running: Running,
}

impl Town {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(opening()));
        let nodes = MemoryNodes::new(clock.clone());
        let (seen, failures, ids) = Default::default();
        Self { clock, store: MemoryStore::shared(1), nodes, seen, failures, ids }
    }

    pub(crate) fn registry(&self, name: &'static str) -> Registry {
        let (seen, failures) = (Arc::clone(&self.seen), Arc::clone(&self.failures));
        let registry = Registry::default();
        let ready = registry.ready();
        registry
            .with_timers::<Tower>(move |draft, key, due| match key {
                "grace" if ready.grace_end(due, GRACE.try_into().expect("short")) > draft.now() => {
                    draft.set_timer(key, ready.grace_end(due, GRACE.try_into().expect("short")));
                }
                _ => ring(draft, key, due),
            })
            .with_line(LINE, move |_, lost: LostLine| {
                let fails =
                    failures.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1));
                if fails.is_err() {
                    seen.lock().push((name, lost.whose, lost.parting, lost.ago.as_secs()));
                }
                let outcome = fails.map_or(Ok(()), |_| Err(StoreError::Unavailable("not now".into())));
                std::future::ready(outcome)
            })
    }

    /// Another node.
    pub(crate) async fn node(&self, name: &'static str) -> Node {
        let way_in = self.nodes.node();
        self.start(name, Arc::new(way_in.clone()), way_in).await
    }

    /// A server that takes the store as its own.
    pub(crate) async fn alone(&self, name: &'static str) -> Node {
        self.start(name, Arc::new(hearken_core::node::Alone), self.nodes.node()).await
    }

    async fn start(&self, name: &'static str, nodes: Arc<dyn Nodes>, way_in: MemoryNode) -> Node {
        let store = Arc::new(self.store.reopen());
        let ports = Ports {
            monotonic: self.clock.clone(),
            ids: self.ids.clone(),
            nodes,
            ..Ports::on(store, self.clock.clone(), self.clock.clone())
        };
        let (core, running) =
            Core::start(ports, self.registry(name), CommitSettings::default()).await.expect("a node starts");
        Node { core, way_in, running }
    }

    /// Lets time go by, the machines' and the people's, half a second at a time.
    pub(crate) async fn pass(&self, span: Duration) {
        let mut left = span;
        while !left.is_zero() {
            let step = left.min(Duration::from_millis(500));
            self.clock.advance(step);
            tokio::time::sleep(step).await;
            left -= step;
        }
    }

    /// Lets time go by until something holds; answers how long it took, which must not be longer than `most`.
    pub(crate) async fn pass_until(&self, most: Duration, holds: impl Fn() -> bool) -> Duration {
        let begun = self.clock.now();
        while !holds() {
            let gone = Duration::try_from(self.clock.now().duration_since(begun)).expect("time goes on");
            assert!(gone < most, "it does not come within {most:?}");
            self.pass(Duration::from_millis(500)).await;
        }
        Duration::try_from(self.clock.now().duration_since(begun)).expect("time goes on")
    }

    /// What was done about lost lines since this was last asked.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock())
    }

    pub(crate) async fn timers(&self) -> usize {
        let all = self.store.timers(&self.registry("test"), &Slices::ALL, usize::MAX).await;
        all.expect("the store reads").len()
    }
}

pub(crate) fn ring(draft: &mut Draft<'_, '_, Tower>, key: &str, due: Timestamp) {
    draft.state_mut().rung += 1;
    let since = |at: Timestamp| at.as_millisecond() - opening().as_millisecond();
    let (due, at) = (since(due), since(draft.now()));
    draft.record(NewEvent::new(Rang { key: key.to_owned(), due, at }));
}

impl Node {
    pub(crate) async fn person(&self) -> Actor {
        let account = self.core.add_account(NewAccount::default()).await.expect("an account");
        self.sign_in(account)
    }

    pub(crate) fn sign_in(&self, account: Arc<Account>) -> Actor {
        let credential = Credential::OperatorToken { expires: from_millis(i64::MAX / 2) };
        Person { account, sign_in: self.core.new_sign_in(), credential }.into()
    }

    pub(crate) async fn home(&self) -> OrganisationId {
        self.core.organisations().await.expect("the store reads")[0].id
    }

    /// Sets timers in a tower of this name, which is made where it is not.
    pub(crate) async fn set(&self, tower: &str, timers: &[(&str, Timestamp)]) -> ConversationId {
        let timers: Vec<_> = timers.iter().map(|(key, due)| ((*key).to_owned(), *due)).collect();
        let at = At::<Tower>::key(self.home().await, tower).or_open(Count::default());
        let set = self.core.update(&Actor::System("test"), at, move |draft| {
            for (key, due) in &timers {
                draft.set_timer(key, *due);
            }
            Ok::<_, &str>(draft.identity().id)
        });
        set.await.expect("it is saved")
    }

    pub(crate) async fn cancel(&self, tower: ConversationId, key: &str) {
        let key = key.to_owned();
        let cancelled = self.core.update(&Actor::System("test"), At::<Tower>::id(tower), move |draft| {
            draft.cancel_timer(&key);
            Ok::<_, &str>(())
        });
        cancelled.await.expect("it is saved");
    }

    /// What has rung in a tower, in order.
    pub(crate) async fn rung(&self, tower: ConversationId) -> Vec<Rang> {
        let read = self.core.read(&Actor::System("test"), tower, 0, 1_000_000).await;
        let (events, _) = read.expect("it can be read");
        let rang = |event: &Arc<hearken_core::event::Event>| event.body.as_ref()?.get::<Rang>().cloned();
        events.iter().filter_map(rang).collect()
    }

    pub(crate) fn rules(&self) -> u64 {
        self.core.commit_stats().rules.load(Ordering::Relaxed)
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// Dies, but for what somebody holds of it.
    pub(crate) async fn die(self) -> Core {
        self.running.abandon().await;
        self.core
    }
}

pub(crate) fn id_of(actor: &Actor) -> AccountId {
    actor.account().expect("a person")
}
