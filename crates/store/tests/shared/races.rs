//! Two nodes, two committers each, on one store, with everybody at the same few conversations: nothing is lost, nothing
//! happens twice, every log is dense, and every state is what its log says.

use std::collections::{BTreeMap, HashSet};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hearken_core::actor::Actor;
use hearken_core::ids::AccountId;
use hearken_core::store::{Find, Store};
use hearken_core::{AtMany, Conversation, Drafts, Kind as _, Receipt, Registry, Target, UpdateError};
use hearken_store::{PostgresSettings, PostgresStore};
use hearken_testkit::throwaway::Database;

use crate::house::{Entry, House, Purse, put};

/// How many purses there are; all are opened in the race.
const PURSES: usize = 5;
/// How many are at it on each node.
const WORKERS: usize = 8;

/// Numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}

/// What somebody has been told that he has done.
#[derive(Default)]
struct Done {
    /// By purse and author: the names of what was put in, and how much.
    put: Vec<(usize, AccountId, String, i64)>,
    /// What was moved, without names.
    moved: Vec<(usize, i64)>,
    timers: Vec<(usize, String)>,
}

fn name(purse: usize) -> String {
    format!("purse {purse}")
}

/// One at work on a node. Everybody acts as one of the same two.
async fn work(house: &House, people: [Actor; 2], seed: u64, steps: usize) -> Done {
    let pair = people.each_ref().map(|who| who.account().expect("a person"));
    let (mut dice, mut done) = (Dice(seed), Done::default());
    for step in 0..steps {
        let (at, me) = (dice.below(PURSES), dice.below(2));
        let (purse, who) = (name(at), &people[me]);
        let amount = dice.below(1000) as i64 - 500;
        match dice.below(10) {
            0..=4 => {
                let called = format!("{seed}-{step}");
                // Twice at once, as somebody does who has heard nothing: one of them happens.
                let twice = [(); 2].map(|()| house.put(&purse, who, pair, called.clone(), amount));
                let twice = join_all(twice).await;
                let happened = twice.iter().filter(|put| **put == Ok(true)).count();
                assert_eq!((happened, twice.len()), (1, 2), "{twice:?}");
                done.put.push((at, pair[me], called.clone(), amount));
                if dice.below(2) == 0 {
                    let other = &people[1 - me];
                    let taken = house.receive(&purse, other, pair[me], called).await;
                    assert_eq!(taken, Ok(Receipt::Taken));
                }
            }
            5..=7 => {
                let to = (at + 1 + dice.below(PURSES - 1)) % PURSES;
                let both = AtMany::default().and(house.purse(&purse)).and(house.purse(&name(to)));
                let moving = house.core.update_many(who, both, move |drafts: &mut Drafts<'_, '_>| {
                    for (index, amount) in [(0, -amount), (1, amount)] {
                        drafts
                            .with::<Purse, _>(index, |draft| put(draft, pair, None, amount))
                            .ok_or("no draft")?;
                    }
                    Ok::<_, &str>(())
                });
                moving.await.expect("it is moved");
                done.moved.extend([(at, -amount), (to, amount)]);
            }
            8 => {
                let refused = house.core.update(who, house.purse(&purse), |draft| {
                    put(draft, [AccountId(uuid::Uuid::nil()); 2], None, 1_000_000);
                    Err::<(), _>("not that")
                });
                assert_eq!(refused.await, Err(UpdateError::Refused("not that")));
            }
            _ => {
                let key = format!("t{seed}-{step}");
                let set = {
                    let key = key.clone();
                    house.core.update(who, house.purse(&purse), move |draft| {
                        draft.set_timer(&key, draft.now() + Duration::from_millis(5));
                        draft.put_index("test.timers", "all", 0, &key);
                        Ok::<_, &str>(())
                    })
                };
                set.await.expect("it is set");
                done.timers.push((at, key));
            }
        }
    }
    done
}

/// What one purse must hold in the end.
#[derive(Default)]
struct Expected {
    total: i64,
    events: usize,
    rung: HashSet<String>,
}

fn expected(done: &[Done]) -> BTreeMap<usize, Expected> {
    let mut expected: BTreeMap<usize, Expected> = BTreeMap::new();
    for done in done {
        let put = done.put.iter().map(|(at, _, _, amount)| (*at, *amount));
        for (at, amount) in put.chain(done.moved.iter().copied()) {
            let purse = expected.entry(at).or_default();
            (purse.total, purse.events) = (purse.total + amount, purse.events + 1);
        }
        for (at, key) in &done.timers {
            let purse = expected.entry(*at).or_default();
            purse.events += 1;
            assert!(purse.rung.insert(key.clone()));
        }
    }
    expected
}

