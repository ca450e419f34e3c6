//! How fast somebody may go: so many a second, with bursts of twice the figure (common.md, "Bad input").

mod keyed;

use std::time::Duration;

pub use keyed::{Allowance, Rates};

/// A rate for one caller. It holds one moment: when the burst would be wholly there again.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    interval: Duration,
    burst: Duration,
    full_at: Duration,
}

impl Rate {
    /// `per_second` acts a second, and twice as many at once after a pause.
    pub fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { interval, burst: interval * per_second.max(1).saturating_mul(2), full_at: Duration::ZERO }
    }

    /// `burst` acts at once after a pause, and one more each `interval`.
    pub fn of(burst: u32, interval: Duration) -> Self {
        Self { interval, burst: interval * burst.max(1), full_at: Duration::ZERO }
    }

    /// Whether one more is let through now; `now` is monotonic.
    pub fn allow(&mut self, now: Duration) -> bool {
        let after = self.full_at.max(now) + self.interval;
        if after > now + self.burst {
            return false;
        }
        self.full_at = after;
        true
    }

    /// How many may come at once after a pause.
    fn limit(&self) -> u32 {
        whole(self.burst, self.interval)
    }

    /// How many may come now.
    fn remaining(&self, now: Duration) -> u32 {
        whole((now + self.burst).saturating_sub(self.full_at.max(now)), self.interval)
    }

    /// When as many may come as ever.
    fn reset(&self, now: Duration) -> Duration {
        self.full_at.saturating_sub(now)
    }

    /// How long the next one has to wait.
    pub fn wait(&self, now: Duration) -> Duration {
        (self.full_at.max(now) + self.interval).saturating_sub(now + self.burst)
    }
}

/// How many whole `parts` there are in a time.
fn whole(time: Duration, part: Duration) -> u32 {
    (time.as_nanos() / part.as_nanos().max(1)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `tries` are let through at each of `moments` (milliseconds).
    #[track_caller]
    fn check(per_second: u32, moments: &[(u64, u32)], expect: &[u32]) {
        let mut rate = Rate::new(per_second);
        let mut allowed = Vec::new();
        for (moment, tries) in moments {
            let now = Duration::from_millis(*moment);
            allowed.push((0..*tries).filter(|_| rate.allow(now)).count() as u32);
        }
        assert_eq!(allowed, expect, "{per_second}/s at {moments:?}");
    }

    #[test]
    fn a_burst_and_an_interval_can_be_any() {
        let mut rate = Rate::of(3, Duration::from_secs(6));
        let mut allowed = |seconds| (0..10).filter(|_| rate.allow(Duration::from_secs(seconds))).count();
        assert_eq!([0, 5, 6, 11, 17, 1000].map(&mut allowed), [3, 0, 1, 0, 1, 3]);
    }

    #[test]
    fn bursts_are_twice_the_rate_and_come_back_at_the_rate() {
        check(20, &[(0, 100)], &[40]);
        check(20, &[(0, 100), (50, 5), (99, 5), (100, 5)], &[40, 1, 0, 1]);
        check(20, &[(0, 100), (1000, 100), (3000, 100), (60_000, 100)], &[40, 20, 40, 40]);
        check(1, &[(0, 5), (999, 5), (1000, 5)], &[2, 0, 1]);
        check(1_000_000, &[(0, 10)], &[10]);
    }
}
