//! Frames on a room's socket; and what a personal chat finds in the room that it was before.

use hearken_core::actor::Actor;
use hearken_core::ids::OrganisationId;
use hearken_core::{At, Core, Reply, UpdateError};

use super::ask::{asked, is, moment};
use super::reply::{self, Asked, Update};
use super::{Purpose, Socket};
use crate::rules::dialogue::Pair;
use crate::rules::{Done, Moment, Refusal, expiry, message_of, room};
use crate::stored::{Dialogue, Room};
use crate::timestamp::Sent;
use crate::wire::{Body, Command, Frame, ROOM};

impl Socket {
    pub(super) fn ask_room(&mut self, frame: &Frame<'_>) {
        let Purpose::Room { pair, key } = &self.purpose else { return };
        if !is(&frame.msg_from, &self.phone) {
            return self.refuse(frame, "msg_from must be your own number");
        }
        if frame.msg_to != ROOM {
            return self.refuse(frame, "msg_to must be \"room\" on this socket");
        }
        let (pair, sent) = (*pair, moment(&frame.sent));
        let at = At::<Room>::key(self.person.account.organisation_id, key.clone());
        let asked = asked(frame, frame.sent.text.to_string(), ROOM);
        let (core, actor) = (&self.core, &self.actor);
        let reply = match (frame.command, &frame.body) {
            (Command::NewMsg, Body::Text(said)) => {
                let (at, said) = (at.reading(message_of(pair.me, sent.at)), said.to_string());
                let ttl = self.settings.undelivered_ttl;
                core.update(actor, at, move |draft| {
                    let done = room::send(draft, pair, &sent, &said)?;
                    expiry::arm(draft, ttl);
                    Ok(done)
                })
            }
            (Command::MsgReceived, Body::Moment(of)) => {
                let (at, of) = (at.reading(message_of(pair.peer, of.at)), moment(of));
                core.update(actor, at, move |draft| room::receive(draft, pair, &of, &sent))
            }
            (Command::MsgRead, Body::Moment(of)) => {
                let of = moment(of);
                core.update(actor, at, move |draft| room::read(draft, pair, &of, &sent))
            }
            (Command::DeleteMsg, Body::Moment(of)) => {
                let (at, of) = (at.reading(message_of(pair.me, of.at)), moment(of));
                core.update(actor, at, move |draft| room::delete(draft, pair, &of, &sent))
            }
            _ => core.update(actor, at, move |draft| room::type_on(draft, pair, &sent)),
        };
        self.replies.push_back(reply::Reply::Update(Box::new(Update { reply, asked, left: None })));
    }

    /// Where to look for a message that a personal chat does not know.
    pub(super) fn left_behind(&self, command: Command, pair: Pair) -> Option<LeftBehind> {
        let organisation = self.person.account.organisation_id;
        let found = || LeftBehind { actor: self.actor.clone(), organisation, pair, nothing: None };
        matches!(command, Command::MsgReceived | Command::DeleteMsg).then(found)
    }
}

/// The room that a personal chat may have been before: what was sent there and not received yet is received, and taken
/// back, in the chat.
pub(super) struct LeftBehind {
    actor: Actor,
    organisation: OrganisationId,
    pair: Pair,
    /// What the chat has said; known once the room has been asked.
    nothing: Option<Refusal>,
}

/// Where to go on.
pub(super) enum Look {
    /// The room is being asked.
    There(Reply<Done, Refusal>),
    /// It is in neither.
    Nowhere(Refusal),
    /// The answer is there already.
    NoFurther,
}

impl LeftBehind {
    /// Where to look after this answer.
    pub(super) fn look(
        &mut self,
        done: &Result<Done, UpdateError<Refusal>>,
        asked: &Asked,
        core: &Core,
    ) -> Look {
        match (done, self.nothing) {
            // There has been no room.
            (Err(UpdateError::NotFound), Some(nothing)) => Look::Nowhere(nothing),
            (
                Err(UpdateError::Refused(refusal @ (Refusal::NothingToReceive | Refusal::NothingToDelete))),
                None,
            ) => {
                self.nothing = Some(*refusal);
                self.ask(asked, core).map_or(Look::NoFurther, Look::There)
            }
            _ => Look::NoFurther,
        }
    }

    fn ask(&self, asked: &Asked, core: &Core) -> Option<Reply<Done, Refusal>> {
        let (of, pair) = (asked.of.clone()?, self.pair);
        let sent = Moment { at: Sent::parse(&asked.sent).ok()?, text: asked.sent.clone() };
        let at = At::<Room>::key(self.organisation, pair.key());
        let chat = At::<Dialogue>::key(self.organisation, pair.key());
        Some(if asked.command == Command::DeleteMsg {
            let places = room::left_to(at.reading(message_of(pair.me, of.at)), chat);
            core.update_many(&self.actor, places, move |drafts| room::delete_left(drafts, pair, &of, &sent))
        } else {
            let places = room::left_to(at.reading(message_of(pair.peer, of.at)), chat);
            core.update_many(&self.actor, places, move |drafts| room::receive_left(drafts, pair, &of, &sent))
        })
    }
}
