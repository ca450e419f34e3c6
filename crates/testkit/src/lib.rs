//! What the tests of the workspace share: the suite that every store has to pass, a store that fails on demand, a
//! server in the test's own process, servers of others that are thrown away, clients of WebSocket and Socket.IO that never wait for
//! ever, and transcripts of what they say to each other.

pub mod client;
pub mod conformance;
pub mod faulty;
pub mod node_conformance;
pub mod server;
pub mod socketio;
pub mod throwaway;
pub mod transcript;
