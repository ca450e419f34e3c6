//! Lists are what chats are: after whatever has happened, each finds exactly those that it should.

use hearken_core::ids::ConversationId;
use hearken_core::store::Find;
use hearken_desk::rules::listing;
use hearken_desk::stored::{Listed, Stage};
use hearken_desk::{chats, presence};

use crate::scene::Scene;
use crate::town::id_of;

impl Scene {
    fn number(&self, chat: ConversationId) -> usize {
        self.chats.iter().position(|other| *other == chat).expect("one of these") + 1
    }

    async fn found(&self, index: &'static str, key: String) -> Vec<usize> {
        let (from, to) = (i64::MIN, i64::MAX);
        let find = Find { index: index.into(), key, from, to, descending: false, limit: 100 };
        let rows = self.core().find(&find).await.expect("the store reads");
        let mut numbers: Vec<_> = rows.iter().map(|row| self.number(row.conversation)).collect();
        numbers.sort_unstable();
        numbers
    }
}

#[tokio::test]
async fn a_chat_is_listed_where_it_stands_and_nowhere_else() {
    async fn check(script: &str, unclaimed: &[usize], claimed: &[usize], closed: &[usize], kims: &[usize]) {
        let mut scene = Scene::open().await;
        scene.play(script).await;
        let home = scene.people["max"].organisation().expect("a person");
        let stages = [(Stage::Unclaimed, unclaimed), (Stage::Claimed, claimed), (Stage::Closed, closed)];
        for (stage, expect) in stages {
            let found = scene.found(listing::CHATS, listing::at_stage(home, stage)).await;
            assert_eq!(found, expect, "{stage:?} after {script:?}");
        }
        let all: Vec<_> = (1..=scene.chats.len()).collect();
        assert_eq!(scene.found(listing::CHATS, listing::all(home)).await, all);
        let kim = id_of(&scene.people["kim"]);
        assert_eq!(scene.found(listing::CHATS, listing::served_by(home, kim)).await, kims, "{script:?}");
        let open: Vec<_> = kims.iter().copied().filter(|number| claimed.contains(number)).collect();
        assert_eq!(scene.found(listing::OPEN, kim.to_string()).await, open, "open after {script:?}");
        let ana = id_of(&scene.people["ana"]);
        let own = chats::own(scene.core(), ana).await.expect("the store reads");
        let open = [unclaimed, claimed].concat().contains(&1);
        assert_eq!(own.is_some(), open, "ana's after {script:?}");
    }
    check("ana opens", &[1], &[], &[], &[]).await;
    check("ana opens; kim claims", &[], &[1], &[], &[1]).await;
    check("ana opens; kim claims; kim returns", &[1], &[], &[], &[]).await;
    check("ana opens; kim claims; sue takes", &[], &[1], &[], &[]).await;
    check("ana opens; kim claims; kim quits", &[], &[], &[1], &[1]).await;
    check("ana opens; ana leaves", &[], &[], &[1], &[]).await;
    check(
        "ana opens; ben opens; kim claims in 1; kim claims in 2; ana leaves in 1",
        &[],
        &[2],
        &[1],
        &[1, 2],
    )
    .await;
}

#[tokio::test]
async fn what_is_flagged_is_listed_the_latest_first() {
    let mut scene = Scene::open().await;
    let town_time = scene.core().now();
    scene.play("ana opens; ben opens; kim flags 1 in 1").await;
    let home = scene.people["max"].organisation().expect("a person");
    let flagged = |scene: &Scene| {
        let core = scene.core().clone();
        async move {
            let found = presence::flagged(&core, home).await.expect("the store reads");
            found.into_iter().map(|(chat, listed)| (chat, listed.severity)).collect::<Vec<_>>()
        }
    };
    assert_eq!(flagged(&scene).await, [(scene.chat(1), 1)]);
    scene.play("kim flags 7 in 2; ben leaves in 2; kim flags 0 in 1").await;
    assert_eq!(flagged(&scene).await, [(scene.chat(2), 7)], "closed ones too");
    scene.play("kim flags 0 in 2").await;
    assert_eq!(flagged(&scene).await, []);
    assert_eq!(scene.core().now(), town_time, "nobody has moved the clock");
}

#[tokio::test]
async fn a_row_says_all_that_lists_need() {
    let mut scene = Scene::open().await;
    scene.play("ana opens; kim tags vip; kim flags 2; kim claims; kim replies; ana leaves").await;
    let ana = id_of(&scene.people["ana"]);
    let home = scene.people["max"].organisation().expect("a person");
    let (_, state) =
        chats::look_up(scene.core(), home, scene.chat(1)).await.expect("the store reads").expect("there");
    let found = presence::flagged(scene.core(), home).await.expect("the store reads");
    assert_eq!(found, [(scene.chat(1), Listed::of(&state, Stage::Closed, 2))]);
    let listed = &found[0].1;
    assert_eq!((listed.visitor, listed.name.as_deref()), (ana, Some("ana")));
    assert_eq!(listed.email.as_deref(), Some("ana@example.org"));
    assert_eq!((listed.first_reply.is_some(), listed.closed.is_some()), (true, true));
}
