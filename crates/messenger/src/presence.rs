//! Who is there (contract, `/chat/info`): whoever has a receive socket open, unless he says that he is away; and when
//! he was there last, which outlives a restart.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use hearken_core::Core;
use hearken_core::clock::from_millis;
use hearken_core::ids::AccountId;
use hearken_core::store::{Changes, Record, RecordChange, RecordName, StoreError, Was};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// The space of its records; the key is the account.
pub(crate) const SPACE: &str = "messenger.presence";
/// How many people are remembered who have gone: until what was written of them can be read back, and longer.
const REMEMBERED: usize = 10_000;

/// Who is there.
#[derive(Clone)]
pub struct Presence {
    core: Core,
    people: Arc<Mutex<HashMap<AccountId, Here>>>,
}

/// Somebody who is there, or was a moment ago.
struct Here {
    sockets: usize,
    /// Whether he has said that he is away.
    away: bool,
    /// When he was there last, if he is there no more.
    last: Timestamp,
}

impl Here {
    fn is_active(&self) -> bool {
        self.sockets > 0 && !self.away
    }
}

/// Whether somebody is there, and when he was last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Whether he is there.
    pub active: bool,
    /// When he was last; never, as far as is known.
    pub last_active: Option<Timestamp>,
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// In milliseconds since the epoch, product time.
    last_active: i64,
}

/// An open receive socket; whoever drops the last of a person's says that he has gone.
pub struct Connected {
    presence: Presence,
    account: AccountId,
}

impl Presence {
    /// Nobody is there yet.
    pub fn new(core: &Core) -> Self {
        Self { core: core.clone(), people: Arc::default() }
    }

    /// Somebody opens a receive socket. Whoever was away is back with that.
    pub fn connect(&self, account: AccountId) -> Connected {
        let now = self.core.now();
        let was_active = {
            let mut people = self.people.lock();
            let here = people.entry(account).or_insert(Here { sockets: 0, away: false, last: now });
            let was_active = here.is_active();
            here.sockets += 1;
            (here.away, here.last) = (false, now);
            was_active
        };
        // If the server is killed, this is the last that is known of him.
        if !was_active {
            self.write(account, now);
        }
        Connected { presence: self.clone(), account }
    }

    fn disconnect(&self, account: AccountId) {
        let now = self.core.now();
        let mut people = self.people.lock();
        let Some(here) = people.get_mut(&account) else { return };
        let was_active = here.is_active();
        here.sockets -= 1;
        let gone = was_active && here.sockets == 0;
        if gone {
            here.last = now;
        }
        forget_some(&mut people);
        drop(people);
        if gone {
            self.write(account, now);
        }
    }

    /// Somebody says that he is there, or away. He is there only with a socket.
    pub fn say(&self, account: AccountId, active: bool) -> Seen {
        let now = self.core.now();
        let mut people = self.people.lock();
        let here = people.entry(account).or_insert(Here { sockets: 0, away: false, last: now });
        (here.away, here.last) = (!active, now);
        let seen = Seen { active: here.is_active(), last_active: Some(now) };
        forget_some(&mut people);
        drop(people);
        self.write(account, now);
        seen
    }

    /// Whether somebody is there.
    pub async fn of(&self, account: AccountId) -> Result<Seen, StoreError> {
        let at_hand = self.people.lock().get(&account).map(|here| (here.is_active(), here.last));
        match at_hand {
            Some((true, _)) => Ok(Seen { active: true, last_active: Some(self.core.now()) }),
            Some((false, last)) => Ok(Seen { active: false, last_active: Some(last) }),
            None => Ok(Seen { active: false, last_active: self.read(account).await? }),
        }
    }

    async fn read(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let found = self.core.record(&name(account)).await?;
        let kept = found.and_then(|found| serde_json::from_slice::<Kept>(&found.record.value).ok());
        Ok(kept.map(|kept| from_millis(kept.last_active)))
    }

    /// Queues it to be kept, and waits for nothing: sockets close here. When the server has more to do than it can take,
    /// an older time is kept; of somebody who is being erased, nothing.
    fn write(&self, account: AccountId, last_active: Timestamp) {
        if self.core.account_at_hand(account).is_none_or(|account| account.disabled) {
            return;
        }
        let value =
            serde_json::to_vec(&Kept { last_active: last_active.as_millisecond() }).unwrap_or_default();
        let record = Record { name: name(account), account: Some(account), expires: None, value };
        let records = vec![RecordChange::Put(record, Was::Anything)];
        // Polled once, it is queued; what becomes of it nobody waits for.
        let _ = self.core.commit(Changes { records, ..Changes::default() }).now_or_never();
    }
}

/// Forgets those who have gone, once they are many: what was written of them can be read by then.
fn forget_some(people: &mut HashMap<AccountId, Here>) {
    if people.len() > REMEMBERED {
        people.retain(|_, here| here.sockets > 0);
    }
}

fn name(account: AccountId) -> RecordName {
    RecordName::new(SPACE, account.to_string())
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.presence.disconnect(self.account);
    }
}
