//! What a socket shows of what has happened: event and viewer, to the events of the seed that it becomes for him, or to
//! none. The table stands in [`columns`]; what is the same for many is written once and kept with the event.

mod columns;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use hearken_core::account::Account;
use hearken_core::event::{Event, Signal};
use hearken_core::ids::AccountId;
use hearken_socketio::Packet;

use self::columns::{COLUMNS, Column, Recipe};
use crate::rows::Row;
use crate::stored::{Coming, Happening, Passing, Rank, Seat, staff_in};
use crate::wire::{Room, Staff, Told, User, Visitor};

/// Whose socket it is.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    /// The account.
    pub account: AccountId,
    /// What he is of the staff; `None` is a visitor.
    pub rank: Option<Rank>,
    /// The socket's own number.
    pub socket: u64,
}

impl Viewer {
    /// Whether he watches over the chats of others.
    fn watches(self) -> bool {
        matches!(self.rank, Some(Rank::Supervisor | Rank::Admin))
    }
}

/// What there is to show.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// These, in order; often none.
    Packets(Vec<Packet>),
    /// They name this account, which is not at hand.
    NeedsAccount(AccountId),
    /// They repeat what was said in the chat up to here, which has to be read.
    NeedsRows,
    /// The viewer's own line is taken for lost, and his socket knows better.
    LineLost,
}

/// Where an event's packets are kept, one for each column.
#[derive(Default)]
struct Prepared([OnceLock<Packet>; COLUMNS]);

/// What an event is for a viewer. `known` finds accounts at hand; `said` are the messages of the chat so far, if
/// they have been read.
pub fn event<A: AsRef<Account>>(
    event: &Event,
    viewer: Viewer,
    known: impl Fn(AccountId) -> Option<A>,
    said: Option<&[Row]>,
) -> Shown {
    if event.conversation.kind == <Seat as hearken_core::Kind>::NAME {
        return seat(event, viewer, known);
    }
    let Some(happening) = event.body.as_ref().and_then(|body| body.get::<Happening>()) else {
        return Shown::Packets(Vec::new());
    };
    if event.memo.get::<Prepared>().is_none() {
        event.memo.put(Prepared::default());
    }
    let (prepared, serving) = (event.memo.get::<Prepared>(), staff_in(event));
    let mut packets = Vec::new();
    for column in Column::ALL {
        let Some(recipe) = columns::recipe(event, happening, serving, viewer, column) else { continue };
        let kept = prepared.map(|prepared| &prepared.0[column as usize]);
        if let Some(packet) = kept.and_then(OnceLock::get) {
            packets.push(packet.clone());
            continue;
        }
        match written(event, happening, &recipe, &known, said) {
            Ok(Some(packet)) => {
                if let Some(kept) = kept {
                    // Whoever came first has written the same.
                    let _ = kept.set(packet.clone());
                }
                packets.push(packet);
            }
            Ok(None) => {}
            Err(needs) => return needs,
        }
    }
    Shown::Packets(packets)
}

/// Writes what a recipe asks for.
fn written<A: AsRef<Account>>(
    event: &Event,
    happening: &Happening,
    recipe: &Recipe<'_>,
    known: impl Fn(AccountId) -> Option<A>,
    said: Option<&[Row]>,
) -> Result<Option<Packet>, Shown> {
    let find = |id: Option<AccountId>| match id {
        None => Ok(None),
        Some(id) => known(id).map(Some).ok_or(Shown::NeedsAccount(id)),
    };
    let (user, other) = (find(recipe.user)?, find(recipe.other)?);
    if recipe.contents.needs_rows() && said.is_none() {
        return Err(Shown::NeedsRows);
    }
    let visits = |id: AccountId| id == happening.room.visitor;
    let user = user.as_ref().map(AsRef::as_ref);
    let other = other.as_ref().map(AsRef::as_ref);
    let mut told = Told { room: Some(Room::then(event.conversation.id, &happening.room)), ..Told::default() };
    told.user = user.map(|account| {
        if visits(account.id) { User::Visitor(account.into()) } else { User::Staff(account.into()) }
    });
    match other {
        Some(other) if visits(other.id) => told.visitor = Some(Visitor::from(other)),
        Some(other) => told.staff = Some(Staff::from(other)),
        None => {}
    }
    recipe.contents.fill(&mut told, said.unwrap_or_default());
    Ok(Some(Packet::event(recipe.name, &told.argument())))
}

/// Somebody has come or gone: for all staff but himself.
fn seat<A: AsRef<Account>>(event: &Event, viewer: Viewer, known: impl Fn(AccountId) -> Option<A>) -> Shown {
    let nothing = Shown::Packets(Vec::new());
    let Some(coming) = event.body.as_ref().and_then(|body| body.get::<Coming>()) else { return nothing };
    let holder = event.conversation.key.as_deref().and_then(|key| key.parse::<AccountId>().ok());
    let Some(holder) = holder else { return nothing };
    if *coming == Coming::LineLost {
        return if holder == viewer.account { Shown::LineLost } else { nothing };
    }
    if holder == viewer.account || viewer.rank.is_none() {
        return nothing;
    }
    if event.memo.get::<Packet>().is_none() {
        let Some(account) = known(holder) else { return Shown::NeedsAccount(holder) };
        event.memo.put(columns::coming(*coming, account.as_ref()));
    }
    Shown::Packets(event.memo.get::<Packet>().cloned().into_iter().collect())
}

/// What a signal is for a viewer.
pub fn signal<A: AsRef<Account>>(
    signal: &Signal,
    viewer: Viewer,
    known: impl Fn(AccountId) -> Option<A>,
) -> Shown {
    let nothing = Shown::Packets(Vec::new());
    let Some(passing) = signal.body.get::<Passing>() else { return nothing };
    let Passing::Typing { room, on, via } = passing;
    let Some(author) = signal.author else { return nothing };
    // The other side hears it, in all its tabs.
    if author == viewer.account || *via == Some(viewer.socket) {
        return nothing;
    }
    let Some(account) = known(author) else { return Shown::NeedsAccount(author) };
    let account = account.as_ref();
    let by_visitor = author == room.visitor;
    let user = if by_visitor { User::Visitor(account.into()) } else { User::Staff(account.into()) };
    let told =
        Told { room: Some(Room::then(signal.conversation.id, room)), user: Some(user), ..Told::default() };
    let name = if *on { "user_typing_receive" } else { "user_stop_typing_receive" };
    Shown::Packets(vec![Packet::event(name, &told.argument())])
}
