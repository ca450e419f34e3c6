//! What becomes of open sockets, and of what waits, when a room ends.

use std::time::Duration;

use serde_json::Value;

use super::{ASHA, BEN, four};
use crate::backend::BACKENDS;
use crate::speech::{fetch, frame, msg_sent};
use crate::stand::Stand;

const AT: &str = "2020-11-21 16:32:17.356";
const LATER: &str = "2020-11-21 16:33:00";

/// The texts of what a fetch lists, each with whom it is from.
async fn listed(stand: &mut Stand, who: &str, command: &str) -> Vec<(String, String)> {
    let (mut ears, phone) = (stand.ears(who).await, stand.phone(who).to_owned());
    ears.send(&fetch(command, &phone)).await;
    loop {
        let list: Value = serde_json::from_str(&ears.text().await).unwrap();
        // News of the room come first.
        let Some(entries) = list["messages"].as_array() else { continue };
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
        return entries.iter().map(|entry| (text(entry, "msg_from"), text(entry, "message"))).collect();
    }
}

fn pair(from: &str, text: &str) -> Vec<(String, String)> {
    vec![(from.into(), text.into())]
}

async fn error(socket: &mut hearken_testkit::client::Client, sent: &str) -> String {
    socket.send(sent).await;
    let answer: Value = serde_json::from_str(&socket.text().await).unwrap();
    assert_eq!(answer["command"], "error", "{answer}");
    answer["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn open_sockets_of_a_room_say_that_it_is_over() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        stand.open_room("asha", "ben").await;
        let (mut asha, mut ben) = (stand.room_chat("asha").await, stand.room_chat("ben").await);
        asha.send(&frame("new_msg", "hello", ASHA, "room", AT)).await;
        assert!(asha.text().await.contains("msg_sent"));
        stand.vote("ben", "0").await;
        for command in ["new_msg", "msg_read", "is_typing"] {
            let sent = frame(command, LATER, ASHA, "room", LATER);
            assert_eq!(error(&mut asha, &sent).await, "this room is over", "{command}");
        }
        // What was saved is known to be, and can still be received where a socket is open.
        asha.send(&frame("new_msg", "hello", ASHA, "room", AT)).await;
        assert!(asha.text().await.starts_with(&msg_sent(ASHA, "room", AT)));
        assert_eq!(listed(&mut stand, "ben", "fetch_room_msgs").await, pair("room", "hello"));
        ben.send(&frame("msg_received", AT, BEN, "room", LATER)).await;
        let over = error(&mut ben, &frame("new_msg", "too late", BEN, "room", LATER)).await;
        assert_eq!(over, "this room is over");
        assert_eq!(listed(&mut stand, "ben", "fetch_room_msgs").await, []);
    }
}

#[tokio::test]
async fn the_words_of_one_room_are_not_listed_in_another() {
    let mut stand = four(BACKENDS[0]).await;
    stand.open_room("asha", "ben").await;
    let mut asha = stand.room_chat("asha").await;
    asha.send(&frame("new_msg", "of the first room", ASHA, "room", AT)).await;
    assert!(asha.text().await.contains("msg_sent"));
    stand.vote("asha", "0").await;
    assert_eq!(listed(&mut stand, "ben", "fetch_room_msgs").await, pair("room", "of the first room"));
    stand.open_room("ben", "cira").await;
    let mut cira = stand.room_chat("cira").await;
    cira.send(&frame("new_msg", "of the second", "9797979797", "room", AT)).await;
    assert!(cira.text().await.contains("msg_sent"));
    assert_eq!(listed(&mut stand, "ben", "fetch_room_msgs").await, pair("room", "of the second"));
    // Asha's socket is still that of the room which is over, though she is in another.
    stand.open_room("asha", "dev").await;
    let over = error(&mut asha, &frame("new_msg", "who hears?", ASHA, "room", LATER)).await;
    assert_eq!(over, "this room is over");
    assert_eq!(listed(&mut stand, "dev", "fetch_room_msgs").await, []);
}

