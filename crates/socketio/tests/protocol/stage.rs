//! An application that does what a test tells it, and tells the test what it sees.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use hearken_socketio::{Application, Client, Close, Closed, Event, Outgoing, Refused, Settings};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc, watch};

use super::kit::{serve, soon};

/// What the test is told.
#[derive(Debug)]
pub(crate) enum Note {
    /// A handshake asked to be admitted.
    Asked,
    /// A namespace was connected to; what is sent here goes out there.
    Connected(mpsc::UnboundedSender<Outgoing>),
    Event(String, Event),
    Arrived(u64),
    Closed(Closed),
    /// A guest, and so its connection, is no more.
    Left,
}

/// How the application behaves.
pub(crate) struct Stage {
    notes: mpsc::UnboundedSender<Note>,
    /// One is needed for each CONNECT.
    pub(crate) gate: Arc<Semaphore>,
    /// How many events a client takes before it has handed out their acks.
    pub(crate) takes: usize,
    pub(crate) patience: Duration,
    /// What every client is to say of `over`.
    pub(crate) over: watch::Sender<Option<Close>>,
}

pub(crate) struct Guest(mpsc::UnboundedSender<Note>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.send(Note::Left).ok();
    }
}

/// A server with such an application.
pub(crate) struct Theatre {
    pub(crate) at: SocketAddr,
    pub(crate) stage: Arc<Stage>,
    notes: mpsc::UnboundedReceiver<Note>,
}

/// Paces that a test does not have to wait for, and that leave a busy machine its time.
pub(crate) fn settings() -> Settings {
    Settings {
        ping_interval: Duration::from_mins(1),
        ping_timeout: Duration::from_mins(1),
        write_timeout: Duration::from_mins(1),
        ..Settings::default()
    }
}

impl Theatre {
    pub(crate) async fn open(settings: Settings) -> Self {
        Self::with(settings, |_| {}).await
    }

    pub(crate) async fn with(settings: Settings, change: impl FnOnce(&mut Stage)) -> Self {
        let (sender, notes) = mpsc::unbounded_channel();
        let mut stage = Stage {
            notes: sender,
            gate: Arc::new(Semaphore::new(1000)),
            takes: 64,
            patience: Duration::from_mins(1),
            over: watch::Sender::new(None),
        };
        change(&mut stage);
        let stage = Arc::new(stage);
        let at = serve(hearken_socketio::router(Arc::clone(&stage), settings)).await;
        Self { at, stage, notes }
    }

    /// The next note.
    #[track_caller]
    pub(crate) fn note(&mut self) -> impl Future<Output = Note> + '_ {
        let next = soon(self.notes.recv());
        async move { next.await.expect("a note") }
    }

    /// The way out to the client that is connected next.
    pub(crate) async fn connected(&mut self) -> mpsc::UnboundedSender<Outgoing> {
        loop {
            if let Note::Connected(out) = self.note().await {
                return out;
            }
        }
    }

    /// How the client that ends next ends.
    pub(crate) async fn closed(&mut self) -> Closed {
        loop {
            if let Note::Closed(how) = self.note().await {
                return how;
            }
        }
    }

    /// Waits until a connection is no more.
    pub(crate) async fn left(&mut self) {
        while !matches!(self.note().await, Note::Left) {}
    }

    /// What has been noted up to now, and nobody has looked at.
    pub(crate) fn noted(&mut self) -> Vec<Note> {
        std::iter::from_fn(|| self.notes.try_recv().ok()).collect()
    }
}

impl Application for Stage {
    type Guest = Guest;
    type Client = Actor;

    async fn admit(&self, request: &mut Parts) -> Result<Guest, Response> {
        self.notes.send(Note::Asked).ok();
        if request.headers.contains_key("x-stranger") {
            return Err((StatusCode::UNAUTHORIZED, "who are you?").into_response());
        }
        Ok(Guest(self.notes.clone()))
    }

    fn patience(&self, _: &Guest) -> Duration {
        self.patience
    }

    async fn connect(
        &self,
        _: &Arc<Guest>,
        namespace: &str,
        auth: Option<&RawValue>,
    ) -> Result<Actor, Refused> {
        self.gate.acquire().await.expect("a gate").forget();
        match auth.map(RawValue::get) {
            Some(r#"{"break":1}"#) => panic!("as asked for"),
            Some(r#"{"refuse":1}"#) => {
                return Err(Refused { message: "no".to_owned(), ..Refused::default() });
            }
            Some(r#"{"refuse":2}"#) => {
                let data = Some(serde_json::json!({ "code": 401 }));
                return Err(Refused { message: "out".to_owned(), data, close_transport: true });
            }
            _ => {}
        }
        let (sender, out) = mpsc::unbounded_channel();
        self.notes.send(Note::Connected(sender)).ok();
        Ok(Actor {
            namespace: namespace.to_owned(),
            notes: self.notes.clone(),
            out,
            acks: std::collections::VecDeque::new(),
            takes: self.takes,
            over: self.over.subscribe(),
        })
    }

    fn allows_origin(&self, origin: &HeaderValue) -> bool {
        origin == "https://app.example"
    }

    async fn ended(&self, _: &Guest) -> Close {
        let mut over = self.over.subscribe();
        let over = over.wait_for(Option::is_some).await;
        over.ok().and_then(|over| *over).unwrap_or(Close::RESTART)
    }
}

/// A client that acknowledges each event with its own arguments, in order.
pub(crate) struct Actor {
    namespace: String,
    notes: mpsc::UnboundedSender<Note>,
    out: mpsc::UnboundedReceiver<Outgoing>,
    acks: std::collections::VecDeque<Outgoing>,
    takes: usize,
    over: watch::Receiver<Option<Close>>,
}

impl Client for Actor {
    fn is_ready(&self) -> bool {
        self.acks.len() < self.takes
    }

    fn receive(&mut self, event: Event) {
        assert!(self.is_ready(), "only what is ready is handed something");
        if let Some(id) = event.ack {
            let args = event.args.iter().map(|arg| arg.get()).collect::<Vec<_>>().join(",");
            self.acks.push_back(Outgoing::Ack { id, args: format!("[{args}]") });
        }
        self.notes.send(Note::Event(self.namespace.clone(), event)).ok();
    }

    async fn next(&mut self) -> Option<Outgoing> {
        if let Some(ack) = self.acks.pop_front() {
            return Some(ack);
        }
        match self.out.recv().await {
            Some(outgoing) => Some(outgoing),
            None => std::future::pending().await,
        }
    }

    fn try_next(&mut self) -> Option<Outgoing> {
        self.acks.pop_front().or_else(|| self.out.try_recv().ok())
    }

    fn over(&self) -> Option<Close> {
        *self.over.borrow()
    }

    fn arrived(&mut self, outgoing: u64) {
        self.notes.send(Note::Arrived(outgoing)).ok();
    }

    fn closed(self, how: Closed) {
        self.notes.send(Note::Closed(how)).ok();
    }
}
