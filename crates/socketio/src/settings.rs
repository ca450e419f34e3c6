//! What can be set: paces, patience and bounds.

use std::time::Duration;

/// Paces, patience and bounds of a server. The default is what the protocol's own servers take, with tighter bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it is served, with a slash behind and without.
    pub path: String,
    /// How long after a pong (or the handshake) the peer is pinged.
    pub ping_interval: Duration,
    /// How long the pong may take.
    pub ping_timeout: Duration,
    /// How long a peer may take nothing at all while something waits for it.
    pub write_timeout: Duration,
    /// How long a WebSocket that is to take over from polling may take to say so.
    pub upgrade_timeout: Duration,
    /// The most bytes of one packet from a peer; told as `maxPayload`.
    pub largest_packet: usize,
    /// The most bytes of one POST, which may hold many packets, and of one event with its attachments.
    pub largest_post: usize,
    /// The most packets in the answer to a poll. python-engineio reads no more than 16.
    pub most_packets: usize,
    /// The most attachments of one event from a peer.
    pub most_attachments: usize,
    /// The most namespaces of one connection.
    pub most_namespaces: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            path: "/socket.io".to_owned(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(30),
            upgrade_timeout: Duration::from_secs(10),
            largest_packet: 64 << 10,
            largest_post: 1 << 20,
            most_packets: 16,
            most_attachments: 16,
            most_namespaces: 8,
        }
    }
}
