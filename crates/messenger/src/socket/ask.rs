//! A frame that came in: checked against the socket it came on, and handed to its one rule.

use hearken_core::Draft;
use hearken_core::account::Phone;
use hearken_core::ids::AccountId;
use hearken_core::store::AccountRef;

use super::reply::{Asked, Listing, Reply, Update};
use super::{Purpose, Socket, Stalled};
use crate::fetch::Fetch;
use crate::rules::group::Authors;
use crate::rules::{Done, Moment, Refusal, dialogue, expiry, group, message_of};
use crate::stored::Group;
use crate::text;
use crate::timestamp::server_time;
use crate::wire::{Body, Command, Frame, Stamped, bounded};

impl Socket {
    /// Answers a frame, at once or later.
    pub(super) fn ask(&mut self, text: &str) {
        let allowed = self.rate.allow(self.core.elapsed());
        match Frame::parse(text) {
            Ok(frame) if allowed => self.ask_frame(&frame, text, false),
            Ok(frame) => self.refuse(&frame, "too many frames at once; slow down"),
            Err(fault) => {
                let now = server_time(self.core.now());
                let frame = fault.frame(&self.phone, self.path_to(), &now);
                self.replies.push_back(Reply::Ready(frame));
            }
        }
    }

    /// Answers a frame whose number has been looked up meanwhile.
    pub(super) fn take_up(&mut self, text: &str, found: bool) {
        let Ok(frame) = Frame::parse(text) else { return };
        if found {
            self.ask_frame(&frame, text, true);
        } else {
            self.refuse(&frame, "the server can't look this up just now; send this again");
        }
    }

    fn ask_frame(&mut self, frame: &Frame<'_>, text: &str, looked_up: bool) {
        if !frame.command.works_on(self.purpose.kind()) {
            return self.refuse(frame, "this command does not belong on this socket");
        }
        if let Body::Text(said) = &frame.body
            && let Err(error) = text::check(said, self.settings.max_message)
        {
            return self.refuse(frame, &error.to_string());
        }
        match &self.purpose {
            Purpose::Receive => self.ask_receive(frame),
            Purpose::Personal { .. } => self.ask_personal(frame),
            Purpose::Group { .. } => self.ask_group(frame, text, looked_up),
            Purpose::Room { .. } => self.ask_room(frame),
        }
    }

    fn ask_receive(&mut self, frame: &Frame<'_>) {
        if !is(&frame.msg_to, &self.phone) {
            return self.refuse(frame, "msg_to must be your own number on this socket");
        }
        let fetch = Fetch::begin(&self.core, &self.actor, self.phone.clone(), frame.command);
        let listing = Listing { fetch, asked: self.asked(frame, String::new(), "") };
        self.replies.push_back(Reply::Fetch(Box::new(listing)));
    }

    fn ask_personal(&mut self, frame: &Frame<'_>) {
        let Purpose::Personal { pair, key, peer_phone } = &self.purpose else { return };
        if !is(&frame.msg_from, &self.phone) {
            return self.refuse(frame, "msg_from must be your own number");
        }
        if !is(&frame.msg_to, peer_phone) {
            return self.refuse(frame, "msg_to must be the number that this socket is for");
        }
        let (pair, sent, ttl) = (*pair, moment(&frame.sent), self.settings.undelivered_ttl);
        let at = dialogue::between(self.person.account.organisation_id, key.clone());
        let asked = self.asked(frame, frame.sent.text.to_string(), peer_phone);
        let (core, actor) = (&self.core, &self.actor);
        let reply = match (frame.command, &frame.body) {
            (Command::NewMsg, Body::Text(said)) => {
                let (at, said) = (at.reading(message_of(pair.me, sent.at)), said.to_string());
                core.update(actor, at, move |draft| {
                    let done = dialogue::send(draft, pair, &sent, &said)?;
                    expiry::arm(draft, ttl);
                    Ok(done)
                })
            }
            (Command::MsgReceived, Body::Moment(of)) => {
                let (at, of) = (at.reading(message_of(pair.peer, of.at)), moment(of));
                core.update(actor, at, move |draft| dialogue::receive(draft, pair, &of, &sent))
            }
            (Command::MsgRead, Body::Moment(of)) => {
                let of = moment(of);
                core.update(actor, at, move |draft| Ok(dialogue::read(draft, pair, &of, &sent)))
            }
            (Command::DeleteMsg, Body::Moment(of)) => {
                let (at, of) = (at.reading(message_of(pair.me, of.at)), moment(of));
                core.update(actor, at, move |draft| dialogue::delete(draft, pair, &of, &sent))
            }
            _ => core.update(actor, at, move |draft| Ok(dialogue::type_on(draft, pair, &sent))),
        };
        let left = self.left_behind(frame.command, pair);
        self.replies.push_back(Reply::Update(Box::new(Update { reply, asked, left })));
    }

