//! The write side of a faulty store.

use std::sync::Arc;

use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::store::{Batch, Forget, Ledger, Loaded, StoreError, StoreFuture, Wanted};
use jiff::Timestamp;

use super::control::{Control, State};
use super::failed;

pub(super) struct FaultyLedger {
    synced: Box<dyn Ledger>,
    control: Arc<Control>,
    /// Whether something has been loaded since the last commit: a durable ledger may hold it still until then.
    holds: bool,
}

impl FaultyLedger {
    pub(super) fn new(synced: Box<dyn Ledger>, control: Arc<Control>) -> Self {
        Self { synced, control, holds: false }
    }
}

impl Ledger for FaultyLedger {
    fn blocks(&self) -> bool {
        false
    }

    fn is_shared(&self) -> bool {
        self.synced.is_shared()
    }

    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> StoreFuture<'a, Vec<Loaded>> {
        if let Err(error) = self.control.may_read() {
            return failed(error);
        }
        assert!(!self.holds, "what was loaded is committed upon before more is loaded");
        self.holds = true;
        self.control.change(|state| state.loaded += wanted.len());
        self.synced.load(wanted)
    }

    fn commit<'a>(&'a mut self, batch: &'a Batch) -> StoreFuture<'a, ()> {
        self.holds = false;
        Box::pin(async move {
            self.control.change(|state| state.write(batch))?;
            self.control.pass(|state| &mut state.syncs, State::syncs_go).await?;
            for page in self.control.change(State::sync)? {
                self.synced.commit(&page).await?;
                self.control.change(|state| state.synced += 1);
            }
            let lost = self.control.change(|state| std::mem::take(&mut state.lose_answer));
            self.control.pass(|state| &mut state.answers, State::answers_go).await?;
            if lost { Err(StoreError::Unavailable("an answer is lost".into())) } else { Ok(()) }
        })
    }

    fn tidy(&mut self) -> StoreFuture<'_, bool> {
        assert!(!self.holds, "what was loaded is committed upon before anything else is written");
        match self.control.look(State::powered) {
            Ok(()) => self.synced.tidy(),
            Err(error) => failed(error),
        }
    }

    fn trim(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize> {
        assert!(!self.holds, "what was loaded is committed upon before anything else is written");
        match self.control.look(State::powered) {
            Ok(()) => self.synced.trim(before, limit),
            Err(error) => failed(error),
        }
    }

    fn sweep(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize> {
        assert!(!self.holds, "what was loaded is committed upon before anything else is written");
        match self.control.look(State::powered) {
            Ok(()) => self.synced.sweep(before, limit),
            Err(error) => failed(error),
        }
    }

    fn raise_floors<'a>(
        &'a mut self,
        account: AccountId,
        floors: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, ()> {
        assert!(!self.holds, "what was loaded is committed upon before anything else is written");
        match self.control.look(State::powered) {
            Ok(()) => self.synced.raise_floors(account, floors),
            Err(error) => failed(error),
        }
    }

    fn forget<'a>(&'a mut self, forget: &'a Forget, limit: usize) -> StoreFuture<'a, Option<Seq>> {
        assert!(!self.holds, "what was loaded is committed upon before anything else is written");
        match self.control.look(State::powered) {
            Ok(()) => self.synced.forget(forget, limit),
            Err(error) => failed(error),
        }
    }

    fn scrub<'a>(&'a mut self, places: &'a [u64]) -> StoreFuture<'a, ()> {
        match self.control.look(State::powered) {
            Ok(()) => self.synced.scrub(places),
            Err(error) => failed(error),
        }
    }

    fn fold(&mut self) -> StoreFuture<'_, bool> {
        match self.control.look(State::powered) {
            Ok(()) => self.synced.fold(),
            Err(error) => failed(error),
        }
    }
}
