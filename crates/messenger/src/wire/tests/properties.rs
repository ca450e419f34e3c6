//! Properties: nothing a client sends breaks the reader, and what is written says what it was given.

use super::super::{Body, Command, Entry, FetchAnswer, Frame, Told};
use super::now;
use crate::timestamp::Sent;
use proptest::prelude::*;
use serde_json::{Value, json};

/// JSON of the shapes that frames are made of, with the dialect's own words in it more often than chance has them.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("new_msg".to_owned()),
        Just("msg_read".to_owned()),
        Just("is_typing".to_owned()),
        Just("2020-11-21 16:32:17.356".to_owned()),
        any::<String>(),
    ];
    let name = prop_oneof![
        Just("message".to_owned()),
        Just("command".to_owned()),
        Just("msg_from".to_owned()),
        Just("msg_to".to_owned()),
        Just("sent_timestamp".to_owned()),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        4 => word.prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Reads a text, and if it is no frame, writes the error frame that says so.
fn read(text: &str) -> Result<Option<Value>, TestCaseError> {
    let Err(fault) = Frame::parse(text) else { return Ok(None) };
    let frame = fault.frame("1111111111", "2222222222", &now());
    serde_json::from_str(&frame).map(Some).map_err(|error| TestCaseError::fail(format!("{error}: {frame}")))
}

proptest! {
    #[test]
    fn any_text_is_read_or_answered(text in "\\PC*") {
        read(&text)?;
    }

    #[test]
    fn any_bytes_are_read_or_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_json_is_read_or_answered(json in any_json()) {
        let Some(error) = read(&json.to_string())? else { return Ok(()) };
        prop_assert_eq!(&error["command"], "error");
        let as_text = |key: &str| json.get(key).and_then(Value::as_str);
        // `any::<String>` stays under 128 characters, so nothing is cut.
        prop_assert_eq!(&error["type"], as_text("command").filter(|name| !name.is_empty()).unwrap_or("parse"));
        prop_assert_eq!(&error["msg_from"], as_text("msg_from").unwrap_or("1111111111"));
        prop_assert_eq!(&error["msg_to"], as_text("msg_to").unwrap_or("2222222222"));
    }

    #[test]
    fn a_frame_with_a_byte_amiss_is_read_or_answered(at in 0_usize..200, byte in 0_u8..128, cut in any::<bool>()) {
        let mut frame = json!({
            "message": "2020-11-21 17:11:06.23", "command": "msg_read", "msg_from": "9999999999",
            "msg_to": "9898989898", "sent_timestamp": "2020-11-21 17:11:30.404",
        }).to_string().into_bytes();
        let at = at % frame.len();
        if cut { frame.truncate(at) } else { frame[at] = byte }
        read(&String::from_utf8(frame).unwrap())?;
    }

    #[test]
    fn what_is_told_can_be_read_again(
        message: String,
        msg_from: String,
        msg_to: String,
        micros in Sent::MIN.micros()..=Sent::MAX.micros(),
    ) {
        let sent = Sent::from_micros(micros).unwrap();
        let told = Told {
            message: Some(&message),
            command: Command::NewMsg,
            msg_from: &msg_from,
            sent_timestamp: &sent.fetched(),
        };
        let text = told.addressed(&msg_to);
        let frame = Frame::parse(&text).unwrap();
        prop_assert_eq!(frame.command, Command::NewMsg);
        prop_assert_eq!(frame.body, Body::Text(message.into()));
        prop_assert_eq!(frame.msg_from, msg_from);
        prop_assert_eq!(frame.msg_to, msg_to);
        prop_assert_eq!(frame.sent.at, sent);
    }

    #[test]
    fn lists_say_what_they_were_given(
        messages in prop::collection::vec(any::<String>(), 0..6),
        pending in prop::collection::vec(any::<String>(), 0..6),
        last: bool,
    ) {
        let sent = Sent::parse("2020-11-19 17:56:03.88").unwrap();
        let mut answer = FetchAnswer::to(Command::FetchGrpMsgs);
        let mut expect = Vec::new();
        for message in &messages {
            answer.push_pending(&Entry { msg_from: "a-1", msg_to: "2", message, sent }, &pending);
            expect.push(json!({
                "msg_from": "a-1", "msg_to": "2", "message": message, "command": "new_msg",
                "sent_timestamp": "2020-11-19T17:56:03.880000Z", "pending": pending,
            }));
        }
        let all = if last { "True" } else { "False" };
        let expect = json!({"command": "fetch_grp_msgs", "all": all, "messages": expect});
        prop_assert_eq!(serde_json::from_str::<Value>(&answer.finish(last)).unwrap(), expect);
    }
}
