//! Who meets whom, and how it ends (`rules::meeting`, `rules::seat`, and the acts in `rooms`).

use super::check_rooms as check;

#[test]
fn nobody_is_in_two_rooms() {
    check(&[
        ("ana opens ben", "open"),
        ("ana opens ben", "InRoom"),
        ("ben opens ana", "InRoom"),
        ("ana opens cid", "InRoom"),
        ("cid opens ben", "PeerInRoom"),
        ("ana asks", "InRoom"),
        ("ana stops", "InRoom"),
        ("cid meets", "nobody"),
        ("ana meets", "ben"),
        ("ben meets", "ana"),
        ("restart", ""),
        ("cid opens ana", "PeerInRoom"),
        ("cid opens dan", "open"),
    ]);
}

#[test]
fn a_room_is_seen_by_its_two_and_nobody_else() {
    check(&[
        ("ana sees", "no room"),
        ("ana opens ben", "open"),
        ("ana hears", "create room"),
        ("ben hears", "create room"),
        ("cid hears", ""),
        ("ana sees", "open 86400"),
        ("ben sees", "open 86400"),
        ("cid sees", "no room"),
        ("ben votes 1", "grade"),
        // Each sees his own vote.
        ("ben sees", "open 86400, said 1"),
        ("ana sees", "open 86400"),
        ("ana says 1 hello", "kept 0"),
        ("ben receives 1 at 5", "quiet"),
        ("ben reads 1 at 6", "quiet"),
        ("ben sees", "open 86400, said 1, received 5, seen 6"),
        ("ana sees", "open 86400"),
    ]);
}

#[test]
fn who_is_in_no_room_can_end_none() {
    check(&[
        ("ana votes 1", "NoRoom"),
        ("ana votes 0", "NoRoom"),
        ("ana parts", "NoRoom"),
        ("ana stops", "stopped"),
        ("ana opens ben", "open"),
        ("cid votes 0", "NoRoom"),
        ("cid parts", "NoRoom"),
        ("ben votes 0", "delete"),
        ("ana votes 1", "NoRoom"),
        ("ana parts", "NoRoom"),
    ]);
}

#[test]
fn one_0_ends_it_and_the_two_may_meet_again() {
    check(&[
        ("ana opens ben", "open"),
        ("ana votes 1", "grade"),
        ("ana votes 0", "delete"),
        ("ana hears", "create room, grade room, delete room"),
        ("ben hears", "create room, grade room, delete room"),
        ("ana sees", "no room"),
        ("ben sees", "no room"),
        ("ben opens ana", "open"),
        // Nothing of the first meeting counts in the second.
        ("ana sees", "open 86400"),
        ("ben votes 1", "grade"),
        ("ana opens cid", "InRoom"),
        ("ana votes 1", "replace"),
    ]);
}

#[test]
fn both_1_make_it_a_personal_chat() {
    check(&[
        ("ana opens ben", "open"),
        ("ana votes 1", "grade"),
        ("ana votes 1", "grade"),
        ("ana hears", "create room, grade room"),
        ("ben hears", "create room, grade room"),
        ("restart", ""),
        ("ben votes 1", "replace"),
        ("ana hears", "replace room"),
        ("ben hears", "replace room"),
        ("ana sees", "no room"),
        ("ben sees", "no room"),
        ("ana votes 0", "NoRoom"),
        ("ana writes 1 hello", "kept 0"),
        ("ana opens cid", "open"),
    ]);
}

#[test]
fn a_pair_that_parted_does_not_meet_again() {
    check(&[
        ("ana opens ben", "open"),
        ("ben parts", "deactivate"),
        ("ana hears", "create room, deactivate room"),
        ("ben hears", "create room, deactivate room"),
        ("ana opens ben", "Parted"),
        ("ben opens ana", "Parted"),
        ("restart", ""),
        ("ben opens ana", "Parted"),
        // Not by being matched either.
        ("ana asks", "waits"),
        ("ben asks", "waits"),
        ("cid asks", "met"),
        ("dan asks", "met"),
        ("cid opens eve", "InRoom"),
        ("ana opens ben", "Parted"),
    ]);
}

