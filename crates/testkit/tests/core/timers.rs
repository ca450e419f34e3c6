//! Timers: each effect once, at its time, in order; a cancelled one's never.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::event::Event;
use hearken_core::ids::ConversationId;
use hearken_core::memory::MemoryStore;
use hearken_core::node::Slices;
use hearken_core::{At, Reply, Subscription};
use hearken_testkit::faulty::FaultyStore;
use jiff::Timestamp;

use crate::house::{House, opening, registry};
use crate::scene::{Board, Newer, No, Note, is_idle, line, next_event, within};

const MINUTE: Duration = Duration::from_mins(1);

/// `minutes` after a house opens.
pub(crate) fn minute(minutes: u32) -> Timestamp {
    opening() + MINUTE * minutes
}

/// The timer that an event tells of: its name, the time it was set for, the time of firing.
pub(crate) fn rang(event: &Event) -> (String, Timestamp, Timestamp) {
    match event.body.as_ref().and_then(|body| body.get::<Note>()) {
        Some(Note::Rang(key, due, now)) => (key.clone(), *due, *now),
        other => panic!("a timer should have fired, not {other:?}"),
    }
}

/// A house with a board, and somebody who follows it.
pub(crate) struct Scene {
    pub(crate) house: House,
    pub(crate) board: ConversationId,
    pub(crate) follower: Subscription,
    ann: Actor,
}

async fn scene() -> Scene {
    scene_in(House::open().await).await
}

pub(crate) async fn scene_in(house: House) -> Scene {
    let ann = house.person().await;
    let board = house.room::<Board>("board", &[&ann]).await;
    let follower = house.follow_mine(&ann).await;
    Scene { house, board, follower, ann }
}

impl Scene {
    pub(crate) async fn set(&self, key: &str, due: Timestamp) {
        within(self.house.set_timer(self.board, key, due)).await.expect("it is saved");
    }

    async fn cancel(&self, key: &str) {
        within(self.house.cancel_timer(self.board, key)).await.expect("it is saved");
    }

    /// Whether the next timers to fire are these, all at the same time.
    async fn rings(&mut self, keys: &[(&str, Timestamp)]) {
        for (key, due) in keys {
            let event = next_event(&mut self.follower).await;
            assert_eq!(rang(&event), ((*key).to_owned(), *due, self.house.now()));
            assert_eq!(event.author, None);
        }
    }

    /// Moves the clock, and waits until all that is due by then has fired: what is due at the last moment fires last.
    pub(crate) async fn pass(&mut self, to: Timestamp, keys: &[(&str, Timestamp)]) {
        self.set("~last", to).await;
        self.house.clock.set(to);
        self.rings(keys).await;
        self.rings(&[("~last", to)]).await;
        assert!(is_idle(&mut self.follower));
    }

    pub(crate) async fn is_set(&self, key: &str) -> bool {
        let registry = registry().with::<Newer>();
        let timers = within(self.house.store.timers(&registry, &Slices::ALL, 100)).await;
        let timers = timers.expect("the store reads");
        timers.iter().any(|timer| timer.key == key)
    }
}

#[tokio::test]
async fn one_fires_at_its_time_and_once() {
    let mut scene = scene().await;
    scene.set("tea", minute(5)).await;
    scene.pass(minute(5) - Duration::from_millis(1), &[]).await;
    assert!(scene.is_set("tea").await);
    scene.house.clock.set(minute(5));
    scene.rings(&[("tea", minute(5))]).await;
    assert!(!scene.is_set("tea").await);
    scene.pass(minute(60), &[]).await;
}

#[tokio::test]
async fn those_due_together_fire_in_the_order_of_their_times() {
    let mut scene = scene().await;
    for (key, due) in [("c", 3), ("a", 1), ("e", 5), ("b", 2), ("d", 4)] {
        scene.set(key, minute(due)).await;
    }
    let expect = [("a", minute(1)), ("b", minute(2)), ("c", minute(3)), ("d", minute(4))];
    scene.pass(minute(4) + MINUTE / 2, &expect).await;
    assert!(scene.is_set("e").await);
}

