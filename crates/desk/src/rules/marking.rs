//! What the staff writes on a chat: how severe it is, and tags.

use hearken_core::ids::Seq;

use super::listing::Places;
use super::room::{Room, STAFF, WATCHING, for_roles, must_be_open, record, touch};
use super::{By, Refusal};
use crate::stored::What;

/// The most tags of a chat.
pub const MOST_TAGS: usize = 20;
/// The longest tag, in characters.
pub const LONGEST_TAG: usize = 40;

/// How severe a chat is: no negative number, and none that another program's numbers can't hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Severity(i64);

impl Severity {
    /// The highest there is: the last whole number before JSON's become inexact.
    pub const MOST: i64 = (1 << 53) - 1;

    /// Takes it if it will do.
    pub fn new(level: i64) -> Option<Self> {
        (0..=Self::MOST).contains(&level).then_some(Self(level))
    }
}

/// Tags as they may be written on a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags(Vec<String>);

/// No such tags: too many, too long, or empty ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTags;

impl Tags {
    /// Takes them if they will do.
    pub fn new(tags: Vec<String>) -> Result<Self, BadTags> {
        let fits = |tag: &String| (1..=LONGEST_TAG).contains(&tag.chars().count());
        if tags.len() <= MOST_TAGS && tags.iter().all(fits) { Ok(Self(tags)) } else { Err(BadTags) }
    }
}

/// `change_chat_priority`, of closed chats too. 0 takes the flag away.
pub fn flag(room: &mut Room<'_, '_>, by: By, severity: Severity) -> Seq {
    let (places, now) = (Places::of(room), room.now().as_millisecond());
    room.set_priority(severity.0);
    room.state_mut().flagged = (severity.0 > 0).then_some(now);
    touch(room);
    let seq = record(room, by.via, What::Flagged, for_roles([], &WATCHING));
    places.move_on(room);
    seq
}

/// `chat_tags`, of an open chat.
pub fn tag(room: &mut Room<'_, '_>, by: By, tags: &Tags) -> Result<Seq, Refusal> {
    must_be_open(room)?;
    Ok(tag_any(room, by, tags))
}

/// The same of a closed one too: over HTTP it is there as well as any.
pub fn tag_any(room: &mut Room<'_, '_>, by: By, tags: &Tags) -> Seq {
    let places = Places::of(room);
    room.state_mut().tags.clone_from(&tags.0);
    touch(room);
    let seq = record(room, by.via, What::Tagged, for_roles([], &STAFF));
    places.move_on(room);
    seq
}
