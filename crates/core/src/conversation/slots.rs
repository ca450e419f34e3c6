//! The set of members that an event still waits for, as a bit per member.
//!
//! One small value beside the event replaces a row per receiver: a message to a group of 128 is one row, not 128
//! (docs/decisions/0002-pending-sets.md has the figures).

use std::fmt;

/// A set of member slots, 0 to 127.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct SlotSet(u128);

impl SlotSet {
    /// How many slots there are.
    pub const CAPACITY: usize = 128;

    /// Nobody.
    pub const EMPTY: Self = Self(0);

    /// Adds a slot; one past the last is ignored, as no member has it.
    pub fn insert(&mut self, slot: u8) {
        self.0 |= Self::bit(slot);
    }

    /// Takes a slot out; says whether it was there.
    pub fn remove(&mut self, slot: u8) -> bool {
        let was = self.contains(slot);
        self.0 &= !Self::bit(slot);
        was
    }

    /// Whether the slot is there.
    pub fn contains(self, slot: u8) -> bool {
        self.0 & Self::bit(slot) != 0
    }

    /// Whether nobody is left.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The slots, lowest first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..Self::CAPACITY as u8).filter(move |slot| self.contains(*slot))
    }

    /// The lowest slot that is not in the set, if any is left.
    pub fn lowest_free(self) -> Option<u8> {
        (self.0 != u128::MAX).then(|| self.0.trailing_ones() as u8)
    }

    /// The stored form: little-endian, without trailing zero bytes, so that two people take one byte and a later,
    /// wider set reads these as they are.
    pub fn to_bytes(self) -> Vec<u8> {
        let length = (u128::BITS - self.0.leading_zeros()).div_ceil(8) as usize;
        self.0.to_le_bytes()[..length].to_vec()
    }

    /// Reads the stored form; `None` when it is wider than this version knows.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut wide = [0_u8; 16];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self(u128::from_le_bytes(wide)))
    }

    fn bit(slot: u8) -> u128 {
        1_u128.checked_shl(u32::from(slot)).unwrap_or(0)
    }
}

impl FromIterator<u8> for SlotSet {
    fn from_iter<I: IntoIterator<Item = u8>>(slots: I) -> Self {
        let mut set = Self::EMPTY;
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}

impl fmt::Debug for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_read_back_from_their_stored_form() {
        fn check(slots: &[u8], bytes: usize) {
            let set: SlotSet = slots.iter().copied().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), slots);
            assert_eq!(set.to_bytes().len(), bytes, "{set:?}");
            assert_eq!(SlotSet::from_bytes(&set.to_bytes()), Some(set));
        }
        check(&[], 0);
        check(&[0], 1);
        check(&[1, 7], 1);
        check(&[8], 2);
        check(&[0, 127], 16);
        assert_eq!(SlotSet::from_bytes(&[0; 17]), None);
    }

    #[test]
    fn the_lowest_free_slot_is_found_until_all_are_taken() {
        let mut set = SlotSet::EMPTY;
        for slot in 0..128 {
            assert_eq!(set.lowest_free(), Some(slot));
            set.insert(slot);
        }
        assert_eq!(set.lowest_free(), None);
        assert!(set.remove(5));
        assert!(!set.remove(5));
        assert_eq!(set.lowest_free(), Some(5));
        assert!(!set.contains(200));
    }
}
