//! What the error frame of a fault repeats of the frame, and what the path stands in for.

use super::super::{Command, Field, Frame};
use super::faults::frame_with;
use super::now;

#[test]
fn error_frames_repeat_what_could_be_read() {
    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(Frame::parse(text).expect_err(text).frame("1111111111", "2222222222", &now()), expect);
    }
    check(
        "{",
        r#"{"message":"the frame is not JSON (line 1, column 1)","command":"error","type":"parse","msg_from":"1111111111","msg_to":"2222222222","sent_timestamp":"2020-11-21 16:32:18.789"}"#,
    );
    check(
        &frame_with("new_msg", Field::MsgFrom, "7"),
        r#"{"message":"msg_from must be a string, not a number","command":"error","type":"new_msg","msg_from":"1111111111","msg_to":"9898989898","sent_timestamp":"2020-11-21 16:32:18.789"}"#,
    );
    check(
        &frame_with("a\\\"b", Field::MsgTo, ""),
        r#"{"message":"unknown command","command":"error","type":"a\"b","msg_from":"9999999999","msg_to":"2222222222","sent_timestamp":"2020-11-21 16:32:18.789"}"#,
    );
    check(
        &frame_with("msg_read", Field::Message, "\"2016-12-31 23:59:60\""),
        r#"{"message":"bad timestamp in message: leap seconds are not accepted","command":"error","type":"msg_read","msg_from":"9999999999","msg_to":"9898989898","sent_timestamp":"2020-11-21 16:32:18.789"}"#,
    );
    let endless = frame_with("new_msg", Field::MsgTo, &format!("\"{}\"", "9".repeat(60_000)));
    let answered = Frame::parse(&endless.replace("new_msg", "dance")).unwrap_err().frame("1", "2", &now());
    assert!(answered.contains(&format!(r#""msg_to":"{}","#, "9".repeat(128))), "{answered}");
}

#[test]
fn known_commands_are_known_in_a_fault() {
    let fault = Frame::parse(&frame_with("msg_read", Field::MsgTo, "")).unwrap_err();
    assert_eq!(fault.known_command(), Some(Command::MsgRead));
    let fault = Frame::parse(&frame_with("dance", Field::MsgTo, "")).unwrap_err();
    assert_eq!(fault.known_command(), None);
}
