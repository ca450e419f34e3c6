//! A chat: who is in it, and where it stands.

use hearken_core::ids::{AccountId, Seq};
use hearken_core::{Draft, Held, Kind, Remains};
use serde::{Deserialize, Serialize};

use super::{Happening, Passing, Rank, Side, is_unset};
use crate::erasure;

/// A chat of a visitor: its room, in the seed's words. Its members are the visitor and whoever serves it; its header says
/// where it stands ([`Stage`]), and how severe it is (the priority).
pub struct Chat;

impl Kind for Chat {
    const NAME: &'static str = "desk.chat";
    type State = ChatState;
    type Event = Happening;
    type Signal = Passing;

    fn erase(draft: &mut Draft<'_, '_, Self>, account: AccountId) -> Remains {
        erasure::erase_chat(draft, account)
    }

    fn export(held: &Held<'_, Self>) -> serde_json::Value {
        erasure::export_chat(held)
    }
}

/// Where a chat stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It waits in the queue.
    Unclaimed,
    /// Somebody serves it.
    Claimed,
    /// One of the two has left.
    Closed,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 3] = [Self::Unclaimed, Self::Claimed, Self::Closed];

    /// The word for it in the header, and over HTTP.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unclaimed => "unclaimed",
            Self::Claimed => "claimed",
            Self::Closed => "closed",
        }
    }

    /// The stage of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.word() == word)
    }
}

/// Who has closed a chat (contract: `closed_by`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoClosed {
    /// The visitor has left.
    Visitor,
    /// Whoever served it has left.
    Staff,
    /// One of the two has lost the line, and has not come back.
    Lost,
}

/// What is true of a chat, beside its header. Times are in milliseconds since the epoch. A message leaves it as it is,
/// but for the first reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatState {
    /// Whose chat it is.
    pub visitor: AccountId,
    /// His name when he opened it, to find it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// His e-mail address then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Who serves it, or served it when it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<AccountId>,
    /// What he was when he took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<Rank>,
    /// What the staff has written on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// When it was opened.
    pub opened: i64,
    /// When anything but its log has changed last.
    pub updated: i64,
    /// When it was first claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<i64>,
    /// When the staff first said something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reply: Option<i64>,
    /// When it was flagged last, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flagged: Option<i64>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<i64>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<WhoClosed>,
    /// How many of its events are no rows. A row's `sequence_num` is its place less those before it.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub skipped: u32,
    /// How many of its rows are no messages.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub others: u32,
    /// Where the visitor has lost a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor_away: Option<Away>,
    /// Where whoever serves it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_away: Option<Away>,
}

/// What is known of somebody who has lost a line, until he is back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Away {
    /// Since when he has no line any more, in milliseconds since the epoch; nothing as long as only one of several is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// Up to which place he had got everything; not known where his node died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<Seq>,
}

impl ChatState {
    /// A chat that this visitor opens; what he is called, and when it is, the rule says that opens it.
    pub fn new(visitor: AccountId) -> Self {
        Self {
            visitor,
            name: None,
            email: None,
            staff: None,
            rank: None,
            tags: Vec::new(),
            opened: 0,
            updated: 0,
            claimed: None,
            first_reply: None,
            flagged: None,
            closed: None,
            closed_by: None,
            skipped: 0,
            others: 0,
            visitor_away: None,
            staff_away: None,
        }
    }

    /// Where whoever is on this side has lost a line.
    pub fn away(&self, side: Side) -> Option<Away> {
        match side {
            Side::Visitor => self.visitor_away,
            Side::Staff => self.staff_away,
        }
    }

    /// The same, to be changed.
    pub fn away_mut(&mut self, side: Side) -> &mut Option<Away> {
        match side {
            Side::Visitor => &mut self.visitor_away,
            Side::Staff => &mut self.staff_away,
        }
    }

    /// Who is on this side; of the staff, who serves it, or served it when it was closed.
    pub fn person(&self, side: Side) -> Option<AccountId> {
        match side {
            Side::Visitor => Some(self.visitor),
            Side::Staff => self.staff,
        }
    }

    /// On which side this person is.
    pub fn side_of(&self, account: AccountId) -> Option<Side> {
        [Side::Visitor, Side::Staff].into_iter().find(|side| self.person(*side) == Some(account))
    }
}
