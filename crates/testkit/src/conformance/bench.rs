//! A store being tried.

use std::sync::Arc;

use hearken_core::ids::ConversationId;
use hearken_core::store::{Batch, Ledger, Loaded, Store, StoreError, StoredEvent, Wanted};
use hearken_core::{Conversation, Registry, Target};

use super::Fixture;
use super::scene::{Board, LogLine, Post, words};

/// A store being tried.
pub(super) struct Bench {
    fixture: Box<dyn Fixture>,
    pub(super) registry: Registry,
    pub(super) ledger: Box<dyn Ledger>,
    pub(super) store: Arc<dyn Store>,
}

impl Bench {
    pub(super) async fn open(fixture: Box<dyn Fixture>) -> Self {
        let store = fixture.open().await;
        let registry = Registry::default().with::<Post>().with::<Board>();
        let ledger = store.ledger(&registry).expect("a store just opened has its ledger");
        Self { fixture, registry, ledger, store }
    }

    /// Closes the store and opens it again.
    pub(super) async fn reopen(self) -> Self {
        let Self { fixture, registry: _, ledger, store } = self;
        drop(ledger);
        drop(store);
        Self::open(fixture).await
    }

    pub(super) async fn commit(&mut self, batch: Batch) {
        self.ledger.commit(&batch).await.expect("a sound batch is written");
    }

    pub(super) async fn refused(&mut self, batch: Batch) -> StoreError {
        self.ledger.commit(&batch).await.expect_err("this batch must not be written")
    }

    pub(super) async fn load(&mut self, wanted: &[Wanted]) -> Vec<Loaded> {
        self.ledger.load(wanted).await.expect("the store reads")
    }

    pub(super) async fn read(&self, target: Target) -> Option<Conversation> {
        self.store.conversation(&self.registry, &target).await.expect("the store reads")
    }

    /// The conversation, which must be there.
    pub(super) async fn found(&self, id: ConversationId) -> Conversation {
        self.read(Target::Id(id)).await.expect("it is there")
    }

    pub(super) async fn events(&self, talk: &Conversation) -> Vec<StoredEvent> {
        self.store.events(talk, 0, 1_000_000, 1_000_000).await.expect("the store reads")
    }

    /// The places of a log that are there, each with who it waits for and its words.
    pub(super) async fn log(&self, talk: &Conversation) -> Vec<LogLine> {
        let line = |stored: &StoredEvent| {
            let pending = stored.pending.map(|pending| pending.iter().collect());
            (stored.event.seq, pending, words(stored.event.body.as_ref()).map(str::to_owned))
        };
        self.events(talk).await.iter().map(line).collect()
    }
}
