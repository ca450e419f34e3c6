//! Writing conversations, events and what belongs to them.

use std::collections::{BTreeMap, HashMap};

use hearken_core::ids::{ConversationId, Seq};
use hearken_core::store::{Batch, ConversationRow, EventRow, IndexChange};
use hearken_core::{Body, SlotSet, TimerChange};
use jiff::Timestamp;
use uuid::Uuid;

use super::link::{Ask, Value, values};
use super::rows::place;

const OPEN: &str = "insert into conversations (id, kind, organisation, key, status, priority, starts, ends, last_seq, \
    version, state_version, state) select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], \
    $6::int8[], $7::int8[], $8::int8[], $9::int8[], $10::int8[], $11::int4[], $12::bytea[])";
const CHANGE: &str = "update conversations c set status = w.status, priority = w.priority, starts = w.starts, \
    ends = w.ends, last_seq = greatest(c.last_seq, w.last_seq), version = w.version, \
    state_version = w.state_version, state = w.state, stamp = c.stamp + 1, \
    members_stamp = case when w.members then c.stamp + 1 else c.members_stamp end from unnest($1::uuid[], $2::text[], \
    $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int4[], $9::bytea[], $10::bool[]) \
    w(id, status, priority, starts, ends, last_seq, version, state_version, state, members) where c.id = w.id";
const MEMBERS: &str = "insert into members (conversation, account, slot, role, since, joined, left_at, read) \
    select * from unnest($1::uuid[], $2::uuid[], $3::int2[], $4::text[], $5::int8[], $6::int8[], $7::int8[], \
    $8::int8[]) on conflict (conversation, account) do update set slot = excluded.slot, role = excluded.role, \
    since = excluded.since, joined = excluded.joined, left_at = excluded.left_at, read = excluded.read";
const STAMP_ONE: &str =
    "update conversations set stamp = stamp + 1, last_seq = greatest(last_seq, $2) where id = $1";
const STAMP: &str = "update conversations c set stamp = c.stamp + 1, last_seq = greatest(c.last_seq, w.last_seq) \
    from unnest($1::uuid[], $2::int8[]) w(id, last_seq) where c.id = w.id";
const RECORD_ONE: &str = "insert into events (conversation, seq, at, author, origin, audience, version, body, \
    client_key, digest, pending) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const RECORD: &str = "insert into events (conversation, seq, at, author, origin, audience, version, body, client_key, \
    digest, pending) select * from unnest($1::uuid[], $2::int8[], $3::int8[], $4::uuid[], $5::uuid[], $6::text[], \
    $7::int4[], $8::bytea[], $9::text[], $10::int8[], $11::bytea[])";
const WAIT_ONE: &str = "update events set pending = $3, body = case when $4 then body end \
    where conversation = $1 and seq = $2";
const WAIT: &str = "update events e set pending = w.pending, body = case when w.kept then e.body end \
    from unnest($1::uuid[], $2::int8[], $3::bytea[], $4::bool[]) w(conversation, seq, pending, kept) \
    where e.conversation = w.conversation and e.seq = w.seq";
const INDEX: &str = "insert into index_rows (name, key, conversation, ordering, value) \
    select * from unnest($1::text[], $2::text[], $3::uuid[], $4::int8[], $5::text[]) \
    on conflict (name, key, conversation) do update set ordering = excluded.ordering, value = excluded.value";
const UNINDEX: &str = "delete from index_rows i using unnest($1::text[], $2::text[], $3::uuid[]) \
    w(name, key, conversation) where i.name = w.name and i.key = w.key and i.conversation = w.conversation";
const SET: &str = "insert into timers (conversation, key, due) select * from unnest($1::uuid[], $2::text[], \
    $3::int8[]) on conflict (conversation, key) do update set due = excluded.due";
const SET_ONCE: &str = "insert into timers (conversation, key, due) select * from unnest($1::uuid[], $2::text[], \
    $3::int8[]) on conflict (conversation, key) do nothing";
const CANCEL: &str = "delete from timers t using unnest($1::uuid[], $2::text[]) w(conversation, key) \
    where t.conversation = w.conversation and t.key = w.key";

/// A column of values, one for each of some things.
macro_rules! column {
    ($of:expr, $row:pat => $value:expr) => {
        $of.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

/// New conversations, in the order of their natural keys, and those whose own row has changed.
pub(super) fn conversations<'a>(batch: &'a Batch, lasts: &HashMap<ConversationId, Seq>) -> Vec<Ask<'a>> {
    let (mut new, changed): (Vec<_>, Vec<_>) = batch.conversations.iter().partition(|row| row.is_new);
    new.sort_by_key(|row| {
        let identity = &row.conversation.identity;
        (identity.organisation, identity.kind, identity.key.clone())
    });
    let mut asks = Vec::new();
    if !new.is_empty() {
        let identity = |row: &&'a ConversationRow| &row.conversation.identity;
        let mut values: Vec<Value<'a>> = values![
            column!(new, row => identity(row).id.0),
            column!(new, row => identity(row).kind),
            column!(new, row => identity(row).organisation.0),
            column!(new, row => row.conversation.identity.key.as_deref()),
        ];
        values.extend(own_row(&new, lasts));
        asks.push(Ask::new(OPEN, values));
    }
    if !changed.is_empty() {
        let mut values: Vec<Value<'a>> = values![column!(changed, row => row.conversation.identity.id.0)];
        values.extend(own_row(&changed, lasts));
        values.extend(values![column!(changed, row => row.members_changed)]);
        asks.push(Ask::new(CHANGE, values));
    }
    asks
}

