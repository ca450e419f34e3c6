//! What is kept, in the form in which it is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::people::People;
use super::records::Records;
use crate::conversation::{Header, Member, SlotSet};
use crate::event::ClientKey;
use crate::ids::{AccountId, ConversationId, NoticeId, OrganisationId, Seq, SignInId};

/// Everything.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) people: People,
    pub(super) conversations: BTreeMap<ConversationId, Row>,
    pub(super) keys: HashMap<NaturalKey, ConversationId>,
    /// Where somebody is, or was, a member.
    pub(super) places: HashMap<AccountId, BTreeSet<ConversationId>>,
    pub(super) index: HashMap<IndexKey, BTreeMap<ConversationId, (i64, String)>>,
    pub(super) timers: BTreeMap<(ConversationId, String), Timestamp>,
    /// The same in order of their times.
    pub(super) due: BTreeSet<(Timestamp, ConversationId, String)>,
    /// What is kept for each person, in order.
    pub(super) notices: BTreeMap<(AccountId, u64), NoticeLine>,
    pub(super) records: Records,
    /// How many events have arrived, over all conversations.
    pub(super) arrivals: i64,
}

/// Organisation, kind, key.
pub(super) type NaturalKey = (OrganisationId, String, Arc<str>);

/// Index, key.
pub(super) type IndexKey = (String, String);

/// A conversation with its log.
pub(super) struct Row {
    pub(super) kind: String,
    pub(super) organisation: OrganisationId,
    pub(super) key: Option<Arc<str>>,
    /// Its `last_seq` is a lower bound: an event alone does not rewrite it.
    pub(super) header: Header,
    /// Raised by every commit that touches it.
    pub(super) stamp: u64,
    /// Raised by those too that change but its timers or index rows.
    pub(super) revision: u64,
    pub(super) state: Encoded,
    pub(super) members: Vec<Member>,
    pub(super) floors: HashMap<AccountId, Seq>,
    pub(super) events: BTreeMap<Seq, Line>,
}

/// An event.
pub(super) struct Line {
    pub(super) arrival: i64,
    pub(super) at: Timestamp,
    pub(super) author: Option<AccountId>,
    pub(super) origin: Option<SignInId>,
    /// JSON; nothing when it is simply every member.
    pub(super) audience: Option<Vec<u8>>,
    pub(super) body: Option<Encoded>,
    pub(super) key: Option<ClientKey>,
    pub(super) digest: Option<i64>,
    pub(super) pending: Option<SlotSet>,
}

/// A notice.
pub(super) struct NoticeLine {
    pub(super) id: NoticeId,
    pub(super) conversation: ConversationId,
    pub(super) at: Timestamp,
    pub(super) body: Encoded,
}

/// JSON, and the version it was written in.
#[derive(Clone)]
pub(super) struct Encoded {
    pub(super) version: u16,
    pub(super) json: Vec<u8>,
}

impl Row {
    /// The highest place used in the log.
    pub(super) fn last_seq(&self) -> Seq {
        let last = self.events.last_key_value().map_or(0, |(seq, _)| *seq);
        last.max(self.header.last_seq)
    }

    /// Sets who an event waits for, and frees its body unless it is kept.
    pub(super) fn set_pending(&mut self, seq: Seq, pending: Option<SlotSet>, kept: bool) {
        if let Some(line) = self.events.get_mut(&seq) {
            line.pending = pending;
            if !kept {
                line.body = None;
            }
        }
    }
}