#[test]
fn who_asks_meets_whoever_waits() {
    check(&[
        ("ana asks", "waits"),
        ("ana asks", "waits"),
        ("ana hears", ""),
        ("ben asks", "met"),
        ("ana hears", "create room"),
        ("ben hears", "create room"),
        ("ana meets", "ben"),
        ("ben meets", "ana"),
        ("ana asks", "InRoom"),
        ("cid asks", "waits"),
        ("restart", ""),
        ("dan asks", "met"),
        ("cid meets", "dan"),
        ("eve asks", "waits"),
    ]);
}

#[test]
fn who_stops_waiting_is_met_by_nobody() {
    check(&[
        ("ana asks", "waits"),
        ("ana stops", "stopped"),
        ("ana stops", "stopped"),
        ("ben asks", "waits"),
        ("ana opens cid", "open"),
        ("dan asks", "met"),
        ("ben meets", "dan"),
    ]);
}

#[test]
fn who_waits_can_be_named_and_waits_no_more() {
    check(&[
        ("ana asks", "waits"),
        ("ben opens ana", "open"),
        ("cid asks", "waits"),
        ("cid opens dan", "open"),
        ("ana votes 0", "delete"),
        // Neither has gone on waiting.
        ("eve asks", "waits"),
    ]);
}

#[test]
fn a_room_ends_by_itself_and_both_are_told_once() {
    check(&[
        ("ana opens ben", "open"),
        ("ana hears", "create room"),
        ("ben hears", "create room"),
        ("clock 86399", ""),
        ("ana says 1 late", "kept 86399"),
        ("ana sees", "open 86400"),
        ("clock 1", ""),
        ("ana sees", "no room"),
        ("ana says 2 later", "RoomOver"),
        ("ana votes 1", "NoRoom"),
        ("ana opens cid", "open"),
        // The end of the one before the beginning of the next, whoever was quicker, the timer or ana.
        ("ana hears", "delete room, create room, 1 late by ana"),
        ("ben hears", "delete room, 1 late by ana"),
        ("clock 86400", ""),
        ("cid awaits", "create room"),
        ("cid awaits", "delete room"),
        ("ana hears", "delete room"),
        ("ben hears", ""),
    ]);
}

#[test]
fn a_room_that_two_have_again_ends_when_the_second_is_over() {
    check(&[
        ("ana opens ben", "open"),
        ("clock 3600", ""),
        ("ana votes 0", "delete"),
        ("ana opens ben", "open"),
        ("ben hears", "create room, delete room, create room"),
        ("clock 82800", ""),
        // When the first would have ended.
        ("ben sees", "open 86400"),
        ("ben says 1 here", "kept 86400"),
        ("ben hears", "1 here by ben"),
        ("clock 3600", ""),
        ("ben awaits", "delete room"),
        ("ben sees", "no room"),
        // What was to be forgotten of the first is not taken from the second.
        ("ana lists", "1 here by ben for ana"),
    ]);
}

#[test]
fn whoever_is_erased_is_named_by_no_seat_however_the_room_ended() {
    check(&[
        ("ana opens ben", "open"),
        ("ana vanishes", "gone"),
        ("ben remembers", "nobody"),
        ("ana opens cid", "open"),
        ("clock 86400", ""),
        ("cid awaits", "create room"),
        ("cid awaits", "delete room"),
        // It is over by itself, which changes no seat.
        ("cid remembers", "ana"),
        ("ana vanishes", "gone"),
        ("cid remembers", "nobody"),
        // Nobody is told twice, and he is free.
        ("cid hears", ""),
        ("cid opens dan", "open"),
    ]);
}
