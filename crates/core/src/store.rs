//! The port to what lasts. A dozen coarse calls, so that each back end may write its own statements; no
//! transaction is ever held open by whoever calls.
//!
//! `Ledger` is the write side, owned by one committer. `Store` is everything else, callable by anyone at any time,
//! and shows committed data only. What every back end must do is written down as tests: the conformance suite in
//! `hearken-testkit`.

mod arrivals;
mod error;
mod forget;
mod index;
mod records;
mod wanted;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

pub use self::arrivals::Grown;
pub use self::error::StoreError;
pub use self::forget::{Forget, Residue};
pub use self::index::{Find, IndexChange, IndexEntry};
pub use self::records::{Changes, KeptRecord, Record, RecordChange, RecordName, Was};
pub use self::wanted::{Held, Loaded, Wanted};
use crate::account::{Account, Organisation, Phone, Role};
use crate::body::Body;
use crate::conversation::{Conversation, Registry, SlotSet, Target, TimerChange};
use crate::event::{ClientKey, Event};
use crate::ids::{AccountId, ConversationId, NoticeId, OrganisationId, Seq};
use crate::node::Slices;
use crate::notice::{KeptNotice, Notice};

/// The answer of a store, later.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The write side of a store.
pub trait Ledger: Send {
    /// Whether calls block the thread they run on; the committer then gets a thread of its own.
    fn blocks(&self) -> bool;

    /// Whether others may write to the same store. Then the committer asks for every conversation that a rule touches,
    /// whether it is at hand or not, and what it is told holds until the next `commit`.
    fn is_shared(&self) -> bool {
        false
    }

    /// Reads what rules want, one answer for each ask, in order. A ledger may hold what it has read still until the
    /// next `commit`, so there is always one, if only of an empty batch.
    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> StoreFuture<'a, Vec<Loaded>>;

    /// Writes the batch as one transaction, all or nothing; when it returns `Ok` the batch is on stable storage. It
    /// raises the stamp of every conversation that the batch touches (see [`Batch::touched`]) by one.
    fn commit<'a>(&'a mut self, batch: &'a Batch) -> StoreFuture<'a, ()>;

    /// Does a bounded part of what earlier commits have left to be done in time; says whether there is more. Nobody sees
    /// whether it is done: a store may have nothing to leave.
    fn tidy(&mut self) -> StoreFuture<'_, bool> {
        Box::pin(std::future::ready(Ok(false)))
    }

    /// Deletes up to `limit` rows of events that were received by everyone they waited for, or withdrawn, before
    /// `before`; never a conversation's last. Answers how many went. A call may look at a part of the log alone, and
    /// the next one at the next.
    fn trim(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize>;

    /// Deletes up to `limit` records that have expired before `before`; answers how many went.
    fn sweep(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize>;

    /// Notes that nothing waits for this person in these conversations up to and with the places given: only a
    /// saving of work for later reads of the inbox.
    fn raise_floors<'a>(
        &'a mut self,
        account: AccountId,
        floors: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, ()>;

    /// Forgets a bounded part: looks at up to `limit` events after `forget.after`, and takes away what is to go of their
    /// rows, nothing else. Answers up to where it has looked; `None` when there is nothing after that. The rest, and
    /// what is no event, is for [`Batch::forgotten`].
    fn forget<'a>(&'a mut self, forget: &'a Forget, limit: usize) -> StoreFuture<'a, Option<Seq>>;

    /// Overwrites what was removed and still lies at these places in the store's files (see [`Store::residue`]).
    fn scrub<'a>(&'a mut self, places: &'a [u64]) -> StoreFuture<'a, ()>;

    /// Takes what was removed out of whatever log the store keeps beside its own file; `false` when a reader is in the
    /// way, and it is to be tried again.
    fn fold(&mut self) -> StoreFuture<'_, bool>;
}

/// Everything that one commit writes, in this order.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Organisations and accounts, keys.
    pub directory: Vec<DirectoryChange>,
    /// Records.
    pub records: Vec<RecordChange>,
    /// Conversations that are new or whose own row changed.
    pub conversations: Vec<ConversationRow>,
    /// New events, in log order.
    pub events: Vec<EventRow>,
    /// Events that fewer members wait for now, or none.
    pub waiting: Vec<WaitingChange>,
    /// Members who left, and with that every pending set.
    pub cleared: Vec<ClearedSlot>,
    /// Logs that are emptied up to and with a place: all bodies go, and nothing there waits any more.
    pub emptied: Vec<(ConversationId, Seq)>,
    /// Index rows.
    pub index: Vec<IndexChange>,
    /// Timers, with the conversation they belong to.
    pub timers: Vec<(ConversationId, TimerChange)>,
    /// Notices to be kept, in order. Of more than [`MOST_NOTICES`](crate::MOST_NOTICES) for one person the oldest go.
    pub notices: Vec<Arc<Notice>>,
    /// Notices that have been handed over, and go.
    pub passed: Vec<NoticeId>,
    /// People, or whole conversations, that are forgotten. After all else: also what this batch has written.
    pub forgotten: Vec<Forget>,
}

