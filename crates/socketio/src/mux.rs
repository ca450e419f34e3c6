//! Socket.IO over one Engine.IO connection: the clients in its namespaces, one after another into the same stream.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _, select_all};
use serde_json::value::RawValue;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::application::{Application, Client, Refused};
use crate::engine::{Channel, Close, Incoming, Outgoing, Text, Why, fresh_id};
use crate::events::{self, Event};
use crate::packet::{Packet, Said, What};
use crate::seat::{Seat, Wire, prefix};
use crate::settings::Settings;

/// The clients of one connection.
pub(crate) struct Mux<A: Application> {
    application: Arc<A>,
    guest: Arc<A::Guest>,
    settings: Arc<Settings>,
    seats: Vec<Seat<A::Client>>,
    connecting: Option<Connecting<A::Client>>,
    /// Namespaces that were left or refused: what was on its way to them means no harm.
    left: Vec<Box<str>>,
    /// An event whose attachments are still coming.
    partial: Option<Box<Partial>>,
    /// What has to go out before anything is asked for: the rest of something begun, answers to CONNECT.
    queue: VecDeque<Outgoing>,
    /// Whose attachments are in the queue.
    owner: Option<usize>,
    /// Whom to ask first.
    turn: usize,
    /// Until when somebody has to connect.
    patience: Option<Instant>,
}

/// A CONNECT that the application thinks about, in a task of its own: it goes on while the peer takes nothing.
struct Connecting<C> {
    namespace: Box<str>,
    task: JoinHandle<Result<C, Refused>>,
}

impl<C> Drop for Connecting<C> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Partial {
    namespace: Box<str>,
    what: What,
    args: Vec<Box<RawValue>>,
    attachments: Vec<Bytes>,
    missing: usize,
    bytes: usize,
}

/// What [`Mux::wait`] waited for.
enum Woken<C> {
    Said(usize, Option<events::Outgoing>),
    Connected(Result<C, Refused>),
    Ended(Close),
}

impl<A: Application> Mux<A> {
    pub(crate) fn new(
        application: Arc<A>,
        guest: A::Guest,
        settings: Arc<Settings>,
        patience: Instant,
    ) -> Self {
        Self {
            application,
            guest: Arc::new(guest),
            settings,
            seats: Vec::new(),
            connecting: None,
            left: Vec::new(),
            partial: None,
            queue: VecDeque::new(),
            owner: None,
            turn: 0,
            patience: Some(patience),
        }
    }

    fn connect(&mut self, namespace: &str, auth: Option<&RawValue>) -> Result<(), Close> {
        let known = self.seats.len() + self.left.iter().filter(|left| &***left != namespace).count();
        if self.seat(namespace).is_some() || known >= self.settings.most_namespaces {
            return Err(Close::PROTOCOL);
        }
        let (application, guest) = (Arc::clone(&self.application), Arc::clone(&self.guest));
        let (asked, auth) = (Box::<str>::from(namespace), auth.map(ToOwned::to_owned));
        let namespace = asked.clone();
        let task = tokio::spawn(async move { application.connect(&guest, &asked, auth.as_deref()).await });
        self.connecting = Some(Connecting { namespace, task });
        Ok(())
    }

    fn connected(&mut self, outcome: Result<A::Client, Refused>) {
        let Some(connecting) = self.connecting.take() else { return };
        let namespace = connecting.namespace.clone();
        let [name, comma] = prefix(&namespace);
        self.left.retain(|left| *left != namespace);
        match outcome {
            Ok(client) => {
                self.patience = None;
                let id = fresh_id();
                self.queue.push_back(Outgoing::Text(Text::new(&[
                    "0",
                    name,
                    comma,
                    r#"{"sid":""#,
                    &id,
                    r#""}"#,
                ])));
                // There is seldom a second one, and a vector grows to four at once.
                self.seats.reserve_exact(1);
                self.seats.push(Seat::new(namespace, client));
            }
            Err(Refused { message, data, close_transport }) => {
                let mut error = serde_json::json!({ "message": message });
                if let Some(data) = data {
                    error["data"] = data;
                }
                self.queue.push_back(Outgoing::Text(Text::new(&["4", name, comma, &error.to_string()])));
                if close_transport {
                    self.queue.push_back(Outgoing::Close(Close::REFUSED));
                }
                self.left.push(namespace);
            }
        }
    }

