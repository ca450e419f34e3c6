//! Talking in a room (`rules::room`).

use super::check_rooms as check;

#[test]
fn nothing_is_said_where_there_is_no_room() {
    check(&[
        ("ana says 1 hello", "NotFound"),
        ("ana receives 1", "NotFound"),
        ("ana types", "NotFound"),
        ("log", "no chat"),
    ]);
}

#[test]
fn a_message_waits_until_it_is_received() {
    check(&[
        ("ana opens ben", "open"),
        ("ana hears", "create room"),
        ("ben hears", "create room"),
        ("ana says 1 hello", "kept 0"),
        ("ana says 1z hello", "kept 0"),
        ("ana says 1 other", "NameTaken"),
        ("ben hears", "1 hello by ana"),
        ("ben lists", "1 hello by ana for ben"),
        ("ben receives 2", "NothingToReceive"),
        ("ana receives 1", "NothingToReceive"),
        ("ben receives 1 at 5", "quiet"),
        ("ben receives 1 at 6", "quiet"),
        ("ana hears", "1 hello by ana, received 1 by ben"),
        ("marks", "ben received 5"),
        ("ben lists", ""),
        ("log", "nothing any more"),
        ("restart", ""),
        ("ana says 1 hello", "kept 0"),
        ("ben lists", ""),
    ]);
}

#[test]
fn reading_typing_and_taking_back_are_as_in_a_personal_chat() {
    check(&[
        ("ana opens ben", "open"),
        ("ana hears", "create room"),
        ("ben hears", "create room"),
        ("ben reads 7 at 8", "quiet"),
        ("ben reads 7 at 6", "quiet"),
        ("marks", "ben seen 8"),
        ("ben types", "quiet"),
        ("ana hears", "read 7 by ben, read 7 by ben, typing by ben"),
        ("ana deletes 1", "NothingToDelete"),
        ("ana says 1 hello", "kept 0"),
        ("ben deletes 1", "NothingToDelete"),
        ("ana deletes 1", "deleted"),
        ("ben hears", "deleted 1 by ana"),
        ("ben lists", ""),
        ("ana deletes 1", "NothingToDelete"),
    ]);
}

#[test]
fn in_a_room_that_is_over_nothing_more_is_said() {
    check(&[
        ("ana opens ben", "open"),
        ("ana says 1 hello", "kept 0"),
        ("ana says 2 again", "kept 0"),
        ("ben votes 0", "delete"),
        ("ana says 3 more", "RoomOver"),
        ("ana types", "RoomOver"),
        ("ana reads 1", "RoomOver"),
        ("ben says 3 more", "RoomOver"),
        ("ben receives 9", "RoomOver"),
        // What was kept before is known to be, and still waits.
        ("ana says 1 hello", "kept 0"),
        ("ben lists", "1 hello by ana for ben, 2 again by ana for ben"),
        ("ben receives 1", "quiet"),
        ("ana deletes 2", "deleted"),
        ("ben lists", ""),
    ]);
}

#[test]
fn what_waits_in_a_room_that_is_over_is_forgotten_after_as_long_again() {
    check(&[
        ("ana opens ben", "open"),
        ("ana hears", "create room"),
        ("ben hears", "create room"),
        ("ana says 1 hello", "kept 0"),
        ("ben hears", "1 hello by ana"),
        ("clock 86400", ""),
        ("ben awaits", "delete room"),
        ("ben lists", "1 hello by ana for ben"),
        ("clock 86399", ""),
        ("ben lists", "1 hello by ana for ben"),
        ("clock 1", ""),
        ("forgotten", ""),
        ("ben lists", ""),
        ("log", "nothing any more"),
    ]);
}

#[test]
fn of_a_room_that_was_ended_for_good_nothing_waits() {
    check(&[
        ("ana opens ben", "open"),
        ("ana says 1 hello", "kept 0"),
        ("ben says 2 hello", "kept 0"),
        ("ben parts", "deactivate"),
        ("ana lists", ""),
        ("ben lists", ""),
        ("log", "nothing any more, nothing any more"),
        // Who had not looked yet does not see it any more.
        ("ana hears", "create room, deactivate room"),
        ("ben hears", "create room, deactivate room"),
        ("ana says 3 more", "RoomOver"),
        ("ben receives 1", "quiet"),
        ("ben receives 9", "RoomOver"),
        ("ana deletes 1", "NothingToDelete"),
    ]);
}

#[test]
fn what_waits_when_it_becomes_a_personal_chat_is_received_there() {
    check(&[
        ("ana opens ben", "open"),
        ("ana says 1 one", "kept 0"),
        ("ana says 2 two", "kept 0"),
        ("ana says 3 three", "kept 0"),
        // As long as it is a room the personal chat knows nothing of it: it would tell who is there.
        ("ben gets 1", "NotFound"),
        ("ana votes 1", "grade"),
        ("ben gets 1", "NotFound"),
        ("ben votes 1", "replace"),
        ("ana says 4 four", "RoomReplaced"),
        ("ben types", "RoomReplaced"),
        ("clock 864000", ""),
        ("ben lists", "1 one by ana for ben, 2 two by ana for ben, 3 three by ana for ben"),
        ("ana hears", "create room, grade room, replace room, 1 one by ana, 2 two by ana, 3 three by ana"),
        ("ana gets 1", "NothingToReceive"),
        ("ben gets 9", "NothingToReceive"),
        ("ben gets 1", "quiet"),
        ("ben gets 1", "quiet"),
        ("ana hears", "received 1 by ben"),
        // An open socket of the room still takes receipts.
        ("ben receives 2", "quiet"),
        ("ana hears", "received 2 by ben"),
        ("ben drops 3", "NothingToDelete"),
        ("ana drops 1", "NothingToDelete"),
        ("ana drops 3", "deleted"),
        ("ben lists", ""),
        ("ana writes 5 five", "kept 864000"),
        ("ben lists", "5 five by ana for ben"),
    ]);
}

#[test]
fn a_personal_chat_of_the_two_learns_nothing_of_their_room() {
    check(&[
        ("ana writes 8 before", "kept 0"),
        ("ana opens ben", "open"),
        ("ana says 1 hello", "kept 0"),
        // The same as for a message that never was.
        ("ben gets 1", "NothingToReceive"),
        ("ben gets 9", "NothingToReceive"),
        ("ana drops 1", "NothingToDelete"),
        ("ana votes 0", "delete"),
        ("ben gets 1", "NothingToReceive"),
        ("ben lists", "8 before by ana for ben, 1 hello by ana for ben"),
    ]);
}
