//! The items, one letter each, and how they are made from what was committed and read again.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::people::{seats, who};
use super::{Seat, Tidings, Word};
use crate::body::Body;
use crate::clock::from_millis;
use crate::conversation::{Identity, Registry};
use crate::event::{Audience, Event, Memo, Signal};
use crate::hub::Recipients;
use crate::ids::{AccountId, ConversationId, NoticeId, OrganisationId, Seq, SignInId};
use crate::notice::Notice;
use crate::store::Forget;

/// A conversation: identifier, kind, organisation, key.
#[derive(Serialize, Deserialize)]
pub(super) struct Place<'a>(
    ConversationId,
    #[serde(borrow)] Cow<'a, str>,
    OrganisationId,
    #[serde(borrow)] Option<Cow<'a, str>>,
);

/// A body: its version, and its JSON as it is.
#[derive(Serialize, Deserialize)]
pub(super) struct Content<'a>(u16, #[serde(borrow)] &'a RawValue);

/// What can be said.
#[derive(Serialize, Deserialize)]
pub(super) enum Item<'a> {
    #[serde(rename = "e", borrow)]
    Event(Told<'a>),
    #[serde(rename = "h")]
    Head { c: ConversationId, s: Seq },
    #[serde(rename = "s", borrow)]
    Signal(Told<'a>),
    #[serde(rename = "n", borrow)]
    Notice(Handed<'a>),
    #[serde(rename = "w")]
    Withdrawn { c: ConversationId, s: Seq },
    #[serde(rename = "m")]
    Emptied { c: ConversationId, s: Seq },
    #[serde(rename = "f")]
    Forgotten { c: ConversationId, a: Option<AccountId> },
    #[serde(rename = "a")]
    Account { a: AccountId },
    #[serde(rename = "o")]
    SignedOut { a: AccountId, s: Cow<'a, [SignInId]>, t: i64 },
    #[serde(rename = "g")]
    Gone { a: AccountId },
    #[serde(rename = "r")]
    Removed { a: AccountId },
    #[serde(rename = "k")]
    Keys {},
    #[serde(rename = "d")]
    Count { n: u64 },
    #[serde(rename = "b")]
    Farewell { n: u64 },
}

/// An event or a signal. `s` is the event's place, or how far the log went when the signal was sent.
#[derive(Serialize, Deserialize)]
pub(super) struct Told<'a> {
    #[serde(borrow)]
    c: Place<'a>,
    s: Seq,
    t: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    a: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    o: Option<SignInId>,
    #[serde(default, skip_serializing_if = "is_everyone")]
    u: Cow<'a, Audience>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    d: bool,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    b: Option<Content<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    m: Option<Vec<Seat>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    f: Option<u64>,
}

/// A notice.
#[derive(Serialize, Deserialize)]
pub(super) struct Handed<'a> {
    i: NoticeId,
    a: AccountId,
    #[serde(borrow)]
    c: Place<'a>,
    t: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    o: Option<SignInId>,
    k: bool,
    #[serde(borrow)]
    b: Content<'a>,
}

impl<'a> Item<'a> {
    /// `None` when its body can't be put into a message.
    pub(super) fn event(event: &'a Event, recipients: &Recipients) -> Option<Self> {
        let body = match &event.body {
            Some(body) => Some(Content::of(body)?),
            None => None,
        };
        let (m, f) = seats(recipients, &event.audience);
        Some(Self::Event(Told {
            c: Place::of(&event.conversation),
            s: event.seq,
            t: event.at.as_millisecond(),
            a: event.author,
            o: event.origin,
            u: Cow::Borrowed(&event.audience),
            d: false,
            b: body,
            m,
            f,
        }))
    }

    pub(super) fn signal(signal: &'a Signal, recipients: &Recipients) -> Option<Self> {
        let (m, f) = seats(recipients, &signal.audience);
        Some(Self::Signal(Told {
            c: Place::of(&signal.conversation),
            s: recipients.head(),
            t: signal.at.as_millisecond(),
            a: signal.author,
            o: signal.origin,
            u: Cow::Borrowed(&signal.audience),
            d: signal.droppable,
            b: Some(Content::of(&signal.body)?),
            m,
            f,
        }))
    }

    pub(super) fn notice(notice: &'a Notice) -> Option<Self> {
        Some(Self::Notice(Handed {
            i: notice.id,
            a: notice.account,
            c: Place::of(&notice.conversation),
            t: notice.at.as_millisecond(),
            o: notice.origin,
            k: notice.kept,
            b: Content::of(&notice.body)?,
        }))
    }

    pub(super) fn tidings(tidings: &'a Tidings) -> Self {
        match tidings {
            Tidings::Account(a) => Self::Account { a: *a },
            Tidings::SignedOut(a, s, until) => {
                Self::SignedOut { a: *a, s: Cow::Borrowed(s), t: until.as_millisecond() }
            }
            Tidings::Gone(a) => Self::Gone { a: *a },
            Tidings::Removed(a) => Self::Removed { a: *a },
            Tidings::Keys => Self::Keys {},
        }
    }

    /// What it says here; nothing when it is of a kind that is not registered.
    pub(super) fn read(self, registry: &Registry) -> Option<Word> {
        Some(match self {
            Self::Event(told) => {
                let recipients = who(told.m, told.f, told.s)?;
                let event = Event {
                    conversation: told.c.read(registry)?,
                    seq: told.s,
                    at: from_millis(told.t),
                    author: told.a,
                    origin: told.o,
                    audience: told.u.into_owned(),
                    body: told.b.map(Content::read),
                    memo: Memo::default(),
                };
                Word::Event(Arc::new(event), recipients)
            }
            Self::Signal(told) => {
                let recipients = who(told.m, told.f, told.s)?;
                let signal = Signal {
                    conversation: told.c.read(registry)?,
                    at: from_millis(told.t),
                    author: told.a,
                    origin: told.o,
                    audience: told.u.into_owned(),
                    droppable: told.d,
                    body: told.b?.read(),
                };
                Word::Signal(Arc::new(signal), recipients)
            }
            Self::Notice(handed) => Word::Notice(Arc::new(Notice {
                id: handed.i,
                account: handed.a,
                conversation: handed.c.read(registry)?,
                at: from_millis(handed.t),
                origin: handed.o,
                kept: handed.k,
                body: handed.b.read(),
            })),
            Self::Head { c, s } => Word::Head(c, s),
            Self::Withdrawn { c, s } => Word::Withdrawn(c, s),
            Self::Emptied { c, s } => Word::Emptied(c, s),
            // A tail is told whose part goes, and nothing of how a store does it.
            Self::Forgotten { c, a } => {
                Word::Forgotten(Forget { conversation: c, account: a, gaps: false, after: 0 })
            }
            Self::Account { a } => Word::Tidings(Tidings::Account(a)),
            Self::SignedOut { a, s, t } => {
                Word::Tidings(Tidings::SignedOut(a, s.into_owned(), from_millis(t)))
            }
            Self::Gone { a } => Word::Tidings(Tidings::Gone(a)),
            Self::Removed { a } => Word::Tidings(Tidings::Removed(a)),
            Self::Keys {} => Word::Tidings(Tidings::Keys),
            Self::Count { n } => Word::Count(n),
            Self::Farewell { n } => Word::Farewell(n),
        })
    }
}

impl<'a> Place<'a> {
    fn of(identity: &'a Identity) -> Self {
        let key = identity.key.as_deref().map(Cow::Borrowed);
        Self(identity.id, Cow::Borrowed(identity.kind), identity.organisation, key)
    }

    fn read(self, registry: &Registry) -> Option<Arc<Identity>> {
        let Self(id, kind, organisation, key) = self;
        let kind = registry.name(&kind)?;
        Some(Arc::new(Identity { id, kind, organisation, key: key.map(|key| Arc::from(&*key)) }))
    }
}

impl<'a> Content<'a> {
    fn of(body: &'a Body) -> Option<Self> {
        Some(Self(body.version(), serde_json::from_slice(body.json()).ok()?))
    }

    fn read(self) -> Body {
        Body::stored(self.0, self.1.get().as_bytes().to_vec())
    }
}

fn is_everyone(audience: &Audience) -> bool {
    audience.is_everyone()
}
