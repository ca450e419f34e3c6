//! Erasing people of both sides, and what they are told is held about them.

use hearken_core::actor::Actor;
use hearken_core::store::Find;
use hearken_desk::chats::look_up;
use hearken_desk::presence;
use hearken_desk::rows::{Part, Reach, read};
use hearken_desk::rules::listing;
use hearken_desk::stored::{Stage, WhoClosed};
use serde_json::{Value, json};

use crate::scene::Scene;
use crate::town::id_of;

impl Scene {
    async fn erase(&self, who: &str) {
        let erasing = self.core().begin_erasing(id_of(&self.people[who])).await.expect("he is there");
        presence::abandon(self.core(), erasing.account()).await.expect("his chats are over");
        erasing.finish().await.expect("he is erased");
        assert_eq!(self.core().check().await, Ok(vec![]), "the store is sound");
    }

    async fn count(&self, index: &'static str, key: String) -> u64 {
        let (from, to) = (i64::MIN, i64::MAX);
        let find = Find { index: index.into(), key, from, to, descending: false, limit: 0 };
        self.core().find_page(&find, 0).await.expect("the store reads").1
    }

    /// What each conversation holds about somebody.
    async fn held(&self, who: &str) -> Vec<Value> {
        let told = self.core().export(id_of(&self.people[who])).await.expect("he is there");
        let conversations = told["conversations"].as_array().expect("a list");
        conversations.iter().map(|conversation| conversation["held"].clone()).collect()
    }
}

#[tokio::test]
async fn a_visitors_chats_go_whole() {
    let mut scene = Scene::open().await;
    scene.play("ana opens; kim claims; kim replies; ana leaves; ana opens; ben opens; kim claims in 2").await;
    let mut ear = scene.ears().await.remove("kim").expect("kim is there");
    let home = scene.people["max"].organisation().expect("a person");
    scene.erase("ana").await;
    assert_eq!(crate::scene::heard(&mut ear).len(), 0, "what is gone is not shown any more");
    for number in [1, 2] {
        let found = look_up(scene.core(), home, scene.chat(number)).await.expect("the store reads");
        assert!(found.is_none(), "{number}");
    }
    assert!(look_up(scene.core(), home, scene.chat(3)).await.expect("the store reads").is_some());
    assert_eq!(scene.count(listing::CHATS, listing::all(home)).await, 1);
    assert_eq!(scene.count(listing::OPEN, id_of(&scene.people["kim"]).to_string()).await, 0);
    let online = presence::online(scene.core(), home, hearken_desk::stored::Side::Visitor, 10).await;
    assert_eq!(online, Ok(vec![id_of(&scene.people["ben"])]));
}

#[tokio::test]
async fn of_the_staff_nothing_stays_but_the_chats() {
    let mut scene = Scene::open().await;
    scene.play("ana opens; kim claims; kim replies; kim notes; sue takes; ana says; sue quits").await;
    scene.play("ben opens; kim claims; ben says; kim replies").await;
    let (kim, home) = (id_of(&scene.people["kim"]), scene.people["max"].organisation().expect("a person"));
    scene.erase("kim").await;
    assert_eq!(scene.count(listing::CHATS, listing::served_by(home, kim)).await, 0);
    assert_eq!(scene.count(listing::OPEN, kim.to_string()).await, 0);
    let (chat, state) = look_up(scene.core(), home, scene.chat(2)).await.expect("reads").expect("it stays");
    assert_eq!((&*chat.header.status, state.staff), (Stage::Closed.word(), None));
    assert_eq!(state.closed_by, Some(WhoClosed::Staff));
    assert!(chat.members.iter().all(|member| member.account != kim));
    let numbers = async |number| {
        let found = look_up(scene.core(), home, scene.chat(number)).await.expect("reads");
        let (chat, state) = found.expect("it stays");
        let reach = Reach { chat: chat.identity.id, last: chat.header.last_seq, skipped: state.skipped };
        let rows = read(scene.core(), &Actor::System("test"), reach, Part::NEWEST, 100).await;
        rows.expect("it reads").iter().map(|row| (row.number, row.sender)).collect::<Vec<_>>()
    };
    let sue = Some(id_of(&scene.people["sue"]));
    assert_eq!(numbers(1).await, [(1, None), (5, sue), (6, None), (7, sue)]);
    assert_eq!(numbers(2).await, [(1, None), (3, None), (5, None)], "opened, said, and that it is over");
}

#[tokio::test]
async fn people_are_told_what_is_held_about_them() {
    let mut scene = Scene::open().await;
    scene.play("ana opens; lee tags vip; kim flags 2; kim claims; kim replies; lee notes; ana leaves").await;
    let chat = hearken_desk::ids::digits(scene.chat(1).0);
    let at = "2025-06-15T15:06:40.000Z";
    let said = |words: &str| json!([{"content": {"content": words}, "at": at}]);
    let anas = json!({
        "chat": chat, "status": "closed", "created_at": at, "closed_at": at, "messages": said("ana opens"),
        "name": "ana", "email": "ana@example.org", "severity_level": 2, "tags": ["vip"], "closed_by": "visitor",
    });
    let held = scene.held("ana").await;
    assert!(held.contains(&anas), "{held:?}");
    assert!(held.contains(&json!({ "online": "visitor", "last_chat": chat })), "{held:?}");
    let kims = json!({
        "chat": chat, "status": "closed", "created_at": at, "closed_at": at, "messages": said("kim replies"),
        "serves": true, "notes": [],
    });
    let seat = json!({ "online": "staff", "last_chat": null });
    assert_eq!(scene.held("kim").await, [seat.clone(), kims]);
    let lees = json!({
        "chat": chat, "status": "closed", "created_at": at, "closed_at": at, "messages": [],
        "serves": false, "notes": said("lee notes"),
    });
    assert_eq!(scene.held("lee").await, [seat, lees]);
}
