//! Messages that nobody has received in time (contract, `undelivered_ttl`): they go, and their senders are told.
//!
//! One timer of a chat looks for the oldest that wait. A message sets it, unless it is set; it is due no later than any
//! that waits, for whatever it finds too young it comes back.

use hearken_core::event::{EventRef, Logged};
use hearken_core::ids::AccountId;
use hearken_core::{Draft, Kind};
use jiff::SignedDuration;

use super::dialogue::Pair;
use crate::stored::{Dialogue, Message, Tidings};
use crate::timestamp::Sent;

/// The timer.
pub const TIMER: &str = "undelivered";
/// How many a firing looks at: of more, the next one takes the rest.
const AT_ONCE: usize = 64;

/// What a firing looks at.
pub fn reads(key: &str) -> Vec<EventRef> {
    if key == TIMER { vec![EventRef::Waiting(AT_ONCE)] } else { Vec::new() }
}

/// After a message was kept: sees to it that it goes in time.
pub fn arm<K: Kind>(draft: &mut Draft<'_, '_, K>, ttl: Option<SignedDuration>) {
    let due = ttl.and_then(|ttl| draft.now().checked_add(ttl).ok());
    if let Some(due) = due {
        draft.set_timer_once(TIMER, due);
    }
}

/// The timer is due: takes back what has waited for as long as it may. Without a bound nothing goes.
pub fn expire<K: Kind<Event = Message>>(draft: &mut Draft<'_, '_, K>, ttl: Option<SignedDuration>) {
    let Some(ttl) = ttl else { return };
    let mut waiting: Vec<_> = draft.logged(&EventRef::Waiting(AT_ONCE)).collect();
    waiting.sort_unstable_by_key(|logged| logged.seq);
    waiting.truncate(AT_ONCE);
    let full = waiting.len() == AT_ONCE;
    let due = |logged: &Logged| logged.at.checked_add(ttl).ok();
    let (late, young): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|logged| due(logged).is_some_and(|due| due <= draft.now()));
    for logged in &late {
        draft.withdraw(logged);
        tell_author(draft, logged);
    }
    match young.iter().filter_map(due).min() {
        Some(next) => draft.set_timer(TIMER, next),
        None if full => draft.set_timer(TIMER, draft.now()),
        None => {}
    }
}

fn tell_author<K: Kind<Event = Message>>(draft: &mut Draft<'_, '_, K>, logged: &Logged) {
    let Some(author) = logged.author else { return };
    let kept = draft.body_of(logged).and_then(|body| body.get::<Message>());
    let sent = match kept {
        Some(Message::Text { sent, .. }) => Some(sent.clone()),
        // Its name is the same moment, if not in the same spelling.
        None => logged.key.as_ref().and_then(|name| name.parse().ok()).and_then(Sent::from_micros).map(plain),
    };
    let with = peer(draft, author);
    if let Some(sent) = sent {
        draft.notify(author, Tidings::Expired { sent, with });
    }
}

/// The other one of a personal chat.
fn peer<K: Kind>(draft: &Draft<'_, '_, K>, author: AccountId) -> Option<AccountId> {
    let key = draft.identity().key.as_deref().filter(|_| K::NAME == Dialogue::NAME)?;
    Pair::from_key(key, author).map(|pair| pair.peer)
}

fn plain(sent: Sent) -> String {
    sent.group_sent().to_string()
}
