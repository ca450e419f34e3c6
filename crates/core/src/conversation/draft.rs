//! What a rule works on: a conversation as it would be after the rule, and everything the rule wants done with it.
//! Nothing a rule does shows anywhere until it is committed; a refusal leaves no trace.

mod clear;
mod notify;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use self::notify::NewNotice;
use super::{Conversation, Header, Identity, Kind, Member, SlotSet};
use crate::actor::Actor;
use crate::body::Body;
use crate::commit::Entry;
use crate::event::{Audience, ClientKey, Event, EventRef, Logged, Memo, Signal};
use crate::ids::{AccountId, Seq};
use crate::store::{Forget, IndexChange, IndexEntry, RecordChange};

/// A change to a timer of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimerChange {
    /// Set it, unless it is set.
    SetOnce {
        /// Its name in the conversation.
        key: String,
        /// When it is due, product time.
        due: Timestamp,
    },
    /// Set it, or move it if it was set.
    Set {
        /// Its name in the conversation.
        key: String,
        /// When it is due, product time.
        due: Timestamp,
    },
    /// Take it back.
    Cancel {
        /// Its name in the conversation.
        key: String,
    },
}

/// Everything one rule asked for.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) state: Option<Body>,
    pub(crate) header: Option<Header>,
    pub(crate) members: Option<Vec<Member>>,
    pub(crate) events: Vec<(Event, Logged)>,
    pub(crate) waiting: Vec<Logged>,
    pub(crate) withdrawn: Vec<Seq>,
    pub(crate) cleared: Vec<(u8, Seq)>,
    /// Up to and with this place the log is emptied.
    pub(crate) emptied: Option<Seq>,
    pub(crate) index: Vec<IndexChange>,
    pub(crate) records: Vec<RecordChange>,
    pub(crate) timers: Vec<TimerChange>,
    pub(crate) signals: Vec<Signal>,
    pub(crate) notices: Vec<NewNotice>,
    /// A conversation that does not exist yet shall not for this.
    pub(crate) unopened: bool,
    /// Somebody is erased here, or the whole conversation is.
    pub(crate) forgotten: Option<Forget>,
}

/// A draft before its kind is known.
pub(crate) struct RawDraft<'e> {
    pub(crate) entry: &'e Entry,
    pub(crate) wanted: &'e [EventRef],
    pub(crate) actor: &'e Actor,
    pub(crate) now: Timestamp,
    pub(crate) is_new: bool,
    /// When the wanted timer is due, if it is still set.
    pub(crate) timer: Option<Timestamp>,
    /// Bodies of events that were wanted because they wait.
    pub(crate) bodies: &'e [(Seq, Body)],
    pub(crate) effects: Effects,
}

/// A conversation of kind `K`, as a rule may change it.
pub struct Draft<'d, 'e, K: Kind> {
    raw: &'d mut RawDraft<'e>,
    state: Option<K::State>,
}

/// An event that a rule records.
pub struct NewEvent<E> {
    body: E,
    audience: Audience,
    name: Option<(ClientKey, i64)>,
    waits_for: Option<Vec<AccountId>>,
}

impl<E> NewEvent<E> {
    /// An event for every member.
    pub fn new(body: E) -> Self {
        Self { body, audience: Audience::members(), name: None, waits_for: None }
    }

    /// For these eyes.
    #[must_use]
    pub fn to(mut self, audience: Audience) -> Self {
        self.audience = audience;
        self
    }

    /// Under the client's own name, with a digest of what it sent, so that a repeat is known.
    #[must_use]
    pub fn named(mut self, key: ClientKey, digest: i64) -> Self {
        self.name = Some((key, digest));
        self
    }

    /// Kept until each of these has received it.
    #[must_use]
    pub fn waiting_for(mut self, accounts: impl IntoIterator<Item = AccountId>) -> Self {
        self.waits_for = Some(accounts.into_iter().collect());
        self
    }
}

/// What a receipt did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The event no longer waits for this person.
    Taken,
    /// It did not wait for him any more: received before, or withdrawn.
    Repeated,
    /// It never was there for him.
    Unknown,
}

impl<'d, 'e, K: Kind> Draft<'d, 'e, K> {
    /// `None` when the state was written by a version that is not known here.
    pub(crate) fn over(raw: &'d mut RawDraft<'e>) -> Option<Self> {
        raw.entry.conversation.state.get::<K::State>()?;
        Some(Self { raw, state: None })
    }

    /// The same, going on from a state that an earlier part of the same rule has left.
    pub(crate) fn over_with(raw: &'d mut RawDraft<'e>, earlier: Option<&Body>) -> Option<Self> {
        let mut draft = Self::over(raw)?;
        draft.state = earlier.and_then(Body::get::<K::State>).cloned();
        Some(draft)
    }

    pub(crate) fn finish(self) {
        if let Some(state) = self.state {
            self.raw.effects.state = Some(Body::of(state));
        }
    }

    /// Product time, the same throughout the rule.
    pub fn now(&self) -> Timestamp {
        self.raw.now
    }

