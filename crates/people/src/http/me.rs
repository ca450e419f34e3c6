//! What a person sees and changes of himself.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use hearken_core::AccountPatch;
use hearken_core::account::Account;
use hearken_transport::rest::described::{Contended, SignedIn as NeedsToken, WithBody};
use hearken_transport::rest::{Caller, Failure, Sent, Success};

use super::wire::{AccountShown, ChangeMe, ChangePassword, GIVEN, PASSWORD, change_of_line};
use super::{ACCOUNTS, SIGN_IN, network, not_kept, not_signed_in};
use crate::People;

/// Who am I
#[utoipa::path(
    get, path = "/me", tag = ACCOUNTS, security(("token" = []), ("cookie" = [])),
    responses((status = 200, description = "The caller's account", body = Success<AccountShown>), NeedsToken),
)]
pub(super) async fn show(caller: Caller) -> Success<Account> {
    Success::ok(caller.account().clone(), "This is you.")
}

/// What of an account its holder does not change himself.
const KEPT_BY_ADMINS: [&str; 5] = ["last_name", "email", "phone", "roles", "disabled"];

/// Change one's own name
#[utoipa::path(
    patch, path = "/me", tag = ACCOUNTS, security(("token" = []), ("cookie" = [])), request_body = ChangeMe,
    responses((status = 200, description = "The account as it is now", body = Success<AccountShown>), NeedsToken, WithBody, Contended),
)]
pub(super) async fn change(
    State(people): State<Arc<People>>,
    caller: Caller,
    Sent(mut fields): Sent,
) -> Result<Success<Account>, Failure> {
    let patch = AccountPatch {
        name: change_of_line(&mut fields, "name"),
        display_name: change_of_line(&mut fields, "display_name"),
        ..AccountPatch::default()
    };
    fields.refuse(&KEPT_BY_ADMINS, "is for an admin of your organisation to change");
    fields.refuse(&["password"], "is changed by POST /api/v1/auth/password");
    fields.refuse(&GIVEN, "can't be changed");
    fields.check()?;
    let account = people.core.update_account(caller.account().id, patch).await.map_err(not_kept)?;
    Ok(Success::ok((*account).clone(), "Your account is changed."))
}

/// Change one's own password
///
/// All other sign-ins of the account end.
#[utoipa::path(
    post, path = "/auth/password", tag = SIGN_IN, security(("token" = []), ("cookie" = [])), request_body = ChangePassword,
    responses((status = 200, description = "Changed", body = Success<Option<String>>), NeedsToken, WithBody),
)]
pub(super) async fn password(
    State(people): State<Arc<People>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    caller: Caller,
    Sent(mut fields): Sent,
) -> Result<Success<Option<String>>, Failure> {
    let current = fields.text_of("current", 0..=PASSWORD);
    let new = fields.text_of("new", 8..=PASSWORD);
    fields.check()?;
    let (network, person) = (network(peer.as_ref()), &caller.person);
    let changed = people.core.change_password(network, person, &current, &new).await;
    // His token is good: a client that is told 401 would fetch another and ask again.
    let wrong = Failure::field("current", "is not your current password");
    changed.map_err(|error| not_signed_in(error, wrong))?;
    Ok(Success::ok(None, "Your password is changed."))
}
