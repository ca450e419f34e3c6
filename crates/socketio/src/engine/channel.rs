//! What is to be brought to serve Engine.IO: who is let in, and the near end of a connection.

use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::close::{Close, Why};

/// Admits connections.
pub trait Service: Send + Sync + 'static {
    /// The near end of a connection.
    type Channel: Channel;

    /// Asked once for each connection, on its handshake request; not for preflights, nor for the later requests of a
    /// connection. An error is answered in its place.
    fn admit(&self, request: &mut Parts) -> impl Future<Output = Result<Self::Channel, Response>> + Send;

    /// Whether the pages of this origin may call, with credentials, and read what is answered.
    fn allows_origin(&self, origin: &HeaderValue) -> bool;
}

/// A message from the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

/// What goes to the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A text.
    Text(Text),
    /// Bytes.
    Binary(Bytes),
    /// Nothing more: the connection is closed.
    Close(Close),
}

/// A text in the form in which it is sent; a clone copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Utf8Bytes);

impl Text {
    /// The text that these make together.
    pub fn new(parts: &[&str]) -> Self {
        let mut packet = String::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
        packet.push('4');
        packet.extend(parts.iter().copied());
        Self(packet.into())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str().get(1..).unwrap_or_default()
    }

    /// The packet: what it is, and the text.
    pub(crate) fn packet(&self) -> &Utf8Bytes {
        &self.0
    }

    pub(crate) fn into_packet(self) -> Utf8Bytes {
        self.0
    }
}

/// The near end of a connection. It is pulled: nothing is asked of it but when the peer can take something, and nothing
/// is read while it takes nothing.
pub trait Channel: Send + 'static {
    /// Whether it takes another message now.
    fn is_ready(&self) -> bool;

    /// Takes a message, without waiting. An error closes the connection, as the peer's fault.
    fn receive(&mut self, message: Incoming<'_>) -> Result<(), Close>;

    /// The next thing to send; `None` when there is none, but the channel, which was not ready, takes messages again.
    /// The future may be dropped before it is done, and nothing may be lost by that.
    fn next(&mut self) -> impl Future<Output = Option<Outgoing>> + Send;

    /// The next thing to send, if it is at hand.
    fn try_next(&mut self) -> Option<Outgoing>;

    /// Whether the connection is to be closed whatever still waits to be sent.
    fn over(&self) -> Option<Close>;

    /// When it is closed as the peer's fault unless something happens before.
    fn expires(&self) -> Option<Instant> {
        None
    }

    /// Everything handed out so far has been given to the system to send. Not told of polls.
    fn flushed(&mut self) {}

    /// A mark is put behind everything handed out so far.
    fn marked(&mut self) {}

    /// The peer has got everything up to the last mark.
    fn passed(&mut self) {}

    /// It is over. The channel is dropped once the peer has been told.
    fn closed(&mut self, why: Why);
}
