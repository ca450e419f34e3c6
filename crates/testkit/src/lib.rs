//! What the tests of the workspace share: the suite that every store has to pass, a store that fails on demand, a
//! server in the test's own process, servers of others that are thrown away, a WebSocket client that never waits for
//! ever, and transcripts of what they say to each other.

pub mod client;
pub mod conformance;
pub mod faulty;
pub mod server;
pub mod throwaway;
pub mod transcript;
