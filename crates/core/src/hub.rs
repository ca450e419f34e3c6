//! Who follows what, and waking them. A subscription is a cursor that gets woken: the hub notes for each follower
//! *where* there is something new, never the something itself, so there is no queue per connection to overflow and
//! no seam between catching up and being live.

mod follower;
mod subscription;
mod tail;

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

pub use self::follower::Ended;
pub(crate) use self::follower::{Follower, Mark};
pub use self::subscription::{Delivery, Follow, Subscription};
pub(crate) use self::tail::Tail;
use crate::account::{Account, Role};
use crate::conversation::{Conversation, Identity, Member};
use crate::event::{Event, Signal};
use crate::gone::Gone;
use crate::ids::{AccountId, ConversationId, OrganisationId, Seq, SignInId};
use crate::notice::Notice;
use crate::store::Forget;
use crate::visibility::{Viewer, hears_signal, sees_event};

/// Those whom something may concern: the members of its conversation at that moment.
#[derive(Clone)]
pub(crate) struct Recipients {
    members: Arc<[Member]>,
    /// How far the log went at that moment, at least.
    head: Seq,
}

impl Recipients {
    pub(crate) fn of(conversation: &Conversation) -> Self {
        Self::shared(Arc::clone(&conversation.members), conversation.header.last_seq)
    }

    /// Of a conversation without a log.
    pub(crate) fn new(members: Vec<Member>) -> Self {
        Self::at(members, 0)
    }

    pub(crate) fn at(members: Vec<Member>, head: Seq) -> Self {
        Self { members: members.into(), head }
    }

    pub(crate) fn shared(members: Arc<[Member]>, head: Seq) -> Self {
        Self { members, head }
    }

    pub(crate) fn members(&self) -> &Arc<[Member]> {
        &self.members
    }

    pub(crate) fn head(&self) -> Seq {
        self.head
    }

    /// Whether one of them, or whoever else looks, may see the event.
    pub(crate) fn show(&self, viewer: &Viewer, event: &Event) -> bool {
        let membership = self.membership(viewer.account);
        sees_event(viewer, event.conversation.organisation, membership, &event.audience, event.seq)
    }

    pub(crate) fn membership(&self, account: AccountId) -> Option<&Member> {
        self.members.iter().find(|member| member.account == account)
    }
}

/// Something that was committed, or is to be heard.
#[derive(Clone)]
pub(crate) enum Announcement {
    Event(Arc<Event>, Recipients),
    Signal(Arc<Signal>, Recipients),
    Notice(Arc<Notice>),
    /// An event was taken back: nobody who has not passed it shall see it.
    Withdrawn(ConversationId, Seq),
    /// Everything up to here was taken back.
    Emptied(ConversationId, Seq),
    /// Somebody was erased, or all of it was.
    Forgotten(Forget),
}

/// What a follower may be registered under.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Topic {
    Account(AccountId),
    Conversation(ConversationId),
    Role(OrganisationId, &'static str, Role),
}

/// The followers of this node.
#[derive(Default)]
pub(crate) struct Hub {
    registry: Mutex<Registry>,
    /// Of these nothing is shown.
    pub(crate) gone: Arc<Gone>,
}

#[derive(Default)]
struct Registry {
    topics: HashMap<Topic, Vec<Arc<Follower>>>,
    tails: HashMap<ConversationId, Weak<Tail>>,
    followers: usize,
    swept_at: usize,
    /// Why everybody's subscription has ended, those to come too.
    ended: Option<Ended>,
}

impl Hub {
    /// Adds a follower under its topics. One who comes after the end of all subscriptions is told at once.
    pub(crate) fn register(&self, follower: &Arc<Follower>, topics: &[Topic]) {
        let mut registry = self.registry.lock();
        registry.followers += 1;
        if let Some(why) = registry.ended {
            follower.end(why);
        }
        for topic in topics {
            registry.topics.entry(*topic).or_default().push(Arc::clone(follower));
        }
    }

    /// Takes it out again.
    pub(crate) fn unregister(&self, follower: &Arc<Follower>, topics: &[Topic]) {
        let mut registry = self.registry.lock();
        registry.followers -= 1;
        for topic in topics {
            if let Some(followers) = registry.topics.get_mut(topic) {
                followers.retain(|other| !Arc::ptr_eq(other, follower));
                if followers.is_empty() {
                    registry.topics.remove(topic);
                }
            }
        }
    }

