//! Everything that clients may do wrong: they are told, or closed, and nobody else notices.

use hearken_testkit::client::{Client, Next};
use hearken_testkit::socketio::{HANDSHAKE, SocketIo};
use serde_json::{Value, json};

use crate::stand::{Ack, DONE, Stand, names, told};

const NO_DATA: Ack = Ack(Some("Missing/Invalid data"));
const NO_CONTENT: Ack = Ack(Some("Missing/Invalid field: content"));
const NO_ROOM_FIELD: Ack = Ack(Some("Missing/Invalid field: room"));

/// `ana` and `kim` in a chat.
async fn chat(stand: &Stand) -> (SocketIo, SocketIo, String) {
    let (mut kim, mut ana) = (stand.tab("kim").await, stand.tab("ana").await);
    let room = stand.opened("ana", &mut ana).await;
    assert_eq!(kim.call("staff_join", &[json!({ "room": room })]).await, DONE);
    ana.hear("staff_join_room").await;
    told(&mut kim).await;
    (ana, kim, room)
}

#[tokio::test]
async fn binary_is_no_content() {
    let stand = Stand::open().await;
    let (mut ana, mut kim, room) = chat(&stand).await;
    let placeholder = json!({"_placeholder": true, "num": 0});
    let mut number = 100;
    let mut call = async |tab: &mut SocketIo, name: &str, data: Value| {
        number += 1;
        tab.send(&format!("451-{number}{}", json!([name, data]))).await;
        tab.send_bytes(b"bytes").await;
        tab.answer(number).await
    };
    assert_eq!(call(&mut ana, "visitor_msg", placeholder.clone()).await, NO_DATA);
    assert_eq!(call(&mut ana, "visitor_msg", json!({"file": placeholder})).await, NO_DATA);
    let content = json!({"room": room, "content": {"file": placeholder}});
    assert_eq!(call(&mut kim, "staff_msg", content.clone()).await, NO_CONTENT);
    assert_eq!(call(&mut kim, "chat_note", content).await, NO_CONTENT);
    assert_eq!(call(&mut kim, "staff_join", json!({ "room": placeholder })).await, NO_ROOM_FIELD);
    let unknown = Ack(Some("Unknown event: upload"));
    assert_eq!(call(&mut ana, "upload", placeholder).await, unknown);
    // Both are as well as before.
    assert_eq!(ana.call("visitor_msg", &[json!({"a": 1})]).await, DONE);
    assert_eq!(names(&told(&mut kim).await), "visitor_send");
}

#[tokio::test]
async fn an_event_that_wants_no_acknowledgement_is_done_all_the_same() {
    let stand = Stand::open().await;
    let (mut ana, mut kim, room) = chat(&stand).await;
    ana.emit("visitor_msg", &[json!({"n": 1})]).await;
    ana.emit("visitor_msg", &[json!({})]).await;
    ana.emit("nothing", &[]).await;
    ana.emit("visitor_msg", &[json!({"n": 2})]).await;
    for n in [1, 2] {
        assert_eq!(kim.hear("visitor_send").await["content"], json!({ "n": n }));
    }
    kim.emit("staff_leave_room", &[json!({ "room": room })]).await;
    ana.hear("staff_leave").await;
    assert_eq!(ana.order().len(), 1, "the first message alone was acknowledged");
}

/// Hundreds of events at once: each is acknowledged, in order, and takes effect in order.
#[tokio::test]
async fn a_burst_is_done_and_acknowledged_in_order() {
    let stand = Stand::open().await;
    let (mut ana, mut kim, room) = chat(&stand).await;
    for count in [100_u64, 300] {
        let mut asked = Vec::new();
        for n in 0..count {
            asked.push(ana.ask("visitor_msg", &[json!({ "n": n })]).await);
        }
        let before = ana.order().len();
        for id in &asked {
            assert_eq!(ana.answer(*id).await, DONE);
        }
        assert_eq!(ana.order()[before..], asked);
        for n in 0..count {
            assert_eq!(kim.hear("visitor_send").await["content"], json!({ "n": n }));
        }
    }
    // Of different kinds, too: what each is told depends on those before it.
    let script: [(&str, Option<&str>); 6] = [
        ("visitor_msg", None),
        ("visitor_leave_room", None),
        ("visitor_msg", Some("You have no open chat.")),
        ("visitor_first_msg", None),
        ("visitor_msg", Some("The chat is not claimed yet.")),
        ("visitor_msg_unclaimed", None),
    ];
    for _ in 0..5 {
        let mut asked = Vec::new();
        for (name, _) in script {
            asked.push(ana.ask(name, &[json!({"a": 1})]).await);
        }
        for (id, (name, expect)) in asked.into_iter().zip(script) {
            assert_eq!(ana.answer(id).await, Ack(expect), "{name}");
        }
        let room = stand.own("ana").await;
        assert_eq!(kim.call("staff_join", &[json!({ "room": room })]).await, DONE);
    }
    assert_eq!(
        kim.call("staff_msg", &[json!({ "room": room, "content": {"a": 1} })]).await,
        Ack(Some("The chat room is either closed or doesn't exist."))
    );
}

