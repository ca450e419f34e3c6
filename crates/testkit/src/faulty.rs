//! A store that fails on demand: what proves that nothing is acknowledged or shown before it is on stable storage.
//!
//! A commit first writes, which puts its batch among the unsynced pages; then it syncs, which makes it last and lets
//! readers see it; then it answers. A test can hold it before the sync and before the answer, make either fail, and
//! take the power away, with which every unsynced page is gone. Nothing here waits for time: a test waits for a
//! commit to arrive where it is held.

mod control;
mod ledger;
mod weather;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hearken_core::account::{Account, Organisation};
use hearken_core::ids::{AccountId, ConversationId, NoticeId, Seq};
use hearken_core::memory::MemoryStore;
use hearken_core::node::Slices;
use hearken_core::store::{
    AccountPage, AccountRef, Batch, DueTimer, Find, Grown, InboxPlace, IndexEntry, KeptRecord, Ledger,
    RecordName, Residue, SigningKey, Store, StoreError, StoreFuture, StoredEvent, Waiting, WaitingEvent,
};
use hearken_core::{Conversation, KeptNotice, Notice, Registry, Target};

use self::control::{Control, State};
use self::ledger::FaultyLedger;
use self::weather::Sky;
pub use self::weather::Weather;

/// A store in memory whose commits and reads fail on demand.
pub struct FaultyStore {
    synced: MemoryStore,
    control: Arc<Control>,
    sky: Arc<Sky>,
}

impl FaultyStore {
    /// Stands on what has been synced before.
    pub fn over(synced: MemoryStore) -> Arc<Self> {
        Arc::new(Self { synced, control: Arc::default(), sky: Arc::default() })
    }

    /// From now on, commits wait before their sync.
    pub fn hold_syncs(&self) {
        self.change(|state| state.syncs.close());
    }

    /// Lets one commit through that waits before its sync, or the next to come there.
    pub fn sync_one(&self) {
        self.change(|state| state.syncs.let_one());
    }

    /// Lets all commits through that wait before their sync, and holds none any more.
    pub fn release_syncs(&self) {
        self.change(|state| state.syncs.open());
    }

    /// From now on, commits wait after their sync, before they answer: readers see what nobody was told of.
    pub fn hold_answers(&self) {
        self.change(|state| state.answers.close());
    }

    /// Lets all answers go, and holds none any more.
    pub fn release_answers(&self) {
        self.change(|state| state.answers.open());
    }

    /// From now on, reads wait before they look; those of rules do not.
    pub fn hold_reads(&self) {
        self.change(|state| state.reads.close());
    }

    /// Lets all reads look, and holds none any more.
    pub fn release_reads(&self) {
        self.change(|state| state.reads.open());
    }

    /// Waits until a read waits before it looks.
    pub async fn until_reading(&self) {
        self.control.until(|state| state.reads.waiting > 0).await;
    }

    /// Waits until a commit waits before its sync.
    pub async fn until_syncing(&self) {
        self.control.until(|state| state.syncs.waiting > 0).await;
    }

    /// Waits until a commit has synced and waits to answer.
    pub async fn until_answering(&self) {
        self.control.until(|state| state.answers.waiting > 0).await;
    }

    /// Waits until so many batches have been synced.
    pub async fn until_synced(&self, count: usize) {
        self.control.until(|state| state.synced >= count).await;
    }

    /// After `skip` more commits, `count` fail before they have written anything.
    pub fn fail_commits(&self, skip: usize, count: usize) {
        self.change(|state| state.failing = (skip, count));
    }

    /// Commits that hold what `poisoned` looks for fail before they have written anything.
    pub fn poison(&self, poisoned: impl Fn(&Batch) -> bool + Send + Sync + 'static) {
        self.change(|state| state.poison = Some(Box::new(poisoned)));
    }

    /// The sync of the next commit fails, and its pages are gone.
    pub fn fail_next_sync(&self) {
        self.change(|state| state.fail_sync = true);
    }

    /// The next commit is on stable storage, but answers that it failed.
    pub fn lose_next_answer(&self) {
        self.change(|state| state.lose_answer = true);
    }

    /// From now on, reads fail or not, those of rules too.
    pub fn break_reads(&self, broken: bool) {
        self.change(|state| state.reads_fail = broken);
    }

    /// Takes the power away: whatever was not synced is gone, and every call that is under way or comes later fails.
    /// What a restart finds is handed back.
    pub fn lose_power(&self) -> MemoryStore {
        self.change(State::lose_power);
        self.synced.reopen()
    }

    /// From now on the weather is such, in an order that follows from the seed. Calls that take a while sleep.
    pub fn weather(&self, weather: Weather, seed: u64) {
        self.sky.turn(weather, seed);
    }

    /// How many batches have been synced.
    pub fn synced(&self) -> usize {
        self.control.look(|state| state.synced)
    }

    /// How many asks of rules have been answered from the store.
    pub fn loaded(&self) -> usize {
        self.control.look(|state| state.loaded)
    }

    /// How often the store has been read, the asks of rules not counted.
    pub fn reads(&self) -> usize {
        self.control.look(|state| state.read)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.control.change(change);
    }

    fn read<'a, T: Send + 'a>(
        &'a self,
        reading: impl FnOnce(&'a MemoryStore) -> StoreFuture<'a, T> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move {
            self.control.pass(|state| &mut state.reads, State::reads_go).await?;
            self.sky.read().await?;
            self.control.may_read()?;
            self.control.change(|state| state.read += 1);
            reading(&self.synced).await
        })
    }
}

fn failed<'a, T: Send + 'a>(error: StoreError) -> BoxFuture<'a, Result<T, StoreError>> {
    Box::pin(std::future::ready(Err(error)))
}

