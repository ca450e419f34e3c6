//! Chats that are made by asking, deleted, and made again (`rules::dialogue`, contract `/chat/special/personal`).

use super::check_dialogue as check;

#[test]
fn messages_and_marks_go_with_the_chat() {
    check(&[
        ("ana closes", "NotFound"),
        ("ana says 1 one", "kept 0"),
        ("ana says 2 two", "kept 0"),
        ("ben says 3 three", "kept 0"),
        ("ben receives 1 at 5", "quiet"),
        ("ana reads 3 at 6", "quiet"),
        ("marks", "ana seen 6, ben received 5"),
        ("ben closes", "quiet"),
        ("chat", "deleted"),
        ("marks", ""),
        ("ana lists", ""),
        ("ben lists", ""),
        ("restart", ""),
        ("ben lists", ""),
        ("log", "nothing any more, nothing any more, nothing any more"),
        // It is no error to receive what has just gone.
        ("ben receives 2", "quiet"),
        ("ana deletes 2", "NothingToDelete"),
        ("marks", ""),
    ]);
}

#[test]
fn what_was_not_heard_yet_is_not_heard_any_more() {
    check(&[
        ("ana says 1 one", "kept 0"),
        ("ana closes", "quiet"),
        ("ben hears", "delete chat of ana with ben"),
    ]);
}

#[test]
fn a_message_makes_it_again_and_a_repeat_does_not() {
    check(&[
        ("ana says 1 one", "kept 0"),
        ("ben closes", "quiet"),
        ("clock 60", ""),
        ("ana says 1 one", "kept 0"),
        ("chat", "deleted"),
        ("ben lists", ""),
        ("ana says 1 other", "NameTaken"),
        ("chat", "deleted"),
        ("ana says 2 two", "kept 60"),
        ("chat", "open"),
        ("restart", ""),
        ("ben lists", "2 two by ana for ben"),
        ("ben receives 2 at 7", "quiet"),
        ("marks", "ben received 7"),
    ]);
}

#[test]
fn reading_and_typing_keep_nothing_of_a_chat_that_is_not_there() {
    check(&[
        ("ana says 1 one", "kept 0"),
        ("ana closes", "quiet"),
        ("ben hears", "delete chat of ana with ben"),
        ("ana reads 1", "quiet"),
        ("ana types", "quiet"),
        ("ben hears", "read 1 by ana, typing by ana"),
        ("marks", ""),
        ("chat", "deleted"),
    ]);
}

#[test]
fn asking_makes_it_once_until_it_is_deleted() {
    check(&[
        ("ben opens", "created"),
        ("chat", "open"),
        ("restart", ""),
        ("ana opens", "returned"),
        ("ana says 1 one", "kept 0"),
        ("ana opens", "returned"),
        ("ana closes", "quiet"),
        ("ana opens", "created"),
        ("ben lists", ""),
    ]);
}
