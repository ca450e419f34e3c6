//! What receivers are told, written once into a string of its final size: this runs for every receiver.

use super::command::{Command, Content};
use super::json::{Member, key, object, open, open_len, put};

/// What receivers are told of a command: all of the frame but whom it is for.
///
/// Seed "Personal Message Commands" and "Group Message Commands", expected output on
/// `chatReceiveSocket`: `{message, command, msg_from, msg_to, sent_timestamp}`, without `message` for
/// typing. A `delete_msg` also goes back to its sender in this form (contract "Personal commands").
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The text or the timestamp, as it was sent. Typing goes without, whatever stands here.
    pub message: Option<&'a str>,
    /// What was done; receivers read [`Command::told_as`].
    pub command: Command,
    /// The sender's phone number, `<group key>-<phone>` from a group, `room` from a room.
    pub msg_from: &'a str,
    /// The timestamp, as it was sent.
    pub sent_timestamp: &'a str,
}

impl Told<'_> {
    /// The frame to one receiver.
    pub fn addressed(&self, msg_to: &str) -> String {
        object(&self.members(msg_to)[self.first()..])
    }

    /// The frame to many receivers.
    pub fn prepared(&self) -> Prepared {
        let [message, command, msg_from, _, sent_timestamp] = self.members("");
        let members = &[message, command, msg_from][self.first()..];
        let mut before = String::with_capacity(open_len(members) + 1 + key::MSG_TO.len());
        open(&mut before, members);
        before.push(',');
        before.push_str(key::MSG_TO);
        // The rest is an object of its own, but for a comma in place of its brace.
        let mut after = object(&[sent_timestamp]);
        after.replace_range(..1, ",");
        Prepared { before, after }
    }

    fn members<'a>(&'a self, msg_to: &'a str) -> [Member<'a>; 5] {
        [
            (key::MESSAGE, self.message.unwrap_or_default()),
            (key::COMMAND, self.command.told_as()),
            (key::MSG_FROM, self.msg_from),
            (key::MSG_TO, msg_to),
            (key::SENT_TIMESTAMP, self.sent_timestamp),
        ]
    }

    /// The first member that is written: the command where `message` is left out.
    fn first(&self) -> usize {
        usize::from(self.message.is_none() || self.command.content() == Content::Nothing)
    }
}

/// A frame to many receivers, written but for `msg_to`: each copy is one allocation and three runs of bytes.
#[derive(Clone)]
pub struct Prepared {
    before: String,
    after: String,
}

impl Prepared {
    /// The frame to one receiver.
    pub fn addressed(&self, msg_to: &str) -> String {
        let mut out = String::with_capacity(self.before.len() + msg_to.len() + 2 + self.after.len());
        out.push_str(&self.before);
        put(&mut out, msg_to);
        out.push_str(&self.after);
        out
    }
}
