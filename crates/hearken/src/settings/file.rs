//! `hearken.toml`, read into entries that remember their lines.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::SettingsError;
use super::layer::{Entry, Origin};
use super::raw::Raw;

/// The entries of a file with this name and text, in the order of their lines. `known` are the keys of the
/// table, which an error about the file's form may name.
pub(super) fn entries(file: &str, text: &str, known: &[&str]) -> Result<Vec<Entry>, SettingsError> {
    let document = DeTable::parse(text).map_err(|error| {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        let fault = error.message().lines().next().unwrap_or_default().to_owned();
        SettingsError::NotToml { file: file.to_owned(), line, key: key_on(text, line, known), fault }
    })?;
    let mut walk = Walk { file, text, entries: Vec::new() };
    walk.table("", document.get_ref());
    walk.entries.sort_by_key(|(at, _)| *at);
    Ok(walk.entries.into_iter().map(|(_, entry)| entry).collect())
}

struct Walk<'a> {
    file: &'a str,
    text: &'a str,
    /// With each entry the place of its key in the text.
    entries: Vec<(usize, Entry)>,
}

impl Walk<'_> {
    /// Adds a table's values. The parser bounds the depth.
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = format!("{prefix}{}", segment(name.get_ref()));
            match value.get_ref() {
                DeValue::Table(inner) if !inner.is_empty() => self.table(&format!("{key}."), inner),
                other => self.push(key, name.span().start, raw(other)),
            }
        }
    }

    fn push(&mut self, key: String, at: usize, raw: Raw) {
        let origin = Origin::File { file: self.file.to_owned(), line: line_of(self.text, at) };
        self.entries.push((at, Entry { key, origin, raw }));
    }
}

/// A name as part of a dotted key; one that TOML needs quotes for keeps them, so that `"a.b"` is not `a.b`.
fn segment(name: &str) -> String {
    let bare =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if bare { name.to_owned() } else { format!("{name:?}") }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Other("an integer that does not fit in 64 bits"), Raw::Integer),
        DeValue::Boolean(value) => Raw::Bool(*value),
        DeValue::Array(items) => Raw::List(items.iter().map(Spanned::get_ref).map(raw).collect()),
        DeValue::Float(_) => Raw::Other("a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date or time"),
        DeValue::Table(table) => {
            let fields = table.iter().map(|(name, value)| (name.get_ref().to_string(), raw(value.get_ref())));
            Raw::Table(fields.collect())
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// The setting that a line seems to set. Only names from the table are repeated: a line of a file that cannot be
/// read may hold anything, also a piece of a secret.
fn key_on(text: &str, line: usize, known: &[&str]) -> Option<String> {
    let name = text.lines().nth(line.checked_sub(1)?)?.split('=').next()?.trim();
    let ends_so = |key: &&&str| key.rsplit('.').next() == Some(name) || **key == name;
    known.iter().find(ends_so).map(|key| (*key).to_owned())
}
