//! The table of who gets what: of one event, for each kind of viewer, which event of the seed it becomes.

use hearken_core::account::Account;
use hearken_core::event::Event;
use hearken_core::ids::AccountId;
use hearken_socketio::Packet;

use super::Viewer;
use crate::content::Content;
use crate::rows::Row;
use crate::stored::{Coming, Happening, Rank, Side, What};
use crate::wire::{self, Told, User};

/// The kinds of viewers. One may be of several: a supervisor who serves a chat hears as both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The visitor's tabs.
    Visitor,
    /// The tabs of whoever serves, or has just ceased to.
    Serving,
    /// All of the staff.
    Staff,
    /// Supervisors and admins.
    Watching,
}

/// How many there are.
pub(super) const COLUMNS: usize = 4;

impl Column {
    pub(super) const ALL: [Self; COLUMNS] = [Self::Visitor, Self::Serving, Self::Staff, Self::Watching];

    fn holds(self, viewer: Viewer, visitor: AccountId, serving: Option<AccountId>) -> bool {
        match self {
            Self::Visitor => viewer.account == visitor,
            Self::Serving => serving == Some(viewer.account),
            Self::Staff => viewer.rank.is_some(),
            Self::Watching => viewer.watches(),
        }
    }
}

/// What an event becomes. The room is always in it.
pub(super) struct Recipe<'a> {
    /// Its name.
    pub(super) name: &'static str,
    /// Who stands in `user`.
    pub(super) user: Option<AccountId>,
    /// Who besides: in `visitor` if it is he, else in `staff`.
    pub(super) other: Option<AccountId>,
    /// What was said.
    pub(super) contents: Contents<'a>,
}

/// What was said, as an event carries it.
#[derive(Clone, Copy)]
pub(super) enum Contents<'a> {
    /// Nothing.
    None,
    /// This, in `content`.
    One(&'a Content),
    /// This alone, in `contents`.
    List(&'a Content),
    /// Everything so far, in `contents`.
    All,
    /// Everything so far as rows, in `contents`.
    Rows,
}

impl<'a> Contents<'a> {
    /// Whether what has been said so far is asked for.
    pub(super) fn needs_rows(self) -> bool {
        matches!(self, Self::All | Self::Rows)
    }

    /// Puts it where it belongs; `said` are the messages of the chat so far, for what asks for them.
    pub(super) fn fill(self, told: &mut Told<'a>, said: &'a [Row]) {
        match self {
            Self::None => {}
            Self::One(content) => told.content = Some(content.raw()),
            Self::List(content) => told.contents = Some(wire::Contents::Bare(vec![content.raw()])),
            Self::All => told.contents = Some(wire::Contents::bare(said)),
            Self::Rows => told.contents = Some(wire::Contents::rows(said)),
        }
    }
}

fn named(name: &'static str) -> Recipe<'static> {
    Recipe { name, user: None, other: None, contents: Contents::None }
}

impl<'a> Recipe<'a> {
    fn of(self, user: Option<AccountId>) -> Self {
        Self { user, ..self }
    }

    fn with(self, other: Option<AccountId>) -> Self {
        Self { other, ..self }
    }

    fn saying(self, content: &'a Content) -> Self {
        Self { contents: Contents::One(content), ..self }
    }

    fn telling(self, contents: Contents<'a>) -> Self {
        Self { contents, ..self }
    }
}

/// What the event is in this column, if the viewer is in it and it is news to his socket. `serving`: whom of the staff it
/// is about ([`crate::stored::staff_in`]).
pub(super) fn recipe<'a>(
    event: &Event,
    happening: &'a Happening,
    serving: Option<AccountId>,
    viewer: Viewer,
    column: Column,
) -> Option<Recipe<'a>> {
    if !column.holds(viewer, happening.room.visitor, serving) {
        return None;
    }
    // Who puts a chat back is told what is in the queue with everybody else (contract: `return_chat`).
    // A note is one thing, whatever its hearer is.
    let heard = matches!(happening.what, What::Noted { .. })
        && column == Column::Watching
        && serving == Some(viewer.account);
    let acted = happening.via == Some(viewer.socket) && happening.what != What::Returned;
    if acted || heard { None } else { cell(event, happening, serving, column) }
}

