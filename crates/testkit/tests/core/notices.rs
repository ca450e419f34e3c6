//! Notices: kept for one person until they have been handed over, once per person, whether he is in the conversation
//! or not.

use std::sync::Arc;

use hearken_core::actor::{Actor, Person};
use hearken_core::ids::ConversationId;
use hearken_core::memory::MemoryStore;
use hearken_core::{At, Delivery, Follow, Handing, Kind as _, Notice, Reply, Subscription, UpdateError};
use hearken_testkit::faulty::FaultyStore;

use crate::house::House;
use crate::scene::{Board, KINDS, No, Note, Talk, id_of, is_idle, said, tell, within};

fn telling(house: &House, who: &Actor, room: ConversationId, words: &str) -> Reply<(), No> {
    let words = words.to_owned();
    house.core.update(who, At::<Talk>::id(room), move |draft| {
        tell(draft, &words);
        Ok(())
    })
}

async fn told(house: &House, who: &Actor, room: ConversationId, words: &str) {
    within(telling(house, who, room, words)).await.expect("it is saved");
}

fn words(notice: &Notice) -> String {
    match notice.body.get::<Note>() {
        Some(Note::Said(words)) => words.clone(),
        other => panic!("somebody has said something, not {other:?}"),
    }
}

/// The next notice that a follower is shown, if that is what comes next.
fn live(follower: &mut Subscription) -> Option<Arc<Notice>> {
    match follower.try_next() {
        Some(Delivery::Notice(notice)) => Some(notice),
        None => None,
        other => panic!("a notice should come, not {other:?}"),
    }
}

/// The words of what is kept for somebody.
async fn kept(house: &House, who: &Actor) -> Vec<String> {
    let (kept, next) = within(house.core.notices(who, KINDS, 0, 1000)).await.expect("it can be read");
    assert_eq!(next, None);
    kept.iter().map(|notice| words(notice)).collect()
}

/// The same person with another sign-in.
fn elsewhere(house: &House, who: &Actor) -> Actor {
    let Actor::Person(Person { account, .. }) = who else { panic!("a person") };
    house.sign_in(Arc::clone(account))
}

#[tokio::test]
async fn one_is_kept_for_whoever_is_away_until_it_is_handed_over() {
    let house = House::open().await;
    let [ann, bob, cem] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    told(&house, &ann, room, "one").await;
    told(&house, &ann, room, "two").await;
    assert_eq!(kept(&house, &bob).await, ["one", "two"]);
    assert_eq!(kept(&house, &cem).await, Vec::<String>::new(), "it was not for him");
    let house = house.restarted().await;
    let (found, next) = within(house.core.notices(&bob, KINDS, 0, 1)).await.expect("it can be read");
    assert_eq!(next, Some(1), "there may be more");
    assert!(house.core.hand_over(&found[0], Handing::Kept));
    assert_eq!(kept(&house, &bob).await, ["two"], "before it has gone from the store");
    assert!(house.core.settle().await);
    assert_eq!(house.store.notices(id_of(&bob), KINDS, 0, 10).await.expect("the store reads").len(), 1);
    assert!(!house.core.hand_over(&found[0], Handing::Kept), "once per person");
}

#[tokio::test]
async fn it_comes_live_to_every_socket_that_follows_its_kind() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let other = elsewhere(&house, &bob);
    let mut phone = house.follow_mine(&bob).await;
    let mut tablet = house.follow_mine(&other).await;
    let mut elsewhere = house.follow(&bob, &[Follow::Mine(&[Board::NAME])]).await;
    told(&house, &ann, room, "news").await;
    assert!(is_idle(&mut elsewhere));
    for follower in [&mut phone, &mut tablet] {
        let notice = live(follower).expect("it is at hand once the act is answered");
        assert_eq!((words(&notice), notice.conversation.id), ("news".to_owned(), room));
        assert!(house.core.hand_over(&notice, Handing::Live), "every live socket shows it");
    }
    assert_eq!(kept(&house, &bob).await, Vec::<String>::new());
    assert!(house.core.settle().await);
    assert_eq!(house.store.notices(id_of(&bob), KINDS, 0, 10).await.expect("the store reads").len(), 0);
}

#[tokio::test]
async fn whoever_has_been_taken_out_hears_of_it() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    let out = id_of(&bob);
    let removed = house.core.update(&ann, At::<Talk>::id(room), move |draft| {
        draft.leave(out);
        draft.notify(out, Note::Said("you are out".into()));
        draft.record(said(draft, "among us"));
        Ok::<_, No>(())
    });
    within(removed).await.expect("it is saved");
    assert_eq!(live(&mut follower).map(|notice| words(&notice)), Some("you are out".into()));
    assert!(is_idle(&mut follower), "what is said afterwards is not for him");
}

