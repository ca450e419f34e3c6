//! One client's events in the order it sent them, nothing lost, whichever way they come; the same for what goes out.

use std::sync::Arc;

use hearken_socketio::{Outgoing, Packet};
use tokio::sync::Semaphore;

use super::kit::{Heard, Poller, Wire};
use super::stage::{Note, Theatre, settings};

const PATH: &str = "/socket.io/";
const BURST: usize = 300;

/// Events with acks, numbered.
fn burst(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|id| format!(r#"42{id}["count",{id}]"#)).collect()
}

fn acks(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|id| format!("43{id}[{id}]")).collect()
}

/// Polls until so many packets have come.
async fn collect(poller: &Poller, count: usize) -> Vec<String> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let packets = poller.hear().await;
        assert!(packets.len() <= 16, "python-engineio reads no more");
        heard.extend(packets);
    }
    heard
}

/// That the application saw the events in order.
fn check_events(theatre: &mut Theatre, count: usize) {
    let seen: Vec<String> = theatre
        .noted()
        .into_iter()
        .filter_map(|note| match note {
            Note::Event(_, event) => Some(event.args[0].get().to_owned()),
            _ => None,
        })
        .collect();
    let expect: Vec<String> = (0..count).map(|id| id.to_string()).collect();
    assert_eq!(seen, expect);
}

#[tokio::test]
async fn a_burst_by_websocket_is_acked_in_order() {
    let mut theatre = Theatre::with(settings(), |stage| stage.takes = 8).await;
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    wire.say("40").await;
    // Without waiting for the answer.
    for event in burst(0..BURST) {
        wire.say(&event).await;
    }
    assert!(wire.text().await.starts_with("40{"));
    for ack in acks(0..BURST) {
        assert_eq!(wire.text().await, ack);
    }
    check_events(&mut theatre, BURST);
}

#[tokio::test]
async fn a_burst_in_one_post_is_acked_in_order_even_to_who_polls_only_then() {
    let mut theatre = Theatre::with(settings(), |stage| stage.takes = 8).await;
    let poller = Poller::open(theatre.at, PATH).await;
    poller.say(format!("40\x1e{}", burst(0..BURST).join("\x1e"))).await;
    let heard = collect(&poller, BURST + 1).await;
    assert!(heard[0].starts_with("40{"));
    assert_eq!(heard[1..], acks(0..BURST));
    check_events(&mut theatre, BURST);
}

#[tokio::test]
async fn a_burst_in_many_posts_is_acked_in_order() {
    let mut theatre = Theatre::with(settings(), |stage| stage.takes = 8).await;
    let poller = Poller::open(theatre.at, PATH).await;
    poller.say("40").await;
    poller.hear().await;
    let posts = async {
        for event in burst(0..BURST) {
            poller.say(event).await;
        }
    };
    let ((), heard) = tokio::join!(posts, collect(&poller, BURST));
    assert_eq!(heard, acks(0..BURST));
    check_events(&mut theatre, BURST);
}

#[tokio::test]
async fn ten_thousand_packets_in_one_post_are_handed_over_as_the_client_takes_them() {
    let mut theatre = Theatre::with(settings(), |stage| stage.takes = 8).await;
    let poller = Poller::open(theatre.at, PATH).await;
    poller.say(format!("40\x1e{}", burst(0..10_000).join("\x1e"))).await;
    assert_eq!(collect(&poller, 10_001).await[1..], acks(0..10_000));
    check_events(&mut theatre, 10_000);
}

