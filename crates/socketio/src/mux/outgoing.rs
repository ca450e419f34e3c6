//! What goes out: what the clients say, one after another, and the answers to CONNECT.

use futures_util::future::{BoxFuture, FutureExt as _, select_all};

use super::{Connecting, Mux};
use crate::application::{Application, Client, Refused};
use crate::engine::{Close, Outgoing, Text, Why, fresh_id};
use crate::events;
use crate::seat::{Seat, Wire, encode, prefix};

/// What [`Mux::wait`] waited for.
enum Woken<C> {
    Said(usize, Option<events::Outgoing>),
    Connected(Result<C, Refused>),
    Ended(Close),
}

impl<C: Send> Connecting<C> {
    /// Waits for what the application says.
    async fn outcome(&mut self) -> Woken<C> {
        let internal = || Refused { message: "Internal error".to_owned(), ..Refused::default() };
        Woken::Connected((&mut self.task).await.unwrap_or_else(|_| Err(internal())))
    }
}

impl<A: Application> Mux<A> {
    /// The next thing to send.
    pub(super) async fn speak(&mut self) -> Option<Outgoing> {
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

    /// The next thing to send, if it is at hand.
    pub(super) fn speak_at_once(&mut self) -> Option<Outgoing> {
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

    /// Waits for something to send.
    async fn wait(&mut self) -> Woken<A::Client> {
        match (&mut self.connecting, self.seats.as_mut_slice()) {
            // What is almost always so.
            (None, [seat]) => Woken::Said(0, seat.client.next().await),
            (None, []) => Woken::Ended(Box::pin(self.application.ended(&self.guest)).await),
            (connecting, seats) => {
                let mut waiting: Vec<BoxFuture<'_, Woken<A::Client>>> = Vec::with_capacity(seats.len() + 1);
                waiting.extend(connecting.as_mut().map(|connecting| connecting.outcome().boxed()));
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

    /// Waits until one of the clients is over, also one who is only connecting.
    pub(super) async fn end(&mut self) -> Option<Close> {
        let woken = match (&mut self.connecting, self.seats.as_mut_slice()) {
            (None, [seat]) => Woken::Ended(seat.client.ended().await),
            (None, []) => Woken::Ended(Box::pin(self.application.ended(&self.guest)).await),
            (connecting, seats) => {
                let mut waiting: Vec<BoxFuture<'_, Woken<A::Client>>> = Vec::with_capacity(seats.len() + 1);
                waiting.extend(connecting.as_mut().map(|connecting| connecting.outcome().boxed()));
                waiting.extend(seats.iter_mut().map(|seat| seat.client.ended().map(Woken::Ended).boxed()));
                select_all(waiting).await.0
            }
        };
        match woken {
            Woken::Ended(close) => Some(close),
            Woken::Connected(outcome) => {
                self.connected(outcome);
                None
            }
            Woken::Said(..) => None,
        }
    }

    /// What a client says, as it goes out; the rest of it is queued.
    fn outgoing(&mut self, index: usize, said: events::Outgoing) -> Outgoing {
        self.turn = index + 1;
        let seat = &mut self.seats[index];
        match encode(said, &seat.namespace) {
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
