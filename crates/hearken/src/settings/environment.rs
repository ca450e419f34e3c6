//! Environment variables: `HEARKEN_` + the upper-cased key, `__` between levels.

use std::ffi::OsString;

use super::error::SettingsError;
use super::layer::{Entry, Origin};
use super::raw::Raw;

/// What every variable of ours begins with.
const PREFIX: &str = "HEARKEN_";

/// Variables that begin like settings and are none. A name that ends in `*` stands for all that begin so.
pub(super) const NOT_SETTINGS: [(&str, &str); 7] = [
    (
        "HEARKEN_DEV_CLOCK",
        "`1`: the server's clock can be moved through `POST /dev/clock`; for development only",
    ),
    ("HEARKEN_DEV_SANDBOX", "reserved for test suites of the Ably endpoint; does nothing in this version"),
    ("HEARKEN_SOAK", "the test suite runs its checks long"),
    ("HEARKEN_BIN", "the binary that the end-to-end tests start"),
    (
        "FIREBASE_AUTH_EMULATOR_HOST",
        "when it is set, unsigned tokens of the Firebase Auth emulator are accepted for the projects in `auth.issuers`; for development only",
    ),
    (
        "AWS_*",
        "credentials, region and endpoint of a bucket for `attachments`, named as AWS's own tools name them",
    ),
    ("HEARKEN_TEST_*", "for tests to talk to processes they start"),
];

/// The variable that sets `key`.
pub(super) fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

/// The entries that `variables` make, in the order of their names so that the same mistake comes first each time.
/// What does not begin with our prefix is nobody's business here; which keys exist is checked later.
pub(super) fn entries(variables: &[(OsString, OsString)]) -> Result<Vec<Entry>, SettingsError> {
    let mut entries = Vec::new();
    for (name, value) in variables.iter().filter(|(name, _)| is_ours(name)) {
        let shown = name.to_string_lossy().into_owned();
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
            return Err(SettingsError::NotText { name: shown });
        };
        entries.push(Entry {
            key: key_of(name),
            origin: Origin::Variable(name.to_owned()),
            raw: Raw::Untyped(value.to_owned()),
        });
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(entries)
}

fn is_ours(name: &OsString) -> bool {
    let bytes = name.as_encoded_bytes();
    let listed = |(known, _): &(&str, &str)| match known.strip_suffix('*') {
        Some(start) => bytes.starts_with(start.as_bytes()),
        None => bytes == known.as_bytes(),
    };
    bytes.starts_with(PREFIX.as_bytes()) && !NOT_SETTINGS.iter().any(listed)
}

/// The key that a variable stands for. A name that [`name_of`] never gives (in lower case, say) keeps its own
/// text, which is no key, so that it is reported as unknown.
fn key_of(name: &str) -> String {
    let key = name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase().replace("__", ".");
    if name_of(&key) == name { key } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_belong_together() {
        let cases = [
            ("listen", "HEARKEN_LISTEN"),
            ("limits.ping_interval", "HEARKEN_LIMITS__PING_INTERVAL"),
            ("desk.reconnect_grace", "HEARKEN_DESK__RECONNECT_GRACE"),
        ];
        for (key, name) in cases {
            assert_eq!(name_of(key), name);
            assert_eq!(key_of(name), key);
        }
        for odd in ["HEARKEN_Listen", "HEARKEN_LIMITS.PING_INTERVAL", "HEARKEN_HEARKEN_LISTEN"] {
            assert_ne!(key_of(odd), "listen", "{odd}");
            assert_ne!(key_of(odd), "limits.ping_interval", "{odd}");
        }
    }
}