    /// How many followers there are.
    pub(crate) fn followers(&self) -> usize {
        self.registry.lock().followers
    }

    /// Tells followers, in the order given.
    pub(crate) fn publish(&self, announcements: Vec<Announcement>) {
        if announcements.is_empty() {
            return;
        }
        let mut woken = Vec::new();
        let mut registry = self.registry.lock();
        for announcement in announcements {
            match announcement {
                Announcement::Event(event, recipients) => registry.announce(&event, &recipients, &mut woken),
                Announcement::Signal(signal, recipients) => {
                    registry.sound(&signal, &recipients, &mut woken);
                }
                Announcement::Notice(notice) => registry.notify(&notice, &mut woken),
                Announcement::Withdrawn(conversation, seq) => {
                    if let Some(tail) = registry.tails.get(&conversation).and_then(Weak::upgrade) {
                        tail.withdraw(seq);
                    }
                }
                Announcement::Forgotten(forget) => {
                    let tail = registry.tails.get(&forget.conversation).and_then(Weak::upgrade);
                    if let Some(tail) = tail {
                        tail.forget(forget.account);
                    }
                }
                Announcement::Emptied(conversation, upto) => {
                    if let Some(tail) = registry.tails.get(&conversation).and_then(Weak::upgrade) {
                        tail.empty(upto);
                    }
                }
            }
        }
        registry.sweep_tails();
        drop(registry);
        for follower in woken {
            follower.wake();
        }
    }

    /// Whether anybody may have to be told of what happens in a conversation with these members.
    pub(crate) fn is_followed(&self, identity: &Identity, members: &[Member]) -> bool {
        let registry = self.registry.lock();
        let topics = &registry.topics;
        topics.contains_key(&Topic::Conversation(identity.id))
            || members.iter().any(|member| topics.contains_key(&Topic::Account(member.account)))
            || Role::ALL
                .iter()
                .any(|role| topics.contains_key(&Topic::Role(identity.organisation, identity.kind, *role)))
            || registry.tails.get(&identity.id).is_some_and(|tail| tail.strong_count() > 0)
    }

    /// Lets go of every tail's events: what was not heard may have taken some of them back. Whoever has not passed them
    /// reads on from the store.
    pub(crate) fn drop_tails(&self) {
        let registry = self.registry.lock();
        registry.tails.values().filter_map(Weak::upgrade).for_each(|tail| tail.drop_events());
    }

    /// Who follows here as whom, and with which sign-in.
    pub(crate) fn connected(&self) -> Vec<(Arc<Account>, SignInId)> {
        let registry = self.registry.lock();
        let own = registry.topics.iter().filter(|(topic, _)| matches!(topic, Topic::Account(_)));
        own.flat_map(|(_, followers)| followers)
            .map(|follower| (Arc::clone(&follower.account), follower.sign_in))
            .collect()
    }

    /// Ends the subscriptions of an account as it is now: those that were opened when it was another in what counts.
    pub(crate) fn end_changed(&self, account: &Account) {
        let registry = self.registry.lock();
        for follower in registry.topics.get(&Topic::Account(account.id)).into_iter().flatten() {
            let then = &follower.account;
            if account.disabled {
                follower.end(Ended::SignedOut);
            } else if account.roles != then.roles || account.phone != then.phone {
                follower.end(Ended::Changed);
            }
        }
    }

    /// Ends the subscriptions of an account: all, or those of one sign-in.
    pub(crate) fn end(&self, account: AccountId, sign_in: Option<SignInId>, why: Ended) {
        let registry = self.registry.lock();
        for follower in registry.topics.get(&Topic::Account(account)).into_iter().flatten() {
            if sign_in.is_none_or(|sign_in| follower.sign_in == sign_in) {
                follower.end(why);
            }
        }
    }

    /// Ends every subscription there is now.
    pub(crate) fn end_everybody(&self, why: Ended) {
        for follower in self.registry.lock().topics.values().flatten() {
            follower.end(why);
        }
    }

    /// Ends every subscription, for good: also those that are opened later.
    pub(crate) fn end_all(&self, why: Ended) {
        let mut registry = self.registry.lock();
        registry.ended = Some(why);
        for follower in registry.topics.values().flatten() {
            follower.end(why);
        }
    }
}

