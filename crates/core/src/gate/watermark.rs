//! The arrival up to which everything is settled and told. Arrivals are given before they are committed, so the highest
//! one seen proves nothing about those below it, until every transaction that was open then has ended.

use std::collections::VecDeque;
use std::time::Duration;

/// Every transaction ends sooner: a store that is shared sees to that by its timeouts.
pub(crate) const SETTLED: Duration = Duration::from_secs(10);
/// Notes that are kept, one a second.
const MOST_NOTES: usize = 64;

/// The watermark, and what it may rise to.
#[derive(Default)]
pub(super) struct Watermark {
    now: i64,
    /// How far arrivals went, and when.
    notes: VecDeque<(Duration, i64)>,
}

impl Watermark {
    pub(super) fn begin(&mut self, arrival: i64) {
        self.now = arrival;
    }

    pub(super) fn now(&self) -> i64 {
        self.now
    }

    pub(super) fn note(&mut self, at: Duration, arrival: i64) {
        if self.notes.len() == MOST_NOTES {
            self.notes.pop_front();
        }
        self.notes.push_back((at, arrival));
    }

    /// Everything that was committed before this moment has been told. Where that lets it rise, answers when the arrival
    /// was noted to which it rose: what was told before then lies below.
    pub(super) fn settle(&mut self, told: Duration) -> Option<Duration> {
        let settled = told.checked_sub(SETTLED)?;
        let count = self.notes.partition_point(|(at, _)| *at <= settled);
        let (at, arrival) = self.notes.drain(..count).next_back()?;
        self.now = self.now.max(arrival);
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn it_rises_to_what_was_noted_long_enough_ago() {
        let mut watermark = Watermark::default();
        watermark.begin(5);
        for n in 0..20 {
            watermark.note(seconds(n), 100 + n as i64);
        }
        assert_eq!((watermark.settle(seconds(9)), watermark.now()), (None, 5));
        assert_eq!((watermark.settle(seconds(10)), watermark.now()), (Some(seconds(0)), 100));
        assert_eq!((watermark.settle(seconds(10)), watermark.now()), (None, 100));
        assert_eq!((watermark.settle(seconds(17)), watermark.now()), (Some(seconds(7)), 107));
    }

    #[test]
    fn it_never_falls_and_its_notes_are_bounded() {
        let mut watermark = Watermark::default();
        for n in 0..10_000 {
            watermark.note(seconds(n), 50);
        }
        assert!(watermark.notes.len() <= MOST_NOTES);
        watermark.begin(70);
        watermark.settle(seconds(20_000));
        assert_eq!(watermark.now(), 70);
    }
}
