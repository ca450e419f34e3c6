//! One row of the table of settings: how its value is chosen and checked.

use std::ops::RangeInclusive;

use super::error::SettingsError;
use super::kinds::Kind;
use super::layer::{Entry, Layers, Origin};
use super::raw::Raw;

/// What the reference and the checks of names know about a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    /// The dotted key.
    pub key: &'static str,
    /// The name of its type.
    pub kind: &'static str,
    /// Its default: a value, or a sentence where `optional`.
    pub default: &'static str,
    /// Whether it may stay unset.
    pub optional: bool,
    /// Its bounds, as text.
    pub bounds: Option<String>,
    /// What it is for, in a sentence.
    pub doc: String,
}

/// One row of a table, with its type.
#[derive(Debug)]
pub(super) struct Field<T> {
    key: &'static str,
    default: &'static str,
    doc: &'static str,
    bounds: Option<RangeInclusive<T>>,
}

impl<T: Kind> Field<T> {
    /// A row without bounds.
    pub(super) const fn new(key: &'static str, default: &'static str, doc: &'static str) -> Self {
        Self { key, default, doc, bounds: None }
    }

    /// The same row with bounds, both of them allowed values.
    #[must_use]
    pub(super) fn within(mut self, bounds: RangeInclusive<T>) -> Self {
        self.bounds = Some(bounds);
        self
    }

    /// The row without its type.
    pub(super) fn definition(&self) -> Definition {
        Definition {
            key: self.key,
            kind: T::NAME,
            default: self.default,
            optional: T::unset().is_some(),
            bounds: self.bounds_text(),
            doc: self.doc.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    /// The value of this setting: the strongest entry's, else the default. Every entry must be right, also one
    /// that a stronger one hides, so that taking a flag away never uncovers a mistake.
    pub(super) fn read(&self, layers: &Layers) -> Result<T, SettingsError> {
        let mut chosen = None;
        for entry in layers.entries().filter(|entry| entry.key == self.key) {
            let value = self.check(entry)?;
            chosen.get_or_insert(value);
        }
        chosen.map_or_else(|| self.fallback(), Ok)
    }

    fn check(&self, entry: &Entry) -> Result<T, SettingsError> {
        let value = Self::parse(entry)?;
        match &self.bounds {
            Some(bounds) if !bounds.contains(&value) => {
                let mend = self.bounds_text().unwrap_or_default();
                Err(SettingsError::bad_value(entry, T::SECRET, "out of bounds", &mend))
            }
            _ => Ok(value),
        }
    }

    fn parse(entry: &Entry) -> Result<T, SettingsError> {
        T::parse(&entry.raw).ok_or_else(|| {
            let fault = T::fault(&entry.raw).unwrap_or_else(|| format!("not a valid {}", T::NAME));
            SettingsError::bad_value(entry, T::SECRET, &fault, &T::mend())
        })
    }

    fn fallback(&self) -> Result<T, SettingsError> {
        let raw = Raw::Untyped(self.default.to_owned());
        let entry = Entry { key: self.key.to_owned(), origin: Origin::Default, raw };
        T::unset().map_or_else(|| Self::parse(&entry), Ok)
    }

    fn bounds_text(&self) -> Option<String> {
        self.bounds.as_ref().map(|bounds| format!("{} to {}", bounds.start().show(), bounds.end().show()))
    }
}

/// A struct made from a table of settings.
pub(super) trait Table: Sized {
    /// The table's rows, in its order.
    fn definitions() -> Vec<Definition>;

    /// The values, or the first one that is wrong.
    fn read(layers: &Layers) -> Result<Self, SettingsError>;
}
