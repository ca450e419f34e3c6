//! How far each conversation was heard, and what is held where something is missing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap as HashMap;

use super::Missing;
use crate::conversation::Member;
use crate::event::{Event, Signal};
use crate::hub::{Announcement, Recipients};
use crate::ids::{ConversationId, Seq};
use crate::store::Grown;

/// Announcements that are held over all conversations; of more, events are read from the store, and signals are lost.
const MOST_HELD: usize = 65_536;
/// Conversations remembered before those are looked for that may be forgotten. What has been heard since the watermark is
/// remembered in any case: that is what the store takes in half a minute.
const MANY: usize = 65_536;

/// Something that wants to be told.
pub(super) enum Incoming {
    /// An event; without recipients they have to be read.
    Event(Arc<Event>, Option<Recipients>),
    /// There is an event at this place, and it is to be read.
    Head(ConversationId, Seq),
    /// A signal, sent when the log went so far.
    Signal(Arc<Signal>, Option<Recipients>, Seq),
    /// Something that comes after this place has been heard, or at once.
    Ready(Announcement, Option<(ConversationId, Seq)>),
    /// The last thing that is told of a conversation.
    Closed(Announcement, ConversationId),
}

/// Every conversation that was heard of lately.
#[derive(Default)]
pub(super) struct Places {
    known: HashMap<ConversationId, Place>,
    /// Where something is missing, in the order in which that was found.
    missing: VecDeque<ConversationId>,
    held: usize,
    swept_at: usize,
}

struct Place {
    /// How far it was heard; `None` is up to the watermark.
    heard: Option<Seq>,
    /// When something was last told.
    touched: Duration,
    /// What waits for what is missing.
    held: Option<Box<Held>>,
}

#[derive(Default)]
struct Held {
    waiting: VecDeque<Incoming>,
    /// How far the log is known to go.
    upto: Seq,
}

impl Incoming {
    fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Event(event, _) => Some(event.conversation.id),
            Self::Head(id, _) | Self::Closed(_, id) => Some(*id),
            Self::Signal(signal, ..) => Some(signal.conversation.id),
            Self::Ready(_, after) => after.map(|(id, _)| id),
        }
    }

    /// How far the log has to be heard before this, or with it.
    fn reach(&self) -> Seq {
        match self {
            Self::Event(event, _) => event.seq,
            Self::Head(_, seq) | Self::Ready(_, Some((_, seq))) => *seq,
            // Typing is not worth a look at the store.
            Self::Signal(signal, _, head) => {
                if signal.droppable {
                    0
                } else {
                    *head
                }
            }
            Self::Ready(_, None) | Self::Closed(..) => 0,
        }
    }
}

