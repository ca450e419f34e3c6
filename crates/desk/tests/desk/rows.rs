//! Rows of a chat: what they are, their numbers, and reading them back in parts.

use hearken_core::actor::Actor;
use hearken_desk::chats::look_up;
use hearken_desk::rows::{Part, Reach, Row, RowContent, read};
use hearken_desk::stored::RowType;

use crate::scene::Scene;
use crate::town::id_of;

const SERVER: Actor = Actor::System("test");

impl Scene {
    async fn reach(&self) -> Reach {
        let home = self.people["max"].organisation().expect("a person");
        let found = look_up(self.core(), home, self.chat(self.chats.len())).await.expect("the store reads");
        let (chat, state) = found.expect("it is there");
        Reach { chat: chat.identity.id, last: chat.header.last_seq, skipped: state.skipped }
    }

    /// Number, sender and words of each row.
    async fn rows(&self, eyes: &Actor, part: Part, limit: usize) -> Vec<String> {
        let rows = read(self.core(), eyes, self.reach().await, part, limit).await.expect("it reads");
        rows.iter().map(|row| self.told_of(row)).collect()
    }

    fn told_of(&self, row: &Row) -> String {
        let sender = self.people.iter().find(|(_, actor)| Some(id_of(actor)) == row.sender);
        let sender = sender.map_or("-", |(name, _)| name);
        let words = match &row.content {
            RowContent::Line(line) => (*line).to_owned(),
            RowContent::Said(content) => {
                let json: serde_json::Value = serde_json::from_str(content.json()).expect("JSON");
                json["content"].as_str().expect("words").to_owned()
            }
        };
        let kind = match row.row_type {
            RowType::System => 0,
            RowType::Message => 1,
            RowType::Note => 2,
        };
        format!("{} {kind} {sender}: {words}", row.number)
    }
}

#[tokio::test]
async fn a_chat_reads_as_its_rows() {
    let mut scene = Scene::open().await;
    scene.play("ana opens; ana asks; lee flags 2; kim claims; kim replies; lee notes; ana says").await;
    scene.play("kim returns; lee claims; sue takes; sue tags vip; max flags 0; sue quits").await;
    let expect = [
        "1 1 -: ana opens",
        "2 1 -: ana asks",
        "3 0 kim: join room",
        "4 1 kim: kim replies",
        "5 2 lee: lee notes",
        "6 1 -: ana says",
        "7 0 kim: return room",
        "8 0 lee: join room",
        "9 0 sue: take over room",
        "10 0 sue: leave room",
    ];
    assert_eq!(scene.rows(&SERVER, Part::NEWEST, 100).await, expect);
    let ana = scene.people["ana"].clone();
    let unnoted: Vec<_> = expect.iter().filter(|row| !row.contains("notes")).collect();
    assert_eq!(scene.rows(&ana, Part::NEWEST, 100).await.iter().collect::<Vec<_>>(), unnoted);
}

#[tokio::test]
async fn a_visitor_who_leaves_is_nobody_of_the_staff() {
    let mut scene = Scene::open().await;
    scene.play("ana opens; kim claims; ana leaves").await;
    let expect = ["1 1 -: ana opens", "2 0 kim: join room", "3 0 -: leave room"];
    assert_eq!(scene.rows(&SERVER, Part::NEWEST, 100).await, expect);
}

#[tokio::test]
async fn rows_are_read_in_parts() {
    let mut scene = Scene::open().await;
    // Rows 1 to 40, and flags between them, many of them together.
    scene.play("ana opens; kim claims").await;
    for number in 3..=40 {
        scene.play("kim flags 1").await;
        if number % 10 == 0 {
            scene.play(&"kim flags 2;".repeat(30)).await;
        }
        scene.play("ana says").await;
    }
    let scene = &scene;
    // The first of them, and how many.
    let check = |part, limit, (first, count): (u64, u64)| async move {
        let reach = scene.reach().await;
        let rows = read(scene.core(), &SERVER, reach, part, limit).await.expect("it reads");
        let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (first..first + count).collect::<Vec<_>>(), "{part:?}, {limit}");
    };
    check(Part::NEWEST, 100, (1, 40)).await;
    check(Part::NEWEST, 3, (38, 3)).await;
    check(Part::Before(40), 3, (37, 3)).await;
    check(Part::Before(11), 100, (1, 10)).await;
    check(Part::Before(1), 100, (0, 0)).await;
    check(Part::Before(0), 100, (0, 0)).await;
    check(Part::Before(1000), 2, (39, 2)).await;
    check(Part::After(0, u64::MAX), 5, (1, 5)).await;
    check(Part::After(10, u64::MAX), 5, (11, 5)).await;
    check(Part::After(10, 13), 5, (11, 2)).await;
    check(Part::After(39, u64::MAX), 5, (40, 1)).await;
    check(Part::After(40, u64::MAX), 5, (0, 0)).await;
    check(Part::After(u64::MAX, u64::MAX), 5, (0, 0)).await;
    check(Part::NEWEST, 0, (0, 0)).await;
}
