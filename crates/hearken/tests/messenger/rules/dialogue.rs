//! Personal chats (`rules::dialogue`).

use super::check_dialogue as check;

#[test]
fn a_message_waits_until_it_is_received() {
    check(&[
        ("log", "no chat"),
        ("ana says 1 hello", "kept 0"),
        ("ben lists", "1 hello by ana for ben"),
        ("ana lists", ""),
        ("restart", ""),
        ("ben lists", "1 hello by ana for ben"),
        ("ben receives 1", "quiet"),
        ("ben lists", ""),
        ("log", "nothing any more"),
    ]);
}

#[test]
fn both_hear_what_is_said() {
    check(&[
        ("ana says 1 hello", "kept 0"),
        ("ben says 2 hi", "kept 0"),
        // Of her own words ana's other sign-ins are told too.
        ("ana hears", "1 hello by ana, 2 hi by ben"),
        ("ben hears", "1 hello by ana, 2 hi by ben"),
        ("cid hears", ""),
        ("cid lists", ""),
    ]);
}

#[test]
fn lists_are_in_order_of_arrival_whatever_the_timestamps_say() {
    check(&[
        ("ana says 9 first", "kept 0"),
        ("ana says 3 second", "kept 0"),
        ("ana says 6 third", "kept 0"),
        ("ben lists", "9 first by ana for ben, 3 second by ana for ben, 6 third by ana for ben"),
        ("ben receives 3", "quiet"),
        ("ben lists", "9 first by ana for ben, 6 third by ana for ben"),
    ]);
}

#[test]
fn the_same_message_again_is_kept_once() {
    check(&[
        ("ana says 1 hello", "kept 0"),
        ("clock 60", ""),
        ("ana says 1 hello", "kept 0"),
        // The same moment in another spelling is the same message.
        ("ana says 1z hello", "kept 0"),
        ("ben lists", "1 hello by ana for ben"),
        ("ben hears", "1 hello by ana"),
        ("log", "1 hello by ana"),
        ("ana says 2 hello", "kept 60"),
        ("log", "1 hello by ana, 2 hello by ana"),
    ]);
}

#[test]
fn a_repeat_after_the_receipt_is_known_by_its_digest_alone() {
    check(&[
        ("ana says 1 hello", "kept 0"),
        ("ben receives 1", "quiet"),
        ("clock 60", ""),
        ("ana says 1 hello", "kept 0"),
        ("restart", ""),
        ("ana says 1 hello", "kept 0"),
        ("ana says 1 Hello", "NameTaken"),
        ("ben lists", ""),
        ("ben hears", ""),
        ("log", "nothing any more"),
    ]);
}

#[test]
fn another_text_under_the_same_name_is_refused() {
    check(&[
        ("ana says 1 hello", "kept 0"),
        ("ana says 1 goodbye", "NameTaken"),
        ("ana says 1 hello ", "kept 0"),
        ("ana says 1", "NameTaken"),
        ("restart", ""),
        ("ana says 1z goodbye", "NameTaken"),
        ("ben lists", "1 hello by ana for ben"),
        // The name is the author's own: ben may use it too.
        ("ben says 1 goodbye", "kept 0"),
    ]);
}

#[test]
fn a_receipt_frees_a_message_once() {
    check(&[
        ("ana says 1 hello", "kept 0"),
        ("ana hears", "1 hello by ana"),
        ("ben receives 1 at 5", "quiet"),
        ("ana hears", "received 1 by ben"),
        ("marks", "ben received 5"),
        // Another device was first: nothing changes, and nobody is told.
        ("ben receives 1 at 6", "quiet"),
        ("ben receives 1z at 7", "quiet"),
        ("restart", ""),
        ("ben receives 1 at 8", "quiet"),
        ("marks", "ben received 5"),
        ("ana hears", ""),
        ("ben hears", ""),
    ]);
}

