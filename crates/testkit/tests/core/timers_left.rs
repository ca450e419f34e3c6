//! Timers that another has left in the store: those of newer nodes, and more than are kept in memory.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::ids::{ConversationId, OrganisationId};
use hearken_core::memory::MemoryStore;
use hearken_core::node::Slices;
use hearken_core::store::{Batch, ConversationRow, Store as _};
use hearken_core::{At, Body, Conversation, Header, Identity, Kind as _, TimerChange};
use jiff::Timestamp;
use uuid::Uuid;

use crate::house::{House, opening, registry};
use crate::scene::{Board, Newer, No, within};
use crate::timers::{minute, rang, scene_in};

fn room(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(0xF000 + n))
}

/// A store with conversations of this kind, whose states are of this version, and timers.
async fn left_by_another(
    kind: &'static str,
    version: u16,
    timers: impl IntoIterator<Item = (ConversationId, String, Timestamp)>,
) -> MemoryStore {
    let row = |n| {
        let organisation = OrganisationId(Uuid::from_u128(8));
        let identity = Arc::new(Identity { id: room(n), kind, organisation, key: None });
        let (starts, ends) = (None, None);
        let header = Header { status: "open".into(), priority: 0, starts, ends, last_seq: 0, version: 0 };
        let state = Body::stored(version, br#"{"topic":"","count":0}"#.to_vec());
        let conversation = Conversation { identity, header, members: Arc::new([]), state };
        ConversationRow { conversation, is_new: true, members_changed: true }
    };
    let timers = timers.into_iter().map(|(id, key, due)| (id, TimerChange::Set { key, due })).collect();
    let batch = Batch { conversations: (0..12).map(row).collect(), timers, ..Batch::default() };
    let store = MemoryStore::new();
    let mut ledger = store.ledger(&registry()).expect("a new store has its ledger");
    ledger.commit(&batch).await.expect("a sound batch is written");
    store.reopen()
}

#[tokio::test]
async fn what_only_a_newer_node_can_read_is_left_to_it() {
    for (kind, version) in [(Newer::NAME, 1), (Board::NAME, 9)] {
        let store = left_by_another(kind, version, [(room(0), "theirs".to_owned(), minute(1))]).await;
        let mut scene = scene_in(House::over(Arc::new(store)).await).await;
        scene.pass(minute(2), &[]).await;
        assert!(scene.is_set("theirs").await, "{kind} {version}");
    }
}

/// The time of the `n`th of many timers.
fn second(n: u64) -> Timestamp {
    opening() + Duration::from_secs(n)
}

#[tokio::test]
async fn more_than_fit_in_memory_all_fire_once_and_in_order() {
    const STORED: u64 = 11_500;
    const FAR: u64 = 1_500;
    let name = |n: u64| (room(u128::from(n % 12)), format!("{n:05}"), second(n));
    let house = House::over(Arc::new(left_by_another(Board::NAME, 1, (1..=STORED).map(name)).await)).await;
    let system = Actor::System("test");
    // Half of what fits has fired when many more are set, later than all that is in the store.
    house.clock.set(second(5_000));
    fired(&house, 5_000).await;
    let set = |n: u64| {
        let (id, key, due) = name(STORED + n);
        house.core.update(&system, At::<Board>::id(id), move |draft| {
            draft.set_timer(&key, due);
            Ok::<_, No>(())
        })
    };
    let replies: Vec<_> = (1..=FAR).map(set).collect();
    for reply in replies {
        within(reply).await.expect("it is saved");
    }
    house.clock.set(second(STORED));
    fired(&house, STORED).await;
    house.clock.set(second(STORED + FAR));
    fired(&house, STORED + FAR).await;
    for n in 0..12 {
        let (events, _) = within(house.core.read(&system, room(n), 0, 10_000)).await.expect("it can be read");
        let times = (1..=STORED + FAR).filter(|time| u128::from(time % 12) == n);
        assert!(events.iter().map(|event| rang(event).1).eq(times.map(second)), "in room {n}");
    }
}

/// Waits until so many timers have fired: until no more are left in the store than belong there.
async fn fired(house: &House, count: u64) {
    let due = async || {
        let next = within(house.store.timers(&registry(), &Slices::ALL, 1)).await.expect("the store reads");
        next.first().is_some_and(|next| next.due <= second(count))
    };
    let all = async {
        while due().await {
            tokio::task::yield_now().await;
        }
    };
    within(all).await;
}
