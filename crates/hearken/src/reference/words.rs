//! Texts of the document as HTML. Nothing gets onto the page but through here.

use serde_json::Value;

/// A text as HTML that shows it.
pub(super) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}

/// A line of text in which backticks mark code.
pub(super) fn line(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(place, part)| match place % 2 {
            0 => escape(part),
            _ => format!("<code>{}</code>", escape(part)),
        })
        .collect()
}

/// A text of paragraphs.
pub(super) fn paragraphs(text: &str) -> String {
    let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    parts.flat_map(|part| ["<p>".to_owned(), line(part), "</p>\n".to_owned()]).collect()
}

/// The text of a field; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The fields of an object, in their order; none of anything else.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// The items of a list; none of anything else.
pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_as_they_are() {
        #[track_caller]
        fn check(text: &str, expect: &str) {
            assert_eq!(paragraphs(text), expect);
        }
        check("", "");
        check("One.", "<p>One.</p>\n");
        check("One\nand `two`.\n\nThree.", "<p>One\nand <code>two</code>.</p>\n<p>Three.</p>\n");
        check("`<b>&\"</b>`", "<p><code>&lt;b&gt;&amp;&quot;&lt;/b&gt;</code></p>\n");
        check("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n");
    }
}