#[tokio::test]
async fn a_burst_across_the_upgrade_is_acked_in_order() {
    let mut theatre = Theatre::with(settings(), |stage| stage.takes = 8).await;
    let poller = Poller::open(theatre.at, PATH).await;
    poller.say("40").await;
    poller.hear().await;
    poller.say(burst(0..100).join("\x1e")).await;
    let mut wire = poller.upgrade(PATH).await;
    wire.say("2probe").await;
    assert_eq!(wire.text().await, "3probe");
    // A POST waits for its turn, so a poll has to go on meanwhile.
    let post = burst(100..200).join("\x1e");
    let posted = std::sync::atomic::AtomicBool::new(false);
    let post = async {
        poller.say(post).await;
        posted.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let polls = async {
        let mut heard = Vec::new();
        while !posted.load(std::sync::atomic::Ordering::Relaxed) {
            heard.extend(poller.hear().await);
        }
        heard
    };
    // What it polls for before it goes over, it has; the rest comes by WebSocket.
    let ((), heard) = tokio::join!(post, polls);
    wire.say("5").await;
    for event in burst(200..BURST) {
        wire.say(&event).await;
    }
    let mut all = heard;
    while all.len() < BURST {
        all.push(wire.text().await);
    }
    assert_eq!(all, acks(0..BURST));
    check_events(&mut theatre, BURST);
}

#[tokio::test]
async fn what_is_sent_right_after_connect_waits_for_it() {
    for by_websocket in [true, false] {
        let mut theatre = Theatre::with(settings(), |stage| stage.gate = Arc::new(Semaphore::new(0))).await;
        let packets = format!("40\x1e{}", burst(0..50).join("\x1e"));
        let gate = Arc::clone(&theatre.stage.gate);
        let greet = async |theatre: &mut Theatre| {
            assert!(matches!(theatre.note().await, Note::Asked));
            assert!(theatre.noted().is_empty(), "nothing is handed over before it is connected");
            gate.add_permits(1);
        };
        let mut heard = Vec::new();
        if by_websocket {
            let (mut wire, _) = Wire::open(theatre.at, PATH).await;
            for packet in packets.split('\x1e') {
                wire.say(packet).await;
            }
            greet(&mut theatre).await;
            for _ in 0..51 {
                heard.push(wire.text().await);
            }
        } else {
            let poller = Poller::open(theatre.at, PATH).await;
            poller.say(packets).await;
            greet(&mut theatre).await;
            heard = collect(&poller, 51).await;
        }
        assert!(heard[0].starts_with("40{"), "{heard:?}");
        assert_eq!(heard[1..], acks(0..50));
    }
}

#[tokio::test]
async fn what_goes_out_keeps_its_order_whatever_is_attached() {
    let mut theatre = Theatre::open(settings()).await;
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    wire.say("40").await;
    let out = theatre.connected().await;
    let place = r#"{"_placeholder":true,"num":0}"#;
    for number in 0..100_u8 {
        let packet = Packet::binary("b", place, vec![vec![number].into()]);
        out.send(Outgoing::Event(packet)).expect("a client");
        out.send(Outgoing::Event(Packet::event("t", &number.to_string()))).expect("a client");
    }
    assert!(wire.text().await.starts_with("40{"));
    for number in 0..100_u8 {
        assert_eq!(wire.text().await, format!(r#"451-["b",{place}]"#));
        assert_eq!(wire.packet().await, Heard::Binary(vec![number]));
        assert_eq!(wire.text().await, format!(r#"42["t",{number}]"#));
    }
}

#[tokio::test]
async fn arguments_are_handed_over_as_they_were_written() {
    let mut theatre = Theatre::open(settings()).await;
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    wire.say("40").await;
    wire.say(r#"427["e\u0301\n",{"b":1.50,"a": -0,"10":1e400},"\ud83d\ude00",12345678901234567890123,null]"#)
        .await;
    theatre.connected().await;
    let Note::Event(namespace, event) = theatre.note().await else { panic!("no event") };
    let args: Vec<&str> = event.args.iter().map(|arg| arg.get()).collect();
    let expect = [r#"{"b":1.50,"a": -0,"10":1e400}"#, r#""\ud83d\ude00""#, "12345678901234567890123", "null"];
    assert_eq!((namespace.as_str(), event.name.as_str(), event.ack), ("/", "e\u{301}\n", Some(7)));
    assert_eq!(args, expect);
}

#[tokio::test]
async fn namespaces_share_a_connection_and_keep_apart() {
    let mut theatre = Theatre::open(settings()).await;
    let (mut wire, _) = Wire::open(theatre.at, PATH).await;
    let mut outs = Vec::new();
    for (connect, answer) in [("40", "40{"), ("40/a,", "40/a,{"), (r#"40/b,{"x":1}"#, "40/b,{")] {
        wire.say(connect).await;
        assert!(wire.text().await.starts_with(answer));
        outs.push(theatre.connected().await);
    }
    for round in 0..20 {
        wire.say(&format!(r#"42/a,{round}["x",{round}]"#)).await;
        wire.say(&format!(r#"42{round}["x",{round}]"#)).await;
        let mut heard = [wire.text().await, wire.text().await];
        heard.sort();
        assert_eq!(heard, [format!("43/a,{round}[{round}]"), format!("43{round}[{round}]")]);
    }
    outs[2].send(Outgoing::Event(Packet::event("only", "\"b\""))).expect("a client");
    assert_eq!(wire.text().await, r#"42/b,["only","b"]"#);
    outs[2].send(Outgoing::Event(Packet::acked("q", "1,2", 9))).expect("a client");
    assert_eq!(wire.text().await, r#"42/b,9["q",1,2]"#);
    outs[1].send(Outgoing::Disconnect).expect("a client");
    assert_eq!(wire.text().await, "41/a,");
    // What was on its way to the one that left does no harm.
    wire.say(r#"42/a,1["x"]"#).await;
    wire.say("41/a").await;
    wire.say(r#"42/b,5["x",5]"#).await;
    assert_eq!(wire.text().await, "43/b,5[5]");
    wire.say("40/a").await;
    assert!(wire.text().await.starts_with("40/a,{"));
}

#[tokio::test]
async fn a_refused_connect_is_told_so() {
    for by_websocket in [true, false] {
        let theatre = Theatre::open(settings()).await;
        let said = [
            (r#"40/x,{"refuse":1}"#, r#"44/x,{"message":"no"}"#),
            (r#"40{"break":1}"#, r#"44{"message":"Internal error"}"#),
            (r#"40{"refuse":2}"#, r#"44{"data":{"code":401},"message":"out"}"#),
        ];
        if by_websocket {
            let (mut wire, _) = Wire::open(theatre.at, PATH).await;
            for (connect, refusal) in said {
                wire.say(connect).await;
                assert_eq!(wire.text().await, refusal);
            }
            assert_eq!(wire.packet().await, Heard::Closed(Some(1008)));
        } else {
            let poller = Poller::open(theatre.at, PATH).await;
            for (connect, refusal) in said {
                poller.say(connect).await;
                assert_eq!(poller.hear().await, [refusal]);
            }
            assert_eq!(poller.poll().await.status, 400);
        }
    }
}
