//! Peers that do what they must not: each loses its own connection, and nothing else happens.

use std::time::Duration;

use hearken_socketio::{Settings, Why};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};

use super::kit::{Heard, Poller, Wire, answer, request};
use super::stage::{Note, Theatre, settings};

const PATH: &str = "/socket.io/";
const PLACE: &str = r#"{"_placeholder":true,"num":0}"#;

async fn connected(theatre: &mut Theatre) -> Wire {
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    wire.say("40").await;
    assert!(wire.text().await.starts_with("40"));
    theatre.connected().await;
    wire
}

/// What a connected peer must not send.
const WRONG: &[&str] = &[
    // Engine.IO
    "",
    "0",
    "2",
    "2probe",
    "7",
    "x",
    "é",
    "b",
    "bAQID",
    "\u{0}",
    // Socket.IO
    "4",
    "4x",
    "47",
    "49",
    "4é",
    "4-1",
    // CONNECT: twice, with something else than an object, broken
    "40",
    "40[]",
    "40\"x\"",
    "40null",
    "401",
    "40/a,[1]",
    "40/a,{",
    "40/a,{\"x\":}",
    "40/a,{} ,",
    // DISCONNECT, CONNECT_ERROR
    "41{}",
    "41/a,x",
    "41/nobody",
    "44",
    "44{\"message\":\"x\"}",
    // EVENT
    "42",
    "42{}",
    "42[]",
    "42[",
    "42[1",
    "42[null]",
    "42[{}]",
    "42[[]]",
    "42[true]",
    "42[\"a\"",
    "42[\"a\"]x",
    "42[\"a\",]",
    "42\"a\"",
    "42/a",
    "42/a,[\"x\"]",
    "42a[\"x\"]",
    "42-1[\"x\"]",
    "421.5[\"x\"]",
    "4218446744073709551616[\"x\"]",
    "42[\"\\ud800\"]",
    "42[\"a\",\"\u{1}\"]",
    "42['a']",
    "42[\"a\",NaN]",
    "42[\"a\" \"b\"]",
    // ACK
    "43",
    "43[]",
    "43[1]",
    "431",
    "431{}",
    "43/a,1[]",
    // BINARY_EVENT, BINARY_ACK
    "45",
    "45[\"a\"]",
    "45-[\"a\"]",
    "45x-[\"a\"]",
    "45+1-[\"a\"]",
    "451",
    "451-",
    "451-{}",
    "4599999999999999999999-[\"a\"]",
    "46",
    "461-[]",
    "4617-1[]",
    "4517-[\"a\"]",
];

#[tokio::test]
async fn malformed_packets_close() {
    let mut theatre = Theatre::open(settings()).await;
    let deep = format!("42{}", "[".repeat(60_000));
    for wrong in WRONG.iter().copied().chain([deep.as_str()]) {
        let mut wire = connected(&mut theatre).await;
        wire.say(wrong).await;
        let end = wire.end().await;
        assert!(matches!(end, Heard::Closed(Some(1002 | 1009))), "{wrong:?}: {end:?}");
        assert_eq!(theatre.closed().await.why, Why::Refused, "{wrong:?}");
    }
}

