//! When the peer is pinged, and when it counts as dead. Only a pong counts as a sign of life, and only after a ping that has
//! gone out: a peer that sends but takes nothing is no use to anybody.

use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Settings;

/// Timers ring late, if by little: who is to be gone after interval and timeout is so with this to spare.
const EARLY: Duration = Duration::from_millis(5);

/// The state of one connection's pings.
pub(crate) struct Heart {
    alarm: Instant,
    beat: Beat,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Beat {
    /// No ping is out.
    Still,
    /// It is time for one.
    Due,
    /// One is out.
    Asked,
}

/// What an alarm means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// The peer has to be pinged.
    Ping,
    /// It was pinged, and its pong did not come.
    Unanswered,
    /// It never took the ping.
    Untaken,
}

impl Heart {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { alarm: now() + settings.ping_interval, beat: Beat::Still }
    }

    /// When to ring.
    pub(crate) fn alarm(&self) -> Instant {
        self.alarm
    }

    /// It has rung; it rings again when the pong has to be there.
    pub(crate) fn ring(&mut self, timeout: Duration) -> Alarm {
        let meant = match self.beat {
            Beat::Still => Alarm::Ping,
            Beat::Due => Alarm::Untaken,
            Beat::Asked => Alarm::Unanswered,
        };
        if self.beat == Beat::Still {
            self.beat = Beat::Due;
        }
        // Counted from when it should have rung, so that lateness does not add up.
        self.alarm += timeout.saturating_sub(EARLY);
        meant
    }

    /// Whether a ping has to go out.
    pub(crate) fn is_due(&self) -> bool {
        self.beat == Beat::Due
    }

    /// The ping goes out.
    pub(crate) fn asked(&mut self) {
        self.beat = Beat::Asked;
    }

    /// A pong has come; whether it answers a ping.
    pub(crate) fn pong(&mut self, interval: Duration) -> bool {
        let answers = self.beat == Beat::Asked;
        if answers {
            *self = Self { alarm: now() + interval, beat: Beat::Still };
        }
        answers
    }
}

/// The runtime's time.
#[expect(
    clippy::disallowed_methods,
    reason = "goes with the runtime's own timers, and is monotonic as they are"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
