//! Who is there, asked and told at several nodes on one store.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::clock::{Clock as _, ManualClock, from_millis};
use hearken_core::ids::{AccountId, CountingIds};
use hearken_core::memory::MemoryStore;
use hearken_core::node::MemoryNodes;
use hearken_core::store::AccountRef;
use hearken_core::{CommitSettings, Core, NewAccount, Ports, Registry, Running};
use hearken_messenger::presence::{Connected, Presence, Seen};
use hearken_messenger::register;

/// Milliseconds since the epoch at which a town begins.
const OPENING: i64 = 1_750_000_000_000;

/// What the nodes of a test share.
struct Town {
    clock: Arc<ManualClock>,
    ids: Arc<CountingIds>,
    store: MemoryStore,
    nodes: MemoryNodes,
}

struct Node {
    core: Core,
    presence: Presence,
    running: Running,
}

impl Town {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(from_millis(OPENING)));
        let nodes = MemoryNodes::new(clock.clone());
        Self { clock, ids: Arc::default(), store: MemoryStore::shared(1), nodes }
    }

    async fn node(&self) -> Node {
        let store = Arc::new(self.store.reopen());
        let ports = Ports {
            monotonic: self.clock.clone(),
            ids: self.ids.clone(),
            nodes: Arc::new(self.nodes.node()),
            ..Ports::on(store, self.clock.clone(), self.clock.clone())
        };
        let (core, running) = Core::start(ports, register(Registry::default()), CommitSettings::default())
            .await
            .expect("a node starts");
        let presence = Presence::new(&core);
        Node { core, presence, running }
    }

    /// Lets time go by, the machines' and the people's.
    async fn pass(&self, seconds: u64) {
        let step = Duration::from_millis(500);
        for _ in 0..seconds * 2 {
            self.clock.advance(step);
            tokio::time::sleep(step).await;
        }
    }

    /// Seconds since the beginning.
    fn now(&self) -> i64 {
        (self.clock.now().as_millisecond() - OPENING) / 1000
    }
}

impl Node {
    async fn person(&self) -> AccountId {
        let account = self.core.add_account(NewAccount::default()).await.expect("an account");
        account.id
    }

    /// Opens a receive socket for somebody, whom a token has shown before.
    async fn connect(&self, who: AccountId) -> Connected {
        self.core.account(&AccountRef::Id(who)).await.expect("the store reads").expect("there is one");
        self.presence.connect(who)
    }

    /// Whether somebody is there, and at which second he was last.
    async fn sees(&self, who: AccountId) -> (bool, Option<i64>) {
        let seen = self.presence.of(&[who]).await.expect("the store reads");
        shown(seen[0])
    }

    async fn says(&self, who: AccountId, active: bool) -> (bool, Option<i64>) {
        shown(self.presence.say(who, active).await.expect("it is saved"))
    }
}

fn shown(seen: Seen) -> (bool, Option<i64>) {
    (seen.active, seen.last_active.map(|at| (at.as_millisecond() - OPENING) / 1000))
}

#[tokio::test(start_paused = true)]
async fn who_is_at_one_node_is_there_for_all() {
    let town = Town::new();
    let nodes = [town.node().await, town.node().await];
    let ann = nodes[0].person().await;
    for node in &nodes {
        assert_eq!(node.sees(ann).await, (false, None));
    }
    let phone = nodes[0].connect(ann).await;
    town.pass(4).await;
    let tablet = nodes[1].connect(ann).await;
    town.pass(4).await;
    drop(phone);
    town.pass(4).await;
    for node in &nodes {
        assert_eq!(node.sees(ann).await, (true, Some(12)));
    }
    drop(tablet);
    town.pass(4).await;
    for node in &nodes {
        assert_eq!(node.sees(ann).await, (false, Some(12)));
    }
    assert_eq!(town.nodes.rows(), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn who_says_at_one_node_that_he_is_away_is_away_for_all() {
    let town = Town::new();
    let nodes = [town.node().await, town.node().await];
    let ann = nodes[0].person().await;
    let phone = nodes[0].connect(ann).await;
    town.pass(4).await;
    assert_eq!(nodes[1].says(ann, false).await, (false, Some(4)));
    town.pass(2).await;
    for node in &nodes {
        assert_eq!(node.sees(ann).await, (false, Some(4)));
    }
    assert_eq!(nodes[1].says(ann, true).await, (true, Some(6)));
    assert_eq!(nodes[0].says(ann, false).await, (false, Some(6)));
    town.pass(2).await;
    // Whoever connects anew is back, at whichever node.
    let tablet = nodes[1].connect(ann).await;
    town.pass(2).await;
    for node in &nodes {
        assert_eq!(node.sees(ann).await, (true, Some(10)));
    }
    nodes[0].says(ann, false).await;
    town.pass(2).await;
    drop((phone, tablet));
    town.pass(4).await;
    for node in &nodes {
        assert_eq!(node.sees(ann).await, (false, Some(10)), "he was there last when he said so");
    }
    assert_eq!(nodes[1].says(ann, true).await, (false, Some(16)), "nobody is there without a socket");
}

#[tokio::test(start_paused = true)]
async fn when_a_node_dies_its_people_were_there_until_then() {
    let town = Town::new();
    let (one, two) = (town.node().await, town.node().await);
    let (ann, bob) = (one.person().await, one.person().await);
    let held = [one.connect(ann).await, one.connect(bob).await];
    town.pass(60).await;
    one.running.abandon().await;
    let back = two.connect(bob).await;
    let died = town.now();
    town.pass(20).await;
    let (active, last) = two.sees(ann).await;
    let last = last.expect("he was there");
    assert!(!active && (died - 4..=died).contains(&last), "{last}, and it died at {died}");
    assert_eq!(two.sees(bob).await, (true, Some(town.now())));
    drop((held, back));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_who_are_idle_cost_nothing() {
    let town = Town::new();
    let (one, two) = (town.node().await, town.node().await);
    let accounts = one.core.add_accounts(vec![NewAccount::default(); 10_000]).await.expect("accounts");
    let held: Vec<_> = accounts.iter().map(|account| one.presence.connect(account.id)).collect();
    town.pass(5).await;
    assert_eq!(town.nodes.rows(), (10_000, 2));
    let commits = || {
        let stats = [&one, &two].map(|node| node.core.commit_stats());
        stats.iter().map(|stats| stats.commits.load(std::sync::atomic::Ordering::Relaxed)).sum::<u64>()
    };
    let before = commits();
    town.pass(60).await;
    assert_eq!(commits(), before);
    drop(held);
    town.pass(5).await;
    assert_eq!(town.nodes.rows(), (0, 2));
}
