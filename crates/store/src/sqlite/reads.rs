//! The read side.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use hearken_core::account::{Account, Organisation};
use hearken_core::clock::from_millis;
use hearken_core::ids::{AccountId, ConversationId, NoticeId, OrganisationId, Seq};
use hearken_core::node::Slices;
use hearken_core::store::{
    AccountPage, AccountRef, DueTimer, Find, Grown, InboxPlace, IndexEntry, KeptRecord, Ledger, RecordName,
    Residue, SigningKey, Store, StoreError, StoreFuture, StoredEvent, Waiting, WaitingEvent,
};
use hearken_core::{Conversation, KeptNotice, Notice, Registry, Target};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::clearing::Stale;
use super::ledger::SqliteLedger;
use super::{SqliteStore, arrivals, check, forget, notices, records, rows, scrub, taken, timers};

impl Store for SqliteStore {
    fn ledger(&self, registry: &Registry) -> Result<Box<dyn Ledger>, StoreError> {
        let connection = self.writer.lock().take().ok_or_else(taken)?;
        let (registry, stale) = (registry.clone(), self.stale.clone());
        Ok(Box::new(SqliteLedger { connection, registry, stale, trimmed_to: 0 }))
    }

    fn conversation<'a>(
        &'a self,
        registry: &'a Registry,
        target: &'a Target,
    ) -> StoreFuture<'a, Option<Conversation>> {
        let (registry, target) = (registry.clone(), target.clone());
        self.readers.run(move |connection| rows::conversation(connection, &registry, &target))
    }

    fn conversations_of<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Conversation>> {
        let kinds = kinds.to_vec();
        self.readers.run(move |connection| rows::conversations_of(connection, account, &kinds, after, limit))
    }

    fn waiting_conversations<'a>(
        &'a self,
        kinds: &'a [&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<ConversationId>> {
        let kinds = kinds.to_vec();
        self.readers.run(move |connection| waiting_conversations(connection, &kinds, after, limit))
    }

    fn events<'a>(
        &'a self,
        conversation: &'a Conversation,
        after: Seq,
        upto: Seq,
        limit: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        let (identity, stale) = (Arc::clone(&conversation.identity), self.stale.clone());
        self.readers.run(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "select {} from events where conversation = ?1 and seq > ?2 and seq <= ?3 order by seq limit ?4",
                rows::EVENT
            ))?;
            let range = params![identity.id.0.as_bytes(), rows::place(after), rows::place(upto), limit as i64];
            let events = statement.query_map(range, |row| rows::event(row, &identity))?;
            events.map(|stored| stored.map(|stored| stale.left_of(stored))).collect()
        })
    }

    fn inbox<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
    ) -> StoreFuture<'a, Vec<InboxPlace>> {
        let kinds = kinds.to_vec();
        self.readers.run(move |connection| inbox(connection, account, &kinds))
    }

    fn waiting<'a>(
        &'a self,
        places: &'a [InboxPlace],
        limit: usize,
    ) -> StoreFuture<'a, Vec<Vec<WaitingEvent>>> {
        let places = places.to_vec();
        self.readers
            .run(move |connection| places.iter().map(|place| waiting(connection, place, limit)).collect())
    }

    fn waiting_events<'a>(
        &'a self,
        registry: &'a Registry,
        wanted: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, Vec<Waiting>> {
        let (registry, wanted, stale) = (registry.clone(), wanted.to_vec(), self.stale.clone());
        self.readers.run(move |connection| waiting_events(connection, &registry, &wanted, &stale))
    }

    fn notices<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: u64,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptNotice>> {
        let kinds = kinds.to_vec();
        self.readers.run(move |connection| notices::read(connection, account, &kinds, after, limit))
    }

    fn notices_since<'a>(
        &'a self,
        registry: &'a Registry,
        after: NoticeId,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Arc<Notice>>> {
        let registry = registry.clone();
        self.readers.run(move |connection| notices::since(connection, &registry, after, limit))
    }

    fn last_arrival(&self) -> StoreFuture<'_, i64> {
        self.readers.run(arrivals::last)
    }

    fn grown(
        &self,
        arrived: i64,
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<Grown>> {
        self.readers.run(move |connection| arrivals::grown(connection, arrived, after, limit))
    }

    fn arrived<'a>(
        &'a self,
        conversation: &'a Conversation,
        arrived: i64,
        upto: Seq,
        limit: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        let (identity, stale) = (Arc::clone(&conversation.identity), self.stale.clone());
        self.readers.run(move |connection| {
            let events = arrivals::events(connection, &identity, arrived, upto, limit)?;
            Ok(events.into_iter().map(|stored| stale.left_of(stored)).collect())
        })
    }

    fn find<'a>(&'a self, find: &'a Find) -> StoreFuture<'a, Vec<IndexEntry>> {
        let find = find.clone();
        self.readers.run(move |connection| index_rows(connection, &find, 0))
    }

    fn find_page<'a>(&'a self, find: &'a Find, skip: u64) -> StoreFuture<'a, (Vec<IndexEntry>, u64)> {
        let find = find.clone();
        self.readers.run(move |connection| {
            let total = connection
                .prepare_cached(
                    "select count(*) from index_rows where name = ?1 and key = ?2 and ordering >= ?3 and ordering <= ?4",
                )?
                .query_row(params![find.index, find.key, find.from, find.to], |row| row.get(0))?;
            Ok((index_rows(connection, &find, skip)?, total))
        })
    }

    fn account<'a>(&'a self, which: &'a AccountRef) -> StoreFuture<'a, Option<Account>> {
        let which = which.clone();
        self.readers.run(move |connection| {
            let prepare = |condition| {
                let sql = format!("select {} from accounts where {condition}", rows::ACCOUNT);
                connection.prepare_cached(&sql)
            };
            match which {
                AccountRef::Id(id) => prepare("id = ?1")?.query_row([id.0.as_bytes()], rows::account),
                AccountRef::Phone(phone) => prepare("phone = ?1")?.query_row([phone.as_str()], rows::account),
                AccountRef::Email(email) => prepare("email = ?1")?.query_row([email], rows::account),
            }
            .optional()
        })
    }

    fn accounts(&self, after: Option<AccountId>, limit: usize) -> StoreFuture<'_, Vec<Account>> {
        self.readers.run(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "select {} from accounts where id > ?1 order by id limit ?2",
                rows::ACCOUNT
            ))?;
            let after = after.map_or_else(Vec::new, |id| id.0.as_bytes().to_vec());
            let accounts = statement.query_map(params![after, limit as i64], rows::account)?;
            accounts.collect()
        })
    }

    fn accounts_among<'a>(&'a self, ids: &'a [AccountId]) -> StoreFuture<'a, Vec<Account>> {
        let ids = ids.to_vec();
        self.readers.run(move |connection| {
            let sql = format!("select {} from accounts where id = ?1", rows::ACCOUNT);
            let mut statement = connection.prepare_cached(&sql)?;
            let mut account =
                |id: AccountId| statement.query_row([id.0.as_bytes()], rows::account).optional();
            ids.into_iter().filter_map(|id| account(id).transpose()).collect()
        })
    }

    fn account_page<'a>(&'a self, page: &'a AccountPage) -> StoreFuture<'a, (Vec<Account>, usize)> {
        let page = page.clone();
        self.readers.run(move |connection| account_page(connection, &page))
    }

    fn record<'a>(&'a self, name: &'a RecordName) -> StoreFuture<'a, Option<KeptRecord>> {
        let name = name.clone();
        self.readers.run(move |connection| records::find(connection, &name))
    }

    fn records_of<'a>(
        &'a self,
        account: AccountId,
        after: Option<&'a RecordName>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>> {
        let after = after.cloned();
        self.readers.run(move |connection| records::of(connection, account, after.as_ref(), limit))
    }

    fn records_in<'a>(
        &'a self,
        space: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>> {
        let (space, after) = (space.to_owned(), after.map(ToOwned::to_owned));
        self.readers.run(move |connection| records::within(connection, &space, after.as_deref(), limit))
    }

    fn organisations(&self) -> StoreFuture<'_, Vec<Organisation>> {
        self.readers.run(|connection| {
            let mut statement =
                connection.prepare_cached("select id, name from organisations order by id")?;
            let organisation = |row: &Row<'_>| {
                Ok(Organisation { id: OrganisationId(rows::uuid(row, 0)?), name: row.get(1)? })
            };
            let organisations = statement.query_map([], organisation)?;
            organisations.collect()
        })
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        self.readers.run(|connection| {
            let mut statement = connection
                .prepare_cached("select id, pkcs8, created_at from signing_keys order by created_at, id")?;
            let keys = statement.query_map([], |row| {
                Ok(SigningKey { id: row.get(0)?, pkcs8: row.get(1)?, created_at: from_millis(row.get(2)?) })
            })?;
            keys.collect()
        })
    }

    fn places_of(
        &self,
        account: AccountId,
        after: Option<ConversationId>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<ConversationId>> {
        self.readers.run(move |connection| forget::places_of(connection, account, after, limit))
    }

    fn traces_of(&self, account: AccountId, limit: usize) -> StoreFuture<'_, Vec<ConversationId>> {
        self.readers.run(move |connection| forget::traces_of(connection, account, limit))
    }

    fn records_naming<'a>(&'a self, words: &'a [String]) -> StoreFuture<'a, Vec<RecordName>> {
        let words = words.to_vec();
        self.readers.run(move |connection| forget::records_naming(connection, &words))
    }

    fn residue(&self, from: u64) -> StoreFuture<'_, Residue> {
        self.readers.run(move |connection| scrub::residue(connection, from))
    }

    fn timers<'a>(
        &'a self,
        registry: &'a Registry,
        slices: &'a Slices,
        limit: usize,
    ) -> StoreFuture<'a, Vec<DueTimer>> {
        let (registry, slices) = (registry.clone(), *slices);
        self.readers.run(move |connection| timers::next(connection, &registry, &slices, limit))
    }

    fn check<'a>(&'a self, registry: &'a Registry) -> StoreFuture<'a, Vec<String>> {
        let registry = registry.clone();
        self.readers.run(move |connection| check::run(connection, &registry))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        self.readers.run(|connection| connection.query_row("select 1", [], |_| Ok(()))).boxed()
    }
}

