//! The development clock: moved, it fires on the way whatever is due, each at its own time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use hearken_core::At;
use hearken_core::actor::Actor;
use hearken_core::clock::RunningClock;
use hearken_core::ids::ConversationId;
use hearken_core::memory::MemoryStore;
use hearken_testkit::faulty::FaultyStore;
use jiff::Timestamp;

use crate::house::{House, opening};
use crate::scene::{Board, No, within};
use crate::timers::{minute, rang};

struct Scene {
    house: House,
    disk: Arc<FaultyStore>,
    clock: Arc<RunningClock>,
    boards: [ConversationId; 2],
}

async fn scene() -> Scene {
    let disk = FaultyStore::over(MemoryStore::new());
    let (house, clock) = House::on_a_running_clock(disk.clone()).await;
    let ann = house.person().await;
    let boards = [house.room::<Board>("one", &[&ann]).await, house.room::<Board>("two", &[&ann]).await];
    Scene { house, disk, clock, boards }
}

impl Scene {
    async fn set(&self, board: usize, key: &str, due: Timestamp) {
        within(self.house.set_timer(self.boards[board], key, due)).await.expect("it is saved");
    }

    async fn move_to(&self, to: Timestamp) {
        within(self.house.core.move_clock(&self.clock, to)).await.expect("it moves");
    }

    /// What has fired on both boards, in order of arrival: name, time set for, time of firing.
    async fn fired(&self) -> Vec<(String, Timestamp, Timestamp)> {
        let mut fired = Vec::new();
        for board in self.boards {
            let read = self.house.core.read(&Actor::System("test"), board, 0, 1000);
            let (events, _) = within(read).await.expect("it can be read");
            fired.extend(events.iter().map(|event| (event.at, rang(event))));
        }
        fired.sort();
        fired.into_iter().map(|(_, fired)| fired).collect()
    }
}

fn on_time(key: &str, minutes: u32) -> (String, Timestamp, Timestamp) {
    (key.to_owned(), minute(minutes), minute(minutes))
}

#[tokio::test]
async fn whatever_is_due_fires_in_order_at_its_own_time_before_the_answer() {
    let scene = scene().await;
    for (board, key, due) in [(0, "c", 3), (1, "b", 2), (0, "a", 1), (1, "d", 10), (0, "e", 11)] {
        scene.set(board, key, minute(due)).await;
    }
    scene.move_to(minute(10)).await;
    assert_eq!(scene.fired().await, [on_time("a", 1), on_time("b", 2), on_time("c", 3), on_time("d", 10)]);
    assert_eq!(scene.house.core.now(), minute(10));
}

#[tokio::test]
async fn what_is_set_on_the_way_fires_on_the_way() {
    let scene = scene().await;
    let counting =
        scene.house.core.update(&Actor::System("test"), At::<Board>::id(scene.boards[0]), |draft| {
            draft.state_mut().count = 9;
            draft.set_timer("again", minute(1));
            Ok::<_, No>(())
        });
    within(counting).await.expect("it is saved");
    scene.set(1, "between", minute(3)).await;
    scene.move_to(minute(4)).await;
    let expect = [on_time("again", 1), on_time("again", 2), on_time("again", 3), on_time("between", 3)];
    let mut expect = expect.to_vec();
    expect.push(on_time("again", 4));
    assert_eq!(scene.fired().await, expect);
}

#[tokio::test]
async fn it_runs_on_from_where_it_was_put() {
    let scene = scene().await;
    scene.move_to(minute(10)).await;
    scene.house.clock.advance(Duration::from_secs(5));
    assert_eq!(scene.house.core.now(), minute(10) + Duration::from_secs(5));
    assert_eq!(scene.house.core.wall(), opening() + Duration::from_secs(5));
}

#[tokio::test]
async fn put_back_it_fires_nothing_and_nothing_again() {
    let scene = scene().await;
    scene.set(0, "a", minute(1)).await;
    scene.set(0, "b", minute(5)).await;
    scene.move_to(minute(2)).await;
    scene.move_to(minute(0)).await;
    assert_eq!(scene.house.core.now(), minute(0));
    scene.move_to(minute(3)).await;
    assert_eq!(scene.fired().await, [on_time("a", 1)]);
    scene.move_to(minute(5)).await;
    assert_eq!(scene.fired().await, [on_time("a", 1), on_time("b", 5)]);
}

#[tokio::test]
async fn one_that_fails_does_not_hold_it_up() {
    let scene = scene().await;
    scene.set(0, "broken", minute(1)).await;
    scene.set(0, "sound", minute(2)).await;
    scene.move_to(minute(3)).await;
    assert_eq!(scene.fired().await, [on_time("sound", 2)]);
    assert_eq!(scene.house.core.now(), minute(3));
}

/// The clock must go on: whatever has stopped the move, time has not stopped with it.
fn assert_runs(scene: &Scene) {
    let before = scene.house.core.now();
    scene.house.clock.advance(Duration::from_secs(5));
    assert_eq!(scene.house.core.now(), before + Duration::from_secs(5));
}

#[tokio::test]
async fn a_move_given_up_does_not_stop_it() {
    let scene = scene().await;
    scene.set(0, "a", minute(1)).await;
    scene.disk.hold_syncs();
    {
        let mut moving = Box::pin(scene.house.core.move_clock(&scene.clock, minute(9)));
        assert!((&mut moving).now_or_never().is_none());
        within(scene.disk.until_syncing()).await;
        assert_eq!(scene.house.core.now(), minute(1));
    }
    assert_runs(&scene);
    // Nor is what was on its way forgotten.
    scene.disk.fail_next_sync();
    scene.disk.release_syncs();
    scene.move_to(minute(9)).await;
    assert_eq!(scene.fired().await.len(), 1);
}
