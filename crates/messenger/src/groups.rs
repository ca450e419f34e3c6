//! Making groups, and who is in them, as whole acts over the core: the rules are in [`crate::rules::membership`].

use std::sync::Arc;

use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::token::fill_random;
use hearken_core::{At, Core, Kind as _, ReadError, Target, UpdateError};

mod import;

pub use self::import::{Imported, NotImported, import_all};
use crate::rules::membership::Roster;
use crate::rules::{Refusal, membership};
use crate::stored::{Group, GroupState};

/// The longest name, in characters (contract, "HTTP").
pub const MAX_NAME: usize = 30;
/// The longest line about a group, in characters.
pub const MAX_BIO: usize = 80;
/// What keys are made of.
const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const KEY_LENGTH: usize = 10;

/// Whether a text can be the key of a group: any ten letters or digits are one (contract, "HTTP").
pub fn is_key(text: &str) -> bool {
    text.len() == KEY_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A group to be made.
#[derive(Clone, Debug)]
pub struct New {
    /// What it is called.
    pub name: String,
    /// A line about it.
    pub bio: String,
    /// Who may change it.
    pub admins: Vec<AccountId>,
    /// Who else is in it.
    pub participants: Vec<AccountId>,
}

/// What an admin does to a group. Whom it concerns is `None` when nobody has the number that he named: he hears of it
/// only once it is clear that he may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Brings somebody in.
    Add(Option<AccountId>),
    /// Takes somebody out.
    Remove(Option<AccountId>),
    /// Makes a participant an admin.
    Promote(Option<AccountId>),
    /// Gives it another name, or another line about it.
    Describe {
        /// Its name from now on.
        name: Option<String>,
        /// The line about it from now on.
        bio: Option<String>,
    },
}

/// Why a group was not made.
#[derive(Debug, PartialEq, Eq)]
pub enum NotMade {
    /// The rules or the store.
    Update(UpdateError<Refusal>),
    /// A group with this key exists.
    KeyTaken,
}

/// Makes a group under a fresh key; answers both.
pub async fn create(core: &Core, actor: &Actor, group: New) -> Result<(Arc<str>, Roster), NotMade> {
    let organisation = actor.organisation().ok_or(NotMade::Update(UpdateError::NotFound))?;
    loop {
        let key: Arc<str> = fresh_key().into();
        match found(core, actor, organisation, &key, group.clone()).await {
            // One in 36^10: try the next.
            Err(NotMade::KeyTaken) => {}
            Err(other) => return Err(other),
            Ok(roster) => return Ok((key, roster)),
        }
    }
}

/// Makes a group under a key from elsewhere.
pub async fn import(core: &Core, organisation: OrganisationId, key: &str, group: New) -> Result<(), NotMade> {
    found(core, &Actor::System("import"), organisation, &key.into(), group).await.map(drop)
}

/// Changes a group as the actor's act; answers how it is then.
pub async fn change(
    core: &Core,
    actor: &Actor,
    key: &str,
    change: Change,
) -> Result<Roster, UpdateError<Refusal>> {
    let (me, at) = seat(actor, key)?;
    let changed = core.update(actor, at, move |draft| {
        membership::must_be_admin(draft, me)?;
        match &change {
            Change::Add(whom) => membership::add(draft, me, whom.ok_or(Refusal::Stranger)?)?,
            Change::Remove(whom) => membership::remove(draft, me, whom.ok_or(Refusal::Stranger)?)?,
            Change::Promote(whom) => membership::promote(draft, me, whom.ok_or(Refusal::Stranger)?)?,
            Change::Describe { name, bio } => {
                membership::describe(draft, me, name.as_deref(), bio.as_deref())?;
            }
        }
        Ok(Roster::of(draft))
    });
    changed.await
}

/// A group as it is, for somebody who is in it.
pub async fn look(core: &Core, actor: &Actor, key: &str) -> Result<Roster, UpdateError<Refusal>> {
    let me = actor.account().ok_or(UpdateError::NotFound)?;
    let organisation = actor.organisation().filter(|_| is_key(key)).ok_or(UpdateError::NotFound)?;
    let target = Target::Key { kind: Group::NAME, organisation, key: key.into() };
    // Not as the actor: who is not in it is told so, and not that it is not there.
    let group = core.conversation(&Actor::System("a look at a group"), &target).await;
    let group = group.map_err(|error| match error {
        ReadError::NotFound => UpdateError::NotFound,
        ReadError::Store(_) => UpdateError::Unavailable,
    })?;
    if membership::has_ended(&group.header) {
        return Err(UpdateError::Refused(Refusal::Ended));
    }
    let roster = Roster::read(&group).ok_or(UpdateError::Unavailable)?;
    if roster.participants.contains(&me) { Ok(roster) } else { Err(UpdateError::Refused(Refusal::NotMember)) }
}

/// The actor leaves a group.
pub async fn leave(core: &Core, actor: &Actor, key: &str) -> Result<(), UpdateError<Refusal>> {
    let (me, at) = seat(actor, key)?;
    core.update(actor, at, move |draft| membership::leave(draft, me)).await
}

/// Who acts, and on which group. What can't be a key is the key of no group.
fn seat(actor: &Actor, key: &str) -> Result<(AccountId, At<Group>), UpdateError<Refusal>> {
    match (actor.account(), actor.organisation()) {
        (Some(me), Some(organisation)) if is_key(key) => Ok((me, At::key(organisation, key))),
        _ => Err(UpdateError::NotFound),
    }
}

async fn found(
    core: &Core,
    actor: &Actor,
    organisation: OrganisationId,
    key: &Arc<str>,
    group: New,
) -> Result<Roster, NotMade> {
    let New { name, bio, admins, participants } = group;
    let at = At::<Group>::key(organisation, Arc::clone(key)).or_open(GroupState { name, bio });
    let made = core.update(actor, at, move |draft| {
        if !draft.is_new() {
            return Err(None);
        }
        membership::found(draft, &admins, &participants).map_err(Some)?;
        Ok(Roster::of(draft))
    });
    made.await.map_err(|error| match error {
        UpdateError::Refused(None) => NotMade::KeyTaken,
        UpdateError::Refused(Some(refusal)) => NotMade::Update(UpdateError::Refused(refusal)),
        UpdateError::NotFound => NotMade::Update(UpdateError::NotFound),
        UpdateError::Busy => NotMade::Update(UpdateError::Busy),
        UpdateError::Collided(error) => NotMade::Update(UpdateError::Collided(error)),
        UpdateError::Unavailable => NotMade::Update(UpdateError::Unavailable),
    })
}

/// Ten characters of `0-9A-Z`, every one as likely as the next.
fn fresh_key() -> String {
    let mut key = String::with_capacity(KEY_LENGTH);
    while key.len() < KEY_LENGTH {
        let mut byte = [0];
        fill_random(&mut byte);
        // Bytes past the last whole multiple would favour the first letters.
        if byte[0] < 252 {
            key.push(char::from(ALPHABET[usize::from(byte[0] % 36)]));
        }
    }
    key
}
