//! The events, timers and conversations that a batch wants, gathered from all its rules and asked for together: one
//! statement for each way of naming an event.

use hearken_core::event::EventRef;
use hearken_core::ids::Seq;
use hearken_core::store::{Loaded, stored_body};
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Failure;
use super::link::{Ask, values};
use super::load::due;
use super::rows::{self, limit, place};

const NAMED_ONE: &str = concat!(
    "select $1::int4, ",
    rows::logged_columns!(),
    " from events e where e.client_key = $4 and e.conversation = $2 and e.author = $3"
);
const NAMED: &str = concat!(
    "select w.at, ",
    rows::logged_columns!(),
    " from unnest($1::int4[], $2::uuid[], $3::uuid[], $4::text[]) w(at, conversation, author, key) \
     join events e on e.client_key = w.key and e.conversation = w.conversation and e.author = w.author"
);
const AT_PLACE: &str = concat!(
    "select w.at, ",
    rows::logged_columns!(),
    " from unnest($1::int4[], $2::uuid[], $3::int8[]) w(at, conversation, seq) \
     join events e on e.conversation = w.conversation and e.seq = w.seq"
);
const NAMED_BY_ANYONE: &str = concat!(
    "select w.at, ",
    rows::logged_columns!(),
    " from unnest($1::int4[], $2::uuid[], $3::text[]) w(at, conversation, key) \
     join events e on e.client_key = w.key and e.conversation = w.conversation"
);
/// Those whose set holds none but who have left are passed over.
const WAITING: &str = concat!(
    "select w.at, e.*, v.version, v.body from unnest($1::int4[], $2::uuid[], $3::int8[]) w(at, conversation, most), \
     lateral (select e.arrival, ",
    rows::logged_columns!(),
    " from events e where e.conversation = w.conversation and e.pending <> '' and e.body is not null \
     and (not exists (select 1 from clearings) or bit_count(e.pending) > (select count(distinct x.slot) \
     from clearings x where x.conversation = e.conversation and x.upto >= e.seq and case when \
     octet_length(e.pending) > x.slot / 8 then get_bit(e.pending, x.slot) = 1 else false end)) \
     order by e.seq limit w.most) e join events v on v.arrival = e.arrival order by w.at, e.seq"
);
const TIMERS: &str = "select w.at, t.due from unnest($1::int4[], $2::uuid[], $3::text[]) w(at, conversation, key) \
    join timers t on t.conversation = w.conversation and t.key = w.key";
const CONVERSATIONS: &str = rows::whole!("where c.id = any($1)");

/// What is asked for, each with the place of whoever asks.
#[derive(Default)]
pub(super) struct Questions<'a> {
    named: Vec<(i32, Uuid, Uuid, &'a str)>,
    at_place: Vec<(i32, Uuid, Seq)>,
    by_anyone: Vec<(i32, Uuid, &'a str)>,
    waiting: Vec<(i32, Uuid, usize)>,
    timers: Vec<(i32, Uuid, &'a str)>,
    conversations: Vec<Uuid>,
}

impl<'a> Questions<'a> {
    pub(super) fn events(&mut self, at: usize, id: Uuid, which: impl IntoIterator<Item = &'a EventRef>) {
        let at = at as i32;
        for which in which {
            match which {
                EventRef::Seq(seq) => self.at_place.push((at, id, *seq)),
                EventRef::Named(author, key) => self.named.push((at, id, author.0, key)),
                EventRef::NamedByAnyone(key) => self.by_anyone.push((at, id, key)),
                EventRef::Waiting(most) => self.waiting.push((at, id, *most)),
            }
        }
    }

    pub(super) fn timer(&mut self, at: usize, id: Uuid, key: Option<&'a str>) {
        self.timers.extend(key.map(|key| (at as i32, id, key)));
    }

    pub(super) fn conversation(&mut self, id: Uuid) {
        if !self.conversations.contains(&id) {
            self.conversations.push(id);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty()
            && self.at_place.is_empty()
            && self.by_anyone.is_empty()
            && self.waiting.is_empty()
            && self.timers.is_empty()
            && self.conversations.is_empty()
    }

    /// As statements: of what is not asked there is none.
    pub(super) fn asks(&self) -> Vec<Ask<'a>> {
        let mut asks = Vec::new();
        match self.named[..] {
            [] => {}
            [(at, id, author, key)] => asks.push(Ask::new(NAMED_ONE, values![at, id, author, key])),
            _ => {
                let (at, ids): (Vec<_>, Vec<_>) = self.named.iter().map(|(at, id, ..)| (*at, *id)).unzip();
                let (authors, keys): (Vec<_>, Vec<_>) =
                    self.named.iter().map(|(_, _, author, key)| (*author, *key)).unzip();
                asks.push(Ask::new(NAMED, values![at, ids, authors, keys]));
            }
        }
        asks.extend(of_three(AT_PLACE, &self.at_place, |seq| place(*seq)));
        asks.extend(of_three(NAMED_BY_ANYONE, &self.by_anyone, |key| *key));
        asks.extend(of_three(WAITING, &self.waiting, |most| limit(*most)));
        asks.extend(of_three(TIMERS, &self.timers, |key| *key));
        if !self.conversations.is_empty() {
            asks.push(Ask::new(CONVERSATIONS, values![self.conversations.clone()]));
        }
        asks
    }

    /// Takes the answers to those, in the same order, and hands on the rows of conversations.
    pub(super) fn take(
        &self,
        mut answers: impl Iterator<Item = Vec<Row>>,
        loaded: &mut [Loaded],
    ) -> Result<Vec<Row>, Failure> {
        let mut next = |asked: bool| if asked { answers.next().unwrap_or_default() } else { Vec::new() };
        let asked = [!self.named.is_empty(), !self.at_place.is_empty(), !self.by_anyone.is_empty()];
        for asked in asked {
            for row in next(asked) {
                loaded[at(&row)].events.push(rows::logged(&row, 1)?);
            }
        }
        for row in next(!self.waiting.is_empty()) {
            let loaded = &mut loaded[at(&row)];
            // The column after the place is the arrival.
            let logged = rows::logged(&row, 2)?;
            let body = stored_body(Some(row.get::<_, i32>(10) as u16), row.get(11));
            loaded.bodies.extend(body.map(|body| (logged.seq, body)));
            loaded.events.push(logged);
        }
        for row in next(!self.timers.is_empty()) {
            loaded[at(&row)].timer = Some(due(&row, 1));
        }
        Ok(next(!self.conversations.is_empty()))
    }
}

fn at(row: &Row) -> usize {
    row.get::<_, i32>(0) as usize
}

fn of_three<'a, T, V>(sql: &'static str, asked: &[(i32, Uuid, T)], third: impl Fn(&T) -> V) -> Option<Ask<'a>>
where
    Vec<V>: tokio_postgres::types::ToSql + Sync + Send + 'a,
{
    if asked.is_empty() {
        return None;
    }
    let (at, ids): (Vec<_>, Vec<_>) = asked.iter().map(|(at, id, _)| (*at, *id)).unzip();
    let thirds: Vec<V> = asked.iter().map(|(_, _, value)| third(value)).collect();
    Some(Ask::new(sql, values![at, ids, thirds]))
}
