//! Several nodes on one store, with a bus between them that is as bad as a test wants.

mod events;
mod people;
mod seeds;
mod told;

use std::sync::Arc;
use std::time::Duration;

use hearken_core::Subscription;
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::bus::memory::{MemoryBus, MemoryEnd};
use hearken_core::clock::{ManualClock, from_millis};
use hearken_core::event::Event;
use hearken_core::ids::Seq;
use hearken_core::memory::MemoryStore;
use hearken_core::node::{Alone, MemoryNodes, Nodes};

use crate::house::{House, opening};
use crate::scene::{next_event, within, words};

const SECOND: Duration = Duration::from_secs(1);

/// Several nodes.
pub(crate) struct Town {
    pub(crate) bus: MemoryBus,
    pub(crate) clock: Arc<ManualClock>,
    store: MemoryStore,
    /// Who has a lease; by this the others know that he lives. None where the machine's time passes: leases are renewed
    /// by it.
    leases: Option<MemoryNodes>,
    houses: Vec<House>,
    ends: Vec<Arc<MemoryEnd>>,
}

impl Town {
    /// Where the machine's time stands still.
    pub(crate) async fn of(nodes: usize) -> Self {
        let clock = Arc::new(ManualClock::new(opening()));
        let leases = MemoryNodes::new(clock.clone());
        Self::with(nodes, clock, Some(leases)).await
    }

    /// Where it passes: threads that check passwords take their time.
    pub(crate) async fn in_time(nodes: usize) -> Self {
        Self::with(nodes, Arc::new(ManualClock::new(opening())), None).await
    }

    async fn with(nodes: usize, clock: Arc<ManualClock>, leases: Option<MemoryNodes>) -> Self {
        let (bus, store) = (MemoryBus::new(), MemoryStore::shared(2));
        let mut town = Self { bus, clock, store, leases, houses: Vec::new(), ends: Vec::new() };
        for _ in 0..nodes {
            town.grow().await;
        }
        // Each has met the others, and has nothing left to doubt.
        for _ in 0..3 {
            town.beat().await;
        }
        assert!(town.houses.iter().all(House::is_sound), "they hear one another");
        town
    }

    /// One node more.
    pub(crate) async fn grow(&mut self) {
        let end = self.bus.end();
        let way: Arc<dyn Nodes> = match &self.leases {
            Some(leases) => Arc::new(leases.node()),
            None => Arc::new(Alone),
        };
        let store = Arc::new(self.store.reopen());
        let house = House::node(store, way, Arc::clone(&self.clock), end.clone()).await;
        self.houses.push(house);
        self.ends.push(end);
    }

    pub(crate) fn node(&self, n: usize) -> &House {
        &self.houses[n]
    }

    pub(crate) fn end(&self, n: usize) -> &MemoryEnd {
        &self.ends[n]
    }

    /// A second passes: each node says how much it has said, what was said arrives, and each looks whether it has heard
    /// everything.
    pub(crate) async fn beat(&self) {
        self.clock.advance(SECOND);
        if self.leases.is_some() {
            tokio::time::sleep(SECOND).await;
        }
        for house in &self.houses {
            within(house.core.beat()).await;
        }
        self.quiet().await;
        for house in &self.houses {
            within(house.core.beat()).await;
        }
        self.quiet().await;
    }

    /// Waits until nobody has anything left to do: every task has had its turn many times.
    pub(crate) async fn quiet(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
}

impl House {
    pub(crate) fn is_sound(&self) -> bool {
        self.core.bus_state().is_some_and(|state| state.sound)
    }
}

/// The same person with a sign-in of his own.
pub(crate) fn again(house: &House, who: &Actor) -> Actor {
    let Actor::Person(person) = who else { panic!("a person") };
    let credential = Credential::OperatorToken { expires: from_millis(i64::MAX / 2) };
    let account = Arc::clone(&person.account);
    Person { account, sign_in: house.core.new_sign_in(), credential }.into()
}

/// Whether a follower is shown exactly these words next, at places that follow one another from `from` on.
pub(crate) async fn shows(follower: &mut Subscription, from: Seq, expect: &[String]) {
    for (seq, expected) in (from..).zip(expect) {
        let event: Arc<Event> = next_event(follower).await;
        assert_eq!((event.seq, words(&event).as_ref()), (seq, Some(expected)));
    }
}

/// `from..to` as words.
pub(crate) fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}
