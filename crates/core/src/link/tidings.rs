//! What other nodes have done to people: each node reads in the store what it is, refreshes what it has at hand, and
//! ends the subscriptions of whoever may not have them any more.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::Link;
use crate::bus::wire::Tidings;
use crate::gone::GOING;
use crate::handle::Core;
use crate::hub::Ended;
use crate::ids::AccountId;
use crate::store::{AccountRef, StoreError};

/// How many wait to be looked into; of more, everything is looked at.
const WAITING: usize = 4096;
/// How many who are being erased are read at once.
const PAGE: usize = 1000;

pub(super) fn channel() -> (mpsc::Sender<Tidings>, mpsc::Receiver<Tidings>) {
    mpsc::channel(WAITING)
}

/// Looks into what was heard.
pub(super) async fn look_into(core: Core, link: Arc<Link>, mut heard: mpsc::Receiver<Tidings>) {
    while let Some(tidings) = heard.recv().await {
        if let Err(error) = core.look_into(&tidings).await {
            tracing::warn!(%error, "what another node has done to an account could not be read");
            link.doubt();
        }
    }
}

impl Core {
    /// What can be done at once.
    pub(super) fn heard_of(&self, tidings: &Tidings) {
        match tidings {
            Tidings::Account(account) | Tidings::Gone(account) => self.0.directory.removed(*account),
            Tidings::SignedOut(account, sign_ins, until) => {
                for sign_in in sign_ins {
                    self.0.revoked.add(*sign_in, *until, self.wall());
                    self.0.hub.end(*account, Some(*sign_in), Ended::SignedOut);
                }
            }
            Tidings::Removed(_) | Tidings::Keys => {}
        }
    }

    /// What the store says.
    async fn look_into(&self, tidings: &Tidings) -> Result<(), StoreError> {
        match tidings {
            Tidings::Account(account) => self.look_at(*account, false).await,
            Tidings::Gone(account) | Tidings::Removed(account) => self.look_at(*account, true).await,
            Tidings::SignedOut(..) => Ok(()),
            Tidings::Keys => self.take_in_keys().await,
        }
    }

    /// Looks at an account that another node has changed, or is about to erase. Only the store is believed: a message
    /// may be old.
    async fn look_at(&self, id: AccountId, is_going: bool) -> Result<(), StoreError> {
        self.0.directory.removed(id);
        match self.0.directory.find(&AccountRef::Id(id)).await? {
            None => self.is_gone(id),
            Some(account) => {
                if is_going && account.disabled {
                    self.0.hub.gone.add(id);
                }
                self.0.hub.end_changed(&account);
            }
        }
        Ok(())
    }

    /// Looks who is being erased.
    pub(super) async fn look_for_the_gone(&self) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        loop {
            let page = self.0.store.records_in(GOING, after.as_deref(), PAGE).await?;
            let more = page.len() == PAGE;
            after = page.last().map(|kept| kept.record.name.key.clone());
            for account in page.iter().filter_map(|kept| kept.record.account) {
                self.look_at(account, true).await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// There is no such account any more.
    pub(super) fn is_gone(&self, id: AccountId) {
        self.0.hub.gone.add(id);
        self.0.directory.removed(id);
        self.0.hub.end(id, None, Ended::SignedOut);
    }
}