impl Store for FaultyStore {
    fn ledger(&self, registry: &Registry) -> Result<Box<dyn Ledger>, StoreError> {
        let synced = self.synced.ledger(registry)?;
        Ok(Box::new(FaultyLedger::new(synced, Arc::clone(&self.control), Arc::clone(&self.sky))))
    }

    fn ledgers(&self) -> usize {
        self.synced.ledgers()
    }

    fn conversation<'a>(
        &'a self,
        registry: &'a Registry,
        target: &'a Target,
    ) -> StoreFuture<'a, Option<Conversation>> {
        self.read(move |synced| synced.conversation(registry, target))
    }

    fn conversations_of<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Conversation>> {
        self.read(move |synced| synced.conversations_of(account, kinds, after, limit))
    }

    fn waiting_conversations<'a>(
        &'a self,
        kinds: &'a [&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<ConversationId>> {
        self.read(move |synced| synced.waiting_conversations(kinds, after, limit))
    }

    fn events<'a>(
        &'a self,
        conversation: &'a Conversation,
        after: Seq,
        upto: Seq,
        limit: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        self.read(move |synced| synced.events(conversation, after, upto, limit))
    }

    fn inbox<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
    ) -> StoreFuture<'a, Vec<InboxPlace>> {
        self.read(move |synced| synced.inbox(account, kinds))
    }

    fn waiting<'a>(
        &'a self,
        places: &'a [InboxPlace],
        limit: usize,
    ) -> StoreFuture<'a, Vec<Vec<WaitingEvent>>> {
        self.read(move |synced| synced.waiting(places, limit))
    }

    fn waiting_events<'a>(
        &'a self,
        registry: &'a Registry,
        wanted: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, Vec<Waiting>> {
        self.read(move |synced| synced.waiting_events(registry, wanted))
    }

    fn notices<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: u64,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptNotice>> {
        self.read(move |synced| synced.notices(account, kinds, after, limit))
    }

    fn notices_since<'a>(
        &'a self,
        registry: &'a Registry,
        after: NoticeId,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Arc<Notice>>> {
        self.read(move |synced| synced.notices_since(registry, after, limit))
    }

    fn last_arrival(&self) -> StoreFuture<'_, i64> {
        self.read(move |synced| synced.last_arrival())
    }

    fn grown(
        &self,
        arrived: i64,
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<Grown>> {
        self.read(move |synced| synced.grown(arrived, after, limit))
    }

    fn arrived<'a>(
        &'a self,
        conversation: &'a Conversation,
        arrived: i64,
        upto: Seq,
        limit: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        self.read(move |synced| synced.arrived(conversation, arrived, upto, limit))
    }

    fn find<'a>(&'a self, find: &'a Find) -> StoreFuture<'a, Vec<IndexEntry>> {
        self.read(move |synced| synced.find(find))
    }

    fn find_page<'a>(&'a self, find: &'a Find, skip: u64) -> StoreFuture<'a, (Vec<IndexEntry>, u64)> {
        self.read(move |synced| synced.find_page(find, skip))
    }

    fn account<'a>(&'a self, which: &'a AccountRef) -> StoreFuture<'a, Option<Account>> {
        self.read(move |synced| synced.account(which))
    }

    fn accounts(&self, after: Option<AccountId>, limit: usize) -> StoreFuture<'_, Vec<Account>> {
        self.read(move |synced| synced.accounts(after, limit))
    }

    fn accounts_among<'a>(&'a self, ids: &'a [AccountId]) -> StoreFuture<'a, Vec<Account>> {
        self.read(move |synced| synced.accounts_among(ids))
    }

    fn account_page<'a>(&'a self, page: &'a AccountPage) -> StoreFuture<'a, (Vec<Account>, usize)> {
        self.read(move |synced| synced.account_page(page))
    }

    fn record<'a>(&'a self, name: &'a RecordName) -> StoreFuture<'a, Option<KeptRecord>> {
        self.read(move |synced| synced.record(name))
    }

    fn records_of<'a>(
        &'a self,
        account: AccountId,
        after: Option<&'a RecordName>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>> {
        self.read(move |synced| synced.records_of(account, after, limit))
    }

    fn records_in<'a>(
        &'a self,
        space: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>> {
        self.read(move |synced| synced.records_in(space, after, limit))
    }

    fn organisations(&self) -> StoreFuture<'_, Vec<Organisation>> {
        self.read(move |synced| synced.organisations())
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        self.read(move |synced| synced.signing_keys())
    }

    fn places_of(
        &self,
        account: AccountId,
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<ConversationId>> {
        self.read(move |synced| synced.places_of(account, after, limit))
    }

    fn traces_of(&self, account: AccountId, limit: usize) -> StoreFuture<'_, Vec<ConversationId>> {
        self.read(move |synced| synced.traces_of(account, limit))
    }

    fn records_naming<'a>(&'a self, words: &'a [String]) -> StoreFuture<'a, Vec<RecordName>> {
        self.read(move |synced| synced.records_naming(words))
    }

    fn residue(&self, from: u64) -> StoreFuture<'_, Residue> {
        self.read(move |synced| synced.residue(from))
    }

    fn timers<'a>(
        &'a self,
        registry: &'a Registry,
        slices: &'a Slices,
        limit: usize,
    ) -> StoreFuture<'a, Vec<DueTimer>> {
        self.read(move |synced| synced.timers(registry, slices, limit))
    }

    fn check<'a>(&'a self, registry: &'a Registry) -> StoreFuture<'a, Vec<String>> {
        self.read(move |synced| synced.check(registry))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        self.read(move |synced| synced.ping())
    }
}
