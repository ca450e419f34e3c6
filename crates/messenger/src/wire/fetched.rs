//! The answers of the fetches: lists of what waits, written entry by entry as it is read.

use super::command::Command;
use super::json::{key, open, put};
use crate::timestamp::Sent;

const TRUE: &str = "True";
const FALSE: &str = "False";

/// One message that waits (seed "Special Message Commands").
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// The sender's phone number, `<group key>-<phone>` from a group, `room` from a room.
    pub msg_from: &'a str,
    /// The phone number of the one who fetches.
    pub msg_to: &'a str,
    /// What was said.
    pub message: &'a str,
    /// When the sender sent it, by its own clock.
    pub sent: Sent,
}

/// One frame of an answer: `{command, all, messages: […]}` (seed `fetch_msgs`, `fetch_grp_msgs`; contract "Fetch").
pub struct FetchAnswer {
    out: String,
    /// Where the value of `all` begins.
    all_at: usize,
    entries: usize,
}

impl FetchAnswer {
    /// How many messages a frame carries at most (contract "Fetch").
    pub const MOST_ENTRIES: usize = 50;
    /// The size in bytes from which a frame takes no more, however few messages it has.
    ///
    /// Fifty of the longest texts in a script of two bytes a character fit; of three or four they exceed it. With the
    /// largest entry on top, and twice over while it is handed to the socket, a frame stays within the 1 MiB that a
    /// socket may hold (common contract, "Bad input"), and leaves room for the messages that come next.
    pub const FULL_AT: usize = 416 * 1024;

    /// Begins a frame that answers `command`, one of the fetches.
    pub fn to(command: Command) -> Self {
        let mut out = String::with_capacity(256);
        open(&mut out, &[(key::COMMAND, command.told_as()), (r#""all":"#, TRUE)]);
        let all_at = out.len() - TRUE.len() - 1;
        out.push_str(r#","messages":["#);
        Self { out, all_at, entries: 0 }
    }

    /// Adds a message of a personal chat or room.
    pub fn push(&mut self, entry: &Entry<'_>) {
        self.begin_entry(entry);
        self.out.push('}');
    }

    /// Adds a message of a group, with the numbers of those who have not received it.
    pub fn push_pending<P: AsRef<str>>(&mut self, entry: &Entry<'_>, pending: impl IntoIterator<Item = P>) {
        self.begin_entry(entry);
        self.out.push_str(r#","pending":["#);
        for (at, phone) in pending.into_iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            put(&mut self.out, phone.as_ref());
        }
        self.out.push_str("]}");
    }

    /// Whether the next message belongs into another frame.
    pub fn is_full(&self) -> bool {
        self.entries >= Self::MOST_ENTRIES || self.out.len() >= Self::FULL_AT
    }

    /// Ends the frame; `last` if nothing more comes after it.
    pub fn finish(mut self, last: bool) -> String {
        self.out.push_str("]}");
        if !last {
            self.out.replace_range(self.all_at..self.all_at + TRUE.len(), FALSE);
        }
        self.out.shrink_to_fit();
        self.out
    }

    fn begin_entry(&mut self, entry: &Entry<'_>) {
        if self.entries > 0 {
            self.out.push(',');
        }
        self.entries += 1;
        let members = [
            (key::MSG_FROM, entry.msg_from),
            (key::MSG_TO, entry.msg_to),
            (key::MESSAGE, entry.message),
            (key::COMMAND, Command::NewMsg.name()),
            (key::SENT_TIMESTAMP, &entry.sent.fetched()),
        ];
        open(&mut self.out, &members);
    }
}