    /// Who asks.
    pub fn actor(&self) -> &Actor {
        self.raw.actor
    }

    /// Whether this rule is the one that opens the conversation.
    pub fn is_new(&self) -> bool {
        self.raw.is_new
    }

    /// What never changes about it.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.raw.entry.conversation.identity
    }

    /// The door's state.
    ///
    /// # Panics
    /// Never: `over` has seen that it decodes.
    pub fn state(&self) -> &K::State {
        self.state.as_ref().or_else(|| self.committed().state.get()).expect("decoded when the draft was made")
    }

    /// The door's state, to be changed.
    ///
    /// # Panics
    /// Never, as `state`.
    pub fn state_mut(&mut self) -> &mut K::State {
        if self.state.is_none() {
            self.state = Some(self.state().clone());
        }
        self.state.as_mut().expect("just put there")
    }

    /// What is true of it, whatever its kind.
    pub fn header(&self) -> &Header {
        self.raw.effects.header.as_ref().unwrap_or(&self.committed().header)
    }

    /// Sets the door's word for where it stands.
    pub fn set_status(&mut self, status: &'static str) {
        self.header_mut().status = Cow::Borrowed(status);
    }

    /// Sets its rank in a queue.
    pub fn set_priority(&mut self, priority: i64) {
        self.header_mut().priority = priority;
    }

    /// Sets when it begins and ends.
    pub fn set_span(&mut self, starts: Option<Timestamp>, ends: Option<Timestamp>) {
        let header = self.header_mut();
        (header.starts, header.ends) = (starts, ends);
    }

    /// The place of the last event, those of this rule counted.
    pub fn last_seq(&self) -> Seq {
        self.committed().header.last_seq + self.raw.effects.events.len() as Seq
    }

    /// Everybody who is or was in it.
    pub fn members(&self) -> &[Member] {
        self.raw.effects.members.as_deref().unwrap_or(&self.committed().members)
    }

    /// Those who are in.
    pub fn present_members(&self) -> impl Iterator<Item = &Member> {
        self.members().iter().filter(|member| member.is_in())
    }

    /// A person's membership, while he is in.
    pub fn member(&self, account: AccountId) -> Option<&Member> {
        self.present_members().find(|member| member.account == account)
    }

    /// Brings somebody in, who sees what comes from now on; or gives him this role, if he is in. `false` when
    /// there is no place left for one more.
    pub fn join(&mut self, account: AccountId, role: &str) -> bool {
        let (now, joined) = (self.now(), self.last_seq());
        let taken: SlotSet = self.present_members().map(|member| member.slot).collect();
        let members = self.members_mut();
        if let Some(member) = members.iter_mut().find(|member| member.account == account && member.is_in()) {
            role.clone_into(&mut member.role);
            return true;
        }
        let slot = if K::FORWARDS { taken.lowest_free() } else { Some(0) };
        let Some(slot) = slot else { return false };
        let member =
            Member { account, slot, role: role.to_owned(), since: now, joined, left: None, read: joined };
        match members.iter_mut().find(|member| member.account == account) {
            Some(earlier) => *earlier = member,
            None => members.push(member),
        }
        true
    }

    /// Takes somebody out, and out of every pending set. `false` when he was not in.
    pub fn leave(&mut self, account: AccountId) -> bool {
        let last = self.last_seq();
        let found = self.members_mut().iter_mut().find(|member| member.account == account && member.is_in());
        let Some(member) = found else { return false };
        member.left = Some(last);
        let slot = member.slot;
        self.raw.effects.cleared.push((slot, last));
        true
    }

    /// Moves a person's read mark; it never moves back.
    pub fn mark_read(&mut self, account: AccountId, seq: Seq) {
        let behind = self.member(account).is_some_and(|member| member.read < seq);
        if behind && let Some(member) = self.members_mut().iter_mut().find(|m| m.account == account) {
            member.read = seq;
        }
    }

    /// The events meant by `which`, which the rule must have asked for beforehand.
    pub fn logged(&self, which: &EventRef) -> impl Iterator<Item = Logged> {
        debug_assert!(self.raw.wanted.contains(which), "a rule names beforehand what it reads");
        let effects = &self.raw.effects;
        let changed = |seq| effects.waiting.iter().rev().find(|logged| logged.seq == seq);
        let committed = self.raw.entry.recent.iter();
        let recorded = effects.events.iter().map(|(_, logged)| logged);
        committed
            .chain(recorded)
            .filter(|logged| which.matches(logged))
            .map(|logged| changed(logged.seq).unwrap_or(logged).clone())
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The body of an event that was asked for because it waits; of one that has come since, there is none here.
    pub fn body_of(&self, logged: &Logged) -> Option<&Body> {
        self.raw.bodies.iter().find(|(seq, _)| *seq == logged.seq).map(|(_, body)| body)
    }

    /// Records an event as the actor's.
    pub fn record(&mut self, new: NewEvent<K::Event>) -> Seq {
        let seq = self.last_seq() + 1;
        let pending = new.waits_for.map(|accounts| {
            let waits = |member: &&Member| accounts.contains(&member.account);
            self.present_members().filter(waits).map(|member| member.slot).collect::<SlotSet>()
        });
        let author = self.raw.actor.account();
        let (key, digest) = new.name.unzip();
        // What is to wait but for nobody (a group of one) has been received by all who should.
        let kept = pending.is_none_or(|pending| !pending.is_empty());
        let logged = Logged { seq, at: self.raw.now, author, key, digest, pending, kept };
        let event = Event {
            conversation: Arc::clone(self.identity()),
            seq,
            at: self.raw.now,
            author,
            origin: self.raw.actor.sign_in(),
            audience: new.audience,
            body: Some(Body::of(new.body)),
            memo: Memo::default(),
        };
        self.raw.effects.events.push((event, logged));
        seq
    }

    /// Notes that a person has received an event; with the last one its body goes.
    pub fn receive(&mut self, logged: &Logged, account: AccountId) -> Receipt {
        let Some(member) = self.member(account) else { return Receipt::Unknown };
        if !member.was_in_at(logged.seq) || logged.author == Some(account) {
            return Receipt::Unknown;
        }
        let slot = member.slot;
        let mut after = logged.clone();
        let Some(pending) = after.pending.as_mut() else { return Receipt::Unknown };
        if !pending.remove(slot) {
            return Receipt::Repeated;
        }
        after.kept &= !pending.is_empty();
        self.raw.effects.waiting.push(after);
        Receipt::Taken
    }

    /// Takes back an event: its body goes, from what connected followers have not passed yet too. Its place and
    /// its name stay.
    pub fn withdraw(&mut self, logged: &Logged) {
        let pending = logged.pending.map(|_| SlotSet::EMPTY);
        self.raw.effects.waiting.push(Logged { pending, kept: false, ..logged.clone() });
        self.raw.effects.withdrawn.push(logged.seq);
    }

    /// Sends a signal, after the commit, as the actor's: the live echo of something that this rule has changed.
    pub fn signal(&mut self, audience: Audience, body: K::Signal) {
        self.send_signal(audience, body, false);
    }

    /// Sends a signal that may be lost, as the actor's: typing.
    pub fn signal_droppable(&mut self, audience: Audience, body: K::Signal) {
        self.send_signal(audience, body, true);
    }

    /// Where this rule would open the conversation, it is not opened after all: its signals pass between the members
    /// that the rule has seated, and nothing is kept.
    pub fn leave_unopened(&mut self) {
        self.raw.effects.unopened = self.raw.is_new;
    }

    fn send_signal(&mut self, audience: Audience, body: K::Signal, droppable: bool) {
        let signal = Signal {
            conversation: Arc::clone(self.identity()),
            at: self.raw.now,
            author: self.raw.actor.account(),
            origin: self.raw.actor.sign_in(),
            audience,
            droppable,
            body: Body::of(body),
        };
        self.raw.effects.signals.push(signal);
    }

    /// Sets a timer of this conversation, or moves it.
    pub fn set_timer(&mut self, key: &str, due: Timestamp) {
        self.raw.effects.timers.push(TimerChange::Set { key: key.into(), due });
    }

    /// Sets a timer of this conversation, unless it is set.
    pub fn set_timer_once(&mut self, key: &str, due: Timestamp) {
        self.raw.effects.timers.push(TimerChange::SetOnce { key: key.into(), due });
    }

    /// Takes a timer back.
    pub fn cancel_timer(&mut self, key: &str) {
        self.raw.effects.timers.push(TimerChange::Cancel { key: key.into() });
    }

    /// Writes an index row of this conversation: one per index and key.
    pub fn put_index(&mut self, index: &'static str, key: &str, order: i64, value: &str) {
        let entry = IndexEntry {
            index: Cow::Borrowed(index),
            key: key.into(),
            conversation: self.identity().id,
            order,
            value: value.into(),
        };
        self.raw.effects.index.push(IndexChange::Put(entry));
    }

    /// Removes an index row of this conversation.
    pub fn remove_index(&mut self, index: &'static str, key: &str) {
        let conversation = self.identity().id;
        self.raw.effects.index.push(IndexChange::Remove {
            index: Cow::Borrowed(index),
            key: key.into(),
            conversation,
        });
    }

    /// Changes a record in the same commit. Where what it insists on does not hold, nothing of the rule is done.
    pub fn change_record(&mut self, change: RecordChange) {
        self.raw.effects.records.push(change);
    }

    fn committed(&self) -> &Conversation {
        &self.raw.entry.conversation
    }

    fn header_mut(&mut self) -> &mut Header {
        self.raw.effects.header.get_or_insert_with(|| self.raw.entry.conversation.header.clone())
    }

    fn members_mut(&mut self) -> &mut Vec<Member> {
        self.raw.effects.members.get_or_insert_with(|| self.raw.entry.conversation.members.to_vec())
    }
}
