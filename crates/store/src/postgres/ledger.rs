//! The write side: a connection of one committer's own.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::Registry;
use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::store::{Batch, Forget, Ledger, Loaded, StoreError, StoreFuture, Wanted};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Failure;
use super::link::{Ask, Dialler, Link, Purpose, values};
use super::rows::place;
use super::settle::{self, Fate};
use super::{batch, clearing, forget, load, records, upkeep};

/// How often a server that does not answer is tried, and how far apart, before commits are refused: a restart takes less.
const DIALLINGS: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);
/// How often something is tried again that stood in somebody's way.
const TRIES: usize = 8;

/// One of several that write.
pub(super) struct PostgresLedger {
    dialler: Arc<Dialler>,
    registry: Registry,
    link: Option<Link>,
    /// Whether a transaction is under way.
    open: bool,
    /// Whether the server was there when it was last asked.
    reachable: bool,
    /// The number of the next batch: they count on from one at random.
    next_batch: u128,
    /// Up to which arrival the last trimming has looked.
    trimmed_to: i64,
}

impl PostgresLedger {
    pub(super) fn new(dialler: Arc<Dialler>, registry: Registry) -> Self {
        let next_batch = Uuid::new_v4().as_u128();
        Self { dialler, registry, link: None, open: false, reachable: true, next_batch, trimmed_to: 0 }
    }

    /// The connection; a new one where there is none that works. While the server is known to be away it is tried once.
    async fn link(&mut self) -> Result<&Link, Failure> {
        if self.link.as_ref().is_none_or(Link::is_closed) {
            self.open = false;
            self.link = None;
            let tries = if self.reachable { DIALLINGS } else { 1 };
            self.link = Some(self.dial(tries).await?);
        }
        self.link.as_ref().ok_or_else(|| Failure::Broken("there is no connection".to_owned()))
    }

    async fn dial(&mut self, tries: usize) -> Result<Link, Failure> {
        for _ in 1..tries {
            if let Ok(link) = self.dialler.dial(Purpose::Writing).await {
                return Ok(link);
            }
            tokio::time::sleep(PAUSE).await;
        }
        let last = self.dialler.dial(Purpose::Writing).await;
        self.reachable = last.is_ok();
        last
    }

    /// Gives up what is under way after a failure.
    async fn give_up(&mut self, failure: Failure) -> Failure {
        let refused = matches!(failure, Failure::Refused(_));
        self.open = false;
        let ended = match &self.link {
            Some(link) if refused => link.run("rollback").await.is_ok(),
            _ => false,
        };
        if !ended {
            // Whatever was under way ends with it.
            self.link = None;
        }
        failure
    }

    async fn load_all(&mut self, wanted: &[Wanted]) -> Result<Vec<Loaded>, StoreError> {
        // Nothing has been written yet: a connection that breaks here is only replaced.
        for _ in 1..TRIES {
            match self.load_once(wanted).await {
                Err(Failure::Broken(_)) if self.reachable => {}
                loaded => return Ok(loaded?),
            }
        }
        Ok(self.load_once(wanted).await?)
    }

    async fn load_once(&mut self, wanted: &[Wanted]) -> Result<Vec<Loaded>, Failure> {
        self.end_if_open().await;
        let registry = self.registry.clone();
        let loaded = load::load(self.link().await?, &registry, wanted).await;
        match loaded {
            Ok(loaded) => {
                self.open = true;
                self.reachable = true;
                Ok(loaded)
            }
            Err(failure) => Err(self.give_up(failure).await),
        }
    }

