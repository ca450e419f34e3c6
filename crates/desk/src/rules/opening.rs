//! A visitor's first message opens a chat. He has one at a time: his seat remembers the last one, and the rule looks at
//! both in one commit, however many tabs speak at once.

use hearken_core::account::Account;
use hearken_core::ids::{AccountId, ConversationId, OrganisationId, Seq};
use hearken_core::{At, AtMany, Drafts};

use super::listing::Places;
use super::room::{Room, for_the_queue, record, seat_member, stage};
use super::{By, Refusal, grace, seat};
use crate::content::Content;
use crate::stored::{Chat, ChatState, Side, Stage, What};

const SEAT: usize = 0;
const NEW: usize = 1;
const LAST: usize = 2;

/// Why a chat was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It may not be.
    Refused(Refusal),
    /// What was looked up beforehand is not so any more: look again.
    Changed,
}

impl From<Refusal> for Obstacle {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A chat that has just been opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Which.
    pub chat: ConversationId,
    /// The place of its first message.
    pub seq: Seq,
}

/// What a visitor brings with him.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Who.
    pub by: By,
    /// What he is called.
    pub name: Option<String>,
    /// His e-mail address.
    pub email: Option<String>,
}

impl Guest {
    /// Somebody with this account.
    pub fn of(account: &Account, via: Option<u64>) -> Self {
        let by = By { me: account.id, via };
        Self { by, name: account.name.clone(), email: account.email.clone() }
    }
}

/// The seat, a new chat under this key, and the last chat as it was looked up.
pub fn places(
    organisation: OrganisationId,
    me: AccountId,
    key: String,
    last: Option<ConversationId>,
) -> AtMany {
    let places = AtMany::default()
        .and(seat::of(organisation, me))
        .and(At::<Chat>::key(organisation, key).or_open(ChatState::new(me)));
    match last {
        Some(last) => places.and(At::<Chat>::id(last)),
        None => places,
    }
}

/// `visitor_first_msg`. Works on [`places`]. `known`: the last chat that the seat named when it was looked up, whether it
/// is still there or not.
pub fn open(
    drafts: &mut Drafts<'_, '_>,
    guest: &Guest,
    content: &Content,
    known: Option<ConversationId>,
) -> Result<Opened, Obstacle> {
    let seat = drafts.with(SEAT, |seat: &mut seat::Chair<'_, '_>| {
        let state = seat.state();
        (state.last_chat, state.is_there())
    });
    let (last, is_there) = seat.ok_or(Refusal::Unreadable)?;
    if last != known {
        return Err(Obstacle::Changed);
    }
    let open = drafts.with(LAST, |last: &mut Room<'_, '_>| stage(last) != Stage::Closed);
    if open.unwrap_or(false) {
        return Err(Refusal::HasChat.into());
    }
    let opened = drafts.with(NEW, |room: &mut Room<'_, '_>| begin(room, guest, content, is_there));
    let opened = opened.ok_or(Refusal::Unreadable)?;
    let seated = drafts.with(SEAT, |seat: &mut seat::Chair<'_, '_>| {
        seat::own(seat, guest.by.me);
        seat.state_mut().last_chat = Some(opened.chat);
    });
    seated.ok_or(Refusal::Unreadable)?;
    Ok(opened)
}

fn begin(room: &mut Room<'_, '_>, guest: &Guest, content: &Content, is_there: bool) -> Opened {
    let now = room.now().as_millisecond();
    let state = room.state_mut();
    (state.opened, state.updated) = (now, now);
    (state.name, state.email) = (guest.name.clone(), guest.email.clone());
    room.set_status(Stage::Unclaimed.word());
    seat_member(room, guest.by, Side::Visitor);
    let what = What::Said { side: Side::Visitor, opening: true, content: content.clone() };
    let seq = record(room, guest.by.via, what, for_the_queue());
    Places::nowhere().move_on(room);
    if !is_there {
        grace::begin_at_once(room, guest.by.me);
    }
    Opened { chat: room.identity().id, seq }
}
