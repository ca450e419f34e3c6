//! Telling one person something that is kept until it has been handed over.

use jiff::Timestamp;

use super::Draft;
use crate::body::{Body, Stored};
use crate::conversation::Kind;
use crate::ids::{AccountId, SignInId};

/// A notice that a rule has asked for. Which it is, is said once the rule is accepted.
pub(crate) struct NewNotice {
    pub(crate) to: AccountId,
    pub(crate) at: Timestamp,
    pub(crate) origin: Option<SignInId>,
    pub(crate) kept: bool,
    pub(crate) body: Body,
}

impl<K: Kind> Draft<'_, '_, K> {
    /// Tells a person, in this conversation or not, something that is kept until it has been handed over: to those of
    /// his sockets that follow this kind and are connected, else from `Core::notices`. The actor himself is told at his
    /// other sign-ins, and nothing is kept for him: the answer to what he has done has told him.
    pub fn notify<T: Stored>(&mut self, to: AccountId, body: T) {
        self.notify_each([to], body);
    }

    /// Tells several people the same.
    pub fn notify_each<T: Stored>(&mut self, people: impl IntoIterator<Item = AccountId>, body: T) {
        let (at, actor, origin) = (self.now(), self.raw.actor.account(), self.raw.actor.sign_in());
        let body = Body::of(body);
        let notice = |to| NewNotice { to, at, origin, kept: actor != Some(to), body: body.clone() };
        self.raw.effects.notices.extend(people.into_iter().map(notice));
    }
}
