//! The rules of settings, from tables. The sample table has every kind of value, also those that no key of
//! this version has yet, a secret among them.

mod outside;
mod precedence;
mod real_keys;
mod refusals;

use std::path::PathBuf;
use std::time::Duration;

use super::declare::settings;
use super::kinds::{Secret, Size};
use super::{Settings, SettingsError, Sources};

settings! {
    /// A table for tests.
    Sample {
        /// A word.
        word: String = "default";
        /// A folder.
        folder: PathBuf = "./here";
        /// A list.
        words: Vec<String> = "[]";
        /// Numbers.
        numbers: Vec<u64> = "[1, 2]";
    }

    /// A group.
    door: Door {
        /// A duration.
        grace: Duration = "15s", within Duration::from_millis(100)..=Duration::from_hours(1);
        /// A duration that may be left out.
        expiry: Option<Duration> = "never";
        /// A size.
        body: Size = "64KiB", within Size(1)..=Size(1 << 30);
        /// A switch.
        open: bool = "true";
        /// A password.
        password: Option<Secret> = "none";
        /// Several passwords.
        spare_passwords: Vec<Secret> = "[]";
    }
}

/// Sources as a test writes them: flags by key, variables by name, the file's text ("" for no file).
fn sources(flags: &[(&'static str, &str)], variables: &[(&str, &str)], file: &str) -> Sources {
    Sources {
        flags: flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect(),
        environment: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        file: (!file.is_empty()).then(|| ("hearken.toml".into(), file.to_owned())),
    }
}

fn sample(
    flags: &[(&'static str, &str)],
    variables: &[(&str, &str)],
    file: &str,
) -> Result<Sample, SettingsError> {
    sources(flags, variables, file).resolve_table()
}

fn real(variables: &[(&str, &str)], file: &str) -> Result<Settings, SettingsError> {
    sources(&[], variables, file).resolve()
}

/// The refusal's text, which must be one line.
fn refusal<T>(result: Result<T, SettingsError>) -> String {
    let text = result.err().expect("this must be refused").to_string();
    assert!(!text.chars().any(char::is_control), "not one line: {text:?}");
    text
}
