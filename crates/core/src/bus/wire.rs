//! What nodes tell one another, and its form on the bus: a list of items as JSON, with a version.
//!
//! A node may meet items that only a newer one knows. It passes over them, and reads in the store what it can. So an item
//! is never changed in a way that an older node would misread: it gets another letter. Fields may be added.

mod item;
mod people;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use self::item::Item;
pub(crate) use self::people::fingerprint;
use crate::conversation::{Member, Registry};
use crate::event::{Event, Signal};
use crate::hub::{Announcement, Recipients};
use crate::ids::{AccountId, ConversationId, Seq, SignInId};
use crate::notice::Notice;
use crate::store::Forget;

/// The version of the list.
const VERSION: u16 = 1;
/// An item longer than this is not said: it is read from the store.
const LONGEST_ITEM: usize = 32 << 10;

/// Something about people that every node has to know at once. What exactly it is each reads in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tidings {
    /// An account was made or changed.
    Account(AccountId),
    /// Sign-ins of an account have ended; their tokens live until then.
    SignedOut(AccountId, Vec<SignInId>, jiff::Timestamp),
    /// Somebody is being erased.
    Gone(AccountId),
    /// Somebody has been erased, or was never meant to be.
    Removed(AccountId),
    /// There are other signing keys.
    Keys,
}

/// Something that this node says.
pub(crate) enum Said {
    /// What its committers have committed.
    Announced(Vec<Announcement>),
    /// What has happened to people.
    Tidings(Tidings),
    /// That it may have committed something of which it knows nothing.
    Unsure,
    /// How much it has said.
    Count,
    /// That it says no more.
    Farewell,
}

/// Who is concerned by something, as far as a message tells.
#[derive(Clone)]
pub(crate) enum Who {
    /// These.
    Known(Recipients),
    /// The members as they were then: a list with this fingerprint, at this place of the log.
    Members(u64, Seq),
}

/// Something that another node has said.
pub(crate) enum Word {
    /// An event.
    Event(Arc<Event>, Who),
    /// There is an event at this place.
    Head(ConversationId, Seq),
    /// A signal.
    Signal(Arc<Signal>, Who),
    /// A notice.
    Notice(Arc<Notice>),
    /// See [`Announcement::Withdrawn`].
    Withdrawn(ConversationId, Seq),
    /// See [`Announcement::Emptied`].
    Emptied(ConversationId, Seq),
    /// See [`Announcement::Forgotten`].
    Forgotten(Forget),
    /// About people.
    Tidings(Tidings),
    /// So many messages this node has said.
    Count(u64),
    /// The same, and it says no more.
    Farewell(u64),
}

/// What a message says, and whether it says more than is known here.
#[derive(Default)]
pub(crate) struct Words {
    pub(crate) words: Vec<Word>,
    /// Something was passed over that has to be looked for in the store.
    pub(crate) more: bool,
}

/// A list of items on its way out.
#[derive(Default)]
pub(crate) struct Packet {
    json: Vec<u8>,
    /// Whether something could not be put in: whoever hears nothing of it has to notice that he does not.
    pub(crate) left_out: bool,
}

#[derive(Deserialize)]
struct Written<'a> {
    v: u16,
    #[serde(borrow, default)]
    i: Vec<&'a RawValue>,
}

impl Packet {
    /// Puts in something about people.
    pub(crate) fn put_tidings(&mut self, tidings: &Tidings) {
        self.put_item(&Item::tidings(tidings));
    }

    /// Puts in how many messages were said, and whether these were all.
    pub(crate) fn put_count(&mut self, count: u64, last: bool) {
        self.put_item(&if last { Item::Farewell { n: count } } else { Item::Count { n: count } });
    }

    /// Puts in something that was committed; an event that is too long by its place alone.
    pub(crate) fn put_announcement(&mut self, announcement: &Announcement) {
        match announcement {
            Announcement::Event(event, recipients) => {
                let whole = Item::event(event, recipients).is_some_and(|item| self.try_item(&item));
                if !whole {
                    self.put_item(&Item::Head { c: event.conversation.id, s: event.seq });
                }
            }
            Announcement::Signal(signal, recipients) => self.put_some(Item::signal(signal, recipients)),
            Announcement::Notice(notice) => self.put_some(Item::notice(notice)),
            Announcement::Withdrawn(c, s) => self.put_item(&Item::Withdrawn { c: *c, s: *s }),
            Announcement::Emptied(c, s) => self.put_item(&Item::Emptied { c: *c, s: *s }),
            Announcement::Forgotten(forget) => {
                self.put_item(&Item::Forgotten { c: forget.conversation, a: forget.account });
            }
        }
    }

    fn put_some(&mut self, item: Option<Item<'_>>) {
        match item {
            Some(item) => self.put_item(&item),
            None => self.left_out = true,
        }
    }

    fn put_item(&mut self, item: &Item<'_>) {
        if !self.try_item(item) {
            self.left_out = true;
        }
    }

    fn try_item(&mut self, item: &Item<'_>) -> bool {
        let before = self.json.len();
        if before == 0 {
            self.json.extend_from_slice(format!("{{\"v\":{VERSION},\"i\":[").as_bytes());
        } else {
            self.json.push(b',');
        }
        let begun = self.json.len();
        let fits =
            serde_json::to_writer(&mut self.json, item).is_ok() && self.json.len() - begun <= LONGEST_ITEM;
        if !fits {
            self.json.truncate(before);
        }
        fits
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// Whether one item more might be too much for one message.
    pub(crate) fn is_full(&self) -> bool {
        self.json.len() + LONGEST_ITEM + 256 > super::LONGEST_MESSAGE - 1024
    }

    /// The message; the packet is empty again.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let mut json = std::mem::take(&mut self.json);
        json.extend_from_slice(b"]}");
        json
    }
}

/// Reads a message. What is of a kind that is not registered here concerns nobody here.
pub(crate) fn read(payload: &[u8], registry: &Registry) -> Words {
    let mut words = Words::default();
    let Ok(written) = serde_json::from_slice::<Written<'_>>(payload) else {
        words.more = true;
        return words;
    };
    if written.v != VERSION {
        words.more = true;
        return words;
    }
    for raw in written.i {
        match serde_json::from_str::<Item<'_>>(raw.get()) {
            Ok(item) => words.words.extend(item.read(registry)),
            Err(_) => words.more = true,
        }
    }
    words
}

/// Members as they matter to whoever is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seat(AccountId, Seq, #[serde(default)] Option<Seq>);

impl Seat {
    fn of(member: &Member) -> Self {
        Self(member.account, member.joined, member.left)
    }
}

#[cfg(test)]
mod tests;
