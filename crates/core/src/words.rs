//! Finding a word in a text that something else has written.

/// Whether one of these words stands in the text by itself: no letter or digit touches it.
pub fn names_one_of(text: &[u8], words: &[String]) -> bool {
    words.iter().any(|word| names(text, word.as_bytes()))
}

fn names(text: &[u8], word: &[u8]) -> bool {
    if word.is_empty() {
        return false;
    }
    let touches = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let starts = text.windows(word.len()).enumerate().filter(|(_, found)| found.eq_ignore_ascii_case(word));
    starts.map(|(at, _)| at).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        !touches(before) && !touches(text.get(at + word.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::names_one_of;

    #[test]
    fn a_word_is_found_where_it_stands_alone() {
        let check = |text: &str, word: &str, expect: bool| {
            assert_eq!(
                names_one_of(text.as_bytes(), &["none".into(), word.into()]),
                expect,
                "{word} in {text}"
            );
        };
        check(r#"{"phone":"9999999999"}"#, "9999999999", true);
        check("9999999999", "9999999999", true);
        check("1763642615999999999", "9999999999", false);
        check("999999999912", "9999999999", false);
        check("19999999999, 9999999999", "9999999999", true);
        check("to Ana@Example.org.", "ana@example.org", true);
        check("diana@example.org", "ana@example.org", false);
        check("", "9999999999", false);
        check("anything", "", false);
    }
}
