//! The ports `Store` and `Ledger` in memory: for tests, and to measure the core without a disk.
//!
//! It keeps what a durable store keeps and nothing more: states, bodies and audiences as their JSON, so that
//! whatever is read back has been through the same encoding. It passes the same conformance suite.

mod arrivals;
mod check;
mod forget;
mod ledger;
mod notices;
mod people;
mod read;
mod records;
mod seen;
mod tables;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use parking_lot::Mutex;

use self::ledger::MemoryLedger;
use self::tables::Tables;
use crate::account::{Account, Organisation};
use crate::conversation::{Conversation, Registry, Target};
use crate::ids::{AccountId, ConversationId, NoticeId, Seq};
use crate::node::Slices;
use crate::notice::{KeptNotice, Notice};
use crate::store::{
    AccountPage, AccountRef, DueTimer, Find, Grown, InboxPlace, IndexEntry, KeptRecord, Ledger, RecordName,
    Residue, SigningKey, Store, StoreError, StoreFuture, StoredEvent, Waiting, WaitingEvent,
};

/// A store that lives as long as some handle to it.
#[derive(Default)]
pub struct MemoryStore {
    tables: Arc<Mutex<Tables>>,
    /// How many ledgers it gives out at once to others who write at the same time; 0 when there is one writer alone.
    shared: usize,
    ledgers_out: AtomicUsize,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that several write to at once, as nodes do to a server: a core takes this many ledgers, and there
    /// are always more. Whoever commits on what has changed since is told so ([`StoreError::Raced`]).
    pub fn shared(ledgers: usize) -> Self {
        Self { shared: ledgers.max(1), ..Self::default() }
    }

    /// The same contents as a store just opened, which gives out its ledger anew: what a restart finds. Whoever
    /// holds the earlier ledger must have stopped writing.
    #[must_use]
    pub fn reopen(&self) -> Self {
        Self { tables: Arc::clone(&self.tables), shared: self.shared, ledgers_out: AtomicUsize::new(0) }
    }

    fn read<'a, T: Send + 'a>(
        &self,
        work: impl FnOnce(&Tables) -> Result<T, StoreError>,
    ) -> StoreFuture<'a, T> {
        ready(work(&self.tables.lock()))
    }
}

/// An answer that is there already.
fn ready<'a, T: Send + 'a>(answer: Result<T, StoreError>) -> StoreFuture<'a, T> {
    Box::pin(std::future::ready(answer))
}

impl Store for MemoryStore {
    fn ledger(&self, registry: &Registry) -> Result<Box<dyn Ledger>, StoreError> {
        if self.ledgers_out.fetch_add(1, Ordering::AcqRel) > 0 && self.shared == 0 {
            return Err(StoreError::Unavailable("the store's write side is in use".into()));
        }
        Ok(Box::new(MemoryLedger::new(Arc::clone(&self.tables), registry.clone(), self.shared > 0)))
    }

    fn ledgers(&self) -> usize {
        self.shared.max(1)
    }

