//! What is said in a chat. A message is an event and nothing else: the conversation's own row stays as it is, but for the
//! first reply.

use hearken_core::ids::Seq;

use super::listing::Places;
use super::room::{WATCHING, for_hearers, for_roles, must_be_open, must_be_own, must_serve, record, then};
use super::{By, Refusal};
use crate::content::Content;
use crate::rules::room::Room;
use crate::stored::{Passing, Side, Stage, What};

/// `visitor_msg_unclaimed` and `visitor_msg`: which of the two it is says where the visitor believes his chat to stand.
pub fn say_as_visitor(
    room: &mut Room<'_, '_>,
    by: By,
    content: &Content,
    believed: Stage,
) -> Result<Seq, Refusal> {
    match must_be_own(room, by.me)? {
        Stage::Unclaimed if believed == Stage::Claimed => Err(Refusal::NotYetClaimed),
        Stage::Claimed if believed == Stage::Unclaimed => Err(Refusal::ClaimedMeanwhile),
        _ => Ok(say(room, by, Side::Visitor, content)),
    }
}

/// `staff_msg`.
pub fn say_as_staff(room: &mut Room<'_, '_>, by: By, content: &Content) -> Result<Seq, Refusal> {
    must_serve(room, by.me)?;
    let seq = say(room, by, Side::Staff, content);
    if room.state().first_reply.is_none() {
        let (places, now) = (Places::of(room), room.now().as_millisecond());
        room.state_mut().first_reply = Some(now);
        places.move_on(room);
    }
    Ok(seq)
}

/// `chat_note`: for whoever serves the chat, and those who watch.
pub fn note(room: &mut Room<'_, '_>, by: By, content: &Content) -> Result<Seq, Refusal> {
    must_be_open(room)?;
    let audience = for_roles(room.state().staff, &WATCHING);
    Ok(record(room, by.via, What::Noted { content: content.clone() }, audience))
}

/// `user_typing_send` and `user_stop_typing_send`, for the other side. Where nobody serves yet, nobody hears it.
pub fn type_on(room: &mut Room<'_, '_>, by: By, side: Side, on: bool) -> Result<(), Refusal> {
    let hearer = match side {
        Side::Visitor => must_be_own(room, by.me).map(|_| room.state().staff)?,
        Side::Staff => must_serve(room, by.me).map(|()| Some(room.state().visitor))?,
    };
    if let Some(hearer) = hearer {
        let typing = Passing::Typing { room: then(room), on, via: by.via };
        room.signal_droppable(for_roles([hearer], &[]), typing);
    }
    Ok(())
}

fn say(room: &mut Room<'_, '_>, by: By, side: Side, content: &Content) -> Seq {
    let audience = for_hearers(room);
    record(room, by.via, What::Said { side, opening: false, content: content.clone() }, audience)
}
