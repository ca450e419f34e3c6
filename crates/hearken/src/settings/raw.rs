//! A value as it was found, before it is known which type it should have.

use std::collections::BTreeMap;
use std::fmt;

/// The longest piece of a value that an error repeats, in characters.
const SHOWN: usize = 60;

/// A value from a flag, a variable or the file. It has no debug output, since it may be a secret.
pub enum Raw {
    /// Text whose type nobody has said: from a flag or a variable.
    Untyped(String),
    /// A string in the file or in a JSON list.
    String(String),
    /// A whole number in the file or in a JSON list.
    Integer(i64),
    /// A truth value in the file or in a JSON list.
    Bool(bool),
    /// An array.
    List(Vec<Self>),
    /// A table in a list of the file, or a JSON object.
    Table(BTreeMap<String, Self>),
    /// Something that no setting takes (a date, a fraction), by its name.
    Other(&'static str),
}

impl Raw {
    /// The text of a value that may be read as text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Untyped(text) | Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Reads JSON; `None` if it is none.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self::from_value)
    }

    fn from_value(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Other("null"),
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => number.as_i64().map_or(Self::Other("a fraction"), Self::Integer),
            Value::String(text) => Self::String(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from_value).collect()),
            Value::Object(fields) => {
                Self::Table(fields.into_iter().map(|(key, value)| (key, Self::from_value(value))).collect())
            }
        }
    }
}

/// The value for an error: quoted, on one line, cut where it grows long.
impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untyped(text) | Self::String(text) => {
                let cut: String = text.chars().take(SHOWN).collect();
                let more = if cut.len() < text.len() { "…" } else { "" };
                write!(f, "{cut:?}{more}")
            }
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Table(_) => f.write_str("a table"),
            Self::Other(name) => f.write_str(name),
        }
    }
}
