//! Forgetting people and whole conversations, and finding where somebody has left a trace.

use hearken_core::event::Audience;
use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::store::{Forget, RecordName};
use hearken_core::words::names_one_of;
use rusqlite::{Connection, params};

use super::rows;

/// Takes away events of a bounded part; answers up to where it has looked.
pub(super) fn part(connection: &Connection, forget: &Forget, limit: usize) -> rusqlite::Result<Option<Seq>> {
    let id = forget.conversation.0.as_bytes();
    let upto: Option<i64> = connection
        .prepare_cached(
            "select max(seq) from (select seq from events where conversation = ?1 and seq > ?2 order by seq limit ?3)",
        )?
        .query_row(params![id, rows::place(forget.after), limit as i64], |row| row.get(0))?;
    let Some(upto) = upto else { return Ok(None) };
    keep_place(connection, forget.conversation)?;
    events(connection, forget, upto)?;
    Ok(Some(upto as Seq))
}

/// Takes away everything that is left to be forgotten.
pub(super) fn rest(connection: &Connection, forget: &Forget) -> rusqlite::Result<()> {
    keep_place(connection, forget.conversation)?;
    events(connection, forget, i64::MAX)?;
    match forget.account {
        Some(account) => person(connection, forget.conversation, account),
        None => conversation(connection, forget.conversation),
    }
}

/// Where the log has come is read from the log; what is taken from its end must not be used again.
fn keep_place(connection: &Connection, id: ConversationId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "update conversations set last_seq = (select max(seq) from events where conversation = ?1) \
             where id = ?1 and last_seq < (select max(seq) from events where conversation = ?1)",
        )?
        .execute([id.0.as_bytes()])
        .map(drop)
}

fn events(connection: &Connection, forget: &Forget, upto: i64) -> rusqlite::Result<()> {
    let Forget { conversation, account, gaps, after } = forget;
    let (id, after) = (conversation.0.as_bytes(), rows::place(*after));
    if let Some(account) = account {
        audiences(connection, *conversation, *account, (after, upto))?;
    }
    let whose = account.as_ref().map(|account| account.0.as_bytes());
    let sql = if *gaps {
        "delete from events where conversation = ?1 and seq > ?2 and seq <= ?3 and (?4 is null or author = ?4)"
    } else {
        "update events set author = null, origin = null, audience = null, body = null, client_key = null, \
         digest = null, pending = iif(pending is null, null, x'') \
         where conversation = ?1 and seq > ?2 and seq <= ?3 and (?4 is null or author = ?4)"
    };
    connection.prepare_cached(sql)?.execute(params![id, after, upto, whose]).map(drop)
}

/// Takes a person out of the audiences of what others have recorded.
fn audiences(
    connection: &Connection,
    id: ConversationId,
    account: AccountId,
    (after, upto): (i64, i64),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "select arrival, audience from events where conversation = ?1 and seq > ?2 and seq <= ?3 \
         and audience is not null",
    )?;
    let rows = statement.query_map(params![id.0.as_bytes(), after, upto], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    for row in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let (arrival, json) = row;
        let left = Audience::kept_without(json.as_bytes(), account);
        let Some(json) = left.and_then(|left| String::from_utf8(left).ok()) else { continue };
        connection
            .prepare_cached("update events set audience = ?2 where arrival = ?1")?
            .execute(params![arrival, json])?;
    }
    Ok(())
}

fn person(connection: &Connection, id: ConversationId, account: AccountId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("delete from members where conversation = ?1 and account = ?2")?
        .execute(params![id.0.as_bytes(), account.0.as_bytes()])?;
    connection
        .prepare_cached(
            "delete from notices where conversation = ?1 and (account = ?2 or instr(cast(body as text), ?3) > 0)",
        )?
        .execute(params![id.0.as_bytes(), account.0.as_bytes(), account.to_string()])
        .map(drop)
}

fn conversation(connection: &Connection, id: ConversationId) -> rusqlite::Result<()> {
    for sql in [
        "delete from events where conversation = ?1",
        "delete from members where conversation = ?1",
        "delete from index_rows where conversation = ?1",
        "delete from timers where conversation = ?1",
        "delete from notices where conversation = ?1",
        "delete from clearings where conversation = ?1",
        "delete from conversations where id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([id.0.as_bytes()])?;
    }
    Ok(())
}

/// The conversations that a person is or was in.
pub(super) fn places_of(
    connection: &Connection,
    account: AccountId,
    after: Option<ConversationId>,
    limit: usize,
) -> rusqlite::Result<Vec<ConversationId>> {
    let after = after.map_or_else(Vec::new, |id| id.0.as_bytes().to_vec());
    let mut statement = connection.prepare_cached(
        "select conversation from members where account = ?1 and conversation > ?2 order by conversation limit ?3",
    )?;
    let found = statement.query_map(params![account.0.as_bytes(), after, limit as i64], |row| {
        rows::uuid(row, 0).map(ConversationId)
    })?;
    found.collect()
}

/// Conversations in which somebody has recorded something or is named by an audience. Looks at every event.
pub(super) fn traces_of(
    connection: &Connection,
    account: AccountId,
    limit: usize,
) -> rusqlite::Result<Vec<ConversationId>> {
    let mut statement = connection.prepare_cached(
        "select distinct conversation from events where author = ?1 or instr(audience, ?2) > 0 limit ?3",
    )?;
    let found = statement
        .query_map(params![account.0.as_bytes(), account.to_string(), rows::place(limit as u64)], |row| {
            rows::uuid(row, 0).map(ConversationId)
        })?;
    found.collect()
}

/// The records that have one of these words in their key or value. Looks at every record.
pub(super) fn records_naming(connection: &Connection, words: &[String]) -> rusqlite::Result<Vec<RecordName>> {
    let mut statement = connection.prepare_cached("select space, key, value from records")?;
    let mut found = statement.query([])?;
    let mut names = Vec::new();
    while let Some(row) = found.next()? {
        let (key, value) = (row.get_ref(1)?.as_bytes()?, row.get_ref(2)?.as_bytes()?);
        if names_one_of(key, words) || names_one_of(value, words) {
            names.push(RecordName { space: std::borrow::Cow::Owned(row.get(0)?), key: row.get(1)? });
        }
    }
    Ok(names)
}

/// What is kept for an account and goes with it, besides its records.
pub(super) fn kept_for(connection: &Connection, account: AccountId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("delete from notices where account = ?1")?
        .execute([account.0.as_bytes()])
        .map(drop)
}
