//! The 24 cases of the Engine.IO protocol's own test suite, restated; those that say nothing of messages are the first 16 of
//! Socket.IO's suite as well, and run on both servers.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::echo;
use super::kit::{Heard, Poller, Wire, answer, request, serve};

/// Longer than in the suites, which leave a busy machine no time.
const TIMEOUT: Duration = Duration::from_millis(1500);
const ENGINE: &str = "/engine.io/";
const BOTH: [&str; 2] = [ENGINE, "/socket.io/"];

async fn server() -> SocketAddr {
    serve(echo::router(TIMEOUT)).await
}

/// Compares an open packet with what it has to hold.
fn check_opening(opening: &Value, upgrades: &[&str]) {
    let sid = opening["sid"].as_str().expect("an id");
    assert!(sid.len() >= 20, "{sid:?}");
    let expect = json!({
        "sid": sid, "upgrades": upgrades, "pingInterval": 300, "pingTimeout": 1500, "maxPayload": 1_000_000,
    });
    assert_eq!(opening, &expect);
}

#[tokio::test]
async fn a_connection_opens_by_polling_and_by_websocket() {
    let at = server().await;
    for path in BOTH {
        check_opening(&Poller::open(at, path).await.opening, &["websocket"]);
        check_opening(&Wire::open(at, path).await.1, &[]);
    }
}

#[tokio::test]
async fn a_bad_handshake_is_refused() {
    let at = server().await;
    for path in BOTH {
        for (method, query) in [
            ("GET", "transport=polling"),
            ("GET", "EIO=abc&transport=polling"),
            ("GET", "EIO=4"),
            ("GET", "EIO=4&transport=abc"),
            ("POST", "EIO=4&transport=polling"),
            ("PUT", "EIO=4&transport=polling"),
        ] {
            let answer = request(at, method, &format!("{path}?{query}"), "", b"").await;
            assert_eq!(answer.status, 400, "{method} {path} {query}");
        }
        for query in ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"] {
            let stream = tokio::net::TcpStream::connect(at).await.expect("a connection");
            assert!(Wire::over(stream, &format!("{path}?{query}")).await.is_err(), "{path} {query}");
        }
    }
}

#[tokio::test]
async fn messages_go_both_ways_by_polling() {
    let at = server().await;
    for payload in ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA=="] {
        let poller = Poller::open(at, ENGINE).await;
        poller.say(payload).await;
        assert_eq!(poller.poll().await.said(), (200, payload));
    }
}

#[tokio::test]
async fn messages_go_both_ways_by_websocket() {
    let (mut wire, _) = Wire::open(server().await, ENGINE).await;
    wire.say("4hello").await;
    assert_eq!(wire.packet().await, Heard::Text("4hello".to_owned()));
    wire.say_bytes(&[1, 2, 3, 4]).await;
    assert_eq!(wire.packet().await, Heard::Binary(vec![1, 2, 3, 4]));
}

#[tokio::test]
async fn what_is_no_packet_closes() {
    let at = server().await;
    let poller = Poller::open(at, ENGINE).await;
    assert_eq!(poller.post("abc").await.status, 400);
    assert_eq!(poller.poll().await.status, 400);
    let (mut wire, _) = Wire::open(at, ENGINE).await;
    wire.say("abc").await;
    assert_eq!(wire.end().await, Heard::Closed(Some(1002)));
}

#[tokio::test]
async fn two_polls_at_once_close() {
    let poller = Poller::open(server().await, ENGINE).await;
    let first = poller.begin_poll().await;
    let second = poller.begin_poll().await;
    let mut said = [answer(first).await, answer(second).await].map(|said| said.expect("an answer"));
    // Which of the two came first is the network's to say.
    said.sort_by_key(|said| said.status);
    assert_eq!(said[0].said(), (200, "1"));
    assert_eq!(said[1].status, 400);
    assert_eq!(poller.poll().await.status, 400);
}

#[tokio::test]
async fn the_heart_beats() {
    let at = server().await;
    for path in BOTH {
        let poller = Poller::open(at, path).await;
        let (mut wire, _) = Wire::open(at, path).await;
        for _ in 0..3 {
            assert_eq!(poller.poll().await.said(), (200, "2"));
            poller.say("3").await;
            assert_eq!(wire.hear().await, Heard::Text("2".to_owned()));
            wire.say("3").await;
        }
    }
}

#[tokio::test]
async fn who_does_not_answer_pings_is_gone() {
    let at = server().await;
    for path in BOTH {
        let poller = Poller::open(at, path).await;
        let (mut wire, _) = Wire::open(at, path).await;
        let end = wire.end().await;
        // On the other server nobody connects in time, either.
        assert!(end == Heard::Gone || path != ENGINE && end == Heard::Closed(Some(1008)), "{end:?}");
        // It was opened before the other.
        assert_eq!(poller.poll().await.status, 400);
    }
}

#[tokio::test]
async fn the_peer_closes() {
    let at = server().await;
    for path in BOTH {
        let poller = Poller::open(at, path).await;
        let poll = poller.begin_poll().await;
        poller.say("1").await;
        assert_eq!(answer(poll).await.expect("an answer").said(), (200, "6"));
        assert_eq!(poller.poll().await.status, 400);
        let (mut wire, _) = Wire::open(at, path).await;
        wire.say("1").await;
        assert_eq!(wire.end().await, Heard::Closed(Some(1000)));
    }
}

#[tokio::test]
async fn a_poll_that_its_close_overtakes_is_answered() {
    let poller = Poller::open(server().await, ENGINE).await;
    poller.say("1").await;
    assert_eq!(poller.poll().await.said(), (200, "6"));
    assert_eq!(poller.poll().await.status, 400);
}

#[tokio::test]
async fn polling_gives_way_to_a_websocket() {
    let at = server().await;
    let poller = Poller::open(at, ENGINE).await;
    let mut wire = poller.upgrade(ENGINE).await;
    wire.say("2probe").await;
    assert_eq!(wire.text().await, "3probe");
    assert_eq!(poller.poll().await.said(), (200, "6"));
    wire.say("5").await;
    wire.say("4hello").await;
    assert_eq!(wire.text().await, "4hello");
}

#[tokio::test]
async fn after_it_has_given_way_the_id_is_good_for_nothing() {
    let at = server().await;
    for path in BOTH {
        let poller = Poller::open(at, path).await;
        let mut wire = poller.upgrade(path).await;
        wire.say("2probe").await;
        wire.say("5").await;
        assert_eq!(poller.poll().await.status, 400);
        assert_eq!(wire.text().await, "3probe");
        let mut second = poller.upgrade(path).await;
        assert_eq!(second.end().await, Heard::Closed(Some(1002)));
        // The first lives on.
        tokio::time::timeout(Duration::from_secs(5), wire.hear()).await.expect("a ping");
        if path == ENGINE {
            wire.say("3").await;
            wire.say("4hello").await;
            assert_eq!(wire.text().await, "4hello");
        }
    }
}
