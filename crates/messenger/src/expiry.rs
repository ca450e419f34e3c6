//! Bringing chats to a new `undelivered_ttl`: messages that were sent before it was set, or while it was longer, have
//! no timer that fits. The rule is [`crate::rules::expiry`].

use futures_util::future::join_all;
use hearken_core::actor::Actor;
use hearken_core::ids::ConversationId;
use hearken_core::store::{Changes, Record, RecordChange, RecordName, StoreError, Was};
use hearken_core::{At, Core, Kind, UpdateError};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::rules::expiry::TIMER;
use crate::stored::{Dialogue, Group, Room};

/// The record that says for which bound every chat has its timer.
const SPACE: &str = "messenger.undelivered";
const KEY: &str = "ttl";
/// How many chats are seen to at once.
const AT_ONCE: usize = 100;

/// As it is kept.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// In milliseconds; without one, messages wait for ever.
    ttl: Option<i64>,
}

/// Sees to it that every message that waits goes in time, if the bound is another than at the last start. What fails
/// is done at the next start.
pub async fn catch_up(core: &Core, ttl: Option<SignedDuration>) -> Result<(), StoreError> {
    let wanted = Kept { ttl: ttl.map(|ttl| i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)) };
    let name = RecordName::new(SPACE, KEY);
    let found = core.record(&name).await?;
    let kept = found.and_then(|found| serde_json::from_slice::<Kept>(&found.record.value).ok());
    let kept = kept.unwrap_or(Kept { ttl: None });
    if kept == wanted {
        return Ok(());
    }
    if ttl.is_some() {
        arm_all::<Dialogue>(core).await?;
        arm_all::<Group>(core).await?;
        arm_all::<Room>(core).await?;
    }
    let value = serde_json::to_vec(&wanted).unwrap_or_default();
    let record = Record { name, account: None, expires: None, value };
    let records = vec![RecordChange::Put(record, Was::Anything)];
    core.commit(Changes { records, ..Changes::default() }).await
}

/// The timer of every chat of this kind where something waits is due at once, and finds out itself when it is due next.
async fn arm_all<K: Kind>(core: &Core) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let chats = core.waiting_conversations(&[K::NAME], after, AT_ONCE).await?;
        let armed = join_all(chats.iter().map(|chat| arm::<K>(core, *chat))).await;
        armed.into_iter().collect::<Result<(), _>>()?;
        match chats.last() {
            Some(last) if chats.len() == AT_ONCE => after = Some(*last),
            _ => return Ok(()),
        }
    }
}

async fn arm<K: Kind>(core: &Core, chat: ConversationId) -> Result<(), StoreError> {
    let armed = core.update(&Actor::System("undelivered"), At::<K>::id(chat), |draft| {
        draft.set_timer(TIMER, draft.now());
        Ok::<_, std::convert::Infallible>(())
    });
    match armed.await {
        Ok(()) | Err(UpdateError::NotFound) => Ok(()),
        Err(_) => Err(StoreError::Unavailable("a chat's timer could not be set".into())),
    }
}
