//! Erasing a person: nothing new of him can come, nothing that was said is shown any more, and everybody else goes on.

use std::sync::Arc;

use hearken_core::ids::ConversationId;
use hearken_core::memory::MemoryStore;
use hearken_core::store::{AccountRef, Changes, Record, RecordChange, RecordName, Was};
use hearken_core::{At, CommitSettings, Core, Delivery, Ended, PeopleError, Ports, Registry, UpdateError};
use hearken_testkit::faulty::FaultyStore;

use crate::house::House;
use crate::scene::{Board, KINDS, Memo, No, Talk, id_of, is_idle, line, next_events, tell, within};

/// A member of each kind of room with two others, in which everybody says something.
struct Rooms {
    talk: ConversationId,
    board: ConversationId,
}

async fn rooms(house: &House, people: &[&hearken_core::actor::Actor]) -> Rooms {
    let rooms = Rooms {
        talk: house.room::<Talk>("talk", people).await,
        board: house.room::<Board>("board", people).await,
    };
    for (n, person) in people.iter().enumerate() {
        within(house.say(person, rooms.talk, &format!("{n} says"))).await.expect("saved");
        within(house.write(person, rooms.board, &format!("{n} writes"))).await.expect("saved");
    }
    rooms
}

async fn erase(house: &House, who: &hearken_core::actor::Actor) {
    let erasing = within(house.core.begin_erasing(id_of(who))).await.expect("begun");
    within(erasing.finish()).await.expect("erased");
}

#[tokio::test]
async fn his_words_go_and_the_others_go_on() {
    let house = House::open().await;
    let [ann, bob, eve] = house.people().await;
    let Rooms { talk, board } = rooms(&house, &[&ann, &bob, &eve]).await;
    erase(&house, &bob).await;
    let check = async |house: &House| {
        assert_eq!(house.log(talk).await, [line(1, "0 says"), line(3, "2 says")]);
        assert_eq!(house.log(board).await, [line(1, "0 writes"), (2, None), line(3, "2 writes")]);
        // What waited for him and Eve waits for Eve alone, and what waited for him and Ann for Ann.
        assert_eq!(house.pending(talk).await, [(1, Some(vec![2])), (3, Some(vec![0]))]);
        let found = within(house.core.account(&AccountRef::Id(id_of(&bob)))).await.expect("read");
        assert!(found.is_none());
        assert_eq!(within(house.core.check()).await.expect("checked"), Vec::<String>::new());
    };
    check(&house).await;
    assert_eq!(within(house.say(&ann, talk, "on")).await, Ok(4), "no place is used again");
    let house = house.restarted().await;
    assert_eq!(within(house.say(&eve, talk, "and on")).await, Ok(5));
    let again = within(house.core.begin_erasing(id_of(&bob))).await;
    assert!(matches!(again.err(), Some(PeopleError::NoAccount)));
}

#[tokio::test]
async fn whoever_had_not_taken_it_yet_is_not_shown_it() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let (mut anns, mut bobs) = (house.follow_mine(&ann).await, house.follow_mine(&bob).await);
    within(house.say(&bob, room, "one")).await.expect("saved");
    within(house.say(&ann, room, "two")).await.expect("saved");
    let mut inbox = within(house.core.inbox(&ann, KINDS)).await.expect("read");
    let erasing = within(house.core.begin_erasing(id_of(&bob))).await.expect("begun");
    assert!(matches!(within(bobs.next()).await, Delivery::Ended(Ended::SignedOut)));
    assert_eq!(next_events(&mut anns, 1).await, [line(2, "two")], "from the beginning on");
    within(erasing.finish()).await.expect("erased");
    let (waiting, _) = within(inbox.page(10)).await.expect("read");
    assert!(waiting.is_empty());
    assert!(is_idle(&mut anns));
}