/// A conversation's own row, whole.
#[derive(Clone, Debug)]
pub struct ConversationRow {
    /// As it is after the commit.
    pub conversation: Conversation,
    /// Whether it is to be made.
    pub is_new: bool,
    /// Whether its members changed too.
    pub members_changed: bool,
}

/// An event's row.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// What happened.
    pub event: Arc<Event>,
    /// The client's name for it.
    pub key: Option<ClientKey>,
    /// A digest of what the client sent.
    pub digest: Option<i64>,
    /// Who it waits for.
    pub pending: Option<SlotSet>,
    /// Whether the body is to be kept.
    pub kept: bool,
}

/// A pending set that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingChange {
    /// The conversation.
    pub conversation: ConversationId,
    /// The event's place.
    pub seq: Seq,
    /// Who it waits for now; `None` for one that never waited for anybody, which must stay so: rows that waited
    /// and wait no more are trimmed.
    pub pending: Option<SlotSet>,
    /// Whether its body stays.
    pub kept: bool,
}

/// A member's slot that no pending set up to a place holds any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearedSlot {
    /// The conversation.
    pub conversation: ConversationId,
    /// The slot.
    pub slot: u8,
    /// Up to and with this event.
    pub upto: Seq,
}

/// A change to what is known of people.
#[derive(Clone, Debug)]
pub enum DirectoryChange {
    /// A new organisation.
    AddOrganisation(Organisation),
    /// A new account.
    AddAccount(Account),
    /// An account as it is from now on.
    UpdateAccount(Account),
    /// An account must be as it was last changed at this time, else [`StoreError::Conflict`].
    AccountStillAt(AccountId, Timestamp),
    /// An account goes, every record that is its own, and every notice kept for it.
    RemoveAccount(AccountId),
    /// A new key to sign access tokens with.
    AddSigningKey(SigningKey),
    /// A key that counts no more.
    RemoveSigningKey(String),
}

/// A key that signs access tokens, as the store keeps it.
#[derive(Clone)]
pub struct SigningKey {
    /// Its name in a token's header.
    pub id: String,
    /// The private key, PKCS#8.
    pub pkcs8: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

/// Whose account is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccountRef {
    /// By identifier.
    Id(AccountId),
    /// By phone number.
    Phone(Phone),
    /// By e-mail address, in lower case.
    Email(String),
}

/// Which accounts a page lists: those of one organisation, in order of their identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// Of which organisation.
    pub organisation: OrganisationId,
    /// Only holders of this role.
    pub role: Option<Role>,
    /// How many are passed over.
    pub offset: usize,
    /// At most so many.
    pub limit: usize,
}

/// A timer that is set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueTimer {
    /// When it is due.
    pub due: Timestamp,
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Its name there.
    pub key: String,
    /// The conversation's kind.
    pub kind: &'static str,
}

