//! `hearken check` on the embedded store: what must never be, one question each. Reads only, and reads stores of older
//! schemas too.

use hearken_core::Registry;
use rusqlite::{Connection, params};

use super::sets;

/// The schema that brought records.
const RECORDS: i64 = 2;
/// The schema that brought notices.
const NOTICES: i64 = 3;

/// What is asked, from which schema on, and what it means when there is an answer. Each query gives one number: how
/// many rows are wrong. `?1` is the kinds that store and forward, as JSON.
const QUESTIONS: &[(i64, &str, &str)] = &[
    (
        1,
        "select count(*) from events e where not exists (select 1 from conversations c where c.id = e.conversation)",
        "events belong to no conversation",
    ),
    (1, "select count(*) from events where seq < 1", "events have no place in their log"),
    (
        1,
        "select count(*) from events e where author is not null and not exists \
         (select 1 from accounts a where a.id = e.author)",
        "events have an author without an account",
    ),
    (
        1,
        "select count(*) from events where pending = x'' and body is not null",
        "events that everybody has received still have their body",
    ),
    (
        1,
        "select count(*) from events where pending <> x'' and body is null",
        "events that somebody waits for have lost their body",
    ),
    (
        1,
        "select count(*) from events where not json_valid(cast(body as text)) or not json_valid(audience)",
        "events have a body or an audience that does not read",
    ),
    (
        1,
        "select count(*) from members m where not exists (select 1 from conversations c where c.id = m.conversation)",
        "members belong to no conversation",
    ),
    (
        1,
        "select count(*) from members m where not exists (select 1 from accounts a where a.id = m.account)",
        "members have no account",
    ),
    (
        1,
        "select count(*) from (select 1 from members m join conversations c on c.id = m.conversation \
         where m.left_at is null and c.kind in (select value from json_each(?1)) \
         group by m.conversation, m.slot having count(*) > 1)",
        "members share a place in pending sets",
    ),
    (
        1,
        "select count(*) from members m join conversations c on c.id = m.conversation where max(m.joined, m.floor, \
         coalesce(m.left_at, 0)) > max(c.last_seq, coalesce((select max(seq) from events e where \
         e.conversation = c.id), 0)) or m.left_at < m.joined",
        "members came, left or stopped waiting where the log has not come yet",
    ),
    (
        1,
        "select count(*) from (select conversation from events e join conversations c on c.id = e.conversation \
         where c.kind not in (select value from json_each(?1)) group by conversation \
         having count(*) <> max(seq))",
        "conversations have a gap in their log",
    ),
    (
        1,
        "select count(*) from conversations c where not exists (select 1 from organisations o where \
         o.id = c.organisation)",
        "conversations belong to no organisation",
    ),
    (
        1,
        "select count(*) from conversations where not json_valid(cast(state as text))",
        "conversations have a state that does not read",
    ),
    (
        1,
        "select count(*) from timers t where not exists (select 1 from conversations c where c.id = t.conversation)",
        "timers belong to no conversation",
    ),
    (
        1,
        "select count(*) from index_rows i where not exists \
         (select 1 from conversations c where c.id = i.conversation)",
        "index rows lead to no conversation",
    ),
    (
        NOTICES,
        "select count(*) from notices n where not exists (select 1 from accounts a where a.id = n.account)",
        "notices are kept for nobody",
    ),
    (
        NOTICES,
        "select count(*) from notices n where not exists \
         (select 1 from conversations c where c.id = n.conversation)",
        "notices come from no conversation",
    ),
    (
        1,
        "select count(*) from accounts a where not exists \
         (select 1 from organisations o where o.id = a.organisation)",
        "accounts belong to no organisation",
    ),
    (
        RECORDS,
        "select count(*) from records r where account is not null and not exists \
         (select 1 from accounts a where a.id = r.account)",
        "records are of nobody",
    ),
    (
        1,
        "select count(*) from accounts where length(phone) not between 10 and 15 or phone glob '*[^0-9]*'",
        "accounts have a phone that is no number",
    ),
];

pub(super) fn run(connection: &Connection, registry: &Registry) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut statement = connection.prepare("pragma integrity_check(20)")?;
    for line in statement.query_map([], |row| row.get::<_, String>(0))? {
        let line = line?;
        if line != "ok" {
            found.push(format!("the file is damaged: {line}"));
        }
    }
    let schema: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let forwarding = serde_json::json!(registry.forwarding().collect::<Vec<_>>()).to_string();
    for (_, sql, meaning) in QUESTIONS.iter().filter(|(since, ..)| *since <= schema) {
        let mut statement = connection.prepare(sql)?;
        let count: i64 = match statement.parameter_count() {
            0 => statement.query_row([], |row| row.get(0))?,
            _ => statement.query_row(params![forwarding], |row| row.get(0))?,
        };
        if count > 0 {
            found.push(format!("{count} {meaning}"));
        }
    }
    found.extend(sets::check(connection, schema)?);
    Ok(found)
}