#[test]
fn a_receipt_needs_a_message_that_was_there_for_one() {
    check(&[
        ("ben receives 1", "NothingToReceive"),
        ("log", "no chat"),
        ("ana says 1 hello", "kept 0"),
        ("ben receives 2", "NothingToReceive"),
        // Not one's own, and not that of a chat of two others.
        ("ana receives 1", "NothingToReceive"),
        ("cid receives 1", "NothingToReceive"),
        ("marks", ""),
        ("ben lists", "1 hello by ana for ben"),
        ("ana hears", "1 hello by ana"),
    ]);
}

#[test]
fn marks_never_move_back() {
    check(&[
        ("ana says 1 a", "kept 0"),
        ("ana says 2 b", "kept 0"),
        ("ana says 3 c", "kept 0"),
        ("ben receives 2 at 20", "quiet"),
        ("ben receives 1 at 10", "quiet"),
        ("marks", "ben received 20"),
        ("ben receives 3 at 30", "quiet"),
        ("ben reads 3 at 40", "quiet"),
        ("ben reads 1 at 35", "quiet"),
        ("ben reads 1 at 40", "quiet"),
        ("marks", "ben received 30 seen 40"),
        ("restart", ""),
        ("marks", "ben received 30 seen 40"),
        // Everyone has marks of his own.
        ("ana reads 1 at 2", "quiet"),
        ("marks", "ana seen 2, ben received 30 seen 40"),
        // All that was told, late or not: the peer is told of every one.
        ("ben hears", "read 1 by ana"),
    ]);
}

#[test]
fn reading_needs_no_message() {
    check(&[
        ("ana says 1 hello", "kept 0"),
        ("ana hears", "1 hello by ana"),
        ("ben reads 7 at 8", "quiet"),
        ("ana hears", "read 7 by ben"),
        ("ben lists", "1 hello by ana for ben"),
        ("marks", "ben seen 8"),
        ("ben reads 7 at 8", "quiet"),
        ("ana hears", "read 7 by ben"),
    ]);
}

#[test]
fn before_the_first_message_nothing_is_kept() {
    check(&[
        ("ana types", "quiet"),
        ("ben hears", "typing by ana"),
        ("ana hears", ""),
        ("ben reads 1", "quiet"),
        ("ana hears", "read 1 by ben"),
        ("log", "no chat"),
        ("marks", "no chat"),
        ("ana says 1 hello", "kept 0"),
        ("ana types", "quiet"),
        ("ben hears", "1 hello by ana, typing by ana"),
        ("marks", ""),
        ("log", "1 hello by ana"),
    ]);
}

#[test]
fn ones_own_message_is_taken_back_until_it_is_received() {
    check(&[
        ("ana says 1 hello", "kept 0"),
        ("ana deletes 1", "deleted"),
        ("ben lists", ""),
        ("log", "nothing any more"),
        // Ben had not looked yet, and does not see it any more.
        ("ben hears", "deleted 1 by ana"),
        ("ana hears", "deleted 1 by ana"),
        ("ana deletes 1", "NothingToDelete"),
        ("ben receives 1", "quiet"),
        ("restart", ""),
        ("ana deletes 1z", "NothingToDelete"),
        ("ana says 1 hello", "kept 0"),
        ("ana says 1 other", "NameTaken"),
        ("ben lists", ""),
        ("log", "nothing any more"),
        ("ben hears", ""),
    ]);
}

#[test]
fn what_is_received_or_not_ones_own_stays() {
    check(&[
        ("ana deletes 1", "NothingToDelete"),
        ("log", "no chat"),
        ("ana says 1 hello", "kept 0"),
        ("ben hears", "1 hello by ana"),
        ("ben deletes 1", "NothingToDelete"),
        ("ana deletes 2", "NothingToDelete"),
        ("ben lists", "1 hello by ana for ben"),
        ("ben receives 1", "quiet"),
        ("ana deletes 1", "NothingToDelete"),
        ("restart", ""),
        ("ana deletes 1", "NothingToDelete"),
        ("ben hears", ""),
    ]);
}

#[test]
fn what_was_heard_and_then_taken_back_is_told_in_that_order() {
    check(&[
        ("ana says 1 hello", "kept 0"),
        ("ben hears", "1 hello by ana"),
        ("ana deletes 1z", "deleted"),
        ("ben hears", "deleted 1z by ana"),
        ("ben lists", ""),
    ]);
}
