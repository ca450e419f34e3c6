//! The task of a connection over a WebSocket: it reads when the channel takes something, pulls from it when the peer does,
//! pings, and closes with a reason. Reading and writing go on side by side, so a peer that is slow to take is still heard.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::channel::{Channel, Incoming, Outgoing};
use super::close::{Close, End, Why};
use super::connection::Connection;
use super::heart::{Alarm, now};
use super::line::Line;
use super::payload::Part;

/// How many bytes are put together before they are flushed.
const BURST: usize = 64 << 10;
/// How often it is looked whether a peer that is slow takes anything.
const LOOK: Duration = Duration::from_secs(1);
/// How long a peer gets to take the close frame and answer it.
const GOODBYE: Duration = Duration::from_secs(2);
/// How much of what a refused peer still sends is read away.
const READ_AWAY: u64 = 4 << 20;
const PING: Utf8Bytes = Utf8Bytes::from_static("2");

/// A connection and its WebSocket. On the heap as one, because an `async fn` keeps its arguments twice, and idle sockets
/// are many.
pub(crate) struct Wired<C, S> {
    connection: Connection<C>,
    socket: WebSocketStream<Line<S>>,
    writing: Option<Writing>,
}

/// Something could not be written at once.
#[derive(Clone, Copy)]
struct Writing {
    /// How much had been written when something was written last, as far as was seen.
    written: u64,
    /// When that was seen.
    since: Instant,
    /// When to look again.
    look: Instant,
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
            return end;
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
        let dues = [self.connection.channel.expires(), self.writing.map(|writing| writing.look)];
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

    /// Sends what is at hand, and flushes once.
    async fn send(&mut self, first: Outgoing) -> Result<(), End> {
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

    async fn write(&mut self, message: Message) -> Result<(), End> {
        self.socket.start_send_unpin(message).map_err(|error| end_of(&error))?;
        self.flush().await
    }

    async fn ping(&mut self) -> Result<(), End> {
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

    fn written(&mut self, written: &Result<(), tungstenite::Error>) -> Result<(), End> {
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

    /// Something is due.
    fn alarm(&mut self) -> Result<(), End> {
        let (now, look) = (now(), self.look());
        if self.connection.channel.expires().is_some_and(|expires| expires <= now) {
            return Err(End::refused(Close::REFUSED));
        }
        let limit = self.connection.settings.write_timeout;
        if let Some(writing) = self.writing.as_mut().filter(|writing| writing.look <= now) {
            let written = self.socket.get_ref().written();
            if written > writing.written {
                (writing.written, writing.since) = (written, now);
            } else if now - writing.since >= limit {
                return Err(End::silent(Why::Stuck));
            }
            writing.look = now + look;
        }
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

/// Polls once.
async fn at_once<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    std::future::poll_fn(|context| Poll::Ready(poll(context))).await
}

fn end_of(error: &tungstenite::Error) -> End {
    match error {
        tungstenite::Error::Capacity(_) => End::refused(Close::TOO_LARGE),
        tungstenite::Error::Utf8(_) => End::refused(Close::NOT_TEXT),
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::silent(Why::Lost),
        tungstenite::Error::Protocol(_) => End::refused(Close::PROTOCOL),
        _ => End::silent(Why::Lost),
    }
}

/// Sends the close frame and ends our half of the line, so that the peer need not wait to see the reason. Then reads
/// away what still comes for a moment: bytes left unread would turn our close into a reset, and the reason be lost.
pub(crate) async fn say_goodbye<S>(socket: &mut WebSocketStream<Line<S>>, close: Close)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let goodbye = async {
        let frame =
            CloseFrame { code: CloseCode::from(close.code), reason: Utf8Bytes::from_static(close.reason) };
        socket.close(Some(frame)).await.ok();
        socket.get_mut().shutdown().await.ok();
        let mut away = socket.get_mut().take(READ_AWAY);
        let mut buffer = vec![0_u8; 4096];
        while matches!(away.read(&mut buffer).await, Ok(count) if count > 0) {}
    };
    let _ = timeout(GOODBYE, goodbye).await;
}
