//! The write side, on the committer's own thread.

use std::time::Duration;

use futures_util::FutureExt as _;
use hearken_core::clock::from_millis;
use hearken_core::event::EventRef;
use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::store::{Batch, Forget, Ledger, Loaded, StoreError, StoreFuture, Wanted, stored_body};
use hearken_core::{Registry, Target};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::clearing::{self, Stale};
use super::error::translate;
use super::{batch, forget, records, rows, scrub, trim};

/// How long readers are waited for at the end.
const CLOSING: Duration = Duration::from_millis(200);
/// How long commits wait for readers when the log is folded in between.
const FOLDING: Duration = Duration::from_millis(10);

/// The connection that writes.
pub(super) struct SqliteLedger {
    pub(super) connection: Connection,
    pub(super) registry: Registry,
    pub(super) stale: Stale,
    /// Up to which arrival the last trimming has looked.
    pub(super) trimmed_to: i64,
}

/// Moves what lies in the write-ahead log into the database file. SQLite would do so when its last connection
/// closes; ours is a reader, which can't.
impl Drop for SqliteLedger {
    fn drop(&mut self) {
        let fold = |connection: &Connection| {
            connection.busy_timeout(CLOSING)?;
            connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, bool>(0))
        };
        // Nothing is lost where it fails: the log stays beside the file, and is read at the next start.
        match fold(&self.connection) {
            Ok(false) => {}
            Ok(true) => tracing::warn!("a reader keeps the write-ahead log beside the database file"),
            Err(error) => tracing::warn!(%error, "the write-ahead log stays beside the database file"),
        }
    }
}

impl SqliteLedger {
    fn load_one(&self, wanted: &Wanted) -> rusqlite::Result<Loaded> {
        let mut loaded = Loaded::default();
        if wanted.conversation {
            loaded.conversation = rows::conversation(&self.connection, &self.registry, &wanted.target)?;
        }
        let id = match (&wanted.target, &loaded.conversation) {
            (_, Some(conversation)) => Some(conversation.identity.id),
            (Target::Id(id), None) => Some(*id),
            // Asked for whole and not found: it has no events either.
            (Target::Key { .. }, None) if wanted.conversation => None,
            (Target::Key { kind, organisation, key }, None) => {
                rows::id_of_key(&self.connection, kind, *organisation, key)?
            }
        };
        let Some(id) = id else { return Ok(loaded) };
        for which in &wanted.events {
            self.load_events(id, which, &mut loaded)?;
        }
        loaded.events.sort_unstable_by_key(|logged| logged.seq);
        loaded.events.dedup_by_key(|logged| logged.seq);
        if let Some(key) = &wanted.timer {
            loaded.timer = self
                .connection
                .prepare_cached("select due from timers where conversation = ?1 and key = ?2")?
                .query_row(params![id.0.as_bytes(), key], |row| row.get(0))
                .optional()?
                .map(from_millis);
        }
        Ok(loaded)
    }

    fn load_events(&self, id: ConversationId, which: &EventRef, loaded: &mut Loaded) -> rusqlite::Result<()> {
        let Loaded { events, bodies, .. } = loaded;
        let prepare = |condition| {
            let sql = format!("select {} from events where conversation = ?1 and {condition}", rows::LOGGED);
            self.connection.prepare_cached(&sql)
        };
        let logged = |row: &rusqlite::Row<'_>| rows::logged(row).map(|logged| self.stale.logged(id, logged));
        let id = id.0.as_bytes();
        match which {
            EventRef::Seq(seq) => {
                events.extend(
                    prepare("seq = ?2")?.query_row(params![id, rows::place(*seq)], logged).optional()?,
                );
            }
            EventRef::Named(author, key) => {
                let mut statement = prepare("client_key = ?2 and author = ?3")?;
                let named = params![id, key, author.0.as_bytes()];
                events.extend(statement.query_row(named, logged).optional()?);
            }
            EventRef::NamedByAnyone(key) => {
                let mut statement = prepare("client_key = ?2")?;
                for row in statement.query_map(params![id, key], logged)? {
                    events.push(row?);
                }
            }
            EventRef::Waiting(most) => {
                let sql = format!(
                    "select {}, version, body from events where conversation = ?1 and pending <> x'' order by seq",
                    rows::LOGGED
                );
                let mut statement = self.connection.prepare_cached(&sql)?;
                let mut found = statement.query(params![id])?;
                let mut left = *most;
                while left > 0
                    && let Some(row) = found.next()?
                {
                    let logged = logged(row)?;
                    if !logged.kept {
                        continue;
                    }
                    left -= 1;
                    bodies.extend(stored_body(row.get(7)?, row.get(8)?).map(|body| (logged.seq, body)));
                    events.push(logged);
                }
            }
        }
        Ok(())
    }

