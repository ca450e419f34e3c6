//! The one place of this crate that reads the machine's clocks. A load generator measures real
//! time, so it cannot go through the product's clock ports; everything else here takes the
//! moment as an argument.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the [`Clock`] was made.
pub(crate) type Nanos = u64;

/// One second in [`Nanos`].
pub(crate) const SECOND: Nanos = 1_000_000_000;

/// Counts from the moment it was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    /// Starts counting now.
    #[expect(clippy::disallowed_methods, reason = "a load generator measures real time")]
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// Monotonic time since the start.
    pub(crate) fn now(&self) -> Nanos {
        self.origin.elapsed().as_nanos() as Nanos
    }
}

/// The wall clock in microseconds since 1970, from which the timestamps of a run count upwards.
#[expect(clippy::disallowed_methods, reason = "sent_timestamp is the client's own wall clock")]
pub(crate) fn wall_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// Seconds from the command line as [`Nanos`]; negative and absurd values become the nearest
/// sensible one.
pub(crate) fn from_seconds(seconds: f64) -> Nanos {
    (seconds.clamp(0.0, 86_400.0) * SECOND as f64) as Nanos
}
