//! What a batch wants to look at, in one trip where everything it wants is named by identifier, and in two else.
//!
//! First the conversations' rows are locked, in the order of their identifiers, so that whoever locks several never waits
//! in a circle. Only that row is seen as it is after the wait; what lies elsewhere (members, events) is seen by the
//! statements that follow.

use std::collections::{BTreeMap, HashMap};

use hearken_core::clock::from_millis;
use hearken_core::event::EventRef;
use hearken_core::store::{Held, Loaded, Wanted};
use hearken_core::{Conversation, Registry, Target};
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Failure;
use super::link::{Ask, Link, values};
use super::questions::Questions;
use super::rows::{self, place};

const LOCK_ONE: &str = "select 1 from conversations where id = $1 for update";
const LOCK: &str = "select 1 from conversations where id = any($1) order by id for update";

/// Locks, and tells how everything is now but the members; the state only of what is held with another stamp.
const COMPARE_ONE: &str = concat!(
    "select ",
    rows::own_columns!("case when c.stamp <> $2 then c.state end"),
    ", c.members_stamp from conversations c where c.id = $1 for update"
);
const COMPARE: &str = concat!(
    "select ",
    rows::own_columns!("case when c.stamp <> w.stamp then c.state end"),
    ", c.members_stamp from unnest($1::uuid[], $2::int8[]) w(id, stamp) join conversations c on c.id = w.id \
     order by c.id for update of c"
);
const COMPARE_WITH_KEYS: &str = concat!(
    "select ",
    rows::own_columns!("case when c.stamp <> w.stamp then c.state end"),
    ", c.members_stamp from conversations c left join unnest($1::uuid[], $2::int8[]) w(id, stamp) on w.id = c.id \
     where c.id = any(array(select unnest($1::uuid[]) union all select k.id from \
     unnest($3::uuid[], $4::text[], $5::text[]) n(organisation, kind, key) join conversations k \
     on k.organisation = n.organisation and k.kind = n.kind and k.key = n.key)) order by c.id for update of c"
);

/// Locks these conversations until the transaction ends.
pub(super) fn lock<'a>(ids: Vec<Uuid>) -> Ask<'a> {
    match ids[..] {
        [id] => Ask::new(LOCK_ONE, values![id]),
        _ => Ask::new(LOCK, values![ids]),
    }
}

/// What has been found of what a batch wants.
struct Found<'a> {
    registry: &'a Registry,
    locked: HashMap<Uuid, Row>,
    /// By organisation, kind and key.
    keys: HashMap<(Uuid, String, String), Uuid>,
    conversations: HashMap<Uuid, Option<Conversation>>,
}

/// Begins a transaction, locks and reads.
pub(super) async fn load(
    link: &Link,
    registry: &Registry,
    wanted: &[Wanted],
) -> Result<Vec<Loaded>, Failure> {
    let mut loaded: Vec<Loaded> = wanted.iter().map(|_| Loaded::default()).collect();
    let mut questions = Questions::default();
    for (at, wanted) in wanted.iter().enumerate() {
        if let Target::Id(id) = wanted.target {
            questions.events(at, id.0, &wanted.events);
            questions.timer(at, id.0, wanted.timer.as_deref());
            if wanted.conversation {
                questions.conversation(id.0);
            }
        }
    }
    let mut asks = vec![Ask::plain("begin"), compare(wanted)];
    asks.extend(questions.asks());
    let mut answers = link.flush(asks).await?.into_iter().skip(1);
    let mut found = Found::new(registry, answers.next().unwrap_or_default());
    for row in questions.take(answers, &mut loaded)? {
        found.conversation(&row);
    }
    let more = found.compare(wanted, &mut loaded);
    if !more.is_empty() {
        let answers = link.flush(more.asks()).await?.into_iter();
        for row in more.take(answers, &mut loaded)? {
            found.conversation(&row);
        }
    }
    for (wanted, loaded) in wanted.iter().zip(&mut loaded) {
        found.finish(wanted, loaded);
    }
    Ok(loaded)
}

