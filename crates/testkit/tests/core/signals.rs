//! Signals: for whoever is there, after what they belong to, and bounded.

use hearken_core::account::Role;
use hearken_core::actor::Actor;
use hearken_core::event::Audience;
use hearken_core::ids::ConversationId;
use hearken_core::memory::MemoryStore;
use hearken_core::{At, Delivery, Ended, Follow, Kind as _, NewAccount, NewEvent, Subscription, UpdateError};
use hearken_testkit::faulty::FaultyStore;

use crate::house::House;
use crate::scene::{Board, Hint, KINDS, No, Note, id_of, is_idle, next_event, within};

/// Sends a signal that may be lost.
async fn typing(house: &House, who: &Actor, board: ConversationId, n: u64) {
    let sent = house.core.update(who, At::<Board>::id(board), move |draft| {
        draft.signal_droppable(Audience::members(), Hint::Typing(n));
        Ok::<_, No>(())
    });
    within(sent).await.expect("it passes");
}

/// Sends one that may not.
async fn echo(house: &House, who: &Actor, board: ConversationId, n: u64, audience: Audience) {
    let sent = house.core.update(who, At::<Board>::id(board), move |draft| {
        draft.signal(audience.clone(), Hint::Echo(n));
        Ok::<_, No>(())
    });
    within(sent).await.expect("it passes");
}

async fn next_hint(follower: &mut Subscription) -> Hint {
    match within(follower.next()).await {
        Delivery::Signal(signal) => signal.body.get::<Hint>().expect("a hint").clone(),
        other => panic!("a signal should come, not {other:?}"),
    }
}

#[tokio::test]
async fn they_reach_who_is_in_and_there_and_nobody_later() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob, &cat]).await;
    within(house.leave::<Board>(&cat, board)).await.expect("he was in");
    let (mut bob_hears, mut cat_hears) = (house.follow_mine(&bob).await, house.follow_mine(&cat).await);
    typing(&house, &ann, board, 1).await;
    let Delivery::Signal(signal) = within(bob_hears.next()).await else { panic!("a signal should come") };
    assert_eq!((signal.author, signal.origin), (ann.account(), ann.sign_in()));
    assert_eq!((signal.conversation.id, signal.at, signal.droppable), (board, house.now(), true));
    assert!(is_idle(&mut cat_hears));
    let mut late = house.follow(&bob, &[Follow::Mine(KINDS), Follow::Conversation(board, 0)]).await;
    assert!(is_idle(&mut late));
    assert_eq!(house.log(board).await, []);
}

#[tokio::test]
async fn they_are_for_their_audience_and_come_once() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let agent = house.newcomer(NewAccount { roles: vec![Role::Agent], ..NewAccount::default() }).await;
    let board = house.room::<Board>("board", &[&ann, &bob, &agent]).await;
    let own = Follow::Conversation(board, 0);
    let mut bob_hears = house.follow(&bob, &[Follow::Mine(KINDS), own, own]).await;
    let role = Follow::Role(Board::NAME, Role::Agent);
    let mut agent_hears = house.follow(&agent, &[Follow::Mine(KINDS), own, role]).await;
    let both = Audience { roles: vec![Role::Agent], ..Audience::members() };
    let agents = Audience { members: Some(vec![]), ..both.clone() };
    let audiences = [both, agents, Audience::only([id_of(&bob)]), Audience::members_except([id_of(&bob)])];
    for (n, audience) in (0..).zip(audiences) {
        echo(&house, &ann, board, n, audience).await;
    }
    for (follower, expect) in [(&mut bob_hears, [0, 2].as_slice()), (&mut agent_hears, &[0, 1, 3])] {
        for n in expect {
            assert_eq!(next_hint(follower).await, Hint::Echo(*n));
        }
        assert!(is_idle(follower));
    }
}

#[tokio::test]
async fn one_that_belongs_to_a_change_comes_after_it() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    let change = || {
        house.core.update(&ann, At::<Board>::id(board), |draft| {
            draft.signal(Audience::members(), Hint::Echo(1));
            draft.record(NewEvent::new(Note::Said("changed".into())));
            Ok::<_, No>(())
        })
    };
    disk.fail_commits(0, 1);
    assert_eq!(within(change()).await, Err(UpdateError::Unavailable));
    assert!(is_idle(&mut follower));
    within(change()).await.expect("it is saved");
    assert_eq!(next_event(&mut follower).await.seq, 1);
    assert_eq!(next_hint(&mut follower).await, Hint::Echo(1));
    assert!(is_idle(&mut follower));
}

#[tokio::test]
async fn those_that_may_be_lost_are_when_nobody_reads() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    for n in 0..300 {
        typing(&house, &ann, board, n).await;
    }
    for n in 0..256 {
        assert_eq!(next_hint(&mut follower).await, Hint::Typing(n));
    }
    assert!(is_idle(&mut follower));
    typing(&house, &ann, board, 300).await;
    assert_eq!(next_hint(&mut follower).await, Hint::Typing(300));
}

#[tokio::test]
async fn one_that_may_not_be_lost_takes_the_place_of_one_that_may() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow_mine(&bob).await;
    echo(&house, &ann, board, 0, Audience::members()).await;
    for n in 1..256 {
        typing(&house, &ann, board, n).await;
    }
    echo(&house, &ann, board, 256, Audience::members()).await;
    assert_eq!(next_hint(&mut follower).await, Hint::Echo(0));
    for n in 2..256 {
        assert_eq!(next_hint(&mut follower).await, Hint::Typing(n));
    }
    assert_eq!(next_hint(&mut follower).await, Hint::Echo(256));
    assert!(is_idle(&mut follower));
}

#[tokio::test]
async fn too_many_that_may_not_be_lost_end_a_follower_who_does_not_read() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let (mut slow, mut quick) = (house.follow_mine(&bob).await, house.follow_mine(&bob).await);
    for n in 0..8193 {
        echo(&house, &ann, board, n, Audience::members()).await;
        assert_eq!(next_hint(&mut quick).await, Hint::Echo(n));
    }
    assert!(matches!(within(slow.next()).await, Delivery::Ended(Ended::TooSlow)));
    assert!(is_idle(&mut quick));
}
