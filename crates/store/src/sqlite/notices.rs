//! Notices: kept in the order in which they came, each person's apart.

use std::sync::Arc;

use hearken_core::clock::from_millis;
use hearken_core::ids::{AccountId, ConversationId, NoticeId, OrganisationId};
use hearken_core::{Body, Identity, KeptNotice, MOST_NOTICES, Notice, Registry};
use rusqlite::{Connection, Row, params};

use super::rows;

pub(super) fn write(connection: &Connection, notice: &Notice) -> rusqlite::Result<()> {
    let account = notice.account.0.as_bytes();
    let place: i64 = connection
        .prepare_cached(
            "insert into notices (account, place, id, conversation, at, version, body) select ?1, \
             coalesce((select max(place) from notices where account = ?1), 0) + 1, ?2, ?3, ?4, ?5, ?6 \
             returning place",
        )?
        .query_row(
            params![
                account,
                notice.id.0.as_bytes(),
                notice.conversation.id.0.as_bytes(),
                notice.at.as_millisecond(),
                notice.body.version(),
                notice.body.json(),
            ],
            |row| row.get(0),
        )?;
    let oldest_kept = place - MOST_NOTICES as i64;
    if oldest_kept > 0 {
        connection
            .prepare_cached("delete from notices where account = ?1 and place <= ?2")?
            .execute(params![account, oldest_kept])?;
    }
    Ok(())
}

pub(super) fn forget(connection: &Connection, passed: &[NoticeId]) -> rusqlite::Result<()> {
    if passed.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached("delete from notices where id = ?1")?;
    for id in passed {
        statement.execute([id.0.as_bytes()])?;
    }
    Ok(())
}

pub(super) fn read(
    connection: &Connection,
    account: AccountId,
    kinds: &[&'static str],
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<KeptNotice>> {
    let mut statement = connection.prepare_cached(
        "select n.place, n.id, n.at, n.version, n.body, c.id, c.kind, c.organisation, c.key \
         from notices n join conversations c on c.id = n.conversation \
         where n.account = ?1 and n.place > ?2 order by n.place",
    )?;
    let mut found = statement.query(params![account.0.as_bytes(), rows::place(after)])?;
    let mut kept = Vec::new();
    while kept.len() < limit
        && let Some(row) = found.next()?
    {
        let name = row.get_ref(6)?.as_str()?;
        if let Some(kind) = kinds.iter().find(|kind| **kind == name) {
            kept.push(notice(row, account, kind)?);
        }
    }
    Ok(kept)
}

pub(super) fn since(
    connection: &Connection,
    registry: &Registry,
    after: NoticeId,
    limit: usize,
) -> rusqlite::Result<Vec<Arc<Notice>>> {
    let mut statement = connection.prepare_cached(
        "select n.place, n.id, n.at, n.version, n.body, c.id, c.kind, c.organisation, c.key, n.account \
         from notices n join conversations c on c.id = n.conversation where n.id > ?1 order by n.id",
    )?;
    let mut found = statement.query([after.0.as_bytes()])?;
    let mut notices = Vec::new();
    while notices.len() < limit
        && let Some(row) = found.next()?
    {
        if let Some(kind) = registry.name(row.get_ref(6)?.as_str()?) {
            notices.push(notice(row, AccountId(rows::uuid(row, 9)?), kind)?.notice);
        }
    }
    Ok(notices)
}

fn notice(row: &Row<'_>, account: AccountId, kind: &'static str) -> rusqlite::Result<KeptNotice> {
    let conversation = Identity {
        id: ConversationId(rows::uuid(row, 5)?),
        kind,
        organisation: OrganisationId(rows::uuid(row, 7)?),
        key: row.get::<_, Option<String>>(8)?.map(Arc::from),
    };
    let notice = Notice {
        id: NoticeId(rows::uuid(row, 1)?),
        account,
        conversation: Arc::new(conversation),
        at: from_millis(row.get(2)?),
        origin: None,
        kept: true,
        body: Body::stored(row.get(3)?, row.get(4)?),
    };
    Ok(KeptNotice { place: row.get(0)?, notice: Arc::new(notice) })
}
