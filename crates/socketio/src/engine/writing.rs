//! Writing to a WebSocket without waiting: what does not go out at once is seen to by the connection's loop, which looks
//! now and then whether the peer takes any of it.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::SinkExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::channel::{Channel, Outgoing};
use super::close::{End, Why};
use super::goodbye::end_of;
use super::heart::now;
use super::websocket::Wired;

/// How many bytes are put together before they are flushed.
const BURST: usize = 64 << 10;
/// How often it is looked whether a peer that is slow takes anything.
const LOOK: Duration = Duration::from_secs(1);
const PING: Utf8Bytes = Utf8Bytes::from_static("2");

/// Something could not be written at once.
#[derive(Clone, Copy)]
pub(crate) struct Writing {
    /// How much had been written when something was written last, as far as was seen.
    written: u64,
    /// When that was seen.
    since: Instant,
    /// When to look again.
    look: Instant,
}

impl Writing {
    /// When to look again.
    pub(crate) fn look(self) -> Instant {
        self.look
    }
}

impl<C, S> Wired<C, S>
where
    C: Channel,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    /// Sends what is at hand, and flushes once.
    pub(crate) async fn send(&mut self, first: Outgoing) -> Result<(), End> {
        let mut next = Some(first);
        let mut bytes = 0;
        while let Some(outgoing) = next {
            let message = match outgoing {
                Outgoing::Text(text) => Message::Text(text.into_packet()),
                Outgoing::Binary(bytes) => Message::Binary(bytes),
                Outgoing::Close(close) => {
                    self.flush().await?;
                    return Err(End::ours(close));
                }
            };
            bytes += message.len();
            self.socket.start_send_unpin(message).map_err(|error| end_of(&error))?;
            // What does not go out at once has to, before more is made.
            let goes = at_once(|context| self.socket.poll_ready_unpin(context)).await.is_ready();
            next = if goes && bytes < BURST { self.connection.channel.try_next() } else { None };
        }
        self.flush().await
    }

    pub(crate) async fn write(&mut self, message: Message) -> Result<(), End> {
        self.socket.start_send_unpin(message).map_err(|error| end_of(&error))?;
        self.flush().await
    }

    pub(crate) async fn ping(&mut self) -> Result<(), End> {
        self.connection.heart.asked();
        self.connection.channel.marked();
        self.write(Message::Text(PING)).await
    }

    /// Flushes, without waiting: what does not go at once is seen to by the loop.
    async fn flush(&mut self) -> Result<(), End> {
        match at_once(|context| self.socket.poll_flush_unpin(context)).await {
            Poll::Ready(written) => self.written(&written),
            Poll::Pending if self.writing.is_some() => Ok(()),
            Poll::Pending => {
                let (written, since) = (self.socket.get_ref().written(), now());
                self.writing = Some(Writing { written, since, look: since + self.look() });
                Ok(())
            }
        }
    }

    pub(crate) fn written(&mut self, written: &Result<(), tungstenite::Error>) -> Result<(), End> {
        match written {
            Ok(()) => {
                self.writing = None;
                self.connection.channel.flushed();
                Ok(())
            }
            Err(error) => Err(end_of(error)),
        }
    }

    fn look(&self) -> Duration {
        self.connection.settings.write_timeout.min(LOOK)
    }

    /// Looks whether a peer that is slow takes anything.
    pub(crate) fn look_again(&mut self, now: Instant) -> Result<(), End> {
        let (limit, look) = (self.connection.settings.write_timeout, self.look());
        let Some(writing) = self.writing.as_mut().filter(|writing| writing.look <= now) else {
            return Ok(());
        };
        let written = self.socket.get_ref().written();
        if written > writing.written {
            (writing.written, writing.since) = (written, now);
        } else if now - writing.since >= limit {
            return Err(End::silent(Why::Stuck));
        }
        writing.look = now + look;
        Ok(())
    }
}

/// Polls once.
pub(crate) async fn at_once<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    std::future::poll_fn(|context| Poll::Ready(poll(context))).await
}
