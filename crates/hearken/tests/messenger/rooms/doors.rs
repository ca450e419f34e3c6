//! Requests about rooms: what each is answered.

use std::time::Duration;

use serde_json::{Value, json};

use super::asking::{INFO, ROOM};
use super::{ASHA, BEN, CIRA, four};
use crate::backend::BACKENDS;
use crate::stand::Stand;

const NOBODY: &str = "9111111111";

/// What somebody is answered, whole.
async fn check(stand: &mut Stand, who: &str, method: &str, rest: Value, status: u16, expect: Value) {
    let answer = stand.about_room(who, method, &rest).await;
    assert_eq!((answer.status, &answer.body), (status, &expect), "{who} {method} {rest}");
}

fn detail(why: &str) -> Value {
    json!({ "detail": why })
}

/// A room that nobody has voted on or read in, as `phone` sees it, opened and ending at these times.
fn room(phone: &str, created_at: &str, expires_at: &str) -> Value {
    json!({
        "sender": phone, "receiver": "room", "last_received_receiver": null, "last_seen_receiver": null,
        "created_at": created_at, "expires_at": expires_at, "response": null,
    })
}

const OPENED: &str = "2020-11-19T00:00:00.000000Z";
const ENDS: &str = "2020-11-20T00:00:00.000000Z";