    /// Ends a transaction that has written nothing.
    async fn end_if_open(&mut self) {
        if std::mem::take(&mut self.open)
            && let Some(link) = &self.link
            && link.ask(Ask::plain("commit")).await.is_err()
        {
            self.link = None;
        }
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            self.end_if_open().await;
            return Ok(());
        }
        let number = Uuid::from_u128(self.next_batch);
        self.next_batch = self.next_batch.wrapping_add(1);
        match self.write_once(batch, number).await {
            Ok(()) => {
                self.open = false;
                self.reachable = true;
                Ok(())
            }
            Err(failure @ Failure::Refused(_)) => Err(self.give_up(failure).await.into()),
            Err(failure @ Failure::Broken(_)) => {
                let failure = self.give_up(failure).await;
                if !self.reachable {
                    return Err(failure.into());
                }
                match settle::fate(&self.dialler, number).await {
                    Fate::Committed => Ok(()),
                    // Nothing of it was done, and the server is there: the rules can be run again.
                    Fate::Gone => Err(StoreError::Raced),
                    Fate::Unknown => {
                        self.reachable = false;
                        Err(failure.into())
                    }
                }
            }
        }
    }

    /// All in one trip; in two where what was seen before is insisted on, and more where something is forgotten.
    async fn write_once(&mut self, batch: &Batch, number: Uuid) -> Result<(), Failure> {
        let was_open = self.open && self.link.as_ref().is_some_and(|link| !link.is_closed());
        if self.open && !was_open {
            // What was locked is not any more.
            return Err(Failure::Refused(StoreError::Raced));
        }
        let link = self.link().await?;
        let mut asks = Vec::with_capacity(16);
        if !was_open {
            asks.push(Ask::plain("begin"));
            let touched: Vec<_> = batch.touched().into_iter().map(|id| id.0).collect();
            if !touched.is_empty() {
                asks.push(load::lock(touched));
            }
        }
        asks.extend(batch::asks(batch));
        let expected: Vec<_> = asks.iter().map(|ask| ask.rows).collect();
        let insists = expected.iter().any(|rows| !rows.holds(0) || !rows.holds(1));
        if insists || !batch.forgotten.is_empty() {
            let answers = link.flush(std::mem::take(&mut asks)).await?;
            if !expected.iter().zip(&answers).all(|(rows, answer)| rows.holds(answer.len())) {
                return Err(Failure::Refused(StoreError::Conflict));
            }
            for forgotten in &batch.forgotten {
                forget::rest(link, forgotten).await?;
            }
        }
        asks.push(Ask::new(settle::NOTE, values![number]));
        asks.push(Ask::plain("commit"));
        link.flush(asks).await.map(drop)
    }

    /// One statement in a transaction of its own, which may be done twice.
    async fn once(&mut self, ask: impl Fn() -> Ask<'static>) -> Result<Vec<Row>, StoreError> {
        self.end_if_open().await;
        for _ in 1..TRIES {
            let done = match self.link().await {
                Ok(link) => link.ask(ask()).await,
                Err(failure) => return Err(failure.into()),
            };
            match done {
                Err(Failure::Refused(StoreError::Raced)) => {}
                Err(Failure::Broken(_)) => self.link = None,
                done => return Ok(done?),
            }
        }
        Ok(self.link().await?.ask(ask()).await?)
    }

    async fn forget_part(&mut self, forget: &Forget, limit: usize) -> Result<Option<Seq>, StoreError> {
        self.end_if_open().await;
        for _ in 0..TRIES {
            let link = self.link().await?;
            let done = async {
                link.flush(vec![Ask::plain("begin"), load::lock(vec![forget.conversation.0])]).await?;
                let upto = forget::part(link, forget, limit).await?;
                link.ask(Ask::plain("commit")).await?;
                Ok(upto)
            };
            match done.await {
                Ok(upto) => return Ok(upto),
                // Done twice it is done all the same.
                Err(failure) => match self.give_up(failure).await {
                    Failure::Refused(StoreError::Raced) | Failure::Broken(_) => {}
                    failure @ Failure::Refused(_) => return Err(failure.into()),
                },
            }
        }
        Err(StoreError::Unavailable("others were first each time".into()))
    }

    async fn sweep_all(&mut self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        while self.once(upkeep::sweep_batches).await.is_ok_and(|gone| count(&gone) as i64 == upkeep::BATCHES)
        {
        }
        let gone = self.once(|| records::sweep(before, limit)).await?;
        Ok(count(&gone))
    }
}

fn count(rows: &[Row]) -> usize {
    rows.first().map_or(0, |row| row.get::<_, i64>(0) as usize)
}

const FLOORS: &str = "update members m set floor = greatest(m.floor, w.floor) from \
    unnest($2::uuid[], $3::int8[]) w(conversation, floor) where m.conversation = w.conversation and m.account = $1";

impl Ledger for PostgresLedger {
    fn blocks(&self) -> bool {
        false
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> StoreFuture<'a, Vec<Loaded>> {
        Box::pin(self.load_all(wanted))
    }

    fn commit<'a>(&'a mut self, batch: &'a Batch) -> StoreFuture<'a, ()> {
        Box::pin(self.write(batch))
    }

    fn tidy(&mut self) -> StoreFuture<'_, bool> {
        Box::pin(async move { Ok(!self.once(clearing::go_on).await?.is_empty()) })
    }

    fn trim(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize> {
        Box::pin(async move {
            let from = self.trimmed_to;
            let rows = self.once(|| upkeep::trim(from, before, limit)).await?;
            let trimmed = upkeep::trimmed(&rows, limit);
            self.trimmed_to = trimmed.next;
            Ok(trimmed.deleted)
        })
    }

    fn sweep(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize> {
        Box::pin(self.sweep_all(before, limit))
    }

    fn raise_floors<'a>(
        &'a mut self,
        account: AccountId,
        floors: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, ()> {
        let ids: Vec<_> = floors.iter().map(|(id, _)| id.0).collect();
        let places: Vec<_> = floors.iter().map(|(_, floor)| place(*floor)).collect();
        Box::pin(async move {
            self.once(|| Ask::new(FLOORS, values![account.0, ids.clone(), places.clone()])).await.map(drop)
        })
    }

    fn forget<'a>(&'a mut self, forget: &'a Forget, limit: usize) -> StoreFuture<'a, Option<Seq>> {
        Box::pin(self.forget_part(forget, limit))
    }

    /// What is removed is out of reach.
    fn scrub<'a>(&'a mut self, _: &'a [u64]) -> StoreFuture<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn fold(&mut self) -> StoreFuture<'_, bool> {
        Box::pin(std::future::ready(Ok(true)))
    }
}
