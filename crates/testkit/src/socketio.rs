//! A Socket.IO client for tests, over a WebSocket: it sees every packet, it can say what no library says, and like
//! [`crate::client`] it never waits for ever. What the protocol demands of it (pongs) it does by itself.

#![expect(clippy::missing_panics_doc, reason = "to panic is how a test fails")]

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::panic::Location;

use serde_json::Value;

use crate::client::{Client, Next, Refused};

/// The path of a handshake by WebSocket.
pub const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=websocket";

/// An open connection, whether it is connected to the namespace or not.
pub struct SocketIo {
    client: Client,
    /// Events that have come, and not been asked for yet.
    events: VecDeque<Told>,
    acks: BTreeMap<u64, Value>,
    /// Acknowledgements in the order in which they came.
    order: Vec<u64>,
    next_ack: u64,
    /// How it ended, once it has.
    ended: Option<Next>,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<Value>,
}

impl Told {
    /// Its only argument.
    pub fn data(&self) -> &Value {
        assert_eq!(self.args.len(), 1, "{self:?}");
        &self.args[0]
    }
}

impl SocketIo {
    /// Opens a connection, and goes no further.
    pub async fn open(address: SocketAddr, path: &str, authorization: Option<&str>) -> Result<Self, Refused> {
        let client = Client::open(address, path, authorization).await?;
        let mut opened = Self {
            client,
            events: VecDeque::new(),
            acks: BTreeMap::new(),
            order: Vec::new(),
            next_ack: 0,
            ended: None,
        };
        let open = opened.packet().await.expect("an open packet");
        assert!(open.starts_with("0{"), "{open}");
        Ok(opened)
    }

    /// Opens a connection and connects to the namespace.
    pub async fn connect(address: SocketAddr, authorization: &str) -> Result<Self, Refused> {
        let mut opened = Self::open(address, HANDSHAKE, Some(authorization)).await?;
        opened.join(None).await.expect("it is let in");
        Ok(opened)
    }

    /// Asks for the namespace with this payload; the error's data if it is refused.
    pub async fn join(&mut self, auth: Option<&Value>) -> Result<(), Value> {
        let payload = auth.map(Value::to_string).unwrap_or_default();
        self.send(&format!("40{payload}")).await;
        let answer = self.packet().await.expect("an answer");
        match (answer.strip_prefix("40"), answer.strip_prefix("44")) {
            (Some(_), _) => Ok(()),
            (_, Some(error)) => Err(serde_json::from_str(error).expect("JSON")),
            _ => panic!("not an answer to CONNECT: {answer}"),
        }
    }

    /// Sends a packet as it stands.
    pub async fn send(&mut self, packet: &str) {
        self.client.send(packet).await;
    }

