//! Making groups, and who is in them, as whole acts over the core: the rules are in [`crate::rules::membership`].

use std::sync::Arc;

use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::token::fill_random;
use hearken_core::{At, Core, UpdateError};

use crate::rules::{Refusal, membership};
use crate::stored::{Group, GroupState};

/// The longest name, in characters (contract, "HTTP").
pub const MAX_NAME: usize = 30;
/// The longest line about a group, in characters.
pub const MAX_BIO: usize = 80;
/// What keys are made of.
const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const KEY_LENGTH: usize = 10;

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

/// Why a group was not made.
#[derive(Debug, PartialEq, Eq)]
pub enum NotMade {
    /// The rules or the store.
    Update(UpdateError<Refusal>),
    /// A group with this key exists.
    KeyTaken,
}

/// Makes a group under a fresh key, which it answers.
pub async fn create(core: &Core, actor: &Actor, group: New) -> Result<Arc<str>, NotMade> {
    let organisation = actor.organisation().ok_or(NotMade::Update(UpdateError::NotFound))?;
    loop {
        let key: Arc<str> = fresh_key().into();
        match found(core, actor, organisation, &key, group.clone()).await {
            // One in 36^10: try the next.
            Err(NotMade::KeyTaken) => {}
            Err(other) => return Err(other),
            Ok(()) => return Ok(key),
        }
    }
}

/// Makes a group under a key from elsewhere.
pub async fn import(core: &Core, organisation: OrganisationId, key: &str, group: New) -> Result<(), NotMade> {
    found(core, &Actor::System("import"), organisation, &key.into(), group).await
}

async fn found(
    core: &Core,
    actor: &Actor,
    organisation: OrganisationId,
    key: &Arc<str>,
    group: New,
) -> Result<(), NotMade> {
    let New { name, bio, admins, participants } = group;
    let at = At::<Group>::key(organisation, Arc::clone(key)).or_open(GroupState { name, bio });
    let made = core.update(actor, at, move |draft| {
        if !draft.is_new() {
            return Err(None);
        }
        membership::found(draft, &admins, &participants).map_err(Some)
    });
    made.await.map_err(|error| match error {
        UpdateError::Refused(None) => NotMade::KeyTaken,
        UpdateError::Refused(Some(refusal)) => NotMade::Update(UpdateError::Refused(refusal)),
        UpdateError::NotFound => NotMade::Update(UpdateError::NotFound),
        UpdateError::Busy => NotMade::Update(UpdateError::Busy),
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
