//! Everybody at the desk with his tabs open, and short words for what they do: "ana opens", "kim claims", "max flags 2".

use std::collections::BTreeMap;

use hearken_core::actor::Actor;
use hearken_desk::rules::seat;
use hearken_desk::stored::Side;
use hearken_testkit::socketio::{SocketIo, Told};
use serde_json::{Value, json};

use crate::stand::{DONE, Stand, told};

/// Everybody's tabs; a second tab bears a 2.
const TABS: [&str; 12] =
    ["ana", "ana2", "ben", "kim", "kim2", "lee", "sue", "sue2", "max", "eve", "guy", "guy2"];

/// A desk with people at it.
pub(crate) struct Scene {
    pub(crate) stand: Stand,
    pub(crate) tabs: BTreeMap<&'static str, SocketIo>,
    /// Chats in the order of their opening.
    pub(crate) rooms: Vec<String>,
    zed_is_here: bool,
}

impl Scene {
    pub(crate) async fn open() -> Self {
        Self::at(Stand::open().await).await
    }

    pub(crate) async fn at(stand: Stand) -> Self {
        let mut tabs = BTreeMap::new();
        for name in TABS {
            tabs.insert(name, stand.tab(name.trim_end_matches('2')).await);
        }
        let mut scene = Self { stand, tabs, rooms: Vec::new(), zed_is_here: false };
        // Their coming has been told.
        scene.told().await;
        scene
    }

    /// Somebody does something in the chat that was opened last, or "in" the one of that number: how it is acknowledged.
    pub(crate) async fn act(&mut self, line: &str) -> Value {
        let words: Vec<&str> = line.split(' ').collect();
        let (who, verb) = (words[0], words[1]);
        let number = words.iter().position(|word| *word == "in").map(|at| words[at + 1]);
        let number = number.map_or(self.rooms.len(), |number| number.parse().expect("a number"));
        let room = match number {
            0 => "0191f3a0c0de70008000000000000001",
            _ => &self.rooms[number - 1],
        };
        let content = json!({ "content": line });
        let about = || json!({ "room": room });
        let (name, args) = match verb {
            "opens" => ("visitor_first_msg", vec![content]),
            "asks" => ("visitor_msg_unclaimed", vec![content]),
            "says" => ("visitor_msg", vec![content]),
            "leaves" => ("visitor_leave_room", vec![]),
            "replies" => ("staff_msg", vec![json!({ "room": room, "content": content })]),
            "quits" => ("staff_leave_room", vec![about()]),
            "claims" => ("staff_join", vec![about()]),
            "takes" => ("take_over_chat", vec![about()]),
            "returns" => ("return_chat", vec![about()]),
            "notes" => ("chat_note", vec![json!({ "room": room, "content": content })]),
            "flags" => {
                let level: i64 = words[2].parse().expect("a number");
                ("change_chat_priority", vec![json!({ "room": room, "severity_level": level })])
            }
            "tags" => ("chat_tags", vec![json!({ "room": room, "tags": [words[2]] })]),
            "types" => ("user_typing_send", vec![about()]),
            "types-on" => ("user_typing_send", vec![]),
            "stops" => ("user_stop_typing_send", vec![about()]),
            other => panic!("nobody can {other}"),
        };
        let tab = self.tabs.get_mut(who).unwrap_or_else(|| panic!("nobody is called {who}"));
        let answer = tab.call(name, &args).await;
        if verb == "opens" && answer == DONE {
            let own = self.stand.own(who.trim_end_matches('2')).await;
            self.rooms.push(own);
        }
        answer
    }

    /// All of it goes well, and everybody has heard it.
    pub(crate) async fn play(&mut self, script: &str) {
        for line in script.split(';').map(str::trim).filter(|line| !line.is_empty()) {
            assert_eq!(self.act(line).await, DONE, "{line}");
        }
        self.told().await;
    }

    /// What each tab has been told and was not asked for, but for those that were told nothing.
    ///
    /// A tab is told everything in order, and some of it only after something has been read: so that all of it has come is
    /// known when something comes that happened after it. For the staff somebody comes, or goes; visitors are told nothing
    /// that has to be read.
    pub(crate) async fn told(&mut self) -> BTreeMap<&'static str, Vec<Told>> {
        let comes = self.come_or_go().await;
        let mut all = BTreeMap::new();
        for (name, tab) in &mut self.tabs {
            let told = match *name {
                "ana" | "ana2" | "ben" | "eve" | "guy" | "guy2" => told(tab).await,
                _ => until(tab, comes).await,
            };
            if !told.is_empty() {
                all.insert(*name, told);
            }
        }
        all
    }

    /// Has `zed`, who has no socket, come to the desk's staff, or go.
    async fn come_or_go(&mut self) -> &'static str {
        let core = &self.stand.running.core;
        assert!(core.settle().await);
        let zed = self.stand.account("zed");
        let (id, comes) = (zed.id, !self.zed_is_here);
        let at = seat::of(zed.organisation_id, id);
        let done = core.update(&Actor::System("a test"), at, move |chair| {
            if comes {
                seat::arrive(chair, id, Side::Staff);
            } else {
                let now = chair.now();
                seat::lose_line(chair, id, now, now);
                seat::leave(chair, id);
            }
            Ok::<_, std::convert::Infallible>(())
        });
        done.await.expect("it is saved");
        self.zed_is_here = comes;
        if comes { "staff_goes_online" } else { "staff_goes_offline" }
    }
}

/// What comes before somebody comes or goes.
async fn until(tab: &mut SocketIo, last: &str) -> Vec<Told> {
    let mut told = Vec::new();
    loop {
        let next = tab.event().await;
        if next.name == last && next.data()["user"]["full_name"] == "zed" {
            return told;
        }
        told.push(next);
    }
}
