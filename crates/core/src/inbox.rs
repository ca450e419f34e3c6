//! What waits for a person, in order of arrival over all his conversations, a page at a time.
//!
//! The list is that of the moment it was opened: what arrives while it is read comes live, and is in the next list.
//! Reading takes nothing away.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use crate::commit::CommitQueue;
use crate::conversation::Registry;
use crate::gone::Gone;
use crate::ids::{AccountId, ConversationId, Seq};
use crate::store::{InboxPlace, Store, StoreError, Waiting, WaitingEvent};

/// How many places in the log are held at once, over all conversations: what bounds the memory of a list.
const HELD: usize = 4096;
/// A floor is worth writing when it saves at least so many rows.
const WORTH_RAISING: Seq = 16;

/// An inbox being read.
pub struct Inbox {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    gone: Arc<Gone>,
    account: AccountId,
    chunk: usize,
    lanes: Vec<Lane>,
    next: BinaryHeap<Reverse<(WaitingEvent, usize)>>,
}

/// One conversation's part of the list.
struct Lane {
    place: InboxPlace,
    held: VecDeque<WaitingEvent>,
}

impl Inbox {
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        registry: Arc<Registry>,
        queue: &CommitQueue,
        gone: Arc<Gone>,
        account: AccountId,
        kinds: &[&'static str],
    ) -> Result<Self, StoreError> {
        let places = store.inbox(account, kinds).await?;
        let chunk = (HELD / places.len().max(1)).clamp(1, 64);
        let waiting = store.waiting(&places, chunk).await?;
        queue.offer_floors_if_any(account, raised(&places, &waiting));
        let mut inbox =
            Self { store, registry, gone, account, chunk, lanes: Vec::new(), next: BinaryHeap::new() };
        for (place, waiting) in places.into_iter().zip(waiting) {
            if !waiting.is_empty() {
                inbox.add_lane(place, waiting);
            }
        }
        Ok(inbox)
    }

    /// The next `limit` events that wait, and whether these are the last.
    pub async fn page(&mut self, limit: usize) -> Result<(Vec<Waiting>, bool), StoreError> {
        let mut wanted = Vec::with_capacity(limit);
        while wanted.len() < limit {
            let Some(Reverse((event, lane))) = self.next.pop() else { break };
            wanted.push((self.lanes[lane].place.conversation, event.seq));
            self.advance(lane).await?;
        }
        let waiting = self.store.waiting_events(&self.registry, &wanted).await?;
        // What another device has received meanwhile no longer waits.
        let still = waiting.into_iter().filter(|waiting| {
            waiting.waits_for.contains(&self.account) && !self.gone.has_author(waiting.event.author)
        });
        Ok((still.collect(), self.next.is_empty()))
    }

    fn add_lane(&mut self, place: InboxPlace, waiting: Vec<WaitingEvent>) {
        let mut lane = Lane { place, held: VecDeque::new() };
        lane.hold(waiting, self.chunk);
        if let Some(first) = lane.held.pop_front() {
            self.next.push(Reverse((first, self.lanes.len())));
        }
        self.lanes.push(lane);
    }

    /// Puts the lane's next event in line.
    async fn advance(&mut self, index: usize) -> Result<(), StoreError> {
        let lane = &mut self.lanes[index];
        if lane.held.is_empty() && lane.place.floor < lane.place.last {
            let waiting = self.store.waiting(std::slice::from_ref(&lane.place), self.chunk).await?;
            lane.hold(waiting.into_iter().next().unwrap_or_default(), self.chunk);
        }
        if let Some(event) = lane.held.pop_front() {
            self.next.push(Reverse((event, index)));
        }
        Ok(())
    }
}

impl Lane {
    /// Takes what the store gave when it was asked for `chunk`: less than that is all that is left.
    fn hold(&mut self, waiting: Vec<WaitingEvent>, chunk: usize) {
        let more = waiting.last().filter(|_| waiting.len() == chunk);
        self.place.floor = more.map_or(self.place.last, |last| last.seq);
        self.held = waiting.into();
    }
}

/// The floors that this reading has shown to be higher than noted.
fn raised(places: &[InboxPlace], waiting: &[Vec<WaitingEvent>]) -> Vec<(ConversationId, Seq)> {
    let floor = |place: &InboxPlace, waiting: &[WaitingEvent]| {
        waiting.first().map_or(place.last, |first| first.seq - 1)
    };
    let floors = places.iter().zip(waiting).map(|(place, waiting)| (place, floor(place, waiting)));
    floors
        .filter(|(place, floor)| *floor >= place.floor + WORTH_RAISING)
        .map(|(place, floor)| (place.conversation, floor))
        .collect()
}
