//! What is understood of an event, and what its acknowledgement says when nothing is.

use super::args;
use crate::content::{MOST_BYTES, MOST_DEEP};
use crate::error::Fault;
use crate::rules::marking::Severity;
use crate::stored::Side;
use crate::wire::{Asked, ack};

const ROOM: &str = "0191f3a0c0de70008000000000000001";

/// How an event is read: the form of what is understood, or the acknowledgement.
fn read(name: &str, json: &str, binary: bool, side: Side) -> String {
    match Asked::read(name, &args(json), binary, side) {
        Ok(asked) => format!("{asked:?}"),
        Err(fault) => ack(Err(fault)),
    }
}

#[track_caller]
fn visitor(name: &str, json: &str, expect: &str) {
    assert_eq!(read(name, json, false, Side::Visitor), expect, "{name} {json}");
}

#[track_caller]
fn staff(name: &str, json: &str, expect: &str) {
    let full = json.replace("ROOM", ROOM);
    let read = read(name, &full, false, Side::Staff);
    assert_eq!(read.replace(&super::dashed(ROOM), "ROOM"), expect, "{name} {json}");
}

fn missing(field: &str) -> String {
    format!(r#"[false,"Missing/Invalid field: {field}"]"#)
}

const NO_DATA: &str = r#"[false,"Missing/Invalid data"]"#;
const NO_ROOM: &str = r#"[false,"The chat room is either closed or doesn't exist."]"#;

#[test]
fn what_visitors_say_is_an_object_with_something_in_it() {
    let said = |word: &str, content: &str| format!("Visitor({word}(Content({} bytes)))", content.len());
    for (name, word) in
        [("visitor_first_msg", "Open"), ("visitor_msg_unclaimed", "Add"), ("visitor_msg", "Say")]
    {
        for content in
            [r#"{"content":"Hello","timestamp":1572526821849}"#, r#"{ "b" : 1e2, "a":{} }"#, r#"{"":null}"#]
        {
            visitor(name, &format!("[{content}]"), &said(word, content));
            visitor(name, &format!("[{content},7]"), &said(word, content));
        }
        for wrong in [
            "[]",
            "[null]",
            "[{}]",
            "[{ \n }]",
            "[[]]",
            r#"[["a"]]"#,
            r#"["{\"a\":1}"]"#,
            "[1]",
            "[true]",
            "[null,{\"a\":1}]",
        ] {
            visitor(name, wrong, NO_DATA);
        }
        assert_eq!(read(name, r#"[{"a":{"_placeholder":true,"num":0}}]"#, true, Side::Visitor), NO_DATA);
    }
    visitor("visitor_leave_room", "[]", "Visitor(Leave)");
    visitor("visitor_leave_room", r#"[{"room":7}]"#, "Visitor(Leave)");
}

#[test]
fn the_staff_names_a_room() {
    let plain = [
        ("staff_join", "Claim"),
        ("staff_leave_room", "Leave"),
        ("take_over_chat", "TakeOver"),
        ("return_chat", "Return"),
        ("user_typing_send", "Type { on: true }"),
        ("user_stop_typing_send", "Type { on: false }"),
    ];
    for (name, word) in plain {
        staff(name, r#"[{"room":"ROOM"}]"#, &format!("Staff(ROOM, {word})"));
        staff(name, r#"[{"x":1,"room":"ROOM","content":7},null]"#, &format!("Staff(ROOM, {word})"));
        staff(name, r#"[{"room":7,"room":"ROOM"}]"#, &format!("Staff(ROOM, {word})"));
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
        "user_typing_send",
        "user_stop_typing_send",
    ] {
        for wrong in [
            "[]",
            "[null]",
            r#"["ROOM"]"#,
            "[{}]",
            r#"[{"room":null}]"#,
            r#"[{"room":7}]"#,
            r#"[{"room":{"id":"ROOM"}}]"#,
            r#"[{"Room":"ROOM"}]"#,
            r#"[["room","ROOM"]]"#,
        ] {
            staff(name, wrong, &missing("room"));
        }
    }
    for nowhere in [
        "",
        "x",
        "{0191f3a0c0de70008000000000000001}",
        "0191f3a0c0de7000800000000000000g",
        "0191f3a0c0de700080000000000000011",
    ] {
        staff("staff_join", &format!(r#"[{{"room":"{nowhere}"}}]"#), NO_ROOM);
        // What is missing besides is said first.
        staff("staff_msg", &format!(r#"[{{"room":"{nowhere}"}}]"#), &missing("content"));
        staff("staff_msg", &format!(r#"[{{"room":"{nowhere}","content":{{"a":1}}}}]"#), NO_ROOM);
    }
    staff("staff_join", r#"[{"room":"0191F3A0C0DE70008000000000000001"}]"#, "Staff(ROOM, Claim)");
    staff("staff_join", r#"[{"room":"0191f3a0-c0de-7000-8000-000000000001"}]"#, "Staff(ROOM, Claim)");
    staff("staff_join", r#"[{"\u0072oom":"ROOM"}]"#, "Staff(ROOM, Claim)");
}

#[test]
fn what_the_staff_says_is_an_object_with_something_in_it() {
    for (name, word) in [("staff_msg", "Say"), ("chat_note", "Note")] {
        let content = r#"{"z":1,"a":"\ud83d"}"#;
        let expect = format!("Staff(ROOM, {word}(Content({} bytes)))", content.len());
        staff(name, &format!(r#"[{{"room":"ROOM","content":{content}}}]"#), &expect);
        for wrong in ["null", "{}", "[]", r#""a""#, "7", "false"] {
            staff(name, &format!(r#"[{{"room":"ROOM","content":{wrong}}}]"#), &missing("content"));
        }
        staff(name, r#"[{"room":"ROOM"}]"#, &missing("content"));
        let json = format!(r#"[{{"room":"{ROOM}","content":{{"a":{{"_placeholder":true,"num":0}}}}}}]"#);
        assert_eq!(read(name, &json, true, Side::Staff), missing("content"));
    }
}

#[test]
fn a_severity_is_an_integer_from_nought_up() {
    let asked = |json: &str| format!(r#"[{{"room":"ROOM"{json}}}]"#);
    let expect = |severity: i64| format!("Staff(ROOM, Prioritise(Severity({severity})))");
    staff("change_chat_priority", &asked(""), &expect(0));
    for level in [0, 1, 5, Severity::MOST] {
        staff("change_chat_priority", &asked(&format!(r#","severity_level":{level}"#)), &expect(level));
    }
    for wrong in [
        "-1",
        "-0",
        "1.0",
        "1.5",
        "1e2",
        "true",
        "false",
        "null",
        r#""1""#,
        "[1]",
        "{}",
        "9007199254740992",
        "9223372036854775808",
    ] {
        staff(
            "change_chat_priority",
            &asked(&format!(r#","severity_level":{wrong}"#)),
            &missing("severity_level"),
        );
    }
}

#[test]
fn tags_are_a_list_of_texts() {
    let asked = |json: &str| format!(r#"[{{"room":"ROOM"{json}}}]"#);
    staff("chat_tags", &asked(r#","tags":[]"#), "Staff(ROOM, Tag(Tags([])))");
    staff("chat_tags", &asked(r#","tags":["a","b"]"#), r#"Staff(ROOM, Tag(Tags(["a", "b"])))"#);
    for wrong in [
        "",
        r#","tags":null"#,
        r#","tags":"a""#,
        r#","tags":[1]"#,
        r#","tags":{"a":"b"}"#,
        r#","tags":["\ud83d"]"#,
        r#","tags":[""]"#,
    ] {
        staff("chat_tags", &asked(wrong), &missing("tags"));
    }
}

#[test]
fn a_visitor_types_in_his_own_chat() {
    visitor("user_typing_send", "[]", "Visitor(Type { room: None, on: true })");
    visitor("user_stop_typing_send", "[null]", "Visitor(Type { room: None, on: false })");
    visitor("user_typing_send", "[{}]", "Visitor(Type { room: None, on: true })");
    let named = format!(r#"[{{"room":"{ROOM}"}}]"#);
    let expect = format!("Visitor(Type {{ room: Some({}), on: true }})", super::dashed(ROOM));
    visitor("user_typing_send", &named, &expect);
    visitor("user_typing_send", r#"[{"room":7}]"#, &missing("room"));
    visitor("user_typing_send", r#"[{"room":"x"}]"#, NO_ROOM);
}

#[test]
fn an_event_of_the_other_side_or_of_nobody_is_refused() {
    let (staff_only, visitors_only) =
        (r#"[false,"Only staff can do this."]"#, r#"[false,"Only visitors can do this."]"#);
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
        visitor(name, "[]", staff_only);
    }
    for name in ["visitor_first_msg", "visitor_msg_unclaimed", "visitor_msg", "visitor_leave_room"] {
        staff(name, "[]", visitors_only);
    }
    for name in
        ["", "visitor_", "staff_send", "visitor_init", "connect", "Staff_Join", "__proto__", "visitor_msg "]
    {
        let expect = format!(r#"[false,"Unknown event: {name}"]"#);
        visitor(name, "[]", &expect);
        staff(name, "[]", &expect);
    }
    visitor("a\"b\\\n", "[]", r#"[false,"Unknown event: a\"b\\\n"]"#);
    let long = "ä".repeat(5_000);
    let expect = format!(r#"[false,"Unknown event: {}"]"#, "ä".repeat(128));
    visitor(&long, "[]", &expect);
}

#[test]
fn a_content_has_a_size_and_a_depth() {
    let sized = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - r#"{"a":""}"#.len()));
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    let check = |content: &str, expect: Result<(), Fault>| {
        let read = Asked::read("visitor_msg", &args(&format!("[{content}]")), false, Side::Visitor);
        assert_eq!(read.map(|_| ()), expect);
    };
    check(&sized(MOST_BYTES), Ok(()));
    check(&sized(MOST_BYTES + 1), Err(Fault::TooLarge));
    check(&nested(MOST_DEEP), Ok(()));
    check(&nested(MOST_DEEP + 1), Err(Fault::Data));
    check(&nested(4_000), Err(Fault::Data));
    // Brackets and quotes in texts are no depth.
    check(&format!(r#"{{"a":"\"{}"}}"#, "[".repeat(200)), Ok(()));
}
