//! Who sees what: decided in the core, alike for reads and for followers.

use hearken_core::account::Role;
use hearken_core::actor::Actor;
use hearken_core::event::Audience;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::{At, Follow, Kind as _, NewAccount, NewEvent, ReadError, Reply, Target, UpdateError};

use crate::house::House;
use crate::scene::{Board, Memo, No, Note, id_of, is_idle, next_events, within};

/// Writes on a board for these eyes.
fn write_to(house: &House, who: &Actor, board: ConversationId, audience: Audience) -> Reply<Seq, No> {
    house.core.update(who, At::<Board>::id(board), move |draft| {
        Ok(draft.record(NewEvent::new(Note::Said("for some".into())).to(audience.clone())))
    })
}

/// The places that somebody may see, and the place to go on from.
async fn sees(house: &House, who: &Actor, board: ConversationId) -> (Vec<Seq>, Seq) {
    let (events, upto) = within(house.core.read(who, board, 0, 1000)).await.expect("it can be read");
    (events.iter().map(|event| event.seq).collect(), upto)
}

async fn with_role(house: &House, role: Role) -> Actor {
    house.newcomer(NewAccount { roles: vec![role], ..NewAccount::default() }).await
}

#[tokio::test]
async fn a_member_sees_what_comes_while_he_is_in() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann]).await;
    let write = async || within(house.write(&ann, board, "line")).await.expect("it is saved");
    write().await;
    within(house.join::<Board>(&bob, board)).await.expect("there is room");
    let mut bob_follows = house.follow_mine(&bob).await;
    write().await;
    write().await;
    within(house.leave::<Board>(&bob, board)).await.expect("he was in");
    write().await;
    assert_eq!(sees(&house, &ann, board).await, (vec![1, 2, 3, 4], 4));
    assert_eq!(sees(&house, &bob, board).await, (vec![2, 3], 4));
    assert_eq!(
        next_events(&mut bob_follows, 2).await.iter().map(|event| event.0).collect::<Vec<_>>(),
        [2, 3]
    );
    assert!(is_idle(&mut bob_follows));
    within(house.join::<Board>(&bob, board)).await.expect("there is room");
    write().await;
    assert_eq!(next_events(&mut bob_follows, 1).await[0].0, 5);
}

#[tokio::test]
async fn an_event_is_seen_by_those_it_is_for() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    let agent = with_role(&house, Role::Agent).await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let everybody = [&ann, &bob, &cat, &agent];
    let mut followers = Vec::new();
    for who in everybody {
        let role = Follow::Role(Board::NAME, Role::Agent);
        let own = Follow::Conversation(board, 0);
        let follow = if who.has_role(Role::Agent) { vec![role, own] } else { vec![own] };
        followers.push(house.follow(who, &follow).await);
    }
    let agents = Audience { members: Some(vec![]), roles: vec![Role::Agent], except: vec![] };
    let audiences = [
        Audience::members(),
        Audience::only([id_of(&bob)]),
        Audience::only([id_of(&cat)]),
        Audience::members_except([id_of(&bob)]),
        agents.clone(),
        Audience { members: None, ..agents.clone() },
        Audience { except: vec![id_of(&agent)], ..agents },
    ];
    for audience in audiences {
        within(write_to(&house, &ann, board, audience)).await.expect("it is saved");
    }
    let expect: [&[Seq]; 4] = [&[1, 4, 6], &[1, 2, 6], &[], &[5, 6]];
    for ((who, follower), expect) in everybody.into_iter().zip(&mut followers).zip(expect) {
        assert_eq!(sees(&house, who, board).await, (expect.to_vec(), 7));
        let followed = next_events(follower, expect.len()).await;
        assert_eq!(followed.iter().map(|event| event.0).collect::<Vec<_>>(), expect);
        assert!(is_idle(follower));
    }
    assert_eq!(sees(&house, &Actor::System("test"), board).await, ((1..=7).collect(), 7));
}

#[tokio::test]
async fn a_role_is_followed_by_its_holders() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let refused = house.core.subscribe(&ann, &[Follow::Role(Board::NAME, Role::Agent)]).await;
    assert_eq!(refused.map(drop), Err(ReadError::NotFound));
    let refused = house.core.subscribe(&Actor::System("test"), &[Follow::Mine(&[])]).await;
    assert_eq!(refused.map(drop), Err(ReadError::NotFound));
    assert_eq!(house.core.followers(), 0);
}