#[tokio::test]
async fn nobody_acts_as_him_seats_him_or_keeps_anything_for_him() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let erasing = within(house.core.begin_erasing(id_of(&bob))).await.expect("begun");
    assert_eq!(within(house.say(&bob, room, "no")).await, Err(UpdateError::NotFound));
    let other = house.room::<Talk>("other", &[&ann]).await;
    assert_eq!(within(house.join::<Talk>(&bob, other)).await, Err(UpdateError::NotFound));
    let me = id_of(&bob);
    let opening =
        house.core.update(&ann, At::<Talk>::key(house.home, "new").or_open(Memo::default()), move |draft| {
            draft.join(me, "member");
            Ok::<_, No>(())
        });
    assert_eq!(within(opening).await, Err(UpdateError::NotFound));
    let name = RecordName::new("test", "his");
    let record = Record { name, account: Some(me), expires: None, value: b"{}".to_vec() };
    let records = vec![RecordChange::Put(record, Was::Anything)];
    assert!(within(house.core.commit(Changes { records, ..Changes::default() })).await.is_err());
    // He is still in the room, and whoever else is goes on in it: also by a rule that changes who is in.
    let eve = house.person().await;
    assert_eq!(within(house.join::<Talk>(&eve, room)).await, Ok(true));
    let telling = house.core.update(&ann, At::<Talk>::id(room), |draft| {
        tell(draft, "news");
        Ok::<_, No>(())
    });
    within(telling).await.expect("saved");
    within(erasing.finish()).await.expect("erased");
    assert_eq!(within(house.core.check()).await.expect("checked"), Vec::<String>::new());
    let members =
        within(house.core.conversation(&eve, &hearken_core::Target::Id(room))).await.expect("read").members;
    assert!(members.iter().all(|member| member.account != me));
}

#[tokio::test]
async fn much_goes_in_parts_with_others_words_in_between() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    for n in 0..5000 {
        let who = if n % 2 == 0 { &ann } else { &bob };
        within(house.say(who, room, "words")).await.expect("saved");
    }
    let erasing = within(house.core.begin_erasing(id_of(&bob))).await.expect("begun");
    let commits = |house: &House| house.core.commit_stats().rules.load(std::sync::atomic::Ordering::Relaxed);
    let before = commits(&house);
    within(erasing.finish()).await.expect("erased");
    assert!(commits(&house) > before + 3, "it took several steps");
    let log = house.log(room).await;
    // What Ann has said waited for him alone.
    assert_eq!((log.len(), log.iter().all(|(seq, _)| seq % 2 == 1)), (2500, true));
    assert_eq!(within(house.say(&ann, room, "on")).await, Ok(5001));
}

#[tokio::test]
async fn what_fails_in_the_middle_is_asked_again() {
    let faulty = FaultyStore::over(MemoryStore::new());
    let house = House::over(Arc::clone(&faulty) as _).await;
    let [ann, bob] = house.people().await;
    for n in 0..20 {
        let room = house.room::<Talk>(&n.to_string(), &[&ann, &bob]).await;
        within(house.say(&bob, room, "words")).await.expect("saved");
    }
    let erasing = within(house.core.begin_erasing(id_of(&bob))).await.expect("begun");
    // The second step, and each of its jobs alone.
    faulty.fail_commits(1, 100);
    assert!(within(erasing.finish()).await.is_err());
    faulty.fail_commits(0, 0);
    let left = within(faulty_places(&house, &bob)).await;
    assert!((1..20).contains(&left), "{left} are left");
    let house = house.after(Arc::new(faulty.lose_power())).await;
    let account =
        within(house.core.account(&AccountRef::Id(id_of(&bob)))).await.expect("read").expect("still there");
    assert!(account.disabled, "and shut out");
    erase(&house, &bob).await;
    assert_eq!(within(faulty_places(&house, &bob)).await, 0);
    assert_eq!(within(house.core.check()).await.expect("checked"), Vec::<String>::new());
}

async fn faulty_places(house: &House, who: &hearken_core::actor::Actor) -> usize {
    house.store.places_of(id_of(who), None, 100).await.expect("read").len()
}

/// A door that this server does not have has left something here.
#[tokio::test]
async fn what_no_rule_reads_forgets_him_too() {
    let memory = MemoryStore::new();
    let house = House::over(Arc::new(memory.reopen())).await;
    let [ann, bob] = house.people().await;
    let Rooms { talk, board } = rooms(&house, &[&ann, &bob]).await;
    house.stop().await;
    let (ports, _) = Ports::system(Arc::new(memory.reopen()));
    let known = Registry::default().with::<Talk>();
    let (core, running) = Core::start(ports, known, CommitSettings::default()).await.expect("it starts");
    let erasing = within(core.begin_erasing(id_of(&bob))).await.expect("begun");
    assert_eq!(within(erasing.finish()).await.expect("erased").conversations, 2);
    running.stop().await;
    let house = House::over(Arc::new(memory.reopen())).await;
    assert_eq!(house.log(talk).await, [(1, None)]);
    assert_eq!(house.log(board).await, [line(1, "0 writes"), (2, None)]);
    assert_eq!(within(house.core.check()).await.expect("checked"), Vec::<String>::new());
}
