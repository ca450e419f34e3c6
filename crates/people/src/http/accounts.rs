//! Keeping accounts: for admins, inside their own organisation.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use hearken_core::account::{Account, Phone, Role};
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::sign_in::{BadPassword, admissible};
use hearken_core::store::{AccountPage, AccountRef};
use hearken_core::{AccountPatch, NewAccount, access};
use hearken_transport::rest::described::{Contended, OneThing, SignedIn as NeedsToken, WithBody, WithQuery};
use hearken_transport::rest::{At, Caller, Failure, Fields, Page, Paging, Repeat, Sent, Success};

use super::wire::{AccountShown, Person, RoleShown, change_of_email, change_of_line, roles};
use super::{ACCOUNTS, not_kept};
use crate::People;

/// List the organisation's accounts
///
/// In the order in which they were made.
#[utoipa::path(
    get, path = "/accounts", tag = ACCOUNTS, security(("token" = []), ("cookie" = [])),
    params(Paging, ("role" = Option<RoleShown>, Query, description = "Only holders of this role")),
    responses((status = 200, description = "A page of accounts", body = Page<AccountShown>), NeedsToken, WithQuery),
)]
pub(super) async fn list(
    State(people): State<Arc<People>>,
    caller: Caller,
    paging: Paging,
    query: Query<Vec<(String, String)>>,
) -> Result<Page<Account>, Failure> {
    access::holds(&caller.actor, Role::Admin)?;
    let role = query.0.iter().find(|(name, _)| name == "role").map(|(_, role)| role.parse::<Role>());
    let role = role.transpose().map_err(|_| Failure::field("role", "must be a role"))?;
    let organisation = caller.account().organisation_id;
    let offset = usize::try_from(paging.skip()).unwrap_or(usize::MAX).min(i64::MAX as usize);
    let page = AccountPage { organisation, role, offset, limit: paging.limit() };
    let (accounts, total) = people.core.account_page(&page).await?;
    Ok(Page::new(accounts, paging.metadata(total as u64), "The accounts of your organisation."))
}

/// Make an account
#[utoipa::path(
    post, path = "/accounts", tag = ACCOUNTS, security(("token" = []), ("cookie" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat within 24 hours return the first answer")),
    request_body = Person,
    responses((status = 201, description = "The account", body = Success<AccountShown>), NeedsToken, WithBody, Contended),
)]
pub(super) async fn create(
    State(people): State<Arc<People>>,
    caller: Caller,
    repeat: Option<Repeat>,
    Sent(fields): Sent,
) -> Result<Response, Failure> {
    access::holds(&caller.actor, Role::Admin)?;
    let patch = person(&people, &caller, fields).await?;
    let new = NewAccount {
        organisation: Some(caller.account().organisation_id),
        name: patch.name.flatten(),
        last_name: patch.last_name.flatten(),
        display_name: patch.display_name.flatten(),
        email: patch.email.flatten(),
        phone: patch.phone.flatten(),
        roles: patch.roles.unwrap_or_default(),
        password: patch.password,
        disabled: patch.disabled.unwrap_or(false),
        guest: false,
    };
    let mut prepared = people.core.prepare_accounts(vec![new]).await.map_err(not_kept)?;
    let account = prepared.accounts.first().ok_or(Failure::Unavailable)?;
    let answer = Success::created((**account).clone(), "The account is made.");
    prepared.changes.records.extend(repeat.map(|repeat| repeat.kept(&answer)));
    people.core.make_accounts(prepared).await.map_err(not_kept)?;
    Ok(Repeat::answered(answer))
}

/// One account
#[utoipa::path(
    get, path = "/accounts/{id}", tag = ACCOUNTS, security(("token" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Which account")),
    responses((status = 200, description = "The account", body = Success<AccountShown>), NeedsToken, OneThing),
)]
pub(super) async fn show(
    State(people): State<Arc<People>>,
    caller: Caller,
    At(id): At<AccountId>,
) -> Result<Success<Account>, Failure> {
    let account = one(&people, &caller, id).await?;
    Ok(Success::ok(account, "Here it is."))
}

/// Change an account
///
/// What is not named stays. Who is disabled, or given a new password, is signed out everywhere.
#[utoipa::path(
    patch, path = "/accounts/{id}", tag = ACCOUNTS, security(("token" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Which account")), request_body = Person,
    responses((status = 200, description = "The account as it is now", body = Success<AccountShown>), NeedsToken, WithBody, OneThing, Contended),
)]
pub(super) async fn change(
    State(people): State<Arc<People>>,
    caller: Caller,
    At(id): At<AccountId>,
    Sent(fields): Sent,
) -> Result<Success<Account>, Failure> {
    one(&people, &caller, id).await?;
    let patch = person(&people, &caller, fields).await?;
    let shuts_out = patch.disabled == Some(true)
        || patch.roles.as_ref().is_some_and(|roles| !roles.contains(&Role::Admin));
    if id == caller.account().id && shuts_out {
        return Err(Failure::Refused("You can't shut yourself out; ask another admin.".into()));
    }
    let account = people.core.update_account(id, patch).await.map_err(not_kept)?;
    Ok(Success::ok((*account).clone(), "The account is changed."))
}

/// The account, if the caller may keep it. One of another organisation is not there.
async fn one(people: &People, caller: &Caller, id: AccountId) -> Result<Account, Failure> {
    access::holds(&caller.actor, Role::Admin)?;
    let found = people.core.account(&AccountRef::Id(id)).await?;
    let account = access::acquaintance(&caller.actor, found)?;
    Ok((*account).clone())
}

/// What a body says of a person. He is of the caller's organisation, and stays there.
async fn person(people: &People, caller: &Caller, mut fields: Fields) -> Result<AccountPatch, Failure> {
    let organisation = fields.optional_text("organisation_id").map(|id| id.parse::<OrganisationId>().ok());
    if organisation.is_some_and(|id| id != Some(caller.account().organisation_id)) {
        fields.fault("organisation_id", "must be your own organisation; leave it out");
    }
    let [name, last_name, display_name] =
        ["name", "last_name", "display_name"].map(|field| change_of_line(&mut fields, field));
    let email = change_of_email(&mut fields);
    let phone = match fields.change_of_text("phone") {
        Some(Some(text)) => match text.parse::<Phone>() {
            Ok(phone) => Some(Some(phone)),
            Err(bad) => {
                fields.fault("phone", bad.to_string());
                None
            }
        },
        Some(None) => Some(None),
        None => None,
    };
    let roles = roles(&mut fields);
    let disabled = fields.optional_flag("disabled");
    let password = fields.optional_text("password");
    if password.as_deref().is_some_and(|password| admissible(password).is_err()) {
        fields.fault("password", BadPassword.to_string());
    }
    fields.check()?;
    let password = match password {
        Some(password) => Some(people.core.hash_password(&password).await.map_err(not_kept)?),
        None => None,
    };
    Ok(AccountPatch { name, last_name, display_name, email, phone, roles, disabled, password })
}