async fn whole(store: &PostgresStore, house: &House, registry: &Registry, at: usize) -> Conversation {
    let target = Target::Key { kind: Purse::NAME, organisation: house.home, key: name(at).into() };
    store.conversation(registry, &target).await.expect("the store reads").expect("it is there")
}

async fn race(seed: u64, steps: usize) {
    let database = Database::new();
    let (first, second) = (House::open(database.url()).await, House::open(database.url()).await);
    let people = [first.person().await, first.person().await];
    let at_work = |house, from: u64| {
        let people = people.clone();
        (0..WORKERS as u64).map(move |worker| work(house, people.clone(), seed * 1000 + from + worker, steps))
    };
    let done = join_all(at_work(&first, 0).chain(at_work(&second, 100))).await;

    let store = PostgresStore::open(database.url(), PostgresSettings::default()).await.expect("it opens");
    // The last timers are due in a moment: each node knows its own.
    while !store.timers(1).await.expect("the store reads").is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(first.core.settle().await && second.core.settle().await);
    let registry = Registry::default().with::<Purse>();
    for (at, expected) in expected(&done) {
        let purse = whole(&store, &first, &registry, at).await;
        let events = store.events(&purse, 0, u64::MAX, 1_000_000).await.expect("the store reads");
        let seqs: Vec<_> = events.iter().map(|stored| stored.event.seq).collect();
        assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>(), "the log is dense");
        assert_eq!(
            (events.len(), purse.header.last_seq),
            (expected.events, expected.events as u64),
            "purse {at}"
        );
        let state = purse.state.get::<crate::house::Sum>().expect("it reads");
        assert_eq!((state.total, state.rung), (expected.total, expected.rung.len() as u64), "purse {at}");
        let rang = events.iter().filter_map(|stored| match stored.event.body.as_ref()?.get::<Entry>()? {
            Entry::Rang(key) => Some(key.clone()),
            Entry::Put(_) => None,
        });
        assert_eq!(rang.collect::<HashSet<_>>(), expected.rung);
        assert!(purse.members.iter().filter(|member| member.is_in()).count() == 2, "nobody is in it twice");
    }
    let find = Find {
        index: "test.timers".into(),
        key: "all".into(),
        from: 0,
        to: 0,
        descending: false,
        limit: 100,
    };
    assert!(store.find(&find).await.expect("the store reads").len() <= PURSES);
    assert_eq!(store.check(&registry).await.expect("the store reads"), Vec::<String>::new());
    let (one, two) = (first.core.commit_stats(), second.core.commit_stats());
    let sum = |of: fn(&hearken_core::CommitStats) -> &std::sync::atomic::AtomicU64| {
        [one, two].map(|stats| of(stats).load(std::sync::atomic::Ordering::Relaxed)).iter().sum::<u64>()
    };
    // Nobody may be reading.
    let _ = writeln!(
        std::io::stderr(),
        "seed {seed}: {} rules in {} commits, {} races",
        sum(|stats| &stats.rules),
        sum(|stats| &stats.commits),
        sum(|stats| &stats.races)
    );
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_at_the_same_conversations_lose_nothing_and_do_nothing_twice() {
    let (seeds, steps) = if std::env::var_os("HEARKEN_SOAK").is_some() { (100, 60) } else { (3, 25) };
    for seed in 1..=seeds {
        tokio::time::timeout(Duration::from_mins(2), race(seed, steps)).await.expect("nobody waits for ever");
    }
}

#[tokio::test]
async fn nodes_that_start_at_once_on_an_empty_database_make_one_house() {
    let database = Database::new();
    let houses = join_all((0..4).map(|_| House::open(database.url()))).await;
    let keys = houses.iter().map(|house| house.core.public_keys()).collect::<Vec<_>>();
    assert!(keys.iter().all(|known| known.len() == 1 && *known == keys[0]), "all sign with the same key");
    let people = Arc::new(houses[0].core.organisations().await.expect("the store reads"));
    assert_eq!(people.len(), 1);
    for house in houses {
        house.stop().await;
    }
}
