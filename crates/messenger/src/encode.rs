//! What a receive socket shows of what has happened: event, signal or notice, and viewer, to a frame or nothing.

mod notice;

use hearken_core::account::Account;
use hearken_core::event::{Event, Signal};
use hearken_core::ids::{AccountId, SignInId};
use hearken_core::{Identity, Kind as _};

pub use self::notice::notice;
use crate::rules::dialogue::Pair;
use crate::stored::{Dialogue, Echo, Group, Message, Room};
use crate::wire::{Command, Prepared, ROOM, Told};

/// Whose socket it is.
pub struct Viewer<'a> {
    /// The account.
    pub account: AccountId,
    /// Its number.
    pub phone: &'a str,
    /// The sign-in that opened the socket.
    pub sign_in: SignInId,
}

/// What there is to show.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// This frame.
    Frame(String),
    /// Nothing: it is the viewer's own echo, or of no use to him.
    Nothing,
    /// Nothing here, for it is of a newer version; it is not to be taken as shown.
    Unreadable,
    /// A message that was for him and is there no more: his place in the log was too far behind. Others have received
    /// it, or it was taken back, before it could be shown.
    Missed,
    /// The frame needs this account, which is not at hand.
    Needs(AccountId),
}

/// The frame for a message. `known` finds accounts at hand.
pub fn event<A: AsRef<Account>>(
    event: &Event,
    viewer: &Viewer<'_>,
    known: impl Fn(AccountId) -> Option<A>,
) -> Shown {
    let in_group = event.conversation.kind == Group::NAME;
    let own = event.author == Some(viewer.account);
    if in_group
        && !own
        && let Some(prepared) = event.memo.get::<Prepared>()
    {
        return Shown::Frame(prepared.addressed(viewer.phone));
    }
    let Some(body) = &event.body else {
        let echo = own && event.origin == Some(viewer.sign_in);
        return if echo { Shown::Nothing } else { Shown::Missed };
    };
    let Some(Message::Text { text, sent }) = body.get::<Message>() else { return Shown::Nothing };
    if in_group && !own {
        return first_of_many(event, (text, sent), viewer, known);
    }
    let told = |command| (Some(text.as_str()), command, sent.as_str());
    let command = if in_group { Command::NewGrpMsg } else { Command::NewMsg };
    let source = Source { conversation: &event.conversation, author: event.author, origin: event.origin };
    source.frame(viewer, told(command), known)
}

/// Writes a group's message for the first who is shown it, and keeps it for the others: only `msg_to` differs.
fn first_of_many<A: AsRef<Account>>(
    event: &Event,
    (text, sent): (&str, &str),
    viewer: &Viewer<'_>,
    known: impl Fn(AccountId) -> Option<A>,
) -> Shown {
    let Some(author) = event.author else { return Shown::Nothing };
    let Some(account) = known(author) else { return Shown::Needs(author) };
    let Some(phone) = &account.as_ref().phone else { return Shown::Nothing };
    let msg_from = format!("{}-{phone}", event.conversation.key.as_deref().unwrap_or_default());
    let told =
        Told { message: Some(text), command: Command::NewGrpMsg, msg_from: &msg_from, sent_timestamp: sent };
    let prepared = told.prepared();
    let frame = prepared.addressed(viewer.phone);
    event.memo.put(prepared);
    Shown::Frame(frame)
}

/// The frame for a signal.
pub fn signal<A: AsRef<Account>>(
    signal: &Signal,
    viewer: &Viewer<'_>,
    known: impl Fn(AccountId) -> Option<A>,
) -> Shown {
    let Some(echo) = signal.body.get::<Echo>() else { return Shown::Nothing };
    let told = match echo {
        Echo::Received { of, sent } => (Some(of.as_str()), Command::MsgReceived, sent.as_str()),
        Echo::Read { of, sent } => (Some(of.as_str()), Command::MsgRead, sent.as_str()),
        Echo::Typing { sent } => (None, Command::IsTyping, sent.as_str()),
        Echo::Deleted { of, sent } => (Some(of.as_str()), Command::DeleteMsg, sent.as_str()),
    };
    let source = Source { conversation: &signal.conversation, author: signal.author, origin: signal.origin };
    source.frame(viewer, told, known)
}

/// Where something comes from.
struct Source<'a> {
    conversation: &'a Identity,
    author: Option<AccountId>,
    origin: Option<SignInId>,
}

impl Source<'_> {
    /// What the viewer's own sign-in has sent is no news to it. His other sign-ins see it as sent by him.
    fn frame<A: AsRef<Account>>(
        &self,
        viewer: &Viewer<'_>,
        (message, command, sent_timestamp): (Option<&str>, Command, &str),
        known: impl Fn(AccountId) -> Option<A>,
    ) -> Shown {
        let Some(author) = self.author else { return Shown::Nothing };
        let own = author == viewer.account;
        if own && self.origin == Some(viewer.sign_in) {
            return Shown::Nothing;
        }
        if self.conversation.kind == Room::NAME {
            // Nobody is named here but the viewer to himself.
            let msg_from = if own { viewer.phone } else { ROOM };
            return Shown::Frame(Told { message, command, msg_from, sent_timestamp }.addressed(ROOM));
        }
        let key = self.conversation.key.as_deref().unwrap_or_default();
        let in_group = self.conversation.kind == Group::NAME;
        // The one other account that the frame names: the author, or the peer of a chat of one's own words.
        let named = match Pair::from_key(key, viewer.account) {
            Some(pair) if own && self.conversation.kind == Dialogue::NAME => Some(pair.peer),
            _ if own => None,
            _ => Some(author),
        };
        let account = named.map(|id| known(id).ok_or(id)).transpose();
        let account = match account {
            Ok(account) => account,
            Err(id) => return Shown::Needs(id),
        };
        let phone = match account.as_ref().map(|account| account.as_ref().phone.as_ref()) {
            Some(Some(phone)) => phone.as_str(),
            // Somebody without a number any more can't be answered to here.
            Some(None) => return Shown::Nothing,
            None => viewer.phone,
        };
        let author_phone = if own { viewer.phone } else { phone };
        let group_from = in_group.then(|| format!("{key}-{author_phone}"));
        let msg_from = group_from.as_deref().unwrap_or(author_phone);
        let msg_to = if own && !in_group { phone } else { viewer.phone };
        Shown::Frame(Told { message, command, msg_from, sent_timestamp }.addressed(msg_to))
    }
}
