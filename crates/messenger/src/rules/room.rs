//! The rules of talking in a room: those of a personal chat, as long as the room is open (contract, "Settled details").
//!
//! When it is over nothing more is said, but what was said before can still be received, and taken back. Where it has
//! become a personal chat, that chat takes such receipts too: see the rules of what is left.

use hearken_core::event::{Audience, Logged};
use hearken_core::{At, AtMany, Draft, Drafts, Receipt};

use super::dialogue::Pair;
use super::meeting::{Stage, stage};
use super::message::{deletable, keep};
use super::{Done, Moment, Refusal, message_of};
use crate::stored::{Dialogue, Echo, Marks, Room};

type Chat<'d, 'e> = Draft<'d, 'e, Room>;

/// `new_msg`. Reads [`message_of`] me at `sent`.
pub fn send(draft: &mut Chat<'_, '_>, pair: Pair, sent: &Moment, text: &str) -> Result<Done, Refusal> {
    // One that was kept while the room was open is known to be kept ever after.
    let earlier = draft.logged(&message_of(pair.me, sent.at)).next();
    if earlier.is_none() {
        must_be_open(draft)?;
    }
    keep(draft, pair.me, sent, text, |_| vec![pair.peer])
}

/// `msg_received`. Reads [`message_of`] the peer at `of`.
pub fn receive(draft: &mut Chat<'_, '_>, pair: Pair, of: &Moment, sent: &Moment) -> Result<Done, Refusal> {
    let Some(logged) = message_from_peer(draft, pair, of) else { return Err(nothing(draft)) };
    match draft.receive(&logged, pair.me) {
        Receipt::Unknown => return Err(nothing(draft)),
        // Another of this person's devices was first.
        Receipt::Repeated => return Ok(Done::Quiet),
        Receipt::Taken => {}
    }
    let marks = Marks::among(&mut draft.state_mut().marks, pair.me);
    marks.received = marks.received.max(Some(sent.at.micros()));
    draft.signal(Audience::only([pair.peer]), received(of, sent));
    Ok(Done::Quiet)
}

/// `msg_read`.
pub fn read(draft: &mut Chat<'_, '_>, pair: Pair, of: &Moment, sent: &Moment) -> Result<Done, Refusal> {
    must_be_open(draft)?;
    let seen = Some(sent.at.micros());
    let behind = draft.state().marks.iter().all(|marks| marks.account != pair.me || marks.seen < seen);
    if behind {
        Marks::among(&mut draft.state_mut().marks, pair.me).seen = seen;
    }
    draft.signal(Audience::only([pair.peer]), Echo::Read { of: of.text.clone(), sent: sent.text.clone() });
    Ok(Done::Quiet)
}

/// `is_typing`.
pub fn type_on(draft: &mut Chat<'_, '_>, pair: Pair, sent: &Moment) -> Result<Done, Refusal> {
    must_be_open(draft)?;
    draft.signal_droppable(Audience::only([pair.peer]), Echo::Typing { sent: sent.text.clone() });
    Ok(Done::Quiet)
}

/// `delete_msg`. Reads [`message_of`] me at `of`.
pub fn delete(draft: &mut Chat<'_, '_>, pair: Pair, of: &Moment, sent: &Moment) -> Result<Done, Refusal> {
    let logged = deletable(draft, pair.me, of)?;
    draft.withdraw(&logged);
    draft.signal(Audience::members(), deleted(of, sent));
    Ok(Done::Deleted)
}

const LEFT: usize = 0;
const CHAT: usize = 1;

/// The room that a pair's personal chat was, and that chat, for a rule of what is left there.
pub fn left_to(at: At<Room>, chat: At<Dialogue>) -> AtMany {
    AtMany::default().and(at).and(chat)
}

/// `msg_received` in a personal chat, for a message that was sent while it was a room. Reads [`message_of`] the peer at
/// `of` in the room. `told`: whether the other has heard of it for a message of the same name in the chat.
pub fn receive_left(
    drafts: &mut Drafts<'_, '_>,
    pair: Pair,
    of: &Moment,
    sent: &Moment,
    told: bool,
) -> Result<Done, Refusal> {
    let receipt = drafts.with(LEFT, |room: &mut Chat<'_, '_>| {
        let logged = Some(&*room).filter(|room| stage(room) == Stage::Replaced);
        let logged = logged.and_then(|room| message_from_peer(room, pair, of));
        logged.map_or(Receipt::Unknown, |logged| room.receive(&logged, pair.me))
    });
    match receipt.unwrap_or(Receipt::Unknown) {
        Receipt::Unknown => return Err(Refusal::NothingToReceive),
        Receipt::Repeated => return Ok(Done::Quiet),
        Receipt::Taken => {}
    }
    drafts.with(CHAT, |chat: &mut Draft<'_, '_, Dialogue>| {
        let marks = chat.state_mut().marks_of(pair.me);
        marks.received = marks.received.max(Some(sent.at.micros()));
        if !told {
            chat.signal(Audience::only([pair.peer]), received(of, sent));
        }
    });
    Ok(Done::Quiet)
}

/// `delete_msg` in a personal chat, of a message that was sent while it was a room. Reads [`message_of`] me at `of` in
/// the room. `told`: whether both have heard of it for a message of the same name in the chat.
pub fn delete_left(
    drafts: &mut Drafts<'_, '_>,
    pair: Pair,
    of: &Moment,
    sent: &Moment,
    told: bool,
) -> Result<Done, Refusal> {
    let taken_back = drafts.with(LEFT, |room: &mut Chat<'_, '_>| {
        if stage(room) != Stage::Replaced {
            return Err(Refusal::NothingToDelete);
        }
        let logged = deletable(room, pair.me, of)?;
        room.withdraw(&logged);
        Ok(())
    });
    taken_back.unwrap_or(Err(Refusal::NothingToDelete))?;
    drafts.with(CHAT, |chat: &mut Draft<'_, '_, Dialogue>| {
        if !told {
            chat.signal(Audience::members(), deleted(of, sent));
        }
    });
    Ok(Done::Deleted)
}

/// The personal chat that a room has become is deleted: so is what waits in the room.
pub fn forget_left(draft: &mut Chat<'_, '_>) {
    draft.leave_unopened();
    if stage(draft) == Stage::Replaced {
        draft.clear_log();
    }
}

fn message_from_peer(draft: &Chat<'_, '_>, pair: Pair, of: &Moment) -> Option<Logged> {
    draft.logged(&message_of(pair.peer, of.at)).next()
}

fn received(of: &Moment, sent: &Moment) -> Echo {
    Echo::Received { of: of.text.clone(), sent: sent.text.clone() }
}

fn deleted(of: &Moment, sent: &Moment) -> Echo {
    Echo::Deleted { of: of.text.clone(), sent: sent.text.clone() }
}

/// Why there is nothing to be received.
fn nothing(draft: &Chat<'_, '_>) -> Refusal {
    must_be_open(draft).err().unwrap_or(Refusal::NothingToReceive)
}

fn must_be_open(draft: &Chat<'_, '_>) -> Result<(), Refusal> {
    match stage(draft) {
        Stage::Open => Ok(()),
        Stage::Replaced => Err(Refusal::RoomReplaced),
        Stage::Over | Stage::Parted => Err(Refusal::RoomOver),
    }
}