    /// Sends attachments.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.client.send_frame(crate::client::Kind::Binary, bytes, true).await;
    }

    /// Emits an event that asks for no acknowledgement.
    pub async fn emit(&mut self, name: &str, args: &[Value]) {
        let packet = format!("42{}", listed(name, args));
        self.send(&packet).await;
    }

    /// Emits an event, and names the acknowledgement to wait for.
    pub async fn ask(&mut self, name: &str, args: &[Value]) -> u64 {
        let id = self.next_ack;
        self.next_ack += 1;
        let packet = format!("42{id}{}", listed(name, args));
        self.send(&packet).await;
        id
    }

    /// The arguments of an acknowledgement. Events that come before it are kept.
    pub async fn answer(&mut self, id: u64) -> Value {
        loop {
            if let Some(args) = self.acks.remove(&id) {
                return args;
            }
            assert!(self.take().await, "no acknowledgement of {id}: {:?}", self.ended);
        }
    }

    /// The same, if it comes before the connection is over.
    pub async fn answer_if_any(&mut self, id: u64) -> Option<Value> {
        loop {
            if let Some(args) = self.acks.remove(&id) {
                return Some(args);
            }
            if !self.take().await {
                return None;
            }
        }
    }

    /// Emits an event and waits for its acknowledgement.
    pub async fn call(&mut self, name: &str, args: &[Value]) -> Value {
        let id = self.ask(name, args).await;
        self.answer(id).await
    }

    /// In which order acknowledgements have come.
    pub fn order(&self) -> &[u64] {
        &self.order
    }

    /// The next event.
    #[track_caller]
    pub fn event(&mut self) -> impl Future<Output = Told> {
        let caller = Location::caller();
        async move { self.event_for("an event", caller).await }
    }

    async fn event_for(&mut self, what: &str, caller: &Location<'_>) -> Told {
        loop {
            if let Some(told) = self.events.pop_front() {
                return told;
            }
            assert!(self.take().await, "{caller} waits for {what}: {:?}", self.ended);
        }
    }

    /// The next packet, which must be an event, as it is written.
    pub async fn raw_event(&mut self) -> String {
        assert!(self.events.is_empty(), "others have come before: {:?}", self.events);
        let packet = self.packet().await.expect("a packet");
        assert!(packet.starts_with("42"), "{packet}");
        packet
    }

    /// The next event, which must have this name: what it is about.
    #[track_caller]
    pub fn hear(&mut self, name: &str) -> impl Future<Output = Value> {
        let caller = Location::caller();
        async move {
            let told = self.event_for(name, caller).await;
            assert_eq!(told.name, name, "{caller}: {told:?}");
            told.data().clone()
        }
    }

    /// The next event of this name; others on the way are passed over.
    #[track_caller]
    pub fn await_event(&mut self, name: &str) -> impl Future<Output = Value> {
        let caller = Location::caller();
        async move {
            loop {
                let told = self.event_for(name, caller).await;
                if told.name == name {
                    return told.data().clone();
                }
            }
        }
    }

    /// The next event of each of these names, in whatever order they come; others on the way are passed over.
    #[track_caller]
    pub fn await_all<const N: usize>(&mut self, names: [&str; N]) -> impl Future<Output = [Value; N]> {
        let caller = Location::caller();
        async move {
            let mut found: [Option<Value>; N] = [const { None }; N];
            while found.iter().any(Option::is_none) {
                let told = self.event_for(&names.join(", "), caller).await;
                if let Some(at) = names.iter().position(|name| told.name == *name) {
                    found[at].get_or_insert(told.data().clone());
                }
            }
            found.map(Option::unwrap_or_default)
        }
    }

    /// The events that have come and were not asked for.
    pub fn unheard(&mut self) -> Vec<Told> {
        self.events.drain(..).collect()
    }

    /// Waits until the server ends the connection: with which code.
    pub async fn closed(&mut self) -> Next {
        while self.take().await {}
        self.ended.take().expect("it has ended")
    }

    /// Leaves the namespace, and goes.
    pub async fn disconnect(mut self) {
        self.send("41").await;
        self.client.close().await;
    }

    /// Closes the WebSocket with this code, or with none.
    pub async fn close_with(mut self, code: Option<u16>) {
        use tokio_tungstenite::tungstenite::Message;
        use tokio_tungstenite::tungstenite::protocol::CloseFrame;
        let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
        self.client.send_message(Message::Close(frame)).await;
        while self.take().await {}
    }

    /// The line is gone, with no goodbye.
    pub fn lose(self) {
        drop(self.client.into_stream());
    }

    /// Takes what comes next into its place; `false` when nothing more does.
    async fn take(&mut self) -> bool {
        let Some(packet) = self.packet().await else { return false };
        if let Some(event) = packet.strip_prefix("42") {
            let mut args: Vec<Value> = serde_json::from_str(event).expect("a list");
            let Value::String(name) = args.remove(0) else { panic!("no name: {packet}") };
            self.events.push_back(Told { name, args });
        } else if let Some(ack) = packet.strip_prefix("43") {
            let list = ack.find('[').expect("a list");
            let id = ack[..list].parse().expect("a number");
            self.acks.insert(id, serde_json::from_str(&ack[list..]).expect("a list"));
            self.order.push(id);
        } else if packet != "41" {
            panic!("what is this: {packet}");
        }
        true
    }

    /// The next packet that is no heartbeat, as it is written; nothing once the connection is over.
    pub async fn packet(&mut self) -> Option<String> {
        loop {
            match self.client.next().await {
                Next::Text(ping) if ping == "2" => self.client.send("3").await,
                Next::Text(text) => return Some(text),
                ended => {
                    self.ended = Some(ended);
                    return None;
                }
            }
        }
    }
}

/// An event as a list.
fn listed(name: &str, args: &[Value]) -> Value {
    let name = std::iter::once(Value::from(name));
    name.chain(args.iter().cloned()).collect()
}
