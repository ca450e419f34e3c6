//! Peers that take their time: with a request, with reading, or with everything. Each is let go after its limit, holds
//! no more memory than it may, and costs nobody else anything.

use std::time::Duration;

use hearken_testkit::client::{Client, Next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::people::{ASHA, BEN, come};
use super::request::{answer, closed, status, upgrade_head};
use crate::backend::Backend;
use crate::speech::{fetch, frame};
use crate::stand::Stand;
use crate::witness::Witness;

/// A message of four bytes a character takes 16 KiB: this many overflow every buffer of the system.
const MANY: usize = 1_000;

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

/// A receive socket over a line that takes little, which nobody reads.
async fn deaf(stand: &mut Stand, who: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    let stream = socket.connect(stand.server.address).await.unwrap();
    let bearer = format!("Bearer {}", stand.token(who).await);
    Client::open_over(stream, "/ws/chat/special/9999999999/", Some(&bearer)).await.unwrap().into_stream()
}

/// Ben says many long things to asha, closely watched.
async fn say_much(stand: &mut Stand, witness: &mut Witness) {
    let mut chat = stand.chat("ben", "asha").await;
    let text = "🦉".repeat(4096);
    for number in 0..MANY {
        chat.send(&frame("new_msg", &text, BEN, ASHA, &format!("2020-11-20 12:00:00.{number:06}"))).await;
        assert!(chat.text().await.contains("msg_sent"));
        if number % 100 == 0 {
            witness.talks().await;
        }
    }
}

#[tokio::test]
async fn whoever_never_reads_is_dropped_and_finds_everything_later() {
    let mut stand = Stand::planned(Backend::Memory, |plan| {
        plan.settings.limits.write_timeout = Duration::from_millis(300);
    })
    .await;
    let mut witness = come(&mut stand).await;
    let mut quick = stand.ears("asha/quick").await;
    let open = stand.sockets.open();
    let mut stuck = deaf(&mut stand, "asha").await;
    let hearing = tokio::spawn(async move {
        for number in 0..MANY {
            let heard = quick.text().await;
            assert!(heard.contains(&format!("2020-11-20 12:00:00.{number:06}")), "{heard:.200}");
        }
        quick
    });
    say_much(&mut stand, &mut witness).await;
    // Her other device hears all of it, in order, and stays; the one that never reads goes.
    let quick = hearing.await.unwrap();
    stand.sockets.until(|total| total == open).await;
    witness.talks().await;
    assert!(closed(&mut stuck).await.len() < MANY * (16 << 10), "it was all there");
    drop(quick);

    let mut ears = stand.ears("asha").await;
    ears.send(&fetch("fetch_msgs", ASHA)).await;
    let mut found = 0;
    while found < MANY {
        let list = ears.text().await;
        assert!(list.len() < 448 << 10, "a frame of {} bytes", list.len());
        for _ in list.matches(r#""command":"new_msg""#) {
            assert!(list.contains(&format!("2020-11-20T12:00:00.{found:06}Z")), "{found} is missing");
            found += 1;
        }
        assert_eq!(list.starts_with(r#"{"command":"fetch_msgs","all":"True""#), found == MANY);
    }
    assert_eq!(ears.ping(b"").await, Vec::<String>::new());
    witness.talks().await;
}

#[tokio::test]
async fn whoever_asks_and_never_reads_the_answers_is_dropped() {
    let mut stand = Stand::planned(Backend::Memory, |plan| {
        plan.settings.limits.write_timeout = Duration::from_millis(300);
    })
    .await;
    let mut witness = come(&mut stand).await;
    let open = stand.sockets.open();
    say_much(&mut stand, &mut witness).await;
    stand.sockets.until(|total| total == open).await;
    let bearer = format!("Bearer {}", stand.token("asha").await);
    let mut ears =
        Client::open(stand.server.address, "/ws/chat/special/9999999999/", Some(&bearer)).await.unwrap();
    // Each answer is 16 MiB.
    for _ in 0..50 {
        ears.send(&fetch("fetch_msgs", ASHA)).await;
    }
    stand.sockets.until(|total| total == open).await;
    witness.talks().await;
    // What was on its way is still there to be read; the rest never was.
    let mut read = 0;
    while let Next::Text(list) = ears.next().await {
        read += list.len();
    }
    assert!(read < MANY * (16 << 10), "{read} bytes");
}