/// A conversation in which events may wait for a person.
#[derive(Clone, Debug)]
pub struct InboxPlace {
    /// The conversation.
    pub conversation: ConversationId,
    /// The person's slot there.
    pub slot: u8,
    /// Nothing waits for him up to and with this place.
    pub floor: Seq,
    /// The last event there when this was read.
    pub last: Seq,
}

/// An event that waits: where it came in the order of arrival over all conversations, and its place in its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitingEvent {
    /// Higher arrived later.
    pub arrival: i64,
    /// Its place in its conversation.
    pub seq: Seq,
}

/// An event as it is read back.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// What happened.
    pub event: Arc<Event>,
    /// Who it waits for.
    pub pending: Option<SlotSet>,
}

/// An event that waits, and for whom.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What happened.
    pub event: Arc<Event>,
    /// Members who have yet to receive it.
    pub waits_for: Vec<AccountId>,
}

/// The read side of a store.
pub trait Store: Send + Sync {
    /// The write side. It is given out as often as [`Store::ledgers`] says, or oftener.
    fn ledger(&self, registry: &Registry) -> Result<Box<dyn Ledger>, StoreError>;

    /// How many ledgers a core works with best. More than one are shared ([`Ledger::is_shared`]).
    fn ledgers(&self) -> usize {
        1
    }

