//! A WebSocket takes over from polling: nothing is lost, doubled or reordered, and one that never does does no harm.

use std::time::Duration;

use hearken_socketio::{Outgoing, Packet, Settings};

use super::kit::{Heard, Poller, Wire, answer};
use super::stage::{Theatre, settings};

const PATH: &str = "/socket.io/";

fn numbered(number: usize) -> Outgoing {
    Outgoing::Event(Packet::event("n", &number.to_string()))
}

async fn connected(theatre: &mut Theatre) -> (Poller, tokio::sync::mpsc::UnboundedSender<Outgoing>) {
    let poller = Poller::open(theatre.at, PATH).await;
    poller.say("40").await;
    poller.hear().await;
    (poller, theatre.connected().await)
}

#[tokio::test]
async fn nothing_that_goes_out_is_lost_or_doubled() {
    let mut theatre = Theatre::open(settings()).await;
    let (poller, out) = connected(&mut theatre).await;
    let feed = tokio::spawn(async move {
        for number in 0..3000 {
            out.send(numbered(number)).expect("a client");
            tokio::task::yield_now().await;
        }
    });
    let mut heard = poller.hear().await;
    let mut wire = poller.upgrade(PATH).await;
    wire.say("2probe").await;
    heard.extend(poller.hear().await);
    assert_eq!(wire.text().await, "3probe");
    heard.extend(poller.hear().await);
    wire.say("5").await;
    while heard.len() < 3000 {
        heard.push(wire.text().await);
    }
    let expect: Vec<String> = (0..3000).map(|number| format!(r#"42["n",{number}]"#)).collect();
    assert_eq!(heard, expect);
    feed.await.expect("fed");
}

#[tokio::test]
async fn the_poll_that_is_out_comes_back_when_a_websocket_is_ready() {
    let mut theatre = Theatre::open(settings()).await;
    let (poller, _out) = connected(&mut theatre).await;
    let poll = poller.begin_poll().await;
    let mut wire = poller.upgrade(PATH).await;
    wire.say("2probe").await;
    assert_eq!(answer(poll).await.expect("an answer").said(), (200, "6"));
    assert_eq!(wire.text().await, "3probe");
}

#[tokio::test]
async fn a_websocket_that_does_not_take_over_does_no_harm() {
    let quick = Settings { upgrade_timeout: Duration::from_millis(200), ..settings() };
    let mut theatre = Theatre::open(quick).await;
    let (poller, out) = connected(&mut theatre).await;
    for (number, said) in [
        &["2probe", "4hello"][..],
        &["4hello"],
        &["5"],
        &["2prob"],
        &["2probe", "2probe"],
        // These say too little, and time is up.
        &[],
        &["2probe"],
    ]
    .into_iter()
    .enumerate()
    {
        let mut wire = poller.upgrade(PATH).await;
        for packet in said {
            wire.say(packet).await;
        }
        out.send(numbered(number)).expect("a client");
        assert_eq!(poller.hear().await, [format!(r#"42["n",{number}]"#)]);
        assert_eq!(wire.end().await, Heard::Closed(Some(1002)), "{said:?}");
    }
    // One that goes away half-way.
    let mut wire = poller.upgrade(PATH).await;
    wire.say("2probe").await;
    assert_eq!(wire.text().await, "3probe");
    drop(wire);
    // And after all that, one that does.
    loop {
        let mut wire = poller.upgrade(PATH).await;
        wire.say("2probe").await;
        // The server may not have seen yet that the one before has gone.
        if wire.packet().await == Heard::Text("3probe".to_owned()) {
            wire.say("5").await;
            out.send(numbered(99)).expect("a client");
            assert_eq!(wire.text().await, r#"42["n",99]"#);
            break;
        }
    }
}

#[tokio::test]
async fn only_one_websocket_at_a_time_may_ask() {
    let mut theatre = Theatre::open(settings()).await;
    let (poller, out) = connected(&mut theatre).await;
    let mut first = poller.upgrade(PATH).await;
    let mut second = poller.upgrade(PATH).await;
    assert_eq!(second.end().await, Heard::Closed(Some(1002)));
    first.say("2probe").await;
    assert_eq!(first.text().await, "3probe");
    first.say("5").await;
    out.send(numbered(1)).expect("a client");
    assert_eq!(first.text().await, r#"42["n",1]"#);
}

#[tokio::test]
async fn a_poll_that_is_out_when_the_websocket_takes_over_is_refused() {
    let mut theatre = Theatre::open(settings()).await;
    let (poller, out) = connected(&mut theatre).await;
    let mut wire = poller.upgrade(PATH).await;
    let poll = poller.begin_poll().await;
    wire.say("2probe").await;
    wire.say("5").await;
    assert_eq!(answer(poll).await.expect("an answer").status, 400);
    assert_eq!(wire.text().await, "3probe");
    out.send(numbered(1)).expect("a client");
    assert_eq!(wire.text().await, r#"42["n",1]"#);
}

#[tokio::test]
async fn the_ping_that_polling_did_not_fetch_goes_by_websocket() {
    let paces = Settings { ping_interval: Duration::from_millis(400), ..settings() };
    let theatre = Theatre::open(paces).await;
    let poller = Poller::open(theatre.at, PATH).await;
    let mut wire = poller.upgrade(PATH).await;
    wire.say("2probe").await;
    assert_eq!(wire.text().await, "3probe");
    wire.say("5").await;
    for _ in 0..2 {
        assert_eq!(wire.hear().await, Heard::Text("2".to_owned()));
        wire.say("3").await;
    }
}

#[tokio::test]
async fn a_websocket_for_nobody_is_refused() {
    let theatre = Theatre::open(settings()).await;
    let stream = tokio::net::TcpStream::connect(theatre.at).await.expect("a connection");
    let target = format!("{PATH}?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA");
    assert!(Wire::over(stream, &target).await.is_err());
}