    /// Begins a transaction, unless one is under way. Immediate: one that reads first and then wants to write could
    /// be refused.
    fn begin(&self) -> rusqlite::Result<()> {
        if self.connection.is_autocommit() {
            self.connection.prepare_cached("begin immediate")?.execute([])?;
        }
        Ok(())
    }

    /// Runs `work` in the transaction and ends that; whatever fails, nothing of it remains.
    fn transaction<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let run = || {
            self.begin()?;
            let done = work(&self.connection)?;
            self.connection.prepare_cached("commit")?.execute([])?;
            Ok(done)
        };
        run().map_err(|error| self.give_up(&error))
    }

    fn refresh(&self) -> Result<(), StoreError> {
        self.stale.refresh(&self.connection).map_err(|error| translate(&error))
    }

    /// Takes back whatever is under way.
    fn give_up(&self, error: &rusqlite::Error) -> StoreError {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("rollback")
        {
            tracing::error!(%error, "a failed transaction could not be rolled back");
        }
        translate(error)
    }
}

impl Ledger for SqliteLedger {
    fn blocks(&self) -> bool {
        true
    }

    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> StoreFuture<'a, Vec<Loaded>> {
        // In the transaction that the commit then ends: each read alone would take and leave the file's locks.
        let load = || {
            self.begin()?;
            wanted.iter().map(|wanted| self.load_one(wanted)).collect::<rusqlite::Result<_>>()
        };
        std::future::ready(load().map_err(|error| self.give_up(&error))).boxed()
    }

    fn commit<'a>(&'a mut self, batch: &'a Batch) -> StoreFuture<'a, ()> {
        let written = self.transaction(|connection| batch::write(connection, batch));
        // Whoever reads in between takes for waiting what is not: only for a moment, and only of those who have left.
        let written = written.and_then(|()| {
            let stale = !batch.cleared.is_empty() || (self.stale.any() && !batch.forgotten.is_empty());
            if stale { self.refresh() } else { Ok(()) }
        });
        std::future::ready(written).boxed()
    }

    fn tidy(&mut self) -> StoreFuture<'_, bool> {
        let tidied = if self.stale.any() {
            self.transaction(clearing::go_on).and_then(|_| self.refresh()).map(|()| self.stale.any())
        } else {
            Ok(false)
        };
        std::future::ready(tidied).boxed()
    }

    fn trim(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize> {
        let from = self.trimmed_to;
        let trimmed = self.transaction(|connection| trim::window(connection, from, before, limit));
        let trimmed = trimmed.map(|window| {
            self.trimmed_to = window.next;
            window.deleted
        });
        std::future::ready(trimmed).boxed()
    }

    fn sweep(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize> {
        std::future::ready(self.transaction(|connection| records::sweep(connection, before, limit))).boxed()
    }

    fn raise_floors<'a>(
        &'a mut self,
        account: AccountId,
        floors: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, ()> {
        let raised = self.transaction(|connection| {
            let mut statement = connection.prepare_cached(
                "update members set floor = max(floor, ?3) where conversation = ?1 and account = ?2",
            )?;
            for (conversation, floor) in floors {
                statement.execute(params![conversation.0.as_bytes(), account.0.as_bytes(), floor])?;
            }
            Ok(())
        });
        std::future::ready(raised).boxed()
    }

    fn forget<'a>(&'a mut self, forget: &'a Forget, limit: usize) -> StoreFuture<'a, Option<Seq>> {
        let forgotten = self.transaction(|connection| forget::part(connection, forget, limit));
        std::future::ready(forgotten).boxed()
    }

    fn scrub<'a>(&'a mut self, places: &'a [u64]) -> StoreFuture<'a, ()> {
        let cleaned = self.transaction(|connection| scrub::clean(connection, places));
        std::future::ready(cleaned).boxed()
    }

    fn fold(&mut self) -> StoreFuture<'_, bool> {
        let folded = fold(&self.connection).map_err(|error| translate(&error));
        std::future::ready(folded).boxed()
    }
}

/// Moves the write-ahead log into the file and cuts it to nothing; `false` when a reader is in the way. Most of it is
/// moved before anybody is waited for.
fn fold(connection: &Connection) -> rusqlite::Result<bool> {
    let busy = |row: &rusqlite::Row<'_>| row.get::<_, bool>(0);
    connection.query_row("pragma wal_checkpoint(passive)", [], busy)?;
    connection.busy_timeout(FOLDING)?;
    let folded = connection.query_row("pragma wal_checkpoint(truncate)", [], busy);
    connection.busy_timeout(Duration::ZERO)?;
    folded.map(|busy| !busy)
}
