//! What the two are told of their room, once: at once where they are connected, else with their next fetch.

use hearken_testkit::client::Client;
use serde_json::json;

use super::{ASHA, BEN, CIRA, four, update};
use crate::backend::BACKENDS;
use crate::speech::fetch;
use crate::stand::Stand;

/// What is kept for somebody: everything that comes before the answer of a fetch.
async fn kept(ears: &mut Client, phone: &str) -> Vec<String> {
    ears.send(&fetch("fetch_room_msgs", phone)).await;
    let mut kept = Vec::new();
    loop {
        let frame = ears.text().await;
        if frame.contains("fetch_room_msgs") {
            return kept;
        }
        kept.push(frame);
    }
}

/// Each way a room begins and ends, as `asha` brings it about.
const WAYS: [&[&str]; 4] = [
    &["create", "delete"],
    &["create", "grade", "delete"],
    &["create", "grade", "replace"],
    &["create", "deactivate"],
];

async fn act(stand: &mut Stand, command: &str) {
    let status = match command {
        "create" => stand.about_room("asha/phone", "POST", &json!({ "msg_to": BEN })).await.status,
        "grade" => stand.about_room("asha/phone", "DELETE", &json!({ "response": "1" })).await.status,
        "delete" => stand.about_room("asha/phone", "DELETE", &json!({ "response": "0" })).await.status,
        "replace" => stand.about_room("ben/phone", "DELETE", &json!({ "response": "1" })).await.status,
        _ => stand.about_room("asha/phone", "PUT", &json!({})).await.status,
    };
    assert!((200..300).contains(&status), "{command}: {status}");
}

#[tokio::test]
async fn who_is_connected_is_told_at_once_and_once() {
    for backend in BACKENDS {
        for way in WAYS {
            let mut stand = four(backend).await;
            let (mut asha, mut tablet) = (stand.ears("asha/phone").await, stand.ears("asha/tablet").await);
            let (mut ben, mut laptop) = (stand.ears("ben/laptop").await, stand.ears("ben/laptop").await);
            let mut cira = stand.ears("cira").await;
            for command in way {
                act(&mut stand, command).await;
                assert_eq!(tablet.text().await, update(command, ASHA));
                for ben in [&mut ben, &mut laptop] {
                    assert_eq!(ben.text().await, update(command, BEN));
                }
                // The sign-in that did it has its answer.
                if *command == "replace" {
                    assert_eq!(asha.text().await, update(command, ASHA));
                }
            }
            for (ears, phone) in [
                (&mut asha, ASHA),
                (&mut tablet, ASHA),
                (&mut ben, BEN),
                (&mut laptop, BEN),
                (&mut cira, CIRA),
            ] {
                assert_eq!(kept(ears, phone).await, Vec::<String>::new(), "{phone} was told already");
            }
        }
    }
}

#[tokio::test]
async fn who_is_away_is_told_by_his_next_fetch_and_once() {
    for backend in BACKENDS {
        for way in WAYS {
            let mut stand = four(backend).await;
            for command in way {
                act(&mut stand, command).await;
            }
            let by_others = |who: &str| {
                let own = |command: &&&str| (who == "ben") == (**command == "replace");
                way.iter().filter(|command| !own(command)).map(ToString::to_string).collect::<Vec<_>>()
            };
            for (who, phone) in [("asha", ASHA), ("ben", BEN)] {
                let expect: Vec<_> =
                    by_others(who).into_iter().map(|command| update(&command, phone)).collect();
                let mut ears = stand.ears(who).await;
                assert_eq!(kept(&mut ears, phone).await, expect, "{who} {way:?}");
                assert_eq!(kept(&mut ears, phone).await, Vec::<String>::new(), "{who} was told already");
            }
        }
    }
}

#[tokio::test]
async fn both_are_told_when_time_ends_their_room() {
    for backend in BACKENDS {
        let mut stand = four(backend).await;
        stand.open_room("asha/phone", "ben").await;
        let mut asha = stand.ears("asha/phone").await;
        stand.running.clock.advance(std::time::Duration::from_hours(24));
        let over = update("delete", ASHA).replace("2020-11-19 00", "2020-11-20 00");
        assert_eq!(asha.text().await, over);
        let mut ben = stand.ears("ben").await;
        let told = [update("create", BEN), update("delete", BEN).replace("2020-11-19 00", "2020-11-20 00")];
        assert_eq!(kept(&mut ben, BEN).await, told);
    }
}

#[tokio::test]
async fn who_waited_learns_that_he_has_met_somebody() {
    let mut stand = four(BACKENDS[1]).await;
    let mut asha = stand.ears("asha").await;
    assert_eq!(stand.about_room("asha", "POST", &json!({})).await.status, 202);
    assert_eq!(stand.about_room("ben", "POST", &json!({})).await.status, 201);
    assert_eq!(asha.text().await, update("create", ASHA));
}
