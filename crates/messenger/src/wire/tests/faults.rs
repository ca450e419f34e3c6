//! Every way in which a text is no frame (contract "Errors", "Bad input"), each with the `type` of its error.

use super::super::{Fault, Field, Frame, JsonType};
use crate::timestamp::BadTimestamp;

/// A frame with one of its fields replaced by other JSON, or left out where that is empty.
pub(super) fn frame_with(command: &str, replaced: Field, json: &str) -> String {
    let fields = [
        (Field::Message, "\"2020-11-21 17:11:06.23\"".to_owned()),
        (Field::Command, format!("\"{command}\"")),
        (Field::MsgFrom, "\"9999999999\"".to_owned()),
        (Field::MsgTo, "\"9898989898\"".to_owned()),
        (Field::SentTimestamp, "\"2020-11-21 17:11:30.404\"".to_owned()),
    ];
    let members = fields.into_iter().filter_map(|(field, usual)| {
        let json = if field == replaced { json } else { &usual };
        (!json.is_empty()).then(|| format!("\"{field}\":{json}"))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

#[track_caller]
fn check(text: &str, reason: Fault, kind: &str) {
    let fault = Frame::parse(text).expect_err(text);
    assert_eq!((fault.reason, fault.kind()), (reason, kind), "{text}");
}

#[test]
fn what_is_no_json_object_has_nothing_to_read() {
    let not_json = |column| Fault::NotJson { line: 1, column };
    check("", not_json(0), "parse");
    check("   ", not_json(3), "parse");
    check("hello", not_json(1), "parse");
    check("\u{feff}{}", not_json(1), "parse");
    check("{\"command\":\"new_msg\"", not_json(20), "parse");
    check("{'command':'new_msg'}", not_json(2), "parse");
    check("{\"command\":\"new_msg\",}", not_json(22), "parse");
    check("{\"command\":\"new_msg\"} {}", not_json(23), "parse");
    check("{\"message\":\"a\nb\"}", not_json(13), "parse");
    check("{\n ]", Fault::NotJson { line: 2, column: 2 }, "parse");
    check("{\"x\":NaN}", not_json(6), "parse");
    check("[1,2", not_json(4), "parse");
    check("nul", not_json(3), "parse");
    for json in ["[]", "[{\"command\":\"new_msg\"}]", "\"new_msg\"", "1e99", "null", "true", " -0.5 "] {
        check(json, Fault::NotObject, "parse");
    }
}

#[test]
fn deep_nesting_neither_overflows_nor_passes() {
    let nested = |open: &str, depth: usize, close: &str| open.repeat(depth) + "1" + &close.repeat(depth);
    check(&nested("[", 30_000, "]"), Fault::NotObject, "parse");
    check(&"[".repeat(60_000), Fault::NotJson { line: 1, column: 60_000 }, "parse");
    check(&"{\"a\":".repeat(10_000), Fault::NotJson { line: 1, column: 50_000 }, "parse");
    check(&nested("{\"a\":", 10_000, "}"), Fault::TooDeep, "parse");
    for deep in [nested("[", 129, "]"), nested("[", 20_000, "]"), nested("{\"a\":[", 65, "]}")] {
        check(&frame_with("new_msg", Field::Message, &deep), Fault::TooDeep, "new_msg");
        let frame = frame_with("msg_read", Field::Message, "\"2020-11-21 17:11:06\"");
        check(&frame.replacen('{', &format!("{{\"x\":{deep},"), 1), Fault::TooDeep, "msg_read");
    }
    let brackets = format!("[\"{}\\\"{}\",\"\\\\\"]", "[".repeat(200), "{".repeat(200));
    for fine in [nested("[", 128, "]"), brackets] {
        let frame = frame_with("msg_read", Field::MsgTo, "\"9898989898\"");
        assert!(Frame::parse(&frame.replacen('{', &format!("{{\"x\":{fine},"), 1)).is_ok());
    }
}

#[test]
fn missing_fields_are_named() {
    for field in [Field::MsgFrom, Field::MsgTo, Field::SentTimestamp, Field::Message] {
        check(&frame_with("new_msg", field, ""), Fault::Missing(field), "new_msg");
    }
    check(&frame_with("msg_received", Field::Message, ""), Fault::Missing(Field::Message), "msg_received");
    check(&frame_with("new_msg", Field::Command, ""), Fault::Missing(Field::Command), "parse");
    check("{}", Fault::Missing(Field::Command), "parse");
    check("{\"command\":\"fetch_msgs\"}", Fault::Missing(Field::MsgFrom), "fetch_msgs");
}

#[test]
fn wrong_types_are_named() {
    let types = [
        ("null", JsonType::Null),
        ("true", JsonType::Boolean),
        ("false", JsonType::Boolean),
        ("9999999999", JsonType::Number),
        ("-1.5e3", JsonType::Number),
        ("[\"9999999999\"]", JsonType::Array),
        ("{\"a\":1}", JsonType::Object),
    ];
    for (json, found) in types {
        for field in [Field::MsgFrom, Field::MsgTo, Field::SentTimestamp, Field::Message] {
            check(&frame_with("new_msg", field, json), Fault::WrongType { field, found }, "new_msg");
        }
        let field = Field::Command;
        check(&frame_with("new_msg", field, json), Fault::WrongType { field, found }, "parse");
    }
}

#[test]
fn unknown_commands_are_repeated() {
    check(&frame_with("dance", Field::Message, "1"), Fault::UnknownCommand, "dance");
    check(&frame_with("", Field::Message, "1"), Fault::UnknownCommand, "parse");
    check(&frame_with("NEW_MSG", Field::Message, ""), Fault::UnknownCommand, "NEW_MSG");
    check(&frame_with(&"ü".repeat(5_000), Field::Message, ""), Fault::UnknownCommand, &"ü".repeat(128));
}

#[test]
fn halves_of_surrogate_pairs_are_no_text() {
    for half in [r#""\ud800""#, r#""a\udc00b""#, r#""\ud800A""#] {
        for field in [Field::MsgFrom, Field::MsgTo, Field::SentTimestamp, Field::Message] {
            check(&frame_with("new_msg", field, half), Fault::NotUnicode(field), "new_msg");
        }
        check(&frame_with("", Field::Command, half), Fault::NotUnicode(Field::Command), "parse");
    }
}

#[test]
fn bad_timestamps_say_where_and_why() {
    let shape = |field| Fault::BadTimestamp { field, reason: BadTimestamp::Shape };
    for command in ["new_msg", "msg_read", "is_typing", "fetch_msgs"] {
        let frame = frame_with(command, Field::SentTimestamp, "\"now\"");
        check(&frame, shape(Field::SentTimestamp), command);
    }
    for command in
        ["msg_received", "msg_read", "delete_msg", "grp_msg_received", "grp_msg_read", "delete_grp_msg"]
    {
        check(&frame_with(command, Field::Message, "\"-null-\""), shape(Field::Message), command);
    }
    let reason = BadTimestamp::TooFine;
    let fault = Fault::BadTimestamp { field: Field::Message, reason };
    check(&frame_with("msg_read", Field::Message, "\"2020-11-21 17:11:06.1234567\""), fault, "msg_read");
}
