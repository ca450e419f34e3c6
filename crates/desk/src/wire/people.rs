//! People as the seed's dictionaries show them ("Data formats" and the samples of each event).

use hearken_core::account::Account;
use jiff::Timestamp;
use serde::Serialize;

use super::id::Hex;
use crate::names::full_name;
use crate::stored::Rank;

/// Somebody of the staff.
#[derive(Serialize)]
pub struct Staff<'a> {
    email: Option<&'a str>,
    /// In seconds, here and below (contract, "Settled details").
    created_at: i64,
    full_name: Option<String>,
    updated_at: Option<i64>,
    id: Hex,
    display_name: Option<&'a str>,
    organisation_id: Hex,
    disabled: bool,
    role_id: Option<u8>,
}

/// A visitor.
#[derive(Serialize)]
pub struct Visitor<'a> {
    email: Option<&'a str>,
    is_anonymous: bool,
    created_at: i64,
    updated_at: Option<i64>,
    name: Option<&'a str>,
    id: Hex,
    disabled: bool,
}

impl<'a> From<&'a Account> for Staff<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            email: account.email.as_deref(),
            created_at: account.created_at.as_second(),
            full_name: full_name(account),
            updated_at: updated(account),
            id: Hex(account.id.0),
            display_name: account.display_name.as_deref(),
            organisation_id: Hex(account.organisation_id.0),
            disabled: account.disabled,
            role_id: Rank::of(&account.roles).map(Rank::id),
        }
    }
}

impl<'a> From<&'a Account> for Visitor<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            email: account.email.as_deref(),
            is_anonymous: account.guest,
            created_at: account.created_at.as_second(),
            updated_at: updated(account),
            name: account.name.as_deref(),
            id: Hex(account.id.0),
            disabled: account.disabled,
        }
    }
}

/// When it was changed, if it ever was.
fn updated(account: &Account) -> Option<i64> {
    let changed = account.updated_at > account.created_at;
    changed.then_some(account.updated_at).map(Timestamp::as_second)
}
