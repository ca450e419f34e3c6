//! Visitors in the queue send bursts; every staff socket gets every message, each visitor's in their order, and the
//! next burst waits for all of it.

use super::words::{FIRST, Heard, Template, hear, pong};
use crate::clock::Nanos;
use crate::drive::Play;
use crate::frame::Kind;
use crate::lines::{LineId, Lines};
use crate::meter::Meter;

/// The queue and who hears it. A message is by the visitor of its number modulo their count.
#[derive(Debug)]
pub(crate) struct Queue {
    visitors: Vec<LineId>,
    /// For each line the next number of each visitor: to be delivered at a staff line, to be acknowledged at the
    /// visitor's own.
    expected: Vec<Vec<u64>>,
    staff: u64,
    message: Template,
    size: u64,
    next: u64,
    since: Nanos,
    awaited: u64,
    meter: Meter,
}

impl Queue {
    /// Bursts of `size` by these visitors in turn; all other lines below `lines` are staff.
    pub(crate) fn new(visitors: Vec<LineId>, lines: usize, size: u64, message: Template) -> Self {
        let count = visitors.len() as u64;
        let first = FIRST.next_multiple_of(count);
        let expected = vec![(first..first + count).collect(); lines];
        let staff = lines as u64 - count;
        let meter = Meter::new();
        Self { visitors, expected, staff, message, size, next: first, since: 0, awaited: 0, meter }
    }

    fn say(&mut self, at: Nanos, lines: &mut Lines) {
        let count = self.visitors.len() as u64;
        for number in self.next..self.next + self.size {
            lines.feed(self.visitors[(number % count) as usize], Kind::Text, self.message.fill(number));
        }
        self.next += self.size;
        for &visitor in &self.visitors {
            if !lines.flush(visitor) {
                return self.meter.error("not sent", 1);
            }
        }
        self.since = at;
        self.awaited = self.size * (self.staff + 1);
    }
}

impl Play for Queue {
    fn start(&mut self, at: Nanos, lines: &mut Lines) {
        self.say(at, lines);
    }

    fn text(&mut self, at: Nanos, from: LineId, text: &[u8], lines: &mut Lines) {
        let count = self.visitors.len() as u64;
        let own = self.visitors.iter().position(|&line| line == from);
        let (number, delivered) = match (hear(text), own) {
            (Heard::Ping, _) => return pong(from, lines),
            (Heard::Refused, _) => return self.meter.refused(text),
            (Heard::Done(number), Some(place)) if number % count == place as u64 => (number, false),
            (Heard::Event(b"visitor_unclaimed_msg", Some(number)), None) => (number, true),
            // What is told of people and the queue may still be on its way.
            (Heard::Event(_, None), _) => return,
            _ => return self.meter.error("unexpected packet", 1),
        };
        let expected = &mut self.expected[from][(number % count) as usize];
        if number != *expected || number >= self.next {
            return self.meter.error("out of order", 1);
        }
        *expected += count;
        if delivered {
            self.meter.deliver(self.since, at);
        } else {
            self.meter.acknowledge(self.since, at);
        }
        self.awaited -= 1;
        if self.awaited == 0 && self.meter.sending() {
            self.say(at, lines);
        }
    }

    fn closed(&mut self, _line: LineId) {
        self.meter.error("closed", 1);
    }

    fn awaited(&self) -> u64 {
        self.awaited
    }

    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }
}
