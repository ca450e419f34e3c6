//! What somebody does in a chat, as the core is asked for it: each is one rule, queued at once in the order of the calls,
//! and answered once it is on stable storage. What needs something looked up first is in [`crate::chats`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hearken_core::actor::Actor;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::{At, Core, Reply, UpdateError};

use crate::content::Content;
use crate::rules::marking::{Severity, Tags};
use crate::rules::room::Room;
use crate::rules::{By, Refusal, ending, marking, serving, talk};
use crate::stored::{Rank, Side, Stage};

/// The answer to an act: the place of what has happened.
pub struct Answer(Given);

impl Answer {
    /// One that was never asked for.
    pub fn refused(refusal: Refusal) -> Self {
        Self(Given::Refused(refusal))
    }
}

enum Given {
    /// Refused before anything was asked.
    Refused(Refusal),
    /// On its way; what it is when the chat is not there.
    Asked(Reply<Seq, Refusal>, Refusal),
}

impl Future for Answer {
    type Output = Result<Seq, UpdateError<Refusal>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Given::Refused(refusal) => Poll::Ready(Err(UpdateError::Refused(*refusal))),
            Given::Asked(reply, missing) => {
                let missing = *missing;
                Pin::new(reply).poll(context).map_err(|error| match error {
                    UpdateError::NotFound => UpdateError::Refused(missing),
                    other => other,
                })
            }
        }
    }
}

/// The actor as one who serves.
pub fn staff(actor: &Actor, via: Option<u64>) -> Result<(By, Rank), Refusal> {
    let Actor::Person(person) = actor else { return Err(Refusal::StaffOnly) };
    let rank = Rank::of(&person.account.roles).ok_or(Refusal::StaffOnly)?;
    Ok((By { me: person.account.id, via }, rank))
}

/// The actor as one who has walked in.
pub fn visitor(actor: &Actor, via: Option<u64>) -> Result<By, Refusal> {
    let Actor::Person(person) = actor else { return Err(Refusal::VisitorsOnly) };
    match Side::of(&person.account.roles) {
        Some(Side::Visitor) => Ok(By { me: person.account.id, via }),
        _ => Err(Refusal::VisitorsOnly),
    }
}

/// `visitor_msg_unclaimed` and `visitor_msg`, by where the visitor believes his chat to stand.
pub fn say_as_visitor(
    core: &Core,
    actor: &Actor,
    chat: ConversationId,
    via: Option<u64>,
    content: Content,
    believed: Stage,
) -> Answer {
    as_visitor(core, actor, chat, via, move |room, by| talk::say_as_visitor(room, by, &content, believed))
}

/// `visitor_leave_room`.
pub fn leave_as_visitor(core: &Core, actor: &Actor, chat: ConversationId, via: Option<u64>) -> Answer {
    as_visitor(core, actor, chat, via, |room, by| ending::leave(room, by, Side::Visitor))
}

/// `staff_msg`.
pub fn say_as_staff(
    core: &Core,
    actor: &Actor,
    chat: ConversationId,
    via: Option<u64>,
    content: Content,
) -> Answer {
    as_staff(core, actor, chat, via, move |room, by| talk::say_as_staff(room, by, &content))
}

/// `staff_leave_room`.
pub fn leave_as_staff(core: &Core, actor: &Actor, chat: ConversationId, via: Option<u64>) -> Answer {
    as_staff(core, actor, chat, via, |room, by| ending::leave(room, by, Side::Staff))
}

/// `return_chat`.
pub fn give_back(core: &Core, actor: &Actor, chat: ConversationId, via: Option<u64>) -> Answer {
    as_staff(core, actor, chat, via, serving::give_back)
}

/// `change_chat_priority`.
pub fn flag(
    core: &Core,
    actor: &Actor,
    chat: ConversationId,
    via: Option<u64>,
    severity: Severity,
) -> Answer {
    as_staff(core, actor, chat, via, move |room, by| Ok(marking::flag(room, by, severity)))
}

/// `chat_tags`.
pub fn tag(core: &Core, actor: &Actor, chat: ConversationId, via: Option<u64>, tags: Tags) -> Answer {
    as_staff(core, actor, chat, via, move |room, by| marking::tag(room, by, &tags))
}

/// The tags of any chat, closed or not.
pub fn tag_any(core: &Core, actor: &Actor, chat: ConversationId, tags: Tags) -> Answer {
    as_staff(core, actor, chat, None, move |room, by| Ok(marking::tag_any(room, by, &tags)))
}

/// `chat_note`.
pub fn note(core: &Core, actor: &Actor, chat: ConversationId, via: Option<u64>, content: Content) -> Answer {
    as_staff(core, actor, chat, via, move |room, by| talk::note(room, by, &content))
}

/// `user_typing_send` and `user_stop_typing_send`, by whichever side the actor is on.
pub fn type_on(core: &Core, actor: &Actor, chat: ConversationId, via: Option<u64>, on: bool) -> Answer {
    let rule = move |side| {
        move |room: &mut Room<'_, '_>, by| {
            talk::type_on(room, by, side, on)?;
            Ok(room.last_seq())
        }
    };
    match staff(actor, via) {
        Ok(_) => as_staff(core, actor, chat, via, rule(Side::Staff)),
        Err(_) => as_visitor(core, actor, chat, via, rule(Side::Visitor)),
    }
}

fn as_visitor(
    core: &Core,
    actor: &Actor,
    chat: ConversationId,
    via: Option<u64>,
    mut rule: impl FnMut(&mut Room<'_, '_>, By) -> Result<Seq, Refusal> + Send + 'static,
) -> Answer {
    match visitor(actor, via) {
        Ok(by) => {
            let reply = core.update(actor, At::id(chat), move |room| rule(room, by));
            Answer(Given::Asked(reply, Refusal::NoChat))
        }
        Err(refusal) => Answer(Given::Refused(refusal)),
    }
}

fn as_staff(
    core: &Core,
    actor: &Actor,
    chat: ConversationId,
    via: Option<u64>,
    mut rule: impl FnMut(&mut Room<'_, '_>, By) -> Result<Seq, Refusal> + Send + 'static,
) -> Answer {
    match staff(actor, via) {
        Ok((by, _)) => {
            let reply = core.update(actor, At::id(chat), move |room| rule(room, by));
            Answer(Given::Asked(reply, Refusal::NoRoom))
        }
        Err(refusal) => Answer(Given::Refused(refusal)),
    }
}