#[tokio::test]
async fn what_waits_is_listed_with_the_personal_chat_that_a_room_becomes_and_received_there() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        stand.open_room("asha", "ben").await;
        let mut asha = stand.room_chat("asha").await;
        for (text, sent) in [("one", AT), ("two", LATER)] {
            asha.send(&frame("new_msg", text, ASHA, "room", sent)).await;
            assert!(asha.text().await.contains("msg_sent"));
        }
        assert_eq!(stand.vote("asha", "1").await, "graded");
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, []);
        assert_eq!(stand.vote("ben", "1").await, "replaced");
        stand.running.clock.advance(Duration::from_hours(24 * 40));
        assert_eq!(listed(&mut stand, "ben", "fetch_room_msgs").await, []);
        let waits = [pair(ASHA, "one"), pair(ASHA, "two")].concat();
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, waits);
        let said = error(&mut asha, &frame("new_msg", "three", ASHA, "room", LATER)).await;
        assert_eq!(said, "another message with this timestamp was sent before");
        let said = error(&mut asha, &frame("is_typing", "", ASHA, "room", LATER)).await;
        assert_eq!(said, "this room has become a personal chat");

        let mut ears = stand.ears("asha").await;
        let mut ben = stand.chat("ben", "asha").await;
        ben.send(&frame("msg_received", AT, BEN, ASHA, LATER)).await;
        assert_eq!(ears.text().await, frame("msg_received", AT, BEN, ASHA, LATER));
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, pair(ASHA, "two"));
        // Answers come in the order of the frames, whichever had to be looked for in two places.
        ben.send(&frame("msg_received", "2020-11-21 10:00:00", BEN, ASHA, LATER)).await;
        ben.send(&frame("new_msg", "three", BEN, ASHA, LATER)).await;
        assert!(ben.text().await.contains("couldn't find the message that this receipt is for"));
        assert!(ben.text().await.contains("msg_sent"));
        assert_eq!(ears.text().await, frame("new_msg", "three", BEN, ASHA, LATER));
        let mut asha = stand.chat("asha", "ben").await;
        asha.send(&frame("delete_msg", LATER, ASHA, BEN, LATER)).await;
        assert_eq!(asha.text().await, frame("delete_msg", LATER, ASHA, BEN, LATER));
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, []);
        assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn a_receipt_or_a_deletion_in_the_chat_is_for_the_message_of_that_time_in_the_room_too() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        stand.open_room("asha", "ben").await;
        let mut chat = stand.chat("asha", "ben").await;
        let mut room = stand.room_chat("asha").await;
        for sent in [AT, LATER] {
            chat.send(&frame("new_msg", "in the chat", ASHA, BEN, sent)).await;
            assert!(chat.text().await.contains("msg_sent"));
            room.send(&frame("new_msg", "in the room", ASHA, "room", sent)).await;
            assert!(room.text().await.contains("msg_sent"));
        }
        stand.vote("asha", "1").await;
        assert_eq!(stand.vote("ben", "1").await, "replaced");
        let [one, two] = [pair(ASHA, "in the chat"), pair(ASHA, "in the room")];
        let waits = [one.clone(), two.clone(), one.clone(), two.clone()].concat();
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, waits);

        let (mut ears, mut bens) = (stand.ears("asha").await, stand.ears("ben").await);
        let mut ben = stand.chat("ben", "asha").await;
        ben.send(&frame("msg_received", AT, BEN, ASHA, LATER)).await;
        // A repeat changes nothing, and one that is for nothing is still an error.
        ben.send(&frame("msg_received", AT, BEN, ASHA, LATER)).await;
        let nothing = error(&mut ben, &frame("msg_received", "2020-11-21 10:00:00", BEN, ASHA, LATER)).await;
        assert_eq!(nothing, "couldn't find the message that this receipt is for");
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, [one, two].concat());
        chat.send(&frame("delete_msg", LATER, ASHA, BEN, LATER)).await;
        assert_eq!(chat.text().await, frame("delete_msg", LATER, ASHA, BEN, LATER));
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, []);
        let nothing = error(&mut chat, &frame("delete_msg", LATER, ASHA, BEN, LATER)).await;
        assert_eq!(nothing, "couldn't find a message to delete");
        // Each is told once of what was one frame.
        ben.send(&frame("is_typing", "", BEN, ASHA, LATER)).await;
        assert_eq!(ears.text().await, frame("msg_received", AT, BEN, ASHA, LATER));
        assert!(ears.text().await.contains("is_typing"));
        chat.send(&frame("is_typing", "", ASHA, BEN, LATER)).await;
        assert_eq!(bens.text().await, frame("delete_msg", LATER, ASHA, BEN, LATER));
        assert!(bens.text().await.contains("is_typing"));
        assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn what_waits_goes_with_the_personal_chat_that_a_room_has_become() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        let chat = serde_json::json!({ "msg_from": BEN, "msg_to": ASHA });
        stand.open_room("asha", "ben").await;
        let mut asha = stand.room_chat("asha").await;
        asha.send(&frame("new_msg", "hello", ASHA, "room", AT)).await;
        assert!(asha.text().await.contains("msg_sent"));
        // As long as it is a room there is no chat, and that there is none tells nothing of the room.
        assert_eq!(stand.request("ben", "DELETE", "/chat/special/personal", &chat).await.status, 404);
        stand.vote("asha", "1").await;
        stand.vote("ben", "1").await;
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, pair(ASHA, "hello"));
        assert_eq!(stand.request("ben", "DELETE", "/chat/special/personal", &chat).await.status, 200);
        assert_eq!(listed(&mut stand, "ben", "fetch_msgs").await, []);
        assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn deleting_a_personal_chat_takes_nothing_from_a_room_that_is_open() {
    let mut stand = four(BACKENDS[1]).await;
    let chat = serde_json::json!({ "msg_from": BEN, "msg_to": ASHA });
    assert_eq!(stand.request("ben", "POST", "/chat/special/personal", &chat).await.status, 201);
    stand.open_room("asha", "ben").await;
    let mut asha = stand.room_chat("asha").await;
    asha.send(&frame("new_msg", "hello", ASHA, "room", AT)).await;
    assert!(asha.text().await.contains("msg_sent"));
    assert_eq!(stand.request("ben", "DELETE", "/chat/special/personal", &chat).await.status, 200);
    assert_eq!(listed(&mut stand, "ben", "fetch_room_msgs").await, pair("room", "hello"));
}

