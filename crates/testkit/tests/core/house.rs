//! A core with people in it, over any store, on a clock that a test moves.

use std::sync::Arc;

use hearken_core::account::Account;
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::bus::Bus;
use hearken_core::clock::{Clock, ManualClock, RunningClock, from_millis};
use hearken_core::event::EventRef;
use hearken_core::ids::{ConversationId, CountingIds, OrganisationId, Seq};
use hearken_core::memory::MemoryStore;
use hearken_core::node::Nodes;
use hearken_core::sms::KeptSms;
use hearken_core::store::{DEFAULT_ORGANISATION, Store, StoredEvent};
use hearken_core::{
    At, Beat, CommitSettings, Core, CoreSettings, Follow, Kind, NewAccount, NewEvent, Ports, Receipt,
    Registry, Reply, Running, Subscription, Target,
};
use jiff::Timestamp;

use crate::scene::{Board, KINDS, Memo, No, Note, Talk, id_of, said, within, words};

/// A core with what it stands on.
pub(crate) struct House {
    pub(crate) core: Core,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Arc<CountingIds>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) home: OrganisationId,
    /// Text messages that were sent.
    pub(crate) sms: Arc<KeptSms>,
    /// Another handle on its store, where that lives in memory.
    memory: Option<MemoryStore>,
    running: Running,
}

/// The moment at which every house opens.
pub(crate) fn opening() -> Timestamp {
    from_millis(1_750_000_000_000)
}

pub(crate) fn registry() -> Registry {
    Registry::default().with::<Talk>().with::<Board>()
}

impl House {
    /// A house over an empty store in memory.
    pub(crate) async fn open() -> Self {
        let memory = MemoryStore::new();
        let house = Self::over(Arc::new(memory.reopen())).await;
        Self { memory: Some(memory), ..house }
    }

    pub(crate) async fn over(store: Arc<dyn Store>) -> Self {
        Self::with(store, CommitSettings::default()).await
    }

    pub(crate) async fn with(store: Arc<dyn Store>, settings: CommitSettings) -> Self {
        let clock = Arc::new(ManualClock::new(opening()));
        Self::start(store, settings, clock.clone(), clock, Arc::default()).await
    }

    /// Stops the core and starts another on what it has left in memory.
    pub(crate) async fn restarted(self) -> Self {
        self.restarted_after(|| {}).await
    }

    /// The same, and something happens between the two.
    pub(crate) async fn restarted_after(mut self, between: impl FnOnce()) -> Self {
        let left = self.memory.take().expect("it lives in memory");
        let Self { clock, ids, running, .. } = self;
        running.stop().await;
        between();
        let settings = CommitSettings::default();
        let house = Self::start(Arc::new(left.reopen()), settings, clock.clone(), clock, ids).await;
        Self { memory: Some(left), ..house }
    }

    /// A house over what another has left, at the same time of day.
    pub(crate) async fn after(self, store: Arc<dyn Store>) -> Self {
        let Self { clock, ids, running, .. } = self;
        running.stop().await;
        Self::start(store, CommitSettings::default(), clock.clone(), clock, ids).await
    }

    /// A house whose product time runs with the machine's, which is the test's clock here, and can be moved.
    pub(crate) async fn on_a_running_clock(store: Arc<dyn Store>) -> (Self, Arc<RunningClock>) {
        let wall = Arc::new(ManualClock::new(opening()));
        let clock = Arc::new(RunningClock::new(wall.clone()));
        let settings = CommitSettings::default();
        (Self::start(store, settings, clock.clone(), wall, Arc::default()).await, clock)
    }

    async fn start(
        store: Arc<dyn Store>,
        settings: CommitSettings,
        product: Arc<dyn Clock>,
        clock: Arc<ManualClock>,
        ids: Arc<CountingIds>,
    ) -> Self {
        let sms = Arc::new(KeptSms::default());
        let ports = Ports {
            monotonic: clock.clone(),
            ids: ids.clone(),
            sms: sms.clone(),
            ..Ports::on(Arc::clone(&store), product, clock.clone())
        };
        let (core, running) = Core::start(ports, registry(), settings).await.expect("a core starts");
        let organisations = core.organisations().await.expect("the store reads");
        let home = organisations.iter().find(|organisation| organisation.name == DEFAULT_ORGANISATION);
        let home = home.expect("one exists from the start").id;
        Self { core, clock, ids, store, home, sms, memory: None, running }
    }

