//! The rules of a personal chat (seed, "Personal Message Commands").
//!
//! A chat's first message opens it. Until then typing and reading pass between the two without anything being kept.

use std::sync::Arc;

use hearken_core::event::Audience;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::{At, Draft, Receipt};

use super::message::{deletable, keep};
use super::{Done, Moment, Refusal, message_of};
use crate::stored::{Dialogue, DialogueState, Echo};

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

/// Seats both; the rule that opens the chat does this first.
fn enter(draft: &mut Chat<'_, '_>, pair: Pair) {
    if draft.is_new() {
        draft.join(pair.me, "participant");
        draft.join(pair.peer, "participant");
    }
}

/// `new_msg`. Reads [`message_of`] me at `sent`.
pub fn send(draft: &mut Chat<'_, '_>, pair: Pair, sent: &Moment, text: &str) -> Result<Done, Refusal> {
    enter(draft, pair);
    keep(draft, pair.me, sent, text, |_| vec![pair.peer])
}

/// `msg_received`. Reads [`message_of`] the peer at `of`.
pub fn receive(draft: &mut Chat<'_, '_>, pair: Pair, of: &Moment, sent: &Moment) -> Result<Done, Refusal> {
    let found = draft.logged(&message_of(pair.peer, of.at)).next();
    let logged = found.ok_or(Refusal::NothingToReceive)?;
    match draft.receive(&logged, pair.me) {
        Receipt::Unknown => return Err(Refusal::NothingToReceive),
        // Another of this person's devices was first.
        Receipt::Repeated => return Ok(Done::Quiet),
        Receipt::Taken => {}
    }
    let marks = draft.state_mut().marks_of(pair.me);
    marks.received = marks.received.max(Some(sent.at.micros()));
    draft
        .signal(Audience::only([pair.peer]), Echo::Received { of: of.text.clone(), sent: sent.text.clone() });
    Ok(Done::Quiet)
}

/// `msg_read`.
pub fn read(draft: &mut Chat<'_, '_>, pair: Pair, of: &Moment, sent: &Moment) -> Done {
    let opened = !draft.is_new();
    enter(draft, pair);
    if opened {
        let seen = Some(sent.at.micros());
        let behind = draft.state().marks.iter().all(|marks| marks.account != pair.me || marks.seen < seen);
        if behind {
            draft.state_mut().marks_of(pair.me).seen = seen;
        }
    } else {
        draft.leave_unopened();
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
    Ok(Done::Deleted)
}
