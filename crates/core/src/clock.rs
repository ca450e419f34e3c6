//! The three clocks. Product time (`Clock`) is what the rules and the timers go by, and a test or the
//! development clock may move it. `Wall` is the machine's own date, for the lifetimes of tokens.
//! `Monotonic` never goes back, for pings, rates and leases.
//!
//! Nothing else in the workspace may ask the machine for the time: clippy.toml forbids it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

/// Product time, in whole milliseconds: what the store keeps, so that a value read back equals the one written.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// How long, in the machine's time, until this clock shows `at`; `None` when it only moves by hand.
    fn until(&self, at: Timestamp) -> Option<Duration>;

    /// Changes each time the clock is moved by hand, so that whoever sleeps towards a time looks again.
    fn moves(&self) -> watch::Receiver<u64>;
}

/// The machine's own date, which nobody moves.
pub trait Wall: Send + Sync {
    /// The date now.
    fn now(&self) -> Timestamp;
}

/// Time that only goes forward.
pub trait Monotonic: Send + Sync {
    /// Time since some fixed moment before the first call.
    fn elapsed(&self) -> Duration;
}

/// The machine's date, to the millisecond.
pub struct SystemWall;

impl Wall for SystemWall {
    #[expect(clippy::disallowed_methods, reason = "this is the port itself")]
    fn now(&self) -> Timestamp {
        to_millis(Timestamp::now())
    }
}

/// The machine's monotonic time.
pub struct SystemMonotonic {
    start: std::time::Instant,
}

impl Default for SystemMonotonic {
    #[expect(clippy::disallowed_methods, reason = "this is the port itself")]
    fn default() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Monotonic for SystemMonotonic {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// Product time that runs with the machine's and can be put elsewhere (common.md, "Development clock").
pub struct RunningClock {
    wall: Arc<dyn Wall>,
    offset_ms: AtomicI64,
    held_ms: AtomicI64,
    moves: watch::Sender<u64>,
}

/// `held_ms` of a clock that runs.
const RUNNING: i64 = i64::MIN;

impl RunningClock {
    /// A clock that shows what `wall` shows, until it is moved.
    pub fn new(wall: Arc<dyn Wall>) -> Self {
        let (offset_ms, held_ms) = (AtomicI64::new(0), AtomicI64::new(RUNNING));
        Self { wall, offset_ms, held_ms, moves: watch::Sender::new(0) }
    }

    /// Holds the clock at `at` until it is set: while a timer fires, its own time is now.
    pub fn hold(&self, at: Timestamp) {
        self.held_ms.store(at.as_millisecond(), Ordering::Release);
    }

    /// Puts the clock to `at`; it runs on from there at normal speed.
    pub fn set(&self, at: Timestamp) {
        let offset = at.as_millisecond() - self.wall.now().as_millisecond();
        self.offset_ms.store(offset, Ordering::Release);
        self.held_ms.store(RUNNING, Ordering::Release);
        self.moves.send_modify(|n| *n += 1);
    }
}

impl Clock for RunningClock {
    fn now(&self) -> Timestamp {
        match self.held_ms.load(Ordering::Acquire) {
            RUNNING => from_millis(self.wall.now().as_millisecond() + self.offset_ms.load(Ordering::Acquire)),
            held => from_millis(held),
        }
    }

    fn until(&self, at: Timestamp) -> Option<Duration> {
        let left = at.as_millisecond() - self.now().as_millisecond();
        Some(Duration::from_millis(left.max(0) as u64))
    }

    fn moves(&self) -> watch::Receiver<u64> {
        self.moves.subscribe()
    }
}

/// A clock that stands still until a test moves it; serves as all three.
pub struct ManualClock {
    now_ms: AtomicI64,
    elapsed_ms: AtomicU64,
    moves: watch::Sender<u64>,
}

impl ManualClock {
    /// A clock that shows `at`.
    pub fn new(at: Timestamp) -> Self {
        Self {
            now_ms: AtomicI64::new(at.as_millisecond()),
            elapsed_ms: AtomicU64::new(0),
            moves: watch::Sender::new(0),
        }
    }

    /// Moves all three times forward.
    pub fn advance(&self, by: Duration) {
        self.now_ms.fetch_add(by.as_millis() as i64, Ordering::AcqRel);
        self.elapsed_ms.fetch_add(by.as_millis() as u64, Ordering::AcqRel);
        self.moves.send_modify(|n| *n += 1);
    }

    /// Puts the date elsewhere, back too; monotonic time stays as it is.
    pub fn set(&self, at: Timestamp) {
        self.now_ms.store(at.as_millisecond(), Ordering::Release);
        self.moves.send_modify(|n| *n += 1);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        from_millis(self.now_ms.load(Ordering::Acquire))
    }

    fn until(&self, at: Timestamp) -> Option<Duration> {
        (at <= Clock::now(self)).then_some(Duration::ZERO)
    }

    fn moves(&self) -> watch::Receiver<u64> {
        self.moves.subscribe()
    }
}

impl Wall for ManualClock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

impl Monotonic for ManualClock {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed_ms.load(Ordering::Acquire))
    }
}

/// `millis` since the epoch as a timestamp; what lies outside the calendar is put at its nearer end.
pub fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn to_millis(at: Timestamp) -> Timestamp {
    from_millis(at.as_millisecond())
}
