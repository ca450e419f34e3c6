//! A client's WebSocket, in the messenger's frames.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::said::frame;

/// How long anything may take before the test fails. Nothing waits this long when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// An open socket.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// Frames that came while a list was read.
    aside: VecDeque<Frame>,
}

/// A frame from the server, of any kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Frame {
    pub(crate) command: String,
    pub(crate) message: String,
    pub(crate) msg_from: String,
    pub(crate) sent_timestamp: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    all: String,
    messages: Vec<Entry>,
}

/// One message of a list.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) message: String,
    pub(crate) msg_from: String,
    pub(crate) sent_timestamp: String,
}

/// What came.
#[derive(Debug)]
pub(crate) enum Heard {
    Frame(Frame),
    Closed(End),
}

/// How a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The server said why.
    Said(u16),
    /// The line is gone without a word.
    Wordless,
}

/// The line is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// A list, and in how many frames it came.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) entries: Vec<Entry>,
    pub(crate) frames: usize,
}

impl Socket {
    /// Opens the socket at `path`; an answer other than a socket is its status.
    pub(crate) async fn ask(server: SocketAddr, path: &str, token: &str) -> Result<Result<Self, u16>, Gone> {
        let mut request = format!("ws://{server}{path}").into_client_request().expect("a path");
        let bearer = format!("Bearer {token}").parse().expect("a token");
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let opening = async {
            let stream = TcpStream::connect(server).await?;
            stream.set_nodelay(true)?;
            tokio_tungstenite::client_async(request, stream).await
        };
        match timeout(PATIENCE, opening).await.expect("the upgrade is answered in time") {
            Ok((stream, _)) => Ok(Ok(Self { stream, aside: VecDeque::new() })),
            Err(Error::Http(answer)) => Ok(Err(answer.status().as_u16())),
            Err(_) => Err(Gone),
        }
    }

    /// Opens the socket at `path`, which must be granted unless the server is gone.
    pub(crate) async fn open(server: SocketAddr, path: &str, token: &str) -> Result<Self, Gone> {
        let asked = Self::ask(server, path, token).await?;
        Ok(asked.unwrap_or_else(|status| panic!("{path} is answered {status}")))
    }

    /// Puts a frame in line; `flush` sends.
    pub(crate) async fn put(&mut self, frame: String) -> Result<(), Gone> {
        self.stream.feed(Message::text(frame)).await.map_err(|_| Gone)
    }

    /// Sends what was put in line.
    pub(crate) async fn flush(&mut self) -> Result<(), Gone> {
        self.stream.flush().await.map_err(|_| Gone)
    }

    /// Sends a frame.
    pub(crate) async fn send(&mut self, frame: String) -> Result<(), Gone> {
        self.put(frame).await?;
        self.flush().await
    }

    /// What comes next. May be dropped without loss.
    pub(crate) async fn hear(&mut self) -> Heard {
        if let Some(frame) = self.aside.pop_front() {
            return Heard::Frame(frame);
        }
        self.hear_new().await
    }

    async fn hear_new(&mut self) -> Heard {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("something comes in time") {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Frame(serde_json::from_str(&text).expect("a frame"));
                }
                Some(Ok(Message::Close(Some(close)))) => return Heard::Closed(End::Said(close.code.into())),
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Heard::Closed(End::Wordless),
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Result<Frame, Gone> {
        match self.hear().await {
            Heard::Frame(frame) => Ok(frame),
            Heard::Closed(_) => Err(Gone),
        }
    }

    /// The list that `command` asks for on one's own receive socket.
    pub(crate) async fn fetch(&mut self, command: &str, phone: &str) -> Result<List, Gone> {
        self.try_fetch(command, phone).await?.map_err(|refusal| panic!("{refusal:?}"))
    }

    /// The same, where it may be refused.
    pub(crate) async fn try_fetch(
        &mut self,
        command: &str,
        phone: &str,
    ) -> Result<Result<List, Frame>, Gone> {
        self.send(frame(command, "-null-", phone, phone, "2020-01-01 00:00:00")).await?;
        let mut list = List { entries: Vec::new(), frames: 0 };
        loop {
            let Heard::Frame(frame) = self.hear_new().await else { return Err(Gone) };
            if frame.command == "error" {
                return Ok(Err(frame));
            }
            if frame.command != command {
                self.aside.push_back(frame);
                continue;
            }
            list.frames += 1;
            list.entries.extend(frame.messages);
            if frame.all == "True" {
                return Ok(Ok(list));
            }
        }
    }
}
