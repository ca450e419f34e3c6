//! Lines that are lost, and what becomes of people and their chats (contract, "Leaving and losing the line").

use hearken_core::actor::Actor;
use hearken_core::node::{Connection, Parting};
use hearken_core::{Subscription, Target};
use hearken_desk::presence::{self, LINE};
use hearken_desk::rows::{Row, RowContent};
use hearken_desk::rules::seat;
use hearken_desk::stored::{ChatState, Coming, Happening, Side, Stage, What, WhoClosed};
use hearken_desk::{chats, rules};
use jiff::SignedDuration;

use crate::scene::{Scene, follow, heard};
use crate::town::{Node, Town, id_of};

/// How long a dead line may go unnoticed.
const UNSURE: SignedDuration = SignedDuration::from_secs(45);

impl Scene {
    /// A socket of this person opens.
    async fn connect(&self, who: &str) -> Connection {
        connect(&self.node, &self.people[who]).await
    }

    async fn is_online(&self, who: &str) -> bool {
        is_online(&self.node, &self.people[who]).await
    }

    async fn state(&self, number: usize) -> (Stage, ChatState) {
        state(&self.node, self, number).await
    }

    /// Somebody is back: what he is told that he has missed, in each chat.
    async fn missed(&self, who: &str) -> Vec<Vec<String>> {
        let actor = &self.people[who];
        let mut missed = Vec::new();
        for back in presence::come_back(self.core(), actor).await.expect("it is saved") {
            let rows = presence::missed(self.core(), actor, back, UNSURE, 100).await.expect("it reads");
            missed.push(rows.iter().map(words).collect());
        }
        missed
    }
}

async fn connect(node: &Node, who: &Actor) -> Connection {
    let line = node.core.connect(id_of(who), LINE);
    presence::arrive(&node.core, who).await.expect("it is saved");
    line
}

async fn is_online(node: &Node, who: &Actor) -> bool {
    let Actor::Person(person) = who else { panic!("a person") };
    let side = Side::of(&person.account.roles).expect("he has a place");
    let home = person.account.organisation_id;
    let online = presence::online(&node.core, home, side, 100).await.expect("the store reads");
    online.contains(&person.account.id)
}

async fn state(node: &Node, scene: &Scene, number: usize) -> (Stage, ChatState) {
    let home = scene.people["max"].organisation().expect("a person");
    let found = chats::look_up(&node.core, home, scene.chat(number)).await.expect("the store reads");
    let (chat, state) = found.expect("it is there");
    (rules::room::stage_of(&chat.header), state)
}

fn words(row: &Row) -> String {
    match &row.content {
        RowContent::Line(line) => (*line).to_owned(),
        RowContent::Said(content) => {
            let json: serde_json::Value = serde_json::from_str(content.json()).expect("JSON");
            json["content"].as_str().expect("words").to_owned()
        }
    }
}

/// Who has come and gone, as somebody has heard it.
fn comings(ear: &mut Subscription) -> Vec<Coming> {
    let events = heard(ear);
    events.iter().filter_map(|event| event.body.as_ref()?.get::<Coming>().copied()).collect()
}

