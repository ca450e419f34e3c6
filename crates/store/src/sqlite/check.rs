//! `hearken check` on the embedded store: what must never be, one question each.

use hearken_core::Registry;
use rusqlite::{Connection, params};

/// What is asked, and what it means when there is an answer. Each query gives one number: how many rows are wrong.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "select count(*) from events e where not exists (select 1 from conversations c where c.id = e.conversation)",
        "events belong to no conversation",
    ),
    ("select count(*) from events where seq < 1", "events have no place in their log"),
    (
        "select count(*) from events where pending = x'' and body is not null",
        "events that everybody has received still have their body",
    ),
    (
        "select count(*) from events where pending <> x'' and body is null",
        "events that somebody waits for have lost their body",
    ),
    (
        "select count(*) from members m where not exists (select 1 from conversations c where c.id = m.conversation)",
        "members belong to no conversation",
    ),
    (
        "select count(*) from members m where not exists (select 1 from accounts a where a.id = m.account)",
        "members have no account",
    ),
    (
        "select count(*) from (select 1 from members m join conversations c on c.id = m.conversation \
         where m.left_at is null and c.kind in (select value from json_each(?1)) \
         group by m.conversation, m.slot having count(*) > 1)",
        "members share a place in pending sets",
    ),
    (
        "select count(*) from (select conversation from events e join conversations c on c.id = e.conversation \
         where c.kind not in (select value from json_each(?1)) group by conversation \
         having count(*) <> max(seq))",
        "conversations have a gap in their log",
    ),
    (
        "select count(*) from timers t where not exists (select 1 from conversations c where c.id = t.conversation)",
        "timers belong to no conversation",
    ),
    (
        "select count(*) from index_rows i where not exists \
         (select 1 from conversations c where c.id = i.conversation)",
        "index rows lead to no conversation",
    ),
    (
        "select count(*) from notices n where not exists (select 1 from accounts a where a.id = n.account)",
        "notices are kept for nobody",
    ),
    (
        "select count(*) from notices n where not exists \
         (select 1 from conversations c where c.id = n.conversation)",
        "notices come from no conversation",
    ),
    (
        "select count(*) from accounts a where not exists \
         (select 1 from organisations o where o.id = a.organisation)",
        "accounts belong to no organisation",
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
    let forwarding = serde_json::json!(registry.forwarding().collect::<Vec<_>>()).to_string();
    for (sql, meaning) in QUESTIONS {
        let mut statement = connection.prepare(sql)?;
        let count: i64 = match statement.parameter_count() {
            0 => statement.query_row([], |row| row.get(0))?,
            _ => statement.query_row(params![forwarding], |row| row.get(0))?,
        };
        if count > 0 {
            found.push(format!("{count} {meaning}"));
        }
    }
    Ok(found)
}
