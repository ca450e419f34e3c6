//! Bad weather for a faulty store: everything takes a while, and some of it goes wrong, in an order that follows from a
//! seed.

use std::time::Duration;

use hearken_core::store::StoreError;
use parking_lot::Mutex;

/// How bad it is: of a thousand calls, how many fare so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// No call takes longer than this.
    pub slow: Duration,
    /// Commits that are told that somebody was first, though nobody was.
    pub raced: u16,
    /// Commits that fail before anything is written.
    pub refused: u16,
    /// Commits that are written, and fail nevertheless.
    pub unanswered: u16,
    /// Reads that fail.
    pub unreadable: u16,
}

/// The weather there is, and the dice it is made with.
#[derive(Default)]
pub(super) struct Sky(Mutex<(Weather, u64)>);

impl Sky {
    pub(super) fn turn(&self, weather: Weather, seed: u64) {
        // A row of zeroes would never leave zero.
        *self.0.lock() = (weather, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    }

    /// A read takes its time, and may fail.
    pub(super) async fn read(&self) -> Result<(), StoreError> {
        self.wait().await;
        self.befalls(|weather| weather.unreadable, || StoreError::Unavailable("a read fails".into()))
    }

    /// A commit takes its time, and may not be written.
    pub(super) async fn before(&self) -> Result<(), StoreError> {
        self.wait().await;
        self.befalls(|weather| weather.raced, || StoreError::Raced)?;
        self.befalls(|weather| weather.refused, || StoreError::Unavailable("a write fails".into()))
    }

    /// A commit that is written takes its time to answer, and may not.
    pub(super) async fn after(&self) -> Result<(), StoreError> {
        self.wait().await;
        self.befalls(|weather| weather.unanswered, || StoreError::Unavailable("an answer is lost".into()))
    }

    async fn wait(&self) {
        let slow = self.0.lock().0.slow;
        if !slow.is_zero() {
            let micros = self.roll() % slow.as_micros() as u64;
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
    }

    fn befalls(
        &self,
        share: impl Fn(&Weather) -> u16,
        error: impl FnOnce() -> StoreError,
    ) -> Result<(), StoreError> {
        let share = u64::from(share(&self.0.lock().0));
        if share > 0 && self.roll() % 1000 < share { Err(error()) } else { Ok(()) }
    }

    /// The next number of a row that follows from the seed (xorshift).
    fn roll(&self) -> u64 {
        let dice = &mut self.0.lock().1;
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        *dice >> 11
    }
}
