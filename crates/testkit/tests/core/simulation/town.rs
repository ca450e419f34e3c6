//! The town of one run: its nodes, what they share, its people, and what is known of what they did.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::account::Account;
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::bus::memory::{MemoryBus, MemoryEnd};
use hearken_core::clock::from_millis;
use hearken_core::ids::{AccountId, ConversationId, CountingIds, OrganisationId, Seq};
use hearken_core::memory::MemoryStore;
use hearken_core::node::{MemoryNode, MemoryNodes};
use hearken_core::{At, CommitSettings, Core, Kind, NewAccount, Ports, Running};
use hearken_testkit::faulty::{FaultyStore, Weather};
use parking_lot::Mutex;

use super::chance::{Dice, SimClock};
use super::{bell, faults, lines, look, people};
use crate::house::registry;
use crate::scene::{Board, Memo, No, Talk};

/// How many nodes there are.
pub(super) const NODES: usize = 3;
/// How many people.
pub(super) const PEOPLE: usize = 4;
/// How many talks, and as many boards.
pub(super) const TALKS: usize = 2;
/// How slow stores are in good weather.
const CALM: Weather =
    Weather { slow: Duration::from_millis(3), raced: 0, refused: 0, unanswered: 0, unreadable: 0 };
/// How soon followers have been shown everything once all is mended.
const CAUGHT_UP: Duration = Duration::from_secs(2);

/// A node that is up.
pub(super) struct Node {
    pub(super) core: Core,
    running: Running,
    pub(super) store: Arc<FaultyStore>,
    pub(super) bus: Arc<MemoryEnd>,
    pub(super) way: MemoryNode,
}

/// Everything.
pub(super) struct Town {
    pub(super) seed: u64,
    pub(super) memory: MemoryStore,
    pub(super) wire: MemoryBus,
    pub(super) leases: MemoryNodes,
    clock: Arc<SimClock>,
    ids: Arc<CountingIds>,
    nodes: Mutex<Vec<Option<Node>>>,
    pub(super) actors: Vec<Actor>,
    pub(super) talks: Vec<ConversationId>,
    pub(super) boards: Vec<ConversationId>,
    /// What people were told is kept: in which talk, under which name, at which place.
    pub(super) kept: Mutex<Vec<(usize, String, Seq)>>,
    pub(super) bells: bell::Bells,
    pub(super) lines: Arc<lines::Told>,
    pub(super) followers: look::Followers,
    /// Whether people go home.
    over: tokio::sync::watch::Sender<bool>,
}

impl Town {
    /// One run.
    pub(super) async fn play(seed: u64) {
        let town = Arc::new(Self::found(seed).await);
        let followers: Vec<_> =
            (0..PEOPLE).map(|who| tokio::spawn(look::follow(Arc::clone(&town), who))).collect();
        let people: Vec<_> =
            (0..PEOPLE).map(|who| tokio::spawn(people::live(Arc::clone(&town), who))).collect();
        let liners: Vec<_> =
            (0..PEOPLE).map(|who| tokio::spawn(lines::live(Arc::clone(&town), who))).collect();
        faults::strike(&town).await;
        faults::mend(&town).await;
        town.over.send_replace(true);
        for one in people.into_iter().chain(liners) {
            one.await.expect("nobody panics");
        }
        look::until_caught_up(&town, CAUGHT_UP).await;
        bell::until_silent(&town).await;
        lines::until_settled(&town).await;
        look::until_caught_up(&town, CAUGHT_UP).await;
        look::at_everything(&town).await;
        followers.iter().for_each(tokio::task::JoinHandle::abort);
        for follower in followers {
            assert!(!follower.await.is_err_and(|error| error.is_panic()), "a follower panicked");
        }
        for node in 0..NODES {
            town.stop(node).await;
        }
    }

    async fn found(seed: u64) -> Self {
        let clock = Arc::new(SimClock::new());
        let leases = MemoryNodes::new(clock.clone());
        let mut town = Self {
            seed,
            memory: MemoryStore::shared(2),
            wire: MemoryBus::new(),
            leases,
            clock,
            ids: Arc::default(),
            nodes: Mutex::new((0..NODES).map(|_| None).collect()),
            actors: Vec::new(),
            talks: Vec::new(),
            boards: Vec::new(),
            kept: Mutex::default(),
            bells: bell::Bells::default(),
            lines: Arc::default(),
            followers: look::Followers::default(),
            over: tokio::sync::watch::Sender::new(false),
        };
        for node in 0..NODES {
            town.begin(node).await;
        }
        let core = town.core(0).expect("it has just begun");
        let accounts =
            core.add_accounts(vec![NewAccount::default(); PEOPLE]).await.expect("people can be added");
        town.actors = accounts.iter().map(|account| sign_in(&core, account)).collect();
        let everybody: Vec<_> = accounts.iter().map(|account| account.id).collect();
        let home = accounts[0].organisation_id;
        for number in 0..TALKS {
            let name = number.to_string();
            town.talks.push(room::<Talk>(&core, home, &name, &everybody).await);
            town.boards.push(room::<Board>(&core, home, &name, &everybody).await);
        }
        town
    }