#[tokio::test]
async fn opening_a_room_with_somebody_named() {
    for backend in BACKENDS {
        let stand = &mut four(backend).await;
        stand.person_of("far", "9222222222", Some("elsewhere")).await;
        let not_found = detail("Not found.");
        for to in [NOBODY, "9222222222", "", "room", "99"] {
            check(stand, "asha", "POST", json!({ "msg_to": to }), 404, not_found.clone()).await;
        }
        let alone = detail("Refused: a room with oneself is no room.");
        check(stand, "asha", "POST", json!({ "msg_to": ASHA }), 400, alone).await;
        let made = json!({ "room": room(ASHA, OPENED, ENDS), "info": "created" });
        check(stand, "asha", "POST", json!({ "msg_to": BEN }), 201, made).await;
        let (own, others) =
            ("Refused: you are in a room already.", "Refused: the other is in a room already.");
        for (who, to, why) in [
            ("asha", BEN, own),
            ("ben", ASHA, own),
            ("asha", CIRA, own),
            ("cira", ASHA, others),
            ("cira", BEN, others),
        ] {
            check(stand, who, "POST", json!({ "msg_to": to }), 400, detail(why)).await;
        }
        check(stand, "asha", "POST", json!({}), 400, detail(own)).await;
        assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn asking_for_somebody_waiting_and_stopping() {
    for backend in BACKENDS {
        let stand = &mut four(backend).await;
        let waiting = json!({ "info": "waiting" });
        check(stand, "asha", "POST", json!({}), 202, waiting.clone()).await;
        check(stand, "asha", "POST", json!({ "msg_to": null }), 202, waiting.clone()).await;
        let stopped = json!({ "room": null, "info": "stopped" });
        check(stand, "asha", "DELETE", json!({}), 200, stopped.clone()).await;
        check(stand, "asha", "DELETE", json!({}), 200, stopped).await;
        check(stand, "ben", "POST", json!({}), 202, waiting.clone()).await;
        let met = json!({ "room": room(ASHA, OPENED, ENDS), "info": "created" });
        check(stand, "asha", "POST", json!({}), 201, met).await;
        // Who is in a room has not been waiting: it is what he means to say that is missing.
        let refused = stand.about_room("ben", "DELETE", &json!({})).await;
        let fault = &refused.body["errors"][0];
        let why = fault["message"].as_str().unwrap_or_default();
        assert_eq!((refused.status, &fault["field"]), (400, &json!("response")), "{}", refused.body);
        assert!(why.contains("you are in a room; send \"1\""), "{why}");
        check(stand, "cira", "POST", json!({}), 202, waiting).await;
    }
}

#[tokio::test]
async fn somebody_disabled_is_met_by_nobody() {
    let stand = &mut four(BACKENDS[0]).await;
    assert_eq!(stand.about_room("asha", "POST", &json!({})).await.status, 202);
    let asha = stand.account("asha").id;
    stand.running.core.set_disabled(asha, true).await.unwrap();
    assert_eq!(stand.about_room("ben", "POST", &json!({})).await.status, 202);
    stand.running.core.set_disabled(asha, false).await.unwrap();
    assert_eq!(stand.about_room("cira", "POST", &json!({})).await.status, 201);
}

#[tokio::test]
async fn votes_and_ends() {
    for backend in BACKENDS {
        let stand = &mut four(backend).await;
        let not_found = detail("Not found.");
        for (method, rest) in [
            ("DELETE", json!({ "response": "1" })),
            ("DELETE", json!({ "response": "0" })),
            ("PUT", json!({})),
        ] {
            check(stand, "asha", method, rest, 404, not_found.clone()).await;
        }
        stand.open_room("asha", "ben").await;
        let wrong = stand.about_room("asha", "DELETE", &json!({ "response": "2" })).await;
        assert_eq!((wrong.status, &wrong.body["errors"][0]["field"]), (400, &json!("response")));
        let mut own = room(ASHA, OPENED, ENDS);
        own["response"] = json!("1");
        let graded = json!({ "room": own, "info": "graded" });
        for _ in 0..2 {
            check(stand, "asha", "DELETE", json!({ "response": "1" }), 200, graded.clone()).await;
        }
        check(
            stand,
            "ben",
            "DELETE",
            json!({ "response": "0" }),
            200,
            json!({ "room": null, "info": "deleted" }),
        )
        .await;
        stand.open_room("ben", "asha").await;
        assert_eq!(stand.vote("ben", "1").await, "graded");
        check(
            stand,
            "asha",
            "DELETE",
            json!({ "response": "1" }),
            200,
            json!({ "room": null, "info": "replaced" }),
        )
        .await;
        stand.open_room("asha", "cira").await;
        check(stand, "cira", "PUT", json!({}), 200, json!({ "room": null, "info": "deactivated" })).await;
        for (who, to) in [("asha", CIRA), ("cira", ASHA)] {
            check(stand, who, "POST", json!({ "msg_to": to }), 400, json!({ "info": "error" })).await;
        }
        assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn the_room_is_shown_to_whoever_is_in_it() {
    let stand = &mut four(BACKENDS[1]).await;
    let body = json!({ "msg_from": ASHA });
    let nothing = stand.request("asha", "PATCH", INFO, &body).await;
    assert_eq!((nothing.status, nothing.body), (404, detail("Not found.")));
    stand.open_room("ben", "asha").await;
    let shown = stand.request("asha", "PATCH", INFO, &body).await;
    let expect = json!({ "room": room(ASHA, OPENED, ENDS), "info": "success" });
    assert_eq!((shown.status, shown.body), (200, expect));
    for (method, path, body) in [
        ("GET", format!("{INFO}?msg_from={ASHA}"), json!({})),
        ("GET", INFO.to_owned(), json!({})),
        ("PATCH", format!("{INFO}/"), json!({})),
    ] {
        let again = stand.request("asha", method, &path, &body).await;
        assert_eq!((again.status, &again.body["room"]["sender"]), (200, &json!(ASHA)), "{method} {path}");
    }
    assert_eq!(stand.request("asha", "GET", &format!("{INFO}?msg_from={BEN}"), &json!({})).await.status, 403);
    // Another's room is nobody else's, and neither is another's number.
    let nothing = stand.request("cira", "PATCH", INFO, &json!({ "msg_from": CIRA })).await;
    assert_eq!(nothing.status, 404);
    assert_eq!(stand.request("cira", "PATCH", INFO, &body).await.status, 403);
    stand.running.clock.advance(Duration::from_hours(24));
    assert_eq!(stand.request("asha", "PATCH", INFO, &body).await.status, 404);
}

#[tokio::test]
async fn nobody_acts_for_another_and_every_field_is_looked_at() {
    let stand = &mut four(BACKENDS[0]).await;
    stand.open_room("asha", "ben").await;
    let not_yours = detail("This number is not yours.");
    for method in ["POST", "PUT", "DELETE"] {
        for from in [BEN, NOBODY, ""] {
            let answer = stand.request("asha", method, ROOM, &json!({ "msg_from": from })).await;
            assert_eq!((answer.status, &answer.body), (403, &not_yours), "{method} {from}");
        }
        for body in [json!({}), json!({ "msg_from": null }), json!({ "msg_from": 9_999_999_999_u64 })] {
            let answer = stand.request("asha", method, ROOM, &body).await;
            assert_eq!((answer.status, &answer.body["errors"][0]["field"]), (400, &json!("msg_from")));
        }
    }
    for to in [json!(1), json!(["a"]), json!({})] {
        let answer = stand.about_room("cira", "POST", &json!({ "msg_to": to })).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["field"]), (400, &json!("msg_to")));
    }
    // Of all this, nothing was done.
    assert_eq!(stand.vote("asha", "1").await, "graded");
}
