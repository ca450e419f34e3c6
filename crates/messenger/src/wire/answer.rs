//! Frames back to the socket that sent one: `msg_sent` and `error`.

use super::json::{bounded, key, object};
use crate::timestamp::Stamp;

/// The `type` of the error before a socket is closed because its sign-in ended (contract "Settled details").
pub const AUTHENTICATION: &str = "authentication";

/// The answer to a message that is on stable storage (seed `new_msg` and `new_grp_msg`, expected output on
/// `chatSendSocket`).
///
/// `original` is the message's own timestamp: as it was sent in a personal chat, in the form of
/// [`Sent::group_sent`](crate::timestamp::Sent::group_sent) in a group, where `msg_to` is the key.
pub fn msg_sent(original: &str, msg_from: &str, msg_to: &str, now: &Stamp) -> String {
    object(&[
        (key::MESSAGE, original),
        (key::COMMAND, "msg_sent"),
        (key::MSG_FROM, msg_from),
        (key::MSG_TO, msg_to),
        (key::SENT_TIMESTAMP, now),
    ])
}

/// What went wrong, to the socket that sent the frame (seed "error"; contract "Errors").
#[derive(Clone, Copy)]
pub struct ErrorFrame<'a> {
    /// The reason, for people; only the seed's `couldn't find a message to delete` is fixed.
    pub message: &'a str,
    /// `type`: the command, `parse`, or [`AUTHENTICATION`].
    pub kind: &'a str,
    /// That of the frame, else that of the path.
    pub msg_from: &'a str,
    /// That of the frame, else that of the path.
    pub msg_to: &'a str,
}

impl ErrorFrame<'_> {
    /// The frame. Of `type`, `msg_from` and `msg_to`, which may be a client's own words, it repeats at most 128
    /// characters.
    pub fn written(&self, now: &Stamp) -> String {
        object(&[
            (key::MESSAGE, self.message),
            (key::COMMAND, "error"),
            (key::TYPE, bounded(self.kind)),
            (key::MSG_FROM, bounded(self.msg_from)),
            (key::MSG_TO, bounded(self.msg_to)),
            (key::SENT_TIMESTAMP, now),
        ])
    }
}
