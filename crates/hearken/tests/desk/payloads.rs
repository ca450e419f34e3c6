//! What exactly each event carries: the seed's dictionaries, field by field, and what the contract adds.

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::stand::Stand;

/// 2019-11-03T10:00:00Z, at which the clock stands.
const NOW: i64 = 1_572_775_200;

fn staff(stand: &Stand, name: &str, role_id: u8) -> Value {
    json!({
        "email": format!("{name}@example.org"), "created_at": NOW, "full_name": name, "updated_at": null,
        "id": stand.id(name), "display_name": null,
        "organisation_id": stand.account(name).organisation_id.0.simple().to_string(),
        "disabled": false, "role_id": role_id,
    })
}

fn visitor(stand: &Stand, name: &str) -> Value {
    json!({
        "email": format!("{name}@example.org"), "is_anonymous": false, "created_at": NOW, "updated_at": null,
        "name": name, "id": stand.id(name), "disabled": false,
    })
}

fn room(stand: &Stand, id: &str, severity: i64, tags: &[&str]) -> Value {
    json!({
        "created_at": NOW * 1000, "id": id, "severity_level": severity, "tags": tags,
        "updated_at": NOW * 1000, "visitor_id": stand.id("ana"),
    })
}

/// Does that, and looks what each of these is told.
async fn check(scene: &mut Scene, line: &str, expect: &[(&str, &str, Value)]) {
    assert_eq!(scene.act(line).await, json!([true, null]), "{line}");
    let told = scene.told().await;
    for (tab, name, data) in expect {
        let heard = told.get(tab).and_then(|told| told.iter().find(|told| told.name == *name));
        let heard = heard.unwrap_or_else(|| panic!("{tab} is not told {name} after {line}: {told:?}"));
        assert_eq!(heard.data(), data, "{name} to {tab} after {line}");
    }
}

fn said(line: &str) -> Value {
    json!({ "content": line })
}

/// A message of ana's as a row.
fn row(scene: &Scene, number: u64, line: &str) -> Value {
    let chat = hearken_core::ids::ConversationId(uuid::Uuid::try_parse(&scene.rooms[0]).expect("an id"));
    json!({
        "sender": null, "updated_at": null, "id": hearken_desk::ids::of_row(chat, number).simple().to_string(),
        "content": said(line), "chat_id": scene.rooms[0], "created_at": NOW, "type_id": 1, "sequence_num": number,
    })
}

