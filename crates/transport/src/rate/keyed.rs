//! A rate for each of many: callers by account, addresses by network. Only so many are remembered; who was not seen
//! for the longest time is forgotten first, and begins anew.

use std::hash::Hash;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;

use super::Rate;

/// Rates by key.
#[derive(Debug)]
pub struct Rates<K: Hash + Eq> {
    /// What everybody begins with.
    fresh: Rate,
    most: usize,
    seen: Mutex<LruCache<K, Rate>>,
}

/// What is left of a rate after one more has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many may come at once after a pause.
    pub limit: u32,
    /// How many more may come now.
    pub remaining: u32,
    /// When all of them may come again.
    pub reset: Duration,
    /// How long the one who has asked has to wait; nothing if he is let through.
    pub wait: Option<Duration>,
}

impl<K: Hash + Eq> Rates<K> {
    /// `per_second` acts a second for each key, and twice as many at once after a pause; at most `most` keys are
    /// remembered.
    pub fn new(per_second: u32, most: usize) -> Self {
        Self::of(Rate::new(per_second), most)
    }

    /// `rate` for each key; at most `most` keys are remembered.
    pub fn of(rate: Rate, most: usize) -> Self {
        Self { fresh: rate, most, seen: Mutex::new(LruCache::unbounded()) }
    }

    /// Takes one of what `key` has left; `now` is monotonic.
    pub fn take(&self, key: K, now: Duration) -> Allowance {
        let mut seen = self.seen.lock();
        let rate = seen.get_or_insert_mut(key, || self.fresh);
        let allowed = rate.allow(now);
        let allowance = Allowance {
            limit: rate.limit(),
            remaining: rate.remaining(now),
            reset: rate.reset(now),
            wait: (!allowed).then(|| rate.wait(now)),
        };
        if seen.len() > self.most {
            seen.pop_lru();
        }
        allowance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_and_sees_what_is_left() {
        let rates = Rates::new(2, 10);
        let check = |key: &'static str, millis: u64, expect: (u32, u64, Option<u64>)| {
            let Allowance { limit, remaining, reset, wait } = rates.take(key, Duration::from_millis(millis));
            let found = (remaining, reset.as_millis() as u64, wait.map(|wait| wait.as_millis() as u64));
            assert_eq!((limit, found), (4, expect), "{key} at {millis}");
        };
        check("a", 0, (3, 500, None));
        check("a", 0, (2, 1000, None));
        check("b", 0, (3, 500, None));
        check("a", 0, (1, 1500, None));
        check("a", 0, (0, 2000, None));
        check("a", 0, (0, 2000, Some(500)));
        check("a", 400, (0, 1600, Some(100)));
        check("b", 400, (2, 600, None));
        check("a", 500, (0, 2000, None));
        check("a", 60_000, (3, 500, None));
    }

    #[test]
    fn only_so_many_are_remembered() {
        let rates = Rates::new(1, 3);
        let now = Duration::ZERO;
        for key in 0..1000 {
            // One who keeps coming is not forgotten for those who come once.
            let regular = rates.take(u32::MAX, now);
            assert_eq!(regular.wait.is_none(), key < 2, "{key}");
            assert_eq!(rates.take(key, now).remaining, 1);
            assert!(rates.seen.lock().len() <= 3);
        }
        assert_eq!(rates.take(999, now).remaining, 0);
        assert_eq!(rates.take(5, now).remaining, 1);
    }
}
