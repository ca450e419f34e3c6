//! What an application brings: who is let in, and what a client says and hears.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use serde_json::value::RawValue;

use crate::engine::{self, Close, Service};
use crate::events::{Closed, Event, Outgoing};
use crate::mux::Mux;
use crate::settings::Settings;

/// Admits connections, and makes a client of each namespace that one of them connects to.
pub trait Application: Send + Sync + 'static {
    /// What admission found out. It lives as long as the connection, goodbye included, so it may hold a count.
    type Guest: Send + Sync + 'static;
    /// The application's side of one socket.
    type Client: Client;

    /// Asked once for each connection, on its handshake request; not for preflights, nor for the later requests of a
    /// connection. An error is answered in its place, readable by the pages of the origins allowed.
    ///
    /// Browsers open WebSockets for pages of any origin: who acts by cookie has to be asked for his `Origin` here.
    fn admit(&self, request: &mut Parts) -> impl Future<Output = Result<Self::Guest, Response>> + Send;

    /// How long the first CONNECT may take. After it, a connection on which nobody is connected is closed.
    fn patience(&self, guest: &Self::Guest) -> Duration {
        let _ = guest;
        Duration::from_secs(45)
    }

    /// Somebody asks for a namespace (`/` is the usual one); `auth` is the JSON object of his CONNECT. What he sends
    /// meanwhile waits, in order, and CONNECT is answered only when this has returned. It is never broken off: a client
    /// whose connection has ended meanwhile is told so at once.
    fn connect(
        &self,
        guest: &Arc<Self::Guest>,
        namespace: &str,
        auth: Option<&RawValue>,
    ) -> impl Future<Output = Result<Self::Client, Refused>> + Send;

    /// Waits until a connection on which nobody is connected has to be closed: when the server stops, say.
    fn ended(&self, guest: &Self::Guest) -> impl Future<Output = Close> + Send {
        let _ = guest;
        std::future::pending()
    }

    /// Whether the pages of this origin may call, with credentials, and read what is answered.
    fn allows_origin(&self, origin: &HeaderValue) -> bool;
}

/// Why a CONNECT is refused: the peer is sent a `CONNECT_ERROR`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refused {
    /// The `message` of the error that the peer's library raises.
    pub message: String,
    /// Its `data`, where there is any.
    pub data: Option<serde_json::Value>,
    /// Whether the connection is closed then, with all its namespaces.
    pub close_transport: bool,
}

/// One socket: a client in one namespace.
pub trait Client: Send + 'static {
    /// Whether it takes another event now. While it does not, nothing more of its connection is read.
    fn is_ready(&self) -> bool;

    /// Takes an event. It never waits: what takes time is begun here and comes out of `next`.
    fn receive(&mut self, event: Event);

    /// The peer acknowledges what it was sent with [`Packet::acked`](crate::Packet::acked). It never waits either.
    fn acknowledged(&mut self, ack: u64, args: Vec<Box<RawValue>>, attachments: Vec<Bytes>) {
        let _ = (ack, args, attachments);
    }

    /// The next thing to send; `None` when there is none, but the client, which was not ready, takes events again. It is
    /// asked only when the peer can take something. The future may be dropped before it is done, and nothing may be lost
    /// by that.
    fn next(&mut self) -> impl Future<Output = Option<Outgoing>> + Send;

    /// The next thing to send, if it is at hand.
    fn try_next(&mut self) -> Option<Outgoing>;

    /// Whether the connection is to be closed whatever still waits to be sent.
    fn over(&self) -> Option<Close>;

    /// So many of the things handed out by `next` and `try_next` so far are known to have reached the peer: it has
    /// answered a later ping, or polled again.
    fn arrived(&mut self, outgoing: u64) {
        let _ = outgoing;
    }

    /// It is over; nothing is asked of it any more.
    fn closed(self, how: Closed);
}

/// The routes that serve `application`: the path of the settings, with a slash behind and without.
pub fn router<A: Application>(application: Arc<A>, settings: Settings) -> Router {
    let shared = Arc::new(settings.clone());
    engine::router(Arc::new(Served { application, settings: shared }), settings)
}

/// An application as Engine.IO sees it.
struct Served<A> {
    application: Arc<A>,
    settings: Arc<Settings>,
}

impl<A: Application> Service for Served<A> {
    type Channel = Mux<A>;

    async fn admit(&self, request: &mut Parts) -> Result<Mux<A>, Response> {
        let guest = self.application.admit(request).await?;
        let patience = engine::now() + self.application.patience(&guest);
        Ok(Mux::new(Arc::clone(&self.application), guest, Arc::clone(&self.settings), patience))
    }

    fn allows_origin(&self, origin: &HeaderValue) -> bool {
        self.application.allows_origin(origin)
    }
}
