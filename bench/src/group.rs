//! One member of a group sends bursts; every open receive socket gets every message, and the next
//! burst waits for all of them.

use crate::clock::Nanos;
use crate::dialect::{Heard, Template, hear};
use crate::drive::Play;
use crate::frame::Kind;
use crate::lines::{LineId, Lines};
use crate::meter::Meter;
use crate::stamp::Stamps;

/// The burst under way: its messages are named `first`, `first + 1`, …
#[derive(Debug, Default)]
struct Burst {
    first: u64,
    since: Nanos,
    awaited: u64,
}

/// A group with its sender on one line and its receive sockets on all others.
#[derive(Debug)]
pub(crate) struct Crowd {
    sender: LineId,
    message: Template,
    /// How many messages of the burst each line has heard; the sender's own counts his
    /// acknowledgements.
    heard: Vec<u64>,
    size: u64,
    echoed: bool,
    burst: Burst,
    stamps: Stamps,
    meter: Meter,
}

impl Crowd {
    /// Bursts of `size` on the line `sender`; all other lines below `lines` listen.
    pub(crate) fn new(
        sender: LineId,
        lines: usize,
        size: u64,
        message: Template,
        echoed: bool,
        stamps: Stamps,
    ) -> Self {
        Self {
            sender,
            message,
            heard: vec![0; lines],
            size,
            echoed,
            burst: Burst::default(),
            stamps,
            meter: Meter::new(),
        }
    }

    fn say(&mut self, at: Nanos, lines: &mut Lines) {
        self.heard.fill(0);
        for place in 0..self.size {
            let name = self.stamps.take();
            if place == 0 {
                self.burst.first = name;
            }
            lines.feed(self.sender, Kind::Text, self.message.fill(name, 0));
        }
        if !lines.flush(self.sender) {
            return self.meter.error("not sent", 1);
        }
        self.burst.since = at;
        self.burst.awaited = self.size * self.heard.len() as u64;
    }
}

impl Play for Crowd {
    fn start(&mut self, at: Nanos, lines: &mut Lines) {
        self.say(at, lines);
    }

    fn text(&mut self, at: Nanos, from: LineId, text: &[u8], lines: &mut Lines) {
        let own = from == self.sender;
        let name = match hear(text) {
            Heard::Sent(name) if own && !self.echoed => name,
            Heard::Delivered(name) if !own || self.echoed => name,
            Heard::Refused => return self.meter.refused(text),
            _ => return self.meter.error("unexpected frame", 1),
        };
        let heard = &mut self.heard[from];
        if name != self.burst.first + *heard || *heard == self.size {
            return self.meter.error("out of order", 1);
        }
        *heard += 1;
        if own {
            self.meter.acknowledge(self.burst.since, at);
        } else {
            self.meter.deliver(self.burst.since, at);
        }
        self.burst.awaited -= 1;
        if self.burst.awaited == 0 && self.meter.sending() {
            self.say(at, lines);
        }
    }

    fn closed(&mut self, _line: LineId) {
        self.meter.error("closed", 1);
    }

    fn awaited(&self) -> u64 {
        self.burst.awaited
    }

    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }
}
