//! The rules of talking in a group (seed, "Group Message Commands"). Who is in it: `membership`.

use hearken_core::event::{Audience, EventRef};
use hearken_core::ids::AccountId;
use hearken_core::{Draft, Receipt};

use super::message::{deletable, keep};
use super::{Done, Moment, Refusal, message_of, name_of};
use crate::stored::{Echo, Group};

type Chat<'d, 'e> = Draft<'d, 'e, Group>;

/// Which messages of a moment a receipt covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authors {
    /// Everybody's: the receipt names the group.
    All,
    /// One member's: the receipt names his number.
    One(AccountId),
}

impl Authors {
    /// The messages covered.
    pub fn messages(self, of: &Moment) -> EventRef {
        match self {
            Self::All => EventRef::NamedByAnyone(name_of(of.at)),
            Self::One(author) => message_of(author, of.at),
        }
    }
}

/// `new_grp_msg`. Reads [`message_of`] me at `sent`.
pub fn send(draft: &mut Chat<'_, '_>, me: AccountId, sent: &Moment, text: &str) -> Result<Done, Refusal> {
    must_be_in(draft, me)?;
    keep(draft, me, sent, text, |draft| {
        draft.present_members().map(|member| member.account).filter(|account| *account != me).collect()
    })
}

/// `grp_msg_received`. Reads `authors.messages(of)`.
pub fn receive(
    draft: &mut Chat<'_, '_>,
    me: AccountId,
    authors: Authors,
    of: &Moment,
    sent: &Moment,
) -> Result<Done, Refusal> {
    must_be_in(draft, me)?;
    let meant: Vec<_> = draft.logged(&authors.messages(of)).collect();
    let mut best = Receipt::Unknown;
    for logged in meant {
        match draft.receive(&logged, me) {
            Receipt::Taken => best = Receipt::Taken,
            Receipt::Repeated if best == Receipt::Unknown => best = Receipt::Repeated,
            Receipt::Repeated | Receipt::Unknown => {}
        }
    }
    match best {
        Receipt::Unknown => Err(Refusal::NothingToReceive),
        Receipt::Repeated => Ok(Done::Quiet),
        Receipt::Taken => {
            let echo = Echo::Received { of: of.text.clone(), sent: sent.text.clone() };
            draft.signal(Audience::members_except([me]), echo);
            Ok(Done::Quiet)
        }
    }
}

/// `grp_msg_read`, also sent as `msg_read`.
pub fn read(draft: &mut Chat<'_, '_>, me: AccountId, of: &Moment, sent: &Moment) -> Result<Done, Refusal> {
    must_be_in(draft, me)?;
    let echo = Echo::Read { of: of.text.clone(), sent: sent.text.clone() };
    draft.signal(Audience::members_except([me]), echo);
    Ok(Done::Quiet)
}

/// `is_grp_typing`.
pub fn type_on(draft: &mut Chat<'_, '_>, me: AccountId, sent: &Moment) -> Result<Done, Refusal> {
    must_be_in(draft, me)?;
    draft.signal_droppable(Audience::members_except([me]), Echo::Typing { sent: sent.text.clone() });
    Ok(Done::Quiet)
}

/// `delete_grp_msg`. Reads [`message_of`] me at `of`.
pub fn delete(draft: &mut Chat<'_, '_>, me: AccountId, of: &Moment, sent: &Moment) -> Result<Done, Refusal> {
    must_be_in(draft, me)?;
    let logged = deletable(draft, me, of)?;
    draft.withdraw(&logged);
    draft.signal(Audience::members(), Echo::Deleted { of: of.text.clone(), sent: sent.text.clone() });
    Ok(Done::Deleted)
}

fn must_be_in(draft: &Chat<'_, '_>, me: AccountId) -> Result<(), Refusal> {
    draft.member(me).map(|_| ()).ok_or(Refusal::NotMember)
}