/// What changes about conversations: status to state.
fn own_row<'a>(rows: &[&'a ConversationRow], lasts: &HashMap<ConversationId, Seq>) -> Vec<Value<'a>> {
    let header = |row: &&'a ConversationRow| &row.conversation.header;
    let last = |row: &&ConversationRow| {
        let recorded = lasts.get(&row.conversation.identity.id).copied().unwrap_or_default();
        place(recorded.max(row.conversation.header.last_seq))
    };
    values![
        column!(rows, row => &*header(row).status),
        column!(rows, row => header(row).priority),
        column!(rows, row => header(row).starts.map(Timestamp::as_millisecond)),
        column!(rows, row => header(row).ends.map(Timestamp::as_millisecond)),
        column!(rows, row => last(row)),
        column!(rows, row => place(header(row).version)),
        column!(rows, row => i32::from(row.conversation.state.version())),
        column!(rows, row => row.conversation.state.json()),
    ]
}

pub(super) fn members(batch: &Batch) -> Option<Ask<'_>> {
    let rows = batch.conversations.iter().filter(|row| row.members_changed);
    let of = |row: &'_ ConversationRow| row.conversation.identity.id.0;
    let members: Vec<_> =
        rows.flat_map(|row| row.conversation.members.iter().map(move |member| (of(row), member))).collect();
    if members.is_empty() {
        return None;
    }
    let values = values![
        column!(members, (id, _) => *id),
        column!(members, (_, member) => member.account.0),
        column!(members, (_, member) => i16::from(member.slot)),
        column!(members, (_, member) => member.role.as_str()),
        column!(members, (_, member) => member.since.as_millisecond()),
        column!(members, (_, member) => place(member.joined)),
        column!(members, (_, member) => member.left.map(place)),
        column!(members, (_, member) => place(member.read)),
    ];
    Some(Ask::new(MEMBERS, values))
}

/// Those that are touched but whose own row has not changed otherwise.
pub(super) fn stamps(batch: &Batch, lasts: &HashMap<ConversationId, Seq>) -> Option<Ask<'static>> {
    let written =
        |id: &ConversationId| batch.conversations.iter().any(|row| row.conversation.identity.id == *id);
    let touched: Vec<_> = batch.touched().into_iter().filter(|id| !written(id)).collect();
    let last = |id| place(lasts.get(id).copied().unwrap_or_default());
    match &touched[..] {
        [] => None,
        [id] => Some(Ask::new(STAMP_ONE, values![id.0, last(id)])),
        _ => Some(Ask::new(STAMP, values![column!(touched, id => id.0), column!(touched, id => last(id))])),
    }
}

/// An event's place, and who waits for it and whether its body stays.
type Waiting = BTreeMap<(ConversationId, Seq), (Option<SlotSet>, bool)>;

/// New events, as they are at the end of the batch.
pub(super) fn events<'a>(rows: &'a [EventRow], waiting: &mut Waiting) -> Option<Ask<'a>> {
    let mut ends = Vec::with_capacity(rows.len());
    for row in rows {
        let end = waiting.remove(&(row.event.conversation.id, row.event.seq));
        let (pending, kept) = end.unwrap_or((row.pending, row.kept));
        ends.push((&*row.event, row, pending.map(SlotSet::to_bytes), kept && row.kept));
    }
    // Plain data always encodes; were it not so, nobody would be meant rather than everybody.
    let audience = |row: &EventRow| {
        let audience = &row.event.audience;
        (!audience.is_everyone()).then(|| serde_json::to_string(audience).unwrap_or_default())
    };
    let body = |row: &'a EventRow, kept: bool| row.event.body.as_ref().filter(|_| kept).map(Body::json);
    let version = |row: &EventRow| row.event.body.as_ref().map_or(0, |body| i32::from(body.version()));
    match &mut ends[..] {
        [] => None,
        [(event, row, pending, kept)] => Some(Ask::new(
            RECORD_ONE,
            values![
                event.conversation.id.0,
                place(event.seq),
                event.at.as_millisecond(),
                event.author.map(|author| author.0),
                event.origin.map(|origin| origin.0),
                audience(row),
                version(row),
                body(row, *kept),
                row.key.as_deref(),
                row.digest,
                pending.take(),
            ],
        )),
        _ => Some(Ask::new(
            RECORD,
            values![
                column!(ends, (event, ..) => event.conversation.id.0),
                column!(ends, (event, ..) => place(event.seq)),
                column!(ends, (event, ..) => event.at.as_millisecond()),
                column!(ends, (event, ..) => event.author.map(|author| author.0)),
                column!(ends, (event, ..) => event.origin.map(|origin| origin.0)),
                column!(ends, (_, row, ..) => audience(row)),
                column!(ends, (_, row, ..) => version(row)),
                column!(ends, (_, row, _, kept) => body(row, *kept)),
                column!(ends, (_, row, ..) => row.key.as_deref()),
                column!(ends, (_, row, ..) => row.digest),
                ends.into_iter().map(|(_, _, pending, _)| pending).collect::<Vec<_>>(),
            ],
        )),
    }
}

