//! What every rule of a chat needs: where it stands, and how something is recorded in it.

use hearken_core::account::Role;
use hearken_core::event::Audience;
use hearken_core::ids::{AccountId, Seq};
use hearken_core::{Draft, Header, NewEvent};

use super::{By, Refusal};
use crate::stored::{Chat, Happening, RoomThen, RowType, Side, Stage, What};

/// A chat that a rule works on.
pub type Room<'d, 'e> = Draft<'d, 'e, Chat>;

/// Everybody who serves.
pub const STAFF: [Role; 3] = [Role::Admin, Role::Supervisor, Role::Agent];
/// Those of them who watch.
pub const WATCHING: [Role; 2] = [Role::Admin, Role::Supervisor];

/// Where the chat with this header stands. A word that only a newer version knows is no open chat here.
pub fn stage_of(header: &Header) -> Stage {
    Stage::of(&header.status).unwrap_or(Stage::Closed)
}

/// Where this chat stands.
pub fn stage(room: &Room<'_, '_>) -> Stage {
    stage_of(room.header())
}

/// Refuses what can't be done in a closed chat.
pub fn must_be_open(room: &Room<'_, '_>) -> Result<Stage, Refusal> {
    match stage(room) {
        Stage::Closed => Err(Refusal::NoRoom),
        open => Ok(open),
    }
}

/// Refuses what only whoever serves the chat can do.
pub fn must_serve(room: &Room<'_, '_>, me: AccountId) -> Result<(), Refusal> {
    let claimed = must_be_open(room)? == Stage::Claimed;
    if claimed && room.state().staff == Some(me) { Ok(()) } else { Err(Refusal::NotServing) }
}

/// Where the visitor's own chat stands; refused when it is not his, or closed.
pub fn must_be_own(room: &Room<'_, '_>, me: AccountId) -> Result<Stage, Refusal> {
    match stage(room) {
        open @ (Stage::Unclaimed | Stage::Claimed) if room.state().visitor == me => Ok(open),
        _ => Err(Refusal::NoChat),
    }
}

/// The room as it is now.
pub fn then(room: &Room<'_, '_>) -> RoomThen {
    let state = room.state();
    RoomThen {
        visitor: state.visitor,
        opened: state.opened,
        updated: state.updated,
        tags: state.tags.clone(),
        severity: room.header().priority,
    }
}

/// Notes that more has changed than the log.
pub fn touch(room: &mut Room<'_, '_>) {
    let now = room.now().as_millisecond();
    room.state_mut().updated = now;
}

/// Records what has happened, for these eyes. What is no message is counted, so that the rows' numbers stay dense.
pub fn record(room: &mut Room<'_, '_>, via: Option<u64>, what: What, audience: Audience) -> Seq {
    let row = what.row_type();
    let body = Happening { room: then(room), skipped: room.state().skipped, via, what };
    let seq = room.record(NewEvent::new(body).to(audience));
    match row {
        Some(RowType::Message) => {}
        Some(RowType::System | RowType::Note) => room.state_mut().others += 1,
        None => room.state_mut().skipped += 1,
    }
    seq
}

/// For whoever is in the chat, and for all staff: the queue is everybody's.
pub fn for_the_queue() -> Audience {
    Audience { roles: STAFF.to_vec(), ..Audience::members() }
}

/// For these two of the chat, and those who watch. Whom it is about can be read from it ([`crate::stored::staff_in`]).
pub fn for_the_two(visitor: AccountId, staff: AccountId) -> Audience {
    Audience { roles: WATCHING.to_vec(), ..Audience::only([visitor, staff]) }
}

/// For nobody in the chat but these, and for holders of these roles.
pub fn for_roles(people: impl IntoIterator<Item = AccountId>, roles: &[Role]) -> Audience {
    Audience { roles: roles.to_vec(), ..Audience::only(people) }
}

/// Who hears what is said in it now: nobody but the two of a claimed chat and those who watch.
pub fn for_hearers(room: &Room<'_, '_>) -> Audience {
    let state = room.state();
    match (stage(room), state.staff) {
        (Stage::Claimed, Some(staff)) => for_the_two(state.visitor, staff),
        _ => for_the_queue(),
    }
}

/// On which side whoever acts is, as a member of the chat.
pub fn seat_member(room: &mut Room<'_, '_>, by: By, side: Side) {
    room.join(by.me, side.word());
}
