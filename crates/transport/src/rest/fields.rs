//! The fields of a body, taken one by one. What is wrong with any is noted, so that one answer names it all.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What is wrong with one field of a request; in the answer an entry of `errors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldFault {
    /// Which.
    pub field: Cow<'static, str>,
    /// What, for people.
    pub message: Cow<'static, str>,
}

/// The faults of a request's fields, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub Vec<FieldFault>);

impl Invalid {
    /// One field that is not as it must be.
    pub fn one(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self(vec![FieldFault { field: field.into(), message: message.into() }])
    }
}

/// The fields that are left, and the faults found so far. Fields that nobody asks for are ignored.
#[derive(Default)]
pub struct Fields {
    values: Map<String, Value>,
    faults: Vec<FieldFault>,
}

impl Fields {
    /// The fields of this object.
    pub fn new(values: Map<String, Value>) -> Self {
        Self { values, faults: Vec::new() }
    }

    /// A text that must be there. After a fault it is empty, and [`Self::check`] tells.
    pub fn text(&mut self, field: &'static str) -> String {
        match self.values.remove(field) {
            Some(Value::String(text)) => text,
            found => {
                self.fault(field, if found.is_some() { "must be a string" } else { "must be there" });
                String::new()
            }
        }
    }

    /// One of these words, which must be there, as what it stands for.
    pub fn word<T: Copy>(&mut self, field: &'static str, words: &[(&'static str, T)]) -> Option<T> {
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
    pub fn text_of(&mut self, field: &'static str, length: RangeInclusive<usize>) -> String {
        let text = self.text(field);
        if self.faults.last().is_none_or(|fault| fault.field != field) {
            self.measure(field, &text, &length);
        }
        text
    }

    /// A text that must be there, with so many characters, as what it says. `None` after a fault.
    pub fn read<T: FromStr<Err: Display>>(
        &mut self,
        field: &'static str,
        length: RangeInclusive<usize>,
    ) -> Option<T> {
        let faults = self.faults.len();
        let text = self.text_of(field, length);
        if self.faults.len() > faults {
            return None;
        }
        text.parse().map_err(|bad: T::Err| self.fault(field, bad.to_string())).ok()
    }

    /// A text that is empty when it is not there, with so many characters.
    pub fn optional_text_of(&mut self, field: &'static str, length: RangeInclusive<usize>) -> String {
        if self.values.contains_key(field) { self.text_of(field, length) } else { String::new() }
    }

    /// A text that may be missing or null, as a change of it: nothing when it is missing, else what it shall be.
    pub fn change_of_text(&mut self, field: &'static str) -> Option<Option<String>> {
        match self.values.remove(field) {
            None => None,
            Some(Value::Null) => Some(None),
            Some(Value::String(text)) => Some(Some(text)),
            Some(_) => {
                self.fault(field, "must be a string or null");
                None
            }
        }
    }

    /// A text that may be missing or null, which is the same.
    pub fn optional_text(&mut self, field: &'static str) -> Option<String> {
        self.change_of_text(field).flatten()
    }

    /// A text that may be missing or null, which is the same, with so many characters at most.
    pub fn optional_text_up_to(&mut self, field: &'static str, most: usize) -> Option<String> {
        let text = self.optional_text(field);
        if let Some(text) = &text {
            self.measure(field, text, &(0..=most));
        }
        text
    }

    /// True or false, which must be there. After a fault it is false, and [`Self::check`] tells.
    pub fn flag(&mut self, field: &'static str) -> bool {
        if !self.values.contains_key(field) {
            self.fault(field, "must be true or false");
        }
        self.optional_flag(field).unwrap_or_default()
    }

    /// True or false, which may be missing.
    pub fn optional_flag(&mut self, field: &'static str) -> Option<bool> {
        match self.values.remove(field) {
            None => None,
            Some(Value::Bool(flag)) => Some(flag),
            Some(_) => {
                self.fault(field, "must be true or false");
                None
            }
        }
    }

    /// A list of texts; one that is not there is empty.
    pub fn texts(&mut self, field: &'static str) -> Vec<String> {
        self.optional_texts(field).unwrap_or_default()
    }

    /// A list of texts, which may be missing.
    pub fn optional_texts(&mut self, field: &'static str) -> Option<Vec<String>> {
        let text = |value| if let Value::String(text) = value { Some(text) } else { None };
        let texts = match self.values.remove(field)? {
            Value::Array(values) => values.into_iter().map(text).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        if texts.is_none() {
            self.fault(field, "must be a list of strings");
        }
        texts
    }

    /// Whether this one is a list.
    pub fn is_list(&self, field: &str) -> bool {
        matches!(self.values.get(field), Some(Value::Array(_)))
    }

    /// A text or a list of them, which must be there and hold something.
    pub fn one_or_more(&mut self, field: &'static str) -> Vec<String> {
        if let Some(Value::String(text)) = self.values.get_mut(field) {
            return vec![std::mem::take(text)];
        }
        let before = self.faults.len();
        let texts = self.texts(field);
        if texts.is_empty() && self.faults.len() == before {
            self.fault(field, "must be there");
        }
        texts
    }

    /// Refuses these where they are named at all, for this reason.
    pub fn refuse(&mut self, unwanted: &[&'static str], why: &'static str) {
        for field in unwanted {
            if self.values.remove(*field).is_some() {
                self.fault(field, why);
            }
        }
    }

    /// Whether all was right.
    pub fn check(self) -> Result<(), Invalid> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    /// The answer that names the faults.
    pub fn refusal(self) -> Invalid {
        Invalid(self.faults)
    }

    /// Notes a fault that only the caller can see, such as a text that is no phone number.
    pub fn fault(&mut self, field: &'static str, message: impl Into<Cow<'static, str>>) {
        self.faults.push(FieldFault { field: field.into(), message: message.into() });
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
            Err(Invalid(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
        };
        assert_eq!(found, wrong, "{body}");
    }

    #[test]
    fn one_may_stand_for_a_list() {
        let check = |body: Value, expect: Option<&[&str]>| {
            let Value::Object(values) = body.clone() else { panic!("an object") };
            let mut fields = Fields::new(values);
            let found = fields.one_or_more("who");
            assert_eq!(
                fields.check().ok().map(|()| found.as_slice()),
                expect
                    .map(|expect| expect.to_vec().iter().map(ToString::to_string).collect::<Vec<_>>())
                    .as_deref(),
                "{body}"
            );
        };
        check(json!({"who": "a"}), Some(&["a"]));
        check(json!({"who": ["a", "b"]}), Some(&["a", "b"]));
        for wrong in
            [json!({}), json!({"who": []}), json!({"who": null}), json!({"who": [1]}), json!({"who": 1})]
        {
            check(wrong, None);
        }
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
    fn what_may_be_missing_is_told_from_what_is_wrong() {
        /// Takes a text as a change, a flag and a list.
        #[track_caller]
        fn check(body: &Value, expect: &Value, wrong: &[&str]) {
            let Value::Object(values) = body.clone() else { panic!("an object") };
            let mut fields = Fields::new(values);
            let found = json!([
                fields.change_of_text("text").map(|text| text.unwrap_or("none".into())),
                fields.optional_flag("flag"),
                fields.optional_texts("list"),
            ]);
            fields.refuse(&["mine", "yours"], "is not yours to change");
            let faults = fields.check().err().map(|Invalid(faults)| faults).unwrap_or_default();
            assert_eq!(faults.iter().map(|fault| &*fault.field).collect::<Vec<_>>(), wrong, "{body}");
            assert_eq!(found, *expect, "{body}");
        }
        check(&json!({}), &json!([null, null, null]), &[]);
        check(&json!({"text": null}), &json!(["none", null, null]), &[]);
        check(&json!({"text": "", "flag": false, "list": []}), &json!(["", false, []]), &[]);
        check(&json!({"text": "a", "flag": true, "list": ["b"]}), &json!(["a", true, ["b"]]), &[]);
        check(
            &json!({"text": 1, "flag": "true", "list": "b"}),
            &json!([null, null, null]),
            &["text", "flag", "list"],
        );
        check(&json!({"mine": null, "yours": 1}), &json!([null, null, null]), &["mine", "yours"]);
        check(&json!({"flag": null, "list": null}), &json!([null, null, null]), &["flag", "list"]);
        check(&json!({"flag": 0, "list": [1]}), &json!([null, null, null]), &["flag", "list"]);
    }

    #[test]
    fn a_flag_that_must_be_there_has_one_fault_at_most() {
        let check = |body: Value, expect: bool, wrong: &[&str]| {
            let Value::Object(values) = body.clone() else { panic!("an object") };
            let mut fields = Fields::new(values);
            assert_eq!(fields.flag("flag"), expect, "{body}");
            let faults = fields.check().err().map(|Invalid(faults)| faults).unwrap_or_default();
            assert_eq!(faults.iter().map(|fault| &*fault.field).collect::<Vec<_>>(), wrong, "{body}");
        };
        check(json!({"flag": true}), true, &[]);
        check(json!({"flag": false}), false, &[]);
        for wrong in [json!({}), json!({"flag": null}), json!({"flag": "x"}), json!({"flag": 1})] {
            check(wrong, false, &["flag"]);
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
