//! The messenger's frames as a load generator sees them: outgoing ones are templates in which
//! only the timestamps change; of incoming ones only the command and the timestamp that names the
//! message matter. The common shape, a flat object of plain strings, is read without a JSON
//! parser; anything else goes through one.

use serde_json::Value;

use crate::stamp;

/// An outgoing frame whose timestamps are filled in for each message.
#[derive(Debug)]
pub(crate) struct Template {
    text: Vec<u8>,
    about_at: Option<usize>,
    stamp_at: usize,
}

impl Template {
    /// A message: `command` is `new_msg` or `new_grp_msg`, `body` goes out as it is and must need
    /// no escapes.
    pub(crate) fn message(command: &str, from: &str, to: &str, body: &str) -> Self {
        Self::build(body, command, from, to, false)
    }

    /// A receipt (`msg_received`), whose `message` is the timestamp of the message it is about.
    pub(crate) fn receipt(from: &str, to: &str) -> Self {
        Self::build(&"0".repeat(stamp::LEN), "msg_received", from, to, true)
    }

    fn build(message: &str, command: &str, from: &str, to: &str, receipt: bool) -> Self {
        let head = "{\"message\":\"";
        let text = format!(
            "{head}{message}\",\"command\":\"{command}\",\"msg_from\":\"{from}\",\"msg_to\":\"{to}\",\
             \"sent_timestamp\":\""
        );
        let stamp_at = text.len();
        let text = format!("{text}{}\"}}", "0".repeat(stamp::LEN)).into_bytes();
        Self { text, about_at: receipt.then_some(head.len()), stamp_at }
    }

    /// The frame sent at `sent`, and for a receipt about the message of `about` (both in
    /// microseconds since 1970).
    pub(crate) fn fill(&mut self, sent: u64, about: u64) -> &[u8] {
        self.put(self.stamp_at, sent);
        if let Some(at) = self.about_at {
            self.put(at, about);
        }
        &self.text
    }

    fn put(&mut self, at: usize, micros: u64) {
        if let Some(place) = self.text[at..].first_chunk_mut::<{ stamp::LEN }>() {
            stamp::write(micros, place);
        }
    }
}

/// What an incoming frame says; the number is the microsecond that names the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// `msg_sent`: the server has saved our message.
    Sent(u64),
    /// `new_msg`: a message arrives.
    Delivered(u64),
    /// `msg_received`: the peer has it.
    Received(u64),
    /// `error`: the server refused something.
    Refused,
    /// Anything else, typing and updates among them.
    Other,
}

/// Reads one incoming frame.
pub(crate) fn hear(text: &[u8]) -> Heard {
    if let Some(fields) = flat(text) {
        return sort(fields.command, fields.message, fields.sent_timestamp);
    }
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return Heard::Other };
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().as_bytes();
    sort(field("command"), field("message"), field("sent_timestamp"))
}

fn sort(command: &[u8], message: &[u8], sent_timestamp: &[u8]) -> Heard {
    let named = |kind: fn(u64) -> Heard, by: &[u8]| stamp::read(by).map_or(Heard::Other, kind);
    match command {
        b"msg_sent" => named(Heard::Sent, message),
        b"new_msg" => named(Heard::Delivered, sent_timestamp),
        b"msg_received" => named(Heard::Received, message),
        b"error" => Heard::Refused,
        _ => Heard::Other,
    }
}

#[derive(Default)]
struct Fields<'a> {
    command: &'a [u8],
    message: &'a [u8],
    sent_timestamp: &'a [u8],
}

/// The fields of a flat object whose values are all strings without escapes; `None` if it is not
/// one, in which case it may still be JSON.
fn flat(text: &[u8]) -> Option<Fields<'_>> {
    let mut rest = mark(text, b'{')?;
    let mut fields = Fields::default();
    loop {
        let (key, after) = string(rest)?;
        let (value, after) = string(mark(after, b':')?)?;
        match key {
            b"command" => fields.command = value,
            b"message" => fields.message = value,
            b"sent_timestamp" => fields.sent_timestamp = value,
            _ => {}
        }
        let Some(next) = mark(after, b',') else {
            return mark(after, b'}').filter(|tail| tail.trim_ascii().is_empty()).map(|_| fields);
        };
        rest = next;
    }
}