#[tokio::test]
async fn what_waits_and_is_claimed_carries_what_the_seed_says() {
    let mut scene = Scene::open().await;
    let (ana, kim) = (visitor(&scene.stand, "ana"), staff(&scene.stand, "kim", 3));
    assert_eq!(scene.act("ana opens").await, json!([true, null]));
    let plain = room(&scene.stand, &scene.rooms[0], 0, &[]);
    let told = scene.told().await;
    let appended = json!({ "user": ana, "room": plain, "contents": [said("ana opens")] });
    assert_eq!(told["lee"][0].data(), &appended);
    assert_eq!(told["ana2"][0].data(), &json!({ "room": plain, "content": said("ana opens") }));
    let more = json!({ "user": ana, "room": plain, "content": said("ana asks") });
    check(&mut scene, "ana asks", &[("kim", "visitor_unclaimed_msg", more)]).await;
    let rows = json!([row(&scene, 1, "ana opens"), row(&scene, 2, "ana asks")]);
    check(
        &mut scene,
        "kim claims",
        &[
            ("lee", "staff_claim_chat", json!({ "user": ana, "room": plain, "staff": kim })),
            ("ana", "staff_join_room", json!({ "user": kim, "room": plain })),
            (
                "sue",
                "agent_new_chat",
                json!({ "user": kim, "visitor": ana, "room": plain, "contents": rows }),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_said_and_written_carries_what_the_seed_says() {
    let mut scene = Scene::open().await;
    let (ana, kim) = (visitor(&scene.stand, "ana"), staff(&scene.stand, "kim", 3));
    scene.play("ana opens; kim claims").await;
    let id = scene.rooms[0].clone();
    let plain = room(&scene.stand, &id, 0, &[]);
    let from_ana = json!({ "user": ana, "room": plain, "content": said("ana says") });
    check(
        &mut scene,
        "ana says",
        &[("kim", "visitor_send", from_ana.clone()), ("max", "new_visitor_msg_for_supervisor", from_ana)],
    )
    .await;
    let from_kim = json!({ "user": kim, "room": plain, "content": said("kim replies") });
    check(
        &mut scene,
        "kim replies",
        &[
            ("ana", "staff_send", from_kim.clone()),
            ("max", "new_staff_msg_for_supervisor", from_kim),
            ("kim2", "own_msg", json!({ "room": plain, "content": said("kim replies") })),
        ],
    )
    .await;
    let typing = json!({ "user": kim, "room": plain });
    check(&mut scene, "kim types", &[("ana", "user_typing_receive", typing.clone())]).await;
    check(&mut scene, "kim stops", &[("ana2", "user_stop_typing_receive", typing)]).await;
    let flagged = room(&scene.stand, &id, 2, &[]);
    let changed = json!({ "user": kim, "room": flagged });
    check(&mut scene, "kim flags 2", &[("sue", "chat_has_changed_priority_for_supervisor", changed)]).await;
    let tagged = room(&scene.stand, &id, 2, &["vip"]);
    check(&mut scene, "kim tags vip", &[("lee", "chat_tags", json!({ "room": tagged }))]).await;
    let noted = json!({ "user": kim, "room": tagged, "content": said("kim notes") });
    check(&mut scene, "kim notes", &[("sue", "chat_note", noted)]).await;
}

#[tokio::test]
async fn whoever_serves_and_goes_is_told_as_the_seed_says() {
    let mut scene = Scene::open().await;
    let (ana, sue) = (visitor(&scene.stand, "ana"), staff(&scene.stand, "sue", 2));
    scene.play("ana opens; kim claims; ana says; kim replies; kim notes").await;
    let plain = room(&scene.stand, &scene.rooms[0], 0, &[]);
    let by_sue = json!({ "user": sue, "room": plain });
    check(
        &mut scene,
        "sue takes",
        &[
            ("ana", "staff_being_taken_over_chat", by_sue.clone()),
            ("kim", "staff_being_taken_over_chat", by_sue.clone()),
            ("max", "staff_take_over_chat", by_sue.clone()),
        ],
    )
    .await;
    let all = ["ana opens", "ana says", "kim replies"].map(said);
    check(
        &mut scene,
        "sue returns",
        &[
            ("ana", "chat_returned", json!({ "room": plain })),
            ("sue", "append_unclaimed_chats", json!({ "user": ana, "room": plain, "contents": all })),
        ],
    )
    .await;
    check(&mut scene, "sue claims", &[("ana", "staff_join_room", by_sue.clone())]).await;
    check(
        &mut scene,
        "sue quits",
        &[
            ("ana", "staff_leave", by_sue.clone()),
            ("max", "staff_leave_chat_for_supervisor", by_sue),
            ("sue2", "own_leave", json!({ "room": plain })),
        ],
    )
    .await;
}

#[tokio::test]
async fn leaving_carries_who_has_left() {
    let mut scene = Scene::open().await;
    let ana = visitor(&scene.stand, "ana");
    scene.play("ana opens").await;
    let about = json!({ "user": ana, "room": room(&scene.stand, &scene.rooms[0], 0, &[]) });
    check(&mut scene, "ana leaves", &[("lee", "visitor_leave_queue", about)]).await;
    scene.play("ana opens; kim claims").await;
    let plain = room(&scene.stand, &scene.rooms[1], 0, &[]);
    let about = json!({ "user": ana, "room": plain });
    check(
        &mut scene,
        "ana leaves",
        &[
            ("kim", "visitor_leave", about.clone()),
            ("sue", "visitor_leave_chat_for_supervisor", about),
            ("ana2", "own_leave", json!({ "room": plain })),
        ],
    )
    .await;
}

/// What somebody is told first, whoever he is and whatever has happened.
#[tokio::test]
async fn the_first_lists_tell_how_everything_stands() {
    let mut scene = Scene::open().await;
    let script = "ana opens; ana asks; kim flags 3; kim claims; kim replies; kim notes; ben opens; ben asks";
    scene.play(script).await;
    let stand = &scene.stand;
    let ana_room = room(stand, &scene.rooms[0], 3, &[]);
    let mut ben_room = room(stand, &scene.rooms[1], 0, &[]);
    ben_room["visitor_id"] = stand.id("ben").into();
    let (_tab, init) = stand.begin("kim").await;
    let online = json!([
        staff(stand, "kim", 3),
        staff(stand, "lee", 3),
        staff(stand, "sue", 2),
        staff(stand, "max", 1)
    ]);
    let by_id = |list: &Value| {
        let mut list = list.as_array().expect("a list").clone();
        list.sort_by_key(|person| person["id"].as_str().map(str::to_owned));
        list
    };
    let mut here = by_id(&init["online_users"]);
    // Kept up by the test itself.
    here.retain(|person| person["full_name"] != "zed");
    assert_eq!(here, by_id(&online));
    assert_eq!(
        by_id(&init["online_visitors"]),
        by_id(&json!([visitor(stand, "ana"), visitor(stand, "ben")]))
    );
    let bare = |lines: &[&str]| lines.iter().map(|line| json!({ "content": line })).collect::<Vec<_>>();
    let waiting = json!([{ "user": visitor(stand, "ben"), "room": ben_room, "contents": bare(&["ben opens", "ben asks"]) }]);
    assert_eq!(init["unclaimed_chats"], waiting);
    assert_eq!(init["flagged_chats"], json!([{ "user": visitor(stand, "ana"), "room": ana_room }]));
    let rows = &init["my_chats"][0]["contents"];
    let brief = |rows: &Value| {
        let rows = rows.as_array().expect("a list").iter();
        rows.map(|row| format!("{} {} {}", row["sequence_num"], row["type_id"], row["content"]["content"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(init["my_chats"][0]["room"], ana_room);
    assert_eq!(init["my_chats"][0]["user"], visitor(stand, "ana"));
    let all = [
        r#"1 1 "ana opens""#,
        r#"2 1 "ana asks""#,
        r#"3 0 "join room""#,
        r#"4 1 "kim replies""#,
        r#"5 2 "kim notes""#,
    ];
    assert_eq!(brief(rows), all);
    assert_eq!(rows[3]["sender"], json!(stand.id("kim")));
    let (_tab, init) = stand.begin("ana").await;
    assert_eq!(init["staff_online"], true);
    assert_eq!(init["chat"]["room"], ana_room);
    // Notes are never shown to him.
    assert_eq!(brief(&init["chat"]["contents"]), all[..4]);
    let (_tab, init) = stand.begin("guy").await;
    assert_eq!(init, json!({ "chat": null, "staff_online": true }));
    let (_tab, init) = stand.begin("eve").await;
    let other = json!({
        "online_users": [staff(stand, "eve", 3)], "online_visitors": [visitor(stand, "guy")],
        "unclaimed_chats": [], "flagged_chats": [], "my_chats": [],
    });
    assert_eq!(init, other);
}

/// Content is handed on to the letter: the order of keys, and how numbers are written.
#[tokio::test]
async fn content_is_handed_on_to_the_letter() {
    let stand = Stand::open().await;
    let (mut ana, mut kim) = (stand.tab("ana").await, stand.tab("kim").await);
    let content = r#"{"z":1.0, "a":[1e3,{"b":"\u00e4ä\\/"}],"n":12345678901234567890123,"z":2}"#;
    ana.send(&format!(r#"420["visitor_first_msg",{content}]"#)).await;
    let packet = kim.raw_event().await;
    assert!(packet.ends_with(&format!(r#","contents":[{content}]}}]"#)), "{packet}");
}
