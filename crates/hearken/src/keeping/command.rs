//! The commands that keep an installation's data as a whole: by the server that has it open where one runs, else on the
//! folder itself.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use hearken_core::attachments::Attachments;
use hearken_core::ids::AccountId;
use hearken_store::Claim;
use serde_json::Value;

use super::{House, Inspection, Request};
use crate::admin;
use crate::commands::print;
use crate::control;
use crate::installation::{Found, claim, find, here, must_exist, refused};
use crate::outside::{self, Outside};
use crate::serve::web::certificates;
use crate::settings::Settings;

/// `backup`. The store stays as it is, in whatever schema.
pub fn backup(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    // The server may have been started elsewhere.
    let file = std::path::absolute(file)?;
    print(&match claim(&settings.data)? {
        Found::Here(claim) => super::backup_at_rest(&claim, &attachments(settings)?, &file)?,
        Found::Server(server) => control::ask(&server, &Request::Backup { file })?,
    })
}

/// `restore`.
pub fn restore(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    print(&super::restore_at_rest(
        &Claim::of(&settings.data).map_err(refused)?,
        || attachments(settings),
        file,
    )?)
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
    let (from, to) = match claim(&settings.data)? {
        Found::Here(claim) => super::migrate_at_rest(claim)?,
        // A server has brought its store up when it started.
        Found::Server(server) => {
            let schema: i64 = serde_json::from_value(control::ask(&server, &Request::Schema)?)?;
            (schema, schema)
        }
    };
    print(&Value::String(match from {
        _ if from == to => format!("the store has schema {to}: nothing to do"),
        _ => format!("the store had schema {from}, and has {to} now"),
    }))
}

/// `check`: the settings, the store, then whatever is configured outside. Nothing to say is good news.
pub fn check(settings: &Settings) -> anyhow::Result<()> {
    // As a start would: what is not set right stops it.
    certificates(settings)?;
    let found = match claim(&settings.data)? {
        Found::Here(claim) => {
            let Inspection { schema, newest, found } = super::check_at_rest(&claim)?;
            if schema < newest {
                print(&Value::String(format!(
                    "the store has schema {schema}, and this version uses {newest}: `hearken migrate` brings it up, \
                     and so does the next start"
                )))?;
            }
            found
        }
        Found::Server(server) => serde_json::from_value(control::ask(&server, &admin::Request::Check)?)?,
    };
    let store = store_is_sound(&found);
    let outside = outside::check(settings, |line| print(&Value::String(line.to_owned())));
    store.and(outside)
}

fn store_is_sound(found: &[String]) -> anyhow::Result<()> {
    if found.is_empty() {
        return print(&Value::String("the store is sound".into()));
    }
    found.iter().try_for_each(|line| print(&Value::String(line.clone())))?;
    let kinds = if found.len() == 1 { "kind" } else { "kinds" };
    bail!("the store has {} {kinds} of damage", found.len())
}

/// Asks the server that has the folder open, or does the same on a core of its own; no store is made for it.
fn keep(settings: &Settings, request: Request) -> anyhow::Result<Value> {
    must_exist(&settings.data)?;
    keep_in(settings, request, Vec::new())
}

fn keep_in(settings: &Settings, request: Request, follows: Vec<u8>) -> anyhow::Result<Value> {
    match find(&settings.data)? {
        Found::Here(store) => {
            let attachments = attachments(settings)?;
            here(store, settings, async |open| {
                let house = House::new(open.core.clone(), Arc::clone(&open.store), attachments);
                super::perform(&house, request, follows).await
            })
        }
        Found::Server(server) => control::ask_with(&server, &request, &follows),
    }
}

fn attachments(settings: &Settings) -> anyhow::Result<Arc<dyn Attachments>> {
    Ok(Outside::open(settings, &outside::place(settings))?.attachments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_counted_in_words_that_fit() {
        let said = |found: &[&str]| {
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            store_is_sound(&found).map_err(|error| error.to_string())
        };
        assert_eq!(said(&[]), Ok(()));
        assert_eq!(said(&["one"]), Err("the store has 1 kind of damage".into()));
        assert_eq!(said(&["one", "two"]), Err("the store has 2 kinds of damage".into()));
    }
}
