//! The timers that are due next.

use hearken_core::Registry;
use hearken_core::clock::from_millis;
use hearken_core::ids::ConversationId;
use hearken_core::node::Slices;
use hearken_core::store::{DueTimer, StoreError};

use super::link::{Ask, values};
use super::readers::Readers;
use super::rows::limit;

/// Those of known kinds in these slices, earliest first, at most `most`. The slice is reckoned as `Slices::of` does.
pub(super) async fn next(
    readers: &Readers,
    registry: &Registry,
    slices: &Slices,
    most: usize,
) -> Result<Vec<DueTimer>, StoreError> {
    let kinds: Vec<&str> = registry.names().collect();
    let numbers: Option<Vec<i32>> = (!slices.is_all()).then(|| slices.numbers().map(i32::from).collect());
    let ask = || {
        Ask::new(
            "select t.conversation, t.due, t.key, c.kind \
             from timers t, lateral (select kind from conversations c \
               where c.id = t.conversation and c.kind = any ($1) offset 0) c \
             where ($2::int4[] is null or get_byte(uuid_send(t.conversation), 5) \
               # get_byte(uuid_send(t.conversation), 15) = any ($2)) \
             order by t.due, t.conversation, t.key limit $3",
            values![kinds.clone(), numbers.clone(), limit(most)],
        )
    };
    let mut timers = Vec::new();
    for row in readers.ask(ask).await? {
        // Only those were asked for whose kind is known.
        if let Some(kind) = registry.name(row.get(3)) {
            let (conversation, due) = (ConversationId(row.get(0)), from_millis(row.get(1)));
            timers.push(DueTimer { due, conversation, key: row.get(2), kind });
        }
    }
    Ok(timers)
}