#[tokio::test(start_paused = true)]
async fn somebody_comes_once_and_goes_once_however_many_tabs_he_has() {
    let town = Town::alone();
    let scene = Scene::of_strangers(town.node().await).await;
    let mut ears = scene.ears().await;
    let first = scene.connect("kim").await;
    let second = scene.connect("kim").await;
    let visitor = scene.connect("ana").await;
    let expect = [Coming::Online(Side::Staff), Coming::Online(Side::Visitor)];
    for (name, ear) in &mut ears {
        let expect: &[Coming] = match *name {
            // Not to himself; not to visitors; not to another organisation.
            "kim" => &expect[1..],
            "lee" | "sue" | "sam" | "max" => &expect,
            _ => &[],
        };
        assert_eq!(comings(ear), expect, "{name}");
    }
    first.close(Parting::Left);
    town.pass(1).await;
    assert!(scene.is_online("kim").await, "another tab is open");
    second.close(Parting::Left);
    visitor.close(Parting::Left);
    town.pass(1).await;
    assert!(!scene.is_online("kim").await);
    assert!(!scene.is_online("ana").await);
    let mut gone = comings(ears.get_mut("max").expect("max is there"));
    gone.sort_by_key(|coming| format!("{coming:?}"));
    assert_eq!(gone, [Coming::Offline(Side::Staff), Coming::Offline(Side::Visitor)]);
    let own = comings(ears.get_mut("ana").expect("ana is there"));
    assert_eq!(own, [Coming::LineLost], "she could say now that she is there after all");
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_ends_his_chats_at_once() {
    let town = Town::alone();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let (ana, kim) = (scene.connect("ana").await, scene.connect("kim").await);
    let _ben = scene.connect("ben").await;
    scene.play("ana opens; ben opens; kim claims in 1; kim claims in 2").await;
    let mut ears = scene.ears().await;
    ana.close(Parting::Left);
    town.pass(1).await;
    let (stands, state) = scene.state(1).await;
    assert_eq!((stands, state.closed_by), (Stage::Closed, Some(WhoClosed::Visitor)));
    assert_eq!(scene.state(2).await.0, Stage::Claimed);
    kim.close(Parting::Left);
    town.pass(1).await;
    let (stands, state) = scene.state(2).await;
    assert_eq!((stands, state.closed_by), (Stage::Closed, Some(WhoClosed::Staff)));
    let left = heard(ears.get_mut("ben").expect("ben is there"));
    let left = left.last().expect("ben hears it");
    assert_eq!(hearken_desk::stored::staff_in(left), Some(id_of(&scene.people["kim"])));
    let what = &left.body.as_ref().and_then(|body| body.get::<Happening>()).expect("it reads").what;
    assert_eq!(*what, What::Left { side: Side::Staff, lost: false });
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_has_lost_his_line_keeps_his_place_for_the_grace() {
    let town = Town::alone();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let (ana, _kim) = (scene.connect("ana").await, scene.connect("kim").await);
    scene.play("ana opens; kim claims").await;
    drop(ana);
    town.pass(14).await;
    assert_eq!(scene.state(1).await.0, Stage::Claimed);
    assert!(scene.is_online("ana").await);
    town.pass(2).await;
    let (stands, state) = scene.state(1).await;
    assert_eq!((stands, state.closed_by), (Stage::Closed, Some(WhoClosed::Lost)));
    assert!(!scene.is_online("ana").await);
    assert!(scene.is_online("kim").await);
    assert_eq!(scene.missed("ana").await, Vec::<Vec<String>>::new(), "it is over");
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_grace_a_lost_line_ends_everything_at_once() {
    let town = Town::alone().with_grace(0);
    let mut scene = Scene::of_strangers(town.node().await).await;
    let (_ana, kim) = (scene.connect("ana").await, scene.connect("kim").await);
    scene.play("ana opens; kim claims").await;
    drop(kim);
    town.pass(1).await;
    let (stands, state) = scene.state(1).await;
    assert_eq!((stands, state.closed_by), (Stage::Closed, Some(WhoClosed::Lost)));
    assert!(!scene.is_online("kim").await);
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_back_in_time_gets_what_he_has_missed() {
    let town = Town::alone();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let (ana, kim) = (scene.connect("ana").await, scene.connect("kim").await);
    scene.play("ana opens; kim claims; ana says; kim replies one").await;
    let got = scene.act("kim replies two").await.expect("it is said");
    scene.play("kim replies three; kim notes").await;
    let chat = scene.chat(1);
    // Two tabs, of which one had got farther.
    for got in [got, got - 1] {
        presence::note(scene.core(), &scene.people["ana"], chat, got).await.expect("it is saved");
    }
    drop(ana);
    town.pass(10).await;
    scene.play("kim replies four").await;
    let _ana = scene.connect("ana").await;
    assert_eq!(scene.missed("ana").await, [["kim replies three", "kim replies four"]]);
    assert_eq!(scene.missed("ana").await, Vec::<Vec<String>>::new(), "once");
    town.pass(60).await;
    assert_eq!(scene.state(1).await.0, Stage::Claimed, "where they were");
    // The staff loses its line in turn; the visitor does not wait.
    let got = scene.act("ana says five").await.expect("it is said");
    presence::note(scene.core(), &scene.people["kim"], chat, got).await.expect("it is saved");
    drop(kim);
    town.pass(5).await;
    scene.play("ana says six; ana leaves").await;
    let _kim = scene.connect("kim").await;
    assert_eq!(scene.missed("kim").await, [["ana says six", "leave room"]], "of a chat that is over, too");
    town.pass(60).await;
    assert_eq!(scene.state(1).await.1.closed_by, Some(WhoClosed::Visitor));
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_somebody_had_got_goes_by_the_time_where_nobody_knows() {
    let town = Town::alone();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let (ana, _kim) = (scene.connect("ana").await, scene.connect("kim").await);
    scene.play("ana opens; kim claims; kim replies early").await;
    town.pass(46).await;
    scene.play("kim replies late").await;
    drop(ana);
    town.pass(5).await;
    scene.play("kim replies later").await;
    let _ana = scene.connect("ana").await;
    assert_eq!(scene.missed("ana").await, [["kim replies late", "kim replies later"]]);
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_taken_meanwhile_is_not_come_back_to() {
    let town = Town::alone();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let (_ana, kim, _sue) =
        (scene.connect("ana").await, scene.connect("kim").await, scene.connect("sue").await);
    scene.play("ana opens; kim claims").await;
    drop(kim);
    town.pass(5).await;
    scene.play("sue takes").await;
    town.pass(20).await;
    assert_eq!(scene.state(1).await.0, Stage::Claimed, "it is sue's");
    assert_eq!(scene.missed("kim").await, Vec::<Vec<String>>::new());
    scene.node.stop().await;
}

/// What is done about a lost line runs late, when its person is back: his socket hears it, and knows better.
#[tokio::test(start_paused = true)]
async fn whoever_is_there_hears_that_he_seems_to_be_gone() {
    let town = Town::alone();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let _ana = scene.connect("ana").await;
    scene.play("ana opens").await;
    let (ana, actor) = (id_of(&scene.people["ana"]), scene.people["ana"].clone());
    let mut ear = follow(scene.core(), &actor).await;
    let mut others = scene.ears().await;
    let home = actor.organisation().expect("a person");
    let (since, due) = (scene.core().now(), scene.core().now() + SignedDuration::from_secs(15));
    let server = Actor::System("a late hook");
    let lost = scene.core().update(&server, seat::of(home, ana), move |chair| {
        seat::lose_line(chair, ana, since, due);
        Ok::<_, std::convert::Infallible>(())
    });
    lost.await.expect("it is saved");
    let at = hearken_core::At::id(scene.chat(1));
    let begun = scene.core().update(&server, at, move |room| {
        rules::grace::begin(room, ana, since, due);
        Ok::<_, std::convert::Infallible>(())
    });
    begun.await.expect("it is saved");
    assert_eq!(comings(&mut ear), [Coming::LineLost]);
    for name in ["kim", "max", "ben"] {
        assert_eq!(comings(others.get_mut(name).expect("there")), [], "{name}");
    }
    assert_eq!(presence::arrive(scene.core(), &actor).await, Ok(false));
    assert_eq!(scene.missed("ana").await.len(), 1);
    town.pass(60).await;
    assert_eq!(scene.state(1).await.0, Stage::Unclaimed);
    assert!(scene.is_online("ana").await);
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_restarted_gives_everybody_the_whole_grace() {
    let town = Town::alone();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let lines = (scene.connect("ana").await, scene.connect("kim").await, scene.connect("ben").await);
    scene.play("ana opens; kim claims; ben opens").await;
    let Scene { node, people, chats, most } = scene;
    node.stop().await;
    drop(lines);
    town.pass(300).await;
    let mut scene = Scene { node: town.node().await, people, chats, most };
    town.pass(10).await;
    assert_eq!(scene.state(1).await.0, Stage::Claimed);
    let _back = (scene.connect("ana").await, scene.connect("kim").await);
    assert_eq!(scene.missed("ana").await.len(), 1);
    assert_eq!(scene.missed("kim").await.len(), 1);
    town.pass(10).await;
    scene.play("ana says in 1; kim replies in 1").await;
    assert_eq!(scene.state(1).await.0, Stage::Claimed);
    let (stands, state) = scene.state(2).await;
    assert_eq!((stands, state.closed_by), (Stage::Closed, Some(WhoClosed::Lost)), "ben has not come back");
    assert!(!scene.is_online("ben").await);
    assert!(scene.is_online("ana").await && scene.is_online("kim").await);
    assert_eq!(scene.core().check().await, Ok(vec![]));
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_people_of_a_node_that_dies_are_seen_to_by_another() {
    let town = Town::of_several();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let other = town.node().await;
    let (_ana, _kim) = (scene.connect("ana").await, scene.connect("kim").await);
    let _lee = connect(&other, &scene.people["lee"]).await;
    scene.play("ana opens; kim claims").await;
    town.pass(5).await;
    let died = town.now();
    let people = scene.people.clone();
    let chats = scene.chats.clone();
    let dead = scene.node.die().await;
    let scene = Scene { node: other, people, chats, most: None };
    while scene.state(1).await.0 != Stage::Closed {
        assert!(town.now() - died < 30_000, "within 30 s of the death");
        town.pass(1).await;
    }
    println!("the chat was closed {} ms after the death", town.now() - died);
    town.pass(2).await;
    assert!(!scene.is_online("ana").await && !scene.is_online("kim").await);
    assert!(scene.is_online("lee").await);
    assert_eq!(scene.state(1).await.1.closed_by, Some(WhoClosed::Lost));
    drop(dead);
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_back_at_another_node_has_lost_nothing() {
    let town = Town::of_several();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let other = town.node().await;
    let (_ana, _kim) = (scene.connect("ana").await, scene.connect("kim").await);
    scene.play("ana opens; kim claims").await;
    town.pass(5).await;
    let (people, chats) = (scene.people.clone(), scene.chats.clone());
    let dead = scene.node.die().await;
    let scene = Scene { node: other, people, chats, most: None };
    let _back = (scene.connect("ana").await, scene.connect("kim").await);
    town.pass(60).await;
    assert_eq!(scene.state(1).await.0, Stage::Claimed);
    drop(dead);
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn everybody_is_gone_through_however_many_there_were() {
    use hearken_core::account::Role;
    let town = Town::alone();
    let node = town.node().await;
    let mut people = Vec::new();
    for number in 0..600 {
        people.push(node.person(&format!("visitor{number}"), Some(Role::Visitor), None).await);
        presence::arrive(&node.core, &people[number]).await.expect("it is saved");
    }
    let home = people[0].organisation().expect("a person");
    node.stop().await;
    let node = town.node().await;
    town.pass(20).await;
    let left = presence::online(&node.core, home, Side::Visitor, 1000).await.expect("the store reads");
    assert_eq!(left, []);
    let first =
        Target::Key { kind: "desk.seat", organisation: home, key: id_of(&people[0]).to_string().into() };
    assert!(node.core.conversation(&people[0], &first).await.is_ok());
    node.stop().await;
}

/// What somebody asks for and what is done about his lost line cross: what comes later finds that he is not there.
#[tokio::test(start_paused = true)]
async fn what_happens_too_late_waits_no_longer_than_the_grace() {
    let town = Town::alone();
    let mut scene = Scene::of_strangers(town.node().await).await;
    let (ana, kim) = (scene.connect("ana").await, scene.connect("kim").await);
    let _ben = scene.connect("ben").await;
    scene.play("ben opens").await;
    drop((ana, kim));
    town.pass(5).await;
    // From sockets that are gone.
    scene.play("ana opens; kim claims in 1").await;
    town.pass(14).await;
    assert_eq!((scene.state(1).await.0, scene.state(2).await.0), (Stage::Claimed, Stage::Unclaimed));
    assert!(!scene.is_online("ana").await, "that grace was over before");
    town.pass(3).await;
    for number in [1, 2] {
        let (stands, state) = scene.state(number).await;
        assert_eq!((stands, state.closed_by), (Stage::Closed, Some(WhoClosed::Lost)), "{number}");
    }
    scene.play("ana opens").await;
    town.pass(10).await;
    let _ana = scene.connect("ana").await;
    assert_eq!(scene.missed("ana").await.len(), 1, "she is back in time");
    town.pass(60).await;
    assert_eq!(scene.state(3).await.0, Stage::Unclaimed);
    scene.node.stop().await;
}
