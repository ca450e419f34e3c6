//! Whom a command finds: a server that has the installation open, or nobody, so that the command opens it itself.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use hearken_store::{Claim, OpenError, SqliteStore};

use super::kept::Kept;
use crate::control;
use crate::settings::Settings;
use crate::settings::kinds::DatabaseUrl;

/// How long a folder that is open elsewhere is waited for: longer than a server takes to stop.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often there is a look.
const STEP: Duration = Duration::from_millis(20);

/// What has the installation.
pub enum Found<T> {
    /// Nobody else.
    Here(T),
    /// A server that runs, which listens to commands.
    Server(UnixStream),
}

/// A store that this process may open, or has opened.
pub enum Ours {
    /// The embedded one: it is open now.
    Embedded(SqliteStore),
    /// A shared one, which other nodes may have open: this process is one more.
    Shared(DatabaseUrl),
}

impl Ours {
    /// The store, open; call within a tokio runtime.
    pub async fn open(self) -> anyhow::Result<Kept> {
        match self {
            Self::Embedded(store) => Ok(store.into()),
            Self::Shared(url) => Kept::shared(&url, None).await,
        }
    }
}

/// Opens the store that the settings name, or finds the server that has the data folder. A store is made where there
/// is none.
pub fn find(settings: &Settings) -> anyhow::Result<Found<Ours>> {
    match &settings.database_url {
        Some(url) => {
            Ok(server_of(settings).map_or_else(|| Found::Here(Ours::Shared(url.clone())), Found::Server))
        }
        None => Ok(match find_with(&settings.data, SqliteStore::open)? {
            Found::Here(store) => Found::Here(Ours::Embedded(store)),
            Found::Server(server) => Found::Server(server),
        }),
    }
}

/// The server that runs on the data folder, if one does. Without, a command on a shared store is a node of its own,
/// whoever starts or stops meanwhile.
pub fn server_of(settings: &Settings) -> Option<UnixStream> {
    control::connect(&settings.data).ok()
}

/// Claims a data folder that has an embedded store, without opening it; or finds the server that has it open.
pub fn claim(data: &Path) -> anyhow::Result<Found<Claim>> {
    must_exist(data)?;
    find_with(data, Claim::of)
}

/// What would be made on a mistyped folder tells nobody anything.
pub fn must_exist(data: &Path) -> anyhow::Result<()> {
    let folder = data.display();
    anyhow::ensure!(
        SqliteStore::exists(data),
        "data: there is no store in {folder}; name the folder that `hearken serve` uses"
    );
    Ok(())
}

/// Opens something in a data folder that must have no server.
pub(super) fn nobody_else<T>(data: &Path, open: impl Fn(&Path) -> Result<T, OpenError>) -> anyhow::Result<T> {
    match find_with(data, open)? {
        Found::Here(opened) => Ok(opened),
        Found::Server(_) => Err(OpenError::InUse(data.to_owned()).into()),
    }
}

/// Another command may have the folder for a moment, and a server may be starting or stopping: those are waited for.
fn find_with<T>(data: &Path, open: impl Fn(&Path) -> Result<T, OpenError>) -> anyhow::Result<Found<T>> {
    let mut waited = Duration::ZERO;
    loop {
        let in_use = match open(data) {
            Ok(here) => return Ok(Found::Here(here)),
            Err(in_use @ OpenError::InUse(_)) => in_use,
            Err(error) => return Err(error.into()),
        };
        match control::connect(data) {
            Ok(server) => return Ok(Found::Server(server)),
            Err(error) if waited >= PATIENCE => {
                anyhow::bail!("{in_use}, and no server answers there: {error}")
            }
            Err(_) => {
                std::thread::sleep(STEP);
                waited += STEP;
            }
        }
    }
}
