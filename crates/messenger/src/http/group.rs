//! Groups over HTTP: made, changed and left (contract, `/chat/special/group`).

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hearken_core::MAX_WAITING_MEMBERS;
use hearken_core::access::acquaintance;
use hearken_core::account::Phone;
use hearken_core::ids::AccountId;
use hearken_core::store::{AccountRef, StoreError};
use http::StatusCode;

use super::caller::{Caller, admit};
use super::described::{ChangeGroupBody, OneThing, Signed, TAG, WithBody};
use super::wire::{AskedChange, ChangeGroup, CreateGroup, GroupAnswer, GroupShown, Info, LeaveGroup};
use crate::error::HttpError;
use crate::groups::{self, Change, New};
use crate::routes::Messenger;
use crate::rules::Refusal;
use crate::rules::membership::Roster;

/// How much of what was written for a number is repeated.
const REPEATED: usize = 32;

/// Make a group
///
/// The caller is an admin, whether he names himself or not; who is an admin is a participant too.
#[utoipa::path(
    post,
    path = "/chat/special/group",
    tag = TAG,
    security(("token" = []), ("cookie" = [])),
    request_body = CreateGroup,
    responses((status = 201, description = "The group", body = GroupAnswer), Signed, WithBody),
)]
pub(super) async fn create(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<(StatusCode, Json<GroupAnswer>), HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let CreateGroup { name, bio, admin, participants } = CreateGroup::read(fields)?;
    let asked: HashSet<&String> = admin.iter().chain(&participants).collect();
    if asked.len() > MAX_WAITING_MEMBERS {
        return Err(HttpError::Refused(Refusal::GroupFull));
    }
    let mut unknown = Vec::new();
    let mut admins = vec![caller.account];
    admins.extend(everybody(&door, &caller, "admin", &admin, &mut unknown).await?);
    let participants = everybody(&door, &caller, "participants", &participants, &mut unknown).await?;
    if !unknown.is_empty() {
        return Err(HttpError::UnknownNumbers(unknown));
    }
    let group = New { name, bio, admins, participants };
    let (key, roster) = groups::create(&door.core, &caller.actor, group).await?;
    Ok((StatusCode::CREATED, Json(shown(&door, &key, roster, "created").await?)))
}

/// Change a group
///
/// Brings somebody in, takes a participant out, makes one an admin, or gives the group another name. For admins. What is
/// so already is answered like what has just been done.
#[utoipa::path(
    put,
    path = "/chat/special/group",
    tag = TAG,
    security(("token" = []), ("cookie" = [])),
    request_body = ChangeGroupBody,
    responses((status = 200, description = "The group as it is now", body = GroupAnswer), Signed, WithBody, OneThing),
)]
pub(super) async fn change(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<GroupAnswer>, HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let ChangeGroup { key, msg_from, change } = ChangeGroup::read(fields)?;
    caller.must_be(&msg_from)?;
    let change = match change {
        AskedChange::Add(number) => Change::Add(known(&door, &caller, &number).await?),
        AskedChange::Remove(number) => Change::Remove(known(&door, &caller, &number).await?),
        AskedChange::Promote(number) => Change::Promote(known(&door, &caller, &number).await?),
        AskedChange::Rename(name) => Change::Describe { name: Some(name), bio: None },
    };
    let roster = groups::change(&door.core, &caller.actor, &key, change).await?;
    Ok(Json(shown(&door, &key, roster, "updated").await?))
}

/// Leave a group
///
/// When the last admin leaves, the longest-standing participant becomes one; when the last member leaves, the group ends.
#[utoipa::path(
    delete,
    path = "/chat/special/group",
    tag = TAG,
    security(("token" = []), ("cookie" = [])),
    request_body = LeaveGroup,
    responses((status = 200, description = "It is done", body = Info), Signed, WithBody, OneThing),
)]
pub(super) async fn leave(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<Info>, HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let LeaveGroup { key, msg_from } = LeaveGroup::read(fields)?;
    caller.must_be(&msg_from)?;
    groups::leave(&door.core, &caller.actor, &key).await?;
    Ok(Json(Info { info: "left" }))
}

/// The accounts of these numbers, in their order; the numbers that are nobody's go to `unknown`.
async fn everybody(
    door: &Messenger,
    caller: &Caller,
    field: &'static str,
    numbers: &[String],
    unknown: &mut Vec<(&'static str, String)>,
) -> Result<Vec<AccountId>, StoreError> {
    let mut accounts = Vec::new();
    let mut seen = HashSet::new();
    for number in numbers.iter().filter(|number| seen.insert(*number)) {
        match known(door, caller, number).await? {
            Some(account) => accounts.push(account),
            None => unknown.push((field, number.chars().take(REPEATED).collect())),
        }
    }
    Ok(accounts)
}

/// The account of a number, as far as the caller may know of it.
async fn known(door: &Messenger, caller: &Caller, number: &str) -> Result<Option<AccountId>, StoreError> {
    let Ok(phone) = number.parse::<Phone>() else { return Ok(None) };
    let found = door.core.account(&AccountRef::Phone(phone)).await?;
    Ok(acquaintance(&caller.actor, found).ok().map(|account| account.id))
}

/// A group as its members see it.
pub(super) async fn shown(
    door: &Messenger,
    key: &str,
    roster: Roster,
    info: &'static str,
) -> Result<GroupAnswer, StoreError> {
    let Roster { name, bio, admins, participants } = roster;
    let (admin, participants) = (phones(door, &admins).await?, phones(door, &participants).await?);
    Ok(GroupAnswer { group: GroupShown { key: key.to_owned(), name, bio, admin, participants }, info })
}

async fn phones(door: &Messenger, accounts: &[AccountId]) -> Result<Vec<Phone>, StoreError> {
    let mut phones = Vec::with_capacity(accounts.len());
    for account in accounts {
        let account = door.core.account(&AccountRef::Id(*account)).await?;
        phones.extend(account.and_then(|account| account.phone.clone()));
    }
    Ok(phones)
}
