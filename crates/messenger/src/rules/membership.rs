//! Who is in a group, and as what.

use hearken_core::ids::AccountId;
use hearken_core::{Draft, MAX_WAITING_MEMBERS};

use super::Refusal;
use crate::stored::Group;

type Chat<'d, 'e> = Draft<'d, 'e, Group>;

/// The role of those who may change the group.
pub const ADMIN: &str = "admin";
/// Everybody else's.
pub const PARTICIPANT: &str = "participant";

/// Seats the first members of a new group; whoever is among the admins is one.
pub fn found(
    draft: &mut Chat<'_, '_>,
    admins: &[AccountId],
    participants: &[AccountId],
) -> Result<(), Refusal> {
    let everybody: std::collections::BTreeSet<_> = admins.iter().chain(participants).collect();
    if everybody.len() > MAX_WAITING_MEMBERS {
        return Err(Refusal::GroupFull);
    }
    for account in participants.iter().filter(|account| !admins.contains(account)) {
        draft.join(*account, PARTICIPANT);
    }
    for account in admins {
        draft.join(*account, ADMIN);
    }
    Ok(())
}

/// An admin brings somebody in. One who is in already stays as he is.
pub fn add(draft: &mut Chat<'_, '_>, me: AccountId, other: AccountId) -> Result<(), Refusal> {
    must_be_admin(draft, me)?;
    if draft.member(other).is_some() || draft.join(other, PARTICIPANT) {
        Ok(())
    } else {
        Err(Refusal::GroupFull)
    }
}

/// An admin takes somebody out, and so out of every pending set.
pub fn remove(draft: &mut Chat<'_, '_>, me: AccountId, other: AccountId) -> Result<(), Refusal> {
    must_be_admin(draft, me)?;
    let member = draft.member(other).ok_or(Refusal::UnknownNumber)?;
    if member.role == ADMIN {
        return Err(Refusal::AdminStays);
    }
    draft.leave(other);
    Ok(())
}

/// Somebody leaves by himself. When the last admin goes, the longest-standing participant becomes one.
pub fn leave(draft: &mut Chat<'_, '_>, me: AccountId) -> Result<(), Refusal> {
    if !draft.leave(me) {
        return Err(Refusal::NotMember);
    }
    if draft.present_members().any(|member| member.role == ADMIN) {
        return Ok(());
    }
    let heir = draft.present_members().min_by_key(|member| (member.since, member.slot));
    match heir.map(|member| member.account) {
        Some(heir) => drop(draft.join(heir, ADMIN)),
        None => draft.set_status("ended"),
    }
    Ok(())
}

fn must_be_admin(draft: &Chat<'_, '_>, me: AccountId) -> Result<(), Refusal> {
    let member = draft.member(me).ok_or(Refusal::NotMember)?;
    if member.role == ADMIN { Ok(()) } else { Err(Refusal::NotAdmin) }
}
