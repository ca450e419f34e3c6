//! What people say at the desk: a JSON object of whatever make, kept and handed on to the letter (contract, "What a chat
//! is": stored and forwarded as is, at most 16 KiB).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The longest content, in bytes of its JSON.
pub const MOST_BYTES: usize = 16 * 1024;
/// How deep it may be nested. What is deeper other people's programs may not be able to read.
pub const MOST_DEEP: usize = 64;

/// A JSON object that is not empty, in the very letters of whoever sent it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(Arc<RawValue>);

/// Why something is no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadContent {
    /// It is no object, an empty one, or nested too deep.
    NotSuch,
    /// It is longer than [`MOST_BYTES`].
    TooLarge,
}

impl Content {
    /// Takes what was sent, if it will do.
    pub fn new(sent: Box<RawValue>) -> Result<Self, BadContent> {
        let text = sent.get();
        if !is_filled_object(text) {
            return Err(BadContent::NotSuch);
        }
        if text.len() > MOST_BYTES {
            return Err(BadContent::TooLarge);
        }
        if depth(text) > MOST_DEEP {
            return Err(BadContent::NotSuch);
        }
        Ok(Self(sent.into()))
    }

    /// Its JSON, to the letter.
    pub fn json(&self) -> &str {
        self.0.get()
    }

    /// As it goes into other JSON.
    pub fn raw(&self) -> &RawValue {
        &self.0
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    /// Never shows what people say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.json().len())
    }
}

/// Whether a JSON value is an object with something in it.
fn is_filled_object(json: &str) -> bool {
    let inside = json.trim_ascii().strip_prefix('{');
    inside.is_some_and(|inside| !inside.trim_ascii_start().starts_with('}'))
}

/// How deep arrays and objects of a JSON value are nested.
fn depth(json: &str) -> usize {
    let (mut now, mut most, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                now += 1;
                most = most.max(now);
            }
            b'}' | b']' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expect: Result<(), BadContent>) {
        let raw: Box<RawValue> = serde_json::from_str(json).expect("JSON");
        let taken = Content::new(raw);
        assert_eq!(taken.as_ref().map(|_| ()).map_err(|bad| *bad), expect);
        if let Ok(content) = taken {
            assert_eq!(content.json(), json.trim(), "kept to the letter");
        }
    }

    fn nested(deep: usize) -> String {
        format!("{}1{}", r#"{"a":"#.repeat(deep), "}".repeat(deep))
    }

    fn of_length(bytes: usize) -> String {
        format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8))
    }

    #[test]
    fn content_is_an_object_with_something_in_it() {
        check(r#"{"content":"hi"}"#, Ok(()));
        check(r#" { "b" : 1.0e3, "a":10000000000000000000000, "a" : [ ] } "#, Ok(()));
        check(r#"{"":null}"#, Ok(()));
        check(r#"{"a":"\u0000\ud800"}"#, Ok(()));
        for bad in ["{}", "{ \n }", "[]", "[1]", "null", "1", "\"{}\"", "true"] {
            check(bad, Err(BadContent::NotSuch));
        }
    }

    #[test]
    fn content_has_bounds() {
        check(&of_length(MOST_BYTES), Ok(()));
        check(&of_length(MOST_BYTES + 1), Err(BadContent::TooLarge));
        check(&nested(MOST_DEEP), Ok(()));
        check(&nested(MOST_DEEP + 1), Err(BadContent::NotSuch));
        check(r#"{"a":"[[[[[{{{{\"[[[["}"#, Ok(()));
        let brackets = format!(r#"{{"a":"\"{}"}}"#, "[".repeat(1000));
        check(&brackets, Ok(()));
    }

    #[test]
    fn debug_output_keeps_the_words_to_itself() {
        let raw = serde_json::from_str(r#"{"a":"secret"}"#).expect("JSON");
        assert_eq!(format!("{:?}", Content::new(raw).expect("content")), "Content(14 bytes)");
    }
}
