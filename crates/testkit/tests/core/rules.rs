//! Rules: all or nothing, pure, and never in each other's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hearken_core::actor::Actor;
use hearken_core::event::EventRef;
use hearken_core::memory::MemoryStore;
use hearken_core::node::Slices;
use hearken_core::store::Find;
use hearken_core::{At, AtMany, CommitSettings, Drafts, Follow, NewEvent, Target, UpdateError};
use hearken_testkit::faulty::FaultyStore;

use crate::house::{House, registry};
use crate::scene::{Board, KINDS, Memo, No, Note, Talk, id_of, is_idle, line, refused, within};

fn rows(key: &str) -> Find {
    let (from, to) = (i64::MIN, i64::MAX);
    Find { index: "test.index".into(), key: key.into(), from, to, descending: false, limit: 10 }
}

#[tokio::test]
async fn a_refusal_leaves_no_trace() {
    let house = House::open().await;
    let [ann, bob, cat] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let mut bob_sees = house.follow_mine(&bob).await;
    let cat_id = id_of(&cat);
    let refusing = house.core.update(&ann, At::<Talk>::id(room), move |draft| {
        draft.state_mut().topic = "changed".into();
        draft.set_status("closed");
        draft.join(cat_id, "member");
        draft.record(NewEvent::new(Note::Said("never".into())));
        draft.put_index("test.index", "k", 1, "v");
        draft.set_timer("t", draft.now());
        draft.signal(hearken_core::event::Audience::members(), crate::scene::Hint::Echo(1));
        Err::<(), _>("no")
    });
    assert_eq!(within(refusing).await, refused("no"));
    let found = within(house.core.conversation(&ann, &Target::Id(room))).await.expect("it is there");
    assert_eq!((found.header.status.as_ref(), found.header.last_seq, found.members.len()), ("open", 0, 2));
    assert_eq!(found.state.get::<Memo>(), Some(&Memo::default()));
    assert_eq!(within(house.core.find(&rows("k"))).await, Ok(vec![]));
    assert_eq!(within(house.store.timers(&registry(), &Slices::ALL, 10)).await, Ok(vec![]));
    assert!(is_idle(&mut bob_sees));
}

#[tokio::test]
async fn what_a_rule_changes_is_what_the_next_one_finds() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann]).await;
    let count = || {
        house.core.update(&ann, At::<Talk>::id(room), |draft| {
            draft.state_mut().count += 1;
            draft.set_priority(draft.header().priority + 2);
            let count = draft.state().count;
            draft.put_index("test.index", "count", count as i64, &count.to_string());
            Ok::<_, No>((count, draft.header().priority))
        })
    };
    let replies = [count(), count(), count()];
    for (reply, n) in replies.into_iter().zip(1..) {
        assert_eq!(within(reply).await, Ok((n, 2 * n as i64)));
    }
    let found = within(house.core.find(&rows("count"))).await.expect("the store reads");
    assert_eq!((found.len(), found[0].order, found[0].value.as_str()), (1, 3, "3"));
    let house = house.restarted().await;
    let found = within(house.core.conversation(&ann, &Target::Id(room))).await.expect("it is there");
    assert_eq!((found.state.get::<Memo>().map(|memo| memo.count), found.header.priority), (Some(3), 6));
}

#[tokio::test]
async fn a_rule_that_panics_changes_nothing_and_stops_nobody() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    let before = house.say(&ann, room, "before");
    let panicking = house.core.update(&ann, At::<Talk>::id(room), |draft| -> Result<(), No> {
        draft.state_mut().count = 9;
        draft.record(NewEvent::new(Note::Said("never".into())));
        panic!("this rule is broken");
    });
    let after = house.say(&bob, room, "after");
    assert_eq!(within(before).await, Ok(1));
    assert_eq!(within(panicking).await, Err(UpdateError::Unavailable));
    assert_eq!(within(after).await, Ok(2));
    assert_eq!(house.log(room).await, [line(1, "before"), line(2, "after")]);
    let found = within(house.core.conversation(&ann, &Target::Id(room))).await.expect("it is there");
    assert_eq!(found.state.get::<Memo>(), Some(&Memo::default()));
}

