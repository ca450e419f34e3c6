//! The desk's settings (contract, "Settings").

use jiff::SignedDuration;

/// What an operator can set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `desk.auth_payload`: whether a handshake without a token is let through, and the CONNECT must bring it.
    pub auth_payload: bool,
    /// `desk.reconnect_grace`: how long somebody who has lost his line keeps his place.
    pub reconnect_grace: SignedDuration,
    /// `desk.ping_interval`: how often a connection is pinged.
    pub ping_interval: SignedDuration,
    /// `desk.ping_timeout`: how long a ping may go unanswered.
    pub ping_timeout: SignedDuration,
    /// `desk.max_chats_per_agent`: how many chats one of the staff may serve at once; any number, unless it is set.
    pub max_chats_per_agent: Option<usize>,
    /// `desk.widget_origins`: who may show the visitor's page in a frame.
    pub widget_origins: Vec<String>,
    /// `desk.rate`: events a second per socket; bursts of twice as many.
    pub rate: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auth_payload: false,
            reconnect_grace: SignedDuration::from_secs(15),
            ping_interval: SignedDuration::from_secs(25),
            ping_timeout: SignedDuration::from_secs(20),
            max_chats_per_agent: None,
            widget_origins: vec!["*".to_owned()],
            rate: 50,
        }
    }
}
