//! Transcripts against a server that says everything twice: that what differs is seen, and said.

use std::net::{Ipv4Addr, SocketAddr};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::script::read;
use super::{Stage, play};
use crate::client::Client;

/// A server that answers each frame with itself, twice; `bye` with a goodbye.
async fn parrot() -> SocketAddr {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = tcp.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = tcp.accept().await {
            tokio::spawn(async move {
                let mut socket = accept_async(stream).await.unwrap();
                while let Some(Ok(Message::Text(text))) = socket.next().await {
                    if text.as_str() == "bye" {
                        let frame = CloseFrame { code: 4401.into(), reason: "".into() };
                        return socket.close(Some(frame)).await.unwrap();
                    }
                    socket.send(Message::Text(text.clone())).await.unwrap();
                    socket.send(Message::Text(text)).await.unwrap();
                }
                while socket.next().await.is_some() {}
            });
        }
    });
    address
}

struct Parrots {
    address: SocketAddr,
    asked: Vec<String>,
}

impl Stage for Parrots {
    async fn open(&mut self, path: &str, who: &str) -> Result<Client, String> {
        if who == "nobody" {
            return Err("nobody comes in".into());
        }
        Client::open(self.address, path, None).await.map_err(|refused| refused.status.to_string())
    }

    async fn act(&mut self, words: &[&str]) -> Result<(), String> {
        self.asked.push(words.join("+"));
        if words == ["fail"] { Err("as asked".into()) } else { Ok(()) }
    }
}

/// Plays a transcript; `expect` is the failure, or nothing.
async fn check(text: &str, expect: &str) {
    let mut stage = Parrots { address: parrot().await, asked: Vec::new() };
    let failure = play("t", text, &mut stage).await.err().map(|failure| failure.to_string());
    assert_eq!(failure.unwrap_or_default(), expect, "{text}");
}

#[tokio::test]
async fn what_is_said_as_written_passes() {
    check("", "").await;
    check("open a / as ana\na C> x y\na S> x y\na S> x y\nclose a", "").await;
    check("open a / as ana\n# a remark\n\n a C> x\n a silent\n a S> x\n a S> x", "").await;
    check("open a / as ana\nopen b / as ben/2\na C> x\nb C> y\nb S> y\nb S> y\na S> x\na S> x", "").await;
    check("open a / as ana\na C> bye\na closed 4401", "").await;
    check("open a / as ana\nclose a\nopen a / as ana", "").await;
    check("open a / as ana\na C> 2020-11-21 16:32:18.789\na S> <server time>\na S> <server time>", "").await;
}

#[tokio::test]
async fn what_differs_is_seen() {
    let heard = |expected: &str, got: &str| format!("t, line 3: \n  expected {expected}\n  got      {got}");
    check("open a / as ana\na C> x\na S> y", &heard("y", "x")).await;
    check("open a / as ana\na C> x\na closed 1000", &heard("Closed(1000)", "Text(\"x\")")).await;
    check("open a / as ana\na C> bye\na closed 1000", &heard("Closed(1000)", "Closed(4401)")).await;
    check("open a / as ana\na C> bye\na S> bye", &heard("bye", "Closed(4401)")).await;
    check("open a / as ana\na C> x\na S> x\nclose a", "t, line 4: a was told more:\n  got      x").await;
    check("open a / as ana\na C> x\na S> x", "t, at the end: a was told more:\n  got      x").await;
    check("open a / as nobody", "t, line 1: nobody comes in").await;
    check("clock 1\nfail", "t, line 2: as asked").await;
}

#[tokio::test]
async fn other_lines_are_for_the_stage() {
    let mut stage = Parrots { address: parrot().await, asked: Vec::new() };
    play("t", "person ana   1\n\nclock 2", &mut stage).await.unwrap();
    assert_eq!(stage.asked, ["person+ana+1", "clock+2"]);
}

#[test]
fn lines_that_cannot_be_meant_are_refused_before_anything_is_played() {
    fn check(text: &str, expect: (usize, &str)) {
        let (line, why) = read(text).expect_err(text);
        assert_eq!((line, why.as_str()), expect, "{text}");
    }
    check("open a /", (1, "say: open NAME PATH as WHO"));
    check("open a / as ana\nopen a / as ana", (2, "a is open already"));
    for line in ["a C> x", "a S> x", "a silent", "a closed 1000", "close a"] {
        check(&format!("clock 1\n{line}"), (2, "a is not open"));
        check(&format!("open a / as ana\nclose a\n{line}"), (3, "a is not open"));
    }
    check("open a / as ana\na closed early", (2, "say: NAME closed CODE"));
    let unproven = "that a stays silent is proven by nothing it hears later";
    check("open a / as ana\na S> x\na silent", (0, unproven));
    check("open a / as ana\na silent\na C> x\nclose a", (0, unproven));
    check("open a / as ana\nopen b / as ana\na silent\nb S> x", (0, unproven));
}
