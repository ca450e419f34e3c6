//! The state of a connection that polls, and what its requests and its timer do to it.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::engine::channel::{Channel, Outgoing};
use crate::engine::close::{Close, End, Why};
use crate::engine::connection::Connection;
use crate::engine::handshake::Socket;
use crate::engine::heart::{Alarm, now};
use crate::engine::payload::{Answer, Payload};
use crate::engine::registry::Request;

/// How many bytes of packets are put into one answer.
const BURST: usize = 64 << 10;
/// How long a poll may last once a WebSocket is to take over: the peer says so when no poll is out.
pub(super) const LAST_POLL: Duration = Duration::from_millis(100);

/// A polling connection, and what its requests wait for.
pub(super) struct Polled<C> {
    pub(super) connection: Connection<C>,
    /// The poll that waits.
    pub(super) poll: Option<oneshot::Sender<String>>,
    /// The POST that waits until the one before has been handed over.
    post: Option<(Payload, oneshot::Sender<()>)>,
    /// Whether an answer was given since the peer polled last.
    pub(super) answered: bool,
    /// Whether a WebSocket is ready to take over.
    probed: bool,
    /// When the poll that waits has to come back for that reason.
    back: Option<Instant>,
}

/// How it stops polling.
pub(super) enum Stop {
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

impl<C: Channel> Polled<C> {
    pub(super) fn new(connection: Connection<C>) -> Box<Self> {
        Box::new(Self { connection, poll: None, post: None, answered: false, probed: false, back: None })
    }

    pub(super) fn hand_over(&mut self) -> Result<(), End> {
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

    pub(super) fn take(&mut self, request: Request) -> Result<(), Stop> {
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
            Request::BrokenOff => Err(End::silent(Why::Lost).into()),
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
    pub(super) fn answer(&mut self, first: Option<Outgoing>) -> Result<(), Stop> {
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
    pub(super) fn due(&self) -> Instant {
        let dues = [self.connection.channel.expires(), self.back];
        dues.into_iter().flatten().fold(self.connection.heart.alarm(), Instant::min)
    }

    pub(super) fn alarm(&mut self) -> Result<(), Stop> {
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
