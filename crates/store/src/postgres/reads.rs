//! The read side: each read is one statement, and so of one moment.

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
use hearken_core::words::names_one_of;
use hearken_core::{Conversation, KeptNotice, Notice, Registry, Target};
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Failure;
use super::ledger::PostgresLedger;
use super::link::{Ask, values};
use super::rows::{self, limit, place};
use super::{PostgresStore, check, notices, people, records, timers};

const EVENTS: &str = concat!(
    "select ",
    rows::event_columns!(),
    " from events e where e.conversation = $1 and e.seq > $2 and e.seq <= $3 order by e.seq limit $4"
);
const INBOX: &str = "select m.conversation, m.slot, greatest(m.floor, m.joined), c.last_seq from members m \
    join conversations c on c.id = m.conversation where m.account = $1 and m.left_at is null and c.kind = any($2) \
    and c.last_seq > greatest(m.floor, m.joined)";
const WAITING: &str = "select w.at, e.arrival, e.seq from unnest($1::int4[], $2::uuid[], $3::int4[], $4::int8[], \
    $5::int8[]) w(at, conversation, slot, floor, last), lateral (select e.arrival, e.seq from events e \
    where e.conversation = w.conversation and e.seq > w.floor and e.seq <= w.last and case when \
    octet_length(e.pending) > w.slot / 8 then get_bit(e.pending, w.slot) = 1 else false end \
    order by e.seq limit $6) e order by w.at, e.seq";
const WAITING_EVENTS: &str = concat!(
    "select w.at, e.conversation, ",
    rows::event_columns!(),
    " from unnest($1::int4[], $2::uuid[], $3::int8[]) w(at, conversation, seq) join events e \
     on e.conversation = w.conversation and e.seq = w.seq where e.body is not null order by w.at"
);
const WAITING_CONVERSATIONS: &str = "select c.id from conversations c where c.id > $1 and c.kind = any($2) \
    and exists (select 1 from events e where e.conversation = c.id and e.pending <> '') order by c.id limit $3";

macro_rules! find {
    ($direction:literal) => {
        concat!(
            "select conversation, ordering, value from index_rows where name = $1 and key = $2 and ordering >= $3 \
             and ordering <= $4 order by ordering ",
            $direction,
            ", conversation ",
            $direction,
            " limit $5 offset $6"
        )
    };
}

const COUNT_INDEX_ROWS: &str = "select count(*) from index_rows where name = $1 and key = $2 and ordering >= $3 \
    and ordering <= $4";

impl PostgresStore {
    async fn index_rows(&self, find: &Find, skip: u64) -> Result<Vec<IndexEntry>, StoreError> {
        let sql = if find.descending { find!("desc") } else { find!("asc") };
        let skip = i64::try_from(skip).unwrap_or(i64::MAX);
        let ask = || {
            let values =
                values![&*find.index, find.key.as_str(), find.from, find.to, limit(find.limit), skip,];
            Ask::new(sql, values)
        };
        let entry = |row: Row| {
            let (index, key) = (find.index.clone(), find.key.clone());
            Ok(IndexEntry { index, key, conversation: id_of(&row), order: row.get(1), value: row.get(2) })
        };
        self.rows(ask, entry).await
    }

