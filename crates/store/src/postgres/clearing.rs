//! Whoever leaves a conversation leaves every pending set in it. There may be very many of those: so a commit takes him
//! out of the first, and notes what is left to be done; that is done a part at a time between later commits, by
//! whichever node gets to it. Until then his bits are stale, and every statement that reads a set says which are (see
//! `rows::stale`).

use hearken_core::store::ClearedSlot;

use super::link::{Ask, values};
use super::rows::place;

/// Takes a slot out of a pending set, and the body away with the last.
macro_rules! without_slot {
    ($slot:literal) => {
        concat!(
            "set pending = rtrim(set_bit(e.pending, ",
            $slot,
            ", 0), '\\x00'), body = case when \
             rtrim(set_bit(e.pending, ",
            $slot,
            ", 0), '\\x00') = '' then null else e.body end"
        )
    };
}

/// Whether an event's set holds a slot.
macro_rules! holds_slot {
    ($slot:literal) => {
        concat!(
            "case when octet_length(e.pending) > ",
            $slot,
            " / 8 then get_bit(e.pending, ",
            $slot,
            ") = 1 else false end"
        )
    };
}

/// Takes a slot out of the first of its sets, and notes what is left to be done.
const BEGIN: &str = concat!(
    "with part as materialized (select e.arrival, e.seq from events e where e.conversation = $1 and e.seq <= $3 \
     order by e.seq limit 2000), done as (update events e ",
    without_slot!("$2::int4"),
    " from part p where e.arrival = p.arrival and ",
    holds_slot!("$2::int4"),
    ") insert into clearings (conversation, slot, upto, reached) select $1, $2::int4, $3, max(p.seq) from part p \
     having count(*) = 2000 on conflict (conversation, slot, upto) do update set reached = excluded.reached"
);

/// Does the next part of what is left; says whether there was any.
const GO_ON: &str = concat!(
    "with next as materialized (select conversation, slot::int4 slot, upto, reached from clearings \
     order by conversation, slot, upto limit 1 for update skip locked), \
     part as materialized (select p.arrival, p.seq from next n cross join lateral (select e.arrival, e.seq \
     from events e where e.conversation = n.conversation and e.seq > n.reached and e.seq <= n.upto order by e.seq \
     limit 2000) p), done as (update events e ",
    without_slot!("n.slot"),
    " from part p, next n where e.arrival = p.arrival and ",
    holds_slot!("n.slot"),
    "), moved as (update clearings c set reached = (select max(seq) from part) from next n \
     where c.conversation = n.conversation and c.slot = n.slot and c.upto = n.upto \
     and (select count(*) from part) = 2000), gone as (delete from clearings c using next n \
     where c.conversation = n.conversation and c.slot = n.slot and c.upto = n.upto \
     and (select count(*) from part) < 2000) select 1 from next"
);

pub(super) fn begin<'a>(cleared: &ClearedSlot) -> Ask<'a> {
    Ask::new(BEGIN, values![cleared.conversation.0, i32::from(cleared.slot), place(cleared.upto)])
}

pub(super) fn go_on() -> Ask<'static> {
    Ask::plain(GO_ON)
}