    fn seat(&mut self, namespace: &str) -> Option<usize> {
        self.seats.iter().position(|seat| &*seat.namespace == namespace)
    }

    /// A packet for a namespace in which nobody is: harmless if somebody was.
    fn stray(&self, namespace: &str) -> Result<(), Close> {
        if self.left.iter().any(|left| &**left == namespace) { Ok(()) } else { Err(Close::PROTOCOL) }
    }

    fn disconnect(&mut self, namespace: &str) -> Result<(), Close> {
        let Some(index) = self.seat(namespace) else { return self.stray(namespace) };
        self.leave(index, Why::Disconnected);
        Ok(())
    }

    fn leave(&mut self, index: usize, why: Why) {
        let seat = self.seats.remove(index);
        self.left.push(seat.namespace.clone());
        seat.close(why);
    }

    fn said(&mut self, said: Said<'_>) -> Result<(), Close> {
        let Said { namespace, what, args, attachments } = said;
        let missing = attachments.unwrap_or(0);
        if missing > self.settings.most_attachments {
            return Err(Close::TOO_LARGE);
        }
        let bytes = args.iter().map(|arg| arg.get().len()).sum();
        let namespace = Box::from(namespace);
        let partial = Partial { namespace, what, args, attachments: Vec::new(), missing, bytes };
        self.complete(Box::new(partial))
    }

    fn attach(&mut self, bytes: &[u8]) -> Result<(), Close> {
        let mut partial = self.partial.take().ok_or(Close::PROTOCOL)?;
        partial.bytes += bytes.len();
        if partial.bytes > self.settings.largest_post {
            return Err(Close::TOO_LARGE);
        }
        partial.attachments.push(Bytes::copy_from_slice(bytes));
        partial.missing -= 1;
        self.complete(partial)
    }

    /// Hands an event over if it is whole.
    fn complete(&mut self, partial: Box<Partial>) -> Result<(), Close> {
        if partial.missing > 0 {
            self.partial = Some(partial);
            return Ok(());
        }
        let Partial { namespace, what, args, attachments, .. } = *partial;
        let Some(index) = self.seat(&namespace) else { return self.stray(&namespace) };
        let client = &mut self.seats[index].client;
        match what {
            What::Event { name, ack } => client.receive(Event { name, args, attachments, ack }),
            What::Ack(ack) => client.acknowledged(ack, args, attachments),
        }
        Ok(())
    }

    /// Waits for something to send.
    async fn wait(&mut self) -> Woken<A::Client> {
        match (&mut self.connecting, self.seats.as_mut_slice()) {
            // What is almost always so.
            (None, [seat]) => Woken::Said(0, seat.client.next().await),
            (None, []) => Woken::Ended(Box::pin(self.application.ended(&self.guest)).await),
            (connecting, seats) => {
                let mut waiting: Vec<BoxFuture<'_, Woken<A::Client>>> = Vec::with_capacity(seats.len() + 1);
                if let Some(connecting) = connecting {
                    let outcome = (&mut connecting.task).map(|outcome| {
                        outcome.unwrap_or_else(|_| {
                            Err(Refused { message: "Internal error".to_owned(), ..Refused::default() })
                        })
                    });
                    waiting.push(outcome.map(Woken::Connected).boxed());
                }
                // The one after who spoke last is looked at first.
                let turn = self.turn % seats.len().max(1);
                let (early, late) = seats.split_at_mut(turn);
                for (index, seat) in late.iter_mut().enumerate() {
                    waiting.push(seat.client.next().map(move |said| Woken::Said(turn + index, said)).boxed());
                }
                for (index, seat) in early.iter_mut().enumerate() {
                    waiting.push(seat.client.next().map(move |said| Woken::Said(index, said)).boxed());
                }
                select_all(waiting).await.0
            }
        }
    }

