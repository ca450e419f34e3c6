//! The log: dense, in one order for all, each name once, each receipt once.

use hearken_core::event::EventRef;
use hearken_core::ids::Seq;
use hearken_core::{At, NewEvent, Receipt, UpdateError};

use crate::house::House;
use crate::scene::{Board, No, Note, Talk, line, refused, said, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn places_are_dense_whoever_writes_at_once() {
    const WRITERS: usize = 8;
    const EACH: usize = 100;
    let house = House::open().await;
    let people: [_; WRITERS] = house.people().await;
    let everybody: Vec<_> = people.iter().collect();
    let rooms = [house.room::<Talk>("one", &everybody).await, house.room::<Talk>("two", &everybody).await];
    let writers = people.iter().map(async |who| {
        let mut places = Vec::new();
        for n in 0..EACH {
            let room = rooms[n % 2];
            places.push((room, within(house.say(who, room, &n.to_string())).await.expect("it is saved")));
        }
        places
    });
    let places = futures_util::future::join_all(writers).await.concat();
    for room in rooms {
        let mut seqs: Vec<Seq> = places.iter().filter(|(at, _)| *at == room).map(|(_, seq)| *seq).collect();
        seqs.sort_unstable();
        let all = (WRITERS * EACH / 2) as Seq;
        assert!(seqs.into_iter().eq(1..=all), "each caller was told a place of its own");
        assert!(house.log(room).await.iter().map(|(seq, _)| *seq).eq(1..=all));
    }
    assert_eq!(within(house.core.check()).await, Ok(vec![]));
}

#[tokio::test]
async fn rules_run_in_the_order_in_which_they_were_asked_for() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let words: Vec<_> = (0..2000).map(|n| n.to_string()).collect();
    let replies: Vec<_> = words.iter().map(|words| house.say(&ann, room, words)).collect();
    for (reply, seq) in replies.into_iter().zip(1..) {
        assert_eq!(within(reply).await, Ok(seq));
    }
    assert!(house.log(room).await.into_iter().eq(words.iter().zip(1..).map(|(words, seq)| line(seq, words))));
}

#[tokio::test]
async fn a_name_is_given_once_by_each_author() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let (room, other) =
        (house.room::<Talk>("a", &[&ann, &bob]).await, house.room::<Talk>("b", &[&ann, &bob]).await);
    let (first, again) = (house.say_once(&ann, room, "n", "hello"), house.say_once(&ann, room, "n", "hello"));
    assert_eq!((within(first).await, within(again).await), (Ok(1), Ok(1)));
    assert_eq!(within(house.say_once(&bob, room, "n", "hello")).await, Ok(2));
    assert_eq!(within(house.say_once(&ann, room, "N", "hello")).await, Ok(3));
    assert_eq!(within(house.say_once(&ann, other, "n", "hello")).await, Ok(1));
    assert_eq!(within(house.say_once(&ann, room, "n", "bye")).await, refused("the name is another event's"));
    assert_eq!(house.log(room).await.len(), 3);
}

#[tokio::test]
async fn a_name_is_known_again_whatever_has_come_between() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    assert_eq!(within(house.say_once(&ann, room, "n", "hello")).await, Ok(1));
    // Far more than what is remembered beside the store, and the body gone as well.
    for n in 0..200 {
        within(house.say(&ann, room, &n.to_string())).await.expect("it is saved");
    }
    assert_eq!(within(house.receive(&bob, room, 1)).await, Ok(Receipt::Taken));
    assert_eq!(within(house.say_once(&ann, room, "n", "hello")).await, Ok(1));
    let house = house.restarted().await;
    assert_eq!(within(house.say_once(&ann, room, "n", "hello")).await, Ok(1));
    assert_eq!(house.log(room).await.len(), 201);
}

#[tokio::test]
async fn events_are_found_by_anyones_name() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    within(house.say_once(&ann, room, "n", "hello")).await.expect("it is saved");
    within(house.say_once(&bob, room, "n", "bye")).await.expect("it is saved");
    let which = EventRef::NamedByAnyone("n".into());
    let find = house.core.update(&ann, At::<Talk>::id(room).reading(which.clone()), move |draft| {
        let mut seqs: Vec<_> = draft.logged(&which).map(|logged| logged.seq).collect();
        // One that this very rule records is found as well.
        draft.record(said(draft, "third").named("n".into(), 0));
        seqs.extend(draft.logged(&which).map(|logged| logged.seq).filter(|seq| !seqs.contains(seq)).max());
        Ok::<_, No>(seqs)
    });
    assert_eq!(within(find).await, Ok(vec![1, 2, 3]));
}

#[tokio::test]
async fn the_last_receipt_frees_the_body() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob, &cat]).await;
    assert_eq!(within(house.say(&ann, room, "hello")).await, Ok(1));
    assert_eq!(house.pending(room).await, [(1, Some(vec![1, 2]))]);
    assert_eq!(within(house.receive(&cat, room, 1)).await, Ok(Receipt::Taken));
    assert_eq!(house.pending(room).await, [(1, Some(vec![1]))]);
    assert_eq!(house.log(room).await, [line(1, "hello")]);
    assert_eq!(within(house.receive(&bob, room, 1)).await, Ok(Receipt::Taken));
    assert_eq!(house.pending(room).await, [(1, Some(vec![]))]);
    assert_eq!(house.log(room).await, [(1, None)]);
}

