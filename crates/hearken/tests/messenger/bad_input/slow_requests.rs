//! Requests that take their time, or too much of everything: the connection is closed after its limit.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::people::come;
use super::request::{answer, closed, status, upgrade_head};
use crate::backend::Backend;
use crate::stand::Stand;
use crate::witness::Witness;

async fn with_handshake(limit: Duration) -> (Stand, Witness) {
    let mut stand = Stand::planned(Backend::Memory, |plan| plan.settings.limits.handshake = limit).await;
    let witness = come(&mut stand).await;
    (stand, witness)
}

#[tokio::test]
async fn a_request_has_to_come_in_time() {
    let (mut stand, mut witness) = with_handshake(Duration::from_millis(300)).await;
    let address = stand.server.address;
    let connect = async || TcpStream::connect(address).await.unwrap();
    let bearer = format!("Authorization: Bearer {}", stand.token("asha").await);
    let head = upgrade_head("/ws/chat/special/9999999999/", &[&bearer]);

    let mut silent = connect().await;
    let mut half = connect().await;
    half.write_all(head.as_bytes()).await.unwrap();
    // After an answer the next request has the same time.
    let mut idle = connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    assert_eq!(status(&answer(&mut idle).await), 200);
    for stream in [&mut silent, &mut half, &mut idle] {
        let said = closed(stream).await;
        assert!(!said.starts_with(b"HTTP/1.1 101"), "{said:?}");
        witness.talks().await;
    }
    // Once it is open, a socket is not bound by it.
    let mut ears = stand.ears("asha").await;
    let mut later = connect().await;
    closed(&mut later).await;
    assert_eq!(ears.ping(b"still there").await, Vec::<String>::new());
    witness.talks().await;
}

#[tokio::test]
async fn a_request_that_comes_byte_by_byte_has_no_more_time() {
    let (mut stand, mut witness) = with_handshake(Duration::from_millis(300)).await;
    let bearer = format!("Authorization: Bearer {}", stand.token("asha").await);
    let head = upgrade_head("/ws/chat/special/9999999999/", &[&bearer]);
    let mut stream = TcpStream::connect(stand.server.address).await.unwrap();
    let mut byte = [0];
    let mut sent = 0;
    for one in head.as_bytes() {
        // At this pace the whole head would take a minute.
        let pause = Duration::from_millis(100);
        if let Ok(read) = tokio::time::timeout(pause, stream.read(&mut byte)).await {
            assert!(!matches!(read, Ok(count) if byte[0] == b'H' && count > 0 && sent > 10), "answered");
            break;
        }
        if stream.write_all(&[*one]).await.is_err() {
            break;
        }
        sent += 1;
    }
    assert!(sent < head.len() / 4, "{sent} of {}", head.len());
    witness.talks().await;
}

#[tokio::test]
async fn a_head_beyond_all_measure_is_refused() {
    let (mut stand, mut witness) = with_handshake(Duration::from_secs(10)).await;
    let bearer = format!("Authorization: Bearer {}", stand.token("asha").await);
    let large = format!("X-Large: {}", "x".repeat(64 << 10));
    let many = format!("X: y\r\n{}", "X: y\r\n".repeat(200));
    for header in [large.as_str(), many.trim_end()] {
        let head = upgrade_head("/ws/chat/special/9999999999/", &[&bearer, header]);
        let mut stream = TcpStream::connect(stand.server.address).await.unwrap();
        // The server may have closed before it has all.
        stream.write_all(format!("{head}\r\n").as_bytes()).await.ok();
        let said = String::from_utf8_lossy(&closed(&mut stream).await).into_owned();
        assert!(said.is_empty() || status(&said) == 431, "{said}");
        witness.talks().await;
    }
}

#[tokio::test]
async fn what_is_no_http_is_shown_out() {
    let (stand, mut witness) = with_handshake(Duration::from_secs(10)).await;
    let noise: Vec<u8> = (0..=255).cycle().take(4096).collect();
    let cases = [
        ("noise", noise),
        ("TLS", b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03".repeat(30)),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("another protocol", b"HELO test\r\n\r\n".to_vec()),
        ("no version", b"GET /ws/chat/special/9999999999/\r\n\r\n".to_vec()),
        ("a bad header", b"GET / HTTP/1.1\r\nno colon\r\n\r\n".to_vec()),
        ("two lengths", b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_vec()),
    ];
    for (what, bytes) in cases {
        let mut stream = TcpStream::connect(stand.server.address).await.unwrap();
        stream.write_all(&bytes).await.ok();
        let said = String::from_utf8_lossy(&closed(&mut stream).await).into_owned();
        assert!(said.is_empty() || status(&said) == 400, "{what}: {said}");
        witness.talks().await;
    }
}