#[tokio::test]
async fn what_looks_odd_but_is_no_fault_does_not_close() {
    let mut theatre = Theatre::open(settings()).await;
    let mut wire = connected(&mut theatre).await;
    let deep = format!(r#"4277["deep",{}{}]"#, "[".repeat(30_000), "]".repeat(30_000));
    let many = format!(r#"4278["many"{}]"#, ",0".repeat(30_000));
    for (odd, acked) in [
        ("3", ""),
        ("6", ""),
        ("5", ""),
        ("42[7]", ""),
        (r#"421["" ]"#, "431[]"),
        (r#"422[ "a" , 1 ]"#, "432[1]"),
        (r#"42/,3["main",3]"#, "433[3]"),
        ("4318446744073709551615[]", ""),
        (r#"4218446744073709551615["x"]"#, "4318446744073709551615[]"),
        (r#"450-4["none"]"#, "434[]"),
        (r#"425["connect","disconnect"]"#, r#"435["disconnect"]"#),
        (&deep, &format!("4377[{}{}]", "[".repeat(30_000), "]".repeat(30_000))),
        (&many, &format!("4378[0{}]", ",0".repeat(29_999))),
    ] {
        wire.say(odd).await;
        if !acked.is_empty() {
            assert_eq!(wire.text().await, acked);
        }
    }
}

#[tokio::test]
async fn malformed_posts_close() {
    let mut theatre = Theatre::open(settings()).await;
    let checks: [(&[u8], u16); 16] = [
        (b"", 400),
        (b"x", 400),
        (b"2", 400),
        (b"0{}", 400),
        (b"4\x1e", 400),
        (b"\x1e4", 400),
        (b"40\x1e\x1e41", 400),
        (b"b%%%", 400),
        (b"bA", 400),
        (b"bAQID\x1ebAQ\xff", 400),
        (b"4\xff\xfe", 400),
        (b"4\xed\xa0\x80", 400),
        // These are packets as far as Engine.IO goes: the answer is given before they are handed over.
        (b"49", 200),
        (b"bAQID", 200),
        (b"42[\"before CONNECT\"]", 200),
        (b"41", 200),
    ];
    for (body, status) in checks {
        let poller = Poller::open(theatre.at, PATH).await;
        let answer = poller.post(body).await;
        assert_eq!(answer.status, status, "{body:?}");
        theatre.left().await;
        assert_eq!(poller.poll().await.status, 400, "{body:?}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_close() {
    let mut theatre = Theatre::open(settings()).await;
    for bytes in [&b"4\xff"[..], b"4\xed\xa0\x80", b"\xc0\x80"] {
        let mut wire = connected(&mut theatre).await;
        let frame = Frame::message(bytes.to_vec(), OpCode::Data(Data::Text), true);
        futures_util::SinkExt::send(&mut wire.0, Message::Frame(frame)).await.expect("sent");
        assert_eq!(wire.end().await, Heard::Closed(Some(1007)));
        assert_eq!(theatre.closed().await.why, Why::Refused);
    }
}

#[tokio::test]
async fn bytes_that_are_no_websocket_close() {
    let mut theatre = Theatre::open(settings()).await;
    let mut wire = connected(&mut theatre).await;
    wire.0.get_mut().write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("sent");
    assert!(matches!(wire.end().await, Heard::Closed(Some(1002))));
    assert_eq!(theatre.closed().await.why, Why::Refused);
    // A frame that says it has more than anybody may send.
    let mut wire = connected(&mut theatre).await;
    let mut header = Vec::new();
    FrameHeader { opcode: OpCode::Data(Data::Text), mask: Some([0; 4]), ..FrameHeader::default() }
        .format(u64::MAX >> 1, &mut header)
        .expect("a header");
    wire.0.get_mut().write_all(&header).await.expect("sent");
    assert_eq!(wire.end().await, Heard::Closed(Some(1009)));
    assert_eq!(theatre.closed().await.why, Why::Refused);
}

fn small() -> Settings {
    Settings {
        largest_packet: 1000,
        largest_post: 5000,
        most_attachments: 3,
        most_namespaces: 3,
        ..settings()
    }
}

#[tokio::test]
async fn what_is_too_large_closes() {
    let mut theatre = Theatre::open(small()).await;
    let fits = |length: usize| format!(r#"42["x","{}"]"#, "y".repeat(length - 10));
    for (length, whole) in [(1000, true), (1001, false), (100_000, false), (3_000_000, false)] {
        let text = fits(length);
        assert_eq!(text.len(), length);
        let mut wire = connected(&mut theatre).await;
        // It may be closed before all is sent.
        futures_util::SinkExt::send(&mut wire.0, text.as_str().into()).await.ok();
        if whole {
            assert!(matches!(theatre.note().await, Note::Event(..)));
            continue;
        }
        assert_eq!(theatre.closed().await.why, Why::Refused, "{length}");
        assert_eq!(wire.end().await, Heard::Closed(Some(1009)), "{length}");
    }
    for (body, status) in [
        (fits(1000), 200),
        (fits(1001), 413),
        ([fits(1000), fits(1000), fits(1000), fits(1000), fits(990)].join("\x1e"), 200),
        ([fits(1000), fits(1000), fits(1000), fits(1000), fits(1000)].join("\x1e"), 413),
        ("4".repeat(1_000_000), 413),
    ] {
        let poller = Poller::open(theatre.at, PATH).await;
        let body = if status == 200 { body.replacen(&fits(1000), "40", 1) } else { body };
        assert_eq!(poller.post(&body).await.status, status, "{}", body.len());
        let poll = if status == 200 { 200 } else { 400 };
        assert_eq!(poller.poll().await.status, poll);
    }
}

#[tokio::test]
async fn attachments_are_bounded() {
    let mut theatre = Theatre::open(small()).await;
    // Too many, by what the packet says.
    let mut wire = connected(&mut theatre).await;
    wire.say(&format!(r#"454-["x",{PLACE}]"#)).await;
    assert_eq!(wire.end().await, Heard::Closed(Some(1009)));
    // One that is too large, and more together than a POST could hold.
    let mut wire = connected(&mut theatre).await;
    wire.say(&format!(r#"451-["x",{PLACE}]"#)).await;
    wire.say_bytes(&[0; 1001]).await;
    assert_eq!(wire.end().await, Heard::Closed(Some(1009)));
    let mut theatre = Theatre::open(Settings { largest_post: 2000, ..small() }).await;
    let mut wire = connected(&mut theatre).await;
    wire.say(&format!(r#"453-["x",{PLACE}]"#)).await;
    for _ in 0..2 {
        wire.say_bytes(&[0; 1000]).await;
    }
    assert_eq!(wire.end().await, Heard::Closed(Some(1009)));
    // One that nobody announced, and a text where one is announced.
    let mut wire = connected(&mut theatre).await;
    wire.say_bytes(&[1]).await;
    assert_eq!(wire.end().await, Heard::Closed(Some(1002)));
    let mut wire = connected(&mut theatre).await;
    wire.say(&format!(r#"451-["x",{PLACE}]"#)).await;
    wire.say(r#"42["y"]"#).await;
    assert_eq!(wire.end().await, Heard::Closed(Some(1002)));
}

#[tokio::test]
async fn attachments_that_never_come_hold_up_nobody_else() {
    let paces = Settings { ping_interval: Duration::from_millis(100), ..settings() };
    let mut theatre = Theatre::open(paces).await;
    let mut wire = connected(&mut theatre).await;
    wire.say(&format!(r#"452-["x",{PLACE}]"#)).await;
    wire.say_bytes(&[1]).await;
    // The heart beats on.
    for _ in 0..3 {
        assert_eq!(wire.hear().await, Heard::Text("2".to_owned()));
        wire.say("3").await;
    }
    let mut other = connected(&mut theatre).await;
    other.say(r#"421["y"]"#).await;
    assert_eq!(other.text().await, "431[]");
    // And when they come at last, they are taken.
    wire.say_bytes(&[2]).await;
    loop {
        if let Note::Event(_, event) = theatre.note().await
            && event.name == "x"
        {
            assert_eq!(event.attachments, [&[1][..], &[2]]);
            break;
        }
    }
}

#[tokio::test]
async fn namespaces_are_bounded() {
    let mut theatre = Theatre::open(small()).await;
    let mut wire = connected(&mut theatre).await;
    for namespace in ["/a", "/b"] {
        wire.say(&format!("40{namespace}")).await;
        assert!(wire.text().await.starts_with("40"));
    }
    wire.say("40/c").await;
    assert_eq!(wire.end().await, Heard::Closed(Some(1002)));
    // Those that were refused count too, each once.
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    for namespace in ["/a", "/a", "/a", "/b", "/b", "/c"] {
        wire.say(&format!(r#"40{namespace},{{"refuse":1}}"#)).await;
        assert!(wire.text().await.starts_with("44"));
    }
    wire.say("40/d").await;
    assert_eq!(wire.end().await, Heard::Closed(Some(1002)));
}

#[tokio::test]
async fn who_does_not_connect_in_time_is_closed() {
    let mut theatre = Theatre::with(settings(), |stage| stage.patience = Duration::from_millis(200)).await;
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    assert_eq!(wire.packet().await, Heard::Closed(Some(1008)));
    drop(wire);
    theatre.left().await;
    // Nobody polls, somebody polls, and somebody who was refused.
    let _silent = Poller::open(theatre.at, PATH).await;
    theatre.left().await;
    let poller = Poller::open(theatre.at, PATH).await;
    assert_eq!(poller.poll().await.status, 400);
    theatre.left().await;
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    wire.say(r#"40{"refuse":1}"#).await;
    assert!(wire.text().await.starts_with("44"));
    assert_eq!(wire.packet().await, Heard::Closed(Some(1008)));
    // Who is connected in time stays, also when he has left again.
    let mut wire = connected(&mut theatre).await;
    wire.say("41").await;
    tokio::time::timeout(Duration::from_millis(400), wire.hear()).await.expect_err("it stays");
}

#[tokio::test]
async fn posts_that_overlap_close() {
    let mut theatre = Theatre::open(settings()).await;
    let poller = Poller::open(theatre.at, PATH).await;
    let mut slow = tokio::net::TcpStream::connect(theatre.at).await.expect("a connection");
    let head = format!("POST {} HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n4", poller.target);
    slow.write_all(head.as_bytes()).await.expect("sent");
    // The first may not have been seen yet; then the second is served, and the next one is the one.
    while poller.post("3").await.status == 200 {}
    theatre.left().await;
    assert!(
        String::from_utf8_lossy(&answer(slow).await.expect("an answer").body.into_bytes())
            .contains("unknown")
    );
}

#[tokio::test]
async fn a_dead_id_is_good_for_nothing() {
    let mut theatre = Theatre::open(settings()).await;
    let poller = Poller::open(theatre.at, PATH).await;
    let poll = poller.begin_poll().await;
    poller.say("1").await;
    answer(poll).await;
    theatre.left().await;
    for method in ["GET", "POST"] {
        let said = request(theatre.at, method, &poller.target, "", b"40").await;
        assert_eq!(said.said(), (400, r#"{"code":1,"message":"Session ID unknown"}"#));
    }
}

#[tokio::test]
async fn a_post_that_breaks_off_is_a_lost_line() {
    let mut theatre = Theatre::open(settings()).await;
    let poller = Poller::open(theatre.at, PATH).await;
    poller.say("40").await;
    poller.hear().await;
    theatre.connected().await;
    let mut broken = tokio::net::TcpStream::connect(theatre.at).await.expect("a connection");
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n42[\"half\"]\x1e",
        poller.target
    );
    broken.write_all(head.as_bytes()).await.expect("sent");
    drop(broken);
    let Note::Closed(closed) = theatre.note().await else { panic!("nothing of it is handed over") };
    assert_eq!(closed.why, Why::Lost);
}
