//! What people are told of changes, once: live, or from what is kept for them (`stored::Tidings`).

use super::{check_dialogue, check_group};

#[test]
fn everybody_hears_who_came_and_who_went() {
    check_group(
        "ana ben",
        &[
            // A group that was brought in from elsewhere is no news.
            ("ana is untold", ""),
            ("ben hears", ""),
            ("ana adds cid", "done"),
            ("ana adds cid", "done"),
            // Ana's other sign-ins; and for her nothing is kept.
            ("ana hears", "add cid by ana"),
            ("ana is untold", ""),
            ("ben hears", "add cid by ana"),
            ("cid hears", "add cid by ana"),
            ("dan hears", ""),
            ("restart", ""),
            ("ben is untold", "add cid by ana"),
            ("cid is untold", "add cid by ana"),
            ("ana promotes ben", "done"),
            ("ana promotes ben", "done"),
            ("cid hears", "promote ben by ana"),
            ("ben removes cid", "done"),
            ("ben removes cid", "done"),
            // Who is out hears that he is, and nothing more.
            ("ana says 1 hello", "kept 0"),
            ("cid hears", "remove cid by ben"),
            ("cid is untold", "add cid by ana, promote ben by ana, remove cid by ben"),
            ("ana hears", "promote ben by ana, remove cid by ben, 1 hello by ana"),
        ],
    );
}

#[test]
fn everybody_hears_another_name_and_another_bio() {
    check_group(
        "ana ben",
        &[
            ("ana renames walkers", "done"),
            ("ana renames walkers", "done"),
            ("ben hears", "rename it by ana"),
            ("ana describes sundays", "done"),
            ("ana describes sundays", "done"),
            ("ben hears", "rename it by ana"),
            ("ben describes mondays", "NotAdmin"),
            ("ana hears", "rename it by ana, rename it by ana"),
        ],
    );
}

#[test]
fn everybody_hears_who_left_and_who_inherits() {
    check_group(
        "ana ben cid",
        &[
            ("ana leaves", "done"),
            ("ana leaves", "done"),
            // Her other sign-ins hear of it though she is out; what comes of it is the others' business.
            ("ana hears", "leave it by ana"),
            ("ben hears", "leave it by ana, promote ben by ana"),
            ("cid is untold", "leave it by ana, promote ben by ana"),
            ("cid leaves", "done"),
            ("ben hears", "leave it by cid"),
            ("ben leaves", "done"),
            ("ben hears", "leave it by ben"),
            ("ben is untold", "leave it by ana, promote ben by ana, leave it by cid"),
        ],
    );
}

#[test]
fn a_refusal_is_told_to_nobody_else() {
    check_group(
        "ana ben",
        &[
            ("ben adds cid", "NotAdmin"),
            ("ana removes dan", "UnknownNumber"),
            ("ana removes ana", "AdminStays"),
            ("ana hears", ""),
            ("ben is untold", ""),
            ("cid is untold", ""),
        ],
    );
}

#[test]
fn both_hear_of_a_chat_made_and_deleted() {
    check_dialogue(&[
        ("ana opens", "created"),
        ("ana opens", "returned"),
        ("ben opens", "returned"),
        ("ben hears", "create chat of ana with ben"),
        ("ana hears", "create chat of ana with ben"),
        ("ana is untold", ""),
        ("ben closes", "quiet"),
        ("ben closes", "quiet"),
        ("ana hears", "delete chat of ben with ana"),
        ("restart", ""),
        ("ben is untold", "create chat of ana with ben"),
        ("ana is untold", "delete chat of ben with ana"),
        ("ben opens", "created"),
        ("ana hears", "create chat of ben with ana"),
    ]);
}

#[test]
fn a_message_speaks_for_itself() {
    check_dialogue(&[("ana says 1 hello", "kept 0"), ("ben hears", "1 hello by ana"), ("ben is untold", "")]);
}
