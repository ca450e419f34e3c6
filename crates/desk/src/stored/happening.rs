//! What happens in a chat, and what passes there.

use hearken_core::event::Event;
use hearken_core::ids::AccountId;
use serde::{Deserialize, Serialize};

use super::{Rank, Side, is_unset};
use crate::content::Content;

/// Something that happens in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// The room as it was when it had happened.
    pub room: RoomThen,
    /// How many events before this one are no rows.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub skipped: u32,
    /// The socket it came from, so that it hears no echo: sign-ins are shared by tabs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<u64>,
    /// What.
    pub what: What,
}

/// A room (the seed's `models.Chat`) at some time. Its id is the conversation's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomThen {
    /// Whose it is.
    pub visitor: AccountId,
    /// When it was opened, in milliseconds since the epoch.
    pub opened: i64,
    /// When anything but its log had changed last.
    pub updated: i64,
    /// What the staff had written on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How severe it was.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub severity: i64,
}

/// What can happen in a chat. Whoever does it is the event's author; what the server does itself, because somebody did not
/// come back, has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Something is said.
    Said {
        /// By whom.
        side: Side,
        /// Whether the chat is opened with it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        opening: bool,
        /// What.
        content: Content,
    },
    /// Something is noted that no visitor is shown.
    Noted {
        /// What.
        content: Content,
    },
    /// The author serves it from now on.
    Claimed {
        /// What he is.
        rank: Rank,
    },
    /// The author serves it from now on, and another does no more.
    TakenOver {
        /// What he is.
        rank: Rank,
        /// What the other is.
        from: Rank,
    },
    /// The author has put it back in the queue.
    Returned,
    /// One of the two has left; it is closed.
    Left {
        /// Which.
        side: Side,
        /// Whether he only did not come back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        lost: bool,
    },
    /// Its severity is another.
    Flagged,
    /// Its tags are others.
    Tagged,
}

/// What a row of a chat is (contract: `type_id`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowType {
    /// A line that the system writes.
    System,
    /// A message.
    Message,
    /// A note.
    Note,
}

impl What {
    /// What row it is; `None` for what is none.
    pub fn row_type(&self) -> Option<RowType> {
        match self {
            Self::Said { .. } => Some(RowType::Message),
            Self::Noted { .. } => Some(RowType::Note),
            Self::Claimed { .. } | Self::TakenOver { .. } | Self::Returned | Self::Left { .. } => {
                Some(RowType::System)
            }
            Self::Flagged | Self::Tagged => None,
        }
    }
}

/// What passes in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passing {
    /// The author is typing, or has stopped.
    Typing {
        /// The room as it is.
        room: RoomThen,
        /// Whether he is.
        on: bool,
        /// The socket it came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        via: Option<u64>,
    },
}

/// Of the staff, whom an event is about beside its author: who serves the chat when something is said in it or the visitor
/// leaves it, who has left it, or from whom it was taken over. Nobody in an unclaimed chat.
pub fn staff_in(event: &Event) -> Option<AccountId> {
    let happening = event.body.as_ref()?.get::<Happening>()?;
    let named = event.audience.members.iter().flatten();
    let others = named.filter(|account| **account != happening.room.visitor);
    match happening.what {
        What::Claimed { .. } | What::Returned => event.author,
        What::TakenOver { .. } => others.filter(|account| Some(**account) != event.author).copied().next(),
        _ => others.copied().next(),
    }
}
