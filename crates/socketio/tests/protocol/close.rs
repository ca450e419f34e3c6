//! How connections end, what the client is told of it, and what the peer sees.

use std::sync::Arc;
use std::time::Duration;

use hearken_socketio::{Close, Closed, Outgoing, Packet, Settings, Why};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

use super::kit::{Heard, Poller, Wire, answer};
use super::stage::{Note, Theatre, settings};

const PATH: &str = "/socket.io/";

fn event() -> Outgoing {
    Outgoing::Event(Packet::event("n", "1"))
}

async fn wired(theatre: &mut Theatre) -> (Wire, UnboundedSender<Outgoing>) {
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    wire.say("40").await;
    assert!(wire.text().await.starts_with("40"));
    (wire, theatre.connected().await)
}

async fn polling(theatre: &mut Theatre) -> (Poller, UnboundedSender<Outgoing>) {
    let poller = Poller::open(theatre.at, PATH).await;
    poller.say("40").await;
    assert!(poller.hear().await[0].starts_with("40"));
    (poller, theatre.connected().await)
}

/// A peer on whose line little has room.
async fn narrow(theatre: &mut Theatre) -> (Wire, UnboundedSender<Outgoing>) {
    let mut wire = Wire::narrow(theatre.at, &format!("{PATH}?EIO=4&transport=websocket")).await;
    wire.text().await;
    wire.say("40").await;
    wire.text().await;
    (wire, theatre.connected().await)
}

/// Sends more than the line takes.
fn fill(out: &UnboundedSender<Outgoing>) {
    let big = Packet::event("n", &format!("\"{}\"", "x".repeat(60_000)));
    for _ in 0..1000 {
        out.send(Outgoing::Event(big.clone())).expect("a client");
    }
}

#[tokio::test]
async fn a_websocket_ends_for_a_reason() {
    let mut theatre = Theatre::open(settings()).await;
    let closed = |code| Heard::Closed(Some(code));
    // What the peer does, why it then ended, and how the peer is closed.
    for (act, why, heard) in [
        ("41", Why::Disconnected, closed(1000)),
        ("1", Why::ClosedByPeer, closed(1000)),
        ("close 1000", Why::ClosedByPeer, closed(1000)),
        ("close 1001", Why::Lost, closed(1001)),
        ("close 4000", Why::Lost, closed(4000)),
        ("close", Why::Lost, Heard::Closed(None)),
        ("49", Why::Refused, closed(1002)),
    ] {
        let (mut wire, out) = wired(&mut theatre).await;
        for _ in 0..5 {
            out.send(event()).expect("a client");
            wire.text().await;
        }
        match act.strip_prefix("close") {
            Some(code) => wire.close(code.trim().parse().ok()).await,
            None => wire.say(act).await,
        }
        // All five had left, and the line did not fall silent.
        assert_eq!(theatre.closed().await, Closed { why, arrived: 5 }, "{act}");
        if act == "41" {
            wire.say("1").await;
        }
        assert_eq!(wire.end().await, heard, "{act}");
        drop(wire);
        theatre.left().await;
    }
}

#[tokio::test]
async fn a_line_that_breaks_off_is_lost() {
    let mut theatre = Theatre::open(settings()).await;
    let (mut wire, out) = wired(&mut theatre).await;
    for _ in 0..5 {
        out.send(event()).expect("a client");
        wire.text().await;
    }
    drop(wire);
    assert_eq!(theatre.closed().await, Closed { why: Why::Lost, arrived: 5 });
    theatre.left().await;
}

#[tokio::test]
async fn who_says_goodbye_and_breaks_off_has_said_goodbye() {
    let mut theatre = Theatre::open(settings()).await;
    for (said, why) in [("41", Why::Disconnected), ("1", Why::ClosedByPeer)] {
        let (mut wire, out) = narrow(&mut theatre).await;
        fill(&out);
        wire.text().await;
        // What was not read turns the end into a reset.
        wire.say(said).await;
        drop(wire);
        assert_eq!(theatre.closed().await.why, why);
    }
}

#[tokio::test]
async fn a_client_that_is_over_is_closed_whatever_waits() {
    let mut theatre = Theatre::open(settings()).await;
    let (mut wire, out) = narrow(&mut theatre).await;
    fill(&out);
    // So that some of it is on its way.
    wire.text().await;
    theatre.stage.over.send_replace(Some(Close::new(4401, "signed out")));
    assert_eq!(theatre.closed().await.why, Why::Ours(Close::new(4401, "signed out")));
}

