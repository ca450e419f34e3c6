//! Between rows and the core's types.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use hearken_core::account::{Account, Phone, Role};
use hearken_core::clock::from_millis;
use hearken_core::event::{Audience, Event, Logged, Memo};
use hearken_core::ids::{AccountId, ConversationId, OrganisationId, Seq, SignInId};
use hearken_core::store::StoredEvent;
use hearken_core::{Body, Conversation, Header, Identity, Member, Registry, SlotSet, Target};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

/// Reads a column that holds a 16-byte identifier.
pub(super) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get::<_, [u8; 16]>(column).map(Uuid::from_bytes)
}

/// A place in a log as SQLite takes it. Outsiders name places, and no log reaches the highest that SQLite knows.
pub(super) fn place(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) fn optional_uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Uuid>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(Uuid::from_bytes))
}

/// An error for a column that holds what this version can't read.
fn unreadable(column: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, FromSqlError::Other(what.into()).into())
}

const CONVERSATION: &str = "id, kind, organisation, key, status, priority, starts, ends, version, state_version, \
    state, max(last_seq, coalesce((select max(seq) from events where conversation = id), 0))";

/// Reads a conversation with its members; `None` when it is not there, or of a kind that is not known here.
pub(super) fn conversation(
    connection: &Connection,
    registry: &Registry,
    target: &Target,
) -> rusqlite::Result<Option<Conversation>> {
    let read = |row: &Row<'_>| conversation_row(row, registry.name(row.get_ref(1)?.as_str()?));
    let found = match target {
        Target::Id(id) => connection
            .prepare_cached(&format!("select {CONVERSATION} from conversations where id = ?1"))?
            .query_row([id.0.as_bytes()], read)
            .optional()?,
        Target::Key { kind, organisation, key } => connection
            .prepare_cached(&format!(
                "select {CONVERSATION} from conversations where organisation = ?1 and kind = ?2 and key = ?3"
            ))?
            .query_row(params![organisation.0.as_bytes(), kind, key], read)
            .optional()?,
    };
    let Some(mut conversation) = found.flatten() else { return Ok(None) };
    conversation.members = members(connection, conversation.identity.id)?.into();
    Ok(Some(conversation))
}

/// The identifier that a natural key leads to.
pub(super) fn id_of_key(
    connection: &Connection,
    kind: &str,
    organisation: OrganisationId,
    key: &str,
) -> rusqlite::Result<Option<ConversationId>> {
    connection
        .prepare_cached("select id from conversations where organisation = ?1 and kind = ?2 and key = ?3")?
        .query_row(params![organisation.0.as_bytes(), kind, key], |row| uuid(row, 0).map(ConversationId))
        .optional()
}

