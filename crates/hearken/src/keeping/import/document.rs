//! A JSON document whose every part knows where it stands, so that what is wrong can be named by its line and field.
//!
//! `serde_json` hands out the parts of a document as slices of its text; where a slice lies in the text says the rest.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    line: usize,
    field: String,
    why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, field, why } = self;
        if field.is_empty() {
            write!(f, "line {line}: {why}")
        } else {
            write!(f, "line {line}: {field}: {why}")
        }
    }
}

/// A value in a document.
#[derive(Clone)]
pub(super) struct Part<'t> {
    text: &'t str,
    raw: &'t RawValue,
    /// How one comes to it from the top.
    path: String,
}

/// An object in a document, whose fields are taken one by one; what is left is unknown.
pub(super) struct Object<'t> {
    whole: Part<'t>,
    fields: Vec<(Cow<'t, str>, Part<'t>)>,
}

impl<'t> Part<'t> {
    /// The whole document.
    pub(super) fn document(text: &'t str) -> Result<Self, Fault> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Ok(Self { text, raw, path: String::new() }),
            Err(error) => Err(Fault {
                line: error.line().max(1),
                field: String::new(),
                why: format!("not JSON: {error}"),
            }),
        }
    }

    /// Says that something is wrong here.
    pub(super) fn fault(&self, why: impl fmt::Display) -> Fault {
        let at = (self.raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let line = 1 + self.text.get(..at).unwrap_or_default().matches('\n').count();
        Fault { line, field: self.path.clone(), why: why.to_string() }
    }

    /// Whether there is nothing in it: null, or an empty list or object.
    pub(super) fn is_empty(&self) -> bool {
        let text: String = self.raw.get().chars().filter(|c| !c.is_whitespace()).collect();
        matches!(text.as_str(), "null" | "[]" | "{}")
    }

    pub(super) fn object(self) -> Result<Object<'t>, Fault> {
        let Ok(Fields(found)) = serde_json::from_str::<Fields<'t>>(self.raw.get()) else {
            return Err(self.fault("an object is expected"));
        };
        let mut fields: Vec<(Cow<'t, str>, Self)> = Vec::with_capacity(found.len());
        for (name, raw) in found {
            let dot = if self.path.is_empty() { "" } else { "." };
            let part = Self { text: self.text, raw, path: format!("{}{dot}{name}", self.path) };
            if fields.iter().any(|(other, _)| *other == name) {
                return Err(part.fault("this is there twice"));
            }
            fields.push((name, part));
        }
        Ok(Object { whole: self, fields })
    }

    pub(super) fn list(&self) -> Result<Vec<Self>, Fault> {
        let found = serde_json::from_str::<Vec<&'t RawValue>>(self.raw.get());
        let found = found.map_err(|_| self.fault("a list is expected"))?;
        let part = |(n, raw)| Self { text: self.text, raw, path: format!("{}[{n}]", self.path) };
        Ok(found.into_iter().enumerate().map(part).collect())
    }

    pub(super) fn string(&self) -> Result<String, Fault> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.fault("a text is expected"))
    }

    pub(super) fn flag(&self) -> Result<bool, Fault> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.fault("true or false is expected"))
    }
}

impl<'t> Object<'t> {
    /// Takes a field; one that is null is not there.
    pub(super) fn take(&mut self, name: &str) -> Option<Part<'t>> {
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.swap_remove(at).1).filter(|part| part.raw.get() != "null")
    }

    /// Takes a field that must be there.
    pub(super) fn need(&mut self, name: &str) -> Result<Part<'t>, Fault> {
        self.take(name).ok_or_else(|| self.whole.fault(format_args!("{name} is missing")))
    }

    /// The object itself.
    pub(super) fn whole(&self) -> &Part<'t> {
        &self.whole
    }

    /// Refuses whatever has not been taken. `given` are fields that the server gives.
    pub(super) fn finish(self, given: &[&str]) -> Result<(), Fault> {
        match self.fields.first() {
            Some((name, part)) if given.contains(&name.as_ref()) => {
                Err(part.fault("the server gives this; leave it out"))
            }
            Some((_, part)) => Err(part.fault("there is no such field")),
            None => Ok(()),
        }
    }
}

/// The fields of an object, as they stand in the text.
struct Fields<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'t> Deserialize<'t> for Fields<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Every;

        impl<'t> Visitor<'t> for Every {
            type Value = Fields<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Fields<'t>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry::<Name<'t>, &'t RawValue>()? {
                    fields.push((field.0.0, field.1));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Every)
    }
}

/// A name, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_by_its_line_and_field() {
        fn check(text: &str, work: impl FnOnce(Part<'_>) -> Result<(), Fault>, expect: &str) {
            let found = Part::document(text).and_then(work);
            assert_eq!(found.err().map(|fault| fault.to_string()).unwrap_or_default(), expect, "{text}");
        }
        let names = |part: Part<'_>| -> Result<(), Fault> {
            let mut object = part.object()?;
            for entry in object.need("people")?.list()? {
                let mut entry = entry.object()?;
                entry.need("name")?.string()?;
                if let Some(flag) = entry.take("on") {
                    flag.flag()?;
                }
                entry.finish(&["id"])?;
            }
            object.finish(&[])
        };
        check("{\n\"people\": [\n{\"name\": \"a\"}\n]}", names, "");
        check("{\"people\": [{\"na\\u006de\": \"a\", \"on\": null}]}", names, "");
        check("[]", names, "line 1: an object is expected");
        check("{\n\"people\":\n 1}", names, "line 3: people: a list is expected");
        check("{\"people\": [\n\n{}]}", names, "line 3: people[0]: name is missing");
        check("{\"people\": [\n{\"name\":\n7}]}", names, "line 3: people[0].name: a text is expected");
        check(
            "{\"people\": [{\"name\": \"a\"},\n{\"name\": \"b\",\n\"nme\": 1}]}",
            names,
            "line 3: people[1].nme: there is no such field",
        );
        check(
            "{\"people\": [{\"name\": \"a\", \"id\": 1}]}",
            names,
            "line 1: people[0].id: the server gives this; leave it out",
        );
        check(
            "{\"people\": [{\"name\": \"a\",\n\"name\": \"b\"}]}",
            names,
            "line 2: people[0].name: this is there twice",
        );
        check(
            "{\"people\": [{\"name\": \"a\", \"on\": \"yes\"}]}",
            names,
            "line 1: people[0].on: true or false is expected",
        );
        check("{}", names, "line 1: people is missing");
        check("{\n\"people\": [}", names, "line 2: not JSON: expected value at line 2 column 12");
        check("", names, "line 1: not JSON: EOF while parsing a value at line 1 column 0");
    }

    #[test]
    fn nothing_is_nothing_however_it_is_written() {
        for (text, expect) in [("null", true), ("[ ]", true), ("{\n}", true), ("[1]", false), ("\"\"", false)]
        {
            assert_eq!(Part::document(text).unwrap().is_empty(), expect, "{text}");
        }
    }
}
