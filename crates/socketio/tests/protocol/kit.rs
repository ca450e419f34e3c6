//! A small client of the protocol, made of a TCP stream, so that a test can do what no proper client would.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what has to come.
#[track_caller]
pub(crate) fn soon<T>(what: impl Future<Output = T>) -> impl Future<Output = T> {
    let place = std::panic::Location::caller();
    async move { timeout(PATIENCE, what).await.unwrap_or_else(|_| panic!("nothing came: {place}")) }
}

/// Serves a router on a port of its own, for as long as the test's runtime lives.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// An answer over HTTP.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Status and body.
    pub(crate) fn said(&self) -> (u16, &str) {
        (self.status, &self.body)
    }
}

/// Sends a request on a connection of its own, and leaves the answer to be read.
pub(crate) async fn ask(at: SocketAddr, method: &str, target: &str, headers: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(at).await.expect("a connection");
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    // The answer may be there before all is sent.
    stream.write_all(body).await.ok();
    stream
}

/// Reads the answer to a request; `None` when the connection ends without one.
pub(crate) async fn answer(mut stream: TcpStream) -> Option<Answer> {
    let mut all = Vec::new();
    soon(stream.read_to_end(&mut all)).await.ok()?;
    let all = String::from_utf8(all).expect("a text");
    let (head, body) = all.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// A request and its answer.
pub(crate) async fn request(
    at: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
    body: &[u8],
) -> Answer {
    answer(ask(at, method, target, headers, body).await).await.expect("an answer")
}

/// A client that polls.
#[derive(Clone)]
pub(crate) struct Poller {
    pub(crate) at: SocketAddr,
    pub(crate) target: String,
    pub(crate) opening: Value,
}

impl Poller {
    /// Shakes hands on `path`.
    pub(crate) async fn open(at: SocketAddr, path: &str) -> Self {
        let target = format!("{path}?EIO=4&transport=polling");
        let answer = request(at, "GET", &target, "", b"").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let opening: Value =
            serde_json::from_str(answer.body.strip_prefix('0').expect("an open packet")).expect("JSON");
        let id = opening["sid"].as_str().expect("an id").to_owned();
        Self { at, target: format!("{target}&sid={id}"), opening }
    }

    pub(crate) fn id(&self) -> &str {
        self.opening["sid"].as_str().expect("an id")
    }

    pub(crate) async fn poll(&self) -> Answer {
        request(self.at, "GET", &self.target, "", b"").await
    }

    /// Begins to poll.
    pub(crate) async fn begin_poll(&self) -> TcpStream {
        ask(self.at, "GET", &self.target, "", b"").await
    }

    pub(crate) async fn post(&self, body: impl AsRef<[u8]>) -> Answer {
        request(self.at, "POST", &self.target, "", body.as_ref()).await
    }

    /// Posts what has to be taken.
    pub(crate) async fn say(&self, body: impl AsRef<[u8]>) {
        assert_eq!(self.post(body).await.said(), (200, "ok"));
    }

    /// Polls until something comes that is no ping; pings are answered.
    pub(crate) async fn hear(&self) -> Vec<String> {
        loop {
            let answer = self.poll().await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let mut packets: Vec<String> = answer.body.split('\x1e').map(str::to_owned).collect();
            if packets.iter().any(|packet| packet == "2") {
                packets.retain(|packet| packet != "2");
                self.say("3").await;
            }
            packets.retain(|packet| packet != "6");
            if !packets.is_empty() {
                return packets;
            }
        }
    }

    /// A WebSocket for the same connection.
    pub(crate) async fn upgrade(&self, path: &str) -> Wire {
        Wire::connect(self.at, &format!("{path}?EIO=4&transport=websocket&sid={}", self.id())).await
    }
}

/// What comes over a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    /// It was closed, with this code, if with any.
    Closed(Option<u16>),
    /// The line ended without a word.
    Gone,
}

/// A client with a WebSocket.
pub(crate) struct Wire(pub(crate) WebSocketStream<TcpStream>);

impl Wire {
    /// Opens a WebSocket.
    pub(crate) async fn connect(at: SocketAddr, target: &str) -> Self {
        let stream = TcpStream::connect(at).await.expect("a connection");
        Self::over(stream, target).await.expect("a WebSocket")
    }

    /// The same where the system keeps little of what was not read.
    pub(crate) async fn narrow(at: SocketAddr, target: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a size");
        Self::over(socket.connect(at).await.expect("a connection"), target).await.expect("a WebSocket")
    }

    pub(crate) async fn over(stream: TcpStream, target: &str) -> Result<Self, tungstenite::Error> {
        let address = stream.peer_addr().expect("an address");
        let url = format!("ws://{address}{target}");
        let (socket, _) = soon(tokio_tungstenite::client_async(url, stream)).await?;
        Ok(Self(socket))
    }

    /// Opens a WebSocket, and reads the open packet.
    pub(crate) async fn open(at: SocketAddr, path: &str) -> (Self, Value) {
        let mut wire = Self::connect(at, &format!("{path}?EIO=4&transport=websocket")).await;
        let opening = wire.text().await;
        let opening = serde_json::from_str(opening.strip_prefix('0').expect("an open packet")).expect("JSON");
        (wire, opening)
    }

    pub(crate) async fn say(&mut self, packet: &str) {
        self.0.send(Message::text(packet)).await.expect("sent");
    }

    pub(crate) async fn say_bytes(&mut self, bytes: &[u8]) {
        self.0.send(Message::binary(bytes.to_vec())).await.expect("sent");
    }

    pub(crate) async fn close(&mut self, code: Option<u16>) {
        let frame = code.map(|code| CloseFrame { code: CloseCode::from(code), reason: "".into() });
        self.0.send(Message::Close(frame)).await.expect("sent");
    }

    /// What comes next.
    pub(crate) async fn hear(&mut self) -> Heard {
        match soon(self.0.next()).await {
            Some(Ok(Message::Text(text))) => Heard::Text(text.as_str().to_owned()),
            Some(Ok(Message::Binary(bytes))) => Heard::Binary(bytes.to_vec()),
            Some(Ok(Message::Close(frame))) => Heard::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(other)) => panic!("{other:?}"),
            Some(Err(_)) | None => Heard::Gone,
        }
    }

    /// The next packet that is no ping, which is answered.
    pub(crate) async fn packet(&mut self) -> Heard {
        loop {
            match self.hear().await {
                Heard::Text(ping) if ping == "2" => self.say("3").await,
                other => return other,
            }
        }
    }

    /// The next packet, which is a text and no ping.
    pub(crate) async fn text(&mut self) -> String {
        match self.packet().await {
            Heard::Text(text) => text,
            other => panic!("no text: {other:?}"),
        }
    }

    /// Waits until it is closed, whatever comes before.
    pub(crate) async fn end(&mut self) -> Heard {
        loop {
            match self.hear().await {
                Heard::Text(_) | Heard::Binary(_) => {}
                end => return end,
            }
        }
    }
}
