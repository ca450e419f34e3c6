//! Chance that a seed repeats, and time that only the scheduler moves.

use std::time::Duration;

use hearken_core::clock::{Clock, Monotonic, Wall, from_millis};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

/// A row of numbers made from a seed (splitmix64).
pub(super) struct Dice(Mutex<u64>);

impl Dice {
    /// The row that belongs to a seed and to whoever throws.
    pub(super) fn new(seed: u64, who: u64) -> Self {
        Self(Mutex::new(seed.wrapping_mul(1_000_003).wrapping_add(who)))
    }

    /// A number below `limit`.
    pub(super) fn below(&self, limit: u64) -> u64 {
        let mut state = self.0.lock();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// True `share` times in a hundred.
    pub(super) fn percent(&self, share: u64) -> bool {
        self.below(100) < share
    }

    /// Waits for less than so many milliseconds.
    pub(super) async fn pause(&self, millis: u64) {
        tokio::time::sleep(Duration::from_micros(self.below(millis * 1000) + 1)).await;
    }
}

/// All three clocks, on the scheduler's time.
pub(super) struct SimClock {
    start: Instant,
    moves: watch::Sender<u64>,
}

impl SimClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port, on a time that stands still")]
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), moves: watch::Sender::new(0) }
    }

    fn at(&self) -> Timestamp {
        from_millis(1_750_000_000_000 + self.elapsed().as_millis() as i64)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.at()
    }

    fn until(&self, at: Timestamp) -> Option<Duration> {
        Some(Duration::from_millis((at.as_millisecond() - self.at().as_millisecond()).max(0) as u64))
    }

    fn moves(&self) -> watch::Receiver<u64> {
        self.moves.subscribe()
    }
}

impl Wall for SimClock {
    fn now(&self) -> Timestamp {
        self.at()
    }
}

impl Monotonic for SimClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
