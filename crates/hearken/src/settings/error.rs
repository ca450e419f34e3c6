//! Why the settings were refused: always one line, with the key, the place and the mend.

use super::layer::{Entry, Origin};

/// A refusal of the settings. Its text is one line and shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A key that no version knows.
    #[error("unknown key `{}` ({origin}): {mend}", key.escape_debug())]
    UnknownKey {
        /// The key as it was read.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// What was probably meant.
        mend: String,
    },
    /// A key that is documented, but does nothing yet. Taking it silently would promise what is not kept.
    #[error("`{key}` ({origin}) is not supported by this version yet: remove it")]
    NotYet {
        /// The key as it was read.
        key: String,
        /// Where it stands.
        origin: Origin,
    },
    /// A value of the wrong type, or outside its bounds.
    #[error("`{key}` = {shown} ({origin}) is {fault}")]
    BadValue {
        /// The key.
        key: String,
        /// The value, unless it is a secret.
        shown: String,
        /// Where it stands.
        origin: Origin,
        /// What is wrong with it, and what would be right.
        fault: String,
    },
    /// A setting that another one needs.
    #[error("`{key}` is not set, and {needs} needs it: set it, or choose something else there")]
    Missing {
        /// The key.
        key: &'static str,
        /// What needs it.
        needs: String,
    },
    /// A variable whose bytes are not UTF-8.
    #[error("variable {} is not UTF-8: set it again as plain text, or unset it", name.escape_debug())]
    NotText {
        /// The variable's name.
        name: String,
    },
    /// The file is not TOML.
    #[error("{}:{line}: {}not valid TOML ({fault}): mend the line; text stands in quotes", file.escape_debug(), named(key.as_deref()))]
    NotToml {
        /// The file as it was named.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The setting on that line, if it is one we know.
        key: Option<String>,
        /// The parser's own words; they name no content.
        fault: String,
    },
    /// The file cannot be read.
    #[error("cannot read the settings file {} ({fault}): name a readable file with --config, or leave the flag out", file.escape_debug())]
    Unreadable {
        /// The file as it was named.
        file: String,
        /// The system's reason.
        fault: String,
    },
}

fn named(key: Option<&str>) -> String {
    key.map(|key| format!("`{key}` is ")).unwrap_or_default()
}

impl SettingsError {
    /// A refusal of `entry`'s value, which is shown unless it is `secret`; `mend` continues "write …".
    pub(super) fn bad_value(entry: &Entry, secret: bool, fault: &str, mend: &str) -> Self {
        Self::BadValue {
            key: entry.key.clone(),
            shown: if secret { "[secret]".to_owned() } else { entry.raw.to_string() },
            origin: entry.origin.clone(),
            fault: format!("{fault}: write {mend}"),
        }
    }
}
