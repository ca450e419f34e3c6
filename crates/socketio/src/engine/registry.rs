//! The connections that can be found by their id: those that poll, and those that did.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::close::Close;
use super::handshake::Socket;
use super::payload::Payload;

/// How many requests wait for a connection's task; the peer may have but a poll, a POST and a WebSocket.
const MAILBOX: usize = 4;

/// What the requests of a polling connection ask its task.
pub(crate) enum Request {
    /// A poll, answered when there is something to say. It goes unanswered when the connection is over.
    Poll(oneshot::Sender<String>),
    /// A POST, answered when it is that one's turn.
    Post(Payload, oneshot::Sender<()>),
    /// The peer did what it must not.
    Fault(Close),
    /// A POST broke off.
    BrokenOff,
    /// A WebSocket is ready to take over (so that the polls have to come back), or is not any more.
    Probed(bool),
    /// A WebSocket takes over.
    Switch(Box<Socket>),
}

/// The way to a polling connection's task.
pub(crate) struct Mailbox {
    requests: mpsc::Sender<Request>,
    posting: AtomicBool,
    probing: AtomicBool,
}

/// Something that only one request of a connection may do at a time.
#[derive(Clone, Copy)]
pub(crate) enum Turn {
    Post,
    Probe,
}

/// A request that has its turn, until dropped.
pub(crate) struct Taken {
    mailbox: Arc<Mailbox>,
    turn: Turn,
    answered: bool,
}

impl Taken {
    /// The request is answered. A POST that goes away without has broken off, and its connection is lost.
    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl Mailbox {
    /// Asks; an error when the connection is over.
    pub(crate) async fn ask(&self, request: Request) -> Result<(), Gone> {
        self.requests.send(request).await.map_err(|_| Gone)
    }

    /// Waits until the connection is over.
    pub(crate) async fn gone(&self) {
        self.requests.closed().await;
    }

    /// Takes the turn, unless another has it.
    pub(crate) fn take(self: &Arc<Self>, turn: Turn) -> Option<Taken> {
        let held = self.flag(turn).swap(true, Ordering::AcqRel);
        (!held).then(|| Taken { mailbox: Arc::clone(self), turn, answered: false })
    }

    fn flag(&self, turn: Turn) -> &AtomicBool {
        match turn {
            Turn::Post => &self.posting,
            Turn::Probe => &self.probing,
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if matches!(self.turn, Turn::Post) && !self.answered {
            // If there is no room, the connection has other requests that tell it so.
            self.mailbox.requests.try_send(Request::BrokenOff).ok();
        }
        self.mailbox.flag(self.turn).store(false, Ordering::Release);
    }
}

/// The connection is over.
#[derive(Debug)]
pub(crate) struct Gone;

/// A connection by its id.
#[derive(Clone)]
pub(crate) enum Found {
    /// It polls.
    Polling(Arc<Mailbox>),
    /// It did, and has a WebSocket now.
    Upgraded,
}

/// All that can be found.
#[derive(Default)]
pub(crate) struct Registry(Mutex<HashMap<String, Found>>);

/// A connection's place in the registry, until dropped.
pub(crate) struct Registered {
    registry: Arc<Registry>,
    id: String,
}

impl Registry {
    /// Gives a new connection an id and a mailbox.
    pub(crate) fn register(self: &Arc<Self>) -> (Registered, mpsc::Receiver<Request>) {
        let (requests, receiver) = mpsc::channel(MAILBOX);
        let mailbox = Mailbox { requests, posting: AtomicBool::new(false), probing: AtomicBool::new(false) };
        let id = fresh_id();
        self.0.lock().insert(id.clone(), Found::Polling(Arc::new(mailbox)));
        (Registered { registry: Arc::clone(self), id }, receiver)
    }

    pub(crate) fn find(&self, id: &str) -> Option<Found> {
        self.0.lock().get(id).cloned()
    }
}

impl Registered {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// From now on it has a WebSocket.
    pub(crate) fn upgraded(&self) {
        if let Place::Occupied(mut place) = self.registry.0.lock().entry(self.id.clone()) {
            place.insert(Found::Upgraded);
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.registry.0.lock().remove(&self.id);
    }
}

/// An id that nobody can guess: 120 bits.
pub(crate) fn fresh_id() -> String {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}
