//! One connection to a server that stays open from request to request, as a guesser would keep it.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

/// A connection.
pub(crate) struct Line {
    stream: BufStream<TcpStream>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In seconds, where it says so.
    pub(crate) retry_after: Option<u64>,
    /// How many requests are left, where it says so.
    pub(crate) remaining: Option<u64>,
    /// `Null` where it is no JSON.
    pub(crate) body: Value,
}

impl Line {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream: BufStream::new(stream) }
    }

    /// Where it leads.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.stream.get_ref().peer_addr().expect("connected")
    }

    /// A POST of JSON under the API.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        self.ask("POST", &format!("/api/v1{path}"), &head, &body).await.expect("an answer")
    }

    /// Any request, with these lines of its head. `None` where the server hangs up instead of answering.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, head: &str, body: &str) -> Option<Answer> {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: hearken.example\r\n{head}\r\n{body}");
        // A server that has read enough may answer and close before everything is written.
        let _ = self.stream.write_all(request.as_bytes()).await;
        let _ = self.stream.flush().await;
        self.answer().await
    }

    async fn answer(&mut self) -> Option<Answer> {
        let first = self.head_line().await?;
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let (mut length, mut retry_after, mut remaining) = (0, None, None);
        loop {
            let line = self.head_line().await?.to_ascii_lowercase();
            match line.split_once(':') {
                Some(("content-length", value)) => length = value.trim().parse().ok()?,
                Some(("retry-after", value)) => retry_after = value.trim().parse().ok(),
                Some(("ratelimit-remaining", value)) => remaining = value.trim().parse().ok(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Some(Answer { status, retry_after, remaining, body })
    }

    async fn head_line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await.ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }
}
