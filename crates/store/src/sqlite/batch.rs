//! Writing one batch. Every statement is prepared once and kept by its connection.

use hearken_core::account::{Account, kept_roles};
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::store::{Batch, ConversationRow, DirectoryChange, EventRow, IndexChange, WaitingChange};
use hearken_core::{SlotSet, TimerChange};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::conflict;
use super::{clearing, forget, notices, records};

type Done = rusqlite::Result<()>;

pub(super) fn write(connection: &Connection, batch: &Batch) -> Done {
    batch.directory.iter().try_for_each(|change| directory(connection, change))?;
    batch.records.iter().try_for_each(|change| records::write(connection, change))?;
    batch.conversations.iter().try_for_each(|row| conversation(connection, row))?;
    batch.events.iter().try_for_each(|row| event(connection, row))?;
    batch.waiting.iter().try_for_each(|change| waiting(connection, change))?;
    batch.cleared.iter().try_for_each(|slot| clearing::begin(connection, slot))?;
    batch.emptied.iter().try_for_each(|(id, upto)| emptied(connection, *id, *upto))?;
    batch.index.iter().try_for_each(|change| index(connection, change))?;
    batch.timers.iter().try_for_each(|(id, change)| timer(connection, *id, change))?;
    batch.notices.iter().try_for_each(|notice| notices::write(connection, notice))?;
    notices::forget(connection, &batch.passed)?;
    batch.forgotten.iter().try_for_each(|forgotten| forget::rest(connection, forgotten))
}

fn directory(connection: &Connection, change: &DirectoryChange) -> Done {
    match change {
        DirectoryChange::AddOrganisation(organisation) => connection
            .prepare_cached("insert into organisations (id, name) values (?1, ?2)")?
            .execute(params![organisation.id.0.as_bytes(), organisation.name])?,
        DirectoryChange::AddAccount(new) => account(
            connection,
            "insert into accounts (id, organisation, name, last_name, display_name, email, phone, roles, disabled, \
             created_at, updated_at, guest, contact_email) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            new,
        )?,
        DirectoryChange::UpdateAccount(changed) => account(
            connection,
            "update accounts set organisation = ?2, name = ?3, last_name = ?4, display_name = ?5, email = ?6, \
             phone = ?7, roles = ?8, disabled = ?9, created_at = ?10, updated_at = ?11, guest = ?12, contact_email = ?13 \
             where id = ?1",
            changed,
        )?,
        DirectoryChange::AccountStillAt(id, at) => {
            let still = connection
                .prepare_cached("select 1 from accounts where id = ?1 and updated_at = ?2")?
                .exists(params![id.0.as_bytes(), at.as_millisecond()])?;
            if still { 1 } else { return Err(conflict()) }
        }
        DirectoryChange::RemoveAccount(id) => {
            forget::kept_for(connection, *id)?;
            connection
                .prepare_cached("delete from records where account = ?1")?
                .execute([id.0.as_bytes()])?;
            connection.prepare_cached("delete from accounts where id = ?1")?.execute([id.0.as_bytes()])?
        }
        DirectoryChange::RemoveSigningKey(id) => {
            connection.prepare_cached("delete from signing_keys where id = ?1")?.execute([id])?
        }
        DirectoryChange::AddSigningKey(key) => connection
            .prepare_cached("insert into signing_keys (id, pkcs8, created_at) values (?1, ?2, ?3)")?
            .execute(params![key.id, key.pkcs8, key.created_at.as_millisecond()])?,
    };
    Ok(())
}

fn account(connection: &Connection, sql: &str, account: &Account) -> rusqlite::Result<usize> {
    let (email, contact) =
        if account.guest { (None, account.email.as_ref()) } else { (account.email.as_ref(), None) };
    let kept: Option<String> = connection
        .prepare_cached("select roles from accounts where id = ?1")?
        .query_row([account.id.0.as_bytes()], |row| row.get(0))
        .optional()?;
    connection.prepare_cached(sql)?.execute(params![
        account.id.0.as_bytes(),
        account.organisation_id.0.as_bytes(),
        account.name,
        account.last_name,
        account.display_name,
        email,
        account.phone.as_ref().map(hearken_core::account::Phone::as_str),
        kept_roles(&account.roles, kept.as_deref()),
        account.disabled,
        account.created_at.as_millisecond(),
        account.updated_at.as_millisecond(),
        account.guest,
        contact,
    ])
}

fn conversation(connection: &Connection, row: &ConversationRow) -> Done {
    let conversation = &row.conversation;
    let (identity, header) = (&conversation.identity, &conversation.header);
    let (starts, ends) = (
        header.starts.map(jiff::Timestamp::as_millisecond),
        header.ends.map(jiff::Timestamp::as_millisecond),
    );
    let state = &conversation.state;
    if row.is_new {
        connection
            .prepare_cached(
                "insert into conversations (id, status, priority, starts, ends, last_seq, version, state_version, \
                 state, kind, organisation, key) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                identity.id.0.as_bytes(),
                header.status,
                header.priority,
                starts,
                ends,
                header.last_seq,
                header.version,
                state.version(),
                state.json(),
                identity.kind,
                identity.organisation.0.as_bytes(),
                identity.key,
            ])?;
    } else {
        // Not what never changes: SQLite would take it out of its index and put it back.
        connection
            .prepare_cached(
                "update conversations set status = ?2, priority = ?3, starts = ?4, ends = ?5, last_seq = ?6, \
                 version = ?7, state_version = ?8, state = ?9 where id = ?1",
            )?
            .execute(params![
                identity.id.0.as_bytes(),
                header.status,
                header.priority,
                starts,
                ends,
                header.last_seq,
                header.version,
                state.version(),
                state.json(),
            ])?;
    }
    if row.members_changed {
        members(connection, row)?;
    }
    Ok(())
}

