//! An event that came in: understood or refused, and handed to its one rule when its turn has come.

use hearken_core::Core;
use hearken_core::actor::Actor;
use hearken_core::ids::ConversationId;
use hearken_socketio::Outgoing;

use super::Socket;
use super::works::{Doing, Done, Work};
use crate::acts::{self, Answer};
use crate::chats;
use crate::error::Fault;
use crate::rules::Refusal;
use crate::rules::serving::Way;
use crate::stored::Stage;
use crate::wire::{Asked, StaffAsks, VisitorAsks, ack};

/// What an event has to wait for.
enum Needs {
    /// For nothing but room.
    Room,
    /// Until nothing else is on its way.
    Alone,
}

impl Socket {
    /// Begins what may be begun now, in order.
    pub(super) fn begin_some(&mut self) {
        while let Some(event) = self.turns.first() {
            if self.turns.has_to_wait() || !self.works.has_room(false) {
                return;
            }
            let asked = Asked::read(&event.name, &event.args, !event.attachments.is_empty(), self.side);
            if asked.as_ref().is_ok_and(|asked| !self.has_room_for(asked)) {
                return;
            }
            let Some(event) = self.turns.take(self.core.elapsed()) else { return };
            let (chat, doing) = match asked {
                Ok(asked) => self.begin(asked),
                Err(fault) => (None, Doing::Refused(fault)),
            };
            self.works.push(Work { ack: event.ack, chat, doing });
        }
    }

    fn has_room_for(&self, asked: &Asked) -> bool {
        let (needs, chat) = match asked {
            Asked::Visitor(VisitorAsks::Open(_)) => (Needs::Alone, None),
            Asked::Visitor(_) if self.chat.is_none() => (Needs::Alone, None),
            Asked::Visitor(_) => (Needs::Room, self.chat),
            Asked::Staff(chat, StaffAsks::Claim | StaffAsks::TakeOver) => (Needs::Alone, Some(*chat)),
            Asked::Staff(chat, _) => (Needs::Room, Some(*chat)),
        };
        // Where several commit, only what is about one conversation keeps its order by itself.
        let alone = matches!(needs, Needs::Alone)
            || (self.core.shares_its_store() && chat.is_some_and(|chat| !self.works.are_about(chat)));
        self.works.has_room(alone)
    }

    fn begin(&self, asked: Asked) -> (Option<ConversationId>, Doing) {
        match asked {
            Asked::Visitor(asks) => self.begin_as_visitor(asks),
            Asked::Staff(chat, asks) => (Some(chat), self.begin_as_staff(chat, asks)),
        }
    }

    fn begin_as_staff(&self, chat: ConversationId, asks: StaffAsks) -> Doing {
        let (core, actor, via) = (&self.core, &self.actor, Some(self.viewer.socket));
        Doing::Act(match asks {
            StaffAsks::Claim => return self.begin_serving(chat, Way::Claim),
            StaffAsks::TakeOver => return self.begin_serving(chat, Way::TakeOver),
            StaffAsks::Say(content) => acts::say_as_staff(core, actor, chat, via, content),
            StaffAsks::Leave => acts::leave_as_staff(core, actor, chat, via),
            StaffAsks::Return => acts::give_back(core, actor, chat, via),
            StaffAsks::Prioritise(severity) => acts::flag(core, actor, chat, via, severity),
            StaffAsks::Note(content) => acts::note(core, actor, chat, via, content),
            StaffAsks::Tag(tags) => acts::tag(core, actor, chat, via, tags),
            StaffAsks::Type { on } => acts::type_on(core, actor, chat, via, on),
        })
    }

    fn begin_serving(&self, chat: ConversationId, way: Way) -> Doing {
        let (core, actor, via) = (self.core.clone(), self.actor.clone(), Some(self.viewer.socket));
        let most = self.most_chats;
        Doing::Steps(Box::pin(async move {
            chats::serve(&core, &actor, chat, via, way, most).await.map(|_| None).map_err(Fault::from)
        }))
    }

    fn begin_as_visitor(&self, asks: VisitorAsks) -> (Option<ConversationId>, Doing) {
        let (core, actor, via) = (self.core.clone(), self.actor.clone(), self.viewer.socket);
        if let VisitorAsks::Open(content) = asks {
            let open = async move {
                let opened = chats::open(&core, &actor, Some(via), content).await;
                opened.map(|opened| Some(opened.chat)).map_err(Fault::from)
            };
            return (None, Doing::Steps(Box::pin(open)));
        }
        match self.chat {
            Some(chat) => {
                let answer = in_chat(&core, &actor, via, chat, &asks);
                (Some(chat), Doing::InOwn(answer, Box::new(asks)))
            }
            None => (None, self.begin_in_own(asks, None)),
        }
    }

    /// Looks which chat is the visitor's, and does it there; `not`: one that is known not to be.
    fn begin_in_own(&self, asks: VisitorAsks, not: Option<ConversationId>) -> Doing {
        let (core, actor, via) = (self.core.clone(), self.actor.clone(), self.viewer.socket);
        let me = self.viewer.account;
        Doing::Steps(Box::pin(async move {
            let own = chats::own(&core, me).await?.filter(|own| Some(*own) != not);
            let own = own.ok_or(Refusal::NoChat)?;
            in_chat(&core, &actor, via, own, &asks).await?;
            Ok(Some(own).filter(|_| !asks.leaves()))
        }))
    }

    /// Acknowledges what is done; or does it elsewhere, where the visitor's chat is another than this socket took it for.
    pub(super) fn done(&mut self, done: Done) {
        let Done { ack: number, chat, outcome, again } = done;
        let elsewhere = matches!(outcome, Err(Fault::Refused(Refusal::NoChat)));
        let left = outcome.is_ok() && again.as_deref().is_some_and(VisitorAsks::leaves);
        if again.is_some() && (elsewhere || left) && self.chat == chat {
            self.chat = None;
        }
        if let Some(asks) = again.filter(|_| elsewhere) {
            let doing = self.begin_in_own(*asks, chat);
            self.works.push_front(Work { ack: number, chat: None, doing });
            return;
        }
        if let Ok(Some(own)) = outcome {
            self.chat = Some(own);
        }
        if let Some(id) = number {
            self.out.push_back(Outgoing::Ack { id, args: ack(outcome.map(|_| ())) });
        }
    }
}

/// Does what a visitor asks for in this chat.
fn in_chat(core: &Core, actor: &Actor, via: u64, chat: ConversationId, asks: &VisitorAsks) -> Answer {
    let via = Some(via);
    match asks {
        VisitorAsks::Open(content) | VisitorAsks::Add(content) => {
            acts::say_as_visitor(core, actor, chat, via, content.clone(), Stage::Unclaimed)
        }
        VisitorAsks::Say(content) => {
            acts::say_as_visitor(core, actor, chat, via, content.clone(), Stage::Claimed)
        }
        VisitorAsks::Leave => acts::leave_as_visitor(core, actor, chat, via),
        VisitorAsks::Type { room: Some(room), .. } if *room != chat => Answer::refused(Refusal::NoRoom),
        VisitorAsks::Type { on, .. } => acts::type_on(core, actor, chat, via, *on),
    }
}
