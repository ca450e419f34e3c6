//! The fields of a body, taken one by one. What is wrong with any is noted, so that one answer names it all.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::error::{FieldFault, HttpError};

/// The fields that are left, and the faults found so far. Fields that nobody asks for are ignored.
pub(super) struct Fields {
    values: Map<String, Value>,
    faults: Vec<FieldFault>,
}

impl Fields {
    pub(super) fn new(values: Map<String, Value>) -> Self {
        Self { values, faults: Vec::new() }
    }

    /// A text that must be there. After a fault it is empty, and [`Self::check`] tells.
    pub(super) fn text(&mut self, field: &'static str) -> String {
        match self.values.remove(field) {
            Some(Value::String(text)) => text,
            found => {
                self.fault(field, if found.is_some() { "must be a string" } else { "must be there" });
                String::new()
            }
        }
    }

    /// One of these words, which must be there, as what it stands for.
    pub(super) fn word<T: Copy>(&mut self, field: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let given = self.values.remove(field);
        let given = given.as_ref().and_then(Value::as_str);
        let found = words.iter().find(|(word, _)| given == Some(word)).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.fault(field, format!("must be one of {}", words.join(", ")));
        }
        found
    }

    /// A text that must be there, with so many characters.
    pub(super) fn text_of(&mut self, field: &'static str, length: RangeInclusive<usize>) -> String {
        let text = self.text(field);
        if self.faults.last().is_none_or(|fault| fault.field != field) {
            self.measure(field, &text, &length);
        }
        text
    }

    /// A text that is empty when it is not there, with so many characters.
    pub(super) fn optional_text_of(&mut self, field: &'static str, length: RangeInclusive<usize>) -> String {
        if self.values.contains_key(field) { self.text_of(field, length) } else { String::new() }
    }

    /// A list of texts; one that is not there is empty.
    pub(super) fn texts(&mut self, field: &'static str) -> Vec<String> {
        let text = |value| if let Value::String(text) = value { Some(text) } else { None };
        let texts = match self.values.remove(field) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values.into_iter().map(text).collect::<Option<Vec<_>>>(),
            Some(_) => None,
        };
        texts.unwrap_or_else(|| {
            self.fault(field, "must be a list of strings");
            Vec::new()
        })
    }

    /// Whether all was right.
    pub(super) fn check(self) -> Result<(), HttpError> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    /// The answer that names the faults.
    pub(super) fn refusal(self) -> HttpError {
        HttpError::Invalid(self.faults)
    }

    fn fault(&mut self, field: &'static str, message: impl Into<Cow<'static, str>>) {
        self.faults.push(FieldFault { field, message: message.into() });
    }

    fn measure(&mut self, field: &'static str, text: &str, length: &RangeInclusive<usize>) {
        if !length.contains(&text.chars().count()) {
            let message = format!("must have {} to {} characters", length.start(), length.end());
            self.fault(field, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Takes `name` (1 to 3), `bio` (up to 2), and `who` of a body, and compares which are wrong.
    #[track_caller]
    fn check(body: &Value, wrong: &[&str]) {
        let Value::Object(values) = body.clone() else { panic!("an object") };
        let mut fields = Fields::new(values);
        fields.text_of("name", 1..=3);
        fields.optional_text_of("bio", 0..=2);
        fields.texts("who");
        let found = match fields.check() {
            Ok(()) => Vec::new(),
            Err(HttpError::Invalid(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(found, wrong, "{body}");
    }

    #[test]
    fn a_word_is_one_of_those_known() {
        let check = |body: Value, expect: Option<u8>| {
            let Value::Object(values) = body.clone() else { panic!("an object") };
            let mut fields = Fields::new(values);
            assert_eq!(fields.word("do", &[("this", 1), ("that", 2)]), expect, "{body}");
            assert_eq!(fields.check().is_ok(), expect.is_some(), "{body}");
        };
        check(json!({"do": "this"}), Some(1));
        check(json!({"do": "that"}), Some(2));
        for wrong in
            [json!({}), json!({"do": ""}), json!({"do": "This"}), json!({"do": 1}), json!({"do": null})]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn every_fault_is_found() {
        check(&json!({"name": "ab"}), &[]);
        check(&json!({"name": "äöü", "bio": "🦉🦉", "who": ["a"], "more": 1}), &[]);
        check(&json!({}), &["name"]);
        check(&json!({"name": ""}), &["name"]);
        check(&json!({"name": "abcd"}), &["name"]);
        check(&json!({"name": null, "bio": null, "who": null}), &["name", "bio", "who"]);
        check(&json!({"name": 1, "bio": "abc", "who": "a"}), &["name", "bio", "who"]);
        check(&json!({"name": "a", "who": ["a", 1]}), &["who"]);
        check(&json!({"name": "a", "who": [["a"]]}), &["who"]);
    }
}