#[tokio::test]
async fn a_receipt_counts_once_and_only_from_whom_it_waits_for() {
    let house = House::open().await;
    let [ann, bob, cat, dan] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob, &cat]).await;
    assert_eq!(within(house.say(&ann, room, "hello")).await, Ok(1));
    within(house.join::<Talk>(&dan, room)).await.expect("there is room");
    assert_eq!(within(house.receive(&ann, room, 1)).await, Ok(Receipt::Unknown));
    assert_eq!(within(house.receive(&dan, room, 1)).await, Ok(Receipt::Unknown));
    assert_eq!(within(house.receive(&bob, room, 2)).await, refused("there is no such event"));
    let twice = (house.receive(&bob, room, 1), house.receive(&bob, room, 1));
    assert_eq!((within(twice.0).await, within(twice.1).await), (Ok(Receipt::Taken), Ok(Receipt::Repeated)));
    within(house.withdraw::<Talk>(&ann, room, 1)).await.expect("it can be taken back");
    assert_eq!(within(house.receive(&cat, room, 1)).await, Ok(Receipt::Repeated));
    assert_eq!(house.log(room).await, [(1, None)]);
}

#[tokio::test]
async fn who_leaves_is_waited_for_no_more() {
    let house = House::open().await;
    let [ann, bob, cat, dan] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob, &cat]).await;
    within(house.say(&ann, room, "one")).await.expect("it is saved");
    within(house.say(&bob, room, "two")).await.expect("it is saved");
    within(house.receive(&bob, room, 1)).await.expect("it is saved");
    assert_eq!(within(house.leave::<Talk>(&cat, room)).await, Ok(true));
    assert_eq!(within(house.leave::<Talk>(&cat, room)).await, Ok(false));
    assert_eq!(house.pending(room).await, [(1, Some(vec![])), (2, Some(vec![0]))]);
    // Whoever takes the slot over is not waited for by what came before him.
    assert_eq!(within(house.join::<Talk>(&dan, room)).await, Ok(true));
    within(house.say(&ann, room, "three")).await.expect("it is saved");
    assert_eq!(house.pending(room).await.last(), Some(&(3, Some(vec![1, 2]))));
    assert_eq!(within(house.receive(&dan, room, 2)).await, Ok(Receipt::Unknown));
    assert_eq!(within(house.receive(&cat, room, 3)).await, Ok(Receipt::Unknown));
    assert_eq!(within(house.core.check()).await, Ok(vec![]));
}

#[tokio::test]
async fn who_leaves_in_the_batch_of_a_receipt_takes_nothing_of_it_back() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob, &cat]).await;
    // All of this is queued before the committer first looks, and so is one batch.
    let said = house.say(&ann, room, "one");
    let left = house.leave::<Talk>(&cat, room);
    let received = house.receive(&bob, room, 1);
    assert_eq!(within(said).await, Ok(1));
    assert_eq!((within(left).await, within(received).await), (Ok(true), Ok(Receipt::Taken)));
    assert_eq!(house.pending(room).await, [(1, Some(vec![]))]);
    assert_eq!(house.log(room).await, [(1, None)]);
}

#[tokio::test]
async fn a_group_is_full_at_its_slots() {
    let house = House::open().await;
    let people: [_; 129] = house.people().await;
    let room = house.room::<Talk>("room", &people[..128].iter().collect::<Vec<_>>()).await;
    assert_eq!(within(house.join::<Talk>(&people[128], room)).await, Ok(false));
    assert_eq!(within(house.say(&people[0], room, "all")).await, Ok(1));
    assert_eq!(house.pending(room).await, [(1, Some((1..128).collect()))]);
    within(house.leave::<Talk>(&people[7], room)).await.expect("he was in");
    assert_eq!(within(house.join::<Talk>(&people[128], room)).await, Ok(true));
}

#[tokio::test]
async fn a_message_to_nobody_is_received_by_all_who_should() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let room = house.room::<Talk>("alone", &[&ann]).await;
    assert_eq!(within(house.say(&ann, room, "echo?")).await, Ok(1));
    assert_eq!(house.pending(room).await, [(1, Some(vec![]))]);
    assert_eq!(house.log(room).await, [(1, None)]);
}

#[tokio::test]
async fn a_withdrawn_line_of_a_board_keeps_its_row() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let board = house.room::<Board>("board", &[&ann]).await;
    for words in ["one", "two", "three"] {
        within(house.write(&ann, board, words)).await.expect("it is saved");
    }
    within(house.withdraw::<Board>(&ann, board, 2)).await.expect("it can be taken back");
    let later = house.now() + std::time::Duration::from_hours(100);
    assert_eq!(within(house.core.trim(later, 100)).await, Ok(0));
    assert_eq!(house.log(board).await, [line(1, "one"), (2, None), line(3, "three")]);
    assert_eq!(within(house.core.check()).await, Ok(vec![]));
}

#[tokio::test]
async fn several_events_of_one_rule_follow_each_other() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let three = house.core.update(&ann, At::<Talk>::id(room), |draft| {
        let note = |words: &str| NewEvent::new(Note::Said(words.to_owned()));
        let seqs = [draft.record(note("a")), draft.record(note("b")), draft.record(note("c"))];
        Ok::<_, No>((seqs, draft.last_seq()))
    });
    let before = house.say(&bob, room, "before");
    assert_eq!(within(three).await, Ok(([1, 2, 3], 3)));
    assert_eq!(within(before).await, Ok(4));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let board = house.room::<Board>("board", &[&ann]).await;
    let nowhere = hearken_core::ids::ConversationId(uuid::Uuid::from_u128(99));
    assert_eq!(within(house.say(&ann, nowhere, "hello")).await, Err(UpdateError::NotFound));
    // One of another kind is as good as none.
    assert_eq!(within(house.say(&ann, board, "hello")).await, Err(UpdateError::NotFound));
    let unopened = house.core.update(&ann, At::<Talk>::key(house.home, "none"), |_| Ok::<_, No>(()));
    assert_eq!(within(unopened).await, Err(UpdateError::NotFound));
}
