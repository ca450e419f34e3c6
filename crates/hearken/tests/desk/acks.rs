//! Every acknowledgement: what is said of each event, by whomever and whenever it is sent (contract, "Acknowledgements").

use hearken_testkit::socketio::SocketIo;
use serde_json::{Value, json};

use crate::scene::Scene;
use crate::stand::{Ack, DONE, Stand};

const NO_ROOM: Ack = Ack(Some("The chat room is either closed or doesn't exist."));
const CLAIMED: Ack = Ack(Some("This chat is already claimed."));
const UNCLAIMED: Ack = Ack(Some("Cannot take over an unclaimed chat."));
const NOT_SERVING: Ack = Ack(Some("You are not serving this chat."));
const HAS_CHAT: Ack = Ack(Some("You already have an open chat."));
const NO_CHAT: Ack = Ack(Some("You have no open chat."));
const NOT_YET: Ack = Ack(Some("The chat is not claimed yet."));
const MEANWHILE: Ack = Ack(Some("The chat is already claimed."));
const STAFF_ONLY: Ack = Ack(Some("Only staff can do this."));
const VISITORS_ONLY: Ack = Ack(Some("Only visitors can do this."));
const TOO_LARGE: Ack = Ack(Some("The message is too large."));

/// Plays that, and then looks how each of these is acknowledged, one after another.
async fn check(before: &str, lines: &[(&str, Ack)]) {
    let mut scene = Scene::open().await;
    scene.play(before).await;
    for (line, expect) in lines {
        assert_eq!(scene.act(line).await, *expect, "{line}, after {before:?}");
    }
}

#[tokio::test]
async fn a_visitor_has_one_chat_at_a_time() {
    check(
        "",
        &[("ana asks", NO_CHAT), ("ana says", NO_CHAT), ("ana leaves", NO_CHAT), ("ana types-on", NO_CHAT)],
    )
    .await;
    check("ana opens", &[("ana opens", HAS_CHAT), ("ana2 opens", HAS_CHAT), ("ana says", NOT_YET)]).await;
    check("ana opens; kim claims", &[("ana opens", HAS_CHAT), ("ana asks", MEANWHILE), ("ana2 says", DONE)])
        .await;
    check("ana opens; ana leaves", &[("ana leaves", NO_CHAT), ("ana says", NO_CHAT), ("ana opens", DONE)])
        .await;
    check(
        "ana opens; kim claims; kim quits",
        &[("ana says", NO_CHAT), ("ana2 asks", NO_CHAT), ("ana2 opens", DONE)],
    )
    .await;
    // Each tab speaks in the chat that another one has opened.
    check(
        "ana opens; ana leaves; ana2 opens",
        &[("ana asks", DONE), ("ana2 asks", DONE), ("ana leaves", DONE)],
    )
    .await;
    // A room that is not his is no room.
    check(
        "ben opens; ana opens",
        &[("ana types in 1", NO_ROOM), ("ana types in 0", NO_ROOM), ("ana types", DONE)],
    )
    .await;
}

#[tokio::test]
async fn a_chat_is_claimed_once() {
    check(
        "ana opens; kim claims",
        &[("lee claims", CLAIMED), ("kim claims", CLAIMED), ("max claims", CLAIMED)],
    )
    .await;
    check("ana opens; kim claims; sue takes", &[("kim claims", CLAIMED)]).await;
    check("ana opens; kim claims; kim returns", &[("lee claims", DONE), ("kim claims", CLAIMED)]).await;
    check("", &[("kim claims in 0", NO_ROOM)]).await;
    check("ana opens; ana leaves", &[("kim claims", NO_ROOM), ("sue takes", NO_ROOM)]).await;
}

