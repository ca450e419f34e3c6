//! What the messenger keeps in the core: its kinds of conversation, their state, events and signals, each with its
//! version. The golden samples below hold every stored form ever released; they must read for ever.

mod room;
mod tidings;

use hearken_core::event::EventRef;
use hearken_core::ids::AccountId;
use hearken_core::{Draft, Held, Kind, Remains, Stored};
use serde::{Deserialize, Serialize};

pub use self::room::{Meeting, Room, RoomState, Seat, SeatState};
pub use self::tidings::{GroupChange, PersonalChange, RoomChange, Tidings};
use crate::erasure;
use crate::rules::expiry;

/// A personal chat of two accounts: both of the seed's dialogues.
pub struct Dialogue;

/// A group chat.
pub struct Group;

/// The kinds whose messages `fetch_msgs` lists.
pub const PERSONAL: &[&str] = &[Dialogue::NAME];
/// The kinds whose messages `fetch_grp_msgs` lists.
pub const GROUPS: &[&str] = &[Group::NAME];
/// The kinds whose messages `fetch_room_msgs` lists.
pub const ROOMS: &[&str] = &[Room::NAME];
/// Everything that a receive socket follows.
pub const EVERYTHING: &[&str] = &[Dialogue::NAME, Group::NAME, Room::NAME];

impl Kind for Dialogue {
    const NAME: &'static str = "messenger.dialogue";
    const FORWARDS: bool = true;
    type State = DialogueState;
    type Event = Message;
    type Signal = Echo;

    fn timer_reads(key: &str) -> Vec<EventRef> {
        expiry::reads(key)
    }

    fn erase(draft: &mut Draft<'_, '_, Self>, account: AccountId) -> Remains {
        erasure::erase_dialogue(draft, account)
    }

    fn export(held: &Held<'_, Self>) -> serde_json::Value {
        erasure::export_dialogue(held)
    }
}

impl Kind for Group {
    const NAME: &'static str = "messenger.group";
    const FORWARDS: bool = true;
    type State = GroupState;
    type Event = Message;
    type Signal = Echo;

    fn timer_reads(key: &str) -> Vec<EventRef> {
        expiry::reads(key)
    }

    fn erase(draft: &mut Draft<'_, '_, Self>, account: AccountId) -> Remains {
        erasure::erase_group(draft, account)
    }

    fn export(held: &Held<'_, Self>) -> serde_json::Value {
        erasure::export_group(held)
    }
}

/// The marks of both sides. A side without an entry has acknowledged nothing yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialogueState {
    /// At most two.
    pub marks: Vec<Marks>,
}

/// How far one person has acknowledged, by his own clock (seed: `last_received_receiver`, `last_seen_receiver`), in
/// microseconds since the epoch. They never move back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// Whose.
    pub account: AccountId,
    /// When he last said that he had received something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<i64>,
    /// When he last said that he had seen something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<i64>,
}

impl DialogueState {
    /// The marks of one person, made if there are none yet.
    pub fn marks_of(&mut self, account: AccountId) -> &mut Marks {
        Marks::among(&mut self.marks, account)
    }
}

impl Marks {
    /// Those of one person among both sides', made if there are none yet.
    pub fn among(all: &mut Vec<Self>, account: AccountId) -> &mut Self {
        let at = all.iter().position(|marks| marks.account == account).unwrap_or_else(|| {
            all.push(Self { account, received: None, seen: None });
            all.len() - 1
        });
        &mut all[at]
    }
}

/// What a group is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupState {
    /// Its name.
    pub name: String,
    /// A line about it.
    pub bio: String,
}

/// What happens in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Somebody has said something. Its timestamp as a moment is its name in the log.
    Text {
        /// What.
        text: String,
        /// The sender's timestamp, as he wrote it.
        sent: String,
    },
}

/// What passes in a chat. Moments are as their senders wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Echo {
    /// The message of this moment was received.
    Received {
        /// Which message.
        of: String,
        /// When that was said.
        sent: String,
    },
    /// The message of this moment was read.
    Read {
        /// Which message.
        of: String,
        /// When that was said.
        sent: String,
    },
    /// Somebody is typing.
    Typing {
        /// When that was said.
        sent: String,
    },
    /// The message of this moment was taken back.
    Deleted {
        /// Which message.
        of: String,
        /// When that was said.
        sent: String,
    },
}

impl Stored for DialogueState {
    const VERSION: u16 = 1;
}

impl Stored for GroupState {
    const VERSION: u16 = 1;
}

impl Stored for Message {
    const VERSION: u16 = 1;
}

impl Stored for Echo {
    const VERSION: u16 = 1;
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// A released form reads as `expect`, and `expect` is still written so.
    #[track_caller]
    pub(super) fn golden<T: Stored + PartialEq + Debug>(version: u16, json: &str, expect: &T) {
        assert_eq!(&T::decode(version, json.as_bytes()).unwrap(), expect);
        if version == T::VERSION {
            assert_eq!(serde_json::to_string(expect).unwrap(), json);
        }
    }

    #[test]
    fn released_forms_read_for_ever() {
        let account: AccountId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        golden(1, r#"{"marks":[]}"#, &DialogueState::default());
        golden(
            1,
            r#"{"marks":[{"account":"01890a5d-ac96-774b-bcce-b302099a8057","received":5}]}"#,
            &DialogueState { marks: vec![Marks { account, received: Some(5), seen: None }] },
        );
        golden(1, r#"{"name":"n","bio":"b"}"#, &GroupState { name: "n".into(), bio: "b".into() });
        golden(
            1,
            r#"{"text":{"text":"hi","sent":"2020-11-21 16:32:17.356"}}"#,
            &Message::Text { text: "hi".into(), sent: "2020-11-21 16:32:17.356".into() },
        );
        let (of, sent) = ("a".to_owned(), "b".to_owned());
        golden(
            1,
            r#"{"received":{"of":"a","sent":"b"}}"#,
            &Echo::Received { of: of.clone(), sent: sent.clone() },
        );
        golden(1, r#"{"read":{"of":"a","sent":"b"}}"#, &Echo::Read { of: of.clone(), sent: sent.clone() });
        golden(1, r#"{"deleted":{"of":"a","sent":"b"}}"#, &Echo::Deleted { of, sent: sent.clone() });
        golden(1, r#"{"typing":{"sent":"b"}}"#, &Echo::Typing { sent });
    }
}
