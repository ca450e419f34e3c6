//! `/chat/special/personal` and `/chat/info/personal`.

use serde_json::{Value, json};

use super::{ASHA, BEN, CARA, check, stand};
use crate::backend::BACKENDS;
use crate::speech::{fetch, frame};
use crate::stand::Stand;

const PATH: &str = "/chat/special/personal";
const INFO: &str = "/chat/info/personal";

fn of(msg_from: &str, msg_to: &str) -> Value {
    json!({"msg_from": msg_from, "msg_to": msg_to})
}

/// A dialogue with its marks: when its sender has received and seen something last.
fn dialogue(sender: &str, receiver: &str, marks: [Option<&str>; 2]) -> Value {
    json!({
        "sender": sender, "receiver": receiver,
        "last_received_receiver": marks[0], "last_seen_receiver": marks[1],
    })
}

fn untouched(info: &str) -> Value {
    json!({"personal": [dialogue(ASHA, BEN, [None; 2]), dialogue(BEN, ASHA, [None; 2])], "info": info})
}

/// The same as an answer of its own.
fn shown(sender: &str, receiver: &str, marks: [Option<&str>; 2]) -> Value {
    let mut shown = dialogue(sender, receiver, marks);
    shown["info"] = "success".into();
    shown
}

/// Asha writes to Ben, who receives it and reads it.
async fn talk(stand: &mut Stand, sent: &str, received: &str, read: &str) {
    let mut asha = stand.chat("asha", "ben").await;
    let mut ears = stand.ears("asha/ears").await;
    let mut ben = stand.chat("ben", "asha").await;
    asha.send(&frame("new_msg", "hello", ASHA, BEN, sent)).await;
    assert!(asha.text().await.contains("msg_sent"));
    assert!(ears.text().await.contains("new_msg"));
    ben.send(&frame("msg_received", sent, BEN, ASHA, received)).await;
    assert!(ears.text().await.contains("msg_received"));
    ben.send(&frame("msg_read", sent, BEN, ASHA, read)).await;
    assert!(ears.text().await.contains("msg_read"));
}

#[tokio::test]
async fn a_pair_is_made_once_and_returned_after_that() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        check(&mut stand, "asha", "POST", PATH, &of(ASHA, BEN), (201, untouched("created"))).await;
        check(&mut stand, "asha", "POST", PATH, &of(ASHA, BEN), (200, untouched("returned"))).await;
        let mut theirs = untouched("returned");
        theirs["personal"].as_array_mut().unwrap().reverse();
        check(
            &mut stand,
            "ben",
            "POST",
            "/chat/special/personal/",
            &of(BEN, "98-98 98 98 98"),
            (400, {
                // His own number, however it is spelled.
                json!({"detail": "Some fields are not as they must be.", "errors": [
                {"field": "msg_to", "message": "a chat with oneself is no chat"}]})
            }),
        )
        .await;
        check(&mut stand, "ben", "POST", "/chat/special/personal/", &of(BEN, ASHA), (200, theirs)).await;
    }
}

#[tokio::test]
async fn a_first_message_makes_it_too() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        check(&mut stand, "asha", "PATCH", INFO, &of(ASHA, BEN), (404, json!({"detail": "Not found."})))
            .await;
        let mut chat = stand.chat("asha", "ben").await;
        chat.send(&frame("new_msg", "hello", ASHA, BEN, "2020-11-21 16:32:17.356")).await;
        assert!(chat.text().await.contains("msg_sent"));
        check(&mut stand, "ben", "PATCH", INFO, &of(ASHA, BEN), (200, shown(ASHA, BEN, [None; 2]))).await;
        check(&mut stand, "asha", "POST", PATH, &of(ASHA, BEN), (200, untouched("returned"))).await;
    }
}

#[tokio::test]
async fn receipts_and_reading_move_the_dialogue_of_who_acknowledges_and_never_back() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let (received, read) = ("2020-11-21 17:11:30.404", "2020-11-21T18:11:31.5+01:00");
        talk(&mut stand, "2020-11-21 17:11:06.23", received, read).await;
        let marks = [Some("2020-11-21T17:11:30.404000Z"), Some("2020-11-21T17:11:31.500000Z")];
        for who in ["asha", "ben"] {
            let body = of(BEN, ASHA);
            check(&mut stand, who, "PATCH", INFO, &body, (200, shown(BEN, ASHA, marks))).await;
            check(&mut stand, who, "PATCH", INFO, &of(ASHA, BEN), (200, shown(ASHA, BEN, [None; 2]))).await;
        }
        talk(&mut stand, "2020-11-21 17:12:00", "2020-11-21 17:00:00", "2020-11-21 17:00:00").await;
        let query = format!("{INFO}?msg_from={BEN}&msg_to=%2B{ASHA}");
        check(&mut stand, "asha", "GET", &query, &Value::Null, (200, shown(BEN, ASHA, marks))).await;
        let none = json!({"detail": "This number is not yours."});
        check(&mut stand, "cara", "PATCH", INFO, &of(ASHA, BEN), (403, none.clone())).await;
        check(&mut stand, "cara", "GET", &query, &Value::Null, (403, none)).await;
    }
}

#[tokio::test]
async fn a_deleted_pair_is_gone_with_its_messages_until_it_is_made_again() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        talk(&mut stand, "2020-11-21 17:11:06.23", "2020-11-21 17:11:30", "2020-11-21 17:11:31").await;
        let mut asha = stand.chat("asha", "ben").await;
        asha.send(&frame("new_msg", "unread", ASHA, BEN, "2020-11-21 17:12:00")).await;
        assert!(asha.text().await.contains("msg_sent"));
        let mut ben = stand.ears("ben").await;
        let deleted = json!({"info": "deleted"});
        check(&mut stand, "asha", "DELETE", PATH, &of(ASHA, BEN), (200, deleted.clone())).await;
        let told = ben.text().await;
        assert!(told.contains(r#""message":{"type":"personal","command":"delete","msg_from":"9999999999","msg_to":"9898989898"},"command":"update","msg_from":"9999999999","msg_to":"9898989898""#), "{told}");
        ben.send(&fetch("fetch_msgs", BEN)).await;
        assert_eq!(ben.text().await, r#"{"command":"fetch_msgs","all":"True","messages":[]}"#);
        let not_found = json!({"detail": "Not found."});
        check(&mut stand, "ben", "PATCH", INFO, &of(ASHA, BEN), (404, not_found.clone())).await;
        // Once more changes nothing; of what never was there is nothing to delete.
        check(&mut stand, "ben", "DELETE", PATH, &of(BEN, ASHA), (200, deleted)).await;
        check(&mut stand, "ben", "DELETE", PATH, &of(BEN, CARA), (404, not_found)).await;
        check(&mut stand, "asha", "POST", PATH, &of(ASHA, BEN), (201, untouched("created"))).await;
        let told = ben.text().await;
        assert!(told.contains(r#""command":"create""#), "{told}");
        assert_eq!(stand.running.core.check().await, Ok(vec![]));
    }
}
