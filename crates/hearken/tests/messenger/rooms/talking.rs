//! Frames on a room's socket, frame by frame.

use super::{ASHA, BEN, CIRA, four, update};
use crate::backend::BACKENDS;
use crate::speech::{fetch, frame, msg_sent};

const AT: &str = "2020-11-21 16:32:17.356";

fn said(from: &str, text: &str, sent: &str) -> String {
    frame("new_msg", text, from, "room", sent)
}

#[tokio::test]
async fn who_is_in_no_room_has_no_socket_to_one() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        let path = format!("/ws/chat/room/{ASHA}/");
        let refused = |answer: Result<_, hearken_testkit::client::Refused>| answer.err().map(|r| r.status);
        assert_eq!(refused(stand.ask(&path, "asha").await), Some(404));
        assert_eq!(refused(stand.ask(&path, "ben").await), Some(403));
        stand.open_room("asha", "ben").await;
        assert_eq!(refused(stand.ask(&path, "asha").await), None);
        assert_eq!(refused(stand.ask(path.trim_end_matches('/'), "asha").await), None);
        assert_eq!(refused(stand.ask(&path, "ben").await), Some(403));
        assert_eq!(refused(stand.ask(&format!("/ws/chat/room/{CIRA}/"), "cira").await), Some(404));
        stand.vote("ben", "0").await;
        assert_eq!(refused(stand.ask(&path, "asha").await), Some(404));
    }
}

#[tokio::test]
async fn the_two_hear_each_other_as_room() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        stand.open_room("asha", "ben").await;
        let (mut phone, mut tablet) = (stand.ears("asha/phone").await, stand.ears("asha/tablet").await);
        let (mut ben, mut asha_says) = (stand.ears("ben").await, stand.room_chat("asha/phone").await);
        let mut ben_says = stand.room_chat("ben").await;

        asha_says.send(&said(ASHA, "hello", AT)).await;
        assert_eq!(ben.text().await, frame("new_msg", "hello", "room", "room", AT));
        // Her other sign-in sees it as said by her.
        assert_eq!(tablet.text().await, said(ASHA, "hello", AT));
        assert!(asha_says.text().await.starts_with(&msg_sent(ASHA, "room", AT)));

        let later = "2020-11-21 16:32:18";
        for command in ["msg_received", "msg_read"] {
            ben_says.send(&frame(command, AT, BEN, "room", later)).await;
            for ears in [&mut phone, &mut tablet] {
                assert_eq!(ears.text().await, frame(command, AT, "room", "room", later));
            }
        }
        ben_says.send(&frame("is_typing", "-null-", BEN, "room", later)).await;
        let typing = frame("is_typing", "", "room", "room", later).replace(r#""message":"","#, "");
        assert_eq!(phone.text().await, typing);

        asha_says.send(&said(ASHA, "oh", later)).await;
        assert!(asha_says.text().await.contains("msg_sent"));
        assert_eq!(ben.text().await, frame("new_msg", "oh", "room", "room", later));
        asha_says.send(&frame("delete_msg", later, ASHA, "room", later)).await;
        assert_eq!(asha_says.text().await, frame("delete_msg", later, ASHA, "room", later));
        assert_eq!(ben.text().await, frame("delete_msg", later, "room", "room", later));
    }
}

#[tokio::test]
async fn what_waits_in_a_room_is_fetched_apart_from_everything_else() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        stand.open_room("asha", "ben").await;
        let mut says = stand.room_chat("asha").await;
        for (text, sent) in [("one", AT), ("two", "2020-11-21 16:32:18")] {
            says.send(&said(ASHA, text, sent)).await;
            assert!(says.text().await.contains("msg_sent"));
        }
        let mut ben = stand.ears("ben").await;
        ben.send(&fetch("fetch_msgs", BEN)).await;
        assert_eq!(ben.text().await, update("create", BEN), "he has been away when it was opened");
        assert!(ben.text().await.contains(r#""messages":[]"#));
        let list =
            |entries: &str| format!(r#"{{"command":"fetch_room_msgs","all":"True","messages":[{entries}]}}"#);
        let entries = [("one", "2020-11-21T16:32:17.356000Z"), ("two", "2020-11-21T16:32:18.000000Z")];
        let written = entries.map(|(text, sent)| {
            format!(
                r#"{{"msg_from":"room","msg_to":"{BEN}","message":"{text}","command":"new_msg","sent_timestamp":"{sent}"}}"#
            )
        });
        // Fetching takes nothing away.
        for _ in 0..2 {
            ben.send(&fetch("fetch_room_msgs", BEN)).await;
            assert_eq!(ben.text().await, list(&written.join(",")));
        }
        for other in ["fetch_msgs", "fetch_grp_msgs"] {
            ben.send(&fetch(other, BEN)).await;
            assert!(ben.text().await.ends_with(r#""messages":[]}"#));
        }
        let mut ben_says = stand.room_chat("ben").await;
        ben_says.send(&frame("msg_received", AT, BEN, "room", "2020-11-21 16:33:00")).await;
        ben_says.send(&said(BEN, "got one", "2020-11-21 16:33:01")).await;
        assert!(ben_says.text().await.contains("msg_sent"));
        ben.send(&fetch("fetch_room_msgs", BEN)).await;
        assert_eq!(ben.text().await, list(&written[1]));
    }
}

#[tokio::test]
async fn what_does_not_fit_the_socket_is_an_error() {
    let mut stand = four(BACKENDS[0]).await;
    stand.open_room("asha", "ben").await;
    let mut says = stand.room_chat("asha").await;
    let mut check = async |sent: String, kind: &str, about: &str| {
        says.send(&sent).await;
        let answer: serde_json::Value = serde_json::from_str(&says.text().await).unwrap();
        assert_eq!((&answer["command"], &answer["type"]), (&"error".into(), &kind.into()), "{sent}");
        assert!(answer["message"].as_str().unwrap().contains(about), "{answer}");
        answer
    };
    check(frame("new_msg", "hi", ASHA, CIRA, AT), "new_msg", "msg_to must be \"room\"").await;
    check(frame("new_msg", "hi", ASHA, "Room", AT), "new_msg", "msg_to must be \"room\"").await;
    check(frame("new_msg", "hi", CIRA, "room", AT), "new_msg", "msg_from must be your own").await;
    check(frame("new_msg", "hi", "room", "room", AT), "new_msg", "msg_from must be your own").await;
    check(frame("new_msg", "", ASHA, "room", AT), "new_msg", "empty").await;
    check(frame("new_grp_msg", "hi", ASHA, "room", AT), "new_grp_msg", "does not belong").await;
    check(frame("fetch_room_msgs", "", ASHA, "room", AT), "fetch_room_msgs", "does not belong").await;
    check(frame("msg_received", AT, ASHA, "room", AT), "msg_received", "couldn't find the message").await;
    let gone = "couldn't find a message to delete";
    check(frame("delete_msg", AT, ASHA, "room", AT), "delete_msg", gone).await;
    let unreadable = check("{".into(), "parse", "not JSON").await;
    assert_eq!((&unreadable["msg_from"], &unreadable["msg_to"]), (&ASHA.into(), &"room".into()));
    // It is open all the while.
    says.send(&said(ASHA, "hi", AT)).await;
    assert!(says.text().await.starts_with(&msg_sent(ASHA, "room", AT)));
}
