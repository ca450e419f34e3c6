//! The other nodes, as far as they are heard: which of their messages came, and which did not.

use std::collections::BTreeSet;
use std::time::Duration;

use rustc_hash::FxHashMap as HashMap;
use uuid::Uuid;

/// A node says something each second; one that is silent for so long may not be heard.
const SILENT: Duration = Duration::from_secs(3);
/// One that is silent for so long is gone, unless somebody knows better: its lease has run out long ago.
const GONE: Duration = Duration::from_secs(30);
/// Messages of one node that may yet come; those before them are taken for lost.
const MOST_MISSING: usize = 4096;

/// What to do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    /// Whether it is new.
    pub(super) new: bool,
    /// Whether it shows that something was not heard.
    pub(super) doubt: bool,
}

/// The other nodes.
#[derive(Default)]
pub(super) struct Peers {
    heard: HashMap<Uuid, Peer>,
    expected: Vec<Uuid>,
}

#[derive(Default)]
struct Peer {
    /// The number of its next message.
    next: u64,
    /// Those before it that have not come.
    missing: BTreeSet<u64>,
    last: Duration,
}

impl Peers {
    /// A numbered message of a node.
    pub(super) fn hear(&mut self, from: Uuid, number: u64, now: Duration) -> Fate {
        let (peer, met) = self.meet(from, number, now);
        if number >= peer.next {
            let doubt = peer.miss(number) || (met && number > 1);
            peer.next = number + 1;
            Fate { new: true, doubt }
        } else {
            Fate { new: peer.missing.remove(&number), doubt: false }
        }
    }

    /// A node says how many messages it has sent; answers whether that shows that something was not heard.
    pub(super) fn count(&mut self, from: Uuid, count: u64, now: Duration) -> bool {
        let (peer, met) = self.meet(from, count + 1, now);
        let behind = peer.miss(count + 1);
        peer.next = peer.next.max(count + 1);
        behind || (met && count > 0)
    }

    /// A node says that it says no more.
    pub(super) fn farewell(&mut self, from: Uuid) {
        self.heard.remove(&from);
        self.expected.retain(|expected| *expected != from);
    }

    /// These are known to live.
    pub(super) fn expect(&mut self, names: impl Iterator<Item = Uuid>, now: Duration) {
        let before = std::mem::replace(&mut self.expected, names.collect());
        for name in &self.expected {
            // One that is new is given its time.
            if !before.contains(name) {
                self.heard.entry(*name).or_insert(Peer { next: 1, missing: BTreeSet::new(), last: now });
            }
        }
    }

    /// Whether somebody who lives is not heard.
    pub(super) fn is_silent(&mut self, now: Duration) -> bool {
        let expected = &self.expected;
        self.heard.retain(|name, peer| now < peer.last + GONE || expected.contains(name));
        self.heard.values().any(|peer| now >= peer.last + SILENT)
    }

    /// How many were heard of late.
    pub(super) fn lately(&self, now: Duration) -> usize {
        self.heard.values().filter(|peer| now < peer.last + SILENT).count()
    }

    /// The node, and whether it is heard for the first time.
    fn meet(&mut self, from: Uuid, next: u64, now: Duration) -> (&mut Peer, bool) {
        let met = !self.heard.contains_key(&from);
        let peer = self.heard.entry(from).or_insert_with(|| Peer { next, ..Peer::default() });
        peer.last = now;
        (peer, met)
    }
}

impl Peer {
    /// Everything before this number that has not come is missing; answers whether there is more of it now.
    fn miss(&mut self, number: u64) -> bool {
        let from = self.next.max(number.saturating_sub(MOST_MISSING as u64));
        let behind = self.next < number;
        self.missing.extend(from..number);
        while self.missing.len() > MOST_MISSING {
            self.missing.pop_first();
        }
        behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn each_message_is_taken_once_and_gaps_are_noticed() {
        /// Of messages with these numbers, which are new, and which raise a doubt?
        #[track_caller]
        fn check(numbers: &[u64], new: &[bool], doubts: &[bool]) {
            let mut peers = Peers::default();
            let fates: Vec<_> = numbers.iter().map(|number| peers.hear(node(1), *number, NOW)).collect();
            assert_eq!(fates.iter().map(|fate| fate.new).collect::<Vec<_>>(), new, "{numbers:?}");
            assert_eq!(fates.iter().map(|fate| fate.doubt).collect::<Vec<_>>(), doubts, "{numbers:?}");
        }
        check(&[1, 2, 3], &[true, true, true], &[false, false, false]);
        check(&[5, 6], &[true, true], &[true, false]);
        check(&[1, 1, 2, 1], &[true, false, true, false], &[false; 4]);
        check(
            &[1, 4, 3, 3, 2, 5],
            &[true, true, true, false, true, true],
            &[false, true, false, false, false, false],
        );
        check(&[1, 1_000_000, 2, 999_999], &[true, true, false, true], &[false, true, false, false]);
    }

    #[test]
    fn a_count_shows_a_lost_tail() {
        let mut peers = Peers::default();
        assert!(!peers.count(node(1), 0, NOW), "nothing was said");
        assert!(!peers.hear(node(1), 1, NOW).doubt);
        assert!(!peers.count(node(1), 1, NOW));
        assert!(peers.count(node(1), 3, NOW), "two are lost");
        assert!(!peers.count(node(1), 3, NOW), "that is known");
        assert!(peers.hear(node(1), 2, NOW).new, "it was late");
        assert!(!peers.hear(node(1), 2, NOW).new);
        assert!(!peers.count(node(1), 2, NOW), "an older count says nothing");
        assert!(peers.count(node(2), 7, NOW), "one that was never heard has said something");
    }

    #[test]
    fn a_silence_is_noticed_until_the_node_is_gone() {
        let mut peers = Peers::default();
        let after = |seconds| NOW + Duration::from_secs(seconds);
        peers.hear(node(1), 1, NOW);
        assert!(!peers.is_silent(after(2)) && peers.lately(after(2)) == 1);
        assert!(peers.is_silent(after(3)) && peers.lately(after(3)) == 0);
        assert!(!peers.is_silent(after(30)));
        assert!(peers.hear(node(1), 3, after(31)).doubt, "it is met anew");
        peers.expect([node(1), node(2)].into_iter(), after(31));
        assert!(!peers.is_silent(after(33)), "one that is new has time to be heard");
        peers.hear(node(1), 4, after(34));
        assert!(peers.is_silent(after(35)) && peers.is_silent(after(36)));
        peers.farewell(node(2));
        assert!(!peers.is_silent(after(36)));
    }
}
