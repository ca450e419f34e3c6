//! The task of a connection over a WebSocket: it reads when the channel takes something, pulls from it when the peer does,
//! pings, and closes with a reason. Reading and writing go on side by side, so a peer that is slow to take is still heard.

use std::pin::Pin;
use std::task::Poll;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::channel::{Channel, Incoming, Outgoing};
use super::close::{Close, End, Why};
use super::connection::Connection;
use super::goodbye::{GOODBYE, end_of, say_goodbye};
use super::heart::{Alarm, now};
use super::line::Line;
use super::payload::Part;
use super::writing::{Writing, at_once};

/// The most messages that are still taken from a line that broke off.
const LAST_WORDS: usize = 256;

/// A connection and its WebSocket. On the heap as one, because an `async fn` keeps its arguments twice, and idle sockets
/// are many.
pub(crate) struct Wired<C, S> {
    pub(crate) connection: Connection<C>,
    pub(crate) socket: WebSocketStream<Line<S>>,
    /// What could not be written at once.
    pub(crate) writing: Option<Writing>,
}

impl<C: Channel, S: AsyncRead + AsyncWrite + Unpin + Send> Wired<C, S> {
    pub(crate) fn new(connection: Connection<C>, socket: WebSocketStream<Line<S>>) -> Box<Self> {
        Box::new(Self { connection, socket, writing: None })
    }
}

/// Runs a connection, beginning with `first` if there is something to begin with, until it ends.
pub(crate) async fn run<C, S>(mut wired: Box<Wired<C, S>>, first: Option<Utf8Bytes>)
where
    C: Channel,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let End { why, close } = drive(&mut wired, first).await;
    wired.connection.channel.closed(why);
    match close {
        Some(close) => Box::pin(say_goodbye(&mut wired.socket, close)).await,
        // Tungstenite has its answer to the peer's close ready: it only has to go out.
        None if matches!(why, Why::ClosedByPeer | Why::Lost) => {
            let _ = timeout(GOODBYE, wired.socket.flush()).await;
        }
        None => {}
    }
}

/// What the loop woke for.
enum Woken {
    Read(Option<Result<Message, tungstenite::Error>>),
    Written(Result<(), tungstenite::Error>),
    Outgoing(Option<Outgoing>),
    Alarm,
}

async fn drive<C, S>(wired: &mut Wired<C, S>, first: Option<Utf8Bytes>) -> End
where
    C: Channel,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let timer = sleep_until(wired.connection.heart.alarm());
    tokio::pin!(timer);
    let mut done = match first {
        Some(packet) => wired.write(Message::Text(packet)).await,
        None => Ok(()),
    };
    loop {
        if let Err(end) = done.and_then(|()| wired.connection.hand_over()) {
            return if end.why == Why::Lost { wired.last_words().await.unwrap_or(end) } else { end };
        }
        wired.connection.rest.free();
        if let Some(close) = wired.connection.channel.over() {
            return End::ours(close);
        }
        if wired.connection.heart.is_due() {
            done = wired.ping().await;
            continue;
        }
        wired.set(timer.as_mut());
        done = match wired.woken(timer.as_mut()).await {
            Woken::Read(message) => wired.take(message),
            Woken::Written(written) => wired.written(&written),
            Woken::Outgoing(Some(outgoing)) => wired.send(outgoing).await,
            Woken::Outgoing(None) => Ok(()),
            Woken::Alarm => wired.alarm(),
        };
    }
}

impl<C, S> Wired<C, S>
where
    C: Channel,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    async fn woken(&mut self, timer: Pin<&mut Sleep>) -> Woken {
        let Self { connection, socket, writing } = self;
        let (reads, writes) = (connection.is_ready(), writing.is_some());
        let channel = &mut connection.channel;
        let moved = std::future::poll_fn(|context| {
            if writes && let Poll::Ready(written) = socket.poll_flush_unpin(context) {
                return Poll::Ready(Woken::Written(written));
            }
            if reads && let Poll::Ready(message) = socket.poll_next_unpin(context) {
                return Poll::Ready(Woken::Read(message));
            }
            Poll::Pending
        });
        tokio::select! {
            woken = moved => woken,
            outgoing = channel.next(), if !writes => Woken::Outgoing(outgoing),
            () = timer => Woken::Alarm,
        }
    }

    /// Sets the timer for whatever is due first.
    fn set(&self, timer: Pin<&mut Sleep>) {
        let dues = [self.connection.channel.expires(), self.writing.map(Writing::look)];
        let due = dues.into_iter().flatten().fold(self.connection.heart.alarm(), Instant::min);
        if timer.deadline() != due {
            timer.reset(due);
        }
    }

    /// Takes what came in.
    fn take(&mut self, message: Option<Result<Message, tungstenite::Error>>) -> Result<(), End> {
        let channel = &mut self.connection.channel;
        let taken = match message {
            Some(Ok(Message::Text(packet))) => match Part::read(packet.as_str()) {
                Part::Text(text) => channel.receive(Incoming::Text(text)),
                Part::Pong => {
                    self.connection.pong();
                    Ok(())
                }
                Part::Close => return Err(End::CLOSED),
                Part::Nothing => Ok(()),
                Part::Binary(_) | Part::Bad => Err(Close::PROTOCOL),
            },
            Some(Ok(Message::Binary(bytes))) => channel.receive(Incoming::Binary(&bytes)),
            // Tungstenite answers pings of its own kind, and a close with a close.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(frame))) => {
                let normal = frame.is_some_and(|frame| frame.code == CloseCode::Normal);
                return Err(End::silent(if normal { Why::ClosedByPeer } else { Why::Lost }));
            }
            Some(Err(error)) => return Err(end_of(&error)),
            None => return Err(End::silent(Why::Lost)),
        };
        taken.map_err(End::refused)
    }

    /// Takes what still came in before the line broke off, which may have been seen while writing: the peer may have taken
    /// its leave.
    async fn last_words(&mut self) -> Option<End> {
        for _ in 0..LAST_WORDS {
            if !self.connection.is_ready() {
                break;
            }
            match at_once(|context| self.socket.poll_next_unpin(context)).await {
                Poll::Ready(message @ Some(Ok(_))) => {
                    if let Err(end) = self.take(message) {
                        return Some(end);
                    }
                }
                _ => break,
            }
        }
        None
    }

    /// Something is due.
    fn alarm(&mut self) -> Result<(), End> {
        let now = now();
        if self.connection.channel.expires().is_some_and(|expires| expires <= now) {
            return Err(End::refused(Close::REFUSED));
        }
        self.look_again(now)?;
        if self.connection.heart.alarm() <= now {
            // While nothing is read, neither is a pong.
            let reads = self.connection.is_ready();
            match self.connection.heart.ring(self.connection.settings.ping_timeout) {
                Alarm::Unanswered if reads => return Err(End::silent(Why::PingTimeout)),
                _ => {}
            }
        }
        Ok(())
    }
}
