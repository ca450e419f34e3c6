//! A grace is never over before it has had its whole length since there was some node to come back to.

use std::time::Duration;

use crate::town::{GRACE, Rang, Town, opening};

fn at(seconds: u64) -> jiff::Timestamp {
    opening() + Duration::from_secs(seconds)
}

fn rang(due: i64, at: i64) -> Vec<Rang> {
    vec![Rang { key: "grace".into(), due: due * 1000, at: at * 1000 }]
}

#[tokio::test(start_paused = true)]
async fn a_grace_ends_when_it_is_due_while_some_node_is_there() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    town.pass(GRACE).await;
    let tower = one.set("t", &[("grace", at(30))]).await;
    // One dies and another comes: there is always one.
    let left = one.die().await;
    town.pass(Duration::from_secs(5)).await;
    let three = town.node("three").await;
    town.pass(Duration::from_secs(20)).await;
    let found = two.rung(tower).await;
    assert_eq!((found.len(), found[0].due), (1, 30_000));
    assert!(found[0].at <= 34_000, "{found:?}");
    drop((left, three));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_restarted_gives_the_whole_grace() {
    for alone in [true, false] {
        let town = Town::new();
        let open = async |name| if alone { town.alone(name).await } else { town.node(name).await };
        let one = open("one").await;
        town.pass(Duration::from_secs(20)).await;
        let tower = one.set("t", &[("grace", at(30))]).await;
        drop(one.die().await);
        town.pass(Duration::from_secs(20)).await;
        let two = open("two").await;
        town.pass(GRACE.saturating_sub(Duration::from_secs(1))).await;
        assert_eq!(two.rung(tower).await, [], "alone: {alone}");
        town.pass(Duration::from_secs(4)).await;
        assert_eq!(two.rung(tower).await, rang(55, 55), "alone: {alone}");
    }
}