#[tokio::test]
async fn many_due_together_all_fire_in_order() {
    let mut scene = scene().await;
    let keys: Vec<_> =
        (0..500).map(|n| (format!("{n:03}"), opening() + Duration::from_secs(1 + n))).collect();
    let replies: Vec<Reply<_, No>> =
        keys.iter().rev().map(|(key, due)| scene.house.set_timer(scene.board, key, *due)).collect();
    for reply in replies {
        within(reply).await.expect("it is saved");
    }
    let expect: Vec<_> = keys.iter().map(|(key, due)| (key.as_str(), *due)).collect();
    scene.pass(minute(60), &expect).await;
}

#[tokio::test]
async fn a_time_gone_by_is_due_at_once() {
    let mut scene = scene().await;
    scene.set("late", opening() - MINUTE).await;
    scene.rings(&[("late", opening() - MINUTE)]).await;
}

#[tokio::test]
async fn a_cancelled_one_never_fires() {
    let mut scene = scene().await;
    scene.set("tea", minute(5)).await;
    scene.set("coffee", minute(6)).await;
    scene.cancel("tea").await;
    scene.cancel("milk").await;
    scene.pass(minute(10), &[("coffee", minute(6))]).await;
}

#[tokio::test]
async fn a_moved_one_fires_at_its_new_time() {
    let mut scene = scene().await;
    scene.set("later", minute(5)).await;
    scene.set("sooner", minute(8)).await;
    scene.set("later", minute(7)).await;
    scene.set("sooner", minute(2)).await;
    scene.pass(minute(6), &[("sooner", minute(2))]).await;
    scene.pass(minute(9), &[("later", minute(7))]).await;
}

#[tokio::test]
async fn one_that_sets_itself_again_goes_on_until_it_does_not() {
    let mut scene = scene().await;
    let counting = scene.house.core.update(&scene.ann, At::<Board>::id(scene.board), |draft| {
        draft.state_mut().count = 2;
        draft.set_timer("again", minute(1));
        Ok::<_, No>(())
    });
    within(counting).await.expect("it is saved");
    scene.house.clock.set(minute(1));
    scene.rings(&[("again", minute(1))]).await;
    // Both of these are due by then: one sets the other, and sees its own time beside the clock's.
    scene.house.clock.set(minute(9));
    scene.rings(&[("again", minute(2)), ("again", minute(3))]).await;
    scene.pass(minute(30), &[]).await;
}

#[tokio::test]
async fn one_taken_back_in_the_batch_it_is_due_in_does_not_fire() {
    let mut scene = scene().await;
    scene.set("victim", minute(1)).await;
    scene.set("cancels", minute(1)).await;
    scene.pass(minute(2), &[("cancels", minute(1))]).await;
    assert!(!scene.is_set("victim").await);
    scene.set("victim", minute(3)).await;
    scene.set("moves", minute(3)).await;
    scene.pass(minute(4), &[("moves", minute(3))]).await;
    scene.pass(minute(64), &[("victim", minute(63))]).await;
}

#[tokio::test]
async fn one_cancelled_before_its_turn_in_the_queue_does_not_fire() {
    let disk = FaultyStore::over(MemoryStore::new());
    let mut scene = scene_in(House::over(disk.clone()).await).await;
    scene.set("tea", minute(1)).await;
    disk.hold_syncs();
    let first = scene.house.write(&scene.ann, scene.board, "holds the committer");
    within(disk.until_syncing()).await;
    let cancelled = scene.house.cancel_timer(scene.board, "tea");
    scene.house.clock.set(minute(1));
    within(scene.house.queued(2)).await;
    disk.release_syncs();
    within(first).await.expect("it is saved");
    within(cancelled).await.expect("it is saved");
    assert_eq!(next_event(&mut scene.follower).await.seq, 1);
    scene.pass(minute(2), &[]).await;
}

