//! What is said: each message is made from its author's place in the town and its number among his messages, so that
//! whoever finds it anywhere can tell whether it is whole, and whose it is.

use jiff::Timestamp;
use serde_json::json;

use crate::socket::{Entry, Frame};

/// The first message's timestamp, in microseconds since the epoch.
const FIRST: i64 = 1_600_000_000_000_000;
/// Authors in one town: their places are told apart below the millisecond.
const AUTHORS: i64 = 1000;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The author's place.
    pub(crate) author: usize,
    /// Its number among the author's.
    pub(crate) number: usize,
}

impl Said {
    /// Its timestamp, which is its name.
    pub(crate) fn timestamp(self) -> String {
        let micros = FIRST + self.number as i64 * AUTHORS + self.author as i64;
        format!("{:.6}", Timestamp::from_microsecond(micros).expect("a time of this century"))
    }

    /// Its text, of a length of its own.
    pub(crate) fn text(self) -> String {
        let Self { author, number } = self;
        format!("{author} says {number} {}", "…".repeat((number * 37 + author) % 150))
    }

    /// The message that this timestamp names.
    pub(crate) fn named(timestamp: &str) -> Option<Self> {
        let at: Timestamp = timestamp.parse().ok()?;
        let micros = at.as_microsecond().checked_sub(FIRST).filter(|micros| *micros >= 0)?;
        Some(Self { author: (micros % AUTHORS) as usize, number: (micros / AUTHORS) as usize })
    }

    /// The message in an entry of a list.
    #[track_caller]
    pub(crate) fn listed(entry: &Entry) -> Self {
        Self::whole(&entry.sent_timestamp, &entry.message, &entry.msg_from)
    }

    /// The message in a frame of a receive socket.
    #[track_caller]
    pub(crate) fn told(frame: &Frame) -> Self {
        Self::whole(&frame.sent_timestamp, &frame.message, &frame.msg_from)
    }

    #[track_caller]
    fn whole(timestamp: &str, text: &str, from: &str) -> Self {
        let said = Self::named(timestamp).expect("a timestamp of ours");
        assert_eq!(text, said.text(), "the message is not what was sent");
        assert!(from.ends_with(&phone(said.author)), "{from} is not the author of {said:?}");
        said
    }
}

/// The number of whoever lives at this place.
pub(crate) fn phone(place: usize) -> String {
    format!("6281{place:08}")
}

/// A frame.
pub(crate) fn frame(command: &str, message: &str, from: &str, to: &str, sent: &str) -> String {
    json!({ "message": message, "command": command, "msg_from": from, "msg_to": to, "sent_timestamp": sent })
        .to_string()
}
