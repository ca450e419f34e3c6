//! Bringing to hand what rules want to look at.

use std::sync::Arc;

use super::committer::Committer;
use super::job::{Job, Place};
use crate::body::Body;
use crate::conversation::{Target, TimerChange};
use crate::event::EventRef;
use crate::ids::{ConversationId, Seq};
use crate::store::{Batch, Held, Loaded, StoreError, Wanted};

/// What was read for one place of one job alone.
pub(super) struct Aside {
    /// When its timer is due, if it is set.
    pub(super) timer: Option<jiff::Timestamp>,
    /// Bodies of the events that it wants because they wait.
    pub(super) bodies: Vec<(Seq, Body)>,
}

impl Committer {
    /// Brings to hand what the jobs want and is not there. Answers, for each place of each job, what it alone asked for.
    pub(super) async fn load(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Vec<Aside>, StoreError> {
        let mut wanted = Vec::new();
        let mut asked = Vec::new();
        for place in jobs.iter().flat_map(|job| job.places()) {
            let ask = self.missing(place);
            asked.push(ask.is_some());
            wanted.extend(ask);
        }
        let mut answers = if wanted.is_empty() {
            Vec::new().into_iter()
        } else {
            self.ledger.load(&wanted).await?.into_iter()
        };
        let mut asides = Vec::with_capacity(asked.len());
        for (place, asked) in jobs.iter().flat_map(|job| job.places()).zip(asked) {
            let mut answer = if asked { answers.next().unwrap_or_default() } else { Loaded::default() };
            asides.push(Aside { timer: answer.timer, bodies: std::mem::take(&mut answer.bodies) });
            self.take_in(&place.target, answer);
        }
        Ok(asides)
    }

    /// What has to be read for a place, if anything. Of a shared store something always has: whether what is at hand
    /// still holds.
    fn missing(&self, place: &Place) -> Option<Wanted> {
        let at_hand = self.cache.resolve(&place.target).and_then(|id| self.cache.peek(id));
        let settled = |which: &&EventRef| at_hand.is_some_and(|entry| entry.recent.settles(which));
        let events: Vec<_> = place.events.iter().filter(|which| !settled(which)).cloned().collect();
        let conversation = at_hand.is_none();
        if !self.shared && !conversation && events.is_empty() && place.timer.is_none() {
            return None;
        }
        let target =
            at_hand.map_or_else(|| place.target.clone(), |entry| Target::Id(entry.conversation.identity.id));
        let held = at_hand.filter(|_| self.shared);
        let held = held.map(|entry| {
            let members = Arc::clone(&entry.conversation.members);
            Held { stamp: entry.stamp, members, events: place.events.clone() }
        });
        Some(Wanted { target, conversation, events, timer: place.timer.clone(), held })
    }

    fn take_in(&mut self, target: &Target, answer: Loaded) {
        if answer.stale
            && let Some(id) = self.cache.resolve(target)
        {
            // Another place may have brought in already what is now.
            let now = self.cache.peek(id).is_some_and(|entry| entry.stamp == answer.stamp);
            if !now || answer.conversation.is_none() {
                self.cache.remove(id);
            }
        }
        if let Some(conversation) = answer.conversation {
            if matches!(target, Target::Key { .. }) {
                self.shards.note(conversation.identity.id, self.shard);
            }
            self.cache.insert(conversation, answer.stamp);
        }
        if answer.events.is_empty() {
            return;
        }
        if let Some(id) = self.cache.resolve(target)
            && let Some(entry) = self.cache.get_mut(id)
        {
            self.grown.push(id);
            // Pushed to the front one by one, so the last first keeps them in log order.
            answer.events.into_iter().rev().for_each(|logged| entry.recent.note_loaded(logged));
        }
    }
}

/// When a timer is due as things stand within the batch: an earlier rule may have cancelled or moved it.
pub(super) fn timer_now(
    place: &Place,
    loaded: Option<jiff::Timestamp>,
    id: ConversationId,
    batch: &Batch,
) -> Option<jiff::Timestamp> {
    let key = place.timer.as_ref()?;
    let ours = batch.timers.iter().filter(|(conversation, _)| *conversation == id).map(|(_, change)| change);
    ours.fold(loaded, |now, change| match change {
        TimerChange::SetOnce { key: set, due } if set == key => now.or(Some(*due)),
        TimerChange::Set { key: set, due } if set == key => Some(*due),
        TimerChange::Cancel { key: cancelled } if cancelled == key => None,
        _ => now,
    })
}
