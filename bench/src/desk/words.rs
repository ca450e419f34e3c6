//! Socket.IO's packets as the load generator writes and reads them, each one text frame: outgoing messages are
//! templates in which only a number changes, which is both the acknowledgement's id and part of the content; of
//! incoming ones only the kind, the event's name and that number matter. The number is looked for as it was sent; a
//! server that writes JSON in another way is read by a JSON parser.

use serde_json::Value;

use crate::lines::{LineId, Lines};

/// Engine.IO's ping.
pub(crate) const PING: &[u8] = b"2";
/// The answer to it.
pub(crate) const PONG: &[u8] = b"3";

/// Answers a ping. A line on which that can't be done is told of as closed.
pub(crate) fn pong(line: LineId, lines: &mut Lines) {
    lines.send(line, PONG);
}

/// Digits of a message's number: all have the same count, so that a template keeps its length.
const DIGITS: usize = 12;
/// The smallest number of that many digits.
pub(crate) const FIRST: u64 = 100_000_000_000;
/// The number's place in a message's content.
const KEY: &[u8] = b"\"bench\":";

/// An outgoing message whose number is filled in each time.
#[derive(Debug)]
pub(crate) struct Template {
    text: Vec<u8>,
    number_at: usize,
}

impl Template {
    /// The event `name` with a content of `body` bytes of text.
    pub(crate) fn new(name: &str, body: usize) -> Self {
        let zeros = "0".repeat(DIGITS);
        let head = format!("42{zeros}[\"{name}\",{{\"text\":\"{}\",\"bench\":", "x".repeat(body));
        let number_at = head.len();
        Self { text: format!("{head}{zeros}}}]").into_bytes(), number_at }
    }

    /// The message of this number.
    pub(crate) fn fill(&mut self, number: u64) -> &[u8] {
        for at in [2, self.number_at] {
            let mut rest = number;
            for place in self.text[at..at + DIGITS].iter_mut().rev() {
                *place = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        }
        &self.text
    }
}

/// What an incoming packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    /// An acknowledgement of this id: the server has done what was asked.
    Done(u64),
    /// The server did not do it.
    Refused,
    /// An event: its name, and the number in its content if it has one of ours.
    Event(&'a [u8], Option<u64>),
    /// The server asks whether we are there.
    Ping,
    /// Anything else.
    Other,
}

/// Reads one incoming packet.
pub(crate) fn hear(text: &[u8]) -> Heard<'_> {
    if let Some(rest) = text.strip_prefix(b"43") {
        let (id, arguments) = number(rest);
        return match (id, arguments) {
            (Some(id), arguments) if arguments.starts_with(b"[true") => Heard::Done(id),
            (Some(_), arguments) if arguments.starts_with(b"[false") => Heard::Refused,
            _ => Heard::Other,
        };
    }
    if let Some(rest) = text.strip_prefix(b"42") {
        let Some(name) = rest.strip_prefix(b"[\"") else { return Heard::Other };
        let Some(end) = memchr::memchr(b'"', name) else { return Heard::Other };
        return Heard::Event(&name[..end], marked(rest));
    }
    if text == PING { Heard::Ping } else { Heard::Other }
}

/// The number in the content of an event, whose array of arguments this is.
fn marked(arguments: &[u8]) -> Option<u64> {
    if let Some(at) = memchr::memmem::find(arguments, KEY)
        && let (Some(found), _) = number(&arguments[at + KEY.len()..])
    {
        return Some(found);
    }
    // Those who stay in the queue are told about by list, and have no number.
    memchr::memmem::find(arguments, b"bench")?;
    let value: Value = serde_json::from_slice(arguments).ok()?;
    value.pointer("/1/content/bench")?.as_u64()
}

/// The digits at the start of `text`, and what comes behind them.
fn number(text: &[u8]) -> (Option<u64>, &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() || digits.len() > 18 {
        return (None, rest);
    }
    (Some(digits.iter().fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'))), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_the_event_with_its_number_in_both_places() {
        let mut template = Template::new("visitor_msg", 3);
        for number in [FIRST, FIRST + 7, 987_654_321_012] {
            let text = std::str::from_utf8(template.fill(number)).unwrap();
            let arguments = text.strip_prefix(&format!("42{number}")).unwrap();
            let value: Value = serde_json::from_str(arguments).unwrap();
            let expected = serde_json::json!(["visitor_msg", {"text": "xxx", "bench": number}]);
            assert_eq!(value, expected);
        }
    }

    #[test]
    fn packets_of_a_server() {
        let event = |name: &'static str, number| Heard::Event(name.as_bytes(), number);
        let cases = [
            ("43100000000001[true,null]", Heard::Done(100_000_000_001)),
            ("430[true,null]", Heard::Done(0)),
            (r#"437[false,"You have no open chat."]"#, Heard::Refused),
            ("43[true,null]", Heard::Other),
            ("437[]", Heard::Other),
            ("43", Heard::Other),
            ("439999999999999999999[true,null]", Heard::Other),
            (
                r#"42["visitor_send",{"content":{"text":"x","bench":100000000001}}]"#,
                event("visitor_send", Some(FIRST + 1)),
            ),
            (
                r#"42["visitor_send",{"content":{"text":"x","bench": 100000000001}}]"#,
                event("visitor_send", Some(FIRST + 1)),
            ),
            (
                r#"42["visitor_send", { "content" : { "bench" : 100000000001 } } ]"#,
                event("visitor_send", Some(FIRST + 1)),
            ),
            (r#"42["staff_goes_online",{"user":{}}]"#, event("staff_goes_online", None)),
            (r#"42["visitor_send",{"content":{"text":"bench"}}]"#, event("visitor_send", None)),
            (r#"42["staff_goes_online"]"#, event("staff_goes_online", None)),
            ("42[", Heard::Other),
            (r#"42["cut"#, Heard::Other),
            ("2", Heard::Ping),
            ("2probe", Heard::Other),
            ("", Heard::Other),
        ];
        for (text, expected) in cases {
            assert_eq!(hear(text.as_bytes()), expected, "{text}");
        }
    }
}
