//! The task of a connection that polls. What comes by POST is handed over as the channel takes it, and what goes out is
//! pulled only for a poll that waits, so a client that does not come back for it costs no memory.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::channel::{Channel, Outgoing};
use super::close::{Close, End, Why};
use super::connection::Connection;
use super::handshake::Socket;
use super::heart::{Alarm, now};
use super::payload::{Answer, Payload};
use super::registry::Request;
use super::websocket::{self, Wired};

/// How many bytes of packets are put into one answer.
const BURST: usize = 64 << 10;
/// How long a poll may last once a WebSocket is to take over: the peer says so when no poll is out.
const LAST_POLL: Duration = Duration::from_millis(100);

/// A polling connection, and what its requests wait for.
struct Polled<C> {
    connection: Connection<C>,
    /// The poll that waits.
    poll: Option<oneshot::Sender<String>>,
    /// The POST that waits until the one before has been handed over.
    post: Option<(Payload, oneshot::Sender<()>)>,
    /// Whether an answer was given since the peer polled last.
    answered: bool,
    /// Whether a WebSocket is ready to take over.
    probed: bool,
    /// When the poll that waits has to come back for that reason.
    back: Option<Instant>,
}

/// How it stops polling.
enum Stop {
    End(End),
    /// With the poll that waits answered by this packet.
    Answered(End, &'static str),
    Switch(Box<Socket>),
}

impl From<End> for Stop {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

/// What the loop woke for.
enum Woken {
    Request(Option<Request>),
    Outgoing(Option<Outgoing>),
    /// Who polled has gone away.
    BrokenOff,
    Alarm,
}

/// Runs a connection until it ends, or has a WebSocket.
pub(crate) async fn run<C: Channel>(connection: Connection<C>, mut requests: mpsc::Receiver<Request>) {
    let mut polled =
        Box::new(Polled { connection, poll: None, post: None, answered: false, probed: false, back: None });
    let stop = drive(&mut polled, &mut requests).await;
    match stop {
        Stop::Switch(socket) => {
            let Polled { mut connection, answered, .. } = *polled;
            if answered {
                // The peer says that it goes over when it has its answer.
                connection.channel.passed();
            }
            if let Some(registered) = &connection.registered {
                registered.upgraded();
            }
            // A task of its own: this one's room is given back.
            tokio::spawn(websocket::run(Wired::new(connection, *socket), None));
        }
        // What still waits goes unanswered, which its requests tell the peer.
        Stop::End(end) => polled.connection.channel.closed(end.why),
        Stop::Answered(end, packet) => {
            let Polled { mut connection, poll, .. } = *polled;
            connection.channel.closed(end.why);
            let registered = connection.registered;
            let poll = match poll {
                None => last_poll(end, &mut requests).await,
                poll => poll,
            };
            if let Some(poll) = poll {
                drop(registered);
                poll.send(packet.to_owned()).ok();
            }
        }
    }
}

/// The poll of a peer that closes may have been overtaken by its close packet, and waits for an answer as well.
async fn last_poll(end: End, requests: &mut mpsc::Receiver<Request>) -> Option<oneshot::Sender<String>> {
    if end != End::CLOSED {
        return None;
    }
    match timeout(LAST_POLL, requests.recv()).await {
        Ok(Some(Request::Poll(poll))) => Some(poll),
        _ => None,
    }
}

async fn drive<C: Channel>(polled: &mut Polled<C>, requests: &mut mpsc::Receiver<Request>) -> Stop {
    let timer = sleep_until(polled.connection.heart.alarm());
    tokio::pin!(timer);
    loop {
        if let Err(end) = polled.hand_over() {
            // The protocol wants the poll of a peer that closes answered with a packet of no meaning.
            let noop = end == End::CLOSED;
            return if noop { Stop::Answered(end, "6") } else { Stop::End(end) };
        }
        if let Some(close) = polled.connection.channel.over() {
            return Stop::End(End::ours(close));
        }
        let due = polled.due();
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        let waits = polled.poll.is_some();
        let woken = tokio::select! {
            request = requests.recv() => Woken::Request(request),
            outgoing = polled.connection.channel.next(), if waits => Woken::Outgoing(outgoing),
            () = broken_off(&mut polled.poll), if waits => Woken::BrokenOff,
            () = &mut timer => Woken::Alarm,
        };
        let done = match woken {
            Woken::Request(Some(request)) => polled.take(request),
            // The server is gone.
            Woken::Request(None) => Err(End::ours(Close::RESTART).into()),
            Woken::Outgoing(Some(outgoing)) => polled.answer(Some(outgoing)),
            Woken::Outgoing(None) => Ok(()),
            Woken::BrokenOff => Err(End::silent(Why::Lost).into()),
            Woken::Alarm => polled.alarm(),
        };
        if let Err(stop) = done {
            return stop;
        }
    }
}

/// Waits until who polled has gone away.
async fn broken_off(poll: &mut Option<oneshot::Sender<String>>) {
    match poll {
        Some(poll) => poll.closed().await,
        None => std::future::pending().await,
    }
}

impl<C: Channel> Polled<C> {
    fn hand_over(&mut self) -> Result<(), End> {
        loop {
            self.connection.hand_over()?;
            if !self.connection.rest.is_empty() {
                return Ok(());
            }
            self.connection.rest.free();
            let Some((payload, done)) = self.post.take() else { return Ok(()) };
            self.connection.rest = payload;
            // Who posts and only then polls has to be answered before all is handed over: a channel that takes no more
            // may be waiting for what it has to say to be taken.
            done.send(()).ok();
        }
    }

