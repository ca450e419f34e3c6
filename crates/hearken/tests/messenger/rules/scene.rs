//! What a table is played on: a core, five people who all listen, and one chat.

mod acts;
mod looks;
mod rooms;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hearken_core::account::Account;
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::ids::AccountId;
use hearken_core::{CommitSettings, Core, Follow, Registry, Subscription};
use hearken_messenger::rules::dialogue::Pair;
use hearken_messenger::stored::EVERYTHING;
use hearken_messenger::{groups, register};
use hearken_testkit::server::TestCore;
use jiff::Timestamp;

use crate::backend::{Backend, Disk};

/// What the server's clock shows at first: its second 0.
const START: &str = "2026-01-05T09:00:00Z";
/// The group's key.
const KEY: &str = "test12test";
const PEOPLE: [&str; 5] = ["ana", "ben", "cid", "dan", "eve"];

/// The chat of a scene.
pub(super) enum Chat {
    /// Between ana and whoever else acts; ana's own peer is ben.
    Dialogue,
    /// Whatever rooms there come to be; where somebody speaks in one, it is that of ana and ben.
    Room,
    /// A group of these, of whom the first is the admin.
    Group(Vec<String>),
}

/// A scene.
pub(super) struct Scene {
    disk: Disk,
    chat: Chat,
    ears: BTreeMap<&'static str, Subscription>,
    people: BTreeMap<&'static str, Arc<Account>>,
    /// There but in the middle of a restart.
    running: Option<TestCore>,
}

impl Scene {
    /// Makes the people, who begin to listen, and the group if it is about one.
    pub(super) async fn open(backend: Backend, chat: Chat) -> Self {
        let disk = backend.disk();
        let core = start(&disk, START.parse().expect("a date")).await;
        let mut people = BTreeMap::new();
        for (number, name) in PEOPLE.into_iter().enumerate() {
            people.insert(name, core.person(name, &format!("900000000{number}"), None).await);
        }
        let mut scene = Self { disk, chat, ears: BTreeMap::new(), people, running: Some(core) };
        if let Chat::Group(members) = &scene.chat {
            let mut members = members.iter().map(|name| scene.people[name.as_str()].id);
            let admins = members.by_ref().take(1).collect();
            let group =
                groups::New { name: "n".into(), bio: "b".into(), admins, participants: members.collect() };
            let organisation = scene.people["ana"].organisation_id;
            groups::import(scene.core(), organisation, KEY, group).await.expect("a new group");
        }
        scene.listen().await;
        scene
    }

    /// Plays one step, and says what came of it.
    pub(super) async fn take(&mut self, step: &str) -> String {
        let words: Vec<&str> = step.split_whitespace().collect();
        match words[..] {
            ["clock", by] => {
                self.running().clock.advance(Duration::from_secs(by.parse().expect("seconds")));
                String::new()
            }
            ["restart"] => {
                self.restart().await;
                String::new()
            }
            ["marks"] => self.marks().await,
            ["members"] => self.members().await,
            ["log"] => self.log().await,
            ["forgotten"] => {
                self.until_forgotten().await;
                String::new()
            }
            [who, "lists"] => self.list(who).await,
            [who, "hears"] => self.heard(who),
            [who, "is", "untold"] => self.untold(who).await,
            ["chat"] => self.status().await,
            [who, ..] => match &self.chat {
                Chat::Dialogue => self.act_in_dialogue(who, &words[1..]).await,
                Chat::Group(_) => self.act_in_group(who, &words[1..]).await,
                Chat::Room => self.act_about_rooms(who, &words[1..]).await,
            },
            [] => panic!("a step has words"),
        }
    }

    /// What the store finds wrong with itself.
    pub(super) async fn faults(&self) -> Vec<String> {
        self.core().check().await.expect("the store answers")
    }

    /// Stops the core and starts it anew on what the store has kept.
    async fn restart(&mut self) {
        let now = self.core().now();
        // A subscription keeps the store open.
        self.ears.clear();
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        self.running = Some(start(&self.disk, now).await);
        self.listen().await;
    }

    async fn listen(&mut self) {
        for name in PEOPLE {
            let follow = [Follow::Mine(EVERYTHING)];
            let ear = self.core().subscribe(&self.actor(name), &follow).await.expect("he may listen");
            self.ears.insert(name, ear);
        }
    }

    fn running(&self) -> &TestCore {
        self.running.as_ref().expect("it runs between steps")
    }

    fn core(&self) -> &Core {
        &self.running().core
    }

    /// Somebody, with a sign-in of its own each time: what he does comes from another device than he listens on.
    fn actor(&self, name: &str) -> Actor {
        let account = Arc::clone(&self.people[name]);
        let sign_in = self.core().new_sign_in();
        let credential = Credential::OperatorToken { expires: Timestamp::MAX };
        Actor::Person(Person { account, sign_in, credential })
    }

    fn name(&self, id: AccountId) -> &'static str {
        let found = self.people.iter().find(|(_, account)| account.id == id);
        found.map(|(name, _)| *name).expect("one of the five")
    }

    /// The two of a personal chat in which `who` acts.
    fn pair(&self, who: &str) -> Pair {
        let peer = if who == "ana" { "ben" } else { "ana" };
        Pair { me: self.people[who].id, peer: self.people[peer].id }
    }
}

async fn start(disk: &Disk, at: Timestamp) -> TestCore {
    let registry = register(Registry::default());
    TestCore::start(disk.open().await, registry, CommitSettings::default(), at).await
}