#[tokio::test]
async fn a_rule_that_panics_opens_nothing() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let at = || At::<Talk>::key(house.home, "new").or_open(Memo::default());
    let panicking = house.core.update(&ann, at(), |_| -> Result<(), No> { panic!("this rule is broken") });
    let refusing = house.core.update(&ann, at(), |_| Err::<(), No>("no"));
    assert_eq!(within(panicking).await, Err(UpdateError::Unavailable));
    assert_eq!(within(refusing).await, refused("no"));
    let unopened = house.core.update(&ann, At::<Talk>::key(house.home, "new"), |_| Ok::<_, No>(()));
    assert_eq!(within(unopened).await, Err(UpdateError::NotFound));
    let opening = house.core.update(&ann, at(), |draft| Ok::<_, No>(draft.is_new()));
    let opened = house.core.update(&ann, at(), |draft| Ok::<_, No>(draft.is_new()));
    assert_eq!((within(opening).await, within(opened).await), (Ok(true), Ok(false)));
}

#[tokio::test]
async fn a_full_queue_says_busy_and_nothing_is_done() {
    let disk = FaultyStore::over(MemoryStore::new());
    let settings = CommitSettings { queue: 4, ..CommitSettings::default() };
    let house = House::with(disk.clone(), settings).await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    disk.hold_syncs();
    let first = house.say(&ann, room, "0");
    within(disk.until_syncing()).await;
    let queued: Vec<_> = (1..=4).map(|n| house.say(&ann, room, &n.to_string())).collect();
    assert_eq!(house.core.queue_depth(), 4);
    assert_eq!(within(house.say(&ann, room, "too many")).await, Err(UpdateError::Busy));
    assert_eq!(house.core.commit_stats().refused_busy.load(Ordering::Relaxed), 1);
    disk.release_syncs();
    assert_eq!(within(first).await, Ok(1));
    for (reply, seq) in queued.into_iter().zip(2..) {
        assert_eq!(within(reply).await, Ok(seq));
    }
    assert_eq!(within(house.say(&ann, room, "5")).await, Ok(6));
    assert_eq!(house.log(room).await.len(), 6);
}

#[tokio::test]
async fn a_caller_who_has_gone_is_done_by_all_the_same() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    drop(house.say(&ann, room, "gone"));
    assert_eq!(within(house.say(&ann, room, "here")).await, Ok(2));
    assert_eq!(house.log(room).await, [line(1, "gone"), line(2, "here")]);
}

#[tokio::test]
async fn a_rule_runs_once_where_nothing_fails() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann]).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let counting = house.core.update(&ann, At::<Talk>::id(room), move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok::<_, No>(())
    });
    within(counting).await.expect("it is saved");
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_is_remembered_of_a_log_is_bounded() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("room", &[&ann, &bob]).await;
    for n in 0..100 {
        within(house.say(&ann, room, &n.to_string())).await.expect("it is saved");
    }
    let look = async |seq| {
        let which = EventRef::Seq(seq);
        let at = At::<Talk>::id(room).reading(which.clone());
        let before = disk.loaded();
        let found = house.core.update(&bob, at, move |draft| Ok::<_, No>(draft.logged(&which).count()));
        assert_eq!(within(found).await, Ok(1));
        disk.loaded() - before
    };
    assert_eq!(look(100).await, 0, "the last ones are at hand");
    for seq in 1..=60 {
        assert_eq!(look(seq).await, 1, "older ones are looked up");
    }
    // Nothing is written here that would end the remembering.
    assert_eq!(look(1).await, 1, "and not remembered for ever");
    assert_eq!(look(100).await, 0);
}

/// A rule over a talk and a board that writes on both, and then perhaps refuses.
fn write_both(drafts: &mut Drafts<'_, '_>, refuse: bool) -> Result<(bool, bool), No> {
    let talk = drafts.with::<Talk, _>(0, |draft| {
        draft.record(NewEvent::new(Note::Said("talk".into())));
        draft.state_mut().count += 1;
        draft.is_new()
    });
    let board = drafts.with::<Board, _>(1, |draft| {
        draft.record(NewEvent::new(Note::Said("board".into())));
        draft.is_new()
    });
    // Going on where an earlier part of the same rule has left off.
    let count = drafts.with::<Talk, _>(0, |draft| {
        draft.state_mut().count += 1;
        draft.state().count
    });
    assert_eq!(count, Some(2));
    assert_eq!(drafts.with::<Board, _>(0, |_| ()), None, "the first is a talk");
    assert_eq!(drafts.with::<Board, _>(2, |_| ()), None, "there are two");
    match (talk, board) {
        _ if refuse => Err("no"),
        (Some(talk), Some(board)) => Ok((talk, board)),
        _ => Err("one is missing"),
    }
}

