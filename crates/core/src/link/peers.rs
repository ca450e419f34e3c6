//! The other nodes, as far as they are heard: which of their messages came, and which did not.

use std::collections::BTreeSet;
use std::time::Duration;

use rustc_hash::FxHashMap as HashMap;
use uuid::Uuid;

/// A node says something each second; one that is silent for so long may not be heard.
const SILENT: Duration = Duration::from_secs(3);
/// One that is silent for so long is gone, or it is missed among those that have a lease ([`Core::live_nodes`]).
///
/// [`Core::live_nodes`]: crate::Core::live_nodes
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
            let doubt = peer.miss(number) || met;
            peer.next = number + 1;
            Fate { new: true, doubt }
        } else {
            Fate { new: peer.missing.remove(&number), doubt: false }
        }
    }

    /// A node says how many messages it has sent; answers whether that shows that something may not have been heard. One
    /// that is new may stand in the place of one that has died before it could tell what it had committed.
    pub(super) fn count(&mut self, from: Uuid, count: u64, now: Duration) -> bool {
        let (peer, met) = self.meet(from, count + 1, now);
        let behind = peer.miss(count + 1);
        peer.next = peer.next.max(count + 1);
        behind || met
    }

    /// A node says that it says no more.
    pub(super) fn farewell(&mut self, from: Uuid) {
        self.heard.remove(&from);
    }

    /// Whether somebody who was heard of late is not heard any more.
    pub(super) fn is_silent(&mut self, now: Duration) -> bool {
        self.heard.retain(|_, peer| now < peer.last + GONE);
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
        // One that is met anew may stand in another's place.
        check(&[1, 2, 3], &[true, true, true], &[true, false, false]);
        check(&[5, 6], &[true, true], &[true, false]);
        check(&[1, 1, 2, 1], &[true, false, true, false], &[true, false, false, false]);
        check(
            &[1, 4, 3, 3, 2, 5],
            &[true, true, true, false, true, true],
            &[true, true, false, false, false, false],
        );
        check(&[1, 1_000_000, 2, 999_999], &[true, true, false, true], &[true, true, false, false]);
    }

    #[test]
    fn a_count_shows_a_lost_tail() {
        let mut peers = Peers::default();
        assert!(peers.count(node(1), 0, NOW), "it is new");
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
        peers.hear(node(2), 1, after(33));
        assert!(peers.is_silent(after(34)) && peers.lately(after(34)) == 1);
        peers.farewell(node(1));
        assert!(!peers.is_silent(after(34)), "one that has said farewell may be silent");
    }
}
