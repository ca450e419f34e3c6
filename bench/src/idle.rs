//! Sockets that say nothing: they are pinged once, so that each is known to be served, and then
//! only answer the server's own pings.

use crate::clock::Nanos;
use crate::desk::{PING, PONG};
use crate::drive::Play;
use crate::frame::Kind;
use crate::lines::{LineId, Lines};
use crate::meter::Meter;

/// Quiet lines.
#[derive(Debug)]
pub(crate) struct Quiet {
    answered: Vec<bool>,
    meter: Meter,
}

impl Quiet {
    /// The first `lines` lines.
    pub(crate) fn new(lines: usize) -> Self {
        Self { answered: vec![false; lines], meter: Meter::new() }
    }

    /// Pings the lines that have not answered yet.
    pub(crate) fn ping(&mut self, lines: &mut Lines) {
        for id in (0..self.answered.len()).filter(|&id| !self.answered[id]) {
            lines.feed(id, Kind::Ping, b"");
            if !lines.flush(id) {
                self.meter.error("not sent", 1);
            }
        }
    }
}

impl Play for Quiet {
    fn start(&mut self, _at: Nanos, lines: &mut Lines) {
        self.ping(lines);
    }

    fn text(&mut self, _at: Nanos, from: LineId, text: &[u8], lines: &mut Lines) {
        // The desk asks in its own way whether we are there.
        if text != PING || !lines.send(from, PONG) {
            self.meter.error("unexpected frame", 1);
        }
    }

    fn pong(&mut self, from: LineId) {
        self.answered[from] = true;
    }

    fn closed(&mut self, _line: LineId) {
        self.meter.error("closed", 1);
    }

    fn awaited(&self) -> u64 {
        self.answered.iter().filter(|answered| !**answered).count() as u64
    }

    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }
}
