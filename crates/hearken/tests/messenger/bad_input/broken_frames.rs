//! What breaks WebSocket's own rules (RFC 6455): the socket is closed with the code that says why, and its client sees
//! that code whatever it is still sending. No other socket notices.

use hearken_testkit::client::{Client, Kind, Next};

use super::people::{ASHA, AT, BEN, two};
use crate::speech::{frame, msg_sent};

const LIMIT: usize = 64 << 10;

fn good() -> String {
    frame("new_msg", "ünï 🦉", ASHA, BEN, AT)
}

/// A good message in a frame of that many bytes.
fn padded(size: usize) -> String {
    let with = |pad: &str| good().replacen('{', &format!(r#"{{"pad":"{pad}","#), 1);
    with(&"x".repeat(size - with("").len()))
}

/// A frame's bytes: its first byte as given, its payload masked or not.
fn bytes(first: u8, masked: bool, payload: &[u8]) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut bytes = vec![first];
    if payload.len() < 0x7e {
        bytes.push(mask | payload.len() as u8);
    } else {
        bytes.push(mask | 0x7e);
        bytes.extend((payload.len() as u16).to_be_bytes());
    }
    if masked {
        let key = [1, 2, 3, 4];
        bytes.extend(key);
        bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        bytes.extend(payload);
    }
    bytes
}

async fn expect_sent(client: &mut Client) {
    let got = client.text().await;
    assert!(got.starts_with(&msg_sent(ASHA, BEN, AT)), "{got}");
}

#[tokio::test]
async fn frames_that_are_not_text_are_refused_and_no_more() {
    let (mut stand, mut witness) = two().await;
    let mut chat = stand.chat("asha", "ben").await;
    for payload in [&b""[..], b"\0\x01\xff", good().as_bytes()] {
        chat.send_frame(Kind::Binary, payload, true).await;
        let error = chat.text().await;
        assert!(error.contains(r#""command":"error","type":"parse","msg_from":"9999999999""#), "{error}");
        witness.talks().await;
    }
    chat.send(&good()).await;
    expect_sent(&mut chat).await;
}

#[tokio::test]
async fn a_frame_may_have_64_kib_and_not_a_byte_more() {
    let (mut stand, mut witness) = two().await;
    let mut chat = stand.chat("asha", "ben").await;
    chat.send(&padded(LIMIT)).await;
    expect_sent(&mut chat).await;
    for size in [LIMIT + 1, LIMIT * 2, 1 << 20, 3 << 20] {
        let mut chat = stand.chat("asha", "ben").await;
        chat.send(&padded(size)).await;
        assert_eq!(chat.next().await, Next::Closed(1009), "{size}");
        witness.talks().await;
    }
    // A length that no machine could hold.
    let mut chat = stand.chat("asha", "ben").await;
    chat.send_bytes(&[0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]).await;
    assert_eq!(chat.next().await, Next::Closed(1009));
    witness.talks().await;
}

#[tokio::test]
async fn a_message_may_come_in_pieces() {
    let (mut stand, mut witness) = two().await;
    let mut chat = stand.chat("asha", "ben").await;
    let whole = good();
    // Cut in the middle of characters too, with a ping between.
    for size in [1, 3, 50] {
        let pieces: Vec<_> = whole.as_bytes().chunks(size).collect();
        for (at, piece) in pieces.iter().enumerate() {
            let kind = if at == 0 { Kind::Text } else { Kind::Continuation };
            chat.send_frame(kind, piece, at + 1 == pieces.len()).await;
            if at == 1 {
                assert_eq!(chat.ping(b"between").await, Vec::<String>::new());
            }
        }
        expect_sent(&mut chat).await;
    }
    // Pieces of nothing, as many as one likes.
    chat.send_frame(Kind::Text, b"", false).await;
    for _ in 0..2_000 {
        chat.send_frame(Kind::Continuation, b"", false).await;
    }
    chat.send_frame(Kind::Continuation, whole.as_bytes(), true).await;
    expect_sent(&mut chat).await;
    witness.talks().await;

    // Together they may be no larger than a frame.
    let large = padded(LIMIT + 1);
    let (front, back) = large.as_bytes().split_at(LIMIT / 2);
    chat.send_frame(Kind::Text, front, false).await;
    chat.send_frame(Kind::Continuation, back, true).await;
    assert_eq!(chat.next().await, Next::Closed(1009));
    witness.talks().await;
}

#[tokio::test]
async fn text_is_utf_8() {
    let (mut stand, mut witness) = two().await;
    for payload in [&b"\xff"[..], b"{\"message\":\"\xc3\x28\"}", b"ok \xed\xa0\x80", b"cut \xf0\x9f\xa6"] {
        let mut chat = stand.chat("asha", "ben").await;
        chat.send_frame(Kind::Text, payload, true).await;
        assert_eq!(chat.next().await, Next::Closed(1007), "{payload:?}");
        let mut chat = stand.chat("asha", "ben").await;
        chat.send_frame(Kind::Text, b"in pieces ", false).await;
        chat.send_frame(Kind::Continuation, payload, true).await;
        assert_eq!(chat.next().await, Next::Closed(1007), "{payload:?}");
        witness.talks().await;
    }
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_told_so() {
    let (mut stand, mut witness) = two().await;
    let text = good().into_bytes();
    let broken = [
        ("not masked", bytes(0x81, false, &text)),
        ("a reserved bit", bytes(0xc1, true, &text)),
        ("a reserved kind", bytes(0x83, true, &text)),
        ("a reserved kind of control", bytes(0x8b, true, b"")),
        ("more of nothing", bytes(0x80, true, &text)),
        ("a message within a message", [bytes(0x01, true, b"a"), bytes(0x81, true, &text)].concat()),
        ("a ping too long", bytes(0x89, true, &[b'x'; 126])),
        ("a ping in pieces", bytes(0x09, true, b"x")),
        ("a goodbye of one byte", bytes(0x88, true, b"x")),
        ("noise", [0x7e; 300].to_vec()),
    ];
    for (what, bytes) in broken {
        let mut chat = stand.chat("asha", "ben").await;
        chat.send_bytes(&bytes).await;
        assert_eq!(chat.next().await, Next::Closed(1002), "{what}");
        witness.talks().await;
    }
}

#[tokio::test]
async fn a_ping_is_answered_and_a_goodbye_too() {
    let (mut stand, mut witness) = two().await;
    let mut chat = stand.chat("asha", "ben").await;
    for payload in [&b""[..], b"x", &[7; 125]] {
        assert_eq!(chat.ping(payload).await, Vec::<String>::new());
    }
    // Many at once, whose answers nobody reads: some are answered, none is held against anybody.
    let flood = bytes(0x89, true, &[b'x'; 125]).repeat(20_000);
    chat.send_bytes(&flood).await;
    assert_eq!(chat.ping(b"the last").await, Vec::<String>::new());
    // A pong that nobody asked for is nothing.
    chat.send_bytes(&bytes(0x8a, true, b"unasked")).await;
    chat.send(&good()).await;
    expect_sent(&mut chat).await;
    assert_eq!(chat.close().await, Vec::<String>::new());
    for goodbye in [&b""[..], b"\x03\xe8", b"\x03\xe8bye"] {
        let mut chat = stand.chat("asha", "ben").await;
        chat.send_bytes(&bytes(0x88, true, goodbye)).await;
        assert!(matches!(chat.next().await, Next::Closed(1000 | 1005)), "{goodbye:?}");
        chat.ended().await;
        witness.talks().await;
    }
}

#[tokio::test]
async fn a_line_that_breaks_off_is_noticed() {
    let (mut stand, mut witness) = two().await;
    let open = stand.sockets.open();
    let half = bytes(0x81, true, b"half of it");
    for begun in [&b""[..], b"\x81", &half[..9]] {
        let mut chat = stand.chat("asha", "ben").await;
        chat.send_bytes(begun).await;
        drop(chat.into_stream());
        stand.sockets.until(|total| total == open).await;
        witness.talks().await;
    }
}
