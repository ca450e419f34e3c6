//! Who is in a group, as what, and what it is called (contract, "HTTP").
//!
//! Repeats: whoever asks for what is so already is told that it is so, and nothing is written.

use hearken_core::ids::AccountId;
use hearken_core::{Conversation, Draft, Header, MAX_WAITING_MEMBERS, Member};
use jiff::Timestamp;

use super::Refusal;
use crate::stored::{Group, GroupChange, GroupState, Tidings};

type Chat<'d, 'e> = Draft<'d, 'e, Group>;

/// The role of those who may change the group.
pub const ADMIN: &str = "admin";
/// Everybody else's.
pub const PARTICIPANT: &str = "participant";
/// Where a group stands that its last member has left: nobody knows its key any more, and no other group gets it.
const ENDED: &str = "ended";

/// A group as it is after a rule, for whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Its name.
    pub name: String,
    /// A line about it.
    pub bio: String,
    /// Who may change it, the longest-standing first.
    pub admins: Vec<AccountId>,
    /// Everybody in it, the admins among them, the longest-standing first.
    pub participants: Vec<AccountId>,
}

impl Roster {
    /// Of the group in this draft.
    pub fn of(draft: &Chat<'_, '_>) -> Self {
        Self::from(draft.state(), draft.members())
    }

    /// Of a group as it was read; nothing when a newer version of the server has written it.
    pub fn read(group: &Conversation) -> Option<Self> {
        Some(Self::from(group.state.get::<GroupState>()?, &group.members))
    }

    fn from(state: &GroupState, members: &[Member]) -> Self {
        let mut members: Vec<_> = members.iter().filter(|member| member.is_in()).collect();
        members.sort_by_key(|member| standing(member));
        let accounts = |which: fn(&Member) -> bool| {
            members.iter().filter(move |member| which(member)).map(|m| m.account)
        };
        Self {
            name: state.name.clone(),
            bio: state.bio.clone(),
            admins: accounts(is_admin).collect(),
            participants: accounts(|_| true).collect(),
        }
    }
}

/// Whether a group is over.
pub fn has_ended(header: &Header) -> bool {
    header.status == ENDED
}

/// Seats the first members of a new group, the admins first; whoever is among them is one. In this order they stand
/// when the last admin leaves. What the server itself brings in from elsewhere is no news to anybody.
pub fn found(
    draft: &mut Chat<'_, '_>,
    admins: &[AccountId],
    participants: &[AccountId],
) -> Result<(), Refusal> {
    let everybody: std::collections::BTreeSet<_> = admins.iter().chain(participants).collect();
    if everybody.len() > MAX_WAITING_MEMBERS {
        return Err(Refusal::GroupFull);
    }
    for account in admins {
        draft.join(*account, ADMIN);
    }
    for account in participants.iter().filter(|account| !admins.contains(account)) {
        draft.join(*account, PARTICIPANT);
    }
    if let Some(me) = draft.actor().account() {
        tell(draft, GroupChange::Create, me, None);
    }
    Ok(())
}

/// Only an admin may change the group.
pub fn must_be_admin(draft: &Chat<'_, '_>, me: AccountId) -> Result<(), Refusal> {
    must_go_on(draft)?;
    let member = draft.member(me).ok_or(Refusal::NotMember)?;
    if is_admin(member) { Ok(()) } else { Err(Refusal::NotAdmin) }
}

/// An admin brings somebody in. One who is in already stays as he is.
pub fn add(draft: &mut Chat<'_, '_>, me: AccountId, other: AccountId) -> Result<(), Refusal> {
    must_be_admin(draft, me)?;
    if draft.member(other).is_some() {
        return Ok(());
    }
    if !draft.join(other, PARTICIPANT) {
        return Err(Refusal::GroupFull);
    }
    tell(draft, GroupChange::Add, me, Some(other));
    Ok(())
}

/// An admin takes somebody out, and so out of every pending set. One who is out already stays out.
pub fn remove(draft: &mut Chat<'_, '_>, me: AccountId, other: AccountId) -> Result<(), Refusal> {
    must_be_admin(draft, me)?;
    match draft.member(other) {
        Some(member) if is_admin(member) => Err(Refusal::AdminStays),
        Some(_) => {
            draft.leave(other);
            tell(draft, GroupChange::Remove, me, Some(other));
            Ok(())
        }
        None if was_in(draft, other) => Ok(()),
        None => Err(Refusal::UnknownNumber),
    }
}

/// An admin makes a participant an admin too.
pub fn promote(draft: &mut Chat<'_, '_>, me: AccountId, other: AccountId) -> Result<(), Refusal> {
    must_be_admin(draft, me)?;
    let member = draft.member(other).ok_or(Refusal::UnknownNumber)?;
    if !is_admin(member) {
        draft.join(other, ADMIN);
        tell(draft, GroupChange::Promote, me, Some(other));
    }
    Ok(())
}

/// An admin gives the group another name, or another line about it, or both.
pub fn describe(
    draft: &mut Chat<'_, '_>,
    me: AccountId,
    name: Option<&str>,
    bio: Option<&str>,
) -> Result<(), Refusal> {
    must_be_admin(draft, me)?;
    let is_new = |new: Option<&str>, old: &str| new.is_some_and(|new| new != old);
    if !is_new(name, &draft.state().name) && !is_new(bio, &draft.state().bio) {
        return Ok(());
    }
    let state = draft.state_mut();
    if let Some(name) = name {
        name.clone_into(&mut state.name);
    }
    if let Some(bio) = bio {
        bio.clone_into(&mut state.bio);
    }
    tell(draft, GroupChange::Rename, me, None);
    Ok(())
}

/// Somebody leaves by himself, and so every pending set. When the last admin goes, the longest-standing participant
/// becomes one; when the last member goes, the group ends. One who is out already stays out.
pub fn leave(draft: &mut Chat<'_, '_>, me: AccountId) -> Result<(), Refusal> {
    must_go_on(draft)?;
    if draft.member(me).is_none() {
        return if was_in(draft, me) { Ok(()) } else { Err(Refusal::NotMember) };
    }
    draft.leave(me);
    tell(draft, GroupChange::Leave, me, None);
    if draft.present_members().any(is_admin) {
        return Ok(());
    }
    let heir = draft.present_members().min_by_key(|member| standing(member));
    match heir.map(|member| member.account) {
        Some(heir) => {
            draft.join(heir, ADMIN);
            tell(draft, GroupChange::Promote, me, Some(heir));
        }
        None => draft.set_status(ENDED),
    }
    Ok(())
}

/// Tells everybody whom a change concerns: who is in, and who was in until then.
fn tell(draft: &mut Chat<'_, '_>, change: GroupChange, by: AccountId, whom: Option<AccountId>) {
    let mut people: Vec<_> = draft.present_members().map(|member| member.account).collect();
    match change {
        GroupChange::Remove => people.extend(whom),
        GroupChange::Leave => people.push(by),
        _ => {}
    }
    draft.notify_each(people, Tidings::Group { change, by, whom });
}

fn must_go_on(draft: &Chat<'_, '_>) -> Result<(), Refusal> {
    if has_ended(draft.header()) { Err(Refusal::Ended) } else { Ok(()) }
}

fn is_admin(member: &Member) -> bool {
    member.role == ADMIN
}

/// What members are ordered by: the longest in first, and those who came together in the order they were named.
fn standing(member: &Member) -> (Timestamp, u8) {
    (member.since, member.slot)
}

/// Whether somebody was in the group before.
fn was_in(draft: &Chat<'_, '_>, account: AccountId) -> bool {
    draft.members().iter().any(|member| member.account == account)
}