#[tokio::test]
async fn the_application_closes_a_websocket_with_a_code() {
    let mut theatre = Theatre::open(settings()).await;
    for close in [Close::RESTART, Close::TRY_AGAIN, Close::new(4401, "signed out")] {
        let (mut wire, out) = wired(&mut theatre).await;
        out.send(event()).expect("a client");
        out.send(Outgoing::Close(close)).expect("a client");
        // What was said before arrives.
        assert_eq!(wire.text().await, r#"42["n",1]"#);
        assert_eq!(wire.packet().await, Heard::Closed(Some(close.code)));
        assert_eq!(theatre.closed().await.why, Why::Ours(close));
    }
}

#[tokio::test]
async fn a_polling_connection_ends_for_a_reason() {
    let mut theatre = Theatre::open(settings()).await;
    for (said, why) in [("41", Why::Disconnected), ("1", Why::ClosedByPeer), ("49", Why::Refused)] {
        let (poller, _out) = polling(&mut theatre).await;
        poller.say(said).await;
        assert_eq!(theatre.closed().await.why, why, "{said}");
    }
    // The poll that is out is broken off.
    let (poller, _out) = polling(&mut theatre).await;
    let poll = poller.begin_poll().await;
    poller.say("3").await;
    drop(poll);
    assert_eq!(theatre.closed().await.why, Why::Lost);
    assert_eq!(poller.poll().await.status, 400);
}

#[tokio::test]
async fn the_application_closes_a_polling_connection() {
    let mut theatre = Theatre::open(settings()).await;
    // With a poll out and nothing said before: its answer is an error, and the peer's library connects again.
    let (poller, out) = polling(&mut theatre).await;
    let poll = poller.begin_poll().await;
    out.send(Outgoing::Close(Close::RESTART)).expect("a client");
    assert_eq!(answer(poll).await.expect("an answer").status, 400);
    assert_eq!(theatre.closed().await.why, Why::Ours(Close::RESTART));
    // With something said before: that comes, and the next poll is the one.
    let (poller, out) = polling(&mut theatre).await;
    out.send(event()).expect("a client");
    out.send(Outgoing::Close(Close::RESTART)).expect("a client");
    assert_eq!(poller.poll().await.said(), (200, r#"42["n",1]"#));
    assert_eq!(poller.poll().await.status, 400);
    assert_eq!(theatre.closed().await.why, Why::Ours(Close::RESTART));
    theatre.left().await;
}

#[tokio::test]
async fn connections_on_which_nobody_is_connected_are_closed_as_well() {
    let mut theatre = Theatre::open(settings()).await;
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    let poller = Poller::open(theatre.at, PATH).await;
    let poll = poller.begin_poll().await;
    theatre.stage.over.send_replace(Some(Close::RESTART));
    assert_eq!(wire.packet().await, Heard::Closed(Some(1012)));
    assert_eq!(answer(poll).await.expect("an answer").status, 400);
    theatre.left().await;
    theatre.left().await;
}

#[tokio::test]
async fn arrived_is_what_the_peer_has_confirmed() {
    let paces = Settings {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_secs(1),
        ..settings()
    };
    let mut theatre = Theatre::open(paces).await;
    let (mut wire, out) = wired(&mut theatre).await;
    for _ in 0..3 {
        out.send(event()).expect("a client");
        assert_eq!(wire.hear().await, Heard::Text(r#"42["n",1]"#.to_owned()));
    }
    assert_eq!(wire.hear().await, Heard::Text("2".to_owned()));
    // These come after the ping, so its pong says nothing of them.
    for _ in 0..4 {
        out.send(event()).expect("a client");
        assert_eq!(wire.hear().await, Heard::Text(r#"42["n",1]"#.to_owned()));
    }
    wire.say("3").await;
    assert!(matches!(theatre.note().await, Note::Arrived(3)));
    // Silent from here on.
    assert_eq!(theatre.closed().await, Closed { why: Why::PingTimeout, arrived: 3 });
    assert_eq!(wire.end().await, Heard::Gone);
}

#[tokio::test]
async fn arrived_is_what_was_polled_before_the_next_poll() {
    let mut theatre = Theatre::open(settings()).await;
    let (poller, out) = polling(&mut theatre).await;
    for _ in 0..20 {
        out.send(event()).expect("a client");
    }
    assert_eq!(poller.hear().await.len(), 16);
    assert_eq!(poller.hear().await.len(), 4);
    assert!(matches!(theatre.note().await, Note::Arrived(16)));
    // The last answer was never followed by another poll.
    poller.say("1").await;
    assert_eq!(theatre.closed().await, Closed { why: Why::ClosedByPeer, arrived: 16 });
    // But it was by the WebSocket that took over.
    let (poller, out) = polling(&mut theatre).await;
    out.send(event()).expect("a client");
    poller.hear().await;
    let mut wire = poller.upgrade(PATH).await;
    wire.say("2probe").await;
    wire.text().await;
    wire.say("5").await;
    loop {
        if let Note::Arrived(count) = theatre.note().await {
            assert_eq!(count, 1);
            break;
        }
    }
}

/// Paces for a peer that is to be given up.
fn impatient() -> Settings {
    Settings {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_secs(1),
        write_timeout: Duration::from_millis(300),
        ..settings()
    }
}

#[tokio::test]
async fn a_peer_that_reads_nothing_is_given_up() {
    // Idle, and with everything on the way full.
    for (full, whys) in [(false, &[Why::PingTimeout][..]), (true, &[Why::Stuck, Why::PingTimeout])] {
        let mut theatre = Theatre::open(impatient()).await;
        let (wire, out) = narrow(&mut theatre).await;
        if full {
            fill(&out);
        }
        let Closed { why, arrived } = theatre.closed().await;
        assert!(whys.contains(&why), "{why:?}");
        assert_eq!(arrived, 0);
        theatre.left().await;
        drop(wire);
    }
}

#[tokio::test]
async fn a_peer_that_reads_nothing_but_sends_is_given_up() {
    let mut theatre = Theatre::with(impatient(), |stage| stage.takes = 8).await;
    let (mut wire, out) = narrow(&mut theatre).await;
    let flood = tokio::spawn(async move {
        use futures_util::SinkExt as _;
        let text = format!(r#"421["x","{}"]"#, "y".repeat(50_000));
        while wire.0.send(text.as_str().into()).await.is_ok() {}
    });
    let Closed { why, .. } = theatre.closed().await;
    assert!(matches!(why, Why::Stuck | Why::PingTimeout), "{why:?}");
    theatre.left().await;
    drop(out);
    flood.await.expect("it sees the end");
}

#[tokio::test]
async fn a_slow_peer_is_not_given_up_as_long_as_it_reads() {
    let paces = Settings { write_timeout: Duration::from_secs(1), ..settings() };
    let mut theatre = Theatre::open(paces).await;
    let (mut wire, out) = narrow(&mut theatre).await;
    let big = Packet::event("n", &format!("\"{}\"", "x".repeat(60_000)));
    for _ in 0..100 {
        out.send(Outgoing::Event(big.clone())).expect("a client");
    }
    for _ in 0..100 {
        assert_eq!(wire.text().await.len(), 60_000 + 10);
    }
}

#[tokio::test]
async fn a_client_that_stops_polling_is_given_up() {
    let mut theatre = Theatre::open(impatient()).await;
    // It never comes back.
    let (_poller, _out) = polling(&mut theatre).await;
    assert_eq!(theatre.closed().await.why, Why::PingTimeout);
    // It still posts, but takes nothing.
    let (poller, _out) = polling(&mut theatre).await;
    let posts = async { while poller.post("3\x1e42[\"x\"]").await.status == 200 {} };
    let (closed, ()) = tokio::join!(theatre.closed(), posts);
    assert_eq!(closed.why, Why::PingTimeout);
    // It takes the ping, and does not answer it.
    let (poller, _out) = polling(&mut theatre).await;
    while poller.poll().await.status == 200 {}
    assert_eq!(theatre.closed().await.why, Why::PingTimeout);
}

#[tokio::test]
async fn a_client_that_polls_on_while_its_application_takes_nothing_is_not_given_up() {
    let mut theatre = Theatre::with(impatient(), |stage| stage.gate = Arc::new(Semaphore::new(0))).await;
    let poller = Poller::open(theatre.at, PATH).await;
    assert!(matches!(theatre.note().await, Note::Asked));
    poller.say("40").await;
    assert_eq!(poller.poll().await.said(), (200, "2"));
    // Its answer to the ping is not read before its CONNECT is decided.
    poller.say("3").await;
    let poll = poller.begin_poll().await;
    tokio::time::timeout(Duration::from_secs(2), theatre.note()).await.expect_err("it is not over");
    theatre.stage.gate.add_permits(1);
    assert!(answer(poll).await.expect("an answer").body.starts_with("40{"));
}

#[tokio::test]
async fn a_client_that_comes_too_late_is_told_so() {
    for by_websocket in [true, false] {
        let mut theatre = Theatre::with(settings(), |stage| stage.gate = Arc::new(Semaphore::new(0))).await;
        if by_websocket {
            let (mut wire, _) = Wire::open(theatre.at, PATH).await;
            wire.say("40").await;
            theatre.stage.gate.add_permits(1);
            theatre.connected().await;
            drop(wire);
        } else {
            let poller = Poller::open(theatre.at, PATH).await;
            poller.say("40").await;
            let poll = poller.begin_poll().await;
            // So that the poll has been seen.
            poller.say("3").await;
            drop(poll);
            while poller.post("3").await.status == 200 {}
            theatre.stage.gate.add_permits(1);
        }
        assert_eq!(theatre.closed().await.why, Why::Lost);
        theatre.left().await;
    }
}
