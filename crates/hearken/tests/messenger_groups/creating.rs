//! `POST`: a new group.

use serde_json::{Value, json};

use crate::house::{ANA, BEN, CID, FAR, House, NOBODY, detail, shown};

/// What Ana gets for a group of these, but for the key; the key is as it must be.
async fn check(house: &House, body: &Value, admin: &[&str], participants: &[&str]) {
    let answer = house.ask(ANA, "POST", body).await;
    let key = answer.body["group"]["key"].as_str().unwrap_or_default().to_owned();
    let expect = shown(&key, "Walkers", admin, participants, "created");
    assert_eq!((answer.status.as_u16(), answer.body), (201, expect), "{body}");
    let of_key = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    assert!(key.len() == 10 && key.bytes().all(of_key), "{key}");
}

#[tokio::test]
async fn the_caller_is_an_admin_and_everybody_is_in_once() {
    let house = House::open().await;
    for (admin, participants, admins, everybody) in [
        (json!([ANA]), json!([ANA, BEN, CID]), &[ANA] as &[_], &[ANA, BEN, CID] as &[_]),
        (json!([]), json!([CID, BEN]), &[ANA], &[ANA, CID, BEN]),
        (json!([BEN]), json!([BEN, BEN, CID, CID]), &[ANA, BEN], &[ANA, BEN, CID]),
        (json!([BEN, ANA]), json!([]), &[ANA, BEN], &[ANA, BEN]),
        (json!([]), json!([]), &[ANA], &[ANA]),
        // Numbers may be written for people.
        (json!([]), json!(["+900 000-0002", BEN]), &[ANA], &[ANA, BEN]),
    ] {
        let body = json!({"name": "Walkers", "bio": "", "admin": admin, "participants": participants});
        check(&house, &body, admins, everybody).await;
    }
    check(&house, &json!({"name": "Walkers"}), &[ANA], &[ANA]).await;
}

#[tokio::test]
async fn names_and_bios_have_their_lengths_in_characters() {
    let house = House::open().await;
    for (name, bio, wrong) in [
        ("ü".repeat(30), "🦉".repeat(80), &[] as &[&str]),
        ("ü".repeat(31), String::new(), &["name"]),
        ("n".into(), "🦉".repeat(81), &["bio"]),
        (String::new(), String::new(), &["name"]),
        ("n".repeat(31), "b".repeat(81), &["name", "bio"]),
    ] {
        let answer = house.ask(ANA, "POST", &json!({"name": name, "bio": bio})).await;
        let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap_or_default()).collect();
        let status = if wrong.is_empty() { 201 } else { 400 };
        assert_eq!((answer.status.as_u16(), found.as_slice()), (status, wrong), "{name:?} {bio:?}");
    }
}

#[tokio::test]
async fn unknown_numbers_are_named_one_by_one() {
    let house = House::open().await;
    let body = json!({"name": "Walkers", "admin": [NOBODY, BEN], "participants": [BEN, FAR, "call me", FAR]});
    let error =
        |field: &str, number: &str| json!({"field": field, "message": format!("{number} is unknown")});
    let expect = json!({
        "detail": format!("Unknown numbers: {NOBODY}, {FAR}, call me."),
        "errors": [error("admin", NOBODY), error("participants", FAR), error("participants", "call me")],
    });
    house.check(ANA, "POST", &body, 400, &expect).await;
}

#[tokio::test]
async fn a_group_has_128_members_at_most() {
    let house = House::open().await;
    let phones: Vec<String> = (0..129).map(|n| format!("91000000{n:02}")).collect();
    house.add(phones.iter().map(String::as_str)).await;
    let full = detail("Refused: the group is full.");
    // With Ana, who is not among them.
    house.check(ANA, "POST", &json!({"name": "n", "participants": phones}), 400, &full).await;
    house.check(ANA, "POST", &json!({"name": "n", "participants": phones[..128]}), 400, &full).await;
    let answer = house.ask(ANA, "POST", &json!({"name": "n", "participants": phones[..127]})).await;
    assert_eq!(answer.status.as_u16(), 201);

    let key = &answer.body["group"]["key"];
    let add = |number: &str| json!({"command": "add", "key": key, "msg_from": ANA, "msg_to": number});
    house.check(ANA, "PUT", &add(&phones[127]), 400, &full).await;
    // One who is in takes no place.
    assert_eq!(house.ask(ANA, "PUT", &add(&phones[126])).await.status.as_u16(), 200);
    let remove = json!({"command": "remove", "key": key, "msg_from": ANA, "msg_to": phones[0]});
    assert_eq!(house.ask(ANA, "PUT", &remove).await.status.as_u16(), 200);
    assert_eq!(house.ask(ANA, "PUT", &add(&phones[127])).await.status.as_u16(), 200);
}
