//! Who hears what: for everything that can happen, with everybody listening on all his tabs, exactly these and nobody else.
//! `eve` and `guy` are of another organisation, and `ben` is the visitor of another chat: they are never told anything.

use std::collections::BTreeMap;

use crate::scene::Scene;
use crate::stand::{DONE, names};

/// After all that, this is done: who is told what.
async fn check(before: &str, line: &str, expect: &[(&str, &str)]) {
    let mut scene = Scene::open().await;
    scene.play(before).await;
    assert_eq!(scene.act(line).await, DONE, "{line}, after {before:?}");
    let told = scene.told().await;
    let told: BTreeMap<_, _> = told.iter().map(|(tab, told)| (*tab, names(told))).collect();
    let expect: BTreeMap<_, _> = expect.iter().flat_map(|(tabs, names)| each(tabs, names)).collect();
    assert_eq!(told, expect, "{line}, after {before:?}");
}

fn each<'a>(tabs: &'a str, names: &'a str) -> impl Iterator<Item = (&'a str, String)> {
    tabs.split(' ').map(move |tab| (tab, names.to_owned()))
}

const STAFF: &str = "kim kim2 lee max sue sue2";
const WATCHING: &str = "max sue sue2";

#[tokio::test]
async fn what_is_in_the_queue_is_told_to_all_staff() {
    check("", "ana opens", &[(STAFF, "append_unclaimed_chats"), ("ana2", "own_msg")]).await;
    check("ana opens", "ana2 asks", &[(STAFF, "visitor_unclaimed_msg"), ("ana", "own_msg")]).await;
    check("ana opens", "ana leaves", &[(STAFF, "visitor_leave_queue"), ("ana2", "own_leave")]).await;
}

#[tokio::test]
async fn a_claim_is_told_to_everybody_but_the_socket_that_made_it() {
    let joined = ("ana ana2", "staff_join_room");
    check(
        "ana opens",
        "kim claims",
        &[joined, ("kim2 lee", "staff_claim_chat"), (WATCHING, "staff_claim_chat agent_new_chat")],
    )
    .await;
    // Only what agents claim is a new chat to those who watch.
    check("ana opens", "sue claims", &[joined, ("kim kim2 lee max sue2", "staff_claim_chat")]).await;
    check("ana opens", "max claims", &[joined, ("kim kim2 lee sue sue2", "staff_claim_chat")]).await;
}

#[tokio::test]
async fn what_is_said_in_a_claimed_chat_is_for_the_two_and_those_who_watch() {
    check(
        "ana opens; kim claims",
        "ana says",
        &[("ana2", "own_msg"), ("kim kim2", "visitor_send"), (WATCHING, "new_visitor_msg_for_supervisor")],
    )
    .await;
    check(
        "ana opens; kim claims",
        "kim2 replies",
        &[("ana ana2", "staff_send"), ("kim", "own_msg"), (WATCHING, "new_staff_msg_for_supervisor")],
    )
    .await;
}

/// Whoever serves and watches hears as both.
#[tokio::test]
async fn a_supervisor_who_serves_hears_as_both() {
    check(
        "ana opens; sue claims",
        "ana says",
        &[
            ("ana2", "own_msg"),
            ("max", "new_visitor_msg_for_supervisor"),
            ("sue sue2", "visitor_send new_visitor_msg_for_supervisor"),
        ],
    )
    .await;
    check(
        "ana opens; sue claims",
        "sue replies",
        &[
            ("ana ana2", "staff_send"),
            ("max", "new_staff_msg_for_supervisor"),
            ("sue2", "own_msg new_staff_msg_for_supervisor"),
        ],
    )
    .await;
}

#[tokio::test]
async fn taking_over_is_told_to_the_two_and_those_who_watch() {
    check(
        "ana opens; kim claims",
        "sue takes",
        &[("ana ana2 kim kim2", "staff_being_taken_over_chat"), ("max sue2", "staff_take_over_chat")],
    )
    .await;
    check(
        "ana opens; sue claims",
        "max takes",
        &[
            ("ana ana2", "staff_being_taken_over_chat"),
            ("sue sue2", "staff_being_taken_over_chat staff_take_over_chat"),
        ],
    )
    .await;
    // From then on the one before hears nothing of it.
    check(
        "ana opens; kim claims; sue takes",
        "ana says",
        &[
            ("ana2", "own_msg"),
            ("max", "new_visitor_msg_for_supervisor"),
            ("sue sue2", "visitor_send new_visitor_msg_for_supervisor"),
        ],
    )
    .await;
}

#[tokio::test]
async fn whoever_leaves_a_claimed_chat_closes_it() {
    check(
        "ana opens; kim claims",
        "ana leaves",
        &[
            ("ana2", "own_leave"),
            ("kim kim2", "visitor_leave"),
            (WATCHING, "visitor_leave_chat_for_supervisor"),
        ],
    )
    .await;
    check(
        "ana opens; kim claims",
        "kim quits",
        &[("ana ana2", "staff_leave"), ("kim2", "own_leave"), (WATCHING, "staff_leave_chat_for_supervisor")],
    )
    .await;
}

#[tokio::test]
async fn a_chat_that_is_put_back_is_in_the_queue_again() {
    check(
        "ana opens; kim claims; ana says",
        "kim returns",
        &[("ana ana2", "chat_returned"), (STAFF, "append_unclaimed_chats")],
    )
    .await;
    let before = "ana opens; kim claims; kim returns";
    check(before, "ana asks", &[(STAFF, "visitor_unclaimed_msg"), ("ana2", "own_msg")]).await;
}

#[tokio::test]
async fn what_the_staff_writes_on_a_chat_no_visitor_hears() {
    let flagged = "chat_has_changed_priority_for_supervisor";
    check("ana opens", "kim flags 2", &[(WATCHING, flagged)]).await;
    check("ana opens; kim claims", "sue flags 2", &[("max sue2", flagged)]).await;
    check("ana opens; ana leaves", "lee flags 1", &[(WATCHING, flagged)]).await;
    check("ana opens", "kim tags vip", &[("kim2 lee max sue sue2", "chat_tags")]).await;
    check("ana opens; kim claims", "max tags vip", &[("kim kim2 lee sue sue2", "chat_tags")]).await;
    check("ana opens", "kim notes", &[(WATCHING, "chat_note")]).await;
    check("ana opens; kim claims", "kim notes", &[("kim2 max sue sue2", "chat_note")]).await;
    check("ana opens; kim claims", "sue notes", &[("kim kim2 max sue2", "chat_note")]).await;
    check("ana opens; sue claims", "lee notes", &[("max sue sue2", "chat_note")]).await;
}

#[tokio::test]
async fn typing_is_heard_by_the_other_side() {
    check("ana opens", "ana types", &[]).await;
    check("ana opens; kim claims", "ana types", &[("kim kim2", "user_typing_receive")]).await;
    check("ana opens; kim claims", "ana types-on", &[("kim kim2", "user_typing_receive")]).await;
    check("ana opens; kim claims", "ana stops", &[("kim kim2", "user_stop_typing_receive")]).await;
    check("ana opens; kim claims", "kim types", &[("ana ana2", "user_typing_receive")]).await;
    check("ana opens; sue claims", "ana types", &[("sue sue2", "user_typing_receive")]).await;
}
