//! Emptying a log.

use super::Draft;
use crate::conversation::Kind;

impl<K: Kind> Draft<'_, '_, K> {
    /// Takes back everything that was ever recorded here, by this rule too: all bodies go, from what connected followers
    /// have not passed yet too, and nothing waits for anybody any more. Places and names stay, so that a repeat is known.
    pub fn clear_log(&mut self) {
        self.raw.effects.emptied = Some(self.last_seq());
    }
}