/// Who waits for events that were there before.
pub(super) fn waiting(waiting: &Waiting) -> Option<Ask<'static>> {
    let changes: Vec<_> = waiting.iter().collect();
    let set = |pending: &Option<SlotSet>| pending.map(SlotSet::to_bytes);
    match changes[..] {
        [] => None,
        [((id, seq), (pending, kept))] => {
            Some(Ask::new(WAIT_ONE, values![id.0, place(*seq), set(pending), *kept]))
        }
        _ => Some(Ask::new(
            WAIT,
            values![
                column!(changes, ((id, _), _) => id.0),
                column!(changes, ((_, seq), _) => place(*seq)),
                column!(changes, (_, (pending, _)) => set(pending)),
                column!(changes, (_, (_, kept)) => *kept),
            ],
        )),
    }
}

/// Index, key, conversation.
type RowName<'a> = (&'a str, &'a str, Uuid);

/// Index rows as they are in the end.
pub(super) fn index(changes: &[IndexChange]) -> Vec<Ask<'_>> {
    let mut ends: BTreeMap<RowName<'_>, Option<(i64, &str)>> = BTreeMap::new();
    for change in changes {
        match change {
            IndexChange::Put(entry) => {
                let name = (&*entry.index, entry.key.as_str(), entry.conversation.0);
                ends.insert(name, Some((entry.order, &entry.value)));
            }
            IndexChange::Remove { index, key, conversation } => {
                ends.insert((index, key, conversation.0), None);
            }
        }
    }
    let put: Vec<_> = ends.iter().filter_map(|(name, row)| Some((*name, (*row)?))).collect();
    let gone: Vec<_> = ends.iter().filter(|(_, row)| row.is_none()).map(|(name, _)| *name).collect();
    let mut asks = Vec::new();
    if !gone.is_empty() {
        let values = values![
            column!(gone, (index, ..) => *index),
            column!(gone, (_, key, _) => *key),
            column!(gone, (.., id) => *id),
        ];
        asks.push(Ask::new(UNINDEX, values));
    }
    if !put.is_empty() {
        let values = values![
            column!(put, ((index, ..), _) => *index),
            column!(put, ((_, key, _), _) => *key),
            column!(put, ((.., id), _) => *id),
            column!(put, (_, (order, _)) => *order),
            column!(put, (_, (_, value)) => *value),
        ];
        asks.push(Ask::new(INDEX, values));
    }
    asks
}

/// What becomes of a timer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Set(i64),
    SetOnce(i64),
    Gone,
}

/// Timers as they are in the end.
pub(super) fn timers(changes: &[(ConversationId, TimerChange)]) -> Vec<Ask<'_>> {
    let mut ends: BTreeMap<(Uuid, &str), End> = BTreeMap::new();
    for (id, change) in changes {
        let (key, end) = match change {
            TimerChange::Set { key, due } => (key, End::Set(due.as_millisecond())),
            TimerChange::SetOnce { key, due } => (key, End::SetOnce(due.as_millisecond())),
            TimerChange::Cancel { key } => (key, End::Gone),
        };
        let name = (id.0, key.as_str());
        let end = match (ends.get(&name), end) {
            (Some(earlier @ (End::Set(_) | End::SetOnce(_))), End::SetOnce(_)) => *earlier,
            (Some(End::Gone), End::SetOnce(due)) => End::Set(due),
            (_, end) => end,
        };
        ends.insert(name, end);
    }
    let such = |of: fn(End) -> Option<i64>| {
        let due: Vec<_> = ends.iter().filter_map(|(name, end)| Some((*name, of(*end)?))).collect();
        due
    };
    let set = such(|end| if let End::Set(due) = end { Some(due) } else { None });
    let once = such(|end| if let End::SetOnce(due) = end { Some(due) } else { None });
    let gone = such(|end| (end == End::Gone).then_some(0));
    let mut asks = Vec::new();
    for (sql, timers) in [(SET, set), (SET_ONCE, once)] {
        if !timers.is_empty() {
            let values = values![
                column!(timers, ((id, _), _) => *id),
                column!(timers, ((_, key), _) => *key),
                column!(timers, (_, due) => *due),
            ];
            asks.push(Ask::new(sql, values));
        }
    }
    if !gone.is_empty() {
        let values = values![column!(gone, ((id, _), _) => *id), column!(gone, ((_, key), _) => *key)];
        asks.push(Ask::new(CANCEL, values));
    }
    asks
}