    /// What a client says, as it goes out; the rest of it is queued.
    fn outgoing(&mut self, index: usize, said: events::Outgoing) -> Outgoing {
        self.turn = index + 1;
        let seat = &mut self.seats[index];
        match seat.encode(said) {
            Wire::Said(text, attachments) if attachments.is_empty() => {
                seat.handed();
                Outgoing::Text(text)
            }
            Wire::Said(text, attachments) => {
                self.queue.extend(attachments.into_iter().map(Outgoing::Binary));
                self.owner = Some(index);
                Outgoing::Text(text)
            }
            Wire::Leaves(text) => {
                self.leave(index, Why::Ours(Close::NORMAL));
                Outgoing::Text(text)
            }
            Wire::Close(close) => Outgoing::Close(close),
        }
    }

    /// What is queued.
    fn queued(&mut self) -> Option<Outgoing> {
        let outgoing = self.queue.pop_front()?;
        if self.queue.is_empty() {
            // An idle connection holds nothing.
            self.queue.shrink_to_fit();
            if let Some(owner) = self.owner.take() {
                self.seats[owner].handed();
            }
        }
        Some(outgoing)
    }
}

impl<A: Application> Channel for Mux<A> {
    fn is_ready(&self) -> bool {
        self.connecting.is_none()
            && self.queue.is_empty()
            && self.seats.iter().all(|seat| seat.client.is_ready())
    }

    fn receive(&mut self, message: Incoming<'_>) -> Result<(), Close> {
        match (message, &self.partial) {
            (Incoming::Binary(bytes), _) => self.attach(bytes),
            (Incoming::Text(_), Some(_)) => Err(Close::PROTOCOL),
            (Incoming::Text(text), None) => match Packet::read(text).map_err(|_| Close::PROTOCOL)? {
                Packet::Connect { namespace, auth } => self.connect(namespace, auth),
                Packet::Disconnect { namespace } => self.disconnect(namespace),
                Packet::Said(said) => self.said(said),
            },
        }
    }

    async fn next(&mut self) -> Option<Outgoing> {
        loop {
            if let Some(outgoing) = self.queued() {
                return Some(outgoing);
            }
            match self.wait().await {
                Woken::Said(index, said) => return Some(self.outgoing(index, said?)),
                Woken::Connected(outcome) => self.connected(outcome),
                Woken::Ended(close) => return Some(Outgoing::Close(close)),
            }
        }
    }

    fn try_next(&mut self) -> Option<Outgoing> {
        if let Some(outgoing) = self.queued() {
            return Some(outgoing);
        }
        let count = self.seats.len();
        for step in 0..count {
            let index = (self.turn + step) % count;
            if let Some(said) = self.seats[index].client.try_next() {
                return Some(self.outgoing(index, said));
            }
        }
        None
    }

    fn over(&self) -> Option<Close> {
        self.seats.iter().find_map(|seat| seat.client.over())
    }

    fn expires(&self) -> Option<Instant> {
        self.patience.filter(|_| self.seats.is_empty() && self.connecting.is_none())
    }

    fn flushed(&mut self) {
        self.seats.iter_mut().for_each(Seat::flushed);
    }

    fn marked(&mut self) {
        self.seats.iter_mut().for_each(Seat::marked);
    }

    fn passed(&mut self) {
        self.seats.iter_mut().for_each(Seat::passed);
    }

    fn closed(&mut self, why: Why) {
        self.connecting = None;
        for seat in self.seats.drain(..) {
            seat.close(why);
        }
    }
}