    /// Starts a node that is not up. It may take some tries, as it may for whoever starts one.
    pub(super) async fn begin(&self, node: usize) {
        let way = self.leases.node();
        let store = FaultyStore::over(self.memory.reopen());
        store.weather(CALM, self.seed ^ node as u64);
        let bus = self.wire.end();
        let ports = Ports {
            monotonic: self.clock.clone(),
            ids: self.ids.clone(),
            bus: Some(bus.clone()),
            nodes: Arc::new(way.clone()),
            ..Ports::on(store.clone(), self.clock.clone(), self.clock.clone())
        };
        let registry = lines::register(registry(), &self.lines);
        let started = Core::start(ports, registry, CommitSettings::default()).await;
        let (core, running) = started.expect("in good weather a node starts");
        self.nodes.lock()[node] = Some(Node { core, running, store, bus, way });
    }

    /// Ends a node as a crash would.
    pub(super) async fn crash(&self, node: usize) {
        let Some(Node { core, running, store, bus, way }) = self.nodes.lock()[node].take() else { return };
        store.lose_power();
        way.cut(true);
        bus.cut(true);
        core.end_subscriptions();
        drop(core);
        running.abandon().await;
    }

    async fn stop(&self, node: usize) {
        let Some(Node { core, running, .. }) = self.nodes.lock()[node].take() else { return };
        drop(core);
        running.stop().await;
    }

    /// The core of a node, if it is up.
    pub(super) fn core(&self, node: usize) -> Option<Core> {
        self.nodes.lock()[node].as_ref().map(|node| node.core.clone())
    }

    /// The core of any node that is up, if there is one.
    pub(super) fn any_core(&self, dice: &Dice) -> Option<Core> {
        self.any_node(dice).map(|(_, core)| core)
    }

    /// The same, and which it is.
    pub(super) fn any_node(&self, dice: &Dice) -> Option<(usize, Core)> {
        let first = dice.below(NODES as u64) as usize;
        let mut nodes = (0..NODES).map(|step| (first + step) % NODES);
        nodes.find_map(|node| Some((node, self.core(node)?)))
    }

    /// Looks at a node that is up.
    pub(super) fn with<T>(&self, node: usize, look: impl FnOnce(&Node) -> T) -> Option<T> {
        self.nodes.lock()[node].as_ref().map(look)
    }

    /// How many are up.
    pub(super) fn up(&self) -> usize {
        self.nodes.lock().iter().flatten().count()
    }

    /// From now on a node's weather is good.
    pub(super) fn calm(&self, node: usize) {
        self.with(node, |node| node.store.weather(CALM, self.seed));
    }

    /// Whether people go home.
    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Its clock.
    pub(super) fn clock(&self) -> &Arc<SimClock> {
        &self.clock
    }

    /// Everybody's account.
    pub(super) fn account(&self, who: usize) -> AccountId {
        crate::scene::id_of(&self.actors[who])
    }

    /// A core whose store is in good weather, to look at everything with.
    pub(super) fn sound_core(&self) -> Core {
        (0..NODES).find_map(|node| self.core(node)).expect("some node is up")
    }
}

fn sign_in(core: &Core, account: &Arc<Account>) -> Actor {
    let credential = Credential::OperatorToken { expires: from_millis(i64::MAX / 2) };
    Person { account: Arc::clone(account), sign_in: core.new_sign_in(), credential }.into()
}

async fn room<K: Kind<State = Memo>>(
    core: &Core,
    home: OrganisationId,
    name: &str,
    people: &[AccountId],
) -> ConversationId {
    let people = people.to_vec();
    let at = At::<K>::key(home, name).or_open(Memo::default());
    let opened = core.update(&Actor::System("test"), at, move |draft| {
        for person in &people {
            draft.join(*person, "member");
        }
        Ok::<_, No>(draft.identity().id)
    });
    opened.await.expect("a conversation opens")
}