/// One cell of the table.
fn cell<'a>(
    event: &Event,
    happening: &'a Happening,
    serving: Option<AccountId>,
    column: Column,
) -> Option<Recipe<'a>> {
    use Column::{Serving, Visitor, Watching};
    let (visitor, author) = (Some(happening.room.visitor), event.author);
    let recipe = match (&happening.what, column) {
        (What::Said { side, opening, content }, _) => {
            return said((*side, *opening), content, (visitor, serving), column);
        }
        (What::Noted { content }, Serving | Watching) => named("chat_note").of(author).saying(content),
        (What::Claimed { .. }, Visitor) => named("staff_join_room").of(author),
        (What::Claimed { .. }, Column::Staff) => named("staff_claim_chat").of(visitor).with(author),
        (What::Claimed { rank: Rank::Agent }, Watching) => {
            named("agent_new_chat").of(author).with(visitor).telling(Contents::Rows)
        }
        (What::TakenOver { .. }, Visitor | Serving) => named("staff_being_taken_over_chat").of(author),
        (What::TakenOver { .. }, Watching) => named("staff_take_over_chat").of(author),
        (What::Returned, Visitor) => named("chat_returned"),
        (What::Returned, Column::Staff) => named("append_unclaimed_chats").of(visitor).telling(Contents::All),
        (What::Left { side, .. }, _) => return left(*side, (visitor, serving), column),
        (What::Flagged, Watching) => named("chat_has_changed_priority_for_supervisor").of(author),
        (What::Tagged, Column::Staff) => named("chat_tags"),
        _ => return None,
    };
    Some(recipe)
}

/// A message. The tabs of whoever sent it hear it as their own.
fn said(
    (side, opening): (Side, bool),
    content: &Content,
    (visitor, serving): (Option<AccountId>, Option<AccountId>),
    column: Column,
) -> Option<Recipe<'_>> {
    let recipe = match (side, column) {
        (Side::Visitor, Column::Visitor) | (Side::Staff, Column::Serving) => named("own_msg"),
        (Side::Visitor, Column::Staff) if opening => {
            return Some(named("append_unclaimed_chats").of(visitor).telling(Contents::List(content)));
        }
        (Side::Visitor, Column::Staff) if serving.is_none() => named("visitor_unclaimed_msg").of(visitor),
        (Side::Visitor, Column::Serving) => named("visitor_send").of(visitor),
        (Side::Visitor, Column::Watching) if serving.is_some() => {
            named("new_visitor_msg_for_supervisor").of(visitor)
        }
        (Side::Staff, Column::Visitor) => named("staff_send").of(serving),
        (Side::Staff, Column::Watching) => named("new_staff_msg_for_supervisor").of(serving),
        _ => return None,
    };
    Some(recipe.saying(content))
}

/// Somebody has left, and the chat is closed. His own other tabs are told too.
fn left(
    side: Side,
    (visitor, serving): (Option<AccountId>, Option<AccountId>),
    column: Column,
) -> Option<Recipe<'static>> {
    let recipe = match (side, column) {
        (Side::Visitor, Column::Visitor) | (Side::Staff, Column::Serving) => named("own_leave"),
        (Side::Visitor, Column::Staff) if serving.is_none() => named("visitor_leave_queue").of(visitor),
        (Side::Visitor, Column::Serving) => named("visitor_leave").of(visitor),
        (Side::Visitor, Column::Watching) if serving.is_some() => {
            named("visitor_leave_chat_for_supervisor").of(visitor)
        }
        (Side::Staff, Column::Visitor) => named("staff_leave").of(serving),
        (Side::Staff, Column::Watching) => named("staff_leave_chat_for_supervisor").of(serving),
        _ => return None,
    };
    Some(recipe)
}

/// Somebody's coming or going. [`Coming::LineLost`] is told to nobody.
pub(super) fn coming(coming: Coming, account: &Account) -> Packet {
    let (side, name) = match coming {
        Coming::Online(Side::Staff) => (Side::Staff, "staff_goes_online"),
        Coming::Online(Side::Visitor) => (Side::Visitor, "visitor_goes_online"),
        Coming::Offline(Side::Visitor) => (Side::Visitor, "visitor_goes_offline"),
        Coming::Offline(Side::Staff) | Coming::LineLost => (Side::Staff, "staff_goes_offline"),
    };
    let user = match side {
        Side::Visitor => User::Visitor(account.into()),
        Side::Staff => User::Staff(account.into()),
    };
    Packet::event(name, &Told { user: Some(user), ..Told::default() }.argument())
}
