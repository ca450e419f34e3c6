//! Who sends a body that nobody wants gets to read why, and the connection goes on.

use std::time::Duration;

use axum::Router;
use axum::routing::post;
use hearken_testkit::client::PATIENCE;
use hearken_testkit::server::TestServer;
use hearken_transport::rest::{Failure, Sent};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far more than the system keeps for a connection on its way.
const LARGE: usize = 3 << 20;

/// The status of the next answer.
async fn status(stream: &mut BufStream<TcpStream>) -> u16 {
    let mut length = 0;
    let mut status = None;
    loop {
        let mut line = String::new();
        timeout(PATIENCE, stream.read_line(&mut line)).await.expect("in time").expect("a line");
        let line = line.trim_end().to_ascii_lowercase();
        if status.is_none() {
            status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        } else if let Some(written) = line.strip_prefix("content-length: ") {
            length = written.parse().expect("a length");
        } else if line.is_empty() {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).await.expect("a body");
    status.expect("a status")
}

#[tokio::test]
async fn a_refusal_is_read_however_large_the_body() {
    let router = Router::new()
        .route("/unread", post(async || Failure::SignIn))
        .route("/read", post(async |_: Sent| Failure::NotFound));
    let server = TestServer::start(router, Duration::from_mins(1)).await;
    for (path, size, expect) in [("/unread", LARGE, 401), ("/read", LARGE, 413), ("/unread", 10, 401)] {
        let stream = TcpStream::connect(server.address).await.expect("the server listens");
        let mut stream = BufStream::new(stream);
        // Twice: what was sent in vain is not taken for the next request.
        for _ in 0..2 {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.expect("it is read");
            stream.write_all(&vec![b' '; size]).await.expect("it is read away");
            stream.flush().await.expect("it is read away");
            assert_eq!(status(&mut stream).await, expect, "{path}");
        }
    }
}
