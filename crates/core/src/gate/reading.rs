//! Reads what is missing, several conversations at a time, each from where its followers have heard it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::{Gate, Missing};
use crate::conversation::{Conversation, Registry, Target};
use crate::event::Event;
use crate::ids::Seq;
use crate::store::{Store, StoreError, StoredEvent};

/// Conversations that are read at once.
const AT_ONCE: usize = 16;
/// Events that are read at once.
const PAGE: usize = 100;
/// How long nothing is tried when the store has failed.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads for a gate.
pub(crate) struct Reader {
    pub(crate) gate: Arc<Gate>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<Registry>,
}

impl Reader {
    /// Reads whatever is found missing; for ever.
    pub(crate) async fn run(self) {
        let mut reads = FuturesUnordered::new();
        loop {
            while reads.len() < AT_ONCE
                && let Some(missing) = self.gate.next_missing()
            {
                reads.push(self.read(missing));
            }
            tokio::select! {
                Some(()) = reads.next() => {}
                () = self.gate.missing.notified() => {}
            }
        }
    }

    /// Reads a part of what is missing in one conversation.
    async fn read(&self, missing: Missing) {
        if let Err(error) = self.try_read(missing).await {
            tracing::warn!(%error, "what was not heard could not be read");
            tokio::time::sleep(PAUSE).await;
            self.gate.failed(missing.conversation);
        }
    }

    async fn try_read(&self, missing: Missing) -> Result<(), StoreError> {
        let target = Target::Id(missing.conversation);
        let Some(conversation) = self.store.conversation(&self.registry, &target).await? else {
            self.gate.is_gone(missing.conversation);
            return Ok(());
        };
        if !self.gate.is_followed(&conversation) {
            self.gate.fill(&conversation, Vec::new(), missing.upto);
            return Ok(());
        }
        let (events, upto) = match missing.heard {
            Some(heard) => self.after(&conversation, heard, missing.upto).await?,
            None => self.since(&conversation, missing).await?,
        };
        self.gate.fill(&conversation, events, upto);
        Ok(())
    }

    /// Events after a place, a page of them, and up to where that goes.
    async fn after(
        &self,
        conversation: &Conversation,
        heard: Seq,
        upto: Seq,
    ) -> Result<(Vec<Arc<Event>>, Seq), StoreError> {
        if upto <= heard {
            return Ok((Vec::new(), heard));
        }
        let page = self.store.events(conversation, heard, upto, PAGE).await?;
        let reached = page.last().filter(|_| page.len() == PAGE).map_or(upto, |last| last.event.seq);
        Ok((plain(page), reached))
    }

    /// Events since the watermark, a page of them, and up to where that goes.
    async fn since(
        &self,
        conversation: &Conversation,
        missing: Missing,
    ) -> Result<(Vec<Arc<Event>>, Seq), StoreError> {
        let mut upto = missing.upto;
        loop {
            let page = self.store.arrived(conversation, missing.watermark, upto, PAGE).await?;
            let first = page.first().map(|first| first.event.seq);
            match first {
                // There may be more before these: the first of them is looked for, and then all are read from there.
                Some(first) if page.len() == PAGE && first > 1 => upto = first - 1,
                _ if upto == missing.upto => return Ok((plain(page), upto)),
                first => {
                    return self
                        .after(conversation, first.map_or(upto, |first| first - 1), missing.upto)
                        .await;
                }
            }
        }
    }
}

fn plain(page: Vec<StoredEvent>) -> Vec<Arc<Event>> {
    page.into_iter().map(|stored| stored.event).collect()
}
