//! How a socket begins: its line is open and it follows before anything is read, so nothing is missed in between; then its
//! person is here, and the first things it tells are written.

use hearken_core::actor::{Actor, Person};
use hearken_core::ids::ConversationId;
use hearken_core::store::StoreError;
use hearken_core::token::fill_random;
use hearken_core::{Core, Follow, ReadError, UpdateError};
use hearken_socketio::Packet;
use jiff::SignedDuration;

use super::Socket;
use super::lists::{self, Lists};
use super::marks::Marks;
use super::show::Seen;
use crate::encode::Viewer;
use crate::presence::{self, Back};
use crate::rules::Refusal;
use crate::stored::{Chat, EVERYTHING, Rank, Seat, Side};
use crate::{chats, wire};
use hearken_core::Kind as _;

/// How many rows that were missed in one chat are told, the newest.
const MOST_MISSED: usize = 500;

/// What a socket is opened with.
pub struct Opening {
    /// The core.
    pub core: Core,
    /// Whose it is.
    pub person: Person,
    /// On which side he is.
    pub side: Side,
    /// `desk.max_chats_per_agent`.
    pub most_chats: Option<usize>,
    /// `desk.rate`.
    pub rate: u32,
    /// How long a dead line may go unnoticed.
    pub unsure: SignedDuration,
}

/// Why a socket can't be opened: the store can't be read or written just now, or the account is gone.
#[derive(Clone, Copy, Debug)]
pub struct NotBegun;

impl From<ReadError> for NotBegun {
    fn from(_: ReadError) -> Self {
        Self
    }
}

impl From<StoreError> for NotBegun {
    fn from(_: StoreError) -> Self {
        Self
    }
}

impl From<UpdateError<Refusal>> for NotBegun {
    fn from(_: UpdateError<Refusal>) -> Self {
        Self
    }
}

/// What a socket begins with.
pub(super) struct First {
    /// What goes out before everything else.
    pub(super) packets: Vec<Packet>,
    /// A visitor's open chat.
    pub(super) own_chat: Option<ConversationId>,
    pub(super) seen: Seen,
    pub(super) marks: Marks,
}

/// Opens a socket.
pub async fn open(opening: Opening) -> Result<Socket, NotBegun> {
    let (core, person) = (&opening.core, &opening.person);
    let actor = Actor::Person(person.clone());
    let roles = &person.account.roles;
    // In this order: whoever finds the line gone, finds it open from now on; and what is committed from now on is heard.
    let line = core.connect(person.account.id, presence::LINE);
    let mut follow = vec![Follow::Mine(EVERYTHING)];
    if opening.side == Side::Staff {
        let ranks = [Rank::Admin, Rank::Supervisor, Rank::Agent].map(Rank::role);
        for role in ranks.into_iter().filter(|role| roles.contains(role)) {
            follow.extend([Follow::Role(Chat::NAME, role), Follow::Role(Seat::NAME, role)]);
        }
    }
    let subscription = core.subscribe(&actor, &follow).await?;
    presence::arrive(core, &actor).await?;
    let back = presence::come_back(core, &actor).await?;
    let first = first(&opening, &actor, back).await?;
    let viewer = Viewer { account: person.account.id, rank: Rank::of(roles), socket: random() };
    Ok(Socket::new(opening, (actor, viewer), subscription, line, first))
}

async fn first(opening: &Opening, actor: &Actor, back: Vec<Back>) -> Result<First, NotBegun> {
    let (core, account) = (&opening.core, &opening.person.account);
    let (organisation, me) = (account.organisation_id, account.id);
    let (name, lists) = match opening.side {
        Side::Staff => ("staff_init", lists::for_staff(core, organisation, me).await?),
        Side::Visitor => ("visitor_init", lists::for_visitor(core, organisation, me).await?),
    };
    let Lists { json, mut seen, own } = lists;
    let mut packets = vec![Packet::event(name, &json)];
    for mut back in back {
        // Up to where the lists go, and what comes later is heard: nothing is told twice, and nothing left out.
        match own.iter().find(|(chat, _)| *chat == back.reach.chat) {
            Some((_, last)) => back.reach.last = *last,
            None => seen.push((back.reach.chat, back.reach.last)),
        }
        packets.extend(missed(opening, actor, back).await?);
    }
    let mut marks = Marks::default();
    for (chat, last) in &own {
        marks.shown(*chat, *last, packets.len() as u64);
    }
    seen.sort_unstable();
    let own_chat = own.first().map(|(chat, _)| *chat).filter(|_| opening.side == Side::Visitor);
    Ok(First { packets, own_chat, seen: Seen(seen.into()), marks })
}

/// `chat_missed`, if anything was.
async fn missed(opening: &Opening, actor: &Actor, back: Back) -> Result<Option<Packet>, NotBegun> {
    let (core, chat) = (&opening.core, back.reach.chat);
    let rows = presence::missed(core, actor, back, opening.unsure, MOST_MISSED).await?;
    let found = chats::look_up(core, opening.person.account.organisation_id, chat).await?;
    let Some((found, state)) = found.filter(|_| !rows.is_empty()) else { return Ok(None) };
    let told = wire::Told {
        room: Some(wire::Room::now(&found, &state)),
        messages: Some(rows.iter().map(Into::into).collect()),
        ..wire::Told::default()
    };
    Ok(Some(Packet::event("chat_missed", &told.argument())))
}

/// A socket's number, which no other has.
fn random() -> u64 {
    let mut bytes = [0; 8];
    fill_random(&mut bytes);
    u64::from_le_bytes(bytes)
}
