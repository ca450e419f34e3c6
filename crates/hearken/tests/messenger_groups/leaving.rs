//! `DELETE`: leaving, who takes over, and the end of a group.

use serde_json::{Value, json};

use crate::house::{ANA, BEN, CID, DAN, House, NOBODY, detail, shown};

fn leave(key: &str, msg_from: &str) -> Value {
    json!({"key": key, "msg_from": msg_from})
}

fn left() -> Value {
    json!({"info": "left"})
}

/// The group as `who`, one of its admins, finds it.
async fn check_group(house: &House, key: &str, who: &str, admin: &[&str], participants: &[&str]) {
    let same = json!({"command": "rename", "key": key, "msg_from": who, "name": "Walkers"});
    house.check(who, "PUT", &same, 200, &shown(key, "Walkers", admin, participants, "updated")).await;
}

#[tokio::test]
async fn the_longest_standing_participant_becomes_admin_when_the_last_admin_leaves() {
    let house = House::open().await;
    // Dan is longest in after Ana: he stands first in the list.
    let key = &house.group(&[ANA, DAN, BEN]).await;
    let add = json!({"command": "add", "key": key, "msg_from": ANA, "msg_to": CID});
    assert_eq!(house.ask(ANA, "PUT", &add).await.status.as_u16(), 200);
    let promote = json!({"command": "promote", "key": key, "msg_from": ANA, "msg_to": CID});
    assert_eq!(house.ask(ANA, "PUT", &promote).await.status.as_u16(), 200);

    // There still is an admin: nobody rises.
    house.check(ANA, "DELETE", &leave(key, ANA), 200, &left()).await;
    check_group(&house, key, CID, &[CID], &[DAN, BEN, CID]).await;
    house.check(CID, "DELETE", &leave(key, CID), 200, &left()).await;
    check_group(&house, key, DAN, &[DAN], &[DAN, BEN]).await;

    // Whoever comes back is a participant like any other, and the youngest.
    let add = json!({"command": "add", "key": key, "msg_from": DAN, "msg_to": ANA});
    assert_eq!(house.ask(DAN, "PUT", &add).await.status.as_u16(), 200);
    check_group(&house, key, DAN, &[DAN], &[DAN, BEN, ANA]).await;
    house.check(DAN, "DELETE", &leave(key, DAN), 200, &left()).await;
    check_group(&house, key, BEN, &[BEN], &[BEN, ANA]).await;
}

#[tokio::test]
async fn leaving_twice_is_leaving_once() {
    let house = House::open().await;
    let key = &house.group(&[ANA, BEN, CID]).await;
    for _ in 0..2 {
        house.check(BEN, "DELETE", &leave(key, BEN), 200, &left()).await;
        check_group(&house, key, ANA, &[ANA], &[ANA, CID]).await;
    }
    // He is out, whatever he was told.
    let rename = json!({"command": "rename", "key": key, "msg_from": BEN, "name": "Mine"});
    house.check(BEN, "PUT", &rename, 403, &detail("Refused: you are not in this group.")).await;
}

#[tokio::test]
async fn the_last_to_leave_ends_the_group_and_its_key_is_unknown() {
    let house = House::open().await;
    let key = &house.group(&[ANA, BEN]).await;
    house.check(ANA, "DELETE", &leave(key, ANA), 200, &left()).await;
    house.check(BEN, "DELETE", &leave(key, BEN), 200, &left()).await;

    let nothing = detail("Not found.");
    for who in [ANA, BEN, CID] {
        house.check(who, "DELETE", &leave(key, who), 404, &nothing).await;
        let add = json!({"command": "add", "key": key, "msg_from": who, "msg_to": CID});
        house.check(who, "PUT", &add, 404, &nothing).await;
    }
    assert_eq!(house.core.check().await, Ok(Vec::new()));
}

#[tokio::test]
async fn who_may_not_leave() {
    let house = House::open().await;
    let key = &house.group(&[ANA, BEN]).await;
    let not_yours = detail("This number is not yours.");
    for (who, body, status, expect) in [
        (ANA, leave(key, BEN), 403, not_yours.clone()),
        (ANA, leave(key, NOBODY), 403, not_yours),
        (CID, leave(key, CID), 403, detail("Refused: you are not in this group.")),
        (ANA, leave("ABCDEFGHI0", ANA), 404, detail("Not found.")),
        (ANA, leave("", ANA), 404, detail("Not found.")),
    ] {
        house.check(who, "DELETE", &body, status, &expect).await;
    }
    check_group(&house, key, ANA, &[ANA], &[ANA, BEN]).await;
}
