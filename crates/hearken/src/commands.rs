//! The commands that ask something of an installation, and how their answers are printed: results on standard
//! output, an account or organisation as one JSON object a line.

use std::io::Write as _;
use std::path::Path;

use anyhow::bail;
use hearken_core::account::Role;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_store::Claim;
use serde_json::Value;

use crate::admin::Request;
use crate::cli::{Account, AccountAdd, Organisation};
use crate::installation::{Found, claim, command};
use crate::{control, installation, keeping};

/// `account …`.
pub fn account(data: &Path, asked: &Account) -> anyhow::Result<()> {
    match asked {
        Account::Add(add) => print(&command(data, account_add(add)?)?),
        Account::List => list_accounts(data),
        Account::Show { id } => print(&command(data, Request::AccountShow { id: AccountId(*id) })?),
        Account::Disable { id } => disable(data, AccountId(*id), true),
        Account::Enable { id } => disable(data, AccountId(*id), false),
    }
}

fn account_add(add: &AccountAdd) -> anyhow::Result<Request> {
    Ok(Request::AccountAdd {
        organisation: add.organisation.map(OrganisationId),
        name: add.name.clone(),
        last_name: add.last_name.clone(),
        email: add.email.clone(),
        phone: add.phone.clone(),
        roles: add.roles.iter().map(|role| role.parse::<Role>()).collect::<Result<_, _>>()?,
    })
}

fn disable(data: &Path, id: AccountId, disabled: bool) -> anyhow::Result<()> {
    print(&command(data, Request::AccountDisable { id, disabled })?)
}

fn list_accounts(data: &Path) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let Value::Array(page) = command(data, Request::AccountList { after })? else { return Ok(()) };
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(serde_json::from_value(last["id"].clone())?);
        page.iter().try_for_each(print)?;
    }
}

/// `organisation …`.
pub fn organisation(data: &Path, asked: &Organisation) -> anyhow::Result<()> {
    match asked {
        Organisation::Add { name } => print(&command(data, Request::OrganisationAdd { name: name.clone() })?),
        Organisation::List => match command(data, Request::OrganisationList)? {
            Value::Array(all) => all.iter().try_for_each(print),
            other => print(&other),
        },
    }
}

/// `token`.
pub fn token(data: &Path, id: AccountId, ttl: std::time::Duration) -> anyhow::Result<()> {
    print(&command(data, Request::Token { id, ttl })?)
}

/// `check`: nothing to say is good news.
pub fn check(data: &Path) -> anyhow::Result<()> {
    let found = match claim(data)? {
        Found::Here(claim) => {
            let keeping::Inspection { schema, newest, found } = keeping::check(&claim)?;
            if schema < newest {
                print(&Value::String(format!(
                    "the store has schema {schema}, and this version uses {newest}: `hearken migrate` brings it up, \
                     and so does the next start"
                )))?;
            }
            found
        }
        Found::Server(server) => serde_json::from_value(control::ask(&server, &Request::Check)?)?,
    };
    if found.is_empty() {
        return print(&Value::String("the store is sound".into()));
    }
    found.iter().try_for_each(|line| print(&Value::String(line.clone())))?;
    bail!("the store has {} kinds of damage", found.len())
}

/// `migrate`.
pub fn migrate(data: &Path) -> anyhow::Result<()> {
    let (from, to) = match claim(data)? {
        Found::Here(claim) => keeping::migrate(claim)?,
        // A server has brought its store up when it started.
        Found::Server(server) => {
            let schema: i64 = serde_json::from_value(control::ask(&server, &keeping::Request::Schema)?)?;
            (schema, schema)
        }
    };
    print(&Value::String(match from {
        _ if from == to => format!("the store has schema {to}: nothing to do"),
        _ => format!("the store had schema {from}, and has {to} now"),
    }))
}

/// `backup`.
pub fn backup(data: &Path, file: &Path) -> anyhow::Result<()> {
    // The server may have been started elsewhere.
    let file = std::path::absolute(file)?;
    print(&match claim(data)? {
        Found::Here(claim) => keeping::backup(&claim, None, &file)?,
        Found::Server(server) => control::ask(&server, &keeping::Request::Backup { file })?,
    })
}

/// `export`.
pub fn export(data: &Path, id: AccountId) -> anyhow::Result<()> {
    let document = installation::keeping(data, keeping::Request::Export { id })?;
    print(&Value::String(serde_json::to_string_pretty(&document)?))
}

/// `erase`.
pub fn erase(data: &Path, id: AccountId) -> anyhow::Result<()> {
    print(&installation::keeping(data, keeping::Request::Erase { id })?)
}

/// `restore`.
pub fn restore(data: &Path, file: &Path) -> anyhow::Result<()> {
    print(&keeping::restore(&Claim::of(data)?, None, file)?)
}

/// A text as it is, anything else as one line of JSON.
fn print(value: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match value {
        Value::String(text) => writeln!(out, "{text}")?,
        other => writeln!(out, "{other}")?,
    }
    Ok(())
}
