//! Events: what happened in a conversation, in order; and signals, which may be lost.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::{Role, known_roles};
use crate::body::Body;
use crate::conversation::{Identity, SlotSet};
use crate::ids::{AccountId, Seq, SignInId};

/// One entry of a conversation's log.
#[derive(Clone, Debug)]
pub struct Event {
    /// The conversation it belongs to.
    pub conversation: Arc<Identity>,
    /// Its place there.
    pub seq: Seq,
    /// When it was committed, product time.
    pub at: Timestamp,
    /// Who caused it; `None` is the server itself.
    pub author: Option<AccountId>,
    /// The sign-in it came from, so that a door can leave out an echo.
    pub origin: Option<SignInId>,
    /// Who may see it.
    pub audience: Audience,
    /// The door's own words for it; `None` once deleted, expired or received by everyone it waited for.
    pub body: Option<Body>,
    /// Where its door may keep its wire form.
    pub memo: Memo,
}

/// A place for something that is made of an event once, for all who are shown it: a group's message is written once
/// and not two hundred times. It lives and dies with the event in memory, and no store sees it.
#[derive(Clone, Default)]
pub struct Memo(OnceLock<Arc<dyn Any + Send + Sync>>);

impl Memo {
    /// What was put there, if it is a `T`.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get().and_then(|kept| kept.downcast_ref())
    }

    /// Puts something there, unless something is.
    pub fn put<T: Send + Sync + 'static>(&self, made: T) {
        // Whoever came first has made the same.
        let _ = self.0.set(Arc::new(made));
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

/// Something momentary: typing, or the live echo of a receipt. It reaches who is connected, and nobody later.
#[derive(Clone, Debug)]
pub struct Signal {
    /// The conversation it belongs to.
    pub conversation: Arc<Identity>,
    /// When it was sent, product time.
    pub at: Timestamp,
    /// Who caused it; `None` is the server itself.
    pub author: Option<AccountId>,
    /// The sign-in it came from.
    pub origin: Option<SignInId>,
    /// Who may hear it.
    pub audience: Audience,
    /// Whether it may be dropped when its hearer can't keep up; others end the hearer's subscription instead.
    pub droppable: bool,
    /// The door's own words for it.
    pub body: Body,
}

/// Who may see an event: a union of members and of roles in the organisation, less some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Members who may; `None` is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<AccountId>>,
    /// Holders of these roles may too, members or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known_roles")]
    pub roles: Vec<Role>,
    /// These may not, whatever the rest says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<AccountId>,
}

impl Audience {
    /// Every member.
    pub fn members() -> Self {
        Self::default()
    }

    /// These members alone.
    pub fn only(accounts: impl IntoIterator<Item = AccountId>) -> Self {
        Self { members: Some(accounts.into_iter().collect()), ..Self::default() }
    }

    /// Every member but these.
    pub fn members_except(accounts: impl IntoIterator<Item = AccountId>) -> Self {
        Self { except: accounts.into_iter().collect(), ..Self::default() }
    }

    /// As a store has kept it. One that is not understood is of a newer version, which may have narrowed it in a way that
    /// is not known here: nobody sees the event, and it keeps its place.
    pub fn kept(json: &[u8]) -> Self {
        serde_json::from_slice(json).unwrap_or_else(|_| {
            tracing::warn!("passing over an event whose audience does not read");
            Self::only([])
        })
    }

    /// What a store has kept, without this person in it, if he is: for one that forgets him. Whatever else stands there,
    /// of a newer version too, stays.
    pub fn kept_without(json: &[u8], account: AccountId) -> Option<Vec<u8>> {
        let mut kept: serde_json::Value = serde_json::from_slice(json).ok()?;
        let name = serde_json::to_value(account).ok()?;
        let mut named = false;
        for list in kept.as_object_mut()?.values_mut().filter_map(serde_json::Value::as_array_mut) {
            let before = list.len();
            list.retain(|other| *other != name);
            named |= list.len() < before;
        }
        if named { serde_json::to_vec(&kept).ok() } else { None }
    }

    /// Whether it is simply every member: the usual case, which the store keeps as nothing at all.
    pub fn is_everyone(&self) -> bool {
        *self == Self::default()
    }
}

/// A client's own name for an event: with its author, the identity by which a repeat is known.
pub type ClientKey = Box<str>;

/// What the log keeps of an event beside what happened: its name, and who has yet to receive it.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Its place in the log.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// Who caused it.
    pub author: Option<AccountId>,
    /// The client's name for it.
    pub key: Option<ClientKey>,
    /// A digest of what the client sent under that name, to tell a repeat from a second thing of the same name.
    pub digest: Option<i64>,
    /// Members (by slot) who have yet to receive it; `None` when this kind does not store and forward.
    pub pending: Option<SlotSet>,
    /// Whether its body is still there.
    pub kept: bool,
}

/// Which events a rule wants to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventRef {
    /// The one at this place.
    Seq(Seq),
    /// The one that this author named so.
    Named(AccountId, ClientKey),
    /// All that anybody named so.
    NamedByAnyone(ClientKey),
    /// Those that wait for anybody, so many of the oldest, with their bodies (`Draft::body_of`).
    Waiting(usize),
}

impl EventRef {
    /// Whether `logged` is one of those meant.
    pub fn matches(&self, logged: &Logged) -> bool {
        match self {
            Self::Seq(seq) => logged.seq == *seq,
            Self::Named(author, key) => logged.author == Some(*author) && logged.key.as_ref() == Some(key),
            Self::NamedByAnyone(key) => logged.key.as_ref() == Some(key),
            Self::Waiting(_) => logged.pending.is_some_and(|pending| !pending.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn account(n: u128) -> AccountId {
        AccountId(Uuid::from_u128(n))
    }

    #[test]
    fn an_audience_of_a_newer_version_widens_nothing() {
        let check =
            |json: &str, expect: Audience| assert_eq!(Audience::kept(json.as_bytes()), expect, "{json}");
        check("{}", Audience::members());
        check(r#"{"roles":["agent","pilot"]}"#, Audience { roles: vec![Role::Agent], ..Audience::default() });
        check(r#"{"unless":["agent"]}"#, Audience::only([]));
        check(r#"{"members":7}"#, Audience::only([]));
        check("{", Audience::only([]));
    }

    #[test]
    fn a_person_is_taken_out_of_an_audience_and_nothing_else_is() {
        let (ann, bob) = (account(1), account(2));
        let check = |json: String, expect: Option<String>| {
            let left = Audience::kept_without(json.as_bytes(), ann);
            assert_eq!(left.map(|left| String::from_utf8(left).unwrap()), expect, "{json}");
        };
        check(format!(r#"{{"members":["{ann}","{bob}"]}}"#), Some(format!(r#"{{"members":["{bob}"]}}"#)));
        check(format!(r#"{{"except":["{ann}"]}}"#), Some(r#"{"except":[]}"#.into()));
        check(format!(r#"{{"except":["{bob}"],"roles":["pilot"]}}"#), None);
        let newer = format!(r#"{{"except":["{ann}"],"roles":["pilot"],"until":7}}"#);
        check(newer, Some(r#"{"except":[],"roles":["pilot"],"until":7}"#.into()));
        check("{".into(), None);
    }
}
