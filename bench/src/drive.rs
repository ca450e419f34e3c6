//! Runs a scenario: warm-up, a measured window, a drain. The scenario decides what to say; this
//! loop waits, reads and keeps the time.

use std::num::NonZeroU64;

use anyhow::{Result, ensure};

use crate::clock::{Clock, Nanos, SECOND, from_seconds};
use crate::frame::{self, Frame, Kind};
use crate::lines::{LineId, Lines};
use crate::meter::Meter;
use crate::process::Process;
use crate::target::Target;

/// Room for what one read brings, and so the longest frame that is understood.
const BUFFER: usize = 256 * 1024;

/// A conversation with the server, as a reaction to what it says and to time.
pub(crate) trait Play {
    /// Says the first words.
    fn start(&mut self, at: Nanos, lines: &mut Lines);
    /// A text frame arrived.
    fn text(&mut self, at: Nanos, from: LineId, text: &[u8], lines: &mut Lines);
    /// A pong arrived.
    fn pong(&mut self, _from: LineId) {}
    /// A line is gone.
    fn closed(&mut self, line: LineId);
    /// Says what is due, and when it wants to be asked again (never, if `None`).
    fn due(&mut self, _at: Nanos, _lines: &mut Lines) -> Option<Nanos> {
        None
    }
    /// How many answers are still awaited.
    fn awaited(&self) -> u64;
    /// The run's figures.
    fn meter(&mut self) -> &mut Meter;
}

/// What a measured window cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Length of the window in seconds.
    pub(crate) seconds: f64,
    /// CPU seconds of the server in it, with what it stands on.
    pub(crate) server_cpu_s: f64,
    /// Those of them that were spent beside the server itself.
    pub(crate) beside_cpu_s: f64,
    /// How many rules shared a commit.
    pub(crate) rules_per_commit: Option<f64>,
    /// CPU seconds of this process in it.
    pub(crate) generator_cpu_s: f64,
}

/// The loop and its clock.
#[derive(Debug)]
pub(crate) struct Driver {
    clock: Clock,
    drain: Nanos,
    buffer: Vec<u8>,
}

impl Driver {
    /// Ready to run; answers may take `drain` seconds longer than the window. Asks the kernel not
    /// to round our wake-ups, which it does by 50 µs.
    pub(crate) fn new(drain: f64) -> Result<Self> {
        rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
        Ok(Self { clock: Clock::start(), drain: from_seconds(drain), buffer: vec![0; BUFFER] })
    }

    /// Plays for `warmup` seconds, then for `seconds` that count, then until all answers are in.
    pub(crate) fn measure<P: Play>(
        &mut self,
        play: &mut P,
        lines: &mut Lines,
        target: &Target,
        (warmup, seconds): (f64, f64),
    ) -> Result<Cost> {
        let own = Process::own();
        let begin = self.clock.now();
        play.start(begin, lines);
        self.run(play, lines, begin + from_seconds(warmup), |_| false)?;

        let server = target.processes();
        let committed_before = target.committed()?;
        let (server_before, own_before) = (server.spent()?, own.spent()?);
        let from = self.clock.now();
        play.meter().open(from);
        self.run(play, lines, from + from_seconds(seconds), |_| false)?;
        let to = self.clock.now();
        ensure!(!lines.all_closed(), "every line was closed before the end: {:?}", play.meter().errors);
        play.meter().close(to);
        let (in_server, beside) = server.spent()?.since(&server_before);
        let cost = Cost {
            seconds: (to - from) as f64 / SECOND as f64,
            server_cpu_s: in_server + beside,
            beside_cpu_s: beside,
            generator_cpu_s: own.spent()?.since(&own_before),
            rules_per_commit: committed_before
                .zip(target.committed()?)
                .and_then(|(before, now)| now.since(&before)),
        };

        self.settle(play, lines)?;
        Ok(cost)
    }

    /// Plays until every awaited answer is in; those that do not come in time are errors.
    pub(crate) fn settle<P: Play>(&mut self, play: &mut P, lines: &mut Lines) -> Result<()> {
        let until = self.clock.now() + self.drain;
        self.run(play, lines, until, |play| play.awaited() == 0)?;
        let lost = play.awaited();
        play.meter().error("lost", lost);
        Ok(())
    }

    fn run<P: Play>(
        &mut self,
        play: &mut P,
        lines: &mut Lines,
        until: Nanos,
        done: impl Fn(&P) -> bool,
    ) -> Result<()> {
        let mut ready = Vec::new();
        loop {
            let now = self.clock.now();
            let due = play.due(now, lines);
            if now >= until || done(play) || lines.all_closed() {
                return Ok(());
            }
            lines.wait(due.unwrap_or(until).min(until).saturating_sub(now), &mut ready)?;
            for event in ready.drain(..) {
                if event.writable {
                    lines.flush(event.line);
                }
                if event.readable {
                    self.hear(play, lines, event.line);
                }
            }
        }
    }

    fn hear<P: Play>(&mut self, play: &mut P, lines: &mut Lines, id: LineId) {
        let Some(filled) = lines.fill(id, &mut self.buffer) else { return play.closed(id) };
        let at = self.clock.now();
        let mut rest = &self.buffer[..filled];
        loop {
            match frame::read(rest) {
                Ok(Some((frame, used))) => {
                    match frame {
                        Frame::Text(text) => play.text(at, id, text, lines),
                        Frame::Pong => play.pong(id),
                        Frame::Ping(payload) => {
                            lines.feed(id, Kind::Pong, payload);
                            lines.flush(id);
                        }
                        Frame::Close => {
                            lines.close(id);
                            return play.closed(id);
                        }
                    }
                    rest = &rest[used..];
                }
                Ok(None) => return lines.keep(id, rest),
                Err(frame::Broken) => {
                    play.meter().error("broken frame", 1);
                    lines.close(id);
                    return play.closed(id);
                }
            }
        }
    }
}
