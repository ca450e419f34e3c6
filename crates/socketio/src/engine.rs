//! Engine.IO 4: a stream of messages each way, over long polling or a WebSocket.

mod close;

pub use close::{Close, Why};
