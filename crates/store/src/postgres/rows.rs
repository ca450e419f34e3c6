//! Between rows and the core's types.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use hearken_core::account::{Account, Phone, Role};
use hearken_core::clock::from_millis;
use hearken_core::event::{Audience, Event, Logged, Memo};
use hearken_core::ids::{AccountId, ConversationId, OrganisationId, Seq, SignInId};
use hearken_core::store::StoredEvent;
use hearken_core::{Body, Conversation, Header, Identity, Member, SlotSet};
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::{Failure, unreadable};

/// A place in a log as the server takes it. Outsiders name places, and no log reaches the highest that it knows.
pub(super) fn place(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// How many, as the server takes it.
pub(super) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The columns that `own` reads, of conversations `c`, with this for their state.
macro_rules! own_columns {
    ($state:literal) => {
        concat!(
            "c.id, c.kind, c.organisation, c.key, c.status, c.priority, c.starts, c.ends, c.version, c.state_version, ",
            $state,
            ", c.last_seq, c.stamp"
        )
    };
}
pub(super) use own_columns;

/// The columns that `conversation` reads, of conversations `c` with their members: one statement, so that both are of
/// one moment.
macro_rules! whole {
    ($condition:literal) => {
        concat!(
            "select ",
            $crate::postgres::rows::own_columns!("c.state"),
            ", m.account, m.slot, m.role, m.since, m.joined, m.left_at, \
             m.read from conversations c left join lateral (select array_agg(account) account, array_agg(slot) slot, \
             array_agg(role) role, array_agg(since) since, array_agg(joined) joined, array_agg(left_at) left_at, \
             array_agg(read) read from members where conversation = c.id) m on true ",
            $condition
        )
    };
}
pub(super) use whole;

/// Reads a conversation with its members; `None` when its kind is not known here.
pub(super) fn conversation(row: &Row, known: impl Fn(&str) -> Option<&'static str>) -> Option<Conversation> {
    let members = members(row).into();
    own(row, known).map(|own| Conversation { members, ..own })
}

/// Reads a conversation's own row, without its members; `None` when its kind is not known here.
pub(super) fn own(row: &Row, known: impl Fn(&str) -> Option<&'static str>) -> Option<Conversation> {
    let kind = known(row.get(1))?;
    let identity = Identity {
        id: ConversationId(row.get(0)),
        kind,
        organisation: OrganisationId(row.get(2)),
        key: row.get::<_, Option<&str>>(3).map(Arc::from),
    };
    let header = Header {
        status: Cow::Owned(row.get(4)),
        priority: row.get(5),
        starts: row.get::<_, Option<i64>>(6).map(from_millis),
        ends: row.get::<_, Option<i64>>(7).map(from_millis),
        last_seq: row.get::<_, i64>(11) as Seq,
        version: row.get::<_, i64>(8) as u64,
    };
    let state = Body::stored(row.get::<_, i32>(9) as u16, row.get(10));
    Some(Conversation { identity: Arc::new(identity), header, members: Arc::new([]), state })
}

fn members(row: &Row) -> Vec<Member> {
    let Some(accounts) = row.get::<_, Option<Vec<Uuid>>>(13) else { return Vec::new() };
    let (slots, roles): (Vec<i16>, Vec<String>) = (row.get(14), row.get(15));
    let (since, joined): (Vec<i64>, Vec<i64>) = (row.get(16), row.get(17));
    let (left, read): (Vec<Option<i64>>, Vec<i64>) = (row.get(18), row.get(19));
    let member = |(at, role): (usize, String)| Member {
        account: AccountId(accounts[at]),
        slot: slots[at] as u8,
        role,
        since: from_millis(since[at]),
        joined: joined[at] as Seq,
        left: left[at].map(|left| left as Seq),
        read: read[at] as Seq,
    };
    roles.into_iter().enumerate().map(member).collect()
}

/// Slots that have left the pending set of an event `e` and are yet to be taken out of it.
macro_rules! stale {
    () => {
        "case when e.pending <> '' and exists (select 1 from clearings) then (select array_agg(x.slot) \
         from clearings x where x.conversation = e.conversation and x.upto >= e.seq) end"
    };
}
pub(super) use stale;

/// The columns that `logged` reads, of events `e`.
macro_rules! logged_columns {
    () => {
        concat!(
            "e.seq, e.at, e.author, e.client_key, e.digest, e.pending, e.body is not null, ",
            $crate::postgres::rows::stale!()
        )
    };
}
pub(super) use logged_columns;

/// Reads what the log keeps of an event, from a column on.
pub(super) fn logged(row: &Row, from: usize) -> Result<Logged, Failure> {
    let (pending, emptied) = pending(row, from + 5, from + 7)?;
    Ok(Logged {
        seq: row.get::<_, i64>(from) as Seq,
        at: from_millis(row.get(from + 1)),
        author: row.get::<_, Option<Uuid>>(from + 2).map(AccountId),
        key: row.get::<_, Option<String>>(from + 3).map(String::into_boxed_str),
        digest: row.get(from + 4),
        pending,
        kept: row.get::<_, bool>(from + 6) && !emptied,
    })
}

/// Reads a pending set without those who have left it; says whether they were all.
fn pending(row: &Row, set: usize, stale: usize) -> Result<(Option<SlotSet>, bool), Failure> {
    let Some(bytes) = row.get::<_, Option<&[u8]>>(set) else { return Ok((None, false)) };
    let mut pending =
        SlotSet::from_bytes(bytes).ok_or_else(|| unreadable("a pending set wider than is known"))?;
    let Some(stale) = row.get::<_, Option<Vec<i16>>>(stale) else { return Ok((Some(pending), false)) };
    for slot in stale {
        pending.remove(slot as u8);
    }
    Ok((Some(pending), pending.is_empty()))
}

/// The columns that `event` reads, of events `e`.
macro_rules! event_columns {
    () => {
        concat!(
            "e.seq, e.at, e.author, e.origin, e.audience, e.version, e.body, e.pending, ",
            $crate::postgres::rows::stale!()
        )
    };
}
pub(super) use event_columns;

/// Reads an event, from a column on.
pub(super) fn event(row: &Row, from: usize, identity: &Arc<Identity>) -> Result<StoredEvent, Failure> {
    let audience = match row.get::<_, Option<&str>>(from + 4) {
        Some(json) => Audience::kept(json.as_bytes()),
        None => Audience::members(),
    };
    let (pending, emptied) = pending(row, from + 7, from + 8)?;
    let version = row.get::<_, i32>(from + 5) as u16;
    let body = row.get::<_, Option<Vec<u8>>>(from + 6).filter(|_| !emptied);
    let event = Event {
        conversation: Arc::clone(identity),
        seq: row.get::<_, i64>(from) as Seq,
        at: from_millis(row.get(from + 1)),
        author: row.get::<_, Option<Uuid>>(from + 2).map(AccountId),
        origin: row.get::<_, Option<Uuid>>(from + 3).map(SignInId),
        audience,
        body: body.map(|json| Body::stored(version, json)),
        memo: Memo::default(),
    };
    Ok(StoredEvent { event: Arc::new(event), pending })
}

/// Who holds which slot now.
pub(super) fn slots(members: &[Member]) -> HashMap<u8, AccountId> {
    members.iter().filter(|member| member.is_in()).map(|member| (member.slot, member.account)).collect()
}

/// Reads what `account` reads, of accounts.
macro_rules! select_accounts {
    ($condition:literal) => {
        concat!(
            "select id, organisation, name, last_name, display_name, coalesce(email, contact_email), phone, roles, \
             disabled, created_at, updated_at, guest from accounts ",
            $condition
        )
    };
}
pub(super) use select_accounts;

pub(super) fn account(row: &Row) -> Result<Account, Failure> {
    let phone: Option<String> = row.get(6);
    let roles = row.get::<_, &str>(7).split(',').filter(|role| !role.is_empty());
    // A role that only a newer version knows gives nothing here.
    let roles: Vec<Role> = roles.filter_map(|role| role.parse().ok()).collect();
    Ok(Account {
        id: AccountId(row.get(0)),
        organisation_id: OrganisationId(row.get(1)),
        name: row.get(2),
        last_name: row.get(3),
        display_name: row.get(4),
        email: row.get(5),
        phone: phone.map(Phone::try_from).transpose().map_err(|_| unreadable("a phone that is no number"))?,
        roles,
        guest: row.get(11),
        disabled: row.get(8),
        created_at: from_millis(row.get(9)),
        updated_at: from_millis(row.get(10)),
    })
}