#[tokio::test]
async fn a_chat_is_taken_over_by_whoever_is_above() {
    let low = |mine, theirs| -> &'static str {
        Box::leak(format!("A {mine} cannot take over a chat from a {theirs}.").into_boxed_str())
    };
    check("ana opens", &[("sue takes", UNCLAIMED), ("kim takes", UNCLAIMED), ("kim takes in 0", NO_ROOM)])
        .await;
    let too_low = |mine, theirs| Ack(Some(low(mine, theirs)));
    check(
        "ana opens; kim claims",
        &[("lee takes", too_low("agent", "agent")), ("kim takes", too_low("agent", "agent"))],
    )
    .await;
    check(
        "ana opens; kim claims",
        &[("sue takes", DONE), ("sue takes", too_low("supervisor", "supervisor"))],
    )
    .await;
    let under_max = [("kim takes", too_low("agent", "admin")), ("sue takes", too_low("supervisor", "admin"))];
    check("ana opens; max claims", &under_max).await;
    check("ana opens; sue claims", &[("lee takes", too_low("agent", "supervisor")), ("max takes", DONE)])
        .await;
}

#[tokio::test]
async fn only_whoever_serves_a_chat_acts_in_it() {
    let others = [
        ("lee replies", NOT_SERVING),
        ("lee quits", NOT_SERVING),
        ("max returns", NOT_SERVING),
        ("lee types", NOT_SERVING),
    ];
    check("ana opens; kim claims", &others).await;
    check("ana opens", &others).await;
    check(
        "ana opens; kim claims; sue takes",
        &[("kim replies", NOT_SERVING), ("kim quits", NOT_SERVING), ("sue replies", DONE)],
    )
    .await;
    check(
        "ana opens; kim claims; kim returns",
        &[("kim replies", NOT_SERVING), ("kim returns", NOT_SERVING)],
    )
    .await;
    // That there is no such room is said first.
    let gone = [
        ("lee replies", NO_ROOM),
        ("kim quits", NO_ROOM),
        ("kim returns", NO_ROOM),
        ("kim types", NO_ROOM),
        ("kim notes", NO_ROOM),
        ("kim tags vip", NO_ROOM),
    ];
    check("ana opens; kim claims; ana leaves", &gone).await;
    // A flag may be put on what is over.
    check(
        "ana opens; kim claims; ana leaves",
        &[("lee flags 3", DONE), ("lee flags 0", DONE), ("lee flags 1 in 0", NO_ROOM)],
    )
    .await;
    check(
        "ana opens; kim claims",
        &[("lee notes", DONE), ("lee tags vip", DONE), ("kim types", DONE), ("kim stops", DONE)],
    )
    .await;
}

#[tokio::test]
async fn another_organisations_chats_do_not_exist() {
    let all = ["claims", "takes", "replies", "quits", "returns", "flags 1", "tags vip", "notes", "types"];
    let mut scene = Scene::open().await;
    scene.play("ana opens; kim claims; ben opens; guy opens").await;
    for number in [1, 2] {
        for verb in all {
            let line = format!("eve {verb} in {number}");
            assert_eq!(scene.act(&line).await, NO_ROOM, "{line}");
        }
    }
    assert_eq!(scene.act("eve claims in 3").await, DONE);
}

#[tokio::test]
async fn each_side_has_its_own_events() {
    let stand = Stand::open().await;
    let (mut ana, mut kim) = (stand.tab("ana").await, stand.tab("kim").await);
    for name in ["visitor_first_msg", "visitor_msg_unclaimed", "visitor_msg", "visitor_leave_room"] {
        assert_eq!(kim.call(name, &[json!({"content": "hi"})]).await, VISITORS_ONLY, "{name}");
    }
    for name in [
        "staff_join",
        "staff_msg",
        "staff_leave_room",
        "take_over_chat",
        "return_chat",
        "change_chat_priority",
        "chat_note",
        "chat_tags",
    ] {
        assert_eq!(ana.call(name, &[json!({"room": "x"})]).await, STAFF_ONLY, "{name}");
    }
}

#[tokio::test]
async fn nobody_serves_more_chats_than_are_allowed() {
    let stand = Stand::planned(|settings| settings.desk.max_chats_per_agent = Some(1)).await;
    let mut scene = Scene::at(stand).await;
    scene.play("ana opens; ben opens; kim claims in 1").await;
    let full = Ack(Some("You already serve the most chats allowed."));
    assert_eq!(scene.act("kim claims in 2").await, full);
    assert_eq!(scene.act("kim2 claims in 2").await, full);
    scene.play("kim quits in 1; kim claims in 2").await;
}

