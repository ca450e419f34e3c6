//! `PUT`: add, remove, promote, rename.

use hearken_core::At;
use hearken_core::actor::Actor;
use hearken_messenger::rules::{Done, Moment, group, message_of};
use hearken_messenger::stored::{GROUPS, Group};
use hearken_messenger::timestamp::Sent;
use serde_json::{Value, json};

use crate::house::{ANA, BEN, CID, DAN, FAR, House, NOBODY, detail, shown};

fn to(command: &str, key: &str, msg_from: &str, msg_to: &str) -> Value {
    json!({"command": command, "key": key, "msg_from": msg_from, "msg_to": msg_to})
}

fn rename(key: &str, msg_from: &str, name: &str) -> Value {
    json!({"command": "rename", "key": key, "msg_from": msg_from, "name": name})
}

#[tokio::test]
async fn an_admin_changes_the_group_and_a_repeat_changes_nothing() {
    let house = House::open().await;
    let key = &house.group(&[ANA, BEN]).await;
    for (body, name, admin, participants) in [
        (to("add", key, ANA, CID), "Walkers", &[ANA] as &[_], &[ANA, BEN, CID] as &[_]),
        (to("promote", key, ANA, BEN), "Walkers", &[ANA, BEN], &[ANA, BEN, CID]),
        (rename(key, ANA, "Runners"), "Runners", &[ANA, BEN], &[ANA, BEN, CID]),
        // An admin that is added again stays one.
        (to("add", key, ANA, BEN), "Runners", &[ANA, BEN], &[ANA, BEN, CID]),
        (to("remove", key, ANA, CID), "Runners", &[ANA, BEN], &[ANA, BEN]),
    ] {
        let expect = shown(key, name, admin, participants, "updated");
        house.check(ANA, "PUT", &body, 200, &expect).await;
        house.check(ANA, "PUT", &body, 200, &expect).await;
    }
    // Whoever was made an admin is one.
    let expect = shown(key, "Runners", &[ANA, BEN], &[ANA, BEN, DAN], "updated");
    house.check(BEN, "PUT", &to("add", key, BEN, DAN), 200, &expect).await;
}

#[tokio::test]
async fn what_is_against_a_rule_is_refused_and_changes_nothing() {
    let house = House::open().await;
    let key = &house.group(&[ANA, BEN, CID]).await;
    let promote = to("promote", key, ANA, BEN);
    house
        .check(ANA, "PUT", &promote, 200, &shown(key, "Walkers", &[ANA, BEN], &[ANA, BEN, CID], "updated"))
        .await;

    let not_yours = detail("This number is not yours.");
    let not_admin = detail("Refused: only an admin of the group may do this.");
    let not_member = detail("Refused: you are not in this group.");
    let stays = detail("Refused: an admin can't be removed.");
    let not_in = detail("Refused: nobody with this number is in the group.");
    let nothing = detail("Not found.");
    for (who, body, status, expect) in [
        (ANA, to("remove", key, ANA, BEN), 400, &stays),
        (ANA, to("remove", key, ANA, ANA), 400, &stays),
        (ANA, to("remove", key, ANA, DAN), 400, &not_in),
        (ANA, to("promote", key, ANA, DAN), 400, &not_in),
        (ANA, to("add", key, ANA, NOBODY), 404, &nothing),
        (ANA, to("add", key, ANA, FAR), 404, &nothing),
        (ANA, to("remove", key, ANA, "no number"), 404, &nothing),
        (ANA, to("add", "ABCDEFGHI0", ANA, BEN), 404, &nothing),
        (ANA, to("add", "no key at all", ANA, BEN), 404, &nothing),
        (ANA, to("add", key, BEN, DAN), 403, &not_yours),
        (ANA, to("add", key, "me", DAN), 403, &not_yours),
        (CID, to("add", key, ANA, DAN), 403, &not_yours),
        (CID, to("add", key, CID, DAN), 403, &not_admin),
        // Who may not ask learns nothing of numbers either.
        (CID, to("add", key, CID, NOBODY), 403, &not_admin),
        (CID, to("remove", key, CID, CID), 403, &not_admin),
        (CID, rename(key, CID, "Mine"), 403, &not_admin),
        (DAN, to("add", key, DAN, DAN), 403, &not_member),
        // Another organisation's groups do not exist.
        (FAR, rename(key, FAR, "Mine"), 404, &nothing),
    ] {
        house.check(who, "PUT", &body, status, expect).await;
    }
    let same = shown(key, "Walkers", &[ANA, BEN], &[ANA, BEN, CID], "updated");
    house.check(BEN, "PUT", &rename(key, BEN, "Walkers"), 200, &same).await;
}

