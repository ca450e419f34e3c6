//! A client in its namespace, and how much of what it said has arrived.

use bytes::Bytes;

use crate::application::Client;
use crate::engine::{Close, Text, Why};
use crate::events::{Closed, Outgoing};
use crate::packet::MAIN;

/// One client of a connection.
pub(crate) struct Seat<C> {
    pub(crate) namespace: Box<str>,
    pub(crate) client: C,
    tally: Tally,
}

/// How many of the things that a client handed out have gone how far.
#[derive(Clone, Copy, Default)]
struct Tally {
    handed: u64,
    flushed: u64,
    marked: u64,
    arrived: u64,
}

/// What one thing to send is on the wire.
pub(crate) enum Wire {
    /// A text, and what is attached to it.
    Said(Text, Vec<Bytes>),
    /// The client leaves.
    Leaves(Text),
    /// The connection is closed.
    Close(Close),
}

impl<C: Client> Seat<C> {
    pub(crate) fn new(namespace: Box<str>, client: C) -> Self {
        Self { namespace, client, tally: Tally::default() }
    }

    /// One more is on its way, whole.
    pub(crate) fn handed(&mut self) {
        self.tally.handed += 1;
    }

    pub(crate) fn flushed(&mut self) {
        self.tally.flushed = self.tally.handed;
    }

    pub(crate) fn marked(&mut self) {
        self.tally.marked = self.tally.handed;
    }

    pub(crate) fn passed(&mut self) {
        if self.tally.marked > self.tally.arrived {
            self.tally.arrived = self.tally.marked;
            self.client.arrived(self.tally.arrived);
        }
    }

    pub(crate) fn close(self, why: Why) {
        let Tally { flushed, arrived, .. } = self.tally;
        let arrived = match why {
            Why::PingTimeout | Why::Stuck => arrived,
            _ => arrived.max(flushed),
        };
        self.client.closed(Closed { why, arrived });
    }
}

/// The form of something that a client in `namespace` wants to say.
pub(crate) fn encode(outgoing: Outgoing, namespace: &str) -> Wire {
    let [name, comma] = prefix(namespace);
    match outgoing {
        Outgoing::Event(packet) => {
            let (text, attachments) = packet.into_parts(namespace);
            Wire::Said(text, attachments)
        }
        Outgoing::Ack { id, args } => {
            Wire::Said(Text::new(&["3", name, comma, &id.to_string(), &args]), Vec::new())
        }
        Outgoing::BinaryAck { id, args, attachments } => {
            let (count, id) = (attachments.len().to_string(), id.to_string());
            Wire::Said(Text::new(&["6", &count, "-", name, comma, &id, &args]), attachments)
        }
        Outgoing::Disconnect => Wire::Leaves(Text::new(&["1", name, comma])),
        Outgoing::Close(close) => Wire::Close(close),
    }
}

/// How a packet names a namespace.
pub(crate) fn prefix(namespace: &str) -> [&str; 2] {
    if namespace == MAIN { ["", ""] } else { [namespace, ","] }
}
