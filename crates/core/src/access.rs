//! Who may do what: the one place where every door asks, so that no door has a rule of its own about it.
//!
//! What belongs to another organisation is not forbidden but absent; see `Refused`.

use std::sync::Arc;

use crate::account::{Account, Phone, Role};
use crate::actor::{Actor, Person};

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody in particular asks, and somebody must.
    #[error("sign in first")]
    SignIn,
    /// It is somebody else's.
    #[error("this is not yours")]
    NotYours,
    /// It is not there, or in another organisation.
    #[error("there is no such thing")]
    NotFound,
}

/// The person who asks.
pub fn person(actor: &Actor) -> Result<&Person, Refused> {
    match actor {
        Actor::Person(person) => Ok(person),
        Actor::System(_) => Err(Refused::SignIn),
    }
}

/// The person who asks, if `phone` is his own.
pub fn holder_of<'a>(actor: &'a Actor, phone: &Phone) -> Result<&'a Person, Refused> {
    let person = person(actor)?;
    if person.account.phone.as_ref() == Some(phone) { Ok(person) } else { Err(Refused::NotYours) }
}

/// The person who asks, if he holds this role.
pub fn holds(actor: &Actor, role: Role) -> Result<&Person, Refused> {
    let person = person(actor)?;
    if person.account.roles.contains(&role) { Ok(person) } else { Err(Refused::NotYours) }
}

/// Somebody else, as far as the actor may know of him: in his own organisation. One who is disabled stays known:
/// what is sent to him waits.
pub fn acquaintance(actor: &Actor, other: Option<Arc<Account>>) -> Result<Arc<Account>, Refused> {
    let other = other.ok_or(Refused::NotFound)?;
    let near = actor.organisation().is_none_or(|organisation| organisation == other.organisation_id);
    if near { Ok(other) } else { Err(Refused::NotFound) }
}
