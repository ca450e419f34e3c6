//! Keeping data (common.md, "The process": backup, restore, migrate, check): what is done with an installation as a
//! whole, by the server that has it open or on the folder itself.

mod backup;
pub mod command;
mod digest;
mod import;
pub mod manifest;
mod restore;
mod shared;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use futures_util::TryStreamExt as _;
use hearken_core::attachments::Attachments;
use hearken_core::clock::{SystemWall, Wall as _};
use hearken_core::ids::AccountId;
use hearken_core::{Core, Erased, PeopleError};
use hearken_store::{Claim, Inspection, OpenError, SqliteStore};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use self::manifest::Manifest;
use crate::installation::{Kept, registry};

/// What a running server is asked to do with its data.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "keep", rename_all = "snake_case")]
pub enum Request {
    /// Copy everything into a new file.
    Backup {
        /// Its path, from the root.
        file: PathBuf,
    },
    /// Say which schema the store has.
    Schema,
    /// Take in people and groups from elsewhere. The file follows the request.
    Import {
        /// How long the file is, in bytes.
        bytes: u64,
    },
    /// Tell everything that is held about a person.
    Export {
        /// Whose account.
        id: AccountId,
    },
    /// Erase a person.
    Erase {
        /// Whose account.
        id: AccountId,
    },
}

/// An installation that is open, as commands act on it.
#[derive(Clone)]
pub struct House {
    /// The core.
    pub core: Core,
    /// The store behind it.
    pub kept: Kept,
    /// Where people's attachments are.
    pub attachments: Arc<dyn Attachments>,
    /// Held by whoever does something long: one at a time is enough to bear.
    long: Arc<Mutex<()>>,
}

impl House {
    /// An installation on this core and store.
    pub fn new(core: Core, kept: Kept, attachments: Arc<dyn Attachments>) -> Self {
        Self { core, kept, attachments, long: Arc::default() }
    }

    /// Waits until nobody does anything long, and keeps others from it. Whoever reads the whole store at once does so:
    /// while he reads, its log can't be folded.
    pub async fn alone(&self) -> MutexGuard<'_, ()> {
        self.long.lock().await
    }
}

impl Request {
    /// How much follows the request; an error when it is more than may.
    pub fn follows(&self) -> Result<u64, String> {
        match self {
            Self::Import { bytes } if *bytes > import::LONGEST => {
                Err(format!("the file is too long: {bytes} bytes, of {} at most", import::LONGEST))
            }
            Self::Import { bytes } => Ok(*bytes),
            _ => Ok(0),
        }
    }
}

/// Carries out a request, with what followed it. The error is one line for the operator.
pub async fn perform(house: &House, request: Request, followed: Vec<u8>) -> Result<Value, String> {
    match request {
        Request::Import { .. } => {
            let text = String::from_utf8(followed).map_err(|_| "the file is not UTF-8".to_owned())?;
            import::import(&house.core, &text).await
        }
        Request::Backup { file } => {
            let store = Arc::clone(house.kept.embedded("backup")?);
            let _alone = house.alone().await;
            let attachments = Arc::clone(&house.attachments);
            let copy = move || {
                let made_at = SystemWall.now();
                let snapshot = store.snapshot()?;
                backup::write(&snapshot, &*attachments, &file, made_at).map(|made| told(&file, &made))
            };
            let copied = tokio::task::spawn_blocking(copy).await.map_err(|error| error.to_string())?;
            copied.map_err(|error| format!("{error:#}"))
        }
        Request::Schema => Ok(json!(house.kept.schema())),
        Request::Export { id } => export(house, id).await.map_err(|error| format!("{error:#}")),
        Request::Erase { id } => {
            let _alone = house.alone().await;
            erase(house, id).await.map_err(|error| format!("{error:#}"))
        }
    }
}

/// Everything about a person, with a list of what he attached; the files themselves are too long for a document.
async fn export(house: &House, id: AccountId) -> anyhow::Result<Value> {
    let mut document = house.core.export(id).await?;
    let mut names: Vec<_> = house.attachments.list(Some(id)).try_collect().await?;
    names.sort_unstable();
    let mut listed = Vec::with_capacity(names.len());
    for name in names {
        // One that goes meanwhile is not there any more.
        if let Some(attachment) = house.attachments.get(name).await? {
            let bytes = attachment.content().len();
            listed.push(json!({ "id": name.id, "media_type": attachment.media_type(), "bytes": bytes }));
        }
    }
    document["attachments"] = Value::Array(listed);
    Ok(document)
}

/// Erases a person; after a failure the same can be asked again. What he attached goes last: until his account is gone,
/// it is known whose it is.
async fn erase(house: &House, id: AccountId) -> anyhow::Result<Value> {
    let erasing = match house.core.begin_erasing(id).await {
        Ok(erasing) => erasing,
        Err(PeopleError::NoAccount) => return finish_erasing(house, id).await,
        Err(error) => return Err(error.into()),
    };
    let account = erasing.account();
    hearken_messenger::rooms::abandon(&house.core, account.organisation_id, account.id).await?;
    hearken_desk::presence::abandon(&house.core, account).await?;
    let Erased { conversations, cleaned } = erasing.finish().await?;
    let attachments = house.attachments.delete_all_of(id).await?;
    Ok(json!({
        "id": id, "conversations": conversations, "attachments": attachments, "pages_cleaned": cleaned,
    }))
}

/// Goes on where erasing somebody failed after his account was gone: with what he attached, and with what the store's
/// files still hold. Whether there ever was such a person nobody knows any more, unless he left attachments: so a
/// mistyped name is no success, though what lay idle is overwritten all the same.
async fn finish_erasing(house: &House, id: AccountId) -> anyhow::Result<Value> {
    let attachments = house.attachments.delete_all_of(id).await?;
    let cleaned = house.core.scrub().await?;
    if attachments == 0 && cleaned > 0 {
        bail!(
            "there is no such account; {cleaned} pages that held something of removed rows are cleaned now"
        );
    }
    if attachments == 0 {
        return Err(PeopleError::NoAccount.into());
    }
    Ok(json!({ "id": id, "attachments": attachments, "pages_cleaned": cleaned }))
}

fn backup_at_rest(claim: &Claim, attachments: &Arc<dyn Attachments>, file: &Path) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _entered = runtime.enter();
    let made_at = SystemWall.now();
    let made = backup::write(&claim.snapshot()?, &**attachments, file, made_at)?;
    Ok(told(file, &made))
}

/// Attachments are opened when there are any: that may make a folder for them, where there must be nothing before.
fn restore_at_rest(
    claim: &Claim,
    attachments: impl FnOnce() -> anyhow::Result<Arc<dyn Attachments>>,
    file: &Path,
) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _entered = runtime.enter();
    let restored = restore::read(file, claim, attachments, &registry())?;
    Ok(told(file, &restored))
}

/// From which schema, and to which.
fn migrate_at_rest(claim: Claim) -> Result<(i64, i64), OpenError> {
    let from = claim.snapshot()?.schema();
    drop(SqliteStore::open_claimed(claim)?);
    Ok((from, SqliteStore::newest_schema()))
}

/// Nothing in the folder is changed.
fn check_at_rest(claim: &Claim) -> Result<Inspection, OpenError> {
    Inspection::of(&claim.file(), &registry())
}

/// What a command prints about a backup.
fn told(file: &Path, manifest: &Manifest) -> Value {
    json!({
        "file": file,
        "made_at": format!("{:.3}", manifest.made_at),
        "version": manifest.version,
        "schema": manifest.schema,
        "store_bytes": manifest.store.bytes,
        "attachments": manifest.attachments.len(),
    })
}