    /// One of several nodes on one store. It looks for what it has not heard when the test says so.
    pub(crate) async fn node(
        store: Arc<dyn Store>,
        nodes: Arc<dyn Nodes>,
        clock: Arc<ManualClock>,
        bus: Arc<dyn Bus>,
    ) -> Self {
        let sms = Arc::new(KeptSms::default());
        let ports = Ports {
            monotonic: clock.clone(),
            sms: sms.clone(),
            bus: Some(bus),
            nodes,
            ..Ports::on(Arc::clone(&store), clock.clone(), clock.clone())
        };
        let settings = CoreSettings { beat: Beat::Hand, ..CoreSettings::default() };
        let (core, running) = Core::start(ports, registry(), settings).await.expect("a core starts");
        let organisations = core.organisations().await.expect("the store reads");
        let home = organisations.first().expect("one exists from the start").id;
        Self { core, clock, ids: Arc::default(), store, home, sms, memory: None, running }
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// Somebody new at home, with one sign-in.
    pub(crate) async fn person(&self) -> Actor {
        self.newcomer(NewAccount::default()).await
    }

    pub(crate) async fn people<const N: usize>(&self) -> [Actor; N] {
        let new = vec![NewAccount::default(); N];
        let accounts = self.core.add_accounts(new).await.expect("people can be added");
        std::array::from_fn(|n| self.sign_in(Arc::clone(&accounts[n])))
    }

    pub(crate) async fn newcomer(&self, new: NewAccount) -> Actor {
        let account = self.core.add_account(new).await.expect("people can be added");
        self.sign_in(account)
    }

    pub(crate) fn sign_in(&self, account: Arc<Account>) -> Actor {
        let credential = Credential::OperatorToken { expires: from_millis(i64::MAX / 2) };
        Person { account, sign_in: self.core.new_sign_in(), credential }.into()
    }

    /// What the clock of the test shows.
    pub(crate) fn now(&self) -> Timestamp {
        Clock::now(&*self.clock)
    }

    /// Opens a conversation of kind `K` under this key, with these people in it.
    pub(crate) async fn room<K: Kind<State = Memo>>(&self, key: &str, people: &[&Actor]) -> ConversationId {
        let people: Vec<_> = people.iter().map(|person| id_of(person)).collect();
        let at = At::<K>::key(self.home, key).or_open(Memo::default());
        let opened = self.core.update(&Actor::System("test"), at, move |draft| {
            for person in &people {
                draft.join(*person, "member");
            }
            Ok::<_, No>(draft.identity().id)
        });
        within(opened).await.expect("a conversation opens")
    }

    /// Says something in a talk, to wait for all others who are in.
    pub(crate) fn say(&self, who: &Actor, room: ConversationId, words: &str) -> Reply<Seq, No> {
        let words = words.to_owned();
        self.core.update(who, At::<Talk>::id(room), move |draft| Ok(draft.record(said(draft, &words))))
    }

    /// Says something under a name; a repeat under the same name is answered with the first one's place.
    pub(crate) fn say_once(
        &self,
        who: &Actor,
        room: ConversationId,
        name: &str,
        words: &str,
    ) -> Reply<Seq, No> {
        let (name, words) = (name.to_owned(), words.to_owned());
        let which = EventRef::Named(id_of(who), name.clone().into());
        self.core.update(who, At::<Talk>::id(room).reading(which.clone()), move |draft| {
            let earlier = draft.logged(&which).next();
            match earlier {
                Some(logged) if logged.digest == Some(words.len() as i64) => Ok(logged.seq),
                Some(_) => Err("the name is another event's"),
                None => Ok(draft.record(said(draft, &words).named(name.clone().into(), words.len() as i64))),
            }
        })
    }

    /// Notes that somebody has received the event at a place.
    pub(crate) fn receive(&self, who: &Actor, room: ConversationId, seq: Seq) -> Reply<Receipt, No> {
        let (me, which) = (id_of(who), EventRef::Seq(seq));
        self.core.update(who, At::<Talk>::id(room).reading(which.clone()), move |draft| {
            let logged = draft.logged(&which).next().ok_or("there is no such event")?;
            Ok(draft.receive(&logged, me))
        })
    }

    /// Takes back the event at a place.
    pub(crate) fn withdraw<K: Kind>(&self, who: &Actor, room: ConversationId, seq: Seq) -> Reply<(), No> {
        let which = EventRef::Seq(seq);
        self.core.update(who, At::<K>::id(room).reading(which.clone()), move |draft| {
            let logged = draft.logged(&which).next().ok_or("there is no such event")?;
            draft.withdraw(&logged);
            Ok(())
        })
    }

    pub(crate) fn join<K: Kind>(&self, who: &Actor, room: ConversationId) -> Reply<bool, No> {
        let me = id_of(who);
        let system = Actor::System("test");
        self.core.update(&system, At::<K>::id(room), move |draft| Ok(draft.join(me, "member")))
    }

    pub(crate) fn leave<K: Kind>(&self, who: &Actor, room: ConversationId) -> Reply<bool, No> {
        let me = id_of(who);
        self.core.update(&Actor::System("test"), At::<K>::id(room), move |draft| Ok(draft.leave(me)))
    }

    /// Who each event waits for, in order of the log: their slots, or nothing where nothing ever waited.
    pub(crate) async fn pending(&self, room: ConversationId) -> Vec<(Seq, Option<Vec<u8>>)> {
        let target = Target::Id(room);
        let found = self.store.conversation(&registry(), &target).await.expect("the store reads");
        let found = found.expect("the room is there");
        let events = self.store.events(&found, 0, Seq::MAX, 100_000).await.expect("the store reads");
        let slots = |stored: &StoredEvent| stored.pending.map(|pending| pending.iter().collect());
        events.iter().map(|stored| (stored.event.seq, slots(stored))).collect()
    }

    /// Waits until so many rules are queued.
    pub(crate) async fn queued(&self, count: usize) {
        while self.core.queue_depth() < count {
            tokio::task::yield_now().await;
        }
    }

    /// Sets a timer, or moves it.
    pub(crate) fn set_timer(&self, board: ConversationId, key: &str, due: Timestamp) -> Reply<(), No> {
        let key = key.to_owned();
        self.core.update(&Actor::System("test"), At::<Board>::id(board), move |draft| {
            draft.set_timer(&key, due);
            Ok(())
        })
    }

    pub(crate) fn cancel_timer(&self, board: ConversationId, key: &str) -> Reply<(), No> {
        let key = key.to_owned();
        self.core.update(&Actor::System("test"), At::<Board>::id(board), move |draft| {
            draft.cancel_timer(&key);
            Ok(())
        })
    }

    /// Writes on a board, for all who are in.
    pub(crate) fn write(&self, who: &Actor, room: ConversationId, words: &str) -> Reply<Seq, No> {
        let words = words.to_owned();
        self.core.update(who, At::<Board>::id(room), move |draft| {
            Ok(draft.record(NewEvent::new(Note::Said(words.clone()))))
        })
    }

    /// Follows all of somebody's own conversations.
    pub(crate) async fn follow_mine(&self, who: &Actor) -> Subscription {
        self.follow(who, &[Follow::Mine(KINDS)]).await
    }

    pub(crate) async fn follow(&self, who: &Actor, follow: &[Follow]) -> Subscription {
        within(self.core.subscribe(who, follow)).await.expect("people can follow")
    }

    /// The whole log as the server sees it: place and words; nothing where the body is gone.
    pub(crate) async fn log(&self, room: ConversationId) -> Vec<(Seq, Option<String>)> {
        let (events, _) =
            self.core.read(&Actor::System("test"), room, 0, 100_000).await.expect("it can be read");
        events.iter().map(|event| (event.seq, words(event))).collect()
    }
}