fn mark(text: &[u8], wanted: u8) -> Option<&[u8]> {
    text.trim_ascii_start().strip_prefix(&[wanted])
}

fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = mark(text, b'"')?;
    let end = memchr::memchr2(b'"', b'\\', text)?;
    (text[end] == b'"').then(|| (&text[..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: u64 = 1_605_976_337_356_000;

    #[test]
    fn templates_are_the_messengers_frames() {
        let mut message = Template::message("new_msg", "9999999999", "9898989898", "ok");
        let frame: Value = serde_json::from_slice(message.fill(AT, 0)).unwrap();
        let expected = serde_json::json!({
            "message": "ok", "command": "new_msg", "msg_from": "9999999999", "msg_to": "9898989898",
            "sent_timestamp": "2020-11-21 16:32:17.356000"
        });
        assert_eq!(frame, expected);
        assert_eq!(hear(message.fill(AT + 7, 0)), Heard::Delivered(AT + 7));

        let mut receipt = Template::receipt("9898989898", "9999999999");
        let frame: Value = serde_json::from_slice(receipt.fill(AT + 1_000_000, AT)).unwrap();
        let expected = serde_json::json!({
            "message": "2020-11-21 16:32:17.356000", "command": "msg_received", "msg_from": "9898989898",
            "msg_to": "9999999999", "sent_timestamp": "2020-11-21 16:32:18.356000"
        });
        assert_eq!(frame, expected);
    }

    /// What is heard must not depend on which of the two readers heard it.
    #[test]
    fn frames_of_a_server() {
        let cases = [
            (
                r#"{"message":"2020-11-21 16:32:17.356","command":"msg_sent","sent_timestamp":"x"}"#,
                true,
                Heard::Sent(AT),
            ),
            (
                r#"{ "sent_timestamp" : "2020-11-21 16:32:17.356" , "command" : "new_msg" } "#,
                true,
                Heard::Delivered(AT),
            ),
            (
                r#"{"command":"msg_received","message":"2020-11-21T16:32:17.356000Z"}"#,
                true,
                Heard::Received(AT),
            ),
            (
                r#"{"command":"new_msg","message":"say \"hi\"","sent_timestamp":"2020-11-21 16:32:17.356"}"#,
                false,
                Heard::Delivered(AT),
            ),
            (
                r#"{"command":"new_msg","extra":{"a":[1]},"sent_timestamp":"2020-11-21 16:32:17.356"}"#,
                false,
                Heard::Delivered(AT),
            ),
            (r#"{"message":"no \\","command":"error","type":"new_msg"}"#, false, Heard::Refused),
            (r#"{"message":"busy","command":"error","type":"new_msg"}"#, true, Heard::Refused),
            (r#"{"command":"is_typing","msg_from":"1"}"#, true, Heard::Other),
            (r#"{"command":"new_msg","sent_timestamp":"yesterday"}"#, true, Heard::Other),
            (r#"{"message":"\"command\":\"error\"","command":"is_typing"}"#, false, Heard::Other),
            (r#"{"command":"error""#, false, Heard::Other),
            (r#"{"command":"error"} {}"#, false, Heard::Other),
            (r#"{"command":"fetch_msgs","all":"True","messages":[]}"#, false, Heard::Other),
            ("", false, Heard::Other),
            ("{}", false, Heard::Other),
            ("[1]", false, Heard::Other),
        ];
        for (text, fast, expected) in cases {
            assert_eq!(flat(text.as_bytes()).is_some(), fast, "{text}");
            assert_eq!(hear(text.as_bytes()), expected, "{text}");
        }
    }
}
