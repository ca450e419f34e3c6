//! What a frame's fields may look like beyond the seed's samples.

use super::super::{Body, Command, Field, Frame};
use super::faults::frame_with;
use std::borrow::Cow;

#[test]
fn a_message_that_does_not_matter_may_be_any_string_or_none() {
    for command in ["is_typing", "is_grp_typing", "fetch_msgs", "fetch_grp_msgs", "fetch_room_msgs"] {
        for json in ["", "null", "\"\"", "\"-null-\"", "\"--null--\"", r#""\ud800""#] {
            let text = frame_with(command, Field::Message, json);
            let frame = Frame::parse(&text).expect(&text);
            assert_eq!((frame.command.name(), frame.body), (command, Body::Nothing), "{text}");
        }
        for json in ["1", "false", "[]", "{}"] {
            assert!(Frame::parse(&frame_with(command, Field::Message, json)).is_err());
        }
    }
}

#[test]
fn texts_pass_unmeasured_and_unchanged() {
    for text in ["", " ", "\0", "\u{7f}", "a\"b\\c/d\n\r\t", "🦉 ünïcödé \u{2028}", "-null-"] {
        let json = serde_json::to_string(text).unwrap();
        let frame = frame_with("new_msg", Field::Message, &json);
        assert_eq!(Frame::parse(&frame).unwrap().body, Body::Text(text.into()), "{frame}");
    }
    let frame = frame_with("new_msg", Field::Message, r#""\u0061\ud83e\udd89\/\b\f""#);
    assert_eq!(Frame::parse(&frame).unwrap().body, Body::Text("a🦉/\u{8}\u{c}".into()));
}

#[test]
fn what_has_no_escapes_is_borrowed() {
    let text = frame_with("new_msg", Field::Message, "\"ünïcödé 🦉\"");
    let frame = Frame::parse(&text).unwrap();
    assert!(matches!(frame.body, Body::Text(Cow::Borrowed("ünïcödé 🦉"))));
    assert!(matches!(frame.msg_from, Cow::Borrowed("9999999999")));
    assert!(matches!(frame.msg_to, Cow::Borrowed("9898989898")));
    assert!(matches!(frame.sent.text, Cow::Borrowed("2020-11-21 17:11:30.404")));
}

#[test]
fn foreign_fields_are_ignored_and_the_last_of_two_counts() {
    let text = r#" { "message" : "first", "x": [{"command":"msg_read"}, 1e999, "\ud800"], "Command": 7,
        "message":"second", "comm\u0061nd":"new_msg", "msg_from":1, "msg_from":"9999999999",
        "msg_to":"9898989898", "sent_timestamp":"2020-11-21 16:32:17.356" } "#;
    let frame = Frame::parse(text).unwrap();
    assert_eq!(frame.command, Command::NewMsg);
    assert_eq!(frame.body, Body::Text("second".into()));
    assert_eq!(frame.msg_from, "9999999999");
}

#[test]
fn debug_forms_hold_no_text() {
    let frame = frame_with("new_msg", Field::Message, "\"a secret\"");
    let shown = format!("{:?}", Frame::parse(&frame).unwrap());
    assert!(shown.contains("Text(8 bytes)") && !shown.contains("secret"), "{shown}");
}
