//! What a door says about a person of one of its conversations: what erasing him leaves of it, and what is held about
//! him in it.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Body, Conversation, Kind, Member};
use crate::account::Account;
use crate::ids::AccountId;
use crate::store::StoredEvent;

/// What is left of a conversation once one of its people has been erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// Nothing: the conversation goes, with everything in it.
    Nothing,
    /// The others, and what they said. He himself, and everything he said, goes.
    Others,
}

/// A conversation as a door is shown it, to say what is held about one person in it.
pub struct Held<'a, K: Kind> {
    /// The conversation.
    pub conversation: &'a Conversation,
    /// Its state.
    pub state: &'a K::State,
    /// The person.
    pub account: AccountId,
    /// His place in it, also when he has left; none where he is only named.
    pub member: Option<&'a Member>,
    /// What he has recorded and is still there, in order.
    pub written: &'a [StoredEvent],
    /// What others have recorded and waits for him, in order.
    pub waiting: &'a [StoredEvent],
    /// Everybody who is or was in it, and whoever wrote what waits, as far as they are known.
    pub people: &'a HashMap<AccountId, Arc<Account>>,
}

/// The same before its kind is known.
pub(crate) struct RawHeld<'a> {
    pub(crate) conversation: &'a Conversation,
    pub(crate) account: AccountId,
    pub(crate) written: &'a [StoredEvent],
    pub(crate) waiting: &'a [StoredEvent],
    pub(crate) people: &'a HashMap<AccountId, Arc<Account>>,
}

impl<'a> RawHeld<'a> {
    /// `None` when the state was written by a version that is not known here.
    pub(crate) fn of_kind<K: Kind>(&self) -> Option<Held<'a, K>> {
        let members = &self.conversation.members;
        Some(Held {
            conversation: self.conversation,
            state: self.conversation.state.get::<K::State>()?,
            account: self.account,
            member: members.iter().find(|member| member.account == self.account),
            written: self.written,
            waiting: self.waiting,
            people: self.people,
        })
    }
}

/// A stored body as plain JSON, whoever wrote it; null when it is gone.
pub(crate) fn plain(body: Option<&Body>) -> serde_json::Value {
    body.and_then(|body| serde_json::from_slice(body.json()).ok()).unwrap_or_default()
}

/// What a kind says that says nothing of its own: its state, and everything as it is stored.
pub(crate) fn export_plainly<K: Kind>(held: &Held<'_, K>) -> serde_json::Value {
    let events = |events: &[StoredEvent]| -> Vec<_> {
        let event = |stored: &StoredEvent| {
            let event = &stored.event;
            serde_json::json!({ "at": event.at, "author": event.author, "body": plain(event.body.as_ref()) })
        };
        events.iter().map(event).collect()
    };
    serde_json::json!({
        "state": plain(Some(&held.conversation.state)),
        "written": events(held.written),
        "waiting": events(held.waiting),
    })
}