fn members(connection: &Connection, row: &ConversationRow) -> Done {
    let mut statement = connection.prepare_cached(
        "insert into members (conversation, account, slot, role, since, joined, left_at, read) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (conversation, account) do update set \
         slot = excluded.slot, role = excluded.role, since = excluded.since, joined = excluded.joined, \
         left_at = excluded.left_at, read = excluded.read",
    )?;
    for member in row.conversation.members.iter() {
        statement.execute(params![
            row.conversation.identity.id.0.as_bytes(),
            member.account.0.as_bytes(),
            member.slot,
            member.role,
            member.since.as_millisecond(),
            member.joined,
            member.left,
            member.read,
        ])?;
    }
    Ok(())
}

fn event(connection: &Connection, row: &EventRow) -> Done {
    let event = &row.event;
    let body = event.body.as_ref().filter(|_| row.kept);
    let audience = (!event.audience.is_everyone()).then(|| serde_json::to_string(&event.audience));
    let audience =
        audience.transpose().map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    connection
        .prepare_cached(
            "insert into events (conversation, seq, at, author, origin, audience, version, body, client_key, \
             digest, pending) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            event.conversation.id.0.as_bytes(),
            event.seq,
            event.at.as_millisecond(),
            event.author.as_ref().map(|account| account.0.as_bytes()),
            event.origin.as_ref().map(|sign_in| sign_in.0.as_bytes()),
            audience,
            event.body.as_ref().map_or(0, hearken_core::Body::version),
            body.map(hearken_core::Body::json),
            row.key,
            row.digest,
            row.pending.map(SlotSet::to_bytes),
        ])?;
    Ok(())
}

fn waiting(connection: &Connection, change: &WaitingChange) -> Done {
    set_pending(connection, change.conversation, change.seq as i64, change.pending, change.kept)
}

fn set_pending(
    connection: &Connection,
    conversation: ConversationId,
    seq: i64,
    pending: Option<SlotSet>,
    kept: bool,
) -> Done {
    let sql = if kept {
        "update events set pending = ?3 where conversation = ?1 and seq = ?2"
    } else {
        "update events set pending = ?3, body = null where conversation = ?1 and seq = ?2"
    };
    let id = conversation.0.as_bytes();
    connection.prepare_cached(sql)?.execute(params![id, seq, pending.map(SlotSet::to_bytes)])?;
    Ok(())
}

/// Names and places stay. What never waited stays so: rows that waited and wait no more are trimmed.
fn emptied(connection: &Connection, id: ConversationId, upto: Seq) -> Done {
    connection
        .prepare_cached(
            "update events set body = null, pending = iif(pending is null, null, x'') \
             where conversation = ?1 and seq <= ?2 and body is not null",
        )?
        .execute(params![id.0.as_bytes(), upto])?;
    Ok(())
}

fn index(connection: &Connection, change: &IndexChange) -> Done {
    match change {
        IndexChange::Put(entry) => connection
            .prepare_cached(
                "insert into index_rows (name, key, conversation, ordering, value) values (?1, ?2, ?3, ?4, ?5) \
                 on conflict (name, key, conversation) do update set ordering = excluded.ordering, \
                 value = excluded.value",
            )?
            .execute(params![
                entry.index,
                entry.key,
                entry.conversation.0.as_bytes(),
                entry.order,
                entry.value
            ])?,
        IndexChange::Remove { index, key, conversation } => connection
            .prepare_cached("delete from index_rows where name = ?1 and key = ?2 and conversation = ?3")?
            .execute(params![index, key, conversation.0.as_bytes()])?,
    };
    Ok(())
}

fn timer(connection: &Connection, id: ConversationId, change: &TimerChange) -> Done {
    let id = id.0.as_bytes();
    match change {
        TimerChange::SetOnce { key, due } => connection
            .prepare_cached(
                "insert into timers (conversation, key, due) values (?1, ?2, ?3) \
                 on conflict (conversation, key) do nothing",
            )?
            .execute(params![id, key, due.as_millisecond()])?,
        TimerChange::Set { key, due } => connection
            .prepare_cached(
                "insert into timers (conversation, key, due) values (?1, ?2, ?3) \
                 on conflict (conversation, key) do update set due = excluded.due",
            )?
            .execute(params![id, key, due.as_millisecond()])?,
        TimerChange::Cancel { key } => connection
            .prepare_cached("delete from timers where conversation = ?1 and key = ?2")?
            .execute(params![id, key])?,
    };
    Ok(())
}
