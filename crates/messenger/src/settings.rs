//! The messenger's settings (contract, "Settings").

use std::time::Duration;

/// What an operator can set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `messenger.max_message`: the longest message, in characters.
    pub max_message: usize,
    /// `messenger.rate`: frames a second per socket; bursts of twice as many.
    pub rate: u32,
    /// `messenger.undelivered_ttl`: how long a message waits for its receivers; for ever, unless it is set.
    pub undelivered_ttl: Option<jiff::SignedDuration>,
    /// `messenger.room_ttl`: how long a room is open.
    pub room_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_message: 4096, rate: 20, undelivered_ttl: None, room_ttl: Duration::from_hours(24) }
    }
}
