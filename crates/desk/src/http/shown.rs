//! The shapes of answers (contract, "Settled details": REST rows). Identifiers are 32 hex digits; times RFC 3339, but for
//! rows', which are as on the socket.

use hearken_core::account::Account;
use hearken_core::clock::from_millis;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::figures::Spread;
use crate::ids::digits;
use crate::names::full_name;
use crate::rows::{Row, RowContent};
use crate::stored::{ChatState, RowType, Stage, WhoClosed};

/// A visitor.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeskVisitor)]
pub(super) struct VisitorShown {
    /// Which account.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    id: String,
    /// What he is called; null for somebody who has not said it.
    #[schema(required = true)]
    name: Option<String>,
    /// How to reach him.
    #[schema(required = true)]
    email: Option<String>,
    /// Whether he walked in as a guest.
    is_anonymous: bool,
}

impl VisitorShown {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            id: digits(account.id.0),
            name: account.name.clone(),
            email: account.email.clone(),
            is_anonymous: account.guest,
        }
    }

    /// Somebody whose account is gone: what the chat says of him.
    pub(super) fn left_in(state: &ChatState) -> Self {
        let (name, email) = (state.name.clone(), state.email.clone());
        Self { id: digits(state.visitor.0), name, email, is_anonymous: true }
    }
}

/// A visitor with his chats.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeskVisitorWithChats)]
pub(super) struct VisitorWithChats {
    #[serde(flatten)]
    pub(super) visitor: VisitorShown,
    /// Those opened last first, at most 100.
    pub(super) chats: Vec<ChatShown>,
}

/// Somebody of the staff.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeskStaff)]
pub(super) struct StaffShown {
    /// Which account.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    id: String,
    /// Name and last name.
    #[schema(required = true)]
    full_name: Option<String>,
}

impl StaffShown {
    pub(super) fn of(account: &Account) -> Self {
        Self { id: digits(account.id.0), full_name: full_name(account) }
    }
}

/// A chat.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeskChat)]
pub(super) struct ChatShown {
    /// Which.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    id: String,
    /// Whose.
    visitor: VisitorShown,
    /// Who serves it, or served it when it was closed.
    #[schema(required = true)]
    staff: Option<StaffShown>,
    /// Where it stands.
    status: StatusShown,
    /// 0, unless it is flagged.
    #[schema(minimum = 0)]
    severity_level: i64,
    /// What the staff has written on it.
    tags: Vec<String>,
    /// When it was opened.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it was first claimed.
    #[schema(required = true, format = "date-time")]
    claimed_at: Option<String>,
    /// When the staff first said something.
    #[schema(required = true, format = "date-time")]
    first_reply_at: Option<String>,
    /// When it was closed.
    #[schema(required = true, format = "date-time")]
    closed_at: Option<String>,
    /// By whom.
    #[schema(required = true)]
    closed_by: Option<ClosedByShown>,
    /// How much was said in it.
    message_count: u64,
}

/// Where a chat stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = DeskChatStatus)]
#[serde(rename_all = "lowercase")]
pub(super) enum StatusShown {
    Unclaimed,
    Claimed,
    Closed,
}

/// Who has closed a chat; `lost`: one of the two did not come back.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = DeskChatClosedBy)]
#[serde(rename_all = "lowercase")]
pub(super) enum ClosedByShown {
    Visitor,
    Staff,
    Lost,
}

/// What a chat is shown by, beside its state.
pub(super) struct Around {
    pub(super) id: uuid::Uuid,
    pub(super) stage: Stage,
    pub(super) severity: i64,
    pub(super) last_seq: u64,
    pub(super) visitor: VisitorShown,
    pub(super) staff: Option<StaffShown>,
}

