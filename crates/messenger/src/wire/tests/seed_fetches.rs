//! The seed's fetches: the questions read, the lists written, key by key in its order and value by value.

use super::super::{Body, Command, Entry, FetchAnswer, Frame, SocketKind};
use crate::timestamp::Sent;

/// `(msg_from, message, sent, pending)`
type Waiting<'a> = (&'a str, &'a str, &'a str, Option<&'a [&'a str]>);

#[track_caller]
fn check_question(sent: &str, command: Command) {
    let frame = Frame::parse(sent).expect(sent);
    assert!(frame.command.works_on(SocketKind::Special));
    assert_eq!((frame.command, frame.body), (command, Body::Nothing));
    assert_eq!(frame.msg_to, "9999999999");
}

#[track_caller]
fn check_answer(command: Command, last: bool, waiting: &[Waiting<'_>], expect: &[&str]) {
    let mut answer = FetchAnswer::to(command);
    for &(msg_from, message, sent, pending) in waiting {
        let entry = Entry { msg_from, msg_to: "9999999999", message, sent: Sent::parse(sent).unwrap() };
        match pending {
            None => answer.push(&entry),
            Some(pending) => answer.push_pending(&entry, pending),
        }
    }
    assert_eq!(answer.finish(last), expect.concat());
}

#[test]
fn fetches_are_read() {
    check_question(
        r#"{"message":"--null--","command":"fetch_msgs","msg_from":"9797979797","msg_to":"9999999999","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        Command::FetchMsgs,
    );
    check_question(
        r#"{"message":"--null--","command":"fetch_grp_msgs","msg_from":"test12test","msg_to":"9999999999","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        Command::FetchGrpMsgs,
    );
}

#[test]
fn personal_lists() {
    check_answer(
        Command::FetchMsgs,
        true,
        &[
            ("9797979797", "zzz", "2020-11-19 17:56:03.88", None),
            ("9898989898", "ok", "2020-11-22 08:50:01.67", None),
        ],
        &[
            r#"{"command":"fetch_msgs","all":"True","messages":["#,
            r#"{"msg_from":"9797979797","msg_to":"9999999999","message":"zzz","command":"new_msg","#,
            r#""sent_timestamp":"2020-11-19T17:56:03.880000Z"},"#,
            r#"{"msg_from":"9898989898","msg_to":"9999999999","message":"ok","command":"new_msg","#,
            r#""sent_timestamp":"2020-11-22T08:50:01.670000Z"}]}"#,
        ],
    );
}

#[test]
fn group_lists_carry_pending() {
    check_answer(
        Command::FetchGrpMsgs,
        false,
        &[
            ("test12test-9797979797", "new", "2020-11-19 17:56:03.88", Some(&["9999999999"])),
            ("test12test-9898989898", "ok", "2020-11-22 08:50:01.67", Some(&["9797979797", "9999999999"])),
        ],
        &[
            r#"{"command":"fetch_grp_msgs","all":"False","messages":["#,
            r#"{"msg_from":"test12test-9797979797","msg_to":"9999999999","message":"new","command":"new_msg","#,
            r#""sent_timestamp":"2020-11-19T17:56:03.880000Z","pending":["9999999999"]},"#,
            r#"{"msg_from":"test12test-9898989898","msg_to":"9999999999","message":"ok","command":"new_msg","#,
            r#""sent_timestamp":"2020-11-22T08:50:01.670000Z","pending":["9797979797","9999999999"]}]}"#,
        ],
    );
}

#[test]
fn empty_lists_are_the_last() {
    for command in [Command::FetchMsgs, Command::FetchGrpMsgs, Command::FetchRoomMsgs] {
        let expect = format!(r#"{{"command":"{}","all":"True","messages":[]}}"#, command.name());
        check_answer(command, true, &[], &[&expect]);
    }
    check_answer(
        Command::FetchGrpMsgs,
        true,
        &[("test12test-9797979797", "new", "2020-11-19 17:56:03.88", Some(&[]))],
        &[
            r#"{"command":"fetch_grp_msgs","all":"True","messages":["#,
            r#"{"msg_from":"test12test-9797979797","msg_to":"9999999999","message":"new","command":"new_msg","#,
            r#""sent_timestamp":"2020-11-19T17:56:03.880000Z","pending":[]}]}"#,
        ],
    );
}
