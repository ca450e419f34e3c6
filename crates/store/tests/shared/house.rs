//! A core over a PostgreSQL, and a kind of conversation whose log says what its state must be.

use std::sync::Arc;

use hearken_core::account::Account;
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::clock::from_millis;
use hearken_core::event::EventRef;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::{
    At, CommitSettings, Core, Draft, Kind, NewAccount, NewEvent, Ports, Receipt, Registry, Reply, Running,
    Stored,
};
use hearken_store::{PostgresSettings, PostgresStore};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a ledger of something remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sum {
    /// Of everything that was put in and taken out.
    pub(crate) total: i64,
    /// How often a timer has rung.
    pub(crate) rung: u64,
}

/// What happens in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Entry {
    Put(i64),
    Rang(String),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Nothing;

macro_rules! stored {
    ($($name:ident),+) => {$(
        impl Stored for $name {
            const VERSION: u16 = 1;
        }
    )+};
}

stored!(Sum, Entry, Nothing);

/// Where sums are kept.
pub(crate) struct Purse;

impl Kind for Purse {
    const NAME: &'static str = "test.purse";
    const FORWARDS: bool = true;
    type State = Sum;
    type Event = Entry;
    type Signal = Nothing;

    fn on_timer(draft: &mut Draft<'_, '_, Self>, key: &str, _: Timestamp) {
        draft.state_mut().rung += 1;
        draft.record(NewEvent::new(Entry::Rang(key.to_owned())));
    }
}

/// Why a rule here refuses.
pub(crate) type No = &'static str;

/// One node.
pub(crate) struct House {
    pub(crate) core: Core,
    pub(crate) home: OrganisationId,
    running: Running,
}

impl House {
    pub(crate) async fn open(url: &str) -> Self {
        let store = PostgresStore::open(url, PostgresSettings::default()).await.expect("the store opens");
        let (ports, _) = Ports::system(Arc::new(store));
        let registry = Registry::default().with::<Purse>();
        let (core, running) =
            Core::start(ports, registry, CommitSettings::default()).await.expect("a core starts");
        let home = core.organisations().await.expect("the store reads")[0].id;
        Self { core, home, running }
    }

    pub(crate) async fn person(&self) -> Actor {
        let account = self.core.add_account(NewAccount::default()).await.expect("an account");
        self.actor(account)
    }

    pub(crate) fn actor(&self, account: Arc<Account>) -> Actor {
        let credential = Credential::OperatorToken { expires: from_millis(i64::MAX / 1_000_000) };
        Actor::Person(Person { account, sign_in: self.core.new_sign_in(), credential })
    }

    /// Which purse: by its name, opened with both in it where it is not.
    pub(crate) fn purse(&self, name: &str) -> At<Purse> {
        At::key(self.home, name.to_owned()).or_open(Sum::default())
    }

    /// Puts something in, under a name of the actor's; put in already, nothing happens. Answers whether it happened.
    pub(crate) fn put(
        &self,
        purse: &str,
        who: &Actor,
        pair: [AccountId; 2],
        name: String,
        amount: i64,
    ) -> Reply<bool, No> {
        let me = who.account().expect("a person");
        let which = EventRef::Named(me, name.clone().into());
        let at = self.purse(purse).reading(which.clone());
        self.core.update(who, at, move |draft| {
            if draft.logged(&which).next().is_some() {
                return Ok(false);
            }
            put(draft, pair, Some(name.clone()), amount);
            Ok(true)
        })
    }

    /// Says that the other one's event of this name has come.
    pub(crate) fn receive(
        &self,
        purse: &str,
        who: &Actor,
        other: AccountId,
        name: String,
    ) -> Reply<Receipt, No> {
        let me = who.account().expect("a person");
        let which = EventRef::Named(other, name.into());
        let at = self.purse(purse).reading(which.clone());
        self.core.update(who, at, move |draft| {
            let logged = draft.logged(&which).next().ok_or("no such event")?;
            Ok(draft.receive(&logged, me))
        })
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

/// Seats the two who share a purse, and puts something in that waits for the other.
pub(crate) fn put(draft: &mut Draft<'_, '_, Purse>, pair: [AccountId; 2], name: Option<String>, amount: i64) {
    for account in pair {
        if draft.member(account).is_none() {
            draft.join(account, "owner");
        }
    }
    draft.state_mut().total += amount;
    let others = pair.into_iter().filter(|account| Some(*account) != draft.actor().account());
    let event = NewEvent::new(Entry::Put(amount)).waiting_for(others);
    let event = match name {
        Some(name) => event.named(name.into(), amount),
        None => event,
    };
    draft.record(event);
}
