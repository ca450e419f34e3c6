//! What an operator's commands ask of the core: the same requests whether they are carried out here, on the embedded
//! store, or by a running server, through its control socket.

use std::time::Duration;

use hearken_core::account::{Phone, Role};
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::store::AccountRef;
use hearken_core::{AccountPatch, Core, NewAccount, PeopleError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many accounts one page of a list has.
const PAGE: usize = 500;

/// A request. It has no debug output: passwords are in it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// Create an account.
    AccountAdd {
        /// Its organisation; without one, `default`.
        organisation: Option<OrganisationId>,
        /// First name.
        name: Option<String>,
        /// Family name.
        last_name: Option<String>,
        /// E-mail address.
        email: Option<String>,
        /// Phone number, as written.
        phone: Option<String>,
        /// What it may do.
        roles: Vec<Role>,
        /// What its holder signs in with.
        password: Option<String>,
    },
    /// The accounts after this one, a page.
    AccountList {
        /// The last one of the page before.
        after: Option<AccountId>,
    },
    /// One account.
    AccountShow {
        /// Which.
        id: AccountId,
    },
    /// Disable or enable an account.
    AccountDisable {
        /// Which.
        id: AccountId,
        /// Which of the two.
        disabled: bool,
    },
    /// Give an account a password.
    AccountSetPassword {
        /// Which.
        id: AccountId,
        /// The password.
        password: String,
    },
    /// Give an account these roles.
    AccountSetRoles {
        /// Which.
        id: AccountId,
        /// What it may do.
        roles: Vec<Role>,
    },
    /// A new key to sign tokens with.
    KeyAdd,
    /// The names of the keys that tokens are signed with.
    KeyList,
    /// Replace all keys and secrets, and sign everybody out.
    KeyRenew,
    /// Take a signing key away.
    KeyRemove {
        /// Its name.
        key: String,
    },
    /// Create an organisation.
    OrganisationAdd {
        /// Its name.
        name: String,
    },
    /// Every organisation.
    OrganisationList,
    /// An access token.
    Token {
        /// For which account.
        id: AccountId,
        /// How long it is good.
        ttl: Duration,
    },
    /// What is wrong in the store.
    Check,
}

/// Carries out a request. The error is one line for the operator.
pub async fn perform(core: &Core, request: Request) -> Result<Value, String> {
    match request {
        Request::AccountAdd { organisation, name, last_name, email, phone, roles, password } => {
            [&name, &last_name].into_iter().flatten().try_for_each(|name| not_blank(name))?;
            let phone = phone.map(|phone| phone.parse::<Phone>()).transpose().map_err(say)?;
            let password = match password {
                Some(password) => Some(core.hash_password(&password).await.map_err(say)?),
                None => None,
            };
            let new = NewAccount {
                organisation,
                name,
                last_name,
                email,
                phone,
                roles,
                password,
                ..NewAccount::default()
            };
            core.add_account(new).await.map(|account| json!(account)).map_err(say)
        }
        Request::AccountList { after } => {
            let accounts = core.accounts(after, PAGE).await.map_err(say)?;
            Ok(json!(accounts))
        }
        Request::AccountShow { id } => {
            let account = core.account(&AccountRef::Id(id)).await.map_err(say)?;
            account.map(|account| json!(account)).ok_or_else(|| say(PeopleError::NoAccount))
        }
        Request::AccountDisable { id, disabled } => {
            core.set_disabled(id, disabled).await.map(|account| json!(account)).map_err(say)
        }
        Request::AccountSetPassword { id, password } => {
            let password = Some(core.hash_password(&password).await.map_err(say)?);
            let patch = AccountPatch { password, ..AccountPatch::default() };
            core.update_account(id, patch).await.map(|account| json!(account)).map_err(say)
        }
        Request::AccountSetRoles { id, roles } => {
            let patch = AccountPatch { roles: Some(roles), ..AccountPatch::default() };
            core.update_account(id, patch).await.map(|account| json!(account)).map_err(say)
        }
        Request::KeyAdd => core.rotate_keys().await.map(Value::String).map_err(say),
        Request::KeyList => Ok(core.public_keys().into_iter().map(|(name, _)| Value::String(name)).collect()),
        Request::KeyRenew => core.renew_secrets().await.map(Value::String).map_err(say),
        Request::KeyRemove { key } => core.retire_key(&key).await.map(|()| Value::Null).map_err(say),
        Request::OrganisationAdd { name } => {
            not_blank(&name)?;
            core.add_organisation(&name).await.map(|organisation| json!(organisation)).map_err(say)
        }
        Request::OrganisationList => Ok(json!(core.organisations().await.map_err(say)?)),
        Request::Token { id, ttl } => core.issue(id, ttl).await.map(Value::String).map_err(say),
        Request::Check => Ok(json!(core.check().await.map_err(say)?)),
    }
}

/// Refuses a name of nothing but blanks; one of nothing at all is refused with its own words.
fn not_blank(name: &str) -> Result<(), String> {
    let blank = !name.is_empty() && name.trim().is_empty();
    if blank { Err("a name is more than blanks".to_owned()) } else { Ok(()) }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}
