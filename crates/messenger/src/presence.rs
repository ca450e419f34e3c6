//! Who is there (contract, `/chat/info`): whoever has a receive socket open, unless he says that he is away; and when
//! he was there last, which outlives a restart.
//!
//! A server that has the store to itself knows by heart who is there. Among several nodes the store knows: a line for each
//! person at each node, and in his record what he has said last, at whichever node.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::try_join_all;
use hearken_core::Core;
use hearken_core::clock::from_millis;
use hearken_core::ids::AccountId;
use hearken_core::node::{Connection, LineKind, LostLine, Standing, Whose};
use hearken_core::store::{
    AccountRef, Changes, KeptRecord, Record, RecordChange, RecordName, StoreError, Was,
};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// The space of its records; the key is the account.
const SPACE: &str = "messenger.presence";
/// The lines of those who have a receive socket open.
pub(crate) const LINE: LineKind = "messenger.receive";
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
    /// When he was there last, if he is there no more; else when he came, or said something of it, last.
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
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Kept {
    /// In milliseconds since the epoch, product time.
    last_active: i64,
    /// Whether he has said that he is away, since he came last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    away: bool,
}

/// An open receive socket; whoever drops the last of a person's says that he has gone.
pub struct Connected {
    presence: Presence,
    account: AccountId,
    _line: Connection,
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
        // If the server is killed, this is the last that is known of him. Other nodes may know that he is away.
        if !was_active || self.core.shares_its_store() {
            self.write(account, Kept { last_active: now.as_millisecond(), away: false });
        }
        let line = self.core.connect(account, LINE);
        Connected { presence: self.clone(), account, _line: line }
    }

    fn disconnect(&self, account: AccountId) {
        let now = self.core.now();
        let mut people = self.people.lock();
        let Some(here) = people.get_mut(&account) else { return };
        let was_active = here.is_active();
        here.sockets -= 1;
        // Among others it is written once his last line has gone, wherever that is.
        let gone = was_active && here.sockets == 0 && !self.core.shares_its_store();
        if gone {
            here.last = now;
        }
        forget_some(&mut people);
        drop(people);
        if gone {
            self.write(account, Kept { last_active: now.as_millisecond(), away: false });
        }
    }

    /// Somebody says that he is there, or away. He is there only with a socket.
    pub async fn say(&self, account: AccountId, active: bool) -> Result<Seen, StoreError> {
        let now = self.core.now();
        let is_active = {
            let mut people = self.people.lock();
            let here = people.entry(account).or_insert(Here { sockets: 0, away: false, last: now });
            (here.away, here.last) = (!active, now);
            let is_active = here.is_active();
            forget_some(&mut people);
            is_active
        };
        let kept = Kept { last_active: now.as_millisecond(), away: !active };
        if !self.core.shares_its_store() {
            self.write(account, kept);
            return Ok(Seen { active: is_active, last_active: Some(now) });
        }
        // Whoever is asked next may be another node.
        self.core.commit(changes(account, kept, Was::Anything)).await?;
        let standing = self.core.connected(LINE, &[account]).await?;
        Ok(Seen { active: active && standing.first() == Some(&Standing::Open), last_active: Some(now) })
    }

    /// Whether these people are there, in the order asked.
    pub async fn of(&self, accounts: &[AccountId]) -> Result<Vec<Seen>, StoreError> {
        if self.core.shares_its_store() {
            let standing = self.core.connected(LINE, accounts).await?;
            let people = accounts.iter().zip(standing);
            return try_join_all(people.map(|(account, standing)| self.among_others(*account, standing)))
                .await;
        }
        try_join_all(accounts.iter().map(|account| self.by_heart(*account))).await
    }

    async fn by_heart(&self, account: AccountId) -> Result<Seen, StoreError> {
        let at_hand = self.people.lock().get(&account).map(|here| (here.is_active(), here.last));
        match at_hand {
            Some((true, _)) => Ok(Seen { active: true, last_active: Some(self.core.now()) }),
            Some((false, last)) => Ok(Seen { active: false, last_active: Some(last) }),
            None => {
                let kept = read(&self.core, account).await?.1;
                Ok(Seen { active: false, last_active: kept.map(|kept| from_millis(kept.last_active)) })
            }
        }
    }

    async fn among_others(&self, account: AccountId, standing: Standing) -> Result<Seen, StoreError> {
        let kept = read(&self.core, account).await?.1;
        let here = self.people.lock().get(&account).map(|here| (here.last.as_millisecond(), here.away));
        // What was said here last may be on its way to the store.
        let (last, away) = match (kept, here) {
            (Some(kept), Some((last, away))) if kept.last_active < last => (Some(last), away),
            (Some(kept), _) => (Some(kept.last_active), kept.away),
            (None, here) => (here.map(|(last, _)| last), here.is_some_and(|(_, away)| away)),
        };
        // One who is just going counts as there until it is written when he was last.
        let active = standing != Standing::Away && !away;
        let last_active = if active { Some(self.core.now()) } else { last.map(from_millis) };
        Ok(Seen { active, last_active })
    }

    /// Queues it to be kept, and waits for nothing: sockets close here. When the server has more to do than it can take,
    /// an older time is kept; of somebody who is being erased, nothing.
    fn write(&self, account: AccountId, kept: Kept) {
        if self.core.account_at_hand(account).is_none_or(|account| account.disabled) {
            return;
        }
        // Polled once, it is queued; what becomes of it nobody waits for.
        let _ = self.core.commit(changes(account, kept, Was::Anything)).now_or_never();
    }
}

/// Somebody's last receive socket among several nodes is gone: keeps when he was there last. Whoever has said before that
/// he is away was there last when he said it.
pub(crate) async fn gone(core: Core, lost: LostLine) -> Result<(), StoreError> {
    let Whose::One(account) = lost.whose else { return Ok(()) };
    let found = if core.shares_its_store() { core.account(&AccountRef::Id(account)).await? } else { None };
    if found.is_none_or(|account| account.disabled) {
        return Ok(());
    }
    let ago = SignedDuration::try_from(lost.ago).unwrap_or_default();
    let last_active = core.now().checked_sub(ago).unwrap_or(Timestamp::MIN).as_millisecond();
    loop {
        let (found, kept) = read(&core, account).await?;
        if kept.is_some_and(|kept| kept.away || kept.last_active >= last_active) {
            return Ok(());
        }
        let kept = Kept { last_active, away: false };
        match core.commit(changes(account, kept, Was::seen(found.as_ref()))).await {
            // He has just said something of it, here or elsewhere.
            Err(StoreError::Conflict) => {}
            written => return written,
        }
    }
}

async fn read(core: &Core, account: AccountId) -> Result<(Option<KeptRecord>, Option<Kept>), StoreError> {
    let found = core.record(&name(account)).await?;
    let kept = found.as_ref().and_then(|found| serde_json::from_slice(&found.record.value).ok());
    Ok((found, kept))
}

fn changes(account: AccountId, kept: Kept, was: Was) -> Changes {
    let value = serde_json::to_vec(&kept).unwrap_or_default();
    let record = Record { name: name(account), account: Some(account), expires: None, value };
    Changes { records: vec![RecordChange::Put(record, was)], ..Changes::default() }
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
