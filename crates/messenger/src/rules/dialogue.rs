//! The rules of a personal chat (seed, "Personal Message Commands").
//!
//! A chat's first message opens it, or somebody's asking for it. Until then, and after it was deleted, typing and
//! reading pass between the two without anything being kept.

use std::sync::Arc;

use hearken_core::event::Audience;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::{At, Draft, Header, Receipt};

use super::message::{deletable, keep};
use super::{Done, Moment, Refusal, message_of};
use crate::stored::{Dialogue, DialogueState, Echo, PersonalChange, Tidings};

/// The two of a personal chat, as one of them sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Who acts.
    pub me: AccountId,
    /// The other.
    pub peer: AccountId,
}

impl Pair {
    /// The natural key of their conversation: the same from both sides.
    pub fn key(&self) -> Arc<str> {
        let (low, high) = if self.me < self.peer { (self.me, self.peer) } else { (self.peer, self.me) };
        format!("{low}:{high}").into()
    }

    /// The other one of a conversation with this key.
    pub fn from_key(key: &str, me: AccountId) -> Option<Self> {
        let (low, high) = key.split_once(':')?;
        let (low, high) = (low.parse().ok()?, high.parse().ok()?);
        let peer = if low == me { high } else { low };
        Some(Self { me, peer })
    }
}

/// Their conversation, to be opened if there is none.
pub fn between(organisation: OrganisationId, key: Arc<str>) -> At<Dialogue> {
    At::key(organisation, key).or_open(DialogueState::default())
}

type Chat<'d, 'e> = Draft<'d, 'e, Dialogue>;

/// Where a chat stands that was deleted, until the next message or asking makes it again.
const DELETED: &str = "deleted";
/// Where a chat stands that is there.
const OPEN: &str = "open";
/// Where one stands that is there and was a room before, in which something may still wait.
const MET: &str = "met";

/// Whether a chat is there: one that was deleted is not.
pub fn is_there(header: &Header) -> bool {
    header.status != DELETED
}

/// Seats both; the rule that opens the chat does this first.
fn enter(draft: &mut Chat<'_, '_>, pair: Pair) {
    if draft.is_new() {
        draft.join(pair.me, "participant");
        draft.join(pair.peer, "participant");
    }
}

/// What came of asking for a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Whether it was made, for the first time or again.
    pub created: bool,
    /// How far the two have acknowledged.
    pub state: DialogueState,
}

/// Makes the chat, or finds that it is there (contract, `POST /chat/special/personal`).
pub fn open(draft: &mut Chat<'_, '_>, pair: Pair) -> Opened {
    let created = make(draft, pair);
    if created {
        tell(draft, PersonalChange::Create, pair);
    }
    Opened { created, state: draft.state().clone() }
}

/// Makes the chat, if it is not there, and tells nobody; `false` when it was there.
fn make(draft: &mut Chat<'_, '_>, pair: Pair) -> bool {
    let made = draft.is_new() || !is_there(draft.header());
    if made {
        enter(draft, pair);
        draft.set_status(OPEN);
    }
    made
}

/// Makes the chat out of a room, or finds that it is there.
pub(super) fn make_of_room(draft: &mut Chat<'_, '_>, pair: Pair) {
    make(draft, pair);
    draft.set_status(MET);
}

/// Whether something may wait in the room that this chat was before.
fn was_room(draft: &Chat<'_, '_>) -> bool {
    draft.header().status == MET
}

/// Deletes the chat with its messages, for both (contract, `DELETE /chat/special/personal`). One that was deleted stays
/// so.
pub fn delete_chat(draft: &mut Chat<'_, '_>, pair: Pair) {
    if is_there(draft.header()) {
        draft.clear_log();
        *draft.state_mut() = DialogueState::default();
        draft.set_status(DELETED);
        tell(draft, PersonalChange::Delete, pair);
    }
}

fn tell(draft: &mut Chat<'_, '_>, change: PersonalChange, pair: Pair) {
    draft.notify_each([pair.me, pair.peer], Tidings::Personal { change, by: pair.me, with: pair.peer });
}

/// `new_msg`. Reads [`message_of`] me at `sent`.
pub fn send(draft: &mut Chat<'_, '_>, pair: Pair, sent: &Moment, text: &str) -> Result<Done, Refusal> {
    enter(draft, pair);
    let last = draft.last_seq();
    let done = keep(draft, pair.me, sent, text, |_| vec![pair.peer])?;
    // A repeat of what was deleted with the chat makes no new one.
    if draft.last_seq() > last && !is_there(draft.header()) {
        draft.set_status(OPEN);
    }
    Ok(done)
}

/// `msg_received`. Reads [`message_of`] the peer at `of`.
pub fn receive(draft: &mut Chat<'_, '_>, pair: Pair, of: &Moment, sent: &Moment) -> Result<Done, Refusal> {
    let found = draft.logged(&message_of(pair.peer, of.at)).next();
    let logged = found.ok_or(Refusal::NothingToReceive)?;
    match draft.receive(&logged, pair.me) {
        Receipt::Unknown => return Err(Refusal::NothingToReceive),
        // Another of this person's devices was first.
        Receipt::Repeated if was_room(draft) => return Ok(Done::QuietHere { told: false }),
        Receipt::Repeated => return Ok(Done::Quiet),
        Receipt::Taken => {}
    }
    let marks = draft.state_mut().marks_of(pair.me);
    marks.received = marks.received.max(Some(sent.at.micros()));
    draft
        .signal(Audience::only([pair.peer]), Echo::Received { of: of.text.clone(), sent: sent.text.clone() });
    Ok(if was_room(draft) { Done::QuietHere { told: true } } else { Done::Quiet })
}

/// `msg_read`.
pub fn read(draft: &mut Chat<'_, '_>, pair: Pair, of: &Moment, sent: &Moment) -> Done {
    let (is_new, there) = (draft.is_new(), is_there(draft.header()));
    enter(draft, pair);
    if is_new {
        draft.leave_unopened();
    } else if there {
        let seen = Some(sent.at.micros());
        let behind = draft.state().marks.iter().all(|marks| marks.account != pair.me || marks.seen < seen);
        if behind {
            draft.state_mut().marks_of(pair.me).seen = seen;
        }
    }
    draft.signal(Audience::only([pair.peer]), Echo::Read { of: of.text.clone(), sent: sent.text.clone() });
    Done::Quiet
}

/// `is_typing`.
pub fn type_on(draft: &mut Chat<'_, '_>, pair: Pair, sent: &Moment) -> Done {
    if draft.is_new() {
        enter(draft, pair);
        draft.leave_unopened();
    }
    draft.signal_droppable(Audience::only([pair.peer]), Echo::Typing { sent: sent.text.clone() });
    Done::Quiet
}

/// `delete_msg`. Reads [`message_of`] me at `of`.
pub fn delete(draft: &mut Chat<'_, '_>, pair: Pair, of: &Moment, sent: &Moment) -> Result<Done, Refusal> {
    let logged = deletable(draft, pair.me, of)?;
    draft.withdraw(&logged);
    draft.signal(Audience::members(), Echo::Deleted { of: of.text.clone(), sent: sent.text.clone() });
    Ok(if was_room(draft) { Done::DeletedHere } else { Done::Deleted })
}