fn compare(wanted: &[Wanted]) -> Ask<'_> {
    let mut stamps = BTreeMap::new();
    let (mut organisations, mut kinds, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in wanted {
        match &wanted.target {
            Target::Id(id) => {
                let held = wanted.held.as_ref().map(|held| place(held.stamp));
                let stamp = stamps.entry(id.0).or_insert(held);
                *stamp = stamp.or(held);
            }
            Target::Key { kind, organisation, key } => {
                organisations.push(organisation.0);
                kinds.push(*kind);
                keys.push(&**key);
            }
        }
    }
    let ids: Vec<Uuid> = stamps.keys().copied().collect();
    let stamps: Vec<Option<i64>> = stamps.into_values().collect();
    match (&ids[..], &stamps[..]) {
        _ if !keys.is_empty() => {
            Ask::new(COMPARE_WITH_KEYS, values![ids, stamps, organisations, kinds, keys])
        }
        ([id], [stamp]) => Ask::new(COMPARE_ONE, values![*id, *stamp]),
        _ => Ask::new(COMPARE, values![ids, stamps]),
    }
}

/// The stamp in a locked row.
fn stamp(row: &Row) -> u64 {
    row.get::<_, i64>(12) as u64
}

impl<'a> Found<'a> {
    fn new(registry: &'a Registry, rows: Vec<Row>) -> Self {
        let keys = rows.iter().filter_map(|row| {
            let key = row.get::<_, Option<String>>(3)?;
            Some(((row.get(2), row.get(1), key), row.get(0)))
        });
        let keys = keys.collect();
        let locked = rows.into_iter().map(|row| (row.get(0), row)).collect();
        Self { registry, locked, keys, conversations: HashMap::new() }
    }

    fn conversation(&mut self, row: &Row) {
        let found = rows::conversation(row, |stored| self.registry.name(stored));
        self.conversations.insert(row.get(0), found);
    }

    fn id_of(&self, target: &Target) -> Option<Uuid> {
        match target {
            Target::Id(id) => Some(id.0),
            Target::Key { kind, organisation, key } => {
                self.keys.get(&(organisation.0, (*kind).to_owned(), key.to_string())).copied()
            }
        }
    }

    /// Looks what of that at hand holds no more, and what is still to be asked.
    fn compare<'w>(&mut self, wanted: &'w [Wanted], loaded: &mut [Loaded]) -> Questions<'w> {
        let mut more = Questions::default();
        for (at, (wanted, loaded)) in wanted.iter().zip(loaded).enumerate() {
            let id = self.id_of(&wanted.target);
            let row = id.and_then(|id| self.locked.get(&id));
            loaded.stamp = row.map(stamp).unwrap_or_default();
            loaded.stale = wanted.held.as_ref().is_some_and(|held| held.stamp != loaded.stamp);
            let (Some(id), Some(_)) = (id, row) else { continue };
            if let Target::Key { .. } = wanted.target {
                more.events(at, id, &wanted.events);
                more.timer(at, id, wanted.timer.as_deref());
                if wanted.conversation {
                    more.conversation(id);
                }
            }
            if let Some(held) = wanted.held.as_ref().filter(|_| loaded.stale) {
                let unread = |which: &&EventRef| !wanted.events.contains(which);
                more.events(at, id, held.events.iter().filter(unread));
                if !self.conversations.contains_key(&id) && !self.with_members_held(id, held) {
                    more.conversation(id);
                }
            }
        }
        more
    }

    /// Makes a conversation of the row that was locked and the members that are held; `false` when they are others now.
    fn with_members_held(&mut self, id: Uuid, held: &Held) -> bool {
        let Some(row) = self.locked.get(&id) else { return false };
        let same = row.get::<_, i64>(13) as u64 <= held.stamp;
        if same {
            let own = rows::own(row, |stored| self.registry.name(stored));
            let members = || held.members.clone();
            self.conversations.insert(id, own.map(|own| Conversation { members: members(), ..own }));
        }
        same
    }

    fn finish(&self, wanted: &Wanted, loaded: &mut Loaded) {
        if wanted.conversation || loaded.stale {
            let found = self.id_of(&wanted.target).and_then(|id| self.conversations.get(&id));
            loaded.conversation = found.cloned().flatten();
        }
        loaded.events.sort_unstable_by_key(|logged| logged.seq);
        loaded.events.dedup_by_key(|logged| logged.seq);
    }
}

/// When a timer is due.
pub(super) fn due(row: &Row, column: usize) -> jiff::Timestamp {
    from_millis(row.get(column))
}
