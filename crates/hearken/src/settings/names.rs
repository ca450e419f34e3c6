//! Which keys exist: refuses the unknown and the not yet supported, and guesses what was meant.

use super::environment;
use super::error::SettingsError;
use super::field::Definition;
use super::later::is_later;
use super::layer::{Entry, Layers, Origin};
use super::raw::Raw;

/// Refuses the first entry that no row of the table has.
pub(super) fn check(layers: &Layers, definitions: &[Definition]) -> Result<(), SettingsError> {
    layers.entries().try_for_each(|entry| check_one(entry, definitions))
}

fn check_one(entry: &Entry, definitions: &[Definition]) -> Result<(), SettingsError> {
    let key = &entry.key;
    if definitions.iter().any(|definition| definition.key == key) {
        return Ok(());
    }
    if is_later(key) {
        return Err(SettingsError::NotYet { key: key.clone(), origin: entry.origin.clone() });
    }
    if group(definitions, key).next().is_some() {
        // `[limits]` with nothing in it says nothing; `limits = 5` means something we cannot guess.
        return match entry.raw {
            Raw::Table(ref fields) if fields.is_empty() => Ok(()),
            _ => Err(SettingsError::bad_value(
                entry,
                false,
                "a group of keys, not a setting",
                &listed(entry, definitions, key),
            )),
        };
    }
    Err(SettingsError::UnknownKey {
        key: key.clone(),
        origin: entry.origin.clone(),
        mend: mend(entry, definitions),
    })
}

/// The keys in the group of this name.
fn group<'a>(definitions: &'a [Definition], name: &'a str) -> impl Iterator<Item = &'static str> + 'a {
    let inside = move |key: &&'static str| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    definitions.iter().map(|definition| definition.key).filter(inside)
}

/// What was probably meant; where nothing is close, what there is.
fn mend(entry: &Entry, definitions: &[Definition]) -> String {
    let wanted = comparable(&entry.key);
    let close = definitions
        .iter()
        .map(|definition| (distance(&wanted, definition.key), definition.key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 6)
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, key)) = close {
        return format!("did you mean {}?", spelled(entry, key));
    }
    let name = entry.key.split('.').next().unwrap_or_default();
    let known = group(definitions, name).next().map_or("", |_| name);
    format!("there is {}", listed(entry, definitions, known))
}

/// The name without what only its source adds, so that `HEARKEN_LIMITS_RATE` is compared as `limits_rate`.
fn comparable(key: &str) -> String {
    key.strip_prefix("HEARKEN_").unwrap_or(key).replace('"', "").to_ascii_lowercase()
}

/// How far apart they are; a key whose group was left out is near too, and so is one that was taken for a group.
fn distance(wanted: &str, key: &str) -> usize {
    if wanted.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')) {
        return 0;
    }
    let last = key.rsplit('.').next().unwrap_or(key);
    let whole = strsim::damerau_levenshtein(wanted, key);
    whole.min(1 + strsim::damerau_levenshtein(wanted, last))
}

/// The keys of a group, or those of the top level and the groups, as the entry's source spells them.
fn listed(entry: &Entry, definitions: &[Definition], name: &str) -> String {
    let keys: Vec<String> = if name.is_empty() {
        definitions.iter().map(|definition| spelled(entry, definition.key)).collect()
    } else {
        group(definitions, name).map(|key| spelled(entry, key)).collect()
    };
    keys.join(", ")
}

fn spelled(entry: &Entry, key: &str) -> String {
    match entry.origin {
        Origin::Variable(_) => environment::name_of(key),
        _ => format!("`{key}`"),
    }
}