#[tokio::test]
async fn several_conversations_change_together_or_not_at_all() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let talk = house.room::<Talk>("talk", &[&ann]).await;
    let system = Actor::System("test");
    let both = || {
        let board = At::<Board>::key(house.home, "board").or_open(Memo::default());
        AtMany::default().and(At::<Talk>::id(talk)).and(board)
    };
    let refusing = house.core.update_many(&system, both(), |drafts| write_both(drafts, true));
    assert_eq!(within(refusing).await, refused("no"));
    let nowhere = AtMany::default().and(At::<Talk>::id(talk)).and(At::<Board>::key(house.home, "board"));
    let missing = house.core.update_many(&system, nowhere, |drafts| write_both(drafts, false));
    assert_eq!(within(missing).await, Err(UpdateError::NotFound));
    assert_eq!(house.log(talk).await, []);
    let accepted = house.core.update_many(&system, both(), |drafts| write_both(drafts, false));
    assert_eq!(within(accepted).await, Ok((false, true)));
    let key = Target::Key { kind: KINDS[1], organisation: house.home, key: "board".into() };
    let board = within(house.core.conversation(&system, &key)).await.expect("it was opened");
    assert_eq!(house.log(board.identity.id).await, [line(1, "board")]);
    let talk = within(house.core.conversation(&system, &Target::Id(talk))).await.expect("it is there");
    assert_eq!(talk.state.get::<Memo>().map(|memo| memo.count), Some(2));
}

#[tokio::test]
async fn several_conversations_are_written_in_one_transaction() {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::over(disk.clone()).await;
    let [ann] = house.people().await;
    let talk = house.room::<Talk>("talk", &[&ann]).await;
    let board = house.room::<Board>("board", &[&ann]).await;
    let both = || AtMany::default().and(At::<Talk>::id(talk)).and(At::<Board>::id(board));
    disk.fail_commits(0, 1);
    let failing = house.core.update_many(&ann, both(), |drafts| write_both(drafts, false));
    assert_eq!(within(failing).await, Err(UpdateError::Unavailable));
    let synced = disk.synced();
    let accepted = house.core.update_many(&ann, both(), |drafts| write_both(drafts, false));
    assert_eq!(within(accepted).await, Ok((false, false)));
    assert_eq!(disk.synced(), synced + 1);
}

#[tokio::test]
async fn one_conversation_is_not_changed_twice_by_one_rule() {
    let house = House::open().await;
    let [ann] = house.people().await;
    let talk = house.room::<Talk>("talk", &[&ann]).await;
    let twice = AtMany::default().and(At::<Talk>::id(talk)).and(At::<Talk>::key(house.home, "talk"));
    let doubled = house.core.update_many(&ann, twice, |drafts| {
        for index in 0..2 {
            drafts.with::<Talk, _>(index, |draft| draft.state_mut().count += 1);
        }
        Ok::<_, No>(())
    });
    assert_eq!(within(doubled).await, Err(UpdateError::Unavailable));
    let found = within(house.core.conversation(&ann, &Target::Id(talk))).await.expect("it is there");
    assert_eq!(found.state.get::<Memo>(), Some(&Memo::default()));
}

#[tokio::test]
async fn a_signal_needs_no_conversation_to_be_opened() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let mut bob_hears = house.follow(&bob, &[Follow::Mine(KINDS)]).await;
    let people = [id_of(&ann), id_of(&bob)];
    let at = At::<Talk>::key(house.home, "new").or_open(Memo::default());
    let typing = house.core.update(&ann, at, move |draft| {
        for person in people {
            draft.join(person, "member");
        }
        draft.signal_droppable(hearken_core::event::Audience::members(), crate::scene::Hint::Typing(1));
        draft.leave_unopened();
        Ok::<_, No>(())
    });
    within(typing).await.expect("it passes");
    assert!(matches!(within(bob_hears.next()).await, hearken_core::Delivery::Signal(_)));
    let unopened = house.core.update(&ann, At::<Talk>::key(house.home, "new"), |_| Ok::<_, No>(()));
    assert_eq!(within(unopened).await, Err(UpdateError::NotFound));
}
