//! The core as everybody holds it: a cheap handle with a method for each thing that can be asked.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::RwLock;

use crate::account::{Account, Phone};
use crate::actor::Actor;
use crate::body::Body;
use crate::bus::wire::Tidings;
use crate::clock::{Clock, Monotonic, RunningClock, Wall};
use crate::commit::{
    Answer, CommitQueue, CommitStats, Drafts, Job, NotTaken, Place, Reply, Request, Update, UpdateMany,
};
use crate::conversation::{Conversation, Draft, Kind, Registry, Target};
use crate::directory::Directory;
use crate::event::{Event, EventRef};
use crate::hub::{Ended, Follow, Follower, Hub, Subscription, Topic};
use crate::ids::{AccountId, ConversationId, Ids, OrganisationId, Seq, SignInId};
use crate::inbox::Inbox;
use crate::issuer::Issuers;
use crate::keys::KeyReads;
use crate::link::Link;
use crate::node::{Lines, Nodes, Share};
use crate::notice::{HandedOver, Handing, Notice};
use crate::sign_in::{Guesses, Hasher, Pepper, Revoked, SignInSettings};
use crate::sms::SmsSender;
use crate::store::{AccountRef, Changes, Find, IndexEntry, Store, StoreError};
use crate::timer::Timers;
use crate::token::Keys;
use crate::visibility::{Viewer, sees_event};

/// The core. Clones share everything.
#[derive(Clone)]
pub struct Core(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) queue: CommitQueue,
    pub(crate) hub: Arc<Hub>,
    /// What ties it to other nodes, where there may be any.
    pub(crate) link: Option<Arc<Link>>,
    pub(crate) handed: Arc<HandedOver>,
    pub(crate) directory: Directory,
    pub(crate) timers: Arc<Timers>,
    pub(crate) nodes: Arc<dyn Nodes>,
    pub(crate) share: Arc<Share>,
    pub(crate) lines: Lines,
    pub(crate) keys: RwLock<Arc<Keys>>,
    pub(crate) key_reads: KeyReads,
    pub(crate) sign_in: SignInSettings,
    pub(crate) pepper: RwLock<Pepper>,
    pub(crate) passwords: Hasher,
    pub(crate) guesses: Guesses,
    pub(crate) revoked: Revoked,
    pub(crate) sms: Arc<dyn SmsSender>,
    pub(crate) issuers: Arc<dyn Issuers>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wall: Arc<dyn Wall>,
    pub(crate) monotonic: Arc<dyn Monotonic>,
    pub(crate) ids: Arc<dyn Ids>,
}

