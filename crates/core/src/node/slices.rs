//! Conversations in 256 slices, and whose each slice is. Every node reckons it for itself from who is alive, and as long
//! as they agree on that they agree on this; nothing but double work comes of it when they do not.

use std::fmt;

use crate::ids::{ConversationId, NodeId};

/// Some of the 256 slices that all conversations fall into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Slices([u64; 4]);

impl Slices {
    /// Every slice.
    pub const ALL: Self = Self([u64::MAX; 4]);
    /// None.
    pub const NONE: Self = Self([0; 4]);

    /// The slice of a conversation: byte 5 of its identifier and byte 15, exclusively or-ed. Stores reckon it too.
    pub fn of(conversation: ConversationId) -> u8 {
        let bytes = conversation.0.as_bytes();
        bytes[5] ^ bytes[15]
    }

    /// Whether a conversation is in one of these.
    pub fn contains(&self, conversation: ConversationId) -> bool {
        let slice = Self::of(conversation);
        self.0[usize::from(slice >> 6)] >> (slice & 63) & 1 == 1
    }

    /// Whether these are all there are.
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    /// Their numbers.
    pub fn numbers(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|slice| self.0[usize::from(slice >> 6)] >> (slice & 63) & 1 == 1)
    }

    /// Those of one node among the live ones: a slice is the node's whose draw for it is highest, so when a node comes or
    /// goes only its own slices change hands.
    pub(crate) fn owned_by(node: NodeId, live: &[NodeId]) -> Self {
        let mut slices = Self::NONE;
        for slice in 0..=u8::MAX {
            let draw = |node: &NodeId| (mixed(node.0.as_u128(), slice), *node);
            if live.iter().max_by_key(|node| draw(node)) == Some(&node) {
                slices.0[usize::from(slice >> 6)] |= 1 << (slice & 63);
            }
        }
        slices
    }
}

/// One number made of a node and a slice, each bit of which depends on all of both (the finisher of `SplitMix64`). Nodes
/// of different versions have to agree on it: never changed.
fn mixed(node: u128, slice: u8) -> u64 {
    let halves = (node as u64) ^ ((node >> 64) as u64).rotate_left(32);
    let mut mixed = halves ^ (u64::from(slice) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for factor in [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> 31)
}

impl fmt::Debug for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slices({} of 256)", self.numbers().count())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn node(n: u128) -> NodeId {
        NodeId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + n))
    }

    #[test]
    fn every_slice_is_one_nodes_and_shares_are_about_even() {
        for count in 1..=8_u128 {
            let live: Vec<_> = (0..count).map(node).collect();
            let shares: Vec<_> = live.iter().map(|one| Slices::owned_by(*one, &live)).collect();
            for slice in 0..=u8::MAX {
                let owners = shares.iter().filter(|share| share.numbers().any(|number| number == slice));
                assert_eq!(owners.count(), 1, "slice {slice} of {count} nodes");
            }
            let least = shares.iter().map(|share| share.numbers().count()).min().unwrap_or_default();
            assert!(least as u128 * count * 5 > 256 * 2, "the least of {count} has {least}");
        }
    }

    #[test]
    fn when_a_node_goes_only_its_slices_change_hands() {
        let before = [node(1), node(2), node(3)];
        let after = [node(1), node(3)];
        let kept = Slices::owned_by(node(1), &before);
        let now = Slices::owned_by(node(1), &after);
        assert!(kept.numbers().all(|slice| now.numbers().any(|other| other == slice)));
        assert!(now.numbers().count() > kept.numbers().count());
    }

    #[test]
    fn what_is_reckoned_never_changes() {
        assert_eq!(mixed(1, 0), 13_242_283_729_391_758_738);
        let live = [node(1), node(2)];
        assert_eq!(
            Slices::owned_by(node(1), &live).numbers().take(6).collect::<Vec<_>>(),
            [0, 2, 3, 4, 5, 7]
        );
    }
}
