//! The seed's personal and group samples: each input read and told on, each output written, key by key in the
//! seed's order and value by value.

use super::super::{Command, ErrorFrame, Frame, SocketKind, Told, msg_sent};
use super::now;
use crate::timestamp::Sent;

/// Reads `sent` on a socket of that kind and tells it on as `msg_from`.
#[track_caller]
fn check(socket: SocketKind, sent: &str, msg_from: &str, told: &str) {
    let frame = Frame::parse(sent).expect(sent);
    assert!(frame.command.works_on(socket), "{sent}");
    assert_eq!(frame.msg_from, "9999999999", "{sent}");
    let out = Told {
        message: frame.body.as_sent(),
        command: frame.command,
        msg_from,
        sent_timestamp: &frame.sent.text,
    };
    assert_eq!(out.addressed("9898989898"), told);
}

#[track_caller]
fn check_personal(sent: &str, told: &str) {
    check(SocketKind::Personal, sent, "9999999999", told);
}

#[track_caller]
fn check_group(sent: &str, told: &str) {
    check(SocketKind::Group, sent, "test12test-9999999999", told);
}

#[test]
fn personal_commands_are_told_as_they_came() {
    for same in [
        r#"{"message":"ok","command":"new_msg","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 16:32:17.356"}"#,
        r#"{"message":"2020-11-21 17:11:06.23","command":"msg_received","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        r#"{"message":"2020-11-21 17:11:06.23","command":"msg_read","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        // The contract's, which the seed only names in its error.
        r#"{"message":"2020-11-21 17:11:06.23","command":"delete_msg","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
    ] {
        check_personal(same, same);
    }
    check_personal(
        r#"{"message":"-null-","command":"is_typing","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        r#"{"command":"is_typing","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
    );
}

#[test]
fn group_commands_are_told_under_personal_names() {
    check_group(
        r#"{"message":"ok","command":"new_grp_msg","msg_from":"9999999999","msg_to":"test12test","sent_timestamp":"2020-11-21 16:32:17.356"}"#,
        r#"{"message":"ok","command":"new_msg","msg_from":"test12test-9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 16:32:17.356"}"#,
    );
    check_group(
        r#"{"message":"2020-11-21T17:11:06.23Z","command":"grp_msg_received","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        r#"{"message":"2020-11-21T17:11:06.23Z","command":"msg_received","msg_from":"test12test-9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
    );
    for command in ["msg_read", "grp_msg_read"] {
        let sent = r#"{"message":"2020-11-21 17:11:06.23","command":"msg_read","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#;
        check_group(
            &sent.replace("msg_read", command),
            r#"{"message":"2020-11-21 17:11:06.23","command":"msg_read","msg_from":"test12test-9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        );
    }
    check_group(
        r#"{"message":"--null--","command":"is_grp_typing","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        r#"{"command":"is_typing","msg_from":"test12test-9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
    );
    check_group(
        r#"{"message":"2020-11-21 17:11:06.23","command":"delete_grp_msg","msg_from":"9999999999","msg_to":"test12test","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
        r#"{"message":"2020-11-21 17:11:06.23","command":"delete_msg","msg_from":"test12test-9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 17:11:30.404"}"#,
    );
}

#[test]
fn msg_sent_carries_the_original() {
    assert_eq!(
        msg_sent("2020-11-21 16:32:17.356", "9999999999", "9898989898", &now()),
        r#"{"message":"2020-11-21 16:32:17.356","command":"msg_sent","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 16:32:18.789"}"#
    );
    // `msg_to` is the key, not one of the receivers (contract "Settled details").
    let original = Sent::parse("2020-11-21 16:32:17.356").unwrap().group_sent();
    assert_eq!(
        msg_sent(&original, "9999999999", "test12test", &now()),
        r#"{"message":"2020-11-21T16:32:17.356Z","command":"msg_sent","msg_from":"9999999999","msg_to":"test12test","sent_timestamp":"2020-11-21 16:32:18.789"}"#
    );
}

#[test]
fn errors_are_as_in_the_seed() {
    let error = ErrorFrame {
        message: "couldn't find a message to delete",
        kind: Command::DeleteMsg.name(),
        msg_from: "9999999999",
        msg_to: "9898989898",
    };
    assert_eq!(
        error.written(&now()),
        r#"{"message":"couldn't find a message to delete","command":"error","type":"delete_msg","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 16:32:18.789"}"#
    );
}