/// Which conversation of kind `K` an update is about, and what its rule reads of the log.
pub struct At<K: Kind> {
    place: Place,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> At<K> {
    /// The conversation with this identifier.
    pub fn id(id: ConversationId) -> Self {
        Self::target(Target::Id(id))
    }

    /// The conversation with this natural key.
    pub fn key(organisation: OrganisationId, key: impl Into<Arc<str>>) -> Self {
        Self::target(Target::Key { kind: K::NAME, organisation, key: key.into() })
    }

    /// If it does not exist, it is opened with this state; `Draft::is_new` tells the rule.
    #[must_use]
    pub fn or_open(mut self, state: K::State) -> Self {
        self.place.initial = Some(Body::of(state));
        self
    }

    /// The rule looks at this event, or these.
    #[must_use]
    pub fn reading(mut self, which: EventRef) -> Self {
        self.place.events.push(which);
        self
    }

    fn target(target: Target) -> Self {
        let place = Place { target, kind: Some(K::NAME), events: Vec::new(), timer: None, initial: None };
        Self { place, kind: PhantomData }
    }
}

/// Conversations of any kinds, for an update of several at once.
#[derive(Default)]
pub struct AtMany {
    places: Vec<Place>,
}

impl AtMany {
    /// Adds one; the rule finds it at the index of its adding.
    #[must_use]
    pub fn and<K: Kind>(mut self, at: At<K>) -> Self {
        self.places.push(at.place);
        self
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no such thing, or it is not the actor's to see.
    #[error("there is no such conversation")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Core {
    /// Tells other nodes, where there may be any, what has happened to people.
    pub(crate) fn tell(&self, tidings: Tidings) {
        if let Some(link) = &self.0.link {
            link.tell(tidings);
        }
    }

    /// Product time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The machine's own date.
    pub fn wall(&self) -> Timestamp {
        self.0.wall.now()
    }

    /// Time that only goes forward, since the core was made.
    pub fn elapsed(&self) -> Duration {
        self.0.monotonic.elapsed()
    }

    /// Runs a rule on one conversation. The rule is queued at once, in the order of the calls; awaiting the reply
    /// waits until what it did is on stable storage. A rule must be a pure function of its draft: it may be run
    /// again.
    pub fn update<K, R, E, F>(&self, actor: &Actor, at: At<K>, rule: F) -> Reply<R, E>
    where
        K: Kind,
        R: Send + 'static,
        E: Send + 'static,
        F: FnMut(&mut Draft<'_, '_, K>) -> Result<R, E> + Send + 'static,
    {
        let (job, reply) = Update::job(actor.clone(), at.place, rule);
        self.offer(job, reply)
    }

    /// Runs a rule over several conversations, all or none.
    pub fn update_many<R, E, F>(&self, actor: &Actor, at: AtMany, rule: F) -> Reply<R, E>
    where
        R: Send + 'static,
        E: Send + 'static,
        F: FnMut(&mut Drafts<'_, '_>) -> Result<R, E> + Send + 'static,
    {
        self.update_many_with(actor, at, Changes::default(), rule)
    }

    /// The same, and these changes beside conversations in the same commit, if the rule accepts.
    pub fn update_many_with<R, E, F>(
        &self,
        actor: &Actor,
        at: AtMany,
        changes: Changes,
        rule: F,
    ) -> Reply<R, E>
    where
        R: Send + 'static,
        E: Send + 'static,
        F: FnMut(&mut Drafts<'_, '_>) -> Result<R, E> + Send + 'static,
    {
        let (job, reply) = UpdateMany::job(actor.clone(), at.places, changes, rule);
        self.offer(job, reply)
    }

    fn offer<R, E>(&self, job: Box<dyn Job>, reply: Reply<R, E>) -> Reply<R, E> {
        match self.0.queue.offer(job) {
            Ok(()) => reply,
            Err(NotTaken::Busy) => Reply(Answer::Busy),
            Err(NotTaken::Stopped) => Reply(Answer::Stopped),
        }
    }

    /// A conversation as it stands, if the actor is or was a member, or the server itself asks.
    pub async fn conversation(&self, actor: &Actor, target: &Target) -> Result<Conversation, ReadError> {
        let found = self.0.store.conversation(&self.0.registry, target).await?;
        let conversation = found.ok_or(ReadError::NotFound)?;
        let Actor::Person(person) = actor else { return Ok(conversation) };
        let account = &person.account;
        let ours = conversation.identity.organisation == account.organisation_id;
        let member = conversation.members.iter().any(|member| member.account == account.id);
        if ours && member { Ok(conversation) } else { Err(ReadError::NotFound) }
    }

    /// The conversations of these kinds that the actor is in, in order of their identifiers, those after `after`, at most
    /// `limit`.
    pub async fn conversations_of(
        &self,
        actor: &Actor,
        kinds: &[&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<Conversation>, ReadError> {
        let account = actor.account().ok_or(ReadError::NotFound)?;
        Ok(self.0.store.conversations_of(account, kinds, after, limit).await?)
    }

    /// The conversations of these kinds in which something waits for anybody, for the server's own work: in order of
    /// their identifiers, those after `after`, at most `limit`.
    pub async fn waiting_conversations(
        &self,
        kinds: &[&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        self.0.store.waiting_conversations(kinds, after, limit).await
    }

    /// Events of a conversation after `after`, in order, at most `limit` looked at, those the actor may see. The
    /// second value is the place to go on from: it counts those he may not see, so it is always safe to use.
    pub async fn read(
        &self,
        actor: &Actor,
        id: ConversationId,
        after: Seq,
        limit: usize,
    ) -> Result<(Vec<Arc<Event>>, Seq), ReadError> {
        let found = self.0.store.conversation(&self.0.registry, &Target::Id(id)).await?;
        let conversation = found.ok_or(ReadError::NotFound)?;
        let last = conversation.header.last_seq;
        let stored = self.0.store.events(&conversation, after, last, limit).await?;
        // A place past the log stays where it is: what will come there has not been seen.
        let upto =
            if stored.len() < limit { last.max(after) } else { stored.last().map_or(after, |e| e.event.seq) };
        let gone = &self.0.hub.gone;
        let events =
            stored.into_iter().map(|stored| stored.event).filter(|event| !gone.has_author(event.author));
        let Actor::Person(person) = actor else { return Ok((events.collect(), upto)) };
        let viewer = viewer(&person.account);
        let organisation = conversation.identity.organisation;
        if organisation != viewer.organisation {
            return Err(ReadError::NotFound);
        }
        let membership = conversation.members.iter().find(|member| member.account == viewer.account);
        let seen =
            events.filter(|event| sees_event(&viewer, organisation, membership, &event.audience, event.seq));
        Ok((seen.collect(), upto))
    }

    /// Follows; see [`Follow`]. Nothing that is committed after the call is missed.
    pub async fn subscribe(&self, actor: &Actor, follow: &[Follow]) -> Result<Subscription, ReadError> {
        let Actor::Person(person) = actor else { return Err(ReadError::NotFound) };
        let account = &person.account;
        let mut topics = vec![Topic::Account(account.id)];
        let mut kinds = Vec::new();
        for follow in follow {
            match follow {
                Follow::Mine(mine) => kinds.extend_from_slice(mine),
                Follow::Conversation(id, _) => topics.push(Topic::Conversation(*id)),
                Follow::Role(kind, role) if account.roles.contains(role) => {
                    topics.push(Topic::Role(account.organisation_id, kind, *role));
                }
                Follow::Role(..) => return Err(ReadError::NotFound),
            }
        }
        let follower = Arc::new(Follower::new(Arc::clone(account), person.sign_in, kinds));
        let (hub, store) = (Arc::clone(&self.0.hub), Arc::clone(&self.0.store));
        let subscription = Subscription::open(hub, store, Arc::clone(&self.0.registry), follower, topics);
        for follow in follow {
            if let Follow::Conversation(id, after) = follow {
                let last = self.last_seq(account.organisation_id, *id).await?;
                subscription.follower().begin(*id, *after, last);
            }
        }
        // A sign-in that ended while this was being set up, or an account that went, must leave no socket that lives on.
        let account = self.0.directory.find(&AccountRef::Id(account.id)).await?;
        let holds = account.is_some_and(|account| !account.disabled);
        if !holds || self.0.revoked.contains(person.sign_in) {
            subscription.follower().end(Ended::SignedOut);
        }
        Ok(subscription)
    }

    /// How far the log of one of an organisation's conversations goes.
    async fn last_seq(&self, organisation: OrganisationId, id: ConversationId) -> Result<Seq, ReadError> {
        let found = self.0.store.conversation(&self.0.registry, &Target::Id(id)).await?;
        let ours = found.filter(|conversation| conversation.identity.organisation == organisation);
        ours.map(|conversation| conversation.header.last_seq).ok_or(ReadError::NotFound)
    }

    /// What waits for the actor in conversations of these kinds.
    pub async fn inbox(&self, actor: &Actor, kinds: &[&'static str]) -> Result<Inbox, ReadError> {
        let account = actor.account().ok_or(ReadError::NotFound)?;
        let (store, registry) = (Arc::clone(&self.0.store), Arc::clone(&self.0.registry));
        Ok(Inbox::open(store, registry, &self.0.queue, Arc::clone(&self.0.hub.gone), account, kinds).await?)
    }

    /// The notices from conversations of these kinds that are kept for the actor, in order of arrival, those after the
    /// place `after` (0 is before all of them), at most `limit` looked at; without those that have just been handed over.
    /// The second value is the place to go on from, if there may be more.
    pub async fn notices(
        &self,
        actor: &Actor,
        kinds: &[&'static str],
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Arc<Notice>>, Option<u64>), ReadError> {
        let account = actor.account().ok_or(ReadError::NotFound)?;
        let kept = self.0.store.notices(account, kinds, after, limit).await?;
        let next = kept.last().filter(|_| kept.len() == limit).map(|last| last.place);
        let ours = |notice: &Arc<Notice>| Some(notice.conversation.organisation) == actor.organisation();
        let kept = kept.into_iter().map(|kept| kept.notice);
        let untold = kept.filter(|notice| ours(notice) && !self.0.handed.knows(notice.id));
        Ok((untold.collect(), next))
    }

    /// Says that a notice is about to be shown to its person, and takes it away; `false` when it has been handed over
    /// already, and is not to be shown. Nobody waits for the store: after a crash it may be handed over again.
    pub fn hand_over(&self, notice: &Notice, handing: Handing) -> bool {
        if !notice.kept {
            return true;
        }
        let noted = self.0.handed.note(notice.id, handing);
        if noted.asks && !self.0.queue.offer_passed() {
            self.0.handed.not_asked();
        }
        noted.shows
    }

    /// Index rows. A door checks for itself what its index tells to whom.
    pub async fn find(&self, find: &Find) -> Result<Vec<IndexEntry>, StoreError> {
        self.0.store.find(find).await
    }

    /// The same rows, those after the first `skip` of them, and how many there are in all, whatever the limit.
    pub async fn find_page(&self, find: &Find, skip: u64) -> Result<(Vec<IndexEntry>, u64), StoreError> {
        self.0.store.find_page(find, skip).await
    }

    /// An account.
    pub async fn account(&self, which: &AccountRef) -> Result<Option<Arc<Account>>, StoreError> {
        self.0.directory.find(which).await
    }

    /// An account, if it is at hand: for the hot path, which asks the other way when it is not.
    pub fn account_at_hand(&self, id: AccountId) -> Option<Arc<Account>> {
        self.0.directory.at_hand(id)
    }

    /// The account with this number, if it is at hand.
    pub fn phone_at_hand(&self, phone: &Phone) -> Option<Arc<Account>> {
        self.0.directory.at_hand_by_phone(phone)
    }

    /// A new sign-in's name.
    pub fn new_sign_in(&self) -> SignInId {
        SignInId(self.0.ids.next())
    }

    /// Looks for anything in the store that must not be.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.0.store.check(&self.0.registry).await
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.store.ping().await
    }

    /// Deletes rows of the log that nobody needs any more (see `Ledger::trim`), a bounded number at a time.
    pub async fn trim(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let (done, answer) = tokio::sync::oneshot::channel();
        if !self.0.queue.send(Request::Trim { before, limit, done }).await {
            return Err(StoreError::Unavailable("the server is stopping".into()));
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the committer has ended".into())))
    }

    /// Moves a clock that may be moved, firing every timer due on the way (common.md, "Development clock").
    pub async fn move_clock(&self, clock: &RunningClock, to: Timestamp) -> Result<(), StoreError> {
        self.0.timers.move_clock(clock, to).await
    }

    /// What the committer has done since the start.
    pub fn commit_stats(&self) -> &CommitStats {
        self.0.queue.stats()
    }

    /// How many rules wait to be run.
    pub fn queue_depth(&self) -> usize {
        self.0.queue.depth()
    }

    /// How many subscriptions are open.
    pub fn followers(&self) -> usize {
        self.0.hub.followers()
    }

    /// Waits until everything queued before is settled and answered; `false` when the committer has ended.
    pub async fn settle(&self) -> bool {
        self.0.queue.settle().await
    }

    /// Ends every subscription, those still to be opened too, so that sockets say goodbye and close.
    pub fn end_subscriptions(&self) {
        self.0.hub.end_all(Ended::ShuttingDown);
    }
}

pub(crate) fn viewer(account: &Account) -> Viewer {
    Viewer { account: account.id, organisation: account.organisation_id, roles: account.roles.clone() }
}
