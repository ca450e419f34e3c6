//! Following: every event once, in order, with no seam between catching up and being live.

use futures_util::FutureExt as _;
use hearken_core::account::Role;
use hearken_core::actor::Actor;
use hearken_core::event::Audience;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::memory::MemoryStore;
use hearken_core::store::AccountRef;
use hearken_core::{At, Delivery, Ended, Follow, Kind as _, NewAccount, NewEvent, Receipt, Subscription};
use hearken_testkit::faulty::FaultyStore;

use crate::house::House;
use crate::scene::{Board, KINDS, No, Note, Talk, id_of, is_idle, line, next_event, next_events, within};

/// Writes `count` lines on a board, their places as their words.
pub(crate) async fn fill(house: &House, who: &Actor, board: ConversationId, count: usize) {
    let from = house.log(board).await.len() + 1;
    let replies: Vec<_> = (from..from + count).map(|n| house.write(who, board, &n.to_string())).collect();
    for reply in replies {
        within(reply).await.expect("it is saved");
    }
}

/// Whether a follower is shown exactly these places next.
pub(crate) async fn shows(follower: &mut Subscription, seqs: impl IntoIterator<Item = Seq>) {
    for seq in seqs {
        let event = next_event(follower).await;
        assert_eq!((event.seq, crate::scene::words(&event)), line(seq, &seq.to_string()));
    }
    assert!(is_idle(follower));
}

fn ended(delivery: &Delivery) -> Option<Ended> {
    match delivery {
        Delivery::Ended(why) => Some(*why),
        _ => None,
    }
}

#[tokio::test]
async fn events_come_live_and_in_order() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    fill(&house, &ann, board, 3).await;
    shows(&mut follower, 1..=3).await;
    fill(&house, &ann, board, 1).await;
    shows(&mut follower, [4]).await;
}

#[tokio::test]
async fn a_waiting_follower_is_woken() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    let waiting = tokio::spawn(async move {
        let first = next_event(&mut follower).await.seq;
        (first, next_event(&mut follower).await.seq)
    });
    fill(&house, &ann, board, 2).await;
    assert_eq!(within(waiting).await.ok(), Some((1, 2)));
}

#[tokio::test]
async fn one_catches_up_from_any_place_and_goes_on_live() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    fill(&house, &ann, board, 130).await;
    for after in [0, 1, 49, 50, 51, 100, 129, 130] {
        let last = house.log(board).await.len() as Seq;
        let mut follower = house.follow(&bob, &[Follow::Conversation(board, after)]).await;
        // Some of what is new comes before the first look, some in the middle, some after.
        fill(&house, &ann, board, 2).await;
        let events = next_events(&mut follower, 1).await;
        assert_eq!(events[0].0, after + 1);
        fill(&house, &ann, board, 2).await;
        shows(&mut follower, after + 2..=last + 4).await;
        fill(&house, &ann, board, 1).await;
        shows(&mut follower, [last + 5]).await;
    }
}

#[tokio::test]
async fn a_place_past_the_log_is_followed_from_the_end() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    fill(&house, &ann, board, 3).await;
    for after in [3, 4, Seq::MAX] {
        let mut follower = house.follow(&bob, &[Follow::Conversation(board, after)]).await;
        assert!(is_idle(&mut follower));
        assert!(follower.next().now_or_never().is_none());
    }
}

#[tokio::test]
async fn one_who_falls_behind_reads_on_from_the_store() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    fill(&house, &ann, board, 100).await;
    assert_eq!(next_events(&mut follower, 10).await.last(), Some(&line(10, "10")));
    fill(&house, &ann, board, 1500).await;
    assert_eq!(next_events(&mut follower, 500).await.last(), Some(&line(510, "510")));
    fill(&house, &ann, board, 700).await;
    shows(&mut follower, 511..=2300).await;
}

#[tokio::test]
async fn large_events_fall_off_the_tail_and_are_not_lost() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    let long = "x".repeat(8 << 10);
    for _ in 0..100 {
        within(house.write(&ann, board, &long)).await.expect("it is saved");
    }
    let events = next_events(&mut follower, 100).await;
    assert!(events.iter().zip(1..).all(|(event, seq)| *event == line(seq, &long)));
    assert!(is_idle(&mut follower));
}

#[tokio::test]
async fn who_follows_in_several_ways_is_shown_each_event_once() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let bob = house.newcomer(NewAccount { roles: vec![Role::Agent], ..NewAccount::default() }).await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    fill(&house, &ann, board, 3).await;
    let own = Follow::Conversation(board, 1);
    let ways = [Follow::Mine(KINDS), own, Follow::Role(Board::NAME, Role::Agent), own];
    let mut follower = house.follow(&bob, &ways).await;
    let audience = Audience { roles: vec![Role::Agent], ..Audience::members() };
    let both = house.core.update(&ann, At::<Board>::id(board), move |draft| {
        Ok::<_, No>(draft.record(NewEvent::new(Note::Said("4".into())).to(audience.clone())))
    });
    assert_eq!(within(both).await, Ok(4));
    shows(&mut follower, 2..=4).await;
    fill(&house, &ann, board, 2).await;
    shows(&mut follower, 5..=6).await;
}

#[tokio::test]
async fn conversations_born_later_are_followed_too() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let mut follower = house.follow(&bob, &[Follow::Mine(&[Talk::NAME])]).await;
    let talk = house.room::<Talk>("talk", &[&ann, &bob]).await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let without = house.room::<Talk>("without", &[&ann]).await;
    fill(&house, &ann, board, 1).await;
    within(house.say(&ann, without, "not for bob")).await.expect("it is saved");
    within(house.say(&ann, talk, "hello")).await.expect("it is saved");
    let event = next_event(&mut follower).await;
    assert_eq!((event.conversation.id, event.seq), (talk, 1));
    assert!(is_idle(&mut follower));
}

