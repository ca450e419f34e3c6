//! What is written beyond the seed's samples: escapes, sizes, many receivers, long lists.

use super::super::{Command, Entry, ErrorFrame, FetchAnswer, Told, msg_sent};
use super::now;
use crate::timestamp::Sent;
use serde_json::Value;

const TOLD: Told<'_> = Told {
    message: Some("ok"),
    command: Command::NewGrpMsg,
    msg_from: "test12test-9999999999",
    sent_timestamp: "2020-11-21 16:32:17.356",
};

#[test]
fn plain_frames_are_allocated_once() {
    let typing = Told { message: None, command: Command::IsTyping, ..TOLD };
    let error = ErrorFrame { message: "no", kind: "new_msg", msg_from: "9999999999", msg_to: "9898989898" };
    for frame in [
        TOLD.addressed("9898989898"),
        TOLD.prepared().addressed("9898989898"),
        typing.addressed("9898989898"),
        typing.prepared().addressed("9898989898"),
        msg_sent("2020-11-21 16:32:17.356", "9999999999", "9898989898", &now()),
        error.written(&now()),
    ] {
        assert_eq!(frame.capacity(), frame.len(), "{frame}");
    }
}

#[test]
fn prepared_frames_are_the_same_as_single_ones() {
    let awkward = Told { message: Some("a\"b\\\n\0🦉"), msg_from: "\"", sent_timestamp: "\\", ..TOLD };
    let typing = Told { message: None, command: Command::IsGrpTyping, ..TOLD };
    for told in [TOLD, awkward, typing] {
        let prepared = told.prepared();
        for msg_to in ["9898989898", "", "a\"b\\c", "\u{1}ü"] {
            assert_eq!(prepared.addressed(msg_to), told.addressed(msg_to));
        }
    }
}

#[test]
fn every_character_is_escaped_as_serde_json_does() {
    for byte in 0..=0x80_u8 {
        let message = format!("a{}z", char::from(byte));
        let frame = Told { message: Some(&message), ..TOLD }.addressed("9898989898");
        let start = format!(r#"{{"message":{},"command""#, serde_json::to_string(&message).unwrap());
        assert!(frame.starts_with(&start), "{frame}");
    }
}

#[test]
fn typing_never_carries_a_message() {
    for command in [Command::IsTyping, Command::IsGrpTyping] {
        let frame = Told { command, ..TOLD }.addressed("9898989898");
        let frame: Value = serde_json::from_str(&frame).unwrap();
        assert_eq!(frame.get("message"), None);
        assert_eq!(frame["command"], "is_typing");
    }
    // Where a message is missing that belongs there, none is invented.
    assert!(Told { message: None, ..TOLD }.addressed("9898989898").starts_with(r#"{"command":"new_msg","#));
}

#[test]
fn errors_repeat_little_of_a_clients_words() {
    let endless = "\u{1}🦉".repeat(10_000);
    let (kind, msg_from, msg_to) = (endless.as_str(), endless.as_str(), endless.as_str());
    let frame = ErrorFrame { message: "no", kind, msg_from, msg_to }.written(&now());
    assert!(frame.len() < 3 * 128 * 6, "{}", frame.len());
    let frame: Value = serde_json::from_str(&frame).unwrap();
    for key in ["type", "msg_from", "msg_to"] {
        assert_eq!(frame[key].as_str().unwrap(), "\u{1}🦉".repeat(64));
    }
}

#[test]
fn lists_are_full_at_fifty_or_at_their_size() {
    #[track_caller]
    fn check(message: &str, pending: usize, expect: usize) {
        let entry = Entry {
            msg_from: "9797979797",
            msg_to: "9999999999",
            message,
            sent: Sent::parse("2020-11-19 17:56:03.88").unwrap(),
        };
        let pending = vec!["999999999999999"; pending];
        let mut answer = FetchAnswer::to(Command::FetchGrpMsgs);
        let mut count = 0;
        while !answer.is_full() {
            answer.push_pending(&entry, &pending);
            count += 1;
        }
        let frame = answer.finish(false);
        assert_eq!(count, expect, "{} bytes", frame.len());
        assert!(frame.len() < 448 * 1024, "{}", frame.len());
        let frame: Value = serde_json::from_str(&frame).unwrap();
        assert_eq!(frame["messages"].as_array().unwrap().len(), expect);
        assert_eq!(frame["messages"][expect - 1]["message"], message);
        assert_eq!(frame["all"], "False");
    }
    check("ok", 127, 50);
    check(&"x".repeat(4096), 127, 50);
    check(&"ü".repeat(4096), 1, 50);
    check(&"ü".repeat(4096), 127, 41);
    check(&"\u{1}".repeat(4096), 127, 16);
}
