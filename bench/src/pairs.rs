//! Pairs of people: one sends, the other receives, and on wish answers with a receipt. In closed
//! loop a pair sends its next message when everything about the last one is in; at a fixed rate
//! messages go out when they are due, whatever the server does, and count from when they were due.

use std::collections::VecDeque;

use crate::clock::Nanos;
use crate::dialect::{Heard, Template, hear};
use crate::drive::Play;
use crate::lines::{LineId, Lines};
use crate::meter::Meter;
use crate::pace::Pace;
use crate::stamp::Stamps;

/// The lines of one pair and what they say.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Where messages are sent and acknowledged.
    pub(crate) send: LineId,
    /// Where they arrive.
    pub(crate) receive: LineId,
    /// Where the receiver sends his receipts, and the sender gets them.
    pub(crate) receipts: Option<(LineId, LineId)>,
    /// The message.
    pub(crate) message: Template,
    /// The receipt.
    pub(crate) receipt: Template,
}

/// A frame whose answer is awaited: which, and since when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flight {
    /// The message's number.
    pub(crate) name: u64,
    /// When it was sent, or due.
    pub(crate) since: Nanos,
}

/// What a pair still waits for, in the order of sending.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    /// The server's word that it is saved.
    pub(crate) acknowledgement: VecDeque<Flight>,
    /// The receiver's socket.
    pub(crate) delivery: VecDeque<Flight>,
    /// The author's socket, which hears of the receipt.
    pub(crate) receipt: VecDeque<Flight>,
}

impl Awaited {
    /// How many answers that are.
    pub(crate) fn count(&self) -> usize {
        self.acknowledgement.len() + self.delivery.len() + self.receipt.len()
    }
}

/// The pairs of a run.
#[derive(Debug)]
pub(crate) struct Pairs {
    all: Vec<(Pair, Awaited)>,
    /// The pair of each line.
    of_line: Vec<usize>,
    /// `None` in closed loop.
    pace: Option<Pace>,
    /// The raw echo acknowledges with the frame itself.
    echoed: bool,
    stamps: Stamps,
    meter: Meter,
    turn: usize,
}

impl Pairs {
    /// Pairs over open lines, each of which belongs to one pair.
    pub(crate) fn new(pairs: Vec<Pair>, pace: Option<Pace>, echoed: bool, stamps: Stamps) -> Self {
        let mut of_line = Vec::new();
        for (place, pair) in pairs.iter().enumerate() {
            let (answer, watch) = pair.receipts.unwrap_or((pair.send, pair.send));
            for line in [pair.send, pair.receive, answer, watch] {
                of_line.resize(of_line.len().max(line + 1), 0);
                of_line[line] = place;
            }
        }
        let all = pairs.into_iter().map(|pair| (pair, Awaited::default())).collect();
        Self { all, of_line, pace, echoed, stamps, meter: Meter::new(), turn: 0 }
    }

    fn say(&mut self, place: usize, due: Nanos, lines: &mut Lines) {
        let (pair, awaited) = &mut self.all[place];
        let name = self.stamps.take();
        let flight = Flight { name, since: due };
        if !lines.send(pair.send, pair.message.fill(name, 0)) {
            return self.meter.error("not sent", 1);
        }
        awaited.acknowledgement.push_back(flight);
        awaited.delivery.push_back(flight);
    }

    /// The receiver's answer to a message.
    fn confirm(&mut self, place: usize, name: u64, at: Nanos, lines: &mut Lines) {
        let (pair, awaited) = &mut self.all[place];
        let Some((answer, _)) = pair.receipts else { return };
        let own = self.stamps.take();
        if !lines.send(answer, pair.receipt.fill(own, name)) {
            return self.meter.error("not sent", 1);
        }
        awaited.receipt.push_back(Flight { name, since: at });
    }
}

impl Play for Pairs {
    fn start(&mut self, at: Nanos, lines: &mut Lines) {
        match &mut self.pace {
            Some(pace) => pace.start(at),
            None => (0..self.all.len()).for_each(|place| self.say(place, at, lines)),
        }
    }

    fn text(&mut self, at: Nanos, from: LineId, text: &[u8], lines: &mut Lines) {
        let place = self.of_line[from];
        let (pair, awaited) = &mut self.all[place];
        let meter = &mut self.meter;
        match hear(text) {
            Heard::Sent(name) if from == pair.send && !self.echoed => {
                take(&mut awaited.acknowledgement, name, meter)
                    .inspect(|flight| meter.acknowledge(flight.since, at));
            }
            Heard::Delivered(name) if from == pair.send && self.echoed => {
                take(&mut awaited.acknowledgement, name, meter)
                    .inspect(|flight| meter.acknowledge(flight.since, at));
            }
            Heard::Delivered(name) if from == pair.receive => {
                if let Some(flight) = take(&mut awaited.delivery, name, meter) {
                    meter.deliver(flight.since, at);
                    self.confirm(place, name, at, lines);
                }
            }
            Heard::Received(name) if pair.receipts.is_some_and(|(_, watch)| from == watch) => {
                take(&mut awaited.receipt, name, meter).inspect(|flight| meter.receipt(flight.since, at));
            }
            Heard::Refused => meter.refused(text),
            _ => meter.error("unexpected frame", 1),
        }
        if self.pace.is_none() && self.meter.sending() && self.all[place].1.count() == 0 {
            self.say(place, at, lines);
        }
    }

    fn closed(&mut self, _line: LineId) {
        self.meter.error("closed", 1);
    }

    fn due(&mut self, at: Nanos, lines: &mut Lines) -> Option<Nanos> {
        if !self.meter.sending() {
            return None;
        }
        while let Some(due) = self.pace.as_mut()?.take(at) {
            self.turn = (self.turn + 1) % self.all.len();
            self.meter.sent(due, at);
            self.say(self.turn, due, lines);
        }
        self.pace.as_ref().map(Pace::next)
    }

    fn awaited(&self) -> u64 {
        self.all.iter().map(|(_, awaited)| awaited.count() as u64).sum()
    }

    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }
}

/// Takes the flight of this name, which is the first of a queue if nothing was lost or overtook
/// something.
pub(crate) fn take(queue: &mut VecDeque<Flight>, name: u64, meter: &mut Meter) -> Option<Flight> {
    let place = queue.iter().position(|flight| flight.name == name);
    match place {
        Some(0) => {}
        Some(_) => meter.error("out of order", 1),
        None => meter.error("unknown or twice", 1),
    }
    queue.remove(place?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flights_are_taken_by_name_and_disorder_shows() {
        type Case = (&'static [u64], &'static [u64], &'static [(&'static str, u64)]);
        let cases: &[Case] = &[
            (&[1, 2, 3], &[1, 2, 3], &[]),
            (&[1, 2, 3], &[2, 1, 3], &[("out of order", 1)]),
            (&[1, 2], &[1, 1, 2], &[("unknown or twice", 1)]),
            (&[1], &[7], &[("unknown or twice", 1)]),
        ];
        for (sent, heard, expected) in cases {
            let mut queue: VecDeque<Flight> = sent.iter().map(|&name| Flight { name, since: 0 }).collect();
            let mut meter = Meter::new();
            for &name in *heard {
                let taken = take(&mut queue, name, &mut meter);
                assert!(taken.is_none_or(|flight| flight.name == name));
            }
            assert_eq!(meter.errors.into_iter().collect::<Vec<_>>(), *expected, "{heard:?}");
        }
    }
}
