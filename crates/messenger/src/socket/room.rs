//! Frames on a room's socket; and what a personal chat finds in the room that it was before.

use hearken_core::actor::Actor;
use hearken_core::ids::OrganisationId;
use hearken_core::{At, Core, Drafts, Reply, UpdateError};

use super::ask::{is, moment};
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
        let asked = self.asked(frame, frame.sent.text.to_string(), ROOM);
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

    /// Where else to look for a message that a personal chat is told about.
    pub(super) fn left_behind(&self, command: Command, pair: Pair) -> Option<LeftBehind> {
        let organisation = self.person.account.organisation_id;
        let found = || LeftBehind { actor: self.actor.clone(), organisation, pair, here: None };
        matches!(command, Command::MsgReceived | Command::DeleteMsg).then(found)
    }
}

/// The room that a personal chat may have been before: what was sent there and not received yet is received, and taken
/// back, in the chat. A message there and one in the chat may bear the same name; then both are meant.
pub(super) struct LeftBehind {
    actor: Actor,
    organisation: OrganisationId,
    pair: Pair,
    /// What the chat has said; known once the room has been asked.
    here: Option<Result<Done, Refusal>>,
}

/// How it goes on.
pub(super) enum Look {
    /// The room is being asked.
    There(Reply<Done, Refusal>),
    /// This is the answer.
    Ended(Result<Done, UpdateError<Refusal>>),
}

impl LeftBehind {
    /// Where to look after this answer: first the chat's, then the room's.
    pub(super) fn look(
        &mut self,
        done: Result<Done, UpdateError<Refusal>>,
        asked: &Asked,
        core: &Core,
    ) -> Look {
        if let Some(here) = self.here.take() {
            return Look::Ended(match (here, done) {
                // There has been no room.
                (Err(nothing), Err(UpdateError::NotFound)) => Err(UpdateError::Refused(nothing)),
                // It is done in the chat, and there is no more of it.
                (Ok(here), Ok(_) | Err(UpdateError::NotFound | UpdateError::Refused(_))) => Ok(here),
                (_, there) => there,
            });
        }
        let (here, told) = match done {
            Ok(Done::QuietHere { told }) => (Ok(Done::Quiet), told),
            Ok(Done::DeletedHere) => (Ok(Done::Deleted), true),
            Err(UpdateError::Refused(refusal @ (Refusal::NothingToReceive | Refusal::NothingToDelete))) => {
                (Err(refusal), false)
            }
            done => return Look::Ended(done),
        };
        match self.ask(asked, told, core) {
            Some(reply) => {
                self.here = Some(here);
                Look::There(reply)
            }
            None => Look::Ended(here.map_err(UpdateError::Refused)),
        }
    }

    fn ask(&self, asked: &Asked, told: bool, core: &Core) -> Option<Reply<Done, Refusal>> {
        let (of, pair) = (asked.of.clone()?, self.pair);
        let sent = Moment { at: Sent::parse(&asked.sent).ok()?, text: asked.sent.clone() };
        let at = At::<Room>::key(self.organisation, pair.key());
        let chat = At::<Dialogue>::key(self.organisation, pair.key());
        Some(if asked.command == Command::DeleteMsg {
            let places = room::left_to(at.reading(message_of(pair.me, of.at)), chat);
            let delete = move |drafts: &mut Drafts<'_, '_>| room::delete_left(drafts, pair, &of, &sent, told);
            core.update_many(&self.actor, places, delete)
        } else {
            let places = room::left_to(at.reading(message_of(pair.peer, of.at)), chat);
            let receive =
                move |drafts: &mut Drafts<'_, '_>| room::receive_left(drafts, pair, &of, &sent, told);
            core.update_many(&self.actor, places, receive)
        })
    }
}