    /// Asks one thing, and makes something of each row.
    pub(super) async fn rows<'a, T>(
        &'a self,
        ask: impl Fn() -> Ask<'a>,
        each: impl FnMut(Row) -> Result<T, Failure>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.readers.ask(ask).await?;
        Ok(rows.into_iter().map(each).collect::<Result<_, _>>()?)
    }

    async fn whole(&self, registry: &Registry, ids: &[Uuid]) -> Result<Vec<Conversation>, StoreError> {
        let ask = || Ask::new(rows::whole!("where c.id = any($1)"), values![ids]);
        let found =
            self.rows(ask, |row| Ok(rows::conversation(&row, |stored| registry.name(stored)))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn events_that_wait(
        &self,
        registry: &Registry,
        wanted: &[(ConversationId, Seq)],
    ) -> Result<Vec<Waiting>, StoreError> {
        let mut ids: Vec<Uuid> = wanted.iter().map(|(id, _)| id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let conversations = self.whole(registry, &ids).await?;
        let conversations: HashMap<Uuid, _> = conversations
            .into_iter()
            .map(|conversation| (conversation.identity.id.0, conversation))
            .collect();
        let ask = || {
            let at: Vec<i32> = (0..wanted.len() as i32).collect();
            let ids: Vec<Uuid> = wanted.iter().map(|(id, _)| id.0).collect();
            let places: Vec<i64> = wanted.iter().map(|(_, seq)| place(*seq)).collect();
            Ask::new(WAITING_EVENTS, values![at, ids, places])
        };
        let found = self.rows(ask, |row| {
            let Some(conversation) = conversations.get(&row.get::<_, Uuid>(1)) else { return Ok(None) };
            let StoredEvent { event, pending } = rows::event(&row, 2, &conversation.identity)?;
            let slots = rows::slots(&conversation.members);
            let waits_for = pending.unwrap_or_default().iter().filter_map(|slot| slots.get(&slot).copied());
            let waits_for = waits_for.collect();
            Ok(event.body.is_some().then_some(Waiting { event, waits_for }))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn places_that_wait(
        &self,
        places: &[InboxPlace],
        most: usize,
    ) -> Result<Vec<Vec<WaitingEvent>>, StoreError> {
        let mut waiting: Vec<Vec<WaitingEvent>> = places.iter().map(|_| Vec::new()).collect();
        if places.is_empty() {
            return Ok(waiting);
        }
        let ask = || {
            let at: Vec<i32> = (0..places.len() as i32).collect();
            let ids: Vec<Uuid> = places.iter().map(|place| place.conversation.0).collect();
            let slots: Vec<i32> = places.iter().map(|place| i32::from(place.slot)).collect();
            let floors: Vec<i64> = places.iter().map(|waits| place(waits.floor)).collect();
            let lasts: Vec<i64> = places.iter().map(|waits| place(waits.last)).collect();
            Ask::new(WAITING, values![at, ids, slots, floors, lasts, limit(most)])
        };
        let found = self.rows(ask, |row| {
            let event = WaitingEvent { arrival: row.get(1), seq: row.get::<_, i64>(2) as Seq };
            Ok((row.get::<_, i32>(0) as usize, event))
        });
        for (at, event) in found.await? {
            waiting[at].push(event);
        }
        Ok(waiting)
    }
}

fn id_of(row: &Row) -> ConversationId {
    ConversationId(row.get(0))
}

fn after(id: Option<ConversationId>) -> Uuid {
    id.map_or_else(Uuid::nil, |id| id.0)
}

impl Store for PostgresStore {
    fn ledger(&self, registry: &Registry) -> Result<Box<dyn Ledger>, StoreError> {
        Ok(Box::new(PostgresLedger::new(Arc::clone(&self.dialler), registry.clone())))
    }

    fn ledgers(&self) -> usize {
        self.settings.ledgers.max(1)
    }

    fn conversation<'a>(
        &'a self,
        registry: &'a Registry,
        target: &'a Target,
    ) -> StoreFuture<'a, Option<Conversation>> {
        let ask = || match target {
            Target::Id(id) => Ask::new(rows::whole!("where c.id = $1"), values![id.0]),
            Target::Key { kind, organisation, key } => Ask::new(
                rows::whole!("where c.organisation = $1 and c.kind = $2 and c.key = $3"),
                values![organisation.0, *kind, &**key],
            ),
        };
        Box::pin(async move {
            let found =
                self.rows(ask, |row| Ok(rows::conversation(&row, |stored| registry.name(stored)))).await?;
            Ok(found.into_iter().flatten().next())
        })
    }

    fn conversations_of<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        from: Option<ConversationId>,
        most: usize,
    ) -> StoreFuture<'a, Vec<Conversation>> {
        Box::pin(async move {
            let ask = || {
                Ask::new(
                    rows::whole!(
                        "where c.id in (select p.conversation from members p where p.account = $1 and p.left_at is null) \
                         and c.id > $2 and c.kind = any($3) order by c.id limit $4"
                    ),
                    values![account.0, after(from), kinds, limit(most)],
                )
            };
            let known = |stored: &str| kinds.iter().find(|kind| **kind == stored).copied();
            let found = self.rows(ask, |row| Ok(rows::conversation(&row, known))).await?;
            Ok(found.into_iter().flatten().collect())
        })
    }

    fn waiting_conversations<'a>(
        &'a self,
        kinds: &'a [&'static str],
        from: Option<ConversationId>,
        most: usize,
    ) -> StoreFuture<'a, Vec<ConversationId>> {
        let ask = move || Ask::new(WAITING_CONVERSATIONS, values![after(from), kinds, limit(most)]);
        self.rows(ask, |row| Ok(id_of(&row))).boxed()
    }

    fn events<'a>(
        &'a self,
        conversation: &'a Conversation,
        after: Seq,
        upto: Seq,
        most: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        let identity = &conversation.identity;
        let ask = move || Ask::new(EVENTS, values![identity.id.0, place(after), place(upto), limit(most)]);
        self.rows(ask, |row| rows::event(&row, 0, identity)).boxed()
    }

    fn inbox<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
    ) -> StoreFuture<'a, Vec<InboxPlace>> {
        let ask = move || Ask::new(INBOX, values![account.0, kinds]);
        let place = |row: Row| {
            Ok(InboxPlace {
                conversation: id_of(&row),
                slot: row.get::<_, i16>(1) as u8,
                floor: row.get::<_, i64>(2) as Seq,
                last: row.get::<_, i64>(3) as Seq,
            })
        };
        self.rows(ask, place).boxed()
    }

    fn waiting<'a>(
        &'a self,
        places: &'a [InboxPlace],
        most: usize,
    ) -> StoreFuture<'a, Vec<Vec<WaitingEvent>>> {
        self.places_that_wait(places, most).boxed()
    }

    fn waiting_events<'a>(
        &'a self,
        registry: &'a Registry,
        wanted: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, Vec<Waiting>> {
        self.events_that_wait(registry, wanted).boxed()
    }

    fn notices<'a>(
        &'a self,
        account: AccountId,
        kinds: &'a [&'static str],
        after: u64,
        most: usize,
    ) -> StoreFuture<'a, Vec<KeptNotice>> {
        Box::pin(async move {
            let ask = || notices::read(account, kinds, after, most);
            let kept = self.rows(ask, |row| Ok(notices::notice(&row, account, kinds))).await?;
            Ok(kept.into_iter().flatten().collect())
        })
    }

    fn notices_since<'a>(
        &'a self,
        registry: &'a Registry,
        after: NoticeId,
        most: usize,
    ) -> StoreFuture<'a, Vec<Arc<Notice>>> {
        self.notices_after(registry, after, most)
    }

    fn last_arrival(&self) -> StoreFuture<'_, i64> {
        self.highest_arrival()
    }

    fn grown(&self, arrived: i64, after: Option<ConversationId>, most: usize) -> StoreFuture<'_, Vec<Grown>> {
        self.grown_since(arrived, after, most)
    }

    fn arrived<'a>(
        &'a self,
        conversation: &'a Conversation,
        arrived: i64,
        upto: Seq,
        most: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        self.arrived_since(conversation, arrived, upto, most)
    }

    fn find<'a>(&'a self, find: &'a Find) -> StoreFuture<'a, Vec<IndexEntry>> {
        self.index_rows(find, 0).boxed()
    }

    fn find_page<'a>(&'a self, find: &'a Find, skip: u64) -> StoreFuture<'a, (Vec<IndexEntry>, u64)> {
        Box::pin(async move {
            let range = || values![&*find.index, find.key.as_str(), find.from, find.to];
            let count = self.readers.ask(|| Ask::new(COUNT_INDEX_ROWS, range())).await?;
            let total = count.first().map_or(0, |row| row.get::<_, i64>(0) as u64);
            Ok((self.index_rows(find, skip).await?, total))
        })
    }

    fn account<'a>(&'a self, which: &'a AccountRef) -> StoreFuture<'a, Option<Account>> {
        Box::pin(async move {
            let mut found = self.rows(|| people::find(which), |row| rows::account(&row)).await?;
            Ok(found.pop())
        })
    }

    fn accounts(&self, after: Option<AccountId>, most: usize) -> StoreFuture<'_, Vec<Account>> {
        let after = after.map_or_else(Uuid::nil, |id| id.0);
        let ask = move || {
            Ask::new(
                rows::select_accounts!("where id > $1 order by id limit $2"),
                values![after, limit(most)],
            )
        };
        self.rows(ask, |row| rows::account(&row)).boxed()
    }

    fn accounts_among<'a>(&'a self, ids: &'a [AccountId]) -> StoreFuture<'a, Vec<Account>> {
        self.accounts_of(ids)
    }

    fn account_page<'a>(&'a self, page: &'a AccountPage) -> StoreFuture<'a, (Vec<Account>, usize)> {
        Box::pin(async move {
            let count = self.readers.ask(|| people::count(page.organisation, page.role)).await?;
            let total = count.first().map_or(0, |row| row.get::<_, i64>(0) as usize);
            Ok((self.rows(|| people::page(page), |row| rows::account(&row)).await?, total))
        })
    }

    fn record<'a>(&'a self, name: &'a RecordName) -> StoreFuture<'a, Option<KeptRecord>> {
        Box::pin(async move {
            let mut found = self.rows(|| records::find(name), |row| Ok(records::record(&row))).await?;
            Ok(found.pop())
        })
    }

    fn records_of<'a>(
        &'a self,
        account: AccountId,
        after: Option<&'a RecordName>,
        most: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>> {
        self.rows(move || records::of(account, after, most), |row| Ok(records::record(&row))).boxed()
    }

    fn records_in<'a>(
        &'a self,
        space: &'a str,
        after: Option<&'a str>,
        most: usize,
    ) -> StoreFuture<'a, Vec<KeptRecord>> {
        self.rows(move || records::within(space, after, most), |row| Ok(records::record(&row))).boxed()
    }

    fn organisations(&self) -> StoreFuture<'_, Vec<Organisation>> {
        let ask = || Ask::plain("select id, name from organisations order by id");
        self.rows(ask, |row| Ok(Organisation { id: OrganisationId(row.get(0)), name: row.get(1) })).boxed()
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        let ask = || Ask::plain("select id, pkcs8, created_at from signing_keys order by created_at, id");
        let key = |row: Row| {
            Ok(SigningKey { id: row.get(0), pkcs8: row.get(1), created_at: from_millis(row.get(2)) })
        };
        self.rows(ask, key).boxed()
    }

    fn places_of(
        &self,
        account: AccountId,
        from: Option<ConversationId>,
        most: usize,
    ) -> StoreFuture<'_, Vec<ConversationId>> {
        const PLACES: &str = "select conversation from members where account = $1 and conversation > $2 \
            order by conversation limit $3";
        let ask = move || Ask::new(PLACES, values![account.0, after(from), limit(most)]);
        self.rows(ask, |row| Ok(id_of(&row))).boxed()
    }

    fn traces_of(&self, account: AccountId, most: usize) -> StoreFuture<'_, Vec<ConversationId>> {
        const TRACES: &str = "select distinct conversation from events \
            where author = $1 or position($2::text in audience) > 0 limit $3";
        Box::pin(async move {
            let link = self.readers.upkeep().await?;
            let ask = Ask::new(TRACES, values![account.0, account.to_string(), limit(most)]);
            Ok(link.ask(ask).await?.iter().map(id_of).collect())
        })
    }

    fn records_naming<'a>(&'a self, words: &'a [String]) -> StoreFuture<'a, Vec<RecordName>> {
        const RECORDS: &str = "select space, key, value from records where (space, key) > ($1, $2) \
            order by space, key limit 5000";
        Box::pin(async move {
            let link = self.readers.upkeep().await?;
            let (mut names, mut after) = (Vec::new(), (String::new(), String::new()));
            loop {
                let found = link.ask(Ask::new(RECORDS, values![after.0.as_str(), after.1.as_str()])).await?;
                let Some(last) = found.last() else { return Ok(names) };
                after = (last.get(0), last.get(1));
                let meant = |row: &&Row| {
                    names_one_of(row.get::<_, &str>(1).as_bytes(), words) || names_one_of(row.get(2), words)
                };
                names.extend(
                    found.iter().filter(meant).map(|row| RecordName {
                        space: std::borrow::Cow::Owned(row.get(0)),
                        key: row.get(1),
                    }),
                );
            }
        })
    }

    /// What is removed is out of reach.
    fn residue(&self, _: u64) -> StoreFuture<'_, Residue> {
        Box::pin(std::future::ready(Ok(Residue::default())))
    }

    fn timers<'a>(
        &'a self,
        registry: &'a Registry,
        slices: &'a Slices,
        most: usize,
    ) -> StoreFuture<'a, Vec<DueTimer>> {
        Box::pin(timers::next(&self.readers, registry, slices, most))
    }

    fn check<'a>(&'a self, registry: &'a Registry) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move { Ok(check::run(&self.readers.upkeep().await?, registry).await?) })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move { Ok(self.readers.ask(|| Ask::plain("select 1")).await.map(drop)?) })
    }
}