#[tokio::test]
async fn a_conversation_is_read_whole_by_those_who_are_or_were_in_it() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    within(house.leave::<Board>(&bob, board)).await.expect("he was in");
    let target = Target::Id(board);
    for who in [&ann, &bob, &Actor::System("test")] {
        let found = within(house.core.conversation(who, &target)).await;
        assert_eq!(found.map(|found| found.identity.id), Ok(board));
    }
    let found = within(house.core.conversation(&cat, &target)).await;
    assert_eq!(found.map(drop), Err(ReadError::NotFound));
}

#[tokio::test]
async fn another_organisations_conversations_do_not_exist() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let away = house.core.add_organisation("away").await.expect("the name is free").id;
    let roles = vec![Role::Admin, Role::Supervisor, Role::Agent];
    let stranger =
        house.newcomer(NewAccount { organisation: Some(away), roles, ..NewAccount::default() }).await;
    let board = house.room::<Board>("board", &[&ann]).await;
    within(house.write(&ann, board, "ours")).await.expect("it is saved");
    // Not even by mistake: somebody seated him here.
    within(house.join::<Board>(&stranger, board)).await.expect("the core seats whom it is told to");
    let agents = Audience { members: None, roles: vec![Role::Agent], except: vec![] };
    let mut follower = house.follow(&stranger, &[Follow::Mine(&[Board::NAME])]).await;
    within(write_to(&house, &ann, board, agents)).await.expect("it is saved");

    assert_eq!(within(house.write(&stranger, board, "theirs")).await, Err(UpdateError::NotFound));
    let by_key = house.core.update(&stranger, At::<Board>::key(house.home, "board"), |_| Ok::<_, No>(()));
    assert_eq!(within(by_key).await, Err(UpdateError::NotFound));
    let found = within(house.core.conversation(&stranger, &Target::Id(board))).await;
    assert_eq!(found.map(drop), Err(ReadError::NotFound));
    assert_eq!(within(house.core.read(&stranger, board, 0, 10)).await.map(drop), Err(ReadError::NotFound));
    let refused = house.core.subscribe(&stranger, &[Follow::Conversation(board, 0)]).await;
    assert_eq!(refused.map(drop), Err(ReadError::NotFound));
    assert!(is_idle(&mut follower));
}

#[tokio::test]
async fn nobody_opens_a_conversation_in_another_organisation() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let away = house.core.add_organisation("away").await.expect("the name is free").id;
    let at = || At::<Board>::key(away, "board").or_open(Memo::default());
    let opened = house.core.update(&ann, at(), |_| Ok::<_, No>(()));
    assert_eq!(within(opened).await, Err(UpdateError::NotFound));
    let opened = house.core.update(&Actor::System("test"), at(), |draft| Ok::<_, No>(draft.is_new()));
    assert_eq!(within(opened).await, Ok(true));
}

#[tokio::test]
async fn a_page_ends_at_a_place_to_go_on_from() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    for n in 0..6 {
        let audience = if n % 2 == 0 { Audience::members() } else { Audience::only([id_of(&ann)]) };
        within(write_to(&house, &ann, board, audience)).await.expect("it is saved");
    }
    let page = async |after, limit, expect: &[Seq], upto: Seq| {
        let (events, next) =
            within(house.core.read(&bob, board, after, limit)).await.expect("it can be read");
        let seqs: Vec<_> = events.iter().map(|event| event.seq).collect();
        assert_eq!((seqs.as_slice(), next), (expect, upto), "after {after}, at most {limit}");
    };
    page(0, 2, &[1], 2).await;
    page(2, 2, &[3], 4).await;
    page(1, 1, &[], 2).await;
    page(4, 10, &[5], 6).await;
    page(6, 10, &[], 6).await;
    // A place past the log stays where it is: what comes there has not been seen.
    page(9, 10, &[], 9).await;
    page(Seq::MAX, 10, &[], Seq::MAX).await;
    page(3, 0, &[], 3).await;
}