impl Places {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held
    }

    pub(super) fn is_missing(&self) -> bool {
        !self.missing.is_empty()
    }

    /// A conversation has been heard so far.
    pub(super) fn begin(&mut self, conversation: ConversationId, heard: Seq, now: Duration) {
        self.known.insert(conversation, Place { heard: Some(heard), touched: now, held: None });
    }

    /// Tells what can be told, and holds what can't.
    pub(super) fn take(&mut self, incoming: Incoming, now: Duration, out: &mut Vec<Announcement>) {
        if let Incoming::Closed(announcement, conversation) = incoming {
            self.close(conversation, now);
            out.push(announcement);
            return;
        }
        let (Some(conversation), reach) = (incoming.conversation(), incoming.reach()) else {
            out.extend(ready(incoming));
            return;
        };
        if reach == 0 && !self.known.contains_key(&conversation) && has_recipients(&incoming) {
            out.extend(ready(incoming));
            return;
        }
        let place = self.known.entry(conversation).or_insert_with(|| {
            let heard = (reach == 1).then_some(0);
            Place { heard, touched: now, held: None }
        });
        place.touched = now;
        match &mut place.held {
            None => match place.pass(incoming, out) {
                None => {}
                Some(incoming) => {
                    place.held = Some(Box::new(Held { waiting: VecDeque::from([incoming]), upto: reach }));
                    self.held += 1;
                    self.missing.push_back(conversation);
                }
            },
            Some(held) => {
                held.upto = held.upto.max(reach);
                if self.held < MOST_HELD {
                    held.waiting.push_back(incoming);
                    self.held += 1;
                }
            }
        }
    }

    /// Notes what the store knows of a conversation; what was not heard is missing.
    pub(super) fn grew(&mut self, grown: &Grown, now: Duration) {
        let Grown { conversation, first, last } = *grown;
        let place = self.known.entry(conversation).or_insert(Place { heard: None, touched: now, held: None });
        let heard = *place.heard.get_or_insert(first.saturating_sub(1));
        match &mut place.held {
            Some(held) => held.upto = held.upto.max(last),
            None if heard >= last => {}
            None => {
                place.touched = now;
                place.held = Some(Box::new(Held { waiting: VecDeque::new(), upto: last }));
                self.missing.push_back(conversation);
            }
        }
    }

    /// The next conversation to be read, from where, and how far.
    pub(super) fn next_missing(&mut self, watermark: i64) -> Option<Missing> {
        while let Some(conversation) = self.missing.pop_front() {
            if let Some(place) = self.known.get(&conversation)
                && let Some(held) = &place.held
            {
                return Some(Missing { conversation, heard: place.heard, watermark, upto: held.upto });
            }
        }
        None
    }

    pub(super) fn try_again(&mut self, conversation: ConversationId) {
        self.missing.push_back(conversation);
    }

    /// Tells what was missing, up to and with `upto`, and after it what can be told of what was held.
    pub(super) fn fill(
        &mut self,
        conversation: ConversationId,
        members: &Arc<[Member]>,
        events: Vec<Arc<Event>>,
        upto: Seq,
        now: Duration,
        out: &mut Vec<Announcement>,
    ) {
        let Some(place) = self.known.get_mut(&conversation) else { return };
        let Some(mut held) = place.held.take() else { return };
        place.touched = now;
        let heard = place.heard.unwrap_or(0);
        for event in events.into_iter().filter(|event| event.seq > heard) {
            // What was said came with its body; the store may have let go of it meanwhile.
            let said = held.waiting.iter().find_map(|waiting| match waiting {
                Incoming::Event(said, _) if said.seq == event.seq => Some(Arc::clone(said)),
                _ => None,
            });
            let recipients = Recipients::shared(Arc::clone(members), event.seq);
            out.push(Announcement::Event(said.unwrap_or(event), recipients));
        }
        place.heard = Some(heard.max(upto));
        self.held -= held.waiting.len();
        let mut waiting = std::mem::take(&mut held.waiting);
        while let Some(mut incoming) = waiting.pop_front() {
            incoming.address(members);
            if let Some(incoming) = place.pass(incoming, out) {
                waiting.push_front(incoming);
                break;
            }
        }
        let heard = place.heard.unwrap_or(0);
        if !waiting.is_empty() || held.upto > heard {
            self.held += waiting.len();
            held.waiting = waiting;
            place.held = Some(held);
            self.missing.push_back(conversation);
        }
    }

    /// Nothing more is told of a conversation.
    pub(super) fn close(&mut self, conversation: ConversationId, now: Duration) {
        let place = self.known.entry(conversation).or_insert(Place { heard: None, touched: now, held: None });
        place.heard = Some(Seq::MAX);
        place.touched = now;
        if let Some(held) = place.held.take() {
            self.held -= held.waiting.len();
        }
    }

    /// Forgets conversations of which nothing was told since a moment that lies below the watermark, now and then.
    pub(super) fn forget_before(&mut self, since: Duration) {
        if self.known.len() > MANY && self.known.len() > 2 * self.swept_at {
            self.known.retain(|_, place| place.held.is_some() || place.touched >= since);
            self.known.shrink_to_fit();
            self.swept_at = self.known.len();
        }
    }
}

impl Place {
    /// Tells what can be told; hands back what has to wait.
    fn pass(&mut self, incoming: Incoming, out: &mut Vec<Announcement>) -> Option<Incoming> {
        let Some(heard) = self.heard else { return Some(incoming) };
        let reach = incoming.reach();
        match &incoming {
            Incoming::Event(..) | Incoming::Head(..) if reach <= heard => None,
            Incoming::Head(..) => Some(incoming),
            Incoming::Event(..) if reach > heard + 1 => Some(incoming),
            Incoming::Signal(..) | Incoming::Ready(..) if reach > heard => Some(incoming),
            _ if !has_recipients(&incoming) => Some(incoming),
            Incoming::Event(..) => {
                self.heard = Some(reach);
                out.extend(ready(incoming));
                None
            }
            _ if heard == Seq::MAX => None,
            _ => {
                out.extend(ready(incoming));
                None
            }
        }
    }
}

impl Incoming {
    /// Gives it the members that it came without.
    fn address(&mut self, members: &Arc<[Member]>) {
        match self {
            Self::Event(event, recipients @ None) => {
                *recipients = Some(Recipients::shared(Arc::clone(members), event.seq));
            }
            Self::Signal(_, recipients @ None, head) => {
                *recipients = Some(Recipients::shared(Arc::clone(members), *head));
            }
            _ => {}
        }
    }
}

fn has_recipients(incoming: &Incoming) -> bool {
    !matches!(incoming, Incoming::Event(_, None) | Incoming::Signal(_, None, _))
}

fn ready(incoming: Incoming) -> Option<Announcement> {
    match incoming {
        Incoming::Event(event, recipients) => Some(Announcement::Event(event, recipients?)),
        Incoming::Signal(signal, recipients, _) => Some(Announcement::Signal(signal, recipients?)),
        Incoming::Ready(announcement, _) | Incoming::Closed(announcement, _) => Some(announcement),
        Incoming::Head(..) => None,
    }
}

#[cfg(test)]
mod tests;
