//! Socket.IO over one Engine.IO connection: the clients in its namespaces, one after another into the same stream.

mod incoming;
mod outgoing;

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::incoming::Partial;
use crate::application::{Application, Client, Refused};
use crate::engine::{Channel, Close, Incoming, Outgoing, Why};
use crate::events::Closed;
use crate::seat::Seat;
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

/// A CONNECT that the application thinks about, in a task of its own: it goes on while the peer takes nothing, and comes to
/// its end even if the connection does.
struct Connecting<C> {
    namespace: Box<str>,
    task: JoinHandle<Result<C, Refused>>,
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

    fn seat(&mut self, namespace: &str) -> Option<usize> {
        self.seats.iter().position(|seat| &*seat.namespace == namespace)
    }

    fn leave(&mut self, index: usize, why: Why) {
        let seat = self.seats.remove(index);
        self.left.push(seat.namespace.clone());
        seat.close(why);
    }
}

impl<A: Application> Channel for Mux<A> {
    fn is_ready(&self) -> bool {
        self.connecting.is_none()
            && self.queue.is_empty()
            && self.seats.iter().all(|seat| seat.client.is_ready())
    }

    fn receive(&mut self, message: Incoming<'_>) -> Result<(), Close> {
        self.hear(message)
    }

    async fn next(&mut self) -> Option<Outgoing> {
        self.speak().await
    }

    fn try_next(&mut self) -> Option<Outgoing> {
        self.speak_at_once()
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
        if let Some(Connecting { task, .. }) = self.connecting.take() {
            // A client that comes too late is told so as well.
            let guest = Arc::clone(&self.guest);
            tokio::spawn(async move {
                if let Ok(Ok(client)) = task.await {
                    client.closed(Closed { why, arrived: 0 });
                }
                drop(guest);
            });
        }
        for seat in self.seats.drain(..) {
            seat.close(why);
        }
    }
}
