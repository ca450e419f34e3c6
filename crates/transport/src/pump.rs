//! The one loop that every WebSocket runs: it hands the door what comes in, pulls from it what goes out when the
//! peer can take it, pings, and closes with a reason. Nothing is pushed, so nothing piles up here.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Bytes, Message, Utf8Bytes};

use crate::line::Line;
use crate::sockets::Counted;

/// How many bytes are put together before they are flushed.
const BURST: usize = 64 << 10;
/// How long a peer gets to take the close frame and answer it.
const GOODBYE: Duration = Duration::from_secs(2);
/// How often it is looked, while a peer is slow, whether its sign-in has ended meanwhile.
const LOOK: Duration = Duration::from_secs(1);
/// How much of what a refused peer still sends is read away.
const READ_AWAY: u64 = 4 << 20;

/// What came in.
pub enum Incoming<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary,
}

/// What goes out.
#[derive(Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A text message.
    Frame(String),
    /// Nothing more: the socket is closed with this reason.
    Close(Close),
}

/// Why a socket is closed (RFC 6455, section 7.4, and 4401 of common.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// The sign-in is over.
    SignedOut,
    /// The peer does not take what waits for it, or the server can't go on; it can catch up after reconnecting.
    TryAgain,
    /// The server is stopping; reconnect.
    Restart,
    /// A message over the limit.
    TooLarge,
    /// A message that is no UTF-8.
    NotText,
    /// Against the protocol.
    Protocol,
}

impl Close {
    fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::SignedOut => (4401, "signed out"),
            Self::TryAgain => (1013, "try again later"),
            Self::Restart => (1012, "the server is restarting"),
            Self::TooLarge => (1009, "the message is too large"),
            Self::NotText => (1007, "the message is not UTF-8"),
            Self::Protocol => (1002, "not the WebSocket protocol"),
        };
        CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::from_static(reason) }
    }
}

/// A door's side of one socket.
pub trait Door: Send {
    /// Whether it takes another message now; while it does not, nothing is read and the peer has to wait.
    fn is_ready(&self) -> bool;

    /// Takes a message. It never waits: what takes time is begun here and comes out of `next`.
    fn receive(&mut self, incoming: Incoming<'_>);

    /// The next thing to send; `None` when there is none yet, but the door, which was not ready, takes messages again.
    /// The future may be dropped before it is done, and nothing is lost by that.
    fn next(&mut self) -> impl Future<Output = Option<Outgoing>> + Send;

    /// The next thing to send, if it is at hand.
    fn try_next(&mut self) -> Option<Outgoing>;

    /// Whether the socket is to be closed whatever still waits to be sent, as when the sign-in has ended.
    fn over(&self) -> Option<Close>;
}

/// Bounds of a socket (common.md, "Settings").
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// How often the peer is pinged.
    pub ping_interval: Duration,
    /// How long it may take to answer.
    pub ping_timeout: Duration,
    /// How long it may take nothing while something waits for it.
    pub write_timeout: Duration,
}

/// How a socket ended, for whoever counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Closed by the peer.
    Closed,
    /// The peer's line is gone.
    Gone,
    /// To be closed by us.
    Ours(Close),
}

/// A socket and its door. On the heap as one, because an `async fn` keeps its arguments twice, and idle sockets are
/// many.
pub struct Pumped<S, D> {
    socket: WebSocketStream<Line<S>>,
    door: D,
    counted: Counted,
}

impl<S, D> Pumped<S, D> {
    /// Puts the two together. The socket counts as open until its goodbye has been said, so that a server which waits
    /// for its sockets lets them finish.
    pub fn new(socket: WebSocketStream<Line<S>>, door: D, counted: Counted) -> Box<Self> {
        Box::new(Self { socket, door, counted })
    }
}

/// Runs a socket until it ends.
pub async fn pump<S, D>(mut pumped: Box<Pumped<S, D>>, limits: SocketLimits)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    D: Door,
{
    match run(&mut pumped, limits).await {
        End::Ours(close) => {
            let Pumped { mut socket, door, counted } = *pumped;
            drop(door);
            Box::pin(say_goodbye(&mut socket, close)).await;
            drop(counted);
        }
        // Tungstenite has its answer to the peer's close ready: it only has to go out.
        End::Closed => drop(timeout(GOODBYE, pumped.socket.flush()).await),
        End::Gone => {}
    }
}

async fn run<S, D>(pumped: &mut Pumped<S, D>, limits: SocketLimits) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    D: Door,
{
    let ping = tokio::time::sleep(limits.ping_interval);
    tokio::pin!(ping);
    // Whether the peer owes a sign of life since the last ping; while it does, the next alarm is the last.
    let mut owes_life = false;
    loop {
        let Pumped { socket, door, .. } = pumped;
        let ready = door.is_ready();
        let woken = tokio::select! {
            incoming = socket.next(), if ready => Woken::Incoming(incoming),
            outgoing = door.next() => outgoing.map_or(Woken::Ready, Woken::Outgoing),
            () = &mut ping => Woken::Alarm,
        };
        let done = match woken {
            Woken::Incoming(incoming) => {
                if std::mem::take(&mut owes_life) {
                    ping.as_mut().reset(after(limits.ping_interval));
                }
                take(pumped, incoming)
            }
            Woken::Ready => Ok(()),
            Woken::Outgoing(outgoing) => send(pumped, outgoing, limits.write_timeout).await,
            // While the door takes nothing, nothing is read, and so no sign of life either.
            Woken::Alarm if owes_life && !ready => {
                ping.as_mut().reset(after(limits.ping_timeout));
                Ok(())
            }
            Woken::Alarm if owes_life => Err(End::Gone),
            Woken::Alarm => {
                owes_life = true;
                ping.as_mut().reset(after(limits.ping_timeout));
                say_ping(pumped, limits.write_timeout).await
            }
        };
        if let Err(end) = done {
            return end;
        }
    }
}