    fn take(&mut self, request: Request) -> Result<(), Stop> {
        match request {
            Request::Poll(answer) if self.poll.is_none() => {
                if std::mem::take(&mut self.answered) {
                    self.connection.channel.passed();
                }
                self.poll = Some(answer);
                self.hurry();
                if self.connection.heart.is_due() { self.answer(None) } else { Ok(()) }
            }
            Request::Poll(_) => Err(Stop::Answered(End::refused(Close::PROTOCOL), "1")),
            Request::Post(payload, done) => {
                self.post = Some((payload, done));
                Ok(())
            }
            Request::Fault(close) => Err(End::refused(close).into()),
            Request::Probed(probed) => {
                self.probed = probed;
                self.hurry();
                Ok(())
            }
            Request::Switch(socket) => Err(Stop::Switch(socket)),
        }
    }

    /// Sees to it that a poll comes back soon if a WebSocket is to take over.
    fn hurry(&mut self) {
        self.back = (self.probed && self.poll.is_some()).then(|| now() + LAST_POLL);
    }

    /// Answers the poll with the ping that is due, and what is at hand.
    fn answer(&mut self, first: Option<Outgoing>) -> Result<(), Stop> {
        let Some(poll) = self.poll.take() else { return Ok(()) };
        let mut answer = Answer::default();
        if self.connection.heart.is_due() {
            self.connection.heart.asked();
            answer.push("2");
        }
        let most = self.connection.settings.most_packets;
        let mut close = None;
        let mut next = first.or_else(|| self.connection.channel.try_next());
        while let Some(outgoing) = next {
            match outgoing {
                Outgoing::Text(text) => answer.push(text.packet()),
                Outgoing::Binary(bytes) => answer.push_binary(&bytes),
                Outgoing::Close(reason) => {
                    close = Some(reason);
                    break;
                }
            }
            let room = answer.packets() < most && answer.bytes() < BURST;
            next = if room { self.connection.channel.try_next() } else { None };
        }
        self.connection.channel.marked();
        self.answered = true;
        self.back = None;
        // An answer without a packet is none: unanswered, the poll tells the peer that the connection is over.
        let sent = answer.packets() == 0 || poll.send(answer.into_body()).is_ok();
        match close {
            Some(close) => Err(End::ours(close).into()),
            None if sent => Ok(()),
            None => Err(End::silent(Why::Lost).into()),
        }
    }

    /// When something is due first.
    fn due(&self) -> Instant {
        let dues = [self.connection.channel.expires(), self.back];
        dues.into_iter().flatten().fold(self.connection.heart.alarm(), Instant::min)
    }

    fn alarm(&mut self) -> Result<(), Stop> {
        let now = now();
        if self.connection.channel.expires().is_some_and(|expires| expires <= now) {
            return Err(End::refused(Close::REFUSED).into());
        }
        if self.back.is_some_and(|back| back <= now) {
            self.back = None;
            let sent = self.poll.take().is_none_or(|poll| poll.send("6".to_owned()).is_ok());
            self.answered = true;
            self.connection.channel.marked();
            if !sent {
                return Err(End::silent(Why::Lost).into());
            }
        }
        if self.connection.heart.alarm() > now {
            return Ok(());
        }
        match self.connection.heart.ring(self.connection.settings.ping_timeout) {
            Alarm::Ping => self.answer(None),
            // While nothing is read, neither is a pong; but then it has to go on polling.
            Alarm::Unanswered if !self.connection.is_ready() && self.poll.is_some() => Ok(()),
            Alarm::Unanswered | Alarm::Untaken => Err(End::silent(Why::PingTimeout).into()),
        }
    }
}