#[tokio::test]
async fn a_body_must_have_what_its_command_takes() {
    let house = House::open().await;
    let key = &house.group(&[ANA, BEN]).await;
    for (body, wrong) in [
        (json!({}), &["command", "key", "msg_from"] as &[&str]),
        (json!({"command": "dance", "key": key, "msg_from": ANA}), &["command"]),
        (json!({"command": "", "key": key, "msg_from": ANA, "name": "n"}), &["command"]),
        (json!({"command": "add", "key": key, "msg_from": ANA}), &["msg_to"]),
        (json!({"command": "add", "key": 7, "msg_from": [], "msg_to": null}), &["key", "msg_from", "msg_to"]),
        (json!({"command": "rename", "key": key, "msg_from": ANA, "msg_to": BEN}), &["name"]),
        (rename(key, ANA, ""), &["name"]),
        (rename(key, ANA, &"n".repeat(31)), &["name"]),
    ] {
        let answer = house.ask(ANA, "PUT", &body).await;
        let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap_or_default()).collect();
        assert_eq!((answer.status.as_u16(), found.as_slice()), (400, wrong), "{body}");
    }
}

/// Ana says something to the group.
async fn say(house: &House, key: &str, text: &'static str, sent: &str) {
    let ana = house.actor(ANA).await;
    let me = ana.account().expect("a person");
    let sent = Moment { at: Sent::parse(sent).expect("a time"), text: sent.to_owned() };
    let organisation = ana.organisation().expect("an organisation");
    let at = At::<Group>::key(organisation, key).reading(message_of(me, sent.at));
    let said = house.core.update(&ana, at, move |draft| group::send(draft, me, &sent, text)).await;
    assert!(matches!(said, Ok(Done::Kept(_))), "{said:?}");
}

/// What waits for somebody: how many messages, and for how many people the first does.
async fn waiting(house: &House, phone: &str) -> (usize, usize) {
    let actor: Actor = house.actor(phone).await;
    let mut inbox = house.core.inbox(&actor, GROUPS).await.expect("an inbox");
    let (page, last) = inbox.page(50).await.expect("a page");
    assert!(last);
    (page.len(), page.first().map_or(0, |waiting| waiting.waits_for.len()))
}

#[tokio::test]
async fn whoever_is_removed_leaves_every_pending_set_and_the_last_frees_the_message() {
    let house = House::open().await;
    let key = &house.group(&[ANA, BEN, CID]).await;
    say(&house, key, "one", "2020-11-21 16:32:17").await;
    say(&house, key, "two", "2020-11-21 16:32:18").await;
    assert_eq!((waiting(&house, BEN).await, waiting(&house, CID).await), ((2, 2), (2, 2)));

    let expect = shown(key, "Walkers", &[ANA], &[ANA, BEN], "updated");
    house.check(ANA, "PUT", &to("remove", key, ANA, CID), 200, &expect).await;
    assert_eq!((waiting(&house, BEN).await, waiting(&house, CID).await), ((2, 1), (0, 0)));

    // Back again, he finds nothing of what was said before; his place is another's business.
    let expect = shown(key, "Walkers", &[ANA], &[ANA, BEN, DAN], "updated");
    house.check(ANA, "PUT", &to("add", key, ANA, DAN), 200, &expect).await;
    house
        .check(
            ANA,
            "PUT",
            &to("add", key, ANA, CID),
            200,
            &shown(key, "Walkers", &[ANA], &[ANA, BEN, DAN, CID], "updated"),
        )
        .await;
    assert_eq!((waiting(&house, DAN).await, waiting(&house, CID).await), ((0, 0), (0, 0)));

    let expect = shown(key, "Walkers", &[ANA], &[ANA, DAN, CID], "updated");
    house.check(ANA, "PUT", &to("remove", key, ANA, BEN), 200, &expect).await;
    assert_eq!(waiting(&house, BEN).await, (0, 0));
    assert_eq!(house.core.check().await, Ok(Vec::new()), "received by all, so without a body");
}
