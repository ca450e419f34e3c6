//! Timers that are set.

use hearken_core::ids::ConversationId;
use hearken_core::node::Slices;
use hearken_core::store::{Batch, DueTimer};
use hearken_core::{Kind as _, TimerChange};

use super::bench::Bench;
use super::scene::{Post, at, id, opening, set, talk};

fn cancel(key: &str) -> TimerChange {
    TimerChange::Cancel { key: key.into() }
}

async fn write(bench: &mut Bench, timers: Vec<(ConversationId, TimerChange)>) {
    bench.commit(Batch { timers, ..Batch::default() }).await;
}

/// A store whose conversations 1 to 3 exist, with these timers.
async fn with(mut bench: Bench, timers: Vec<(ConversationId, TimerChange)>) -> Bench {
    bench.commit(opening(&[&talk(1, 1), &talk(2, 1), &talk(3, 1)], vec![])).await;
    write(&mut bench, timers).await;
    bench
}

async fn check(bench: &Bench, limit: usize, expect: &[(i64, u128, &str)]) {
    let timer = |(due, n, key): &(i64, u128, &str)| {
        let key = (*key).to_owned();
        DueTimer { due: at(*due), conversation: id(*n), key, kind: Post::NAME }
    };
    let expect: Vec<_> = expect.iter().map(timer).collect();
    assert_eq!(
        bench.store.timers(&bench.registry, &Slices::ALL, limit).await.expect("the store reads"),
        expect
    );
}

pub(super) async fn a_timer_is_listed_until_it_is_cancelled(bench: Bench) {
    let mut bench = with(bench, vec![(id(1), set("a", 5))]).await;
    check(&bench, 10, &[(5, 1, "a")]).await;
    write(&mut bench, vec![(id(1), cancel("b")), (id(2), cancel("a"))]).await;
    check(&bench, 10, &[(5, 1, "a")]).await;
    write(&mut bench, vec![(id(1), cancel("a"))]).await;
    check(&bench, 10, &[]).await;
}

pub(super) async fn the_earliest_come_first(bench: Bench) {
    let far = 86_400_000 * 365 * 100;
    let timers = vec![
        (id(1), set("c", 5)),
        (id(1), set("d", far)),
        (id(2), set("a", -5)),
        (id(3), set("b", 0)),
        (id(2), set("same", 6)),
        (id(1), set("same", 6)),
    ];
    let expect = [(-5, 2, "a"), (0, 3, "b"), (5, 1, "c"), (6, 1, "same"), (6, 2, "same"), (far, 1, "d")];
    check(&with(bench, timers).await, 10, &expect).await;
}

pub(super) async fn setting_once_leaves_one_that_is_set(bench: Bench) {
    let once = |key: &str, due| TimerChange::SetOnce { key: key.into(), due: at(due) };
    let mut bench =
        with(bench, vec![(id(1), set("a", 5)), (id(1), once("b", 6)), (id(1), once("b", 1))]).await;
    write(&mut bench, vec![(id(1), once("a", 1)), (id(2), once("a", 2))]).await;
    check(&bench, 10, &[(2, 2, "a"), (5, 1, "a"), (6, 1, "b")]).await;
    write(&mut bench, vec![(id(1), cancel("a")), (id(1), once("a", 9)), (id(1), once("a", 8))]).await;
    check(&bench, 10, &[(2, 2, "a"), (6, 1, "b"), (9, 1, "a")]).await;
}

pub(super) async fn setting_again_moves_it(bench: Bench) {
    let mut bench = with(bench, vec![(id(1), set("a", 5)), (id(1), set("b", 6))]).await;
    write(&mut bench, vec![(id(1), set("a", 9))]).await;
    check(&bench, 10, &[(6, 1, "b"), (9, 1, "a")]).await;
    write(&mut bench, vec![(id(1), set("a", 1))]).await;
    check(&bench, 10, &[(1, 1, "a"), (6, 1, "b")]).await;
}

pub(super) async fn changes_of_a_batch_happen_in_order(bench: Bench) {
    let timers = vec![
        (id(1), set("gone", 5)),
        (id(1), cancel("gone")),
        (id(1), cancel("back")),
        (id(1), set("back", 6)),
        (id(1), set("moved", 1)),
        (id(1), set("moved", 7)),
    ];
    check(&with(bench, timers).await, 10, &[(6, 1, "back"), (7, 1, "moved")]).await;
}

pub(super) async fn conversations_keep_their_timers_apart(bench: Bench) {
    let mut bench = with(bench, vec![(id(1), set("a", 5)), (id(2), set("a", 6))]).await;
    write(&mut bench, vec![(id(1), cancel("a"))]).await;
    check(&bench, 10, &[(6, 2, "a")]).await;
}

pub(super) async fn a_list_is_cut_at_its_limit(bench: Bench) {
    let bench = with(bench, vec![(id(1), set("c", 3)), (id(1), set("b", 2)), (id(1), set("a", 1))]).await;
    check(&bench, 2, &[(1, 1, "a"), (2, 1, "b")]).await;
    check(&bench, 0, &[]).await;
}

pub(super) async fn they_outlive_the_store_being_closed(bench: Bench) {
    let mut bench = with(bench, vec![(id(1), set("a", 5)), (id(2), set("b", 6))]).await;
    write(&mut bench, vec![(id(1), cancel("a"))]).await;
    check(&bench.reopen().await, 10, &[(6, 2, "b")]).await;
}
