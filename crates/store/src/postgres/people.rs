//! What is known of people: organisations, accounts, keys.

use hearken_core::account::{Account, Phone, Role};
use hearken_core::ids::OrganisationId;
use hearken_core::store::{AccountPage, AccountRef, DirectoryChange};

use super::link::{Ask, Expect, values};
use super::rows::{self, limit};

const ADD_ACCOUNT: &str = "insert into accounts (id, organisation, name, last_name, display_name, email, phone, roles, \
    disabled, created_at, updated_at, guest, contact_email) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const UPDATE_ACCOUNT: &str = "update accounts set organisation = $2, name = $3, last_name = $4, display_name = $5, \
    email = $6, phone = $7, \
    roles = array_to_string(string_to_array($8, ',') || array(select role from \
      unnest(string_to_array(roles, ',')) role where role <> all ($14)), ','), disabled = $9, created_at = $10, updated_at = $11, guest = $12, \
    contact_email = $13 where id = $1";

/// One change.
pub(super) fn write(change: &DirectoryChange) -> Vec<Ask<'_>> {
    let ask = match change {
        DirectoryChange::AddOrganisation(organisation) => Ask::new(
            "insert into organisations (id, name) values ($1, $2)",
            values![organisation.id.0, organisation.name.as_str()],
        ),
        DirectoryChange::AddAccount(account) => with_account(ADD_ACCOUNT, account),
        DirectoryChange::UpdateAccount(account) => {
            let mut ask = with_account(UPDATE_ACCOUNT, account);
            // Roles that only a newer version knows stay.
            ask.values.push(Box::new(Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>()));
            ask
        }
        // Locked, so that whoever insists on the same waits, and then sees that it is so no more.
        DirectoryChange::AccountStillAt(id, at) => Ask::expecting(
            "select 1 from accounts where id = $1 and updated_at = $2 for update",
            values![id.0, at.as_millisecond()],
            Expect::One,
        ),
        DirectoryChange::RemoveAccount(id) => {
            return [
                "delete from notices where account = $1",
                "delete from records where account = $1",
                "delete from accounts where id = $1",
            ]
            .map(|sql| Ask::new(sql, values![id.0]))
            .into();
        }
        DirectoryChange::AddSigningKey(key) => Ask::new(
            "insert into signing_keys (id, pkcs8, created_at) values ($1, $2, $3)",
            values![key.id.as_str(), key.pkcs8.as_slice(), key.created_at.as_millisecond()],
        ),
        DirectoryChange::RemoveSigningKey(id) => {
            Ask::new("delete from signing_keys where id = $1", values![id.as_str()])
        }
    };
    vec![ask]
}

fn with_account<'a>(sql: &'static str, account: &'a Account) -> Ask<'a> {
    let email = account.email.as_deref();
    let (email, contact) = if account.guest { (None, email) } else { (email, None) };
    let roles: Vec<&str> = account.roles.iter().copied().map(Role::as_str).collect();
    let values = values![
        account.id.0,
        account.organisation_id.0,
        account.name.as_deref(),
        account.last_name.as_deref(),
        account.display_name.as_deref(),
        email,
        account.phone.as_ref().map(Phone::as_str),
        roles.join(","),
        account.disabled,
        account.created_at.as_millisecond(),
        account.updated_at.as_millisecond(),
        account.guest,
        contact,
    ];
    Ask::new(sql, values)
}

/// An account.
pub(super) fn find(which: &AccountRef) -> Ask<'_> {
    match which {
        AccountRef::Id(id) => Ask::new(rows::select_accounts!("where id = $1"), values![id.0]),
        AccountRef::Phone(phone) => {
            Ask::new(rows::select_accounts!("where phone = $1"), values![phone.as_str()])
        }
        AccountRef::Email(email) => {
            Ask::new(rows::select_accounts!("where email = $1"), values![email.as_str()])
        }
    }
}

/// Accounts of an organisation.
pub(super) fn page(page: &AccountPage) -> Ask<'_> {
    Ask::new(
        rows::select_accounts!(
            "where organisation = $1 and ($2::text is null or $2 = any(string_to_array(roles, ','))) \
             order by id limit $3 offset $4"
        ),
        values![page.organisation.0, page.role.map(Role::as_str), limit(page.limit), limit(page.offset)],
    )
}

/// How many there are in all.
pub(super) fn count(organisation: OrganisationId, role: Option<Role>) -> Ask<'static> {
    Ask::new(
        "select count(*) from accounts where organisation = $1 \
         and ($2::text is null or $2 = any(string_to_array(roles, ',')))",
        values![organisation.0, role.map(Role::as_str)],
    )
}
