//! What an operator can set, and how it is put together: flag, then environment, then `hearken.toml`, then
//! default (contract: common.md, Settings).
//!
//! `table` is the single source of keys. [`Sources`] holds what was found; [`Sources::resolve`] checks every
//! name, then every value, and gives the typed [`Settings`] or a [`SettingsError`] of one line.

mod complete;
mod declare;
mod environment;
mod error;
mod field;
mod file;
pub mod kinds;
mod later;
mod layer;
mod markdown;
mod names;
mod raw;
mod table;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

pub use error::SettingsError;
use field::Table;
pub use layer::Origin;
use layer::{Entry, Layers};
pub use markdown::settings_markdown;
use raw::Raw;
pub use table::{Auth, Limits, Messenger, Settings, Sms, Tls};

/// The file that is read when none is named; it may be missing.
pub const DEFAULT_FILE: &str = "hearken.toml";

/// Everything that settings can come from. It has no debug output, since it holds secrets, also other programs'.
#[derive(Clone, Default)]
pub struct Sources {
    /// Values of flags, by the key they set; `listen` is `--listen`.
    pub flags: Vec<(&'static str, String)>,
    /// The environment, ours and everybody else's.
    pub environment: Vec<(OsString, OsString)>,
    /// The name and the text of the settings file, if there is one.
    pub file: Option<(PathBuf, String)>,
}

impl Sources {
    /// What this process was given: its flags, its environment, and the file named by `config`, else
    /// [`DEFAULT_FILE`] if that exists.
    pub fn of_process(
        flags: Vec<(&'static str, String)>,
        config: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let file = read_file(config, Path::new(DEFAULT_FILE))?;
        Ok(Self { flags, environment: std::env::vars_os().collect(), file })
    }

    /// The settings these sources make.
    pub fn resolve(&self) -> Result<Settings, SettingsError> {
        self.resolve_table::<Settings>()?.complete()
    }

    fn resolve_table<T: Table>(&self) -> Result<T, SettingsError> {
        let definitions = T::definitions();
        let known: Vec<&str> = definitions.iter().map(|definition| definition.key).collect();
        let flags = self.flags.iter().map(|(key, value)| Entry {
            key: (*key).to_owned(),
            origin: Origin::Flag(format!("--{}", key.replace(['.', '_'], "-"))),
            raw: Raw::Untyped(value.clone()),
        });
        let file = match &self.file {
            Some((name, text)) => file::entries(&name.to_string_lossy(), text, &known)?,
            None => Vec::new(),
        };
        let layers = Layers::new([flags.collect(), environment::entries(&self.environment)?, file]);
        names::check(&layers, &definitions)?;
        T::read(&layers)
    }
}

/// The settings file: the named one must be readable, the default one may be missing.
fn read_file(named: Option<&Path>, default: &Path) -> Result<Option<(PathBuf, String)>, SettingsError> {
    let path = named.unwrap_or(default);
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.to_owned(), text))),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SettingsError::Unreadable {
            file: path.to_string_lossy().into_owned(),
            fault: error.to_string(),
        }),
    }
}
