//! The port over which the nodes of one installation tell one another what was committed.
//!
//! A bus may lose, double and reorder what is said on it, and be away: everything is in the store as well, and a node
//! that has missed something reads it there. So the port is small: bytes go to everybody else on the same channel. What
//! they mean is in `wire`; that they come from a node of the same installation is in `seal`.

pub mod memory;
pub(crate) mod seal;
pub(crate) mod wire;

use bytes::Bytes;
use futures_util::future::BoxFuture;

/// The longest message that is put on a bus, in bytes.
pub const LONGEST_MESSAGE: usize = 256 << 10;

/// What comes from a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody has said this; possibly we ourselves.
    Message(Bytes),
    /// From here on, what others say is heard.
    Connected,
    /// From here on it may not be, until it is connected again.
    Disconnected,
    /// Something was said that could not be taken in time, and is lost.
    Missed,
}

/// Why something could not be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// The bus can't be reached; the words are for the operator's log.
    #[error("the bus can't be reached: {0}")]
    Away(String),
    /// It can't be used like that at all: its address, or what it is asked for, is wrong.
    #[error("{0}")]
    Unusable(String),
}

/// Something by which nodes hear of one another.
pub trait Bus: Send + Sync {
    /// Takes part in what is said on a channel. It need not be connected yet: [`Heard::Connected`] says when it is. A
    /// channel is a short word of letters and digits.
    fn join<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<BusEnd, BusError>>;
}

/// The two sides of taking part.
pub struct BusEnd {
    /// For what we say.
    pub speaker: Box<dyn Speaker>,
    /// For what others say.
    pub listener: Box<dyn Listener>,
}

/// Where something can be said.
pub trait Speaker: Send {
    /// Says this to everybody else on the channel, at most [`LONGEST_MESSAGE`] bytes. `Ok` promises nothing. Never waits
    /// longer than it takes to find out that the bus is away.
    fn announce(&mut self, message: Bytes) -> BoxFuture<'_, Result<(), BusError>>;

    /// Waits until what was said has left, or can't.
    fn flush(&mut self) -> BoxFuture<'_, ()>;
}

/// Where others can be heard.
pub trait Listener: Send {
    /// What comes next; `None` when nothing ever will. Dropping the future loses nothing.
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>>;
}
