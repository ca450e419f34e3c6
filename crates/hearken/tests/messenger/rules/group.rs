//! Talking in groups (`rules::group`).

use super::check_group as check;

#[test]
fn a_message_waits_for_everybody_else() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 hello", "kept 0"),
            ("ben lists", "1 hello by ana for ben+cid"),
            ("cid lists", "1 hello by ana for ben+cid"),
            ("ana lists", ""),
            ("dan lists", ""),
            ("ana hears", "1 hello by ana"),
            ("ben hears", "1 hello by ana"),
            ("dan hears", ""),
            ("ben receives 1", "quiet"),
            ("ben lists", ""),
            ("cid lists", "1 hello by ana for cid"),
            ("restart", ""),
            ("cid lists", "1 hello by ana for cid"),
            ("cid receives 1", "quiet"),
            ("log", "nothing any more"),
        ],
    );
}

#[test]
fn receipts_and_reads_go_to_all_others() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 hello", "kept 0"),
            ("ben receives 1", "quiet"),
            ("cid reads 1", "quiet"),
            ("ana hears", "1 hello by ana, received 1 by ben, read 1 by cid"),
            ("ben hears", "1 hello by ana, read 1 by cid"),
            ("cid hears", "1 hello by ana, received 1 by ben"),
            ("dan hears", ""),
        ],
    );
}

#[test]
fn a_second_receipt_changes_nothing_and_is_told_to_nobody() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 hello", "kept 0"),
            ("ben receives 1", "quiet"),
            ("ana hears", "1 hello by ana, received 1 by ben"),
            ("ben receives 1", "quiet"),
            ("ben receives 1z of ana", "quiet"),
            ("cid lists", "1 hello by ana for cid"),
            ("restart", ""),
            ("ben receives 1", "quiet"),
            ("cid lists", "1 hello by ana for cid"),
            ("cid receives 1", "quiet"),
            ("ben receives 1", "quiet"),
            ("ana hears", "received 1 by cid"),
        ],
    );
}

#[test]
fn a_receipt_needs_a_message_that_was_there_for_one() {
    check(
        "ana ben",
        &[
            ("ben receives 1", "NothingToReceive"),
            ("ana says 1 hello", "kept 0"),
            ("ana receives 1", "NothingToReceive"),
            ("ben receives 2", "NothingToReceive"),
            ("ben receives 1 of ben", "NothingToReceive"),
            ("ana adds cid", "done"),
            // He came later.
            ("cid receives 1", "NothingToReceive"),
            ("cid lists", ""),
            ("dan receives 1", "NotMember"),
            ("ben lists", "1 hello by ana for ben"),
            ("ana hears", "add cid by ana, 1 hello by ana"),
        ],
    );
}

#[test]
fn several_authors_may_have_one_timestamp() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 one", "kept 0"),
            ("ben says 1 two", "kept 0"),
            ("cid lists", "1 one by ana for ben+cid, 1 two by ben for ana+cid"),
            // A number narrows the receipt to its message.
            ("cid receives 1 of ben", "quiet"),
            ("cid lists", "1 one by ana for ben+cid"),
            ("ana lists", "1 two by ben for ana"),
            ("cid receives 1 of ben", "quiet"),
            ("cid receives 1", "quiet"),
            ("cid lists", ""),
            ("cid receives 1", "quiet"),
            ("cid receives 1 of cid", "NothingToReceive"),
            // Her own is not among those that the group's key covers.
            ("ana receives 1", "quiet"),
            ("ben lists", "1 one by ana for ben"),
            ("log", "1 one by ana, nothing any more"),
        ],
    );
}

#[test]
fn one_receipt_for_several_messages_is_told_once() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 one", "kept 0"),
            ("ben says 1 two", "kept 0"),
            ("ana hears", "1 one by ana, 1 two by ben"),
            ("restart", ""),
            ("cid receives 1z", "quiet"),
            ("ana hears", "received 1z by cid"),
            ("cid lists", ""),
        ],
    );
}

#[test]
fn repeats_and_names_are_as_in_personal_chats() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 hello", "kept 0"),
            ("clock 60", ""),
            ("ana says 1z hello", "kept 0"),
            ("ana says 1 other", "NameTaken"),
            ("ben says 1 other", "kept 60"),
            ("ben receives 1 of ana", "quiet"),
            ("cid receives 1 of ana", "quiet"),
            ("restart", ""),
            ("ana says 1 hello", "kept 0"),
            ("ana says 1 other", "NameTaken"),
            ("log", "nothing any more, 1 other by ben"),
        ],
    );
}

#[test]
fn a_message_is_taken_back_until_the_last_has_received_it() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 hello", "kept 0"),
            ("ben receives 1", "quiet"),
            ("ana deletes 1", "deleted"),
            ("cid lists", ""),
            ("log", "nothing any more"),
            // Cid had not looked yet: the message is gone for him, but not that it was.
            ("cid hears", "received 1 by ben, deleted 1 by ana"),
            ("ana hears", "received 1 by ben, deleted 1 by ana"),
            ("ana deletes 1", "NothingToDelete"),
            ("cid receives 1", "quiet"),
            ("ana hears", ""),
            ("ana says 2 again", "kept 0"),
            ("ben receives 2", "quiet"),
            ("cid receives 2", "quiet"),
            ("ana deletes 2", "NothingToDelete"),
            ("restart", ""),
            ("ana deletes 2", "NothingToDelete"),
            ("ana deletes 3", "NothingToDelete"),
        ],
    );
}

#[test]
fn nobody_deletes_anothers_message() {
    check(
        "ana ben",
        &[
            ("ben says 1 hello", "kept 0"),
            ("ana deletes 1", "NothingToDelete"),
            ("ana lists", "1 hello by ben for ana"),
        ],
    );
}

#[test]
fn typing_is_heard_by_the_others_and_kept_nowhere() {
    check(
        "ana ben cid",
        &[
            ("ana types", "quiet"),
            ("ben hears", "typing by ana"),
            ("cid hears", "typing by ana"),
            ("ana hears", ""),
            ("ben lists", ""),
            ("log", ""),
        ],
    );
}

#[test]
fn who_is_not_in_may_do_nothing() {
    check(
        "ana ben",
        &[
            ("ana says 1 hello", "kept 0"),
            ("cid says 1 hello", "NotMember"),
            ("cid receives 1", "NotMember"),
            ("cid reads 1", "NotMember"),
            ("cid types", "NotMember"),
            ("cid deletes 1", "NotMember"),
            ("cid adds dan", "NotMember"),
            ("cid removes ben", "NotMember"),
            ("cid leaves", "NotMember"),
            ("ana hears", "1 hello by ana"),
            ("members", "ana* ben"),
        ],
    );
}

#[test]
fn alone_in_a_group_one_talks_to_nobody() {
    check(
        "ana",
        &[
            ("ana says 1 hello", "kept 0"),
            // Her other devices hear it all the same.
            ("ana hears", "1 hello by ana"),
            ("log", "nothing any more"),
            ("ana says 1 hello", "kept 0"),
            ("ana says 1 other", "NameTaken"),
            ("ana deletes 1", "NothingToDelete"),
            ("ana adds ben", "done"),
            ("ben lists", ""),
            ("ben receives 1", "NothingToReceive"),
        ],
    );
}