/// More than a socket may hold, but no more than its rate allows: the client is read as fast as that can be done.
#[tokio::test]
async fn a_burst_of_large_messages_is_done_too() {
    let stand = Stand::open().await;
    let (mut ana, mut kim, _) = chat(&stand).await;
    let mut asked = Vec::new();
    for n in 0..150 {
        asked.push(ana.ask("visitor_msg", &[json!({ "n": n, "text": "x".repeat(15_000) })]).await);
    }
    for id in asked {
        assert_eq!(ana.answer(id).await, DONE);
    }
    for n in 0..150 {
        assert_eq!(kim.hear("visitor_send").await["content"]["n"], n);
    }
}

#[tokio::test]
async fn what_is_too_large_closes_its_own_connection_alone() {
    let stand = Stand::open().await;
    let (mut ana, mut kim, _) = chat(&stand).await;
    // A packet may be longer than a content.
    let answer = ana.call("visitor_msg", &[json!({"a": "x".repeat(60_000)})]).await;
    assert_eq!(answer, Ack(Some("The message is too large.")));
    let mut ben = stand.tab("ben").await;
    ben.emit("visitor_first_msg", &[json!({"a": "x".repeat(1 << 20)})]).await;
    assert_eq!(ben.closed().await, Next::Closed(1009));
    assert_eq!(ana.call("visitor_msg", &[json!({"a": 1})]).await, DONE);
    kim.await_event("visitor_send").await;
    let ben = stand.begin("ben").await.1;
    assert_eq!(ben["chat"], Value::Null);
}

#[tokio::test]
async fn what_is_no_packet_closes_its_own_connection_alone() {
    let stand = Stand::open().await;
    let (mut ana, mut kim, _) = chat(&stand).await;
    let wrong = [
        "42",
        "42[",
        "42{}",
        "42[]",
        "42[7",
        "42[null]",
        r#"42["a" "b"]"#,
        "4299999999999999999999999[\"a\"]",
        "47",
        "4",
        "9",
        "x",
        "",
        "42/admin,[\"a\"]",
        "40",
    ];
    for packet in wrong {
        let mut client =
            Client::open(stand.address(), HANDSHAKE, Some(stand.token("ben"))).await.expect("it opens");
        assert!(client.text().await.starts_with('0'));
        client.send("40").await;
        assert!(client.text().await.starts_with("40{"));
        assert!(client.text().await.starts_with("42"));
        client.send(packet).await;
        let ended = client.next().await;
        assert!(matches!(ended, Next::Closed(1002 | 1008)), "{packet:?}: {ended:?}");
    }
    assert_eq!(ana.call("visitor_msg", &[json!({"a": 1})]).await, DONE);
    kim.await_event("visitor_send").await;
}

#[tokio::test]
async fn what_comes_too_fast_waits_and_too_much_of_it_closes_the_socket() {
    let stand = Stand::planned(|settings| settings.desk.rate = 10).await;
    let (mut ana, mut kim, _) = chat(&stand).await;
    told(&mut kim).await;
    stand.pass(std::time::Duration::from_mins(1));
    let mut asked = Vec::new();
    for n in 0..30 {
        asked.push(ana.ask("visitor_msg", &[json!({ "n": n })]).await);
    }
    for id in &asked[..20] {
        assert_eq!(ana.answer(*id).await, DONE);
    }
    stand.pass(std::time::Duration::from_millis(500));
    for id in &asked[20..25] {
        assert_eq!(ana.answer(*id).await, DONE);
    }
    stand.pass(std::time::Duration::from_mins(1));
    for id in &asked[25..] {
        assert_eq!(ana.answer(*id).await, DONE);
    }
    for n in 0..1_100 {
        ana.emit("visitor_msg", &[json!({ "n": n })]).await;
    }
    assert_eq!(ana.closed().await, Next::Closed(1008));
    // The other is as well as before.
    assert_eq!(kim.call("nothing", &[]).await, Ack(Some("Unknown event: nothing")));
}
