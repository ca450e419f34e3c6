//! The inbox: what waits for a person over all his conversations, in order of arrival, a page at a time.

use hearken_core::actor::Actor;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::memory::MemoryStore;
use hearken_core::store::Waiting;
use hearken_core::{Inbox, ReadError, Receipt};
use hearken_testkit::faulty::FaultyStore;

use crate::house::House;
use crate::scene::{Board, KINDS, Talk, id_of, within, words};

async fn open(house: &House, who: &Actor) -> Inbox {
    within(house.core.inbox(who, KINDS)).await.expect("it can be read")
}

/// The rest of an inbox in pages of `limit`: the words of each event.
async fn read(inbox: &mut Inbox, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let (page, is_last) = within(inbox.page(limit)).await.expect("it can be read");
        assert!(page.len() <= limit);
        all.extend(page.iter().map(said));
        if is_last {
            return all;
        }
    }
}

fn said(waiting: &Waiting) -> String {
    words(&waiting.event).expect("what waits has its body")
}

/// A hundred rooms, and messages in each, so that they come from all in turn.
async fn many(house: &House, ann: &Actor, bob: &Actor) -> (Vec<ConversationId>, Vec<String>) {
    let mut rooms = Vec::new();
    for n in 0..100 {
        rooms.push(house.room::<Talk>(&n.to_string(), &[ann, bob]).await);
    }
    let mut words = Vec::new();
    for n in 0..500 {
        let room = n * 37 % 100;
        words.push(format!("{n} in {room}"));
        within(house.say(ann, rooms[room], &words[n])).await.expect("it is saved");
    }
    (rooms, words)
}

#[tokio::test]
async fn everything_comes_once_and_in_order_of_arrival() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let (_, words) = many(&house, &ann, &bob).await;
    for limit in [1, 7, 50, 500, 501] {
        assert_eq!(read(&mut open(&house, &bob).await, limit).await, words, "in pages of {limit}");
    }
    assert!(read(&mut open(&house, &ann).await, 50).await.is_empty(), "what one says waits for others");
    let house = house.restarted().await;
    assert_eq!(read(&mut open(&house, &bob).await, 50).await, words);
}

#[tokio::test]
async fn what_arrives_while_it_is_read_is_in_the_next_list() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let (rooms, mut words) = many(&house, &ann, &bob).await;
    let mut inbox = open(&house, &bob).await;
    let mut shown = Vec::new();
    for (n, room) in rooms.iter().take(10).enumerate() {
        let (page, is_last) = within(inbox.page(20)).await.expect("it can be read");
        assert!(!is_last);
        shown.extend(page.iter().map(said));
        within(house.say(&ann, *room, &format!("late {n}"))).await.expect("it is saved");
        let new = house.room::<Talk>(&format!("new {n}"), &[&ann, &bob]).await;
        within(house.say(&ann, new, &format!("elsewhere {n}"))).await.expect("it is saved");
    }
    shown.extend(read(&mut inbox, 20).await);
    assert_eq!(shown, words);
    words.extend((0..10).flat_map(|n| [format!("late {n}"), format!("elsewhere {n}")]));
    assert_eq!(read(&mut open(&house, &bob).await, 20).await, words);
}

#[tokio::test]
async fn what_another_device_receives_meanwhile_is_left_out() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    // What one has received still waits for another here.
    let room = house.room::<Talk>("room", &[&ann, &bob, &cat]).await;
    for n in 1..=6 {
        within(house.say(&ann, room, &n.to_string())).await.expect("it is saved");
    }
    let mut inbox = open(&house, &bob).await;
    let (page, _) = within(inbox.page(2)).await.expect("it can be read");
    assert_eq!(page.iter().map(said).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(within(house.receive(&bob, room, 4)).await, Ok(Receipt::Taken));
    within(house.withdraw::<Talk>(&ann, room, 5)).await.expect("it can be taken back");
    assert_eq!(read(&mut inbox, 2).await, ["3", "6"]);
}

#[tokio::test]
async fn it_tells_whom_each_still_waits_for() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob, &cat]).await;
    within(house.say(&ann, room, "both")).await.expect("it is saved");
    within(house.say(&ann, room, "bob")).await.expect("it is saved");
    within(house.receive(&cat, room, 2)).await.expect("it is saved");
    let (page, is_last) = within(open(&house, &bob).await.page(10)).await.expect("it can be read");
    let waits: Vec<_> = page.iter().map(|waiting| (waiting.event.seq, waiting.waits_for.clone())).collect();
    assert_eq!((waits, is_last), (vec![(1, vec![id_of(&bob), id_of(&cat)]), (2, vec![id_of(&bob)])], true));
}

#[tokio::test]
async fn what_never_waits_is_not_in_it() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    within(house.write(&ann, board, "on the board")).await.expect("it is saved");
    within(house.say(&ann, room, "message")).await.expect("it is saved");
    assert_eq!(read(&mut open(&house, &bob).await, 10).await, ["message"]);
    let none = within(house.core.inbox(&bob, &[])).await.expect("it can be read").page(10).await;
    assert!(none.is_ok_and(|(page, is_last)| page.is_empty() && is_last));
    let nobody = within(house.core.inbox(&Actor::System("test"), KINDS)).await;
    assert_eq!(nobody.map(drop), Err(ReadError::NotFound));
}

#[tokio::test]
async fn who_leaves_and_comes_back_has_what_came_since() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    within(house.say(&ann, room, "before")).await.expect("it is saved");
    within(house.leave::<Talk>(&bob, room)).await.expect("he was in");
    within(house.say(&ann, room, "without")).await.expect("it is saved");
    assert!(read(&mut open(&house, &bob).await, 10).await.is_empty());
    within(house.join::<Talk>(&bob, room)).await.expect("there is room");
    within(house.say(&ann, room, "after")).await.expect("it is saved");
    assert_eq!(read(&mut open(&house, &bob).await, 10).await, ["after"]);
}

#[tokio::test]
async fn reading_raises_the_floor_and_hides_nothing() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob, &cat]).await;
    let floor = async || {
        house.core.settle().await;
        let places = within(house.store.inbox(id_of(&bob), KINDS)).await.expect("the store reads");
        places.first().map(|place| place.floor)
    };
    for n in 1..=40 {
        within(house.say(&ann, room, &n.to_string())).await.expect("it is saved");
    }
    for seq in (1..=20).chain(25..=30) {
        within(house.receive(&bob, room, seq)).await.expect("it is saved");
    }
    let waits: Vec<String> = (21..=24).chain(31..=40).map(|n: Seq| n.to_string()).collect();
    assert_eq!(floor().await, Some(0));
    assert_eq!(read(&mut open(&house, &bob).await, 10).await, waits);
    assert_eq!(floor().await, Some(20));
    assert_eq!(read(&mut open(&house, &bob).await, 10).await, waits);
    within(house.receive(&bob, room, 21)).await.expect("it is saved");
    assert_eq!(read(&mut open(&house, &bob).await, 10).await, waits[1..]);
    assert_eq!(floor().await, Some(20), "one row is not worth a write");
    assert_eq!(read(&mut open(&house, &cat).await, 100).await.len(), 40, "the floor is bob's alone");
}

#[tokio::test]
async fn a_list_asks_the_store_no_more_often_than_it_must() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let (_, words) = many(&house, &ann, &bob).await;
    let before = disk.reads();
    assert_eq!(read(&mut open(&house, &bob).await, 50).await, words);
    // Where things wait, what waits there, and the bodies of each page.
    assert_eq!(disk.reads() - before, 2 + 10);
}
