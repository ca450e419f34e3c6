//! Who asks. The first argument of every call into the core: there is no ambient user.

use std::sync::Arc;

use jiff::Timestamp;

use crate::account::{Account, Role};
use crate::ids::{AccountId, OrganisationId, SignInId};

/// Who asks: a person with one sign-in, or the server itself.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A person.
    Person(Person),
    /// The server itself, for the reason given: a timer, an operator's command.
    System(&'static str),
}

/// A person as one of his sign-ins shows him.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account as it was when the credential was checked.
    pub account: Arc<Account>,
    /// Which of the person's sign-ins this is.
    pub sign_in: SignInId,
    /// What he showed, and how long it holds.
    pub credential: Credential,
}

/// What a person showed to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An access token made by an operator; an open socket lives as long as it (common.md).
    OperatorToken {
        /// When it ends.
        expires: Timestamp,
    },
    /// An access token of a sign-in; an open socket lives as long as that does, which a refresh prolongs.
    SignIn {
        /// When the token ends; the sign-in does so at the earliest then.
        expires: Timestamp,
    },
    /// An ID token of an outside issuer; an open socket lives as long as it.
    OutsideToken {
        /// When it ends.
        expires: Timestamp,
    },
}

impl Credential {
    /// When what was shown ends by itself. Whether there is more behind it, `Core::lives_on_until` tells.
    pub fn expires(&self) -> Timestamp {
        match self {
            Self::OperatorToken { expires } | Self::SignIn { expires } | Self::OutsideToken { expires } => {
                *expires
            }
        }
    }
}

impl Actor {
    /// The account, unless the server itself asks.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Person(person) => Some(person.account.id),
            Self::System(_) => None,
        }
    }

    /// The sign-in, unless the server itself asks.
    pub fn sign_in(&self) -> Option<SignInId> {
        match self {
            Self::Person(person) => Some(person.sign_in),
            Self::System(_) => None,
        }
    }

    /// The organisation that confines everything the actor may reach; `None` for the server itself.
    pub fn organisation(&self) -> Option<OrganisationId> {
        match self {
            Self::Person(person) => Some(person.account.organisation_id),
            Self::System(_) => None,
        }
    }

    /// Whether a person with this role asks.
    pub fn has_role(&self, role: Role) -> bool {
        match self {
            Self::Person(person) => person.account.roles.contains(&role),
            Self::System(_) => false,
        }
    }
}

impl From<Person> for Actor {
    fn from(person: Person) -> Self {
        Self::Person(person)
    }
}
