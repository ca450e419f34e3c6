//! What rules want to look at.

use hearken_core::event::{EventRef, Logged};
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::store::{Batch, Loaded, Wanted};
use hearken_core::{Body, Kind as _, Target};

use super::bench::Bench;
use super::conversations::{assert_same, key};
use super::scene::{
    Post, UNKNOWN, at, event, id, known_as, named, opening, person, recording, set, slots, talk, waiting,
    words,
};

fn whole(target: Target) -> Wanted {
    Wanted { target, conversation: true, events: vec![], timer: None, held: None }
}

fn events_of(id: ConversationId, events: &[EventRef]) -> Wanted {
    Wanted { target: Target::Id(id), conversation: false, events: events.to_vec(), timer: None, held: None }
}

fn by_name(author: u128, key: &str) -> EventRef {
    EventRef::Named(person(author), key.into())
}

fn by_anyone(key: &str) -> EventRef {
    EventRef::NamedByAnyone(key.into())
}

fn seqs(loaded: &Loaded) -> Vec<Seq> {
    loaded.events.iter().map(|logged| logged.seq).collect()
}

/// Whether these refs find these places in conversation 1.
async fn check(bench: &mut Bench, which: &[EventRef], expect: &[Seq]) {
    let loaded = bench.load(&[events_of(id(1), which)]).await;
    assert_eq!(seqs(&loaded[0]), expect, "{which:?}");
}

/// A log in which two people name things, some alike.
async fn with_names(bench: &mut Bench) {
    let (first, second) = (talk(1, 2), talk(2, 2));
    let rows = vec![
        named(&first, 1, 0, "a"),
        named(&first, 2, 1, "a"),
        named(&second, 1, 0, "only there"),
        named(&first, 3, 1, "B"),
        event(&first, 4),
        named(&first, 5, 0, ""),
    ];
    bench.commit(opening(&[&first, &second], rows)).await;
}

pub(super) async fn it_answers_each_ask_in_order(mut bench: Bench) {
    let keyed = known_as(talk(2, 1), |identity| identity.key = Some("k".into()));
    bench.commit(opening(&[&talk(1, 2), &keyed], vec![])).await;
    let asks = [Target::Id(id(2)), Target::Id(id(9)), key(Post::NAME, "k"), Target::Id(id(1))];
    let loaded = bench.load(&asks.map(whole)).await;
    assert_eq!(loaded.len(), 4);
    assert_same(loaded[0].conversation.as_ref().expect("there"), &keyed);
    assert!(loaded[1].conversation.is_none());
    assert_same(loaded[2].conversation.as_ref().expect("there"), &keyed);
    assert_same(loaded[3].conversation.as_ref().expect("there"), &talk(1, 2));
    assert!(bench.load(&[]).await.is_empty());
}

pub(super) async fn only_events_can_be_asked_for(mut bench: Bench) {
    let keyed = known_as(talk(1, 1), |identity| identity.key = Some("k".into()));
    let opening = opening(&[&keyed], vec![event(&keyed, 1)]);
    bench.commit(Batch { timers: vec![(id(1), set("t", 5))], ..opening }).await;
    for target in [Target::Id(id(1)), key(Post::NAME, "k")] {
        let events = vec![EventRef::Seq(1)];
        let ask = Wanted { target, conversation: false, events, timer: Some("t".into()), held: None };
        let loaded = bench.load(&[ask]).await;
        assert!(loaded[0].conversation.is_none());
        assert_eq!((seqs(&loaded[0]), loaded[0].timer), (vec![1], Some(at(5))));
    }
}

pub(super) async fn what_is_not_there_is_missing(mut bench: Bench) {
    with_names(&mut bench).await;
    check(&mut bench, &[], &[]).await;
    check(&mut bench, &[EventRef::Seq(0), EventRef::Seq(6), EventRef::Seq(Seq::MAX)], &[]).await;
    check(&mut bench, &[by_name(0, "B"), by_name(9, "a"), by_anyone("A"), by_anyone("b")], &[]).await;
    let nowhere = Wanted { timer: Some("t".into()), ..events_of(id(9), &[EventRef::Seq(1), by_anyone("a")]) };
    let loaded = bench.load(&[nowhere]).await;
    assert!(loaded[0].events.is_empty() && loaded[0].timer.is_none());
}

pub(super) async fn an_event_is_found_by_place(mut bench: Bench) {
    with_names(&mut bench).await;
    check(&mut bench, &[EventRef::Seq(4)], &[4]).await;
    check(&mut bench, &[EventRef::Seq(3), EventRef::Seq(1), EventRef::Seq(5)], &[1, 3, 5]).await;
}

pub(super) async fn an_event_is_found_by_its_authors_name(mut bench: Bench) {
    with_names(&mut bench).await;
    check(&mut bench, &[by_name(0, "a")], &[1]).await;
    check(&mut bench, &[by_name(1, "a")], &[2]).await;
    check(&mut bench, &[by_name(0, "")], &[5]).await;
    check(&mut bench, &[by_name(1, "B"), by_name(0, "a"), by_name(0, "x")], &[1, 3]).await;
}

