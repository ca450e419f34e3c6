//! The commands that ask something of an installation, and how their answers are printed: results on standard
//! output, an account or organisation as one JSON object a line.

use std::io::{BufRead as _, ErrorKind, Read as _, Write as _};

use anyhow::bail;
use hearken_core::account::Role;
use hearken_core::ids::{AccountId, OrganisationId};
use serde_json::Value;

use crate::admin::Request;
use crate::cli::{Account, AccountAdd, Key, Organisation};
use crate::installation::command;
use crate::reference;
use crate::settings::Settings;

/// The most bytes of a password that are read.
const MAX_PASSWORD: u64 = 4096;

/// `account …`.
pub fn account(settings: &Settings, asked: &Account) -> anyhow::Result<()> {
    match asked {
        Account::Add(add) => print(&command(settings, account_add(add)?)?),
        Account::List => list_accounts(settings),
        Account::Show { id } => print(&command(settings, Request::AccountShow { id: AccountId(*id) })?),
        Account::Disable { id } => disable(settings, AccountId(*id), true),
        Account::Enable { id } => disable(settings, AccountId(*id), false),
        Account::SetPassword { id, .. } => {
            let (id, password) = (AccountId(*id), password_from_stdin()?);
            print(&command(settings, Request::AccountSetPassword { id, password })?)
        }
        Account::SetRoles { id, roles } => {
            let (id, roles) = (AccountId(*id), parsed(roles)?);
            print(&command(settings, Request::AccountSetRoles { id, roles })?)
        }
    }
}

fn account_add(add: &AccountAdd) -> anyhow::Result<Request> {
    Ok(Request::AccountAdd {
        organisation: add.organisation.map(OrganisationId),
        name: add.name.clone(),
        last_name: add.last_name.clone(),
        email: add.email.clone(),
        phone: add.phone.clone(),
        roles: parsed(&add.roles)?,
        password: if add.password_stdin { Some(password_from_stdin()?) } else { None },
    })
}

fn parsed(roles: &[String]) -> anyhow::Result<Vec<Role>> {
    Ok(roles.iter().map(|role| role.parse::<Role>()).collect::<Result<_, _>>()?)
}

/// The first line of standard input: a password in an argument could be read by everybody on the machine.
fn password_from_stdin() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().take(MAX_PASSWORD).read_line(&mut line)?;
    let password =
        line.strip_suffix('\n').map_or(line.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if password.is_empty() {
        bail!("there is no password on standard input");
    }
    Ok(password.to_owned())
}

/// `key …`.
pub fn key(settings: &Settings, asked: &Key) -> anyhow::Result<()> {
    match asked {
        Key::Add => print(&command(settings, Request::KeyAdd)?),
        Key::Renew => print(&command(settings, Request::KeyRenew)?),
        Key::List => match command(settings, Request::KeyList)? {
            Value::Array(all) => all.iter().try_for_each(print),
            other => print(&other),
        },
        Key::Remove { key } => {
            command(settings, Request::KeyRemove { key: key.clone() })?;
            Ok(())
        }
    }
}

fn disable(settings: &Settings, id: AccountId, disabled: bool) -> anyhow::Result<()> {
    print(&command(settings, Request::AccountDisable { id, disabled })?)
}

fn list_accounts(settings: &Settings) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let Value::Array(page) = command(settings, Request::AccountList { after })? else { return Ok(()) };
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(serde_json::from_value(last["id"].clone())?);
        page.iter().try_for_each(print)?;
    }
}

/// `organisation …`.
pub fn organisation(settings: &Settings, asked: &Organisation) -> anyhow::Result<()> {
    match asked {
        Organisation::Add { name } => {
            print(&command(settings, Request::OrganisationAdd { name: name.clone() })?)
        }
        Organisation::List => match command(settings, Request::OrganisationList)? {
            Value::Array(all) => all.iter().try_for_each(print),
            other => print(&other),
        },
    }
}

/// `token`.
pub fn token(settings: &Settings, id: AccountId, ttl: std::time::Duration) -> anyhow::Result<()> {
    print(&command(settings, Request::Token { id, ttl })?)
}

/// `openapi`: needs no installation.
pub fn openapi() -> anyhow::Result<()> {
    put(reference::text()?)
}

/// A text as it is, anything else as one line of JSON.
pub(crate) fn print(value: &Value) -> anyhow::Result<()> {
    put(match value {
        Value::String(text) => format!("{text}\n"),
        other => format!("{other}\n"),
    })
}

/// Writes to standard output. Whoever reads it may have seen enough (`| head`): that is no failure of the command.
fn put(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_ref()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
