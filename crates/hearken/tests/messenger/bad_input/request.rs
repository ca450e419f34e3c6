//! Requests byte by byte, for what no client library would send.

use std::net::SocketAddr;

use hearken_testkit::client::PATIENCE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The head of a request for a WebSocket, without the empty line at its end.
pub(super) fn upgrade_head(path: &str, headers: &[&str]) -> String {
    let mut head = format!(
        "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head
}

/// Sends a head, and reads that of the answer.
pub(super) async fn ask(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(format!("{head}\r\n").as_bytes()).await.expect("the server takes it");
    answer(&mut stream).await
}

/// Reads the head of an answer.
pub(super) async fn answer(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = timeout(PATIENCE, stream.read_u8()).await.expect("an answer comes");
        head.push(byte.expect("a whole answer"));
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// The status of an answer.
pub(super) fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// Waits until the server has closed a connection, and hands out what it has said before.
pub(super) async fn closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    // A reset is a close too.
    timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("the server closes").ok();
    said
}
