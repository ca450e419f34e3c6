//! Emptying a log: nothing of it is read, shown or waits any more, and its names are still known.

use hearken_core::ids::ConversationId;
use hearken_core::{At, Receipt, Reply};

use crate::house::House;
use crate::scene::{KINDS, No, Talk, is_idle, line, next_events, said, within};

fn empty(house: &House, who: &hearken_core::actor::Actor, room: ConversationId) -> Reply<(), No> {
    house.core.update(who, At::<Talk>::id(room), |draft| {
        draft.clear_log();
        Ok(())
    })
}

#[tokio::test]
async fn nothing_waits_or_is_read_any_more_and_names_are_known() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    assert_eq!(within(house.say_once(&ann, room, "a name", "one")).await, Ok(1));
    within(house.say(&ann, room, "two")).await.expect("it is saved");
    within(empty(&house, &ann, room)).await.expect("it is saved");
    let check = async |house: &House, log: &[(u64, Option<String>)]| {
        assert_eq!(house.log(room).await, log);
        let mut inbox = within(house.core.inbox(&bob, KINDS)).await.expect("it can be read");
        let (waiting, _) = within(inbox.page(10)).await.expect("it can be read");
        assert_eq!(waiting.len(), log.iter().filter(|(_, words)| words.is_some()).count());
    };
    check(&house, &[(1, None), (2, None)]).await;
    assert_eq!(within(house.receive(&bob, room, 2)).await, Ok(Receipt::Repeated), "it waits no more");
    assert_eq!(within(house.say_once(&ann, room, "a name", "one")).await, Ok(1), "a repeat is known");
    within(house.say(&ann, room, "three")).await.expect("it is saved");
    let house = house.restarted().await;
    check(&house, &[(1, None), (2, None), line(3, "three")]).await;
    assert_eq!(within(house.receive(&bob, room, 1)).await, Ok(Receipt::Repeated));
    assert_eq!(within(house.receive(&bob, room, 3)).await, Ok(Receipt::Taken));
}

#[tokio::test]
async fn a_follower_is_not_shown_what_he_had_not_passed() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    within(house.say(&ann, room, "one")).await.expect("it is saved");
    assert_eq!(next_events(&mut follower, 1).await, [line(1, "one")]);
    // All of these are queued before any is committed: one batch.
    let replies = [house.say(&ann, room, "two"), house.say(&ann, room, "three")];
    let emptied = empty(&house, &ann, room);
    let last = house.say(&ann, room, "four");
    within(emptied).await.expect("it is saved");
    for reply in replies.into_iter().chain([last]) {
        within(reply).await.expect("it is saved");
    }
    assert_eq!(next_events(&mut follower, 1).await, [line(4, "four")]);
    assert!(is_idle(&mut follower));
    assert_eq!(house.pending(room).await.last(), Some(&(4, Some(vec![1]))));
}

#[tokio::test]
async fn what_the_same_rule_records_before_it_goes_and_what_comes_after_stays() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let done = house.core.update(&ann, At::<Talk>::id(room), |draft| {
        draft.record(said(draft, "before"));
        draft.clear_log();
        draft.record(said(draft, "after"));
        Ok::<_, No>(())
    });
    within(done).await.expect("it is saved");
    assert_eq!(house.log(room).await, [(1, None), line(2, "after")]);
}