#[tokio::test]
async fn what_is_sent_has_to_be_understood() {
    let stand = Stand::open().await;
    let (mut ana, mut kim) = (stand.tab("ana").await, stand.tab("kim").await);
    let room = stand.opened("ana", &mut ana).await;
    assert_eq!(kim.call("staff_join", &[json!({ "room": room })]).await, DONE);
    let field = |field| Ack(Some(field));
    let (no_room, no_content) =
        (field("Missing/Invalid field: room"), field("Missing/Invalid field: content"));
    let no_level = field("Missing/Invalid field: severity_level");
    let (no_tags, no_data) = (field("Missing/Invalid field: tags"), field("Missing/Invalid data"));
    let large = json!({ "a": "x".repeat(16 << 10) });
    let fits = json!({ "a": "x".repeat((16 << 10) - 8) });
    let staff: Vec<(&str, Value, &Ack)> = vec![
        ("staff_join", Value::Null, &no_room),
        ("staff_join", json!({}), &no_room),
        ("staff_join", json!({"room": 7}), &no_room),
        ("staff_join", json!({"room": "no such"}), &NO_ROOM),
        ("staff_msg", json!({"room": room}), &no_content),
        ("staff_msg", json!({"room": room, "content": "text"}), &no_content),
        ("staff_msg", json!({"room": room, "content": {}}), &no_content),
        ("staff_msg", json!({"content": {"a": 1}}), &no_room),
        ("staff_msg", json!({"room": room, "content": large}), &TOO_LARGE),
        ("staff_msg", json!({"room": room, "content": fits}), &DONE),
        ("chat_note", json!({"room": room, "content": []}), &no_content),
        ("chat_note", json!({"room": room, "content": large}), &TOO_LARGE),
        ("change_chat_priority", json!({"room": room}), &DONE),
        ("change_chat_priority", json!({"room": room, "severity_level": 0}), &DONE),
        ("change_chat_priority", json!({"room": room, "severity_level": 5}), &DONE),
        ("change_chat_priority", json!({"room": room, "severity_level": true}), &no_level),
        ("change_chat_priority", json!({"room": room, "severity_level": 1.5}), &no_level),
        ("change_chat_priority", json!({"room": room, "severity_level": -1}), &no_level),
        ("change_chat_priority", json!({"room": room, "severity_level": "1"}), &no_level),
        ("change_chat_priority", json!({"room": room, "severity_level": null}), &no_level),
        ("change_chat_priority", json!({"severity_level": 1}), &no_room),
        ("chat_tags", json!({"room": room, "tags": "vip"}), &no_tags),
        ("chat_tags", json!({"room": room, "tags": ["x".repeat(41)]}), &no_tags),
        ("chat_tags", json!({"room": room, "tags": vec!["x"; 21]}), &no_tags),
        ("chat_tags", json!({"room": room, "tags": []}), &DONE),
        ("user_typing_send", json!({}), &no_room),
    ];
    for (name, data, expect) in staff {
        assert_eq!(kim.call(name, std::slice::from_ref(&data)).await, *expect, "{name} {data:.80}");
    }
    let visitor: Vec<(&str, Value, &Ack)> = vec![
        ("visitor_msg", Value::Null, &no_data),
        ("visitor_msg", json!({}), &no_data),
        ("visitor_msg", json!("text"), &no_data),
        ("visitor_msg", json!([{"a": 1}]), &no_data),
        ("visitor_msg", json!(7), &no_data),
        ("visitor_msg", large.clone(), &TOO_LARGE),
        ("visitor_msg", fits.clone(), &DONE),
        ("visitor_first_msg", json!({}), &no_data),
        ("visitor_msg_unclaimed", json!(false), &no_data),
        ("user_typing_send", json!({"room": 7}), &no_room),
    ];
    for (name, data, expect) in visitor {
        assert_eq!(ana.call(name, std::slice::from_ref(&data)).await, *expect, "{name} {data:.80}");
    }
    for tab in [&mut ana, &mut kim] {
        unknown(tab).await;
    }
}

async fn unknown(tab: &mut SocketIo) {
    for name in ["", "nothing", "staff_init", "disconnecting", "ünïcödé"] {
        let expect = json!([false, format!("Unknown event: {name}")]);
        assert_eq!(tab.call(name, &[]).await, expect);
        assert_eq!(tab.call(name, &[json!(1), json!({})]).await, expect);
    }
}
