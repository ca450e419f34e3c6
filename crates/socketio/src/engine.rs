//! Engine.IO 4: a stream of messages each way, over long polling or a WebSocket, and from the first to the second without
//! losing, doubling or reordering any.
//!
//! A connection is driven by one task, which owns its [`Channel`]: `polling` while it polls, `websocket` from then on.

mod channel;
mod close;
mod connection;
mod cors;
mod goodbye;
mod handshake;
mod heart;
mod line;
mod payload;
mod polling;
mod probe;
mod refusal;
mod registry;
mod serve;
mod websocket;
mod writing;

pub use channel::{Channel, Incoming, Outgoing, Service, Text};
pub use close::{Close, Why};
pub(crate) use heart::now;
pub(crate) use registry::fresh_id;
pub use serve::router;
