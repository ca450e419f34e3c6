//! What may be wrong with pending sets, for the `check` of every back end: each bit must be of somebody who is in, who was
//! in when the event was recorded, and who has not been told that nothing waits for him there.

use hearken_core::SlotSet;

/// What a member of a conversation is to its pending sets; `S` is a place as the back end reads it.
pub(crate) struct Holder<S> {
    pub(crate) slot: u8,
    pub(crate) joined: S,
    pub(crate) floor: S,
}

/// How many events wait for whom they should not.
#[derive(Default)]
pub(crate) struct Wrong {
    nobody: u64,
    newcomer: u64,
    below: u64,
    /// Whose set is wider than is known; only who reads the bytes can tell.
    pub(crate) wide: u64,
}

impl Wrong {
    /// Looks at one event: who it waits for, its place, and who is in.
    pub(crate) fn look<S: Copy + Ord>(&mut self, pending: SlotSet, seq: S, present: &[Holder<S>]) {
        let (mut nobody, mut newcomer, mut below) = (false, false, false);
        for slot in pending.iter() {
            match present.iter().find(|holder| holder.slot == slot) {
                None => nobody = true,
                Some(holder) if seq <= holder.joined => newcomer = true,
                Some(holder) => below |= seq <= holder.floor,
            }
        }
        self.nobody += u64::from(nobody);
        self.newcomer += u64::from(newcomer);
        self.below += u64::from(below);
    }

    /// One line for each thing that is wrong.
    pub(crate) fn lines(&self) -> Vec<String> {
        let told = [
            (self.nobody, "events wait for a place in their pending set that nobody has"),
            (self.newcomer, "events wait for somebody who came after them"),
            (self.below, "events wait for somebody below the place from which he looks"),
            (self.wide, "events have a pending set that is wider than is known"),
        ];
        told.into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}
