//! What people are told once, wherever they are: that something has changed, and that a message has expired.

use super::json::{key, object, open, open_len};
use crate::timestamp::Stamp;

/// An `update` (contract, "HTTP" and "Settled details").
#[derive(Clone, Copy)]
pub struct Update<'a> {
    /// `personal`, `group` or `room`.
    pub kind: &'a str,
    /// What was done.
    pub command: &'a str,
    /// Who did it: a number, or `room`.
    pub by: &'a str,
    /// Whom or what it concerns: a number, or a key.
    pub whom: &'a str,
    /// Where it comes from: the key of a group, `room`, or the number of who did it.
    pub msg_from: &'a str,
    /// The number of whoever is told.
    pub msg_to: &'a str,
}

impl Update<'_> {
    /// The frame.
    pub fn written(&self, at: &Stamp) -> String {
        let message = [
            (key::TYPE, self.kind),
            (key::COMMAND, self.command),
            (key::MSG_FROM, self.by),
            (key::MSG_TO, self.whom),
        ];
        let rest = [
            (key::COMMAND, "update"),
            (key::MSG_FROM, self.msg_from),
            (key::MSG_TO, self.msg_to),
            (key::SENT_TIMESTAMP, at),
        ];
        let mut out =
            String::with_capacity(1 + key::MESSAGE.len() + open_len(&message) + 1 + open_len(&rest) + 1);
        out.push('{');
        out.push_str(key::MESSAGE);
        open(&mut out, &message);
        out.push('}');
        // The rest is an object of its own, but for a comma in place of its brace.
        let from = out.len();
        open(&mut out, &rest);
        out.replace_range(from..=from, ",");
        out.push('}');
        out
    }
}

/// The frame that tells the author of a message that it has expired. `sent` is the message's timestamp as he wrote it,
/// `msg_from` the other's number or the group's key.
pub fn msg_expired(sent: &str, msg_from: &str, msg_to: &str, at: &Stamp) -> String {
    object(&[
        (key::MESSAGE, sent),
        (key::COMMAND, "msg_expired"),
        (key::MSG_FROM, msg_from),
        (key::MSG_TO, msg_to),
        (key::SENT_TIMESTAMP, at),
    ])
}

#[cfg(test)]
mod tests {
    use hearken_core::clock::from_millis;

    use super::*;
    use crate::timestamp::server_time;

    #[test]
    fn frames_are_as_the_contract_has_them() {
        let at = server_time(from_millis(1_605_976_338_789));
        let update = Update {
            kind: "group",
            command: "add",
            by: "9999999999",
            whom: "9898989898",
            msg_from: "test12test",
            msg_to: "9797979797",
        };
        let frame = update.written(&at);
        assert_eq!(
            frame,
            r#"{"message":{"type":"group","command":"add","msg_from":"9999999999","msg_to":"9898989898"},"command":"update","msg_from":"test12test","msg_to":"9797979797","sent_timestamp":"2020-11-21 16:32:18.789"}"#
        );
        assert_eq!(frame.len(), frame.capacity(), "it is written into its final size");
        assert_eq!(
            msg_expired("2020-11-21 16:32:17.356", "9898989898", "9999999999", &at),
            r#"{"message":"2020-11-21 16:32:17.356","command":"msg_expired","msg_from":"9898989898","msg_to":"9999999999","sent_timestamp":"2020-11-21 16:32:18.789"}"#
        );
    }
}
