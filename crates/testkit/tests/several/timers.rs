//! Timers of several nodes: each effect once, at its time, by whoever's it is; by another where that one does not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hearken_core::ids::ConversationId;
use hearken_core::node::Slices;
use jiff::Timestamp;

use crate::town::{Node, Town, opening};

fn at(seconds: u64) -> Timestamp {
    opening() + Duration::from_secs(seconds)
}

/// Towers with one timer each, set at one node.
async fn towers(node: &Node, count: usize, due: Timestamp) -> Vec<ConversationId> {
    let mut towers = Vec::with_capacity(count);
    for n in 0..count {
        towers.push(node.set(&format!("t{n}"), &[("bell", due)]).await);
    }
    towers
}

/// How late each has rung, in milliseconds; each once.
async fn lateness(node: &Node, towers: &[ConversationId]) -> Vec<i64> {
    let mut late = Vec::with_capacity(towers.len());
    for tower in towers {
        let rung = node.rung(*tower).await;
        assert_eq!(rung.len(), 1, "{rung:?}");
        late.push(rung[0].at - rung[0].due);
    }
    late
}

#[tokio::test(start_paused = true)]
async fn each_fires_its_own_in_time() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    town.pass(Duration::from_secs(4)).await;
    let towers = towers(&one, 200, at(30)).await;
    let slices: std::collections::BTreeSet<_> = towers.iter().map(|tower| Slices::of(*tower)).collect();
    assert!(slices.len() > 100, "they lie in many slices");
    town.pass(Duration::from_secs(20)).await;
    let before = [one.rules(), two.rules()];
    town.pass(Duration::from_secs(10)).await;
    let fired = [one.rules() - before[0], two.rules() - before[1]];
    assert_eq!(lateness(&two, &towers).await, [0; 200]);
    assert_eq!(fired.iter().sum::<u64>(), 200, "nothing is done twice: {fired:?}");
    assert!(fired.iter().all(|fired| *fired > 50), "both have work: {fired:?}");
    assert_eq!(town.timers().await, 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_due_before_others_can_know_is_fired_where_it_was_set() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    town.pass(Duration::from_secs(10)).await;
    let towers = towers(&one, 100, at(11)).await;
    town.pass(Duration::from_secs(1)).await;
    assert_eq!(lateness(&two, &towers).await, [0; 100]);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_cancelled_or_moved_at_another_node_never_fires_as_it_was() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let towers = towers(&one, 100, at(20)).await;
    town.pass(Duration::from_secs(15)).await;
    for (n, tower) in towers.iter().enumerate() {
        if n % 2 == 0 {
            two.cancel(*tower, "bell").await;
        } else {
            two.set(&format!("t{n}"), &[("bell", at(40))]).await;
        }
    }
    town.pass(Duration::from_secs(15)).await;
    for tower in &towers {
        assert_eq!(one.rung(*tower).await, []);
    }
    town.pass(Duration::from_secs(20)).await;
    for (n, tower) in towers.iter().enumerate() {
        let rung = one.rung(*tower).await;
        assert_eq!(rung.iter().map(|rung| rung.due).collect::<Vec<_>>(), vec![40_000; n % 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_nodes_timers_are_fired_by_another() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    town.pass(Duration::from_secs(4)).await;
    let early = towers(&one, 100, at(20)).await;
    let late = one.set("late", &[("bell", at(60)), ("other", at(60))]).await;
    town.pass(Duration::from_secs(12)).await;
    let left = two.die().await;
    // Its lease holds, and nobody knows yet.
    town.pass(Duration::from_secs(8)).await;
    assert_eq!(one.core.live_nodes(), 2);
    let lateness = {
        town.pass(Duration::from_secs(5)).await;
        lateness(&one, &early).await
    };
    println!("the latest of a dead node's timers is {:?} ms late", lateness.iter().max());
    assert!(lateness.iter().all(|late| *late <= 4_000), "{lateness:?}");
    assert!(lateness.iter().any(|late| *late > 0) && lateness.contains(&0), "some were the dead one's");
    town.pass(Duration::from_secs(40)).await;
    assert_eq!(one.core.live_nodes(), 1);
    assert_eq!(one.rung(late).await.iter().map(|rung| rung.at - rung.due).collect::<Vec<_>>(), [0, 0]);
    drop(left);
}

#[tokio::test(start_paused = true)]
async fn a_heap_that_is_due_at_once_is_shared_and_hardly_done_twice() {
    let soak = std::env::var_os("HEARKEN_SOAK").is_some();
    let (count, each) = if soak { (1000, 100) } else { (250, 80) };
    let total = count * each;
    let town = Town::new();
    let one = town.alone("one").await;
    let names: Vec<_> = (0..each).map(|n| format!("{n:03}")).collect();
    let timers: Vec<_> = names.iter().map(|name| (name.as_str(), at(60))).collect();
    let mut towers = Vec::new();
    for n in 0..count {
        towers.push(one.set(&format!("t{n}"), &timers).await);
    }
    one.stop().await;
    let (one, two) = (town.node("one").await, town.node("two").await);
    town.pass(Duration::from_secs(10)).await;
    let before = [one.rules(), two.rules()];
    town.clock.set(at(60));
    while town.timers().await > 0 {
        tokio::task::yield_now().await;
    }
    town.pass(Duration::from_secs(1)).await;
    let fired = [one.rules() - before[0], two.rules() - before[1]];
    println!("{total} timers: {fired:?} rules ran at the two nodes");
    for tower in &towers {
        let rung = one.rung(*tower).await;
        let keys: Vec<_> = rung.iter().map(|rung| rung.key.clone()).collect();
        assert_eq!(keys, names, "each once, in order");
    }
    let most = (total + total / 100) as u64;
    assert!(fired.iter().sum::<u64>() <= most, "{fired:?}");
    assert!(fired.iter().all(|fired| *fired > total as u64 / 4), "{fired:?}");
    let races: u64 =
        [&one, &two].map(|node| node.core.commit_stats().races.load(Ordering::Relaxed)).iter().sum();
    println!("{races} races");
}
