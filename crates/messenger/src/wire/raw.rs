//! A frame taken apart but not yet understood, so that one bad field does not hide the good ones.
//!
//! The text is cut into its values first and each is read on its own: an error frame names the command even where
//! `message` is broken. Where a value holds no escapes its text is borrowed from the frame.

use super::fault::Fault;
use super::field::{Field, JsonType};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// How many lists and objects a value may have within each other: serde's own limit for readers that recurse.
const DEEPEST: usize = 128;

/// The values of a frame that is a JSON object.
#[derive(Default)]
pub(super) struct Raw<'a> {
    /// By [`Field`]; of a name that comes twice the last.
    values: [Option<&'a str>; Field::COUNT],
    too_deep: bool,
}

impl<'a> Raw<'a> {
    /// Takes the text of a frame apart.
    pub(super) fn read(text: &'a str) -> Result<Self, Fault> {
        let not_json =
            |error: serde_json::Error| Fault::NotJson { line: error.line(), column: error.column() };
        serde_json::from_str(text).map_err(|error| {
            if !error.is_data() {
                return not_json(error);
            }
            // Not an object; that was seen from its first byte, so whether it is JSON is still open.
            match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => Fault::NotObject,
                Err(error) => not_json(error),
            }
        })
    }

    /// Refuses what is nested too deeply, in whichever field.
    pub(super) const fn check_depth(&self) -> Result<(), Fault> {
        if self.too_deep { Err(Fault::TooDeep) } else { Ok(()) }
    }

    /// The string in a field that must have one.
    pub(super) fn text(&self, field: Field) -> Result<Cow<'a, str>, Fault> {
        let json = self.values[field as usize].ok_or(Fault::Missing(field))?;
        match json_type(json) {
            JsonType::String => unescaped(json).ok_or(Fault::NotUnicode(field)),
            found => Err(Fault::WrongType { field, found }),
        }
    }

    /// Checks a field whose value does not matter: a string, null or absent.
    pub(super) fn any_text(&self, field: Field) -> Result<(), Fault> {
        match self.values[field as usize].map(json_type) {
            None | Some(JsonType::Null | JsonType::String) => Ok(()),
            Some(found) => Err(Fault::WrongType { field, found }),
        }
    }
}

/// The type of a well-formed value, which its first byte tells.
fn json_type(json: &str) -> JsonType {
    match json.as_bytes().first() {
        Some(b'"') => JsonType::String,
        Some(b'{') => JsonType::Object,
        Some(b'[') => JsonType::Array,
        Some(b't' | b'f') => JsonType::Boolean,
        Some(b'n') => JsonType::Null,
        _ => JsonType::Number,
    }
}

/// The text of a well-formed JSON string; none if an escape names half of a surrogate pair.
fn unescaped(json: &str) -> Option<Cow<'_, str>> {
    let between = json.strip_prefix('"')?.strip_suffix('"')?;
    if between.as_bytes().contains(&b'\\') {
        serde_json::from_str(json).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(between))
    }
}

/// Whether a well-formed value is nested beyond [`DEEPEST`].
fn too_deep(json: &str) -> bool {
    if !json.starts_with(['[', '{']) {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        depth > DEEPEST
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
        let mut raw = Raw::default();
        while let Some(Key(field)) = map.next_key()? {
            let json = map.next_value::<&'de RawValue>()?.get();
            raw.too_deep |= too_deep(json);
            if let Some(field) = field {
                raw.values[field as usize] = Some(json);
            }
        }
        Ok(raw)
    }
}

/// The name of a value: one of the five fields, or one that is ignored.
struct Key(Option<Field>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        Ok(Key(Field::named(name)))
    }
}
