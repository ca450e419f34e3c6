//! A WebSocket client for tests. It hands out what it is sent frame by frame, it can be made to misbehave, and it
//! never waits for ever: what does not come within [`PATIENCE`] has not come. Whatever it does not expect fails the test.

#![expect(clippy::missing_panics_doc, reason = "to panic is how a test fails")]

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{self, Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// How long something that must come may take. Tests wait for things, not for time: only a failing one waits so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An open WebSocket.
pub struct Client {
    socket: WebSocketStream<TcpStream>,
}

/// What a client finds next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A text frame.
    Text(String),
    /// The server has closed the socket with this code (1005: without one).
    Closed(u16),
    /// The line is gone without a goodbye.
    Gone,
    /// Nothing, for as long as anybody may wait.
    Nothing,
}

/// An upgrade that was answered with something else.
#[derive(Debug)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The answer's headers.
    pub headers: Vec<(String, String)>,
}

/// A kind of frame as RFC 6455 numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Bytes.
    Binary,
    /// More of the message before.
    Continuation,
}

impl Client {
    /// Opens `path` (with its query), showing `authorization` if there is one.
    pub async fn open(address: SocketAddr, path: &str, authorization: Option<&str>) -> Result<Self, Refused> {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a TCP stream");
        Self::open_over(stream, path, authorization).await
    }

    /// Opens `path` over a connection made beforehand.
    pub async fn open_over(
        stream: TcpStream,
        path: &str,
        authorization: Option<&str>,
    ) -> Result<Self, Refused> {
        let address = stream.peer_addr().expect("connected");
        let mut request = format!("ws://{address}{path}").into_client_request().expect("a path");
        if let Some(value) = authorization {
            request.headers_mut().insert("authorization", value.parse().expect("a header's value"));
        }
        match timeout(PATIENCE, client_async(request, stream)).await.expect("the upgrade is answered") {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(Error::Http(response)) => Err(Refused::from(&response)),
            Err(error) => panic!("no upgrade, and no answer either: {error}"),
        }
    }

    /// Sends a text frame. On a line that is gone it goes nowhere; what comes next will tell.
    pub async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    /// Sends one frame as it stands, which need not make sense.
    pub async fn send_frame(&mut self, kind: Kind, payload: &[u8], last: bool) {
        let data = match kind {
            Kind::Text => Data::Text,
            Kind::Binary => Data::Binary,
            Kind::Continuation => Data::Continue,
        };
        let frame = Frame::message(payload.to_vec(), OpCode::Data(data), last);
        self.send_message(Message::Frame(frame)).await;
    }

    /// Sends bytes as they stand, which need not be frames at all.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let sent = timeout(PATIENCE, self.socket.get_mut().write_all(bytes)).await;
        // The server may have closed in the middle: what comes next will tell.
        sent.expect("the server takes it").ok();
    }

    /// Sends a ping, and waits for its pong. Texts that come before it are handed out.
    pub async fn ping(&mut self, payload: &[u8]) -> Vec<String> {
        self.send_message(Message::Ping(payload.to_vec().into())).await;
        let mut texts = Vec::new();
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a pong comes") {
                Some(Ok(Message::Pong(back))) if *back == *payload => return texts,
                Some(Ok(Message::Text(text))) => texts.push(text.as_str().to_owned()),
                Some(Ok(_)) => {}
                other => panic!("no pong, but {other:?}"),
            }
        }
    }

    /// What comes next; pings are answered on the way.
    pub async fn next(&mut self) -> Next {
        loop {
            let Ok(message) = timeout(PATIENCE, self.socket.next()).await else { return Next::Nothing };
            return match message {
                Some(Ok(Message::Text(text))) => Next::Text(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => {
                    Next::Closed(frame.map_or(1005, |frame| frame.code.into()))
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Next::Gone,
            };
        }
    }

    /// The next text frame.
    #[track_caller]
    pub fn text(&mut self) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        async move {
            match self.next().await {
                Next::Text(text) => text,
                other => panic!("no text frame at {caller}, but {other:?}"),
            }
        }
    }

    /// The code the server closes with, and what it says before.
    pub async fn closed(&mut self) -> (u16, Vec<String>) {
        let mut texts = Vec::new();
        loop {
            match self.next().await {
                Next::Text(text) => texts.push(text),
                Next::Closed(code) => return (code, texts),
                other => panic!("no close frame, but {other:?} after {texts:?}"),
            }
        }
    }

    /// Waits until the server has ended the connection itself, after whatever is still on the way.
    pub async fn ended(&mut self) {
        while !matches!(self.next().await, Next::Gone) {}
    }

    /// Says goodbye, and hands out what the server had still sent.
    pub async fn close(mut self) -> Vec<String> {
        self.send_message(Message::Close(None)).await;
        let mut texts = Vec::new();
        while let Next::Text(text) = self.next().await {
            texts.push(text);
        }
        texts
    }

    /// The bare connection, for tests that break the protocol.
    pub fn into_stream(self) -> TcpStream {
        self.socket.into_inner()
    }

    /// Sends any message.
    pub async fn send_message(&mut self, message: Message) {
        let sent = timeout(PATIENCE, self.socket.send(message)).await.expect("the server takes it");
        match sent {
            Ok(())
            | Err(
                Error::Io(_)
                | Error::ConnectionClosed
                | Error::AlreadyClosed
                | Error::Protocol(ProtocolError::SendAfterClosing),
            ) => {}
            Err(error) => panic!("this can't be sent: {error}"),
        }
    }
}

impl Refused {
    fn from(response: &tungstenite::handshake::client::Response) -> Self {
        let text =
            |value: &tungstenite::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
        Self { status: response.status().as_u16(), headers: headers.collect() }
    }

    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}
