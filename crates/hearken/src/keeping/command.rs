//! The commands that keep an installation's data as a whole: by the server that has it open where one runs, else on the
//! folder itself.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use hearken_core::attachments::Attachments;
use hearken_core::ids::AccountId;
use hearken_store::{Claim, SqliteStore};
use serde_json::Value;

use super::{House, Inspection, Request, shared};
use crate::admin;
use crate::commands::print;
use crate::control;
use crate::installation::{Found, claim, find, here, must_exist, not_for_shared};
use crate::outside::{self, Outside};
use crate::settings::Settings;

/// `backup`. The store stays as it is, in whatever schema.
pub fn backup(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    embedded_alone(settings, "backup")?;
    // The server may have been started elsewhere.
    let file = std::path::absolute(file)?;
    print(&match claim(&settings.data)? {
        Found::Here(claim) => super::backup_at_rest(&claim, &attachments(settings)?, &file)?,
        Found::Server(server) => control::ask(&server, &Request::Backup { file })?,
    })
}

/// `restore`.
pub fn restore(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    embedded_alone(settings, "restore")?;
    print(&super::restore_at_rest(&Claim::of(&settings.data)?, || attachments(settings), file)?)
}

/// `import`.
pub fn import(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::metadata(file).with_context(|| format!("can't read {}", file.display()))?.len();
    let request = Request::Import { bytes };
    request.follows().map_err(|why| anyhow!("{}: {why}", file.display()))?;
    let content = std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    let request = Request::Import { bytes: content.len() as u64 };
    let done = keep_in(settings, request, content).with_context(|| file.display().to_string());
    print(&done?)
}

/// `export`.
pub fn export(settings: &Settings, id: AccountId) -> anyhow::Result<()> {
    let document = keep(settings, Request::Export { id })?;
    print(&Value::String(serde_json::to_string_pretty(&document)?))
}

/// `erase`.
pub fn erase(settings: &Settings, id: AccountId) -> anyhow::Result<()> {
    print(&keep(settings, Request::Erase { id })?)
}

/// `migrate`.
pub fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let (from, to) = match &settings.database_url {
        // Other nodes may have it open, of this version or of the one before; each brings it up in the same way.
        Some(url) => shared::migrate(url)?,
        None => match claim(&settings.data)? {
            Found::Here(claim) => super::migrate_at_rest(claim)?,
            // A server has brought its store up when it started.
            Found::Server(server) => {
                let schema: i64 = serde_json::from_value(control::ask(&server, &Request::Schema)?)?;
                (schema, schema)
            }
        },
    };
    print(&Value::String(match from {
        _ if from == to => format!("the store has schema {to}: nothing to do"),
        _ => format!("the store had schema {from}, and has {to} now"),
    }))
}

/// `check`: the store, then whatever is configured outside. Nothing to say is good news.
pub fn check(settings: &Settings) -> anyhow::Result<()> {
    let Inspection { schema, newest, found } = match &settings.database_url {
        Some(url) => shared::inspect(url)?,
        None => match claim(&settings.data)? {
            Found::Here(claim) => super::check_at_rest(&claim)?,
            Found::Server(server) => {
                let found = serde_json::from_value(control::ask(&server, &admin::Request::Check)?)?;
                let newest = SqliteStore::newest_schema();
                Inspection { schema: newest, newest, found }
            }
        },
    };
    if schema < newest {
        print(&Value::String(format!(
            "the store has schema {schema}, and this version uses {newest}: `hearken migrate` brings it up, \
             and so does the next start"
        )))?;
    }
    let store = store_is_sound(&found);
    let outside = outside::check(settings, |line| print(&Value::String(line.to_owned())));
    store.and(outside)
}

fn store_is_sound(found: &[String]) -> anyhow::Result<()> {
    if found.is_empty() {
        return print(&Value::String("the store is sound".into()));
    }
    found.iter().try_for_each(|line| print(&Value::String(line.clone())))?;
    bail!("the store has {} kinds of damage", found.len())
}

/// Asks the server that has the folder open, or does the same on a core of its own; no store is made for it.
fn keep(settings: &Settings, request: Request) -> anyhow::Result<Value> {
    if settings.database_url.is_none() {
        must_exist(&settings.data)?;
    }
    keep_in(settings, request, Vec::new())
}

fn keep_in(settings: &Settings, request: Request, follows: Vec<u8>) -> anyhow::Result<Value> {
    match find(settings)? {
        Found::Here(ours) => {
            let attachments = attachments(settings)?;
            here(ours, settings, async |open| {
                let house = House::new(open.core.clone(), open.kept.clone(), attachments);
                super::perform(&house, request, follows).await
            })
        }
        Found::Server(server) => control::ask_with(&server, &request, &follows),
    }
}

/// Refuses what is about the embedded store's own file where the settings name another store.
fn embedded_alone(settings: &Settings, what: &str) -> anyhow::Result<()> {
    match &settings.database_url {
        Some(url) => bail!(not_for_shared(what, url.place())),
        None => Ok(()),
    }
}

fn attachments(settings: &Settings) -> anyhow::Result<Arc<dyn Attachments>> {
    Ok(Outside::open(settings, &outside::place(settings))?.attachments)
}