#[tokio::test]
async fn a_restart_forgets_none_and_repeats_none() {
    let scene = scene().await;
    scene.set("before", minute(1)).await;
    scene.set("while", minute(2)).await;
    scene.set("after", minute(9)).await;
    let Scene { house, board, mut follower, ann } = scene;
    house.clock.set(minute(1));
    assert_eq!(next_event(&mut follower).await.seq, 1);
    let clock = Arc::clone(&house.clock);
    let house = house.restarted_after(|| clock.set(minute(5))).await;
    let follower = house.follow(&ann, &[hearken_core::Follow::Conversation(board, 1)]).await;
    let mut scene = Scene { house, board, follower, ann };
    scene.rings(&[("while", minute(2))]).await;
    scene.pass(minute(10), &[("after", minute(9))]).await;
    assert_eq!(scene.house.log(board).await.first(), Some(&line(1, "before rang")));
}

#[tokio::test]
async fn its_effect_and_its_end_are_one_commit() {
    let disk = FaultyStore::over(MemoryStore::new());
    let scene = scene_in(House::over(disk.clone()).await).await;
    scene.set("tea", minute(1)).await;
    disk.hold_syncs();
    scene.house.clock.set(minute(1));
    within(disk.until_syncing()).await;
    assert_eq!(scene.house.log(scene.board).await, []);
    assert!(scene.is_set("tea").await);
    // The power goes before it lasts: it is still set, and fires after the restart.
    let left = disk.lose_power();
    let Scene { house, board, ann, .. } = scene;
    let house = house.after(Arc::new(left)).await;
    let follower = house.follow(&ann, &[hearken_core::Follow::Conversation(board, 0)]).await;
    let mut scene = Scene { house, board, follower, ann };
    scene.rings(&[("tea", minute(1))]).await;
    assert!(!scene.is_set("tea").await);
}

/// Lets every task run that can.
async fn everything_runs(house: &House) {
    for _ in 0..100 {
        tokio::task::yield_now().await;
        house.core.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_whose_rule_fails_is_tried_less_and_less_often() {
    let mut scene = scene().await;
    scene.set("broken", minute(1)).await;
    scene.set("sound", minute(1)).await;
    let stats = |scene: &Scene| scene.house.core.commit_stats().rules.load(Ordering::Relaxed);
    scene.house.clock.set(minute(1));
    scene.rings(&[("sound", minute(1))]).await;
    everything_runs(&scene.house).await;
    let mut tries = stats(&scene);
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        tokio::time::advance(Duration::from_millis(1000 * wait - 2)).await;
        everything_runs(&scene.house).await;
        assert_eq!(stats(&scene), tries, "it is not tried before {wait} s have gone");
        tokio::time::advance(Duration::from_millis(4)).await;
        everything_runs(&scene.house).await;
        tries += 1;
        assert_eq!(stats(&scene), tries, "it is tried after {wait} s");
    }
    assert!(is_idle(&mut scene.follower) && scene.is_set("broken").await);
    let mended = scene.house.core.update(&scene.ann, At::<Board>::id(scene.board), |draft| {
        draft.state_mut().count = 1;
        Ok::<_, No>(())
    });
    within(mended).await.expect("it is saved");
    tokio::time::advance(Duration::from_mins(6)).await;
    scene.rings(&[("broken", minute(1))]).await;
    assert!(!scene.is_set("broken").await);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_costs_a_timer_no_try() {
    let disk = FaultyStore::over(MemoryStore::new());
    let mut scene = scene_in(House::over(disk.clone()).await).await;
    scene.set("tea", minute(1)).await;
    disk.fail_commits(0, 20);
    scene.house.clock.set(minute(1));
    let fired = tokio::time::timeout(Duration::from_secs(25), next_event(&mut scene.follower)).await;
    assert_eq!(fired.map(|event| rang(&event).0), Ok("tea".to_owned()));
}