fn inbox(
    connection: &Connection,
    account: AccountId,
    kinds: &[&'static str],
) -> rusqlite::Result<Vec<InboxPlace>> {
    let mut statement = connection.prepare_cached(
        "select m.conversation, m.slot, max(m.floor, m.joined), c.kind, max(c.last_seq, \
         coalesce((select max(seq) from events e where e.conversation = m.conversation), 0)) \
         from members m join conversations c on c.id = m.conversation where m.account = ?1 and m.left_at is null",
    )?;
    let mut rows = statement.query([account.0.as_bytes()])?;
    let mut places = Vec::new();
    while let Some(row) = rows.next()? {
        let kind = row.get_ref(3)?.as_str()?;
        let place = InboxPlace {
            conversation: ConversationId(rows::uuid(row, 0)?),
            slot: row.get(1)?,
            floor: row.get(2)?,
            last: row.get(4)?,
        };
        if kinds.contains(&kind) && place.last > place.floor {
            places.push(place);
        }
    }
    Ok(places)
}

fn waiting_conversations(
    connection: &Connection,
    kinds: &[&'static str],
    after: Option<ConversationId>,
    limit: usize,
) -> rusqlite::Result<Vec<ConversationId>> {
    let mut statement = connection.prepare_cached(
        "select c.id from conversations c where c.id > ?1 and c.kind in (select value from json_each(?2)) \
         and exists (select 1 from events e where e.conversation = c.id and e.pending <> x'') \
         order by c.id limit ?3",
    )?;
    let after = after.map_or_else(Vec::new, |id| id.0.as_bytes().to_vec());
    let kinds = serde_json::json!(kinds).to_string();
    let found = statement.query_map(params![after, kinds, limit as i64], |row| rows::uuid(row, 0))?;
    found.map(|id| id.map(ConversationId)).collect()
}

fn waiting(connection: &Connection, place: &InboxPlace, limit: usize) -> rusqlite::Result<Vec<WaitingEvent>> {
    let mut statement = connection.prepare_cached(
        "select arrival, seq, pending from events where conversation = ?1 and seq > ?2 and seq <= ?3 \
         and pending <> x'' order by seq",
    )?;
    let mut found = statement.query(params![
        place.conversation.0.as_bytes(),
        rows::place(place.floor),
        rows::place(place.last)
    ])?;
    let mut waiting = Vec::new();
    while waiting.len() < limit
        && let Some(row) = found.next()?
    {
        if rows::pending(row, 2)?.is_some_and(|pending| pending.contains(place.slot)) {
            waiting.push(WaitingEvent { arrival: row.get(0)?, seq: row.get(1)? });
        }
    }
    Ok(waiting)
}

fn waiting_events(
    connection: &Connection,
    registry: &Registry,
    wanted: &[(ConversationId, Seq)],
    stale: &Stale,
) -> rusqlite::Result<Vec<Waiting>> {
    let mut conversations = HashMap::new();
    for (id, _) in wanted {
        if !conversations.contains_key(id) {
            conversations.insert(*id, rows::conversation(connection, registry, &Target::Id(*id))?);
        }
    }
    let mut statement = connection.prepare_cached(&format!(
        "select {} from events where conversation = ?1 and seq = ?2 and body is not null",
        rows::EVENT
    ))?;
    let mut events = Vec::with_capacity(wanted.len());
    for (id, seq) in wanted {
        let Some(Some(conversation)) = conversations.get(id) else { continue };
        let found = statement
            .query_row(params![id.0.as_bytes(), rows::place(*seq)], |row| {
                rows::event(row, &conversation.identity)
            })
            .optional()?;
        let found = found.map(|stored| stale.left_of(stored)).filter(|stored| stored.event.body.is_some());
        let Some(StoredEvent { event, pending }) = found else { continue };
        let slots = rows::slots(&conversation.members);
        let waits_for = pending.unwrap_or_default().iter().filter_map(|slot| slots.get(&slot).copied());
        events.push(Waiting { event, waits_for: waits_for.collect() });
    }
    Ok(events)
}

fn index_rows(connection: &Connection, find: &Find, skip: u64) -> rusqlite::Result<Vec<IndexEntry>> {
    let direction = if find.descending { "desc" } else { "asc" };
    let mut statement = connection.prepare_cached(&format!(
        "select conversation, ordering, value from index_rows where name = ?1 and key = ?2 and ordering >= ?3 \
         and ordering <= ?4 order by ordering {direction}, conversation {direction} limit ?5 offset ?6"
    ))?;
    let skip = i64::try_from(skip).unwrap_or(i64::MAX);
    let range = params![find.index, find.key, find.from, find.to, find.limit as i64, skip];
    let entries = statement.query_map(range, |row| {
        Ok(IndexEntry {
            index: find.index.clone(),
            key: find.key.clone(),
            conversation: ConversationId(rows::uuid(row, 0)?),
            order: row.get(1)?,
            value: row.get(2)?,
        })
    })?;
    entries.collect()
}

fn account_page(connection: &Connection, page: &AccountPage) -> rusqlite::Result<(Vec<Account>, usize)> {
    // Roles are a list in one column: names without commas, so a comma on both sides finds one whole.
    let meant = "organisation = ?1 and (?2 is null or instr(',' || roles || ',', ',' || ?2 || ',') > 0)";
    let (organisation, role) =
        (page.organisation.0.as_bytes(), page.role.map(hearken_core::account::Role::as_str));
    let total = connection
        .prepare_cached(&format!("select count(*) from accounts where {meant}"))?
        .query_row(params![organisation, role], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(&format!(
        "select {} from accounts where {meant} order by id limit ?3 offset ?4",
        rows::ACCOUNT
    ))?;
    let range = params![organisation, role, page.limit as i64, page.offset as i64];
    let accounts = statement.query_map(range, rows::account)?.collect::<Result<_, _>>()?;
    Ok((accounts, total))
}
