//! The single values of an event's arguments, taken from JSON as it came: what is kept is kept to the letter.

use std::borrow::Cow;
use std::fmt;

use hearken_core::ids::ConversationId;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::content::{BadContent, Content};
use crate::error::Fault;
use crate::ids;
use crate::rules::marking::{Severity, Tags};

/// The values of an object by their names; of a name that comes twice the last.
#[derive(Default)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Those of a client's only argument; of anything but an object, none.
    pub(super) fn of(args: &'a [Box<RawValue>]) -> Self {
        args.first().and_then(|data| serde_json::from_str(data.get()).ok()).unwrap_or_default()
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// The room, which must be named by a string. `Ok(None)`: one that names no room there could be.
    pub(super) fn room(&self) -> Result<Option<ConversationId>, Fault> {
        self.room_if_any()?.ok_or(Fault::Field("room"))
    }

    /// The room, where one may be named.
    #[expect(clippy::option_option, reason = "named or not, and then one that can be or not")]
    pub(super) fn room_if_any(&self) -> Result<Option<Option<ConversationId>>, Fault> {
        let Some(value) = self.get("room") else { return Ok(None) };
        let name: String = serde_json::from_str(value.get()).map_err(|_| Fault::Field("room"))?;
        Ok(Some(ids::parse(&name).map(ConversationId)))
    }

    /// What is said, in the field that must hold an object with something in it.
    pub(super) fn content(&self) -> Result<Content, Fault> {
        content(self.get("content"), Fault::of_staff)
    }

    /// The severity: an integer from 0 up; 0 when it is missing (seed).
    pub(super) fn severity(&self) -> Result<Severity, Fault> {
        let Some(value) = self.get("severity_level") else { return Ok(Severity::default()) };
        // Digits alone: no fraction, no exponent, no sign, nothing in quotes.
        let digits = value.get().bytes().all(|byte| byte.is_ascii_digit());
        let level = value.get().parse().ok().filter(|_| digits);
        level.and_then(Severity::new).ok_or(Fault::Field("severity_level"))
    }

    /// The tags, a list of strings.
    pub(super) fn tags(&self) -> Result<Tags, Fault> {
        let given = self.get("tags").and_then(|value| serde_json::from_str(value.get()).ok());
        given.and_then(|given| Tags::new(given).ok()).ok_or(Fault::Field("tags"))
    }
}

/// A content, if it will do; what is wrong otherwise is said in its sender's words.
pub(super) fn content(value: Option<&RawValue>, fault: fn(BadContent) -> Fault) -> Result<Content, Fault> {
    let value = value.ok_or(fault(BadContent::NotSuch))?;
    Content::new(value.to_owned()).map_err(fault)
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            fields.push((name, map.next_value()?));
        }
        Ok(Fields(fields))
    }
}

/// A field's name, borrowed where it holds no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