impl ChatShown {
    pub(super) fn of(state: &ChatState, around: Around) -> Self {
        let rows = around.last_seq.saturating_sub(state.skipped.into());
        Self {
            id: digits(around.id),
            visitor: around.visitor,
            staff: around.staff,
            status: match around.stage {
                Stage::Unclaimed => StatusShown::Unclaimed,
                Stage::Claimed => StatusShown::Claimed,
                Stage::Closed => StatusShown::Closed,
            },
            severity_level: around.severity,
            tags: state.tags.clone(),
            created_at: time(state.opened),
            claimed_at: state.claimed.map(time),
            first_reply_at: state.first_reply.map(time),
            closed_at: state.closed.map(time),
            closed_by: state.closed_by.map(|who| match who {
                WhoClosed::Visitor => ClosedByShown::Visitor,
                WhoClosed::Staff => ClosedByShown::Staff,
                WhoClosed::Lost => ClosedByShown::Lost,
            }),
            message_count: rows.saturating_sub(state.others.into()),
        }
    }
}

/// A row of a chat.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeskRow)]
pub(super) struct RowShown {
    /// Which.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    id: String,
    /// Of which chat.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    chat_id: String,
    /// Who of the staff; null for the visitor.
    #[schema(required = true)]
    sender: Option<String>,
    /// Any JSON object, as it was sent; of a system line `{"content": …}`.
    #[schema(value_type = Object)]
    content: ContentShown,
    /// 1 a message, 0 a system line, 2 a note.
    type_id: u8,
    /// Its number in the chat: 1, 2, 3 …
    #[schema(minimum = 1)]
    sequence_num: u64,
    /// When, in seconds since the epoch.
    created_at: i64,
    /// Always null: rows do not change.
    #[schema(required = true)]
    updated_at: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ContentShown {
    Said(Box<RawValue>),
    Line { content: &'static str },
}

impl RowShown {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            id: digits(row.id),
            chat_id: digits(row.chat.0),
            sender: row.sender.map(|sender| digits(sender.0)),
            content: match &row.content {
                RowContent::Said(content) => ContentShown::Said(content.raw().to_owned()),
                RowContent::Line(content) => ContentShown::Line { content },
            },
            type_id: match row.row_type {
                RowType::System => 0,
                RowType::Message => 1,
                RowType::Note => 2,
            },
            sequence_num: row.number,
            created_at: row.at.as_second(),
            updated_at: None,
        }
    }
}

/// A change of a chat.
#[derive(ToSchema)]
#[schema(as = DeskTags)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct TagsSent {
    /// At most 20, of 1 to 40 characters.
    tags: Vec<String>,
}

/// How the desk has done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeskStats)]
pub(super) struct StatsShown {
    /// Chats that were opened.
    pub(super) chats: u64,
    /// Those of them that were claimed.
    pub(super) claimed: u64,
    /// How long they waited to be.
    pub(super) waiting_seconds: SpreadShown,
    /// How long it took until the staff said something, from the opening.
    pub(super) first_reply_seconds: SpreadShown,
    /// How long those took that are closed.
    pub(super) duration_seconds: SpreadShown,
    /// For each of the staff, most chats first.
    pub(super) by_staff: Vec<StaffStatsShown>,
}

/// How one of the staff has done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeskStaffStats)]
pub(super) struct StaffStatsShown {
    /// Who.
    pub(super) staff: StaffShown,
    /// His chats.
    pub(super) chats: u64,
    /// How long it took until the staff said something in them.
    pub(super) first_reply_seconds: SpreadShown,
}

/// What half, and nine of ten, do not exceed; null where there is nothing to look at.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = DeskSpread)]
pub(super) struct SpreadShown {
    /// Half.
    #[schema(required = true)]
    p50: Option<f64>,
    /// Nine of ten.
    #[schema(required = true)]
    p90: Option<f64>,
}

impl From<Spread> for SpreadShown {
    fn from(spread: Spread) -> Self {
        let seconds = |millis: i64| millis as f64 / 1000.0;
        Self { p50: spread.p50.map(seconds), p90: spread.p90.map(seconds) }
    }
}

fn time(millis: i64) -> String {
    format!("{:.3}", from_millis(millis))
}
