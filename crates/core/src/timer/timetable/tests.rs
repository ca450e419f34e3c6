//! The timetable beside a store that holds more, or changes while it is read.

use uuid::Uuid;

use super::*;
use crate::clock::from_millis;

fn timer(key: &str, due: i64) -> DueTimer {
    let conversation = ConversationId(Uuid::from_u128(1));
    DueTimer { due: from_millis(due), conversation, key: key.to_owned(), kind: "kind" }
}

fn set(timetable: &Timetable, key: &str, due: i64) {
    let DueTimer { due, conversation, key, .. } = timer(key, due);
    timetable.note(&[(conversation, TimerChange::Set { key, due })], |_| Some("kind"));
}

fn cancel(timetable: &Timetable, key: &str) {
    timetable
        .note(&[(timer(key, 0).conversation, TimerChange::Cancel { key: key.to_owned() })], |_| Some("kind"));
}

/// A timetable that has read a store with these timers and, if so, `more`.
fn filled(timers: &[(&str, i64)], more: bool) -> Timetable {
    let timetable = Timetable::new();
    timetable.begin_fill();
    assert!(timetable.fill(&Slices::ALL, timers.iter().map(|(key, due)| timer(key, *due)).collect(), more));
    timetable
}

fn check(timetable: &Timetable, now: i64, expect: &[(&str, i64)]) {
    let due: Vec<_> = expect.iter().map(|(key, due)| timer(key, *due)).collect();
    assert_eq!(timetable.take_due(from_millis(now), 100), due);
}

#[test]
fn it_is_not_trusted_before_it_has_been_filled() {
    let timetable = Timetable::new();
    assert!(timetable.is_low());
    set(&timetable, "a", 1);
    assert_eq!(timetable.next_due(), None, "the store may have an earlier one");
    assert!(!filled(&[], false).is_low());
}

#[test]
fn one_beyond_what_is_known_is_left_to_the_store() {
    let timetable = filled(&[("a", 10), ("b", 20)], true);
    for (key, due) in [("between", 15), ("beyond", 21), ("a", 30)] {
        set(&timetable, key, due);
    }
    check(&timetable, 100, &[("between", 15), ("b", 20)]);
    assert!(timetable.is_low());
    let timetable = filled(&[("a", 10), ("b", 20)], false);
    set(&timetable, "beyond", 21);
    check(&timetable, 100, &[("a", 10), ("b", 20), ("beyond", 21)]);
}

#[test]
fn what_is_left_to_the_store_while_it_is_read_is_read_again() {
    let timetable = Timetable::new();
    timetable.begin_fill();
    set(&timetable, "late", 5);
    assert!(!timetable.fill(&Slices::ALL, vec![], false));
    assert!(timetable.is_low());
    timetable.begin_fill();
    assert!(timetable.fill(&Slices::ALL, vec![timer("late", 5)], false));
    check(&timetable, 100, &[("late", 5)]);
}

#[test]
fn it_keeps_the_earliest_that_fit() {
    let timetable = filled(&[], false);
    for n in (0..=CAPACITY as i64).rev() {
        set(&timetable, &n.to_string(), n);
    }
    assert!(!timetable.is_low());
    set(&timetable, "far", 1_000_000);
    let mut taken = 0;
    while !timetable.take_due(from_millis(2_000_000), 1).is_empty() {
        taken += 1;
    }
    assert_eq!(taken, CAPACITY);
    assert!(timetable.is_low(), "the others are in the store");
}

#[test]
fn one_that_rests_comes_back_unless_it_has_become_another() {
    let timetable = filled(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)], true);
    for timer in timetable.take_due(from_millis(1), 100) {
        timetable.rest(&timer);
    }
    timetable.begin_fill();
    let stored = ["a", "b", "c", "d"].map(|key| timer(key, 1)).to_vec();
    assert!(timetable.fill(&Slices::ALL, stored, false));
    check(&timetable, 100, &[]);
    cancel(&timetable, "b");
    set(&timetable, "c", 9);
    for key in ["a", "b", "c"] {
        timetable.wake(timer(key, 1));
    }
    check(&timetable, 100, &[("a", 1), ("c", 9)]);
    // Tried again under its new time, it rests for that; the wait for its old time ends nothing.
    timetable.rest(&timer("c", 9));
    timetable.wake(timer("c", 1));
    check(&timetable, 100, &[]);
    timetable.wake(timer("c", 9));
    check(&timetable, 100, &[("c", 9)]);
}

#[test]
fn one_put_back_gives_way_to_what_was_set_meanwhile() {
    let timetable = filled(&[("a", 1), ("b", 1)], false);
    let taken = timetable.take_due(from_millis(1), 100);
    set(&timetable, "a", 7);
    for timer in taken {
        timetable.put_back(timer);
    }
    check(&timetable, 100, &[("b", 1), ("a", 7)]);
}