/// Reads those of these kinds that somebody is in, with their members.
pub(super) fn conversations_of(
    connection: &Connection,
    account: AccountId,
    kinds: &[&'static str],
    after: Option<ConversationId>,
    limit: usize,
) -> rusqlite::Result<Vec<Conversation>> {
    let mut statement = connection.prepare_cached(&format!(
        "select {CONVERSATION} from members m join conversations on id = m.conversation \
         where m.account = ?1 and m.conversation > ?2 and m.left_at is null order by m.conversation"
    ))?;
    let after = after.map_or_else(Vec::new, |id| id.0.as_bytes().to_vec());
    let mut found = statement.query(params![account.0.as_bytes(), after])?;
    let mut conversations = Vec::new();
    while conversations.len() < limit
        && let Some(row) = found.next()?
    {
        let name = row.get_ref(1)?.as_str()?;
        let kind = kinds.iter().find(|kind| **kind == name);
        if let Some(mut conversation) = conversation_row(row, kind.copied())? {
            conversation.members = members(connection, conversation.identity.id)?.into();
            conversations.push(conversation);
        }
    }
    Ok(conversations)
}

/// Reads the row of a conversation, if its kind is known.
fn conversation_row(row: &Row<'_>, kind: Option<&'static str>) -> rusqlite::Result<Option<Conversation>> {
    let Some(kind) = kind else { return Ok(None) };
    let identity = Identity {
        id: ConversationId(uuid(row, 0)?),
        kind,
        organisation: OrganisationId(uuid(row, 2)?),
        key: row.get::<_, Option<String>>(3)?.map(Arc::from),
    };
    let header = Header {
        status: Cow::Owned(row.get(4)?),
        priority: row.get(5)?,
        starts: row.get::<_, Option<i64>>(6)?.map(from_millis),
        ends: row.get::<_, Option<i64>>(7)?.map(from_millis),
        last_seq: row.get(11)?,
        version: row.get(8)?,
    };
    let state = Body::stored(row.get(9)?, row.get(10)?);
    Ok(Some(Conversation { identity: Arc::new(identity), header, members: Arc::new([]), state }))
}

pub(super) fn members(connection: &Connection, id: ConversationId) -> rusqlite::Result<Vec<Member>> {
    let mut statement = connection.prepare_cached(
        "select account, slot, role, since, joined, left_at, read from members where conversation = ?1",
    )?;
    let rows = statement.query_map([id.0.as_bytes()], |row| {
        Ok(Member {
            account: AccountId(uuid(row, 0)?),
            slot: row.get(1)?,
            role: row.get(2)?,
            since: from_millis(row.get(3)?),
            joined: row.get(4)?,
            left: row.get(5)?,
            read: row.get(6)?,
        })
    })?;
    rows.collect()
}

/// The columns that `logged` reads.
pub(super) const LOGGED: &str = "seq, at, author, client_key, digest, pending, body is not null";

pub(super) fn logged(row: &Row<'_>) -> rusqlite::Result<Logged> {
    Ok(Logged {
        seq: row.get(0)?,
        at: from_millis(row.get(1)?),
        author: optional_uuid(row, 2)?.map(AccountId),
        key: row.get::<_, Option<String>>(3)?.map(String::into_boxed_str),
        digest: row.get(4)?,
        pending: pending(row, 5)?,
        kept: row.get(6)?,
    })
}

/// Reads a pending set.
pub(super) fn pending(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<SlotSet>> {
    let Some(bytes) = row.get_ref(column)?.as_blob_or_null()? else { return Ok(None) };
    SlotSet::from_bytes(bytes)
        .map(Some)
        .ok_or_else(|| unreadable(column, "a pending set wider than is known"))
}

/// The columns that `event` reads.
pub(super) const EVENT: &str = "seq, at, author, origin, audience, version, body, pending";

pub(super) fn event(row: &Row<'_>, identity: &Arc<Identity>) -> rusqlite::Result<StoredEvent> {
    let audience = match row.get_ref(4)?.as_str_or_null()? {
        Some(json) => Audience::kept(json.as_bytes()),
        None => Audience::members(),
    };
    let version = row.get(5)?;
    let event = Event {
        conversation: Arc::clone(identity),
        seq: row.get(0)?,
        at: from_millis(row.get(1)?),
        author: optional_uuid(row, 2)?.map(AccountId),
        origin: optional_uuid(row, 3)?.map(SignInId),
        audience,
        body: row.get::<_, Option<Vec<u8>>>(6)?.map(|json| Body::stored(version, json)),
        memo: Memo::default(),
    };
    Ok(StoredEvent { event: Arc::new(event), pending: pending(row, 7)? })
}

/// Who holds which slot now.
pub(super) fn slots(members: &[Member]) -> HashMap<u8, AccountId> {
    members.iter().filter(|member| member.is_in()).map(|member| (member.slot, member.account)).collect()
}

/// The columns that `account` reads.
pub(super) const ACCOUNT: &str = "id, organisation, name, last_name, display_name, coalesce(email, contact_email), phone, roles, disabled, \
     created_at, updated_at, guest";

pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let phone: Option<String> = row.get(6)?;
    let roles = row.get_ref(7)?.as_str()?.split(',').filter(|role| !role.is_empty());
    // A role that only a newer version knows gives nothing here.
    let roles: Vec<Role> = roles.filter_map(|role| role.parse().ok()).collect();
    Ok(Account {
        id: AccountId(uuid(row, 0)?),
        organisation_id: OrganisationId(uuid(row, 1)?),
        name: row.get(2)?,
        last_name: row.get(3)?,
        display_name: row.get(4)?,
        email: row.get(5)?,
        phone: phone.map(Phone::try_from).transpose().map_err(|_| unreadable(6, "not a phone number"))?,
        roles,
        guest: row.get(11)?,
        disabled: row.get(8)?,
        created_at: from_millis(row.get(9)?),
        updated_at: from_millis(row.get(10)?),
    })
}