#[tokio::test]
async fn of_ones_own_act_ones_other_sign_ins_hear_and_nothing_is_kept() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let tablet = elsewhere(&house, &ann);
    let (mut acting, mut other) = (house.follow_mine(&ann).await, house.follow_mine(&tablet).await);
    told(&house, &ann, room, "mine").await;
    assert!(is_idle(&mut acting), "the answer has told it");
    let notice = live(&mut other).expect("it comes");
    assert!(house.core.hand_over(&notice, Handing::Live) && house.core.hand_over(&notice, Handing::Live));
    assert_eq!(kept(&house, &ann).await, Vec::<String>::new());
    assert_eq!(house.store.notices(id_of(&ann), KINDS, 0, 10).await.expect("the store reads").len(), 0);
}

#[tokio::test]
async fn a_timer_tells_everybody() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&ann).await;
    let due = house.now();
    within(house.set_timer(board, "tells", due)).await.expect("it is saved");
    match within(follower.next()).await {
        Delivery::Notice(notice) => assert_eq!((words(&notice), notice.at), ("told by a timer".into(), due)),
        other => panic!("first what has changed: {other:?}"),
    }
    assert_eq!(kept(&house, &bob).await, ["told by a timer"]);
}

#[tokio::test]
async fn what_is_not_committed_is_told_to_nobody() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    disk.fail_commits(0, 1);
    assert_eq!(within(telling(&house, &ann, room, "lost")).await, Err(UpdateError::Unavailable));
    let refused = house.core.update(&ann, At::<Talk>::id(room), |draft| {
        tell(draft, "refused");
        Err::<(), No>("no")
    });
    within(refused).await.expect_err("the rule refuses");
    assert!(is_idle(&mut follower));
    assert_eq!(kept(&house, &bob).await, Vec::<String>::new());
    disk.hold_syncs();
    let late = telling(&house, &ann, room, "late");
    within(disk.until_syncing()).await;
    assert!(is_idle(&mut follower), "not before it lasts");
    disk.release_syncs();
    within(late).await.expect("it is saved");
    assert_eq!(live(&mut follower).map(|notice| words(&notice)), Some("late".into()));
}

#[tokio::test]
async fn what_was_handed_over_goes_as_soon_as_the_store_takes_it() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    told(&house, &ann, room, "news").await;
    let notice = live(&mut follower).expect("it comes");
    disk.fail_commits(0, 2);
    assert!(house.core.hand_over(&notice, Handing::Live));
    assert!(house.core.settle().await);
    let in_store =
        async || house.store.notices(id_of(&bob), KINDS, 0, 10).await.expect("the store reads").len();
    assert_eq!(in_store().await, 1, "the commit has failed");
    assert_eq!(kept(&house, &bob).await, Vec::<String>::new(), "and is not shown again for that");
    within(house.say(&ann, room, "hello")).await.expect("it is saved");
    assert_eq!(in_store().await, 0, "it goes with whatever is written next");
}

#[tokio::test]
async fn after_a_crash_it_is_handed_over_again() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    told(&house, &ann, room, "news").await;
    let notice = live(&mut follower).expect("it comes");
    disk.hold_syncs();
    assert!(house.core.hand_over(&notice, Handing::Live));
    within(disk.until_syncing()).await;
    let left = disk.lose_power();
    drop(follower);
    let house = house.after(Arc::new(left)).await;
    assert_eq!(kept(&house, &bob).await, ["news"]);
}

#[tokio::test]
async fn a_follower_who_takes_nothing_finds_the_rest_in_his_list() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    for n in 0..300 {
        told(&house, &ann, room, &n.to_string()).await;
    }
    let mut shown = Vec::new();
    while let Some(notice) = live(&mut follower) {
        assert!(house.core.hand_over(&notice, Handing::Live));
        shown.push(words(&notice));
    }
    let rest = kept(&house, &bob).await;
    assert!(shown.len() < 300 && follower.ended().is_none(), "it is bounded, and costs him nothing");
    shown.extend(rest);
    assert_eq!(shown, (0..300).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn another_organisations_people_are_not_told() {
    let house = House::open().await;
    let ann = house.person().await;
    let away = house.core.add_organisation("away").await.expect("it is made");
    let new = hearken_core::NewAccount { organisation: Some(away.id), ..Default::default() };
    let far = house.newcomer(new).await;
    let room = house.room::<Talk>("room", &[&ann, &far]).await;
    let mut follower = house.follow_mine(&far).await;
    told(&house, &ann, room, "ours").await;
    assert!(is_idle(&mut follower));
    assert_eq!(kept(&house, &far).await, Vec::<String>::new());
}
