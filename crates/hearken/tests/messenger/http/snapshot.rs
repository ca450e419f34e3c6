//! `POST /chat/special`: every chat of a person in one answer.

use std::collections::BTreeSet;

use hearken_core::NewAccount;
use hearken_messenger::dialogues::{self, Ends};
use hearken_messenger::groups::{self, New};
use serde_json::{Value, json};

use super::{ASHA, BEN, CARA, check, stand};
use crate::backend::BACKENDS;
use crate::speech::frame;
use crate::stand::Stand;

const PATH: &str = "/chat/special";

fn empty() -> Value {
    json!({"data": {"personal": [], "group": [], "room": null}, "info": "success"})
}

#[tokio::test]
async fn it_shows_both_dialogues_of_a_chat_and_the_groups() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let me = |phone| json!({ "msg_from": phone });
        check(&mut stand, "asha", "POST", PATH, &me(ASHA), (200, empty())).await;
        stand.group("test12test", &["asha*", "ben"]).await;
        stand.group("others0000", &["ben*", "cara"]).await;
        let mut chat = stand.chat("asha", "ben").await;
        let mut ears = stand.ears("asha/ears").await;
        chat.send(&frame("new_msg", "hello", ASHA, BEN, "2020-11-21 17:11:06.23")).await;
        assert!(chat.text().await.contains("msg_sent"));
        assert!(ears.text().await.contains("new_msg"));
        let mut answers = stand.chat("ben", "asha").await;
        answers
            .send(&frame("msg_received", "2020-11-21 17:11:06.23", BEN, ASHA, "2020-11-21 17:11:30.404"))
            .await;
        assert!(ears.text().await.contains("msg_received"));
        let dialogue = |sender, receiver, received: Option<&str>| {
            json!({
                "sender": sender, "receiver": receiver,
                "last_received_receiver": received, "last_seen_receiver": null,
            })
        };
        let received = Some("2020-11-21T17:11:30.404000Z");
        let (own, bens) = (dialogue(ASHA, BEN, None), dialogue(BEN, ASHA, received));
        let group = |key, admin, participants: &[&str]| json!({"key": key, "name": key, "bio": "Of a test", "admin": [admin], "participants": participants});
        let first = group("test12test", ASHA, &[ASHA, BEN]);
        let second = group("others0000", BEN, &[BEN, CARA]);
        let snapshot = |personal: Vec<&Value>, group: Vec<&Value>| json!({"data": {"personal": personal, "group": group, "room": null}, "info": "success"});
        for path in [PATH, "/chat/special/", "/chat/special/special", "/chat/special/special/"] {
            let expect = snapshot(vec![&own, &bens], vec![&first]);
            check(&mut stand, "asha", "POST", path, &me(ASHA), (200, expect)).await;
        }
        let (status, mut bens_own) = stand.http("ben", "POST", PATH, &me(BEN).to_string()).await;
        // In which order groups of one moment come is nobody's business.
        let groups = bens_own["data"]["group"].as_array_mut().expect("a list");
        groups.sort_by_key(|group| group["key"].to_string());
        let expect = snapshot(vec![&bens, &own], vec![&second, &first]);
        assert_eq!((status.as_u16(), bens_own), (200, expect));
        check(&mut stand, "cara", "POST", PATH, &me(CARA), (200, snapshot(vec![], vec![&second]))).await;
        // What was deleted and left is not shown.
        let body = json!({"msg_from": BEN, "msg_to": ASHA}).to_string();
        assert_eq!(stand.http("ben", "DELETE", "/chat/special/personal", &body).await.0.as_u16(), 200);
        let body = json!({"key": "test12test", "msg_from": ASHA}).to_string();
        assert_eq!(stand.http("asha", "DELETE", "/chat/special/group", &body).await.0.as_u16(), 200);
        check(&mut stand, "asha", "POST", PATH, &me(ASHA), (200, empty())).await;
    }
}

/// So many people who each have a chat and a group with Asha.
async fn crowd(stand: &mut Stand, count: usize) {
    let core = &stand.running.core.clone();
    let new = |number| NewAccount {
        phone: Some(format!("8{number:09}").parse().unwrap()),
        ..NewAccount::default()
    };
    let people = core.add_accounts((0..count).map(new).collect()).await.unwrap();
    let asha = stand.actor("asha").await;
    let organisation = people[0].organisation_id;
    let mut opened = Vec::new();
    for (number, person) in people.iter().enumerate() {
        let ends = Ends::of(&asha, person.id).unwrap();
        opened.push(dialogues::open(core, &asha, ends));
        let admins = vec![asha.account().unwrap()];
        let group = New { name: "g".into(), bio: String::new(), admins, participants: vec![person.id] };
        groups::import(core, organisation, &format!("G{number:09}"), group).await.unwrap();
    }
    for opened in opened {
        opened.await.unwrap();
    }
}

#[tokio::test]
async fn it_is_complete_though_there_are_many() {
    const COUNT: usize = 333;
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        crowd(&mut stand, COUNT).await;
        let (status, answer) =
            stand.http("asha", "POST", PATH, &json!({ "msg_from": ASHA }).to_string()).await;
        assert_eq!(status.as_u16(), 200);
        let personal = answer["data"]["personal"].as_array().unwrap();
        let pairs: BTreeSet<_> = personal
            .iter()
            .map(|dialogue| (dialogue["sender"].as_str().unwrap(), dialogue["receiver"].as_str().unwrap()))
            .collect();
        let peers: Vec<_> = (0..COUNT).map(|number| format!("8{number:09}")).collect();
        let expect = peers.iter().flat_map(|peer| [(ASHA, peer.as_str()), (peer.as_str(), ASHA)]).collect();
        assert_eq!((personal.len(), pairs), (2 * COUNT, expect));
        let keys: BTreeSet<_> = answer["data"]["group"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["key"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(keys, (0..COUNT).map(|number| format!("G{number:09}")).collect());
    }
}