    fn ask_group(&mut self, frame: &Frame<'_>, text: &str, looked_up: bool) {
        let Purpose::Group { key } = &self.purpose else { return };
        if !is(&frame.msg_from, &self.phone) {
            return self.refuse(frame, "msg_from must be your own number");
        }
        let authors = if *frame.msg_to == **key {
            Authors::All
        } else {
            let Ok(phone) = frame.msg_to.parse::<Phone>() else {
                return self
                    .refuse(frame, "msg_to must be the group that this socket is for, or a number in it");
            };
            match self.core.phone_at_hand(&phone) {
                Some(account) => Authors::One(account.id),
                None if looked_up => return self.refuse(frame, &Refusal::UnknownNumber.to_string()),
                None => return self.stall(phone, text),
            }
        };
        let reply = self.group_update(frame, authors);
        let asked = self.asked(frame, frame.sent.at.group_sent().to_string(), key);
        self.replies.push_back(Reply::Update(Box::new(Update { reply, asked, left: None })));
    }

    fn group_update(&self, frame: &Frame<'_>, authors: Authors) -> hearken_core::Reply<Done, Refusal> {
        let Purpose::Group { key } = &self.purpose else { unreachable!("asked of a group's socket alone") };
        let (me, sent, ttl) = (self.person.account.id, moment(&frame.sent), self.settings.undelivered_ttl);
        let at = hearken_core::At::<Group>::key(self.person.account.organisation_id, key.clone());
        let (core, actor) = (&self.core, &self.actor);
        match (frame.command, &frame.body) {
            (Command::NewGrpMsg, Body::Text(said)) => {
                let (at, said) = (at.reading(message_of(me, sent.at)), said.to_string());
                core.update(actor, at, move |draft| {
                    must_be_known(draft, me, authors)?;
                    let done = group::send(draft, me, &sent, &said)?;
                    expiry::arm(draft, ttl);
                    Ok(done)
                })
            }
            (Command::GrpMsgReceived, Body::Moment(of)) => {
                let of = moment(of);
                core.update(actor, at.reading(authors.messages(&of)), move |draft| {
                    must_be_known(draft, me, authors)?;
                    group::receive(draft, me, authors, &of, &sent)
                })
            }
            (Command::GrpMsgRead | Command::MsgRead, Body::Moment(of)) => {
                let of = moment(of);
                core.update(actor, at, move |draft| {
                    must_be_known(draft, me, authors)?;
                    group::read(draft, me, &of, &sent)
                })
            }
            (Command::DeleteGrpMsg, Body::Moment(of)) => {
                let (at, of) = (at.reading(message_of(me, of.at)), moment(of));
                core.update(actor, at, move |draft| {
                    must_be_known(draft, me, authors)?;
                    group::delete(draft, me, &of, &sent)
                })
            }
            _ => core.update(actor, at, move |draft| {
                must_be_known(draft, me, authors)?;
                group::type_on(draft, me, &sent)
            }),
        }
    }

    /// Keeps a frame until its number has been looked up; the next ones wait behind it.
    fn stall(&mut self, phone: Phone, text: &str) {
        let core = self.core.clone();
        let lookup = Box::pin(async move { core.account(&AccountRef::Phone(phone)).await });
        self.stalled = Some(Stalled { frame: text.to_owned(), lookup });
    }

    pub(super) fn asked(&self, frame: &Frame<'_>, original: String, other_end: &str) -> Asked {
        Asked {
            command: frame.command,
            msg_from: bounded(&frame.msg_from).to_owned(),
            msg_to: bounded(&frame.msg_to).to_owned(),
            original,
            sent: frame.sent.text.to_string(),
            of: match &frame.body {
                Body::Moment(of) => Some(moment(of)),
                _ => None,
            },
            other_end: other_end.to_owned(),
            missing: self.purpose.missing(),
        }
    }

    pub(super) fn refuse(&mut self, frame: &Frame<'_>, message: &str) {
        let error = self.asked(frame, String::new(), "").refuse(message, &self.core);
        self.replies.push_back(Reply::Ready(error));
    }
}

/// Whoever asks must be in the group; and a number in `msg_to` must be of somebody in it, whatever the command
/// (contract, "Settled details"). In this order: who has left learns nothing of who is there.
fn must_be_known(draft: &Draft<'_, '_, Group>, me: AccountId, authors: Authors) -> Result<(), Refusal> {
    draft.member(me).ok_or(Refusal::NotMember)?;
    match authors {
        Authors::All => Ok(()),
        Authors::One(account) => draft.member(account).map(|_| ()).ok_or(Refusal::UnknownNumber),
    }
}

pub(super) fn moment(stamped: &Stamped<'_>) -> Moment {
    Moment { at: stamped.at, text: stamped.text.to_string() }
}

/// The most bytes of a number as people write it, with spaces, brackets and dashes.
const LONGEST_NUMBER: usize = 32;

/// Whether a number as a client wrote it is this one.
pub(super) fn is(written: &str, phone: &str) -> bool {
    let short = written.len() <= LONGEST_NUMBER;
    written == phone || (short && written.parse::<Phone>().is_ok_and(|written| written.as_str() == phone))
}