#[tokio::test]
async fn the_snapshot_shows_the_room_and_afterwards_the_chat_that_it_has_become() {
    let mut stand = four(BACKENDS[1]).await;
    let body = serde_json::json!({ "msg_from": ASHA });
    let snapshot = async |stand: &mut Stand| {
        let answer = stand.request("asha", "POST", "/chat/special", &body).await;
        assert_eq!(answer.status, 200);
        answer.body["data"].clone()
    };
    assert_eq!(snapshot(&mut stand).await["room"], Value::Null);
    stand.open_room("ben", "asha").await;
    let shown = snapshot(&mut stand).await;
    assert_eq!((&shown["room"]["receiver"], &shown["personal"]), (&"room".into(), &serde_json::json!([])));
    assert!(!shown.to_string().contains(BEN));
    stand.vote("asha", "1").await;
    assert_eq!(snapshot(&mut stand).await["room"]["response"], "1");
    stand.vote("ben", "1").await;
    let shown = snapshot(&mut stand).await;
    assert_eq!((&shown["room"], &shown["personal"][0]["receiver"]), (&Value::Null, &BEN.into()));
}

#[tokio::test]
async fn a_room_that_was_ended_for_good_leaves_nothing() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        stand.open_room("asha", "ben").await;
        let mut asha = stand.room_chat("asha").await;
        asha.send(&frame("new_msg", "hello", ASHA, "room", AT)).await;
        assert!(asha.text().await.contains("msg_sent"));
        assert_eq!(stand.about_room("ben", "PUT", &serde_json::json!({})).await.status, 200);
        for command in ["fetch_room_msgs", "fetch_msgs"] {
            assert_eq!(listed(&mut stand, "ben", command).await, []);
        }
        let over = error(&mut asha, &frame("new_msg", "again", ASHA, "room", LATER)).await;
        assert_eq!(over, "this room is over");
        assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
    }
}
