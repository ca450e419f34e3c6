//! What a batch wants to look at, in one trip where everything it wants is named by identifier and what is at hand still
//! holds, and in two else.
//!
//! First the conversations' rows are locked, in the order of their identifiers, so that whoever locks several never waits
//! in a circle. Only statements after that one see what the lock has waited for; so it brings stamps and nothing else.

use std::collections::HashMap;

use hearken_core::clock::from_millis;
use hearken_core::event::EventRef;
use hearken_core::store::{Loaded, Wanted};
use hearken_core::{Conversation, Registry, Target};
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Failure;
use super::link::{Ask, Link, values};
use super::questions::Questions;
use super::rows;

const LOCK_ONE: &str = "select id, stamp from conversations where id = $1 for update";
const LOCK: &str = "select id, stamp from conversations where id = any($1) order by id for update";
const LOCK_WITH_KEYS: &str = "select c.id, c.stamp, c.organisation, c.kind, c.key from conversations c \
    where c.id = any(array(select unnest($1::uuid[]) union all select k.id from \
    unnest($2::uuid[], $3::text[], $4::text[]) w(organisation, kind, key) join conversations k \
    on k.organisation = w.organisation and k.kind = w.kind and k.key = w.key)) order by c.id for update of c";

/// Locks these conversations until the transaction ends.
pub(super) fn lock<'a>(mut ids: Vec<Uuid>) -> Ask<'a> {
    ids.sort_unstable();
    ids.dedup();
    match ids[..] {
        [id] => Ask::new(LOCK_ONE, values![id]),
        _ => Ask::new(LOCK, values![ids]),
    }
}

/// What has been found of what a batch wants.
#[derive(Default)]
struct Found {
    stamps: HashMap<Uuid, u64>,
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
    let mut asks = vec![Ask::plain("begin"), lock_all(wanted)];
    asks.extend(questions.asks());
    let mut answers = link.flush(asks).await?.into_iter().skip(1);
    let mut found = Found::default();
    found.locked(&answers.next().unwrap_or_default());
    for row in questions.take(answers, &mut loaded)? {
        found.conversation(&row, registry);
    }
    let more = found.compare(wanted, &mut loaded);
    if !more.is_empty() {
        let answers = link.flush(more.asks()).await?.into_iter();
        for row in more.take(answers, &mut loaded)? {
            found.conversation(&row, registry);
        }
    }
    for (wanted, loaded) in wanted.iter().zip(&mut loaded) {
        found.finish(wanted, loaded);
    }
    Ok(loaded)
}

fn lock_all(wanted: &[Wanted]) -> Ask<'_> {
    let mut ids = Vec::with_capacity(wanted.len());
    let (mut organisations, mut kinds, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in wanted {
        match &wanted.target {
            Target::Id(id) => ids.push(id.0),
            Target::Key { kind, organisation, key } => {
                organisations.push(organisation.0);
                kinds.push(*kind);
                keys.push(&**key);
            }
        }
    }
    if keys.is_empty() {
        lock(ids)
    } else {
        Ask::new(LOCK_WITH_KEYS, values![ids, organisations, kinds, keys])
    }
}

impl Found {
    fn locked(&mut self, rows: &[Row]) {
        for row in rows {
            let id: Uuid = row.get(0);
            self.stamps.insert(id, row.get::<_, i64>(1) as u64);
            if row.len() > 2
                && let Some(key) = row.get::<_, Option<String>>(4)
            {
                self.keys.insert((row.get(2), row.get(3), key), id);
            }
        }
    }

    fn conversation(&mut self, row: &Row, registry: &Registry) {
        self.conversations.insert(row.get(0), rows::conversation(row, |stored| registry.name(stored)));
    }

    fn id_of(&self, target: &Target) -> Option<Uuid> {
        match target {
            Target::Id(id) => self.stamps.contains_key(&id.0).then_some(id.0),
            Target::Key { kind, organisation, key } => {
                self.keys.get(&(organisation.0, (*kind).to_owned(), key.to_string())).copied()
            }
        }
    }

    /// Looks what of that at hand holds no more, and what is still to be asked.
    fn compare<'a>(&self, wanted: &'a [Wanted], loaded: &mut [Loaded]) -> Questions<'a> {
        let mut more = Questions::default();
        for (at, (wanted, loaded)) in wanted.iter().zip(loaded).enumerate() {
            let id = self.id_of(&wanted.target);
            loaded.stamp = id.and_then(|id| self.stamps.get(&id).copied()).unwrap_or_default();
            loaded.stale = wanted.held.as_ref().is_some_and(|held| held.stamp != loaded.stamp);
            let Some(id) = id else { continue };
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
                if !self.conversations.contains_key(&id) {
                    more.conversation(id);
                }
            }
        }
        more
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
