//! Timers that look at what waits, and timers that are set once.

use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::ids::ConversationId;
use hearken_core::node::Slices;
use hearken_core::{At, Receipt, Reply};
use jiff::Timestamp;

use crate::house::{House, registry};
use crate::scene::{No, Talk, next_event, within, words};

const MINUTE: Duration = Duration::from_mins(1);

fn set(house: &House, room: ConversationId, due: Timestamp, once: bool) -> Reply<(), No> {
    house.core.update(&Actor::System("test"), At::<Talk>::id(room), move |draft| {
        if once {
            draft.set_timer_once("expires", due);
        } else {
            draft.set_timer("expires", due);
        }
        Ok(())
    })
}

async fn said(house: &House, who: &Actor, room: ConversationId, lines: &[&str]) {
    for words in lines {
        within(house.say(who, room, words)).await.expect("it is saved");
    }
}

#[tokio::test]
async fn a_firing_takes_the_oldest_with_their_words_and_comes_again_for_the_rest() {
    let house = House::open().await;
    let [ann, bob, cem] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob, &cem]).await;
    said(&house, &ann, room, &["1", "2", "3", "4", "5"]).await;
    for who in [&bob, &cem] {
        assert_eq!(within(house.receive(who, room, 2)).await, Ok(Receipt::Taken));
    }
    assert_eq!(within(house.receive(&bob, room, 3)).await, Ok(Receipt::Taken), "one is enough to wait for");
    // What is at hand is forgotten: the firing has to read it.
    let house = house.restarted().await;
    let mut follower = house.follow_mine(&ann).await;
    within(set(&house, room, house.now(), false)).await.expect("it is saved");
    let first = next_event(&mut follower).await;
    assert_eq!(words(&first), Some("expired: 1+3+4".into()));
    let second = next_event(&mut follower).await;
    assert_eq!(words(&second), Some("expired: 5".into()));
    assert!(house.log(room).await[..5].iter().all(|(_, words)| words.is_none()));
    assert_eq!(within(house.receive(&cem, room, 1)).await, Ok(Receipt::Repeated), "it waits no more");
}

#[tokio::test]
async fn what_is_at_hand_and_changed_meanwhile_counts() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    said(&house, &ann, room, &["1", "2"]).await;
    assert_eq!(within(house.receive(&bob, room, 1)).await, Ok(Receipt::Taken));
    let mut follower = house.follow_mine(&ann).await;
    within(set(&house, room, house.now(), false)).await.expect("it is saved");
    assert_eq!(words(&*next_event(&mut follower).await), Some("expired: 2".into()));
}

#[tokio::test]
async fn one_that_is_set_once_stays_where_it_was_set_first() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let start = house.now();
    let mut follower = house.follow_mine(&ann).await;
    // All in one batch, and then another.
    let replies = [MINUTE * 2, MINUTE, MINUTE * 3].map(|after| set(&house, room, start + after, true));
    for reply in replies {
        within(reply).await.expect("it is saved");
    }
    within(set(&house, room, start + MINUTE, true)).await.expect("it is saved");
    said(&house, &bob, room, &["1"]).await;
    assert_eq!(words(&*next_event(&mut follower).await), Some("1".into()));
    let check = async |house: &House, expect: &[Timestamp]| {
        let timers = house.store.timers(&registry(), &Slices::ALL, 10).await.expect("the store reads");
        assert_eq!(timers.iter().map(|timer| timer.due).collect::<Vec<_>>(), expect);
    };
    check(&house, &[start + MINUTE * 2]).await;
    house.clock.advance(MINUTE * 2);
    let fired = next_event(&mut follower).await;
    assert_eq!((words(&fired), fired.at), (Some("expired: 1".into()), start + MINUTE * 2));
    check(&house, &[]).await;
    // Fired, it can be set again.
    within(set(&house, room, start + MINUTE * 5, true)).await.expect("it is saved");
    within(set(&house, room, start + MINUTE * 4, true)).await.expect("it is saved");
    check(&house, &[start + MINUTE * 5]).await;
    house.clock.advance(MINUTE * 3);
    let fired = next_event(&mut follower).await;
    assert_eq!((words(&fired), fired.at), (Some("expired: ".into()), start + MINUTE * 5));
}