    fn conversation<'a>(
        &'a self,
        registry: &'a Registry,
        target: &'a Target,
    ) -> StoreFuture<'a, Option<Conversation>> {
        self.read(|tables| Ok(tables.conversation(registry, target)))
    }

    fn conversations_of<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Conversation>> {
        self.read(|tables| Ok(tables.conversations_of(account, kinds, after, limit)))
    }

    fn waiting_conversations<'a>(
        &'a self,
        kinds: &'a [&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<ConversationId>> {
        self.read(|tables| Ok(tables.waiting_conversations(kinds, after, limit)))
    }

    fn events<'a>(
        &'a self,
        conversation: &'a Conversation,
        after: Seq,
        upto: Seq,
        limit: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        self.read(|tables| Ok(tables.events(&conversation.identity, after, upto, limit)))
    }

    fn inbox<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
    ) -> StoreFuture<'a, Vec<InboxPlace>> {
        self.read(|tables| Ok(tables.inbox(account, kinds)))
    }

    fn waiting<'a>(
        &'a self,
        places: &'a [InboxPlace],
        limit: usize,
    ) -> StoreFuture<'a, Vec<Vec<WaitingEvent>>> {
        self.read(|tables| Ok(places.iter().map(|place| tables.waiting(place, limit)).collect()))
    }

    fn waiting_events<'a>(
        &'a self,
        registry: &'a Registry,
        wanted: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, Vec<Waiting>> {
        self.read(|tables| Ok(tables.waiting_events(registry, wanted)))
    }

    fn notices<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: u64,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptNotice>> {
        self.read(|tables| Ok(tables.notices(account, kinds, after, limit)))
    }

    fn notices_since<'a>(
        &'a self,
        registry: &'a Registry,
        after: NoticeId,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Arc<Notice>>> {
        self.read(|tables| Ok(tables.notices_since(registry, after, limit)))
    }

    fn last_arrival(&self) -> StoreFuture<'_, i64> {
        self.read(|tables| Ok(tables.last_arrival()))
    }

    fn grown(
        &self,
        arrived: i64,
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<Grown>> {
        self.read(|tables| Ok(tables.grown(arrived, after, limit)))
    }

    fn arrived<'a>(
        &'a self,
        conversation: &'a Conversation,
        arrived: i64,
        upto: Seq,
        limit: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        self.read(|tables| Ok(tables.arrived(&conversation.identity, arrived, upto, limit)))
    }

    fn find<'a>(&'a self, find: &'a Find) -> StoreFuture<'a, Vec<IndexEntry>> {
        self.read(|tables| Ok(tables.find(find)))
    }

    fn find_page<'a>(&'a self, find: &'a Find, skip: u64) -> StoreFuture<'a, (Vec<IndexEntry>, u64)> {
        self.read(move |tables| Ok(tables.find_page(find, skip)))
    }

    fn account<'a>(&'a self, which: &'a AccountRef) -> StoreFuture<'a, Option<Account>> {
        self.read(|tables| Ok(tables.people.account(which)))
    }

    fn accounts(&self, after: Option<AccountId>, limit: usize) -> StoreFuture<'_, Vec<Account>> {
        self.read(|tables| Ok(tables.people.page(after, limit)))
    }

    fn accounts_among<'a>(&'a self, ids: &'a [AccountId]) -> StoreFuture<'a, Vec<Account>> {
        self.read(|tables| Ok(ids.iter().filter_map(|id| tables.people.accounts.get(id).cloned()).collect()))
    }

    fn account_page<'a>(&'a self, page: &'a AccountPage) -> StoreFuture<'a, (Vec<Account>, usize)> {
        self.read(|tables| Ok(tables.people.listed(page)))
    }

    fn record<'a>(&'a self, name: &'a RecordName) -> StoreFuture<'a, Option<KeptRecord>> {
        self.read(|tables| Ok(tables.records.get(name)))
    }

    fn records_of<'a>(
        &'a self,
        account: AccountId,
        after: Option<&'a RecordName>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>> {
        self.read(|tables| Ok(tables.records.of(account, after, limit)))
    }

    fn records_in<'a>(
        &'a self,
        space: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>> {
        self.read(|tables| Ok(tables.records.within(space, after, limit)))
    }

    fn organisations(&self) -> StoreFuture<'_, Vec<Organisation>> {
        self.read(|tables| Ok(tables.people.organisations.values().cloned().collect()))
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        self.read(|tables| Ok(tables.people.keys.clone()))
    }

    fn places_of(
        &self,
        account: AccountId,
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<ConversationId>> {
        self.read(|tables| Ok(tables.places_of(account, after, limit)))
    }

    fn traces_of(&self, account: AccountId, limit: usize) -> StoreFuture<'_, Vec<ConversationId>> {
        self.read(|tables| Ok(tables.traces_of(account, limit)))
    }

    fn records_naming<'a>(&'a self, words: &'a [String]) -> StoreFuture<'a, Vec<RecordName>> {
        self.read(|tables| Ok(tables.records.naming(words)))
    }

    /// What is taken out of a map is gone.
    fn residue(&self, _: u64) -> StoreFuture<'_, Residue> {
        ready(Ok(Residue::default()))
    }

    fn timers<'a>(
        &'a self,
        registry: &'a Registry,
        slices: &'a Slices,
        limit: usize,
    ) -> StoreFuture<'a, Vec<DueTimer>> {
        self.read(|tables| Ok(tables.due_timers(registry, slices, limit)))
    }

    fn check<'a>(&'a self, registry: &'a Registry) -> StoreFuture<'a, Vec<String>> {
        self.read(|tables| Ok(check::run(tables, registry)))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        ready(Ok(()))
    }
}

/// Times are kept to the millisecond, as a durable store keeps them.
fn to_millis(at: Timestamp) -> Timestamp {
    crate::clock::from_millis(at.as_millisecond())
}
