//! What the text of a message may be, so that every socket kind refuses the same texts in the same words.

use thiserror::Error;

/// Why a text is no message (contract "Errors": empty or too long message).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadText {
    /// Nothing was said.
    #[error("the message is empty")]
    Empty,
    /// More characters than the setting `messenger.max_message` allows.
    #[error("the message is longer than {max} characters")]
    TooLong {
        /// The setting.
        max: usize,
    },
}

/// Checks that `text` has 1 to `max` characters.
///
/// A character is a Unicode scalar value, so an emoji of four bytes counts once. White space and NUL count like
/// any other character: what is valid UTF-8 is kept as it came.
pub fn check(text: &str, max: usize) -> Result<(), BadText> {
    if text.is_empty() {
        return Err(BadText::Empty);
    }
    // No text has more characters than bytes, so short ones need no counting.
    if text.len() > max && text.chars().nth(max).is_some() {
        return Err(BadText::TooLong { max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: &str, max: usize, expect: Result<(), BadText>) {
        assert_eq!(check(text, max), expect, "{text:?} up to {max}");
    }

    #[test]
    fn texts_have_one_to_max_characters() {
        let too_long = |max| Err(BadText::TooLong { max });
        check_text("", 4, Err(BadText::Empty));
        check_text("", 0, Err(BadText::Empty));
        check_text("a", 0, too_long(0));
        check_text("a", 1, Ok(()));
        check_text("ab", 1, too_long(1));
        check_text(" \t\n", 3, Ok(()));
        check_text("\0", 1, Ok(()));
        check_text(&"x".repeat(4096), 4096, Ok(()));
        check_text(&"x".repeat(4097), 4096, too_long(4096));
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        check_text("äöüß", 4, Ok(()));
        check_text("äöüß", 3, Err(BadText::TooLong { max: 3 }));
        check_text(&"🦉".repeat(4096), 4096, Ok(()));
        check_text(&"🦉".repeat(4097), 4096, Err(BadText::TooLong { max: 4096 }));
        // A letter with a combining accent is two scalar values.
        check_text("e\u{301}", 1, Err(BadText::TooLong { max: 1 }));
    }

    #[test]
    fn the_reason_names_the_limit() {
        assert_eq!(BadText::TooLong { max: 4096 }.to_string(), "the message is longer than 4096 characters");
        assert_eq!(BadText::Empty.to_string(), "the message is empty");
    }
}
