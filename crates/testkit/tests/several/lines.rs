//! Connections, and who is the last to go.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hearken_core::node::{Parting, Standing, Whose};

use crate::town::{LINE, Town, id_of};

const A_BEAT: Duration = Duration::from_secs(3);
const SOON: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn several_connections_of_one_person_are_one_line() {
    let town = Town::new();
    let one = town.node("one").await;
    let ann = id_of(&one.person().await);
    let (phone, tablet) = (one.core.connect(ann, LINE), one.core.connect(ann, LINE));
    town.pass(A_BEAT).await;
    assert_eq!(town.nodes.rows(), (1, 1));
    drop(phone);
    town.pass(A_BEAT).await;
    assert_eq!(town.take_seen(), []);
    tablet.close(Parting::Left);
    town.pass(A_BEAT).await;
    assert_eq!(town.take_seen(), [("one", Whose::One(ann), Parting::Left, 0)]);
    assert_eq!(town.nodes.rows(), (0, 1));
    one.stop().await;
    assert_eq!(town.nodes.rows(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_last_at_the_last_node_is_the_last() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let [ann, bob] = [id_of(&one.person().await), id_of(&one.person().await)];
    let (here, there) = (one.core.connect(ann, LINE), two.core.connect(ann, LINE));
    let other = one.core.connect(bob, LINE);
    town.pass(A_BEAT).await;
    let standing = two.core.connected(LINE, &[bob, ann]).await;
    assert_eq!(standing, Ok(vec![Standing::Open, Standing::Open]));
    drop(here);
    town.pass(A_BEAT).await;
    assert_eq!(town.take_seen(), []);
    drop(there);
    town.pass(A_BEAT).await;
    assert_eq!(town.take_seen(), [("two", Whose::One(ann), Parting::Lost, 0)]);
    let standing = two.core.connected(LINE, &[ann, bob]).await;
    assert_eq!(standing, Ok(vec![Standing::Away, Standing::Open]));
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_dies_has_lost_its_lines_within_twenty_seconds() {
    let town = Town::new();
    let (one, two, three) = (town.node("one").await, town.node("two").await, town.node("three").await);
    let mut people = Vec::new();
    for _ in 0..50 {
        people.push(id_of(&one.person().await));
    }
    let held: Vec<_> = people.iter().map(|person| one.core.connect(*person, LINE)).collect();
    // The first is with another node too.
    let elsewhere = two.core.connect(people[0], LINE);
    town.pass(A_BEAT).await;
    let left = one.die().await;
    let took = town.pass_until(SOON, || town.seen.lock().len() == 49).await;
    println!("lost lines were seen to {took:?} after the death");
    town.pass(SOON).await;
    let mut seen = town.take_seen();
    seen.sort_by_key(|(_, whose, ..)| format!("{whose:?}"));
    let who: Vec<_> = seen.iter().map(|(_, whose, ..)| *whose).collect();
    let mut expect: Vec<_> = people[1..].iter().map(|person| Whose::One(*person)).collect();
    expect.sort_by_key(|whose| format!("{whose:?}"));
    assert_eq!(who, expect, "each once");
    assert!(seen.iter().all(|(node, _, parting, ago)| {
        *node != "one" && *parting == Parting::Lost && (7..=14).contains(ago)
    }));
    // What the dead one still holds says nothing more.
    drop(held);
    drop(left);
    town.pass(SOON).await;
    assert_eq!(town.take_seen(), []);
    assert_eq!(town.nodes.rows(), (1, 2));
    drop((elsewhere, three));
}

#[tokio::test(start_paused = true)]
async fn who_is_back_elsewhere_before_that_has_lost_nothing() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let ann = id_of(&one.person().await);
    let held = one.core.connect(ann, LINE);
    town.pass(A_BEAT).await;
    let left = one.die().await;
    town.pass(Duration::from_secs(2)).await;
    let back = two.core.connect(ann, LINE);
    town.pass(SOON).await;
    assert_eq!(town.take_seen(), []);
    drop(back);
    town.pass(A_BEAT).await;
    assert_eq!(town.take_seen(), [("two", Whose::One(ann), Parting::Lost, 0)]);
    drop((held, left));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_stops_hands_its_lines_over_at_once() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let [ann, bob] = [id_of(&one.person().await), id_of(&one.person().await)];
    let (gone, held) = (one.core.connect(ann, LINE), one.core.connect(bob, LINE));
    town.pass(A_BEAT).await;
    // What ends with the stop is seen to before it is over; what is held beyond it, by the next.
    drop(gone);
    one.stop().await;
    assert_eq!(town.take_seen(), [("one", Whose::One(ann), Parting::Lost, 0)]);
    town.pass(A_BEAT).await;
    town.pass(A_BEAT).await;
    let seen = town.take_seen();
    assert_eq!(
        seen.iter().map(|(node, whose, ..)| (*node, *whose)).collect::<Vec<_>>(),
        [("two", Whose::One(bob))]
    );
    drop((held, two));
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_done_again_and_then_not() {
    let town = Town::new();
    let one = town.node("one").await;
    let ann = id_of(&one.person().await);
    town.failures.store(2, Ordering::Release);
    drop(one.core.connect(ann, LINE));
    town.pass(Duration::from_secs(1)).await;
    assert_eq!(town.take_seen(), []);
    let standing = one.core.connected(LINE, &[ann]).await;
    assert_eq!(standing, Ok(vec![Standing::Going]));
    town.pass(SOON).await;
    let seen = town.take_seen();
    assert_eq!(seen.iter().map(|(_, whose, ..)| *whose).collect::<Vec<_>>(), [Whose::One(ann)]);
    assert_eq!(town.nodes.rows(), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_for_a_while_is_told_later() {
    let town = Town::new();
    let one = town.node("one").await;
    let mut people = Vec::new();
    for _ in 0..600 {
        people.push(id_of(&one.person().await));
    }
    let mut held: Vec<_> = people.iter().map(|person| one.core.connect(*person, LINE)).collect();
    town.pass(A_BEAT).await;
    one.way_in.cut(true);
    held.truncate(300);
    let ann = id_of(&one.person().await);
    held.push(one.core.connect(ann, LINE));
    // Gone and back before anybody could be told.
    drop(held.remove(0));
    held.push(one.core.connect(people[0], LINE));
    town.pass(Duration::from_secs(5)).await;
    assert_eq!(town.take_seen(), []);
    one.way_in.cut(false);
    town.pass(A_BEAT).await;
    assert_eq!(town.take_seen().len(), 300);
    assert_eq!(town.nodes.rows(), (301, 1));
}

#[tokio::test]
async fn a_server_alone_sees_to_it_itself_and_writes_nothing() {
    let town = Town::new();
    let one = town.alone("one").await;
    assert_eq!(town.take_seen(), [("one", Whose::Everybody, Parting::Lost, 0)]);
    let ann = id_of(&one.person().await);
    let (phone, tablet) = (one.core.connect(ann, LINE), one.core.connect(ann, LINE));
    assert_eq!(one.core.connected(LINE, &[ann]).await, Ok(vec![Standing::Open]));
    phone.close(Parting::Left);
    assert_eq!(town.take_seen(), []);
    drop(tablet);
    assert_eq!(town.take_seen(), [("one", Whose::One(ann), Parting::Lost, 0)]);
    assert_eq!(one.core.connected(LINE, &[ann]).await, Ok(vec![Standing::Away]));
    assert_eq!(town.nodes.rows(), (0, 0));
    one.stop().await;
}
