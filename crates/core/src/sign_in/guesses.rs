//! Slowing down who guesses: a few wrong tries at once, then one now and then. Counted by whom one claims to be *and*
//! where one comes from, so that guessing shuts out nobody but the one who guesses.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use parking_lot::Mutex;
use quick_cache::sync::Cache;

use crate::network::Network;

/// How many wrong tries are taken at once.
const BURST: u32 = 10;
/// How often one more is taken after those.
const INTERVAL: Duration = Duration::from_secs(30);
/// How many guessers are remembered; the longest silent are forgotten first.
const CAPACITY: usize = 100_000;

/// Who must wait before he may try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slowed(pub Duration);

/// Wrong tries, by who made them at whom. It holds one moment each: when the burst would be wholly there again.
pub(crate) struct Guesses {
    full_at: Cache<u64, Duration>,
    /// Held while one is counted, so that of many at the same moment none is counted over another.
    turn: Mutex<()>,
    hasher: RandomState,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { full_at: Cache::new(CAPACITY), turn: Mutex::new(()), hasher: RandomState::new() }
    }
}

impl Guesses {
    /// Counts a try as wrong, before it is looked at, so that many at once count too; or says how long to wait.
    /// `now` is monotonic.
    pub(crate) fn count(&self, network: Network, whom: &str, now: Duration) -> Result<(), Slowed> {
        let key = self.key(network, whom);
        let _turn = self.turn.lock();
        let full_at = self.full_at.get(&key).unwrap_or_default().max(now);
        let after = full_at + INTERVAL;
        let limit = now + INTERVAL * BURST;
        if after > limit {
            return Err(Slowed(after.saturating_sub(limit)));
        }
        self.full_at.insert(key, after);
        Ok(())
    }

    /// A try that was counted has not been looked at after all: takes that one back, and none before it.
    pub(crate) fn not_looked_at(&self, network: Network, whom: &str) {
        let key = self.key(network, whom);
        let _turn = self.turn.lock();
        if let Some(full_at) = self.full_at.get(&key) {
            self.full_at.insert(key, full_at.saturating_sub(INTERVAL));
        }
    }

    /// It was right: forgets what was wrong before.
    pub(crate) fn right(&self, network: Network, whom: &str) {
        let key = self.key(network, whom);
        let _turn = self.turn.lock();
        self.full_at.remove(&key);
    }

    fn key(&self, network: Network, whom: &str) -> u64 {
        self.hasher.hash_one((network, whom))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn a_guesser_is_slowed_and_nobody_else() {
        let guesses = Guesses::default();
        let from = |last| Network::from(IpAddr::from([192, 0, 2, last]));
        let try_at = |network, whom, seconds| guesses.count(network, whom, Duration::from_secs(seconds));
        for _ in 0..BURST {
            assert_eq!(try_at(from(1), "ana", 100), Ok(()));
        }
        assert_eq!(try_at(from(1), "ana", 100), Err(Slowed(INTERVAL)));
        assert_eq!(try_at(from(1), "ana", 129), Err(Slowed(Duration::from_secs(1))));
        assert_eq!(try_at(from(2), "ana", 100), Ok(()), "she herself, elsewhere");
        assert_eq!(try_at(from(1), "budi", 100), Ok(()), "another, from there");
        assert_eq!(try_at(from(1), "ana", 130), Ok(()));
        assert_eq!(try_at(from(1), "ana", 130), Err(Slowed(INTERVAL)));
        guesses.not_looked_at(from(1), "ana");
        assert_eq!(try_at(from(1), "ana", 130), Ok(()), "the one that was not looked at");
        assert_eq!(try_at(from(1), "ana", 130), Err(Slowed(INTERVAL)), "those before it count on");
        guesses.right(from(1), "ana");
        assert_eq!(try_at(from(1), "ana", 130), Ok(()));
    }
}