#[tokio::test]
async fn what_is_taken_back_reaches_nobody_who_has_not_passed_it() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let talk = house.room::<Talk>("talk", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    for words in ["1", "2", "3"] {
        within(house.say(&ann, talk, words)).await.expect("it is saved");
    }
    assert_eq!(next_events(&mut follower, 1).await, [line(1, "1")]);
    within(house.withdraw::<Talk>(&ann, talk, 2)).await.expect("it can be taken back");
    shows(&mut follower, [3]).await;
    let mut later = house.follow(&bob, &[Follow::Conversation(talk, 0)]).await;
    assert_eq!(next_events(&mut later, 3).await, [line(1, "1"), (2, None), line(3, "3")]);
}

#[tokio::test]
async fn a_receipt_by_one_device_takes_nothing_from_another() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let talk = house.room::<Talk>("talk", &[&ann, &bob]).await;
    let mut phone = house.follow_mine(&bob).await;
    let mut tablet = house.follow_mine(&bob).await;
    within(house.say(&ann, talk, "1")).await.expect("it is saved");
    shows(&mut phone, [1]).await;
    assert_eq!(within(house.receive(&bob, talk, 1)).await, Ok(Receipt::Taken));
    assert_eq!(house.log(talk).await, [(1, None)]);
    shows(&mut tablet, [1]).await;
}

#[tokio::test]
async fn giving_up_a_wait_loses_nothing() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    fill(&house, &ann, board, 3).await;
    let mut follower = house.follow(&bob, &[Follow::Conversation(board, 0)]).await;
    disk.hold_reads();
    for _ in 0..3 {
        assert!(follower.next().now_or_never().is_none(), "the store does not answer yet");
    }
    disk.release_reads();
    shows(&mut follower, 1..=3).await;
    assert!(follower.next().now_or_never().is_none());
    fill(&house, &ann, board, 1).await;
    shows(&mut follower, [4]).await;
}

#[tokio::test]
async fn a_disabled_account_follows_nothing() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let (mut here, mut there) = (house.follow_mine(&bob).await, house.follow_mine(&bob).await);
    let mut ann_follows = house.follow_mine(&ann).await;
    within(house.core.set_disabled(id_of(&bob), true)).await.expect("there is such an account");
    for follower in [&mut here, &mut there] {
        assert_eq!(ended(&within(follower.next()).await), Some(Ended::SignedOut));
        assert_eq!(ended(&within(follower.next()).await), Some(Ended::SignedOut));
    }
    // A sign-in from before, which nobody has looked at again.
    let mut late = house.follow_mine(&bob).await;
    assert_eq!(ended(&within(late.next()).await), Some(Ended::SignedOut));
    assert!(is_idle(&mut ann_follows));
    within(house.core.set_disabled(id_of(&bob), false)).await.expect("there is such an account");
    let account = within(house.core.account(&AccountRef::Id(id_of(&bob)))).await.expect("the store reads");
    let again = house.sign_in(account.expect("he is still there"));
    let mut again = house.follow_mine(&again).await;
    assert!(is_idle(&mut again));
}

#[tokio::test]
async fn the_end_is_told_to_all() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let mut followers = [house.follow_mine(&ann).await, house.follow_mine(&bob).await];
    assert_eq!(house.core.followers(), 2);
    house.core.end_subscriptions();
    for follower in &mut followers {
        assert_eq!(ended(&within(follower.next()).await), Some(Ended::ShuttingDown));
    }
    // One whose socket was being opened meanwhile.
    let mut late = house.follow_mine(&ann).await;
    assert_eq!(ended(&within(late.next()).await), Some(Ended::ShuttingDown));
    drop((followers, late));
    assert_eq!(house.core.followers(), 0);
}

#[tokio::test]
async fn news_in_too_many_places_end_a_follower_who_does_not_read() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let mut slow = house.follow_mine(&bob).await;
    let mut quick = house.follow_mine(&bob).await;
    for n in 0..=4096 {
        let at = At::<Board>::key(house.home, n.to_string()).or_open(crate::scene::Memo::default());
        let people = [id_of(&ann), id_of(&bob)];
        let opened = house.core.update(&ann, at, move |draft| {
            for person in people {
                draft.join(person, "member");
            }
            Ok::<_, No>(draft.record(NewEvent::new(Note::Said("1".into()))))
        });
        within(opened).await.expect("it is saved");
        shows(&mut quick, [1]).await;
    }
    assert_eq!(ended(&within(slow.next()).await), Some(Ended::TooSlow));
}

#[tokio::test]
async fn a_role_is_shown_what_is_for_it_in_every_room_of_a_kind() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let agent = house.newcomer(NewAccount { roles: vec![Role::Agent], ..NewAccount::default() }).await;
    let mut follower = house.follow(&agent, &[Follow::Role(Board::NAME, Role::Agent)]).await;
    let for_role = |role| Audience { members: Some(vec![]), roles: vec![role], except: vec![] };
    let mut expect = Vec::new();
    for key in ["one", "two"] {
        let board = house.room::<Board>(key, &[&ann]).await;
        for audience in [for_role(Role::Agent), for_role(Role::Supervisor), Audience::members()] {
            let written = house.core.update(&ann, At::<Board>::id(board), move |draft| {
                Ok::<_, No>(draft.record(NewEvent::new(Note::Said(String::new())).to(audience.clone())))
            });
            within(written).await.expect("it is saved");
        }
        expect.push((board, 1));
    }
    for (board, seq) in expect {
        let event = next_event(&mut follower).await;
        assert_eq!((event.conversation.id, event.seq), (board, seq));
    }
    assert!(is_idle(&mut follower));
}
