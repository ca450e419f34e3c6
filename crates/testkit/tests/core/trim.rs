//! Rows that nobody needs any more go, and nothing else does.

use std::time::Duration;

use hearken_core::memory::MemoryStore;
use hearken_core::store::StoreError;
use hearken_core::{Follow, Receipt};
use hearken_testkit::faulty::FaultyStore;

use crate::house::House;
use crate::scene::{Board, Talk, line, next_events, within};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_row_outlives_its_body_and_goes_after_its_day() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    for words in ["received", "waits", "withdrawn", "last"] {
        within(house.say_once(&ann, room, words, words)).await.expect("it is saved");
    }
    for seq in [1, 4] {
        assert_eq!(within(house.receive(&bob, room, seq)).await, Ok(Receipt::Taken));
    }
    within(house.withdraw::<Talk>(&ann, room, 3)).await.expect("it can be taken back");
    assert_eq!(within(house.core.trim(house.now(), 100)).await, Ok(0));
    assert_eq!(house.log(room).await, [(1, None), line(2, "waits"), (3, None), (4, None)]);
    house.clock.advance(DAY);
    assert_eq!(within(house.core.trim(house.now(), 1)).await, Ok(1));
    assert_eq!(within(house.core.trim(house.now(), 100)).await, Ok(1));
    assert_eq!(house.log(room).await, [line(2, "waits"), (4, None)]);
    assert_eq!(within(house.core.check()).await, Ok(vec![]));
}

#[tokio::test]
async fn a_name_is_free_again_once_its_row_has_gone() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    assert_eq!(within(house.say_once(&ann, room, "n", "hello")).await, Ok(1));
    assert_eq!(within(house.receive(&bob, room, 1)).await, Ok(Receipt::Taken));
    assert_eq!(within(house.say_once(&ann, room, "n", "hello")).await, Ok(1));
    within(house.say(&ann, room, "later")).await.expect("it is saved");
    house.clock.advance(DAY);
    assert_eq!(within(house.core.trim(house.now(), 100)).await, Ok(1));
    let house = house.restarted().await;
    assert_eq!(within(house.say_once(&ann, room, "n", "hello")).await, Ok(3));
}

#[tokio::test]
async fn places_go_on_and_followers_pass_what_is_gone() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    for n in 1..=120 {
        within(house.say(&ann, room, &n.to_string())).await.expect("it is saved");
    }
    for seq in (1..=118).filter(|seq| seq % 10 != 0) {
        within(house.receive(&bob, room, seq)).await.expect("it is saved");
    }
    house.clock.advance(DAY);
    assert_eq!(within(house.core.trim(house.now(), 1000)).await, Ok(107));
    let house = house.restarted().await;
    let mut follower = house.follow(&bob, &[Follow::Conversation(room, 5)]).await;
    assert_eq!(within(house.say(&ann, room, "new")).await, Ok(121));
    let left = (1..12).map(|n| n * 10).chain([119, 120]);
    let mut expect: Vec<_> = left.map(|seq| line(seq, &seq.to_string())).collect();
    expect.push(line(121, "new"));
    assert_eq!(next_events(&mut follower, expect.len()).await, expect);
}

#[tokio::test]
async fn a_receipt_for_what_has_gone_is_as_good_as_any() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    within(house.say(&ann, room, "one")).await.expect("it is saved");
    within(house.say(&ann, room, "two")).await.expect("it is saved");
    within(house.receive(&bob, room, 1)).await.expect("it is saved");
    house.clock.advance(DAY);
    assert_eq!(within(house.core.trim(house.now(), 100)).await, Ok(1));
    // It is still remembered beside the store.
    assert_eq!(within(house.receive(&bob, room, 1)).await, Ok(Receipt::Repeated));
    within(house.withdraw::<Talk>(&ann, room, 1)).await.expect("there is nothing left to take back");
    assert_eq!(house.log(room).await, [line(2, "two")]);
}

#[tokio::test]
async fn a_board_is_not_trimmed() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let board = house.room::<Board>("board", &[&ann]).await;
    for words in ["one", "two"] {
        within(house.write(&ann, board, words)).await.expect("it is saved");
    }
    house.clock.advance(DAY);
    assert_eq!(within(house.core.trim(house.now(), 100)).await, Ok(0));
    assert_eq!(house.log(board).await, [line(1, "one"), line(2, "two")]);
}

#[tokio::test]
async fn a_store_that_fails_trims_nothing() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let core = house.core.clone();
    disk.lose_power();
    assert!(matches!(within(core.trim(house.now(), 100)).await, Err(StoreError::Unavailable(_))));
    house.stop().await;
    assert!(matches!(within(core.trim(core.now(), 100)).await, Err(StoreError::Unavailable(_))));
}
