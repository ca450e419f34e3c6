//! The servers that the protocol's documents ask for: one that sends every Engine.IO message back, and one that sends every
//! Socket.IO event back.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use bytes::Bytes;
use hearken_socketio::engine::{self, Channel, Incoming, Outgoing as Message, Service, Text};
use hearken_socketio::{Application, Client, Close, Closed, Event, Outgoing, Packet, Refused, Settings, Why};
use http::HeaderValue;
use http::request::Parts;
use serde_json::value::RawValue;

/// The paces that the documents' own tests expect; they have a `ping_timeout` of 200 ms.
fn settings(path: &str, ping_timeout: Duration) -> Settings {
    Settings {
        path: path.to_owned(),
        ping_interval: Duration::from_millis(300),
        ping_timeout,
        largest_packet: 1_000_000,
        ..Settings::default()
    }
}

/// Both servers.
pub(crate) fn router(ping_timeout: Duration) -> Router {
    engine::router(Arc::new(Messages), settings("/engine.io", ping_timeout))
        .merge(hearken_socketio::router(Arc::new(Events), settings("/socket.io", ping_timeout)))
}

/// Sends messages back.
pub(crate) struct Messages;

#[derive(Default)]
pub(crate) struct Back(VecDeque<Message>);

impl Service for Messages {
    type Channel = Back;

    async fn admit(&self, _: &mut Parts) -> Result<Back, Response> {
        Ok::<_, Infallible>(Back::default()).map_err(|never| match never {})
    }

    fn allows_origin(&self, _: &HeaderValue) -> bool {
        true
    }
}

impl Channel for Back {
    fn is_ready(&self) -> bool {
        self.0.len() < 64
    }

    fn receive(&mut self, message: Incoming<'_>) -> Result<(), Close> {
        self.0.push_back(match message {
            Incoming::Text(text) => Message::Text(Text::new(&[text])),
            Incoming::Binary(bytes) => Message::Binary(Bytes::copy_from_slice(bytes)),
        });
        Ok(())
    }

    async fn next(&mut self) -> Option<Message> {
        match self.0.pop_front() {
            Some(message) => Some(message),
            None => std::future::pending().await,
        }
    }

    fn try_next(&mut self) -> Option<Message> {
        self.0.pop_front()
    }

    fn over(&self) -> Option<Close> {
        None
    }

    fn closed(&mut self, _: Why) {}
}

/// Sends events back, in `/` and `/custom`.
pub(crate) struct Events;

pub(crate) struct Echo(VecDeque<Outgoing>);

impl Application for Events {
    type Guest = ();
    type Client = Echo;

    async fn admit(&self, _: &mut Parts) -> Result<(), Response> {
        Ok(())
    }

    fn patience(&self, (): &()) -> Duration {
        Duration::from_secs(1)
    }

    async fn connect(&self, _: &Arc<()>, namespace: &str, auth: Option<&RawValue>) -> Result<Echo, Refused> {
        if !["/", "/custom"].contains(&namespace) {
            return Err(Refused { message: "Invalid namespace".to_owned(), ..Refused::default() });
        }
        let packet = Packet::event("auth", auth.map_or("{}", RawValue::get));
        Ok(Echo(VecDeque::from([Outgoing::Event(packet)])))
    }

    fn allows_origin(&self, _: &HeaderValue) -> bool {
        true
    }
}

impl Client for Echo {
    fn is_ready(&self) -> bool {
        self.0.len() < 64
    }

    fn receive(&mut self, event: Event) {
        let Event { name, args, attachments, ack } = event;
        let args = args.iter().map(|arg| arg.get()).collect::<Vec<_>>().join(",");
        match (name.as_str(), ack) {
            ("message", _) if attachments.is_empty() => {
                self.0.push_back(Outgoing::Event(Packet::event("message-back", &args)));
            }
            ("message", _) => {
                let packet = Packet::binary("message-back", &args, attachments);
                self.0.push_back(Outgoing::Event(packet));
            }
            ("message-with-ack", Some(id)) if attachments.is_empty() => {
                self.0.push_back(Outgoing::Ack { id, args: format!("[{args}]") });
            }
            ("message-with-ack", Some(id)) => {
                self.0.push_back(Outgoing::BinaryAck { id, args: format!("[{args}]"), attachments });
            }
            _ => {}
        }
    }

    async fn next(&mut self) -> Option<Outgoing> {
        match self.0.pop_front() {
            Some(outgoing) => Some(outgoing),
            None => std::future::pending().await,
        }
    }

    fn try_next(&mut self) -> Option<Outgoing> {
        self.0.pop_front()
    }

    fn over(&self) -> Option<Close> {
        None
    }

    fn closed(self, _: Closed) {}
}