pub(super) async fn events_are_found_by_anyones_name(mut bench: Bench) {
    with_names(&mut bench).await;
    check(&mut bench, &[by_anyone("a")], &[1, 2]).await;
    check(&mut bench, &[by_anyone("B")], &[3]).await;
}

pub(super) async fn names_hold_within_their_conversation(mut bench: Bench) {
    with_names(&mut bench).await;
    check(&mut bench, &[by_anyone("only there"), by_name(0, "only there")], &[]).await;
    let loaded = bench.load(&[events_of(id(2), &[by_anyone("a"), by_anyone("only there")])]).await;
    assert_eq!(seqs(&loaded[0]), [1]);
}

pub(super) async fn an_event_asked_for_twice_comes_once(mut bench: Bench) {
    with_names(&mut bench).await;
    let twice = [by_anyone("a"), EventRef::Seq(2), by_name(0, "a"), EventRef::Seq(1), EventRef::Seq(1)];
    check(&mut bench, &twice, &[1, 2]).await;
}

pub(super) async fn it_tells_who_waits_and_what_is_kept(mut bench: Bench) {
    let talk = talk(1, 2);
    let rows = vec![waiting(&talk, 1, &[0, 1]), waiting(&talk, 2, &[]), named(&talk, 3, 1, "mine")];
    bench.commit(opening(&[&talk], rows)).await;
    let all = [EventRef::Seq(1), EventRef::Seq(2), EventRef::Seq(3)];
    let loaded = bench.load(&[events_of(id(1), &all)]).await;
    let show = |logged: &Logged| {
        let Logged { seq, at, author, key, digest, pending, kept } = logged.clone();
        (seq, at, author, key.map(String::from), digest, pending, kept)
    };
    let expect = [
        (1, at(1), Some(person(0)), None, None, Some(slots(&[0, 1])), true),
        (2, at(2), Some(person(0)), None, None, Some(slots(&[])), false),
        (3, at(3), Some(person(1)), Some("mine".to_owned()), Some(-7), None, true),
    ];
    assert_eq!(loaded[0].events.iter().map(show).collect::<Vec<_>>(), expect);
}

pub(super) async fn the_oldest_that_wait_come_with_their_bodies(mut bench: Bench) {
    let (first, second) = (talk(1, 3), talk(2, 3));
    let rows = vec![
        event(&first, 1),
        waiting(&first, 2, &[]),
        waiting(&first, 3, &[1]),
        waiting(&second, 1, &[1]),
        waiting(&first, 4, &[0, 127]),
        event(&first, 5),
        waiting(&first, 6, &[2]),
    ];
    bench.commit(opening(&[&first, &second], rows)).await;
    let bodies = |loaded: &Loaded| {
        let line = |(seq, body): &(Seq, Body)| (*seq, words(Some(body)).map(str::to_owned));
        loaded.bodies.iter().map(line).collect::<Vec<_>>()
    };
    let line = |seq: Seq| (seq, Some(seq.to_string()));
    for (most, expect) in [(0, &[][..]), (1, &[3]), (2, &[3, 4]), (3, &[3, 4, 6]), (100, &[3, 4, 6])] {
        let loaded = bench.load(&[events_of(id(1), &[EventRef::Waiting(most)])]).await;
        assert_eq!(seqs(&loaded[0]), expect, "at most {most}");
        assert_eq!(bodies(&loaded[0]), expect.iter().copied().map(line).collect::<Vec<_>>());
    }
    let both = [EventRef::Seq(5), EventRef::Waiting(1)];
    let loaded = bench.load(&[events_of(id(1), &both), events_of(id(1), &[EventRef::Seq(3)])]).await;
    assert_eq!((seqs(&loaded[0]), bodies(&loaded[0])), (vec![3, 5], vec![line(3)]));
    assert_eq!(bodies(&loaded[1]), [], "bodies come to whoever has asked for them");
}

pub(super) async fn a_timer_is_told_while_it_is_set(mut bench: Bench) {
    let talk = talk(1, 1);
    let timers = vec![(id(1), set("early", 10)), (id(1), set("late", 20))];
    bench.commit(Batch { timers, ..opening(&[&talk], vec![]) }).await;
    let ask = |timer: &str| Wanted { timer: Some(timer.into()), ..events_of(id(1), &[]) };
    let loaded = bench.load(&[ask("late"), ask("early"), ask("Early"), events_of(id(1), &[])]).await;
    let timers: Vec<_> = loaded.iter().map(|loaded| loaded.timer).collect();
    assert_eq!(timers, [Some(at(20)), Some(at(10)), None, None]);
    bench.commit(recording(vec![event(&talk, 1)])).await;
    assert_eq!(bench.load(&[ask("late")]).await[0].timer, Some(at(20)));
}

pub(super) async fn one_of_an_unknown_kind_is_not_loaded(mut bench: Bench) {
    let strange = known_as(talk(1, 1), |identity| {
        (identity.kind, identity.key) = (UNKNOWN, Some("k".into()));
    });
    bench.commit(opening(&[&strange], vec![])).await;
    let loaded = bench.load(&[whole(Target::Id(id(1))), whole(key(UNKNOWN, "k"))]).await;
    assert!(loaded.iter().all(|loaded| loaded.conversation.is_none()));
}
