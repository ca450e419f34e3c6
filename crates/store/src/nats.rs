//! The bus over core NATS: fire and forget, no storage, no acknowledgement. What gets lost is in the store.
//!
//! The client reconnects and subscribes again by itself; each time it does, the core is told, and reads what it may have
//! missed. While it is away nothing is kept to be said later: it would only be late.

mod address;

use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use hearken_core::bus::{Bus, BusEnd, BusError, Heard, Listener, Speaker};
use tokio::sync::watch;
use tokio::time::timeout;

use self::address::Address;

/// What every subject of ours begins with.
const PREFIX: &str = "hearken";
/// How often the connection is tried; after three without an answer it is away.
const PING: Duration = Duration::from_secs(1);
/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(2);
/// The longest pause between two tries to reconnect: what was missed is to be caught up within two seconds of a repair.
const PAUSE: Duration = Duration::from_millis(250);
/// How long one message may wait for room in the client.
const PATIENCE: Duration = Duration::from_millis(500);
/// Messages that may wait in the client to be sent.
const OUTWARD: usize = 256;
/// Messages that may wait to be heard; of more some are missed, and read from the store.
const INWARD: usize = 4096;

/// A NATS server, or several of one cluster.
pub struct NatsBus {
    address: Address,
}

/// How the connection stands.
#[derive(Clone, Copy, Default)]
struct Line {
    /// How often it was made.
    made: u64,
    is_up: bool,
    /// How often a message could not be taken.
    missed: u64,
}

impl NatsBus {
    /// The one at this address: `nats://[user:password@ | token@]host[:port]`, or `tls://…`; several of a cluster with
    /// commas between them. Nothing is connected yet.
    ///
    /// # Errors
    /// When it is no such address; the words name what is wrong, and no secret.
    pub fn new(url: &str) -> Result<Self, BusError> {
        Ok(Self { address: Address::read(url).map_err(|why| BusError::Unusable(why.into()))? })
    }

    /// Whether a server answers there and lets us in.
    ///
    /// # Errors
    /// When it does not; the words are for the operator.
    pub async fn ping(&self) -> Result<(), BusError> {
        let options = self.address.options().connection_timeout(CONNECTING);
        let connected = options.connect(self.address.servers.as_slice()).await;
        let client = connected.map_err(|error| BusError::Away(error.to_string()))?;
        let flushed = timeout(CONNECTING, client.flush()).await;
        flushed.map_err(late)?.map_err(|error| BusError::Away(error.to_string()))
    }

    fn options(&self, line: watch::Sender<Line>) -> ConnectOptions {
        self.address
            .options()
            .name("hearken")
            .no_echo()
            .retry_on_initial_connect()
            .ignore_discovered_servers()
            .max_reconnects(None)
            .connection_timeout(CONNECTING)
            .ping_interval(PING)
            .client_capacity(OUTWARD)
            .subscription_capacity(INWARD)
            .reconnect_delay_callback(|tries| {
                PAUSE.min(Duration::from_millis(20) * u32::try_from(tries).unwrap_or(u32::MAX).min(100))
            })
            .event_callback(move |event| {
                line.send_modify(|line| line.note(&event));
                std::future::ready(())
            })
    }
}

impl Line {
    fn note(&mut self, event: &Event) {
        match event {
            Event::Connected => {
                self.made += 1;
                self.is_up = true;
            }
            Event::Disconnected | Event::Closed => self.is_up = false,
            Event::SlowConsumer(_) => self.missed += 1,
            Event::LameDuckMode | Event::Draining | Event::ServerError(_) | Event::ClientError(_) => {}
        }
    }
}

impl Bus for NatsBus {
    fn join<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<BusEnd, BusError>> {
        Box::pin(async move {
            let (note, line) = watch::channel(Line::default());
            let connected = self.options(note).connect(self.address.servers.as_slice()).await;
            let client = connected.map_err(|error| BusError::Unusable(error.to_string()))?;
            let subject: Arc<str> = format!("{PREFIX}.{channel}").into();
            let subscribing = client.subscribe(subject.to_string()).await;
            let subscriber = subscribing.map_err(|error| BusError::Unusable(error.to_string()))?;
            let speaker = Box::new(NatsSpeaker { client: client.clone(), subject });
            let listener = NatsListener { _client: client, subscriber, line, told: Line::default() };
            Ok(BusEnd { speaker, listener: Box::new(listener) })
        })
    }
}

struct NatsSpeaker {
    client: Client,
    subject: Arc<str>,
}

impl Speaker for NatsSpeaker {
    fn announce(&mut self, message: Bytes) -> BoxFuture<'_, Result<(), BusError>> {
        Box::pin(async move {
            if self.client.connection_state() != State::Connected {
                return Err(BusError::Away("it is not connected".into()));
            }
            let published = self.client.publish(self.subject.to_string(), message);
            let published = timeout(PATIENCE, published).await.map_err(late)?;
            published.map_err(|error| BusError::Away(error.to_string()))
        })
    }

    fn flush(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if self.client.connection_state() == State::Connected {
                // Whatever does not get out is missed by its number.
                let _ = timeout(PATIENCE, self.client.flush()).await;
            }
        })
    }
}

struct NatsListener {
    /// Keeps the connection.
    _client: Client,
    subscriber: Subscriber,
    line: watch::Receiver<Line>,
    /// How the connection stood when this was last told.
    told: Line,
}

impl NatsListener {
    /// What has changed about the connection.
    fn news(&mut self) -> Option<Heard> {
        let now = *self.line.borrow_and_update();
        if now.missed != self.told.missed {
            self.told.missed = now.missed;
            return Some(Heard::Missed);
        }
        if now.is_up && now.made != self.told.made {
            self.told = now;
            return Some(Heard::Connected);
        }
        if !now.is_up && self.told.is_up {
            self.told.is_up = false;
            return Some(Heard::Disconnected);
        }
        None
    }
}

impl Listener for NatsListener {
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>> {
        Box::pin(async move {
            loop {
                if let Some(news) = self.news() {
                    return Some(news);
                }
                tokio::select! {
                    biased;
                    changed = self.line.changed() => changed.ok()?,
                    message = self.subscriber.next() => return message.map(|message| Heard::Message(message.payload)),
                }
            }
        })
    }
}

fn late(_: tokio::time::error::Elapsed) -> BusError {
    BusError::Away("it does not answer in time".into())
}