/// What the loop woke for.
enum Woken {
    Incoming(Option<Result<Message, tungstenite::Error>>),
    Outgoing(Outgoing),
    Ready,
    Alarm,
}

/// Hands a message to the door.
fn take<S, D: Door>(
    pumped: &mut Pumped<S, D>,
    incoming: Option<Result<Message, tungstenite::Error>>,
) -> Result<(), End> {
    match incoming {
        Some(Ok(Message::Text(text))) => pumped.door.receive(Incoming::Text(text.as_str())),
        Some(Ok(Message::Binary(_))) => pumped.door.receive(Incoming::Binary),
        // Tungstenite answers pings, and a close with a close.
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
        Some(Ok(Message::Close(_))) => return Err(End::Closed),
        Some(Err(error)) => return Err(end_of(&error)),
        None => return Err(End::Gone),
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runtime's own sleeps go by its own clock, which is monotonic"
)]
fn after(wait: Duration) -> tokio::time::Instant {
    tokio::time::Instant::now() + wait
}

async fn say_ping<S, D>(pumped: &mut Pumped<S, D>, limit: Duration) -> Result<(), End>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    D: Door,
{
    write(pumped, Step::Feed(Some(Message::Ping(Bytes::new()))), limit).await?;
    write(pumped, Step::Flush, limit).await
}

/// Sends what is at hand, and flushes once.
async fn send<S, D>(pumped: &mut Pumped<S, D>, first: Outgoing, limit: Duration) -> Result<(), End>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    D: Door,
{
    let mut next = Some(first);
    let mut bytes = 0;
    while let Some(outgoing) = next {
        match outgoing {
            Outgoing::Frame(text) => {
                bytes += text.len();
                write(pumped, Step::Feed(Some(Message::Text(text.into()))), limit).await?;
            }
            Outgoing::Close(close) => return Err(End::Ours(close)),
        }
        next = if bytes < BURST { pumped.door.try_next() } else { None };
    }
    write(pumped, Step::Flush, limit).await
}

enum Step {
    /// Waits only while earlier bytes are stuck in the socket.
    Feed(Option<Message>),
    Flush,
}

/// Writes, waiting for the peer as long as it takes something now and then, and nobody has to be cut off.
async fn write<S, D>(pumped: &mut Pumped<S, D>, mut step: Step, limit: Duration) -> Result<(), End>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    D: Door,
{
    let Pumped { socket, door, .. } = pumped;
    let look = limit.min(LOOK);
    let mut idle = Duration::ZERO;
    loop {
        let before = socket.get_ref().written();
        let done = match &mut step {
            Step::Feed(message) => timeout(look, feed(socket, message)).await,
            Step::Flush => timeout(look, socket.flush()).await,
        };
        match done {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(_)) => return Err(End::Gone),
            Err(_) => {}
        }
        if let Some(close) = door.over() {
            return Err(End::Ours(close));
        }
        idle = if socket.get_ref().written() > before { Duration::ZERO } else { idle + look };
        if idle >= limit {
            return Err(End::Ours(Close::TryAgain));
        }
    }
}

/// `feed`, but the message survives when the future is dropped while waiting.
async fn feed<S>(
    socket: &mut WebSocketStream<Line<S>>,
    message: &mut Option<Message>,
) -> Result<(), tungstenite::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    std::future::poll_fn(|context| socket.poll_ready_unpin(context)).await?;
    match message.take() {
        Some(message) => socket.start_send_unpin(message),
        None => Ok(()),
    }
}

fn end_of(error: &tungstenite::Error) -> End {
    match error {
        tungstenite::Error::Capacity(_) => End::Ours(Close::TooLarge),
        tungstenite::Error::Utf8(_) => End::Ours(Close::NotText),
        tungstenite::Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
            End::Gone
        }
        tungstenite::Error::Protocol(_) => End::Ours(Close::Protocol),
        _ => End::Gone,
    }
}

/// Sends the close frame and ends our half of the line, so that the peer need not wait to see the reason. Then reads
/// away what still comes for a moment: bytes left unread would turn our close into a reset, and the reason be lost.
async fn say_goodbye<S>(socket: &mut WebSocketStream<Line<S>>, close: Close)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let goodbye = async {
        socket.close(Some(close.frame())).await.ok();
        socket.get_mut().shutdown().await.ok();
        let mut away = socket.get_mut().take(READ_AWAY);
        let mut buffer = vec![0_u8; 4096];
        while matches!(away.read(&mut buffer).await, Ok(count) if count > 0) {}
    };
    let _ = timeout(GOODBYE, goodbye).await;
}