impl Registry {
    fn announce(&mut self, event: &Arc<Event>, recipients: &Recipients, woken: &mut Vec<Arc<Follower>>) {
        let identity = &event.conversation;
        let tails = &mut self.tails;
        // Somebody still reads from this tail, and others may begin to: it must have no hole, not even where nobody
        // who follows now may look.
        let mut tail = tails.get(&identity.id).and_then(Weak::upgrade);
        if let Some(tail) = &tail {
            tail.push(Arc::clone(event), recipients.clone());
        }
        let mark = |follower: &Arc<Follower>, membership: Option<&Member>| {
            let sees =
                sees_event(&follower.viewer, identity.organisation, membership, &event.audience, event.seq);
            if !sees {
                return;
            }
            let tail = tail.get_or_insert_with(|| {
                let tail = Arc::new(Tail::default());
                tails.insert(identity.id, Arc::downgrade(&tail));
                tail.push(Arc::clone(event), recipients.clone());
                tail
            });
            if follower.mark(Mark { conversation: identity.id, seq: event.seq }, tail) {
                woken.push(Arc::clone(follower));
            }
        };
        let was_in = |member: &Member| member.was_in_at(event.seq);
        each_follower(&self.topics, identity, recipients, &event.audience.roles, was_in, mark);
    }

    fn sound(&self, signal: &Arc<Signal>, recipients: &Recipients, woken: &mut Vec<Arc<Follower>>) {
        let identity = &signal.conversation;
        let tell = |follower: &Arc<Follower>, membership: Option<&Member>| {
            let may_hear =
                hears_signal(&follower.viewer, identity.organisation, membership, &signal.audience);
            if may_hear && follower.hear(Arc::clone(signal)) {
                woken.push(Arc::clone(follower));
            }
        };
        each_follower(&self.topics, identity, recipients, &signal.audience.roles, Member::is_in, tell);
    }

    /// Tells one person, a member or not; but not the sign-in whose act it is.
    fn notify(&self, notice: &Arc<Notice>, woken: &mut Vec<Arc<Follower>>) {
        let identity = &notice.conversation;
        for follower in self.topics.get(&Topic::Account(notice.account)).into_iter().flatten() {
            let ours = follower.viewer.organisation == identity.organisation;
            let own_act = notice.origin == Some(follower.sign_in);
            if ours
                && !own_act
                && follower.follows_kind(identity.kind)
                && follower.be_told(Arc::clone(notice))
            {
                woken.push(Arc::clone(follower));
            }
        }
    }

    /// Forgets tails that everybody has passed, now and then.
    fn sweep_tails(&mut self) {
        if self.tails.len() > 1024 && self.tails.len() > 2 * self.swept_at {
            self.tails.retain(|_, tail| tail.strong_count() > 0);
            self.swept_at = self.tails.len();
        }
    }
}

/// Calls `tell`, with his membership, for each follower whom something in this conversation may concern: as a
/// member who `is_in`, by the conversation, or by a role. One who follows in several ways is called once: between
/// two calls he could take what the first has told him, and would then be told it again.
fn each_follower(
    topics: &HashMap<Topic, Vec<Arc<Follower>>>,
    identity: &Identity,
    recipients: &Recipients,
    roles: &[Role],
    is_in: impl Fn(&Member) -> bool,
    mut tell: impl FnMut(&Arc<Follower>, Option<&Member>),
) {
    let of = |topic| topics.get(&topic).into_iter().flatten();
    for member in recipients.members.iter().filter(|member| is_in(member)) {
        let own = of(Topic::Account(member.account));
        own.filter(|own| own.follows_kind(identity.kind)).for_each(|own| tell(own, Some(member)));
    }
    let mut others = HashSet::default();
    let by_role = |role: &Role| of(Topic::Role(identity.organisation, identity.kind, *role));
    for follower in of(Topic::Conversation(identity.id)).chain(roles.iter().flat_map(by_role)) {
        let membership = recipients.membership(follower.viewer.account);
        let told = follower.follows_kind(identity.kind) && membership.is_some_and(&is_in);
        if !told && others.insert(Arc::as_ptr(follower)) {
            tell(follower, membership);
        }
    }
}
