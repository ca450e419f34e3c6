//! What passes between a client and its peer.

use bytes::Bytes;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::engine::{Close, Why};

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
#[derive(Clone, Debug)]
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
    text: Utf8Bytes,
    attachments: Vec<Bytes>,
}

impl Packet {
    /// An event. `args` is the JSON of its arguments, with commas between them and no brackets around; it is sent as it is.
    pub fn event(name: &str, args: &str) -> Self {
        let _ = (name, args);
        Self { text: Utf8Bytes::default(), attachments: Vec::new() }
    }

    /// The same, to be acknowledged under a number that the client chooses.
    pub fn acked(name: &str, args: &str, ack: u64) -> Self {
        let _ = ack;
        Self::event(name, args)
    }

    /// An event with attachments, whose places in `args` are held as in [`Event::args`].
    pub fn binary(name: &str, args: &str, attachments: Vec<Bytes>) -> Self {
        Self { attachments, ..Self::event(name, args) }
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
