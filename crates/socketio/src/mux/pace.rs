//! How often somebody may connect: each CONNECT costs the application more than the peer, which may leave and come back for
//! ever.

use std::time::Duration;

use tokio::time::Instant;

/// How many CONNECTs may come at once.
const BURST: u32 = 8;
/// How long it takes until one more may come.
const EVERY: Duration = Duration::from_secs(1);

/// The CONNECTs that one connection may still send.
pub(super) struct Pace {
    left: u32,
    since: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: BURST, since: now }
    }

    /// Whether one more may come now.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let more = (now.saturating_duration_since(self.since).as_secs() / EVERY.as_secs()) as u32;
        self.since += EVERY * more;
        self.left = self.left.saturating_add(more).min(BURST);
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_one_a_second() {
        let start = crate::engine::now();
        let mut pace = Pace::new(start);
        // When, in milliseconds, how many come, and how many of them may.
        for (at, come, may) in [
            (0, 10, 8),
            (999, 2, 0),
            (1000, 2, 1),
            (1999, 1, 0),
            (4500, 9, 3),
            (5000, 2, 1),
            (3_600_000, 20, 8),
        ] {
            let now = start + Duration::from_millis(at);
            assert_eq!((0..come).filter(|_| pace.allows(now)).count(), may, "{at}");
        }
    }
}
