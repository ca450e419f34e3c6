//! People at a desk, and short words for what they do: "ana opens", "kim claims 1", "max flags 2 in 1".

use std::collections::BTreeMap;

use hearken_core::account::Role;
use hearken_core::actor::Actor;
use hearken_core::event::Event;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::{Core, Delivery, Follow, Subscription, UpdateError};
use hearken_desk::content::Content;
use hearken_desk::error::Fault;
use hearken_desk::rules::Refusal;
use hearken_desk::rules::marking::{Severity, Tags};
use hearken_desk::rules::serving::Way;
use hearken_desk::stored::{Chat, EVERYTHING, Rank, Seat, Stage};
use hearken_desk::{acts, chats, presence};
use uuid::Uuid;

use crate::town::{Node, Town};
use hearken_core::Kind as _;

/// Everybody, with what he is. `eve` and `guy` are of another organisation, `zed` has no place at the desk.
const PEOPLE: [(&str, Option<Role>); 10] = [
    ("ana", Some(Role::Visitor)),
    ("ben", Some(Role::Visitor)),
    ("kim", Some(Role::Agent)),
    ("lee", Some(Role::Agent)),
    ("sue", Some(Role::Supervisor)),
    ("sam", Some(Role::Supervisor)),
    ("max", Some(Role::Admin)),
    ("zed", Some(Role::Client)),
    ("eve", Some(Role::Agent)),
    ("guy", Some(Role::Visitor)),
];

/// A desk with people at it.
pub(crate) struct Scene {
    pub(crate) node: Node,
    pub(crate) people: BTreeMap<&'static str, Actor>,
    pub(crate) chats: Vec<ConversationId>,
    /// How many chats one may serve.
    pub(crate) most: Option<usize>,
}

impl Scene {
    pub(crate) async fn open() -> Self {
        Self::at(Town::alone().node().await).await
    }

    /// Everybody is at the desk, without a line that could be lost.
    pub(crate) async fn at(node: Node) -> Self {
        let scene = Self::of_strangers(node).await;
        for actor in scene.people.iter().filter(|(name, _)| **name != "zed").map(|(_, actor)| actor) {
            presence::arrive(scene.core(), actor).await.expect("he comes");
        }
        scene
    }

    /// Nobody has come yet.
    pub(crate) async fn of_strangers(node: Node) -> Self {
        let other = node.core.add_organisation("other").await.expect("a new one").id;
        let mut people = BTreeMap::new();
        for (name, role) in PEOPLE {
            let home = matches!(name, "eve" | "guy").then_some(other);
            people.insert(name, node.person(name, role, home).await);
        }
        Self { node, people, chats: Vec::new(), most: None }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.node.core
    }

    /// The chat that was opened as this one, from 1; 0 is none that there is.
    pub(crate) fn chat(&self, number: usize) -> ConversationId {
        let none = ConversationId(Uuid::from_u128(7));
        number.checked_sub(1).map_or(none, |index| self.chats[index])
    }

    /// Somebody does something; without a number, in the chat that was opened last.
    pub(crate) async fn act(&mut self, line: &str) -> Result<Seq, UpdateError<Refusal>> {
        let words: Vec<&str> = line.split(' ').collect();
        if words[1] != "opens" {
            return self.deed(line).await;
        }
        let opened = chats::open(self.core(), &self.people[words[0]], None, content(line)).await?;
        self.chats.push(opened.chat);
        Ok(opened.seq)
    }

    /// The same, but opening a chat. It is queued when this is first polled.
    pub(crate) async fn deed(&self, line: &str) -> Result<Seq, UpdateError<Refusal>> {
        let words: Vec<&str> = line.split(' ').collect();
        let (actor, verb) = (&self.people[words[0]], words[1]);
        let number = words.iter().position(|word| *word == "in").map(|at| words[at + 1]);
        let number = number.map_or(self.chats.len(), |number| number.parse().expect("a number"));
        let (chat, core, said) = (self.chat(number), self.core(), || content(line));
        match verb {
            "asks" => acts::say_as_visitor(core, actor, chat, None, said(), Stage::Unclaimed).await,
            "says" => acts::say_as_visitor(core, actor, chat, None, said(), Stage::Claimed).await,
            "leaves" => acts::leave_as_visitor(core, actor, chat, None).await,
            "replies" => acts::say_as_staff(core, actor, chat, None, said()).await,
            "quits" => acts::leave_as_staff(core, actor, chat, None).await,
            "claims" => chats::serve(core, actor, chat, None, Way::Claim, self.most).await,
            "takes" => chats::serve(core, actor, chat, None, Way::TakeOver, self.most).await,
            "returns" => acts::give_back(core, actor, chat, None).await,
            "notes" => acts::note(core, actor, chat, None, said()).await,
            "types" => acts::type_on(core, actor, chat, None, true).await,
            "flags" => {
                let severity = Severity::new(words[2].parse().expect("a number")).expect("a severity");
                acts::flag(core, actor, chat, None, severity).await
            }
            "tags" => acts::tag(core, actor, chat, None, tags(words[2])).await,
            "files" => acts::tag_any(core, actor, chat, tags(words[2])).await,
            other => panic!("nobody can {other}"),
        }
    }

    /// All of it goes well.
    pub(crate) async fn play(&mut self, script: &str) {
        for line in lines(script) {
            let done = self.act(line).await;
            assert!(done.is_ok(), "{line}: {done:?}");
        }
    }

    /// What whoever does this is told: nothing, if it is done.
    pub(crate) async fn told(&mut self, line: &str) -> Option<String> {
        self.act(line).await.err().map(|error| Fault::from(error).to_string())
    }

    /// Everybody follows what his sockets would.
    pub(crate) async fn ears(&self) -> BTreeMap<&'static str, Subscription> {
        let mut ears = BTreeMap::new();
        for (name, actor) in &self.people {
            ears.insert(*name, follow(self.core(), actor).await);
        }
        ears
    }
}

/// What a socket of this person follows.
pub(crate) async fn follow(core: &Core, actor: &Actor) -> Subscription {
    let Actor::Person(person) = actor else { panic!("a person") };
    let mut all = vec![Follow::Mine(EVERYTHING)];
    let ranks = [Rank::Admin, Rank::Supervisor, Rank::Agent].map(Rank::role);
    for role in ranks.into_iter().filter(|role| person.account.roles.contains(role)) {
        all.extend([Follow::Role(Chat::NAME, role), Follow::Role(Seat::NAME, role)]);
    }
    core.subscribe(actor, &all).await.expect("he may")
}

/// What somebody has heard by now.
pub(crate) fn heard(ear: &mut Subscription) -> Vec<std::sync::Arc<Event>> {
    let mut events = Vec::new();
    while let Some(delivery) = ear.try_next() {
        match delivery {
            Delivery::Event(event) => events.push(event),
            Delivery::Signal(_) => {}
            other => panic!("an event should come, not {other:?}"),
        }
    }
    events
}

/// The parts of a script: "ana opens; kim claims".
pub(crate) fn lines(script: &str) -> impl Iterator<Item = &str> {
    script.split(';').map(str::trim).filter(|line| !line.is_empty())
}

fn tags(words: &str) -> Tags {
    Tags::new(words.split(',').map(str::to_owned).collect()).expect("tags")
}

/// What is said by this line.
pub(crate) fn content(line: &str) -> Content {
    let json = serde_json::json!({ "content": line }).to_string();
    Content::new(serde_json::from_str(&json).expect("JSON")).expect("content")
}
