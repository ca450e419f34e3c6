//! `hearken check` on the shared store: what must never be, one question each.

use std::collections::HashMap;

use hearken_core::{Registry, SlotSet};
use uuid::Uuid;

use super::error::Failure;
use super::link::{Ask, Link, values};
use crate::pending::{Holder, Wrong};

/// What is asked, and what it means when there is an answer. Each query gives one number: how many rows are wrong. `$1`
/// is the kinds that store and forward.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "select count(*) from events e where not exists (select 1 from conversations c where c.id = e.conversation)",
        "events belong to no conversation",
    ),
    ("select count(*) from events where seq < 1", "events have no place in their log"),
    (
        "select count(*) from events e where author is not null and not exists \
         (select 1 from accounts a where a.id = e.author)",
        "events have an author without an account",
    ),
    (
        "select count(*) from events where pending = '' and body is not null",
        "events that everybody has received still have their body",
    ),
    (
        "select count(*) from events where pending <> '' and body is null",
        "events that somebody waits for have lost their body",
    ),
    (
        "select count(*) from events e join conversations c on c.id = e.conversation where e.seq > c.last_seq",
        "events lie beyond the end of their log",
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
         where m.left_at is null and c.kind = any($1) group by m.conversation, m.slot having count(*) > 1) shared",
        "members share a place in pending sets",
    ),
    (
        "select count(*) from members m join conversations c on c.id = m.conversation where \
         greatest(m.joined, m.floor, coalesce(m.left_at, 0)) > c.last_seq or m.left_at < m.joined",
        "members came, left or stopped waiting where the log has not come yet",
    ),
    (
        "select count(*) from (select e.conversation from events e join conversations c on c.id = e.conversation \
         where c.kind <> all($1) group by e.conversation having count(*) <> max(e.seq)) gaps",
        "conversations have a gap in their log",
    ),
    (
        "select count(*) from conversations c where not exists (select 1 from organisations o where \
         o.id = c.organisation)",
        "conversations belong to no organisation",
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
        "select count(*) from notices n where not exists (select 1 from conversations c where c.id = n.conversation)",
        "notices come from no conversation",
    ),
    (
        "select count(*) from accounts a where not exists (select 1 from organisations o where o.id = a.organisation)",
        "accounts belong to no organisation",
    ),
    (
        "select count(*) from records r where account is not null and not exists \
         (select 1 from accounts a where a.id = r.account)",
        "records are of nobody",
    ),
    (
        "select count(*) from accounts where phone !~ '^[0-9]{10,15}$'",
        "accounts have a phone that is no number",
    ),
];

const HOLDERS: &str = "select conversation, slot, joined, floor from members where left_at is null \
    and conversation = any($1)";
const SETS: &str = "select e.arrival, e.conversation, e.seq, e.pending, (select array_agg(x.slot) from clearings x \
    where x.conversation = e.conversation and x.upto >= e.seq) from events e \
    where e.arrival > $1 and e.pending <> '' order by e.arrival limit 5000";
const BODIES: &str = "select arrival, body, audience from events where arrival > $1 \
    and (body is not null or audience is not null) order by arrival limit 5000";
const STATES: &str = "select id, state from conversations where id > $1 order by id limit 5000";

/// One line for each thing that is wrong. Everything is seen as it is at one moment.
pub(super) async fn run(link: &Link, registry: &Registry) -> Result<Vec<String>, Failure> {
    link.run("begin isolation level repeatable read read only").await?;
    let forwarding: Vec<&str> = registry.forwarding().collect();
    let mut found = Vec::new();
    for (sql, meaning) in QUESTIONS {
        let values = if sql.contains("$1") { values![forwarding.clone()] } else { Vec::new() };
        let count = link.ask(Ask::new(sql, values)).await?.first().map_or(0, |row| row.get::<_, i64>(0));
        if count > 0 {
            found.push(format!("{count} {meaning}"));
        }
    }
    found.extend(unreadable(link).await?);
    found.extend(sets(link).await?);
    link.run("commit").await?;
    Ok(found)
}

/// What can't be read is looked for here: not every server can tell.
async fn unreadable(link: &Link) -> Result<Vec<String>, Failure> {
    let reads = |json: Option<&[u8]>| {
        json.is_none_or(|json| serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok())
    };
    let (mut events, mut states) = (0, 0);
    let mut after = 0_i64;
    loop {
        let rows = link.ask(Ask::new(BODIES, values![after])).await?;
        let Some(last) = rows.last() else { break };
        after = last.get(0);
        let bad = |row: &&tokio_postgres::Row| {
            !reads(row.get(1)) || !reads(row.get::<_, Option<&str>>(2).map(str::as_bytes))
        };
        events += rows.iter().filter(bad).count();
    }
    let mut after = Uuid::nil();
    loop {
        let rows = link.ask(Ask::new(STATES, values![after])).await?;
        let Some(last) = rows.last() else { break };
        after = last.get(0);
        states += rows.iter().filter(|row| !reads(row.get(1))).count();
    }
    let told = [
        (events, "events have a body or an audience that does not read"),
        (states, "conversations have a state that does not read"),
    ];
    Ok(told
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect())
}

async fn sets(link: &Link) -> Result<Vec<String>, Failure> {
    let (mut wrong, mut after) = (Wrong::default(), 0_i64);
    loop {
        let events = link.ask(Ask::new(SETS, values![after])).await?;
        let Some(last) = events.last() else { break };
        after = last.get(0);
        let mut places: Vec<Uuid> = events.iter().map(|row| row.get(1)).collect();
        places.sort_unstable();
        places.dedup();
        let mut holders: HashMap<Uuid, Vec<Holder<i64>>> = HashMap::new();
        for row in link.ask(Ask::new(HOLDERS, values![places])).await? {
            let holder = Holder { slot: row.get::<_, i16>(1) as u8, joined: row.get(2), floor: row.get(3) };
            holders.entry(row.get(0)).or_default().push(holder);
        }
        for row in &events {
            let Some(mut pending) = SlotSet::from_bytes(row.get(3)) else {
                wrong.wide += 1;
                continue;
            };
            for slot in row.get::<_, Option<Vec<i16>>>(4).unwrap_or_default() {
                pending.remove(slot as u8);
            }
            let present = holders.get(&row.get(1)).map_or(&[][..], Vec::as_slice);
            wrong.look(pending, row.get(2), present);
        }
    }
    Ok(wrong.lines())
}
