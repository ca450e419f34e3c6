//! Groups from elsewhere, all or nothing, together with whatever else is imported with them.

use std::sync::Arc;

use hearken_core::actor::Actor;
use hearken_core::ids::OrganisationId;
use hearken_core::store::{Changes, StoreError};
use hearken_core::{At, AtMany, Core, UpdateError};

use super::{New, fresh_key};
use crate::rules::{Refusal, membership};
use crate::stored::{Group, GroupState};

/// A group to be made of what an import says.
#[derive(Clone, Debug)]
pub struct Imported {
    organisation: OrganisationId,
    key: Arc<str>,
    group: New,
}

impl Imported {
    /// A group of this organisation. Without a key it is given one.
    pub fn new(organisation: OrganisationId, key: Option<String>, group: New) -> Self {
        Self { organisation, key: key.unwrap_or_else(fresh_key).into(), group }
    }

    /// Whether this is the group of this key.
    pub fn is(&self, organisation: OrganisationId, key: &str) -> bool {
        self.organisation == organisation && *self.key == *key
    }
}

/// Why an import was not made; nothing of it was.
#[derive(Debug, PartialEq, Eq)]
pub enum NotImported {
    /// The key of the group at this place is another's.
    KeyTaken(usize),
    /// The rules refuse the group at this place.
    Refused(usize, Refusal),
    /// Something that must be unique is taken, or the store failed.
    Store(StoreError),
    /// Too much is waiting already.
    Busy,
}

/// Makes groups, and these changes with them, in one commit.
pub async fn import_all(core: &Core, groups: Vec<Imported>, changes: Changes) -> Result<(), NotImported> {
    if groups.is_empty() {
        return core.commit(changes).await.map_err(NotImported::Store);
    }
    let place = |at: AtMany, imported: &Imported| {
        let New { name, bio, .. } = imported.group.clone();
        let key = At::<Group>::key(imported.organisation, Arc::clone(&imported.key));
        at.and(key.or_open(GroupState { name, bio }))
    };
    let at = groups.iter().fold(AtMany::default(), place);
    let made = core.update_many_with(&Actor::System("import"), at, changes, move |drafts| {
        for (n, Imported { group, .. }) in groups.iter().enumerate() {
            let found = drafts.with::<Group, _>(n, |draft| {
                if !draft.is_new() {
                    return Err(NotImported::KeyTaken(n));
                }
                let found = membership::found(draft, &group.admins, &group.participants);
                found.map_err(|refusal| NotImported::Refused(n, refusal))
            });
            found.unwrap_or(Err(NotImported::KeyTaken(n)))?;
        }
        Ok(())
    });
    made.await.map_err(|error| match error {
        UpdateError::Refused(why) => why,
        UpdateError::Collided(error) => NotImported::Store(error),
        UpdateError::Busy => NotImported::Busy,
        UpdateError::NotFound | UpdateError::Unavailable => {
            NotImported::Store(StoreError::Unavailable("the store can't be written".into()))
        }
    })
}
