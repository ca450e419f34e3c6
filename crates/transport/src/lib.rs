//! What Hearken's doors share on the wire, and no product's words: who shows which credential, how a WebSocket is
//! opened, pumped and closed, how fast somebody may go, what JSON over HTTP looks like,
//! and the listener itself.

pub mod cors;
pub mod credentials;
mod leftover;
mod line;
pub mod listener;
pub mod origin;
pub mod proxies;
mod pump;
pub mod rate;
pub mod rest;
pub mod sockets;
mod stream;
pub mod tls;
mod upgrade;

pub use line::Line;
pub use pump::{Close, Door, Incoming, Outgoing, Pumped, SocketLimits, pump};
pub use stream::Stream;
pub use upgrade::{NotAnUpgrade, Upgrade};
