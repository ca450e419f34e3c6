//! The last 16 of the 32 cases of the Socket.IO protocol's own test suite, restated; the first 16 are in `engine_suite`.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::echo;
use super::kit::{Heard, Wire, serve};

/// Longer than in the suites, which leave a busy machine no time.
const TIMEOUT: Duration = Duration::from_millis(1500);
const PATH: &str = "/socket.io/";

async fn server() -> SocketAddr {
    serve(echo::router(TIMEOUT)).await
}

/// Connects to a namespace, and compares the answer and what the server greets with.
async fn check_connect(wire: &mut Wire, connect: &str, answer: &str, greeting: &str) {
    wire.say(connect).await;
    let text = wire.text().await;
    let said = text.strip_prefix(answer).unwrap_or_else(|| panic!("{text}"));
    let said: Value = serde_json::from_str(said).expect("JSON");
    let id = said["sid"].as_str().expect("an id");
    assert_eq!(said, serde_json::json!({ "sid": id }));
    assert_eq!(wire.text().await, greeting);
}

async fn connected(at: SocketAddr) -> Wire {
    let (mut wire, _) = Wire::open(at, PATH).await;
    check_connect(&mut wire, "40", "40", r#"42["auth",{}]"#).await;
    wire
}

#[tokio::test]
async fn namespaces_are_connected_to() {
    let at = server().await;
    for (connect, answer, greeting) in [
        ("40", "40", r#"42["auth",{}]"#),
        (r#"40{"token":"123"}"#, "40", r#"42["auth",{"token":"123"}]"#),
        ("40/custom,", "40/custom,", r#"42/custom,["auth",{}]"#),
        (r#"40/custom,{"token":"abc"}"#, "40/custom,", r#"42/custom,["auth",{"token":"abc"}]"#),
    ] {
        let (mut wire, _) = Wire::open(at, PATH).await;
        check_connect(&mut wire, connect, answer, greeting).await;
    }
}

#[tokio::test]
async fn an_unknown_namespace_is_refused() {
    let (mut wire, _) = Wire::open(server().await, PATH).await;
    wire.say("40/random").await;
    assert_eq!(wire.text().await, r#"44/random,{"message":"Invalid namespace"}"#);
}

#[tokio::test]
async fn who_does_not_connect_is_gone() {
    let at = server().await;
    let (mut wire, _) = Wire::open(at, PATH).await;
    wire.say("4abc").await;
    assert_eq!(wire.end().await, Heard::Closed(Some(1002)));
    let (mut wire, _) = Wire::open(at, PATH).await;
    assert_eq!(wire.packet().await, Heard::Closed(Some(1008)));
}

#[tokio::test]
async fn namespaces_are_left() {
    let at = server().await;
    let mut wire = connected(at).await;
    wire.say("41").await;
    assert_eq!(wire.hear().await, Heard::Text("2".to_owned()));

    let mut wire = connected(at).await;
    check_connect(&mut wire, "40/custom", "40/custom,", r#"42/custom,["auth",{}]"#).await;
    wire.say("41/custom").await;
    wire.say(r#"42["message","message to main namespace"]"#).await;
    assert_eq!(wire.text().await, r#"42["message-back","message to main namespace"]"#);
}

#[tokio::test]
async fn events_and_acks_go_both_ways() {
    let mut wire = connected(server().await).await;
    for (said, heard) in [
        (r#"42["message",1,"2",{"3":[true]}]"#, r#"42["message-back",1,"2",{"3":[true]}]"#),
        (r#"42456["message-with-ack",1,"2",{"3":[false]}]"#, r#"43456[1,"2",{"3":[false]}]"#),
    ] {
        wire.say(said).await;
        assert_eq!(wire.text().await, heard);
    }
}

#[tokio::test]
async fn attachments_go_both_ways() {
    let mut wire = connected(server().await).await;
    let places = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    for (said, heard) in [
        (format!(r#"452-["message",{places}]"#), format!(r#"452-["message-back",{places}]"#)),
        (format!(r#"452-789["message-with-ack",{places}]"#), format!("462-789[{places}]")),
    ] {
        wire.say(&said).await;
        wire.say_bytes(&[1, 2, 3]).await;
        wire.say_bytes(&[4, 5, 6]).await;
        assert_eq!(wire.text().await, heard);
        assert_eq!(wire.packet().await, Heard::Binary(vec![1, 2, 3]));
        assert_eq!(wire.packet().await, Heard::Binary(vec![4, 5, 6]));
    }
}

#[tokio::test]
async fn what_is_no_packet_closes() {
    let at = server().await;
    for wrong in ["4abc", "42{}", r#"42abc["message-with-ack",1,"2",{"3":[false]}]"#] {
        let mut wire = connected(at).await;
        wire.say(wrong).await;
        assert_eq!(wire.end().await, Heard::Closed(Some(1002)), "{wrong}");
    }
}
