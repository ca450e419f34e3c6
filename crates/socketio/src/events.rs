//! What passes between a client and its peer.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::engine::{Close, Text, Why};
use crate::packet::MAIN;

/// Something that the peer emitted.
#[derive(Clone, Debug)]
pub struct Event {
    /// The event's name.
    pub name: String,
    /// Its arguments as they were written: order of keys and spelling of numbers untouched. An attachment's place is
    /// held by `{"_placeholder":true,"num":0}`.
    pub args: Vec<Box<RawValue>>,
    /// What was attached, in order.
    pub attachments: Vec<Bytes>,
    /// The number to acknowledge it with, if the peer wants that.
    pub ack: Option<u64>,
}

/// What goes to the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// An event.
    Event(Packet),
    /// The answer to an event of the peer's.
    Ack {
        /// The event's number.
        id: u64,
        /// A JSON array of what its callback is called with.
        args: String,
    },
    /// The same, with attachments, whose places are held as in [`Event::args`].
    BinaryAck {
        /// The event's number.
        id: u64,
        /// A JSON array of what its callback is called with.
        args: String,
        /// What is attached, in order.
        attachments: Vec<Bytes>,
    },
    /// The client leaves the namespace; the connection stays. The peer's library does not connect again by itself.
    Disconnect,
    /// The connection is closed. The peer's library connects again.
    Close(Close),
}

/// An event in the form in which it is sent, made once and sent to many: a clone copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    text: Text,
    /// Where a namespace would stand.
    split: usize,
    attachments: Vec<Bytes>,
}

impl Packet {
    /// An event. `args` is the JSON of its arguments, with commas between them and no brackets around; it is sent as it
    /// is.
    pub fn event(name: &str, args: &str) -> Self {
        Self::new("2", "", name, args, Vec::new())
    }

    /// The same, to be acknowledged under a number that the client chooses ([`Client::acknowledged`](crate::Client)).
    pub fn acked(name: &str, args: &str, ack: u64) -> Self {
        Self::new("2", &ack.to_string(), name, args, Vec::new())
    }

    /// An event with attachments, whose places in `args` are held as in [`Event::args`].
    pub fn binary(name: &str, args: &str, attachments: Vec<Bytes>) -> Self {
        Self::new(&format!("5{}-", attachments.len()), "", name, args, attachments)
    }

    fn new(head: &str, ack: &str, name: &str, args: &str, attachments: Vec<Bytes>) -> Self {
        let name = serde_json::Value::from(name).to_string();
        let comma = if args.is_empty() { "" } else { "," };
        let text = Text::new(&[head, ack, "[", &name, comma, args, "]"]);
        Self { text, split: head.len(), attachments }
    }

    /// The packet for a namespace, and what follows it.
    pub(crate) fn into_parts(self, namespace: &str) -> (Text, Vec<Bytes>) {
        let Self { text, split, attachments } = self;
        if namespace == MAIN {
            return (text, attachments);
        }
        let (head, tail) = text.as_str().split_at(split);
        (Text::new(&[head, namespace, ",", tail]), attachments)
    }
}

/// How a client ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Why.
    pub why: Why,
    /// How many of the things it handed out have reached the peer, as far as is known. Where the line ended or was reset
    /// it is all that had been given to the system to send; where the peer fell silent, what it had confirmed before.
    pub arrived: u64,
}