    /// A conversation, whole; `None` also when its kind is not registered.
    fn conversation<'a>(
        &'a self,
        registry: &'a Registry,
        target: &'a Target,
    ) -> StoreFuture<'a, Option<Conversation>>;

    /// The conversations of these kinds that this person is in, in order of their identifiers, those after `after`, at
    /// most `limit`.
    fn conversations_of<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Conversation>>;

    /// The conversations of these kinds in which something waits for anybody, in order of their identifiers, those after
    /// `after`, at most `limit`.
    fn waiting_conversations<'a>(
        &'a self,
        kinds: &'a [&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<ConversationId>>;

    /// Events of a conversation after `after` and up to `upto`, in order, at most `limit`; trimmed ones are missing.
    fn events<'a>(
        &'a self,
        conversation: &'a Conversation,
        after: Seq,
        upto: Seq,
        limit: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>>;

    /// The conversations of these kinds in which events may wait for this person.
    fn inbox<'a>(&'a self, account: AccountId, kinds: &'a [&'static str])
    -> StoreFuture<'a, Vec<InboxPlace>>;

    /// For each place, the first `limit` events after `floor` and up to `last` that wait for its slot.
    fn waiting<'a>(
        &'a self,
        places: &'a [InboxPlace],
        limit: usize,
    ) -> StoreFuture<'a, Vec<Vec<WaitingEvent>>>;

    /// The bodies of events that wait, and for whom, in the order asked; those that are gone are missing.
    fn waiting_events<'a>(
        &'a self,
        registry: &'a Registry,
        wanted: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, Vec<Waiting>>;

    /// The notices from conversations of these kinds that are kept for a person, in order of their places, those after
    /// `after`, at most `limit`. What is kept from a conversation that is gone is passed over.
    fn notices<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: u64,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptNotice>>;

    /// The notices of known kinds whose identifiers come after this one, in order of their identifiers, at most `limit`:
    /// those told lately, to whomever, for identifiers begin with a time. What is kept from a conversation that is gone
    /// is passed over.
    fn notices_since<'a>(
        &'a self,
        registry: &'a Registry,
        after: NoticeId,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Arc<Notice>>>;

    /// The highest arrival of any event (see [`WaitingEvent::arrival`]); 0 where there is none. Within a conversation a
    /// later place arrived later. Over conversations of a shared store a higher arrival may be seen before a lower one:
    /// whoever has taken it has yet to commit.
    fn last_arrival(&self) -> StoreFuture<'_, i64>;

    /// The conversations, of any kind, in which events arrived after `arrived`, in order of their identifiers, those after
    /// `after`, at most `limit`. It looks at those events alone, not at every event there is.
    fn grown(&self, arrived: i64, after: Option<ConversationId>, limit: usize)
    -> StoreFuture<'_, Vec<Grown>>;

    /// Of the last `limit` events of a conversation up to and with `upto`, those that arrived after `arrived`, in order;
    /// trimmed ones are missing. It looks at no more than these.
    fn arrived<'a>(
        &'a self,
        conversation: &'a Conversation,
        arrived: i64,
        upto: Seq,
        limit: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>>;

    /// Index rows.
    fn find<'a>(&'a self, find: &'a Find) -> StoreFuture<'a, Vec<IndexEntry>>;

    /// The same rows, those after the first `skip` of them, and how many there are in all, whatever the limit.
    fn find_page<'a>(&'a self, find: &'a Find, skip: u64) -> StoreFuture<'a, (Vec<IndexEntry>, u64)>;

    /// An account.
    fn account<'a>(&'a self, which: &'a AccountRef) -> StoreFuture<'a, Option<Account>>;

    /// Accounts in order of their identifiers, after `after`.
    fn accounts(&self, after: Option<AccountId>, limit: usize) -> StoreFuture<'_, Vec<Account>>;

    /// Those of these accounts that there are, in any order; at most a thousand are asked for at once.
    fn accounts_among<'a>(&'a self, ids: &'a [AccountId]) -> StoreFuture<'a, Vec<Account>>;

    /// Accounts of an organisation, and how many there are in all.
    fn account_page<'a>(&'a self, page: &'a AccountPage) -> StoreFuture<'a, (Vec<Account>, usize)>;

    /// A record, expired or not.
    fn record<'a>(&'a self, name: &'a RecordName) -> StoreFuture<'a, Option<KeptRecord>>;

    /// An account's records, all spaces, at most `limit`, after this name in order of their names.
    fn records_of<'a>(
        &'a self,
        account: AccountId,
        after: Option<&'a RecordName>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>>;

    /// The records of a space after `after`, in order of their keys, at most `limit`.
    fn records_in<'a>(
        &'a self,
        space: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>>;

    /// Every organisation, in order of their identifiers.
    fn organisations(&self) -> StoreFuture<'_, Vec<Organisation>>;

    /// Every signing key, newest last.
    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>>;

    /// The conversations, of any kind, that this person is or was in, in order of their identifiers, those after
    /// `after`, at most `limit`.
    fn places_of(
        &self,
        account: AccountId,
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<ConversationId>>;

    /// Conversations, of any kind, in which this person has recorded something or is named by an audience, at most
    /// `limit`. May look at every event there is.
    fn traces_of(&self, account: AccountId, limit: usize) -> StoreFuture<'_, Vec<ConversationId>>;

    /// The records that have one of these words in their key or value, as a word of its own: no letter or digit
    /// touches it. May look at every record there is.
    fn records_naming<'a>(&'a self, words: &'a [String]) -> StoreFuture<'a, Vec<RecordName>>;

    /// Where, from `from` on, the store's files may still hold what was removed from it; 0 is the beginning. Looks at a
    /// bounded part at a time.
    fn residue(&self, from: u64) -> StoreFuture<'_, Residue>;

    /// The next timers due of conversations of known kinds in these slices, by time, conversation and name, at most `limit`.
    fn timers<'a>(
        &'a self,
        registry: &'a Registry,
        slices: &'a Slices,
        limit: usize,
    ) -> StoreFuture<'a, Vec<DueTimer>>;

    /// Looks for anything that must not be; one line of plain words each.
    fn check<'a>(&'a self, registry: &'a Registry) -> StoreFuture<'a, Vec<String>>;

    /// Whether it answers.
    fn ping(&self) -> StoreFuture<'_, ()>;
}

/// The organisation that exists from the start.
pub const DEFAULT_ORGANISATION: &str = "default";

/// Makes a stored body, or none.
pub fn stored_body(version: Option<u16>, json: Option<Vec<u8>>) -> Option<Body> {
    Some(Body::stored(version?, json?))
}
