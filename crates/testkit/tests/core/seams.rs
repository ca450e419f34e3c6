//! The seams of following: where catching up meets being live, and one way of following another.

use futures_util::FutureExt as _;
use hearken_core::event::Audience;
use hearken_core::ids::Seq;
use hearken_core::memory::MemoryStore;
use hearken_core::{At, Delivery, Follow, Kind as _, NewEvent};
use hearken_testkit::faulty::FaultyStore;

use crate::follow::{fill, shows};
use crate::house::House;
use crate::scene::{Board, KINDS, No, Note, Talk, id_of, is_idle, line, next_event, next_events, within};

#[tokio::test]
async fn what_was_for_one_who_came_later_is_not_passed_over() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    // Ann follows and does not read, so the end of the log stays in memory.
    let mut ann_follows = house.follow_mine(&ann).await;
    fill(&house, &ann, board, 1).await;
    let only_bob = Audience::only([id_of(&bob)]);
    let whisper = house.core.update(&ann, At::<Board>::id(board), move |draft| {
        Ok::<_, No>(draft.record(NewEvent::new(Note::Said("2".into())).to(only_bob.clone())))
    });
    assert_eq!(within(whisper).await, Ok(2));
    let mut bob_follows = house.follow(&bob, &[Follow::Conversation(board, 0)]).await;
    fill(&house, &ann, board, 1).await;
    shows(&mut bob_follows, 1..=3).await;
    let seqs = next_events(&mut ann_follows, 2).await;
    assert_eq!(seqs, [line(1, "1"), line(3, "3")]);
    assert!(is_idle(&mut ann_follows));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_fast_one_reads_each_event_comes_once() {
    const COUNT: Seq = 20_000;
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let mut follower = house.follow(&bob, &[Follow::Mine(KINDS), Follow::Conversation(board, 0)]).await;
    // It looks again and again, so that it also looks between two steps of whoever tells it.
    let reading = std::thread::spawn(move || {
        let mut seqs = Vec::new();
        while seqs.last() != Some(&COUNT) {
            match follower.try_next() {
                Some(Delivery::Event(event)) => seqs.push(event.seq),
                Some(other) => panic!("an event should come, not {other:?}"),
                None => follower.next().now_or_never().into_iter().for_each(|delivery| match delivery {
                    Delivery::Event(event) => seqs.push(event.seq),
                    other => panic!("an event should come, not {other:?}"),
                }),
            }
        }
        seqs
    });
    for _ in 0..COUNT / 100 {
        let replies: Vec<_> = (0..100).map(|_| house.write(&ann, board, "")).collect();
        for reply in replies {
            within(reply).await.expect("it is saved");
        }
    }
    let seqs =
        tokio::task::spawn_blocking(|| reading.join()).await.expect("it ends").expect("nothing else came");
    assert!(seqs.iter().copied().eq(1..=COUNT), "{:?}", seqs.windows(2).find(|pair| pair[1] != pair[0] + 1));
}

#[tokio::test]
async fn following_begins_anywhere_between_a_sync_and_its_announcement() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    disk.hold_answers();
    let first = house.write(&ann, board, "1");
    within(disk.until_answering()).await;
    let mut follower = house.follow(&bob, &[Follow::Mine(KINDS), Follow::Conversation(board, 0)]).await;
    assert_eq!(next_events(&mut follower, 1).await, [line(1, "1")]);
    disk.release_answers();
    assert_eq!(within(first).await, Ok(1));
    assert!(is_idle(&mut follower), "it has been shown already");
    fill(&house, &ann, board, 1).await;
    shows(&mut follower, [2]).await;
}

#[tokio::test]
async fn what_is_announced_while_following_begins_comes_once_and_from_the_place() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    fill(&house, &ann, board, 3).await;
    for (after, expect) in [(0, 1), (2, 3), (4, 5), (7, 8), (9, 9), (Seq::MAX, 11)] {
        let last = house.log(board).await.len() as Seq;
        disk.hold_reads();
        let (core, who) = (house.core.clone(), bob.clone());
        let own = [Follow::Mine(KINDS), Follow::Conversation(board, after)];
        let following = tokio::spawn(async move { core.subscribe(&who, &own).await });
        within(disk.until_reading()).await;
        within(house.write(&ann, board, &(last + 1).to_string())).await.expect("it is saved");
        disk.release_reads();
        let mut follower = within(following).await.expect("it ends").expect("people can follow");
        shows(&mut follower, expect..=last + 1).await;
    }
}

#[tokio::test]
async fn kinds_asked_for_one_by_one_are_all_followed() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let ways = [Follow::Mine(&[Talk::NAME]), Follow::Mine(&[Board::NAME])];
    let mut follower = house.follow(&bob, &ways).await;
    let talk = house.room::<Talk>("talk", &[&ann, &bob]).await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    within(house.say(&ann, talk, "hello")).await.expect("it is saved");
    fill(&house, &ann, board, 1).await;
    let rooms =
        [next_event(&mut follower).await.conversation.id, next_event(&mut follower).await.conversation.id];
    assert_eq!(rooms, [talk, board]);
}
