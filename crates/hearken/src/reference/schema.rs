//! What a value looks like, in words: the types of the document (JSON Schema 2020-12, as far as we write it).

use std::fmt::Write as _;

use serde_json::Value;

use super::words::{entries, escape, items, line, text};

/// A type in a few words; what has a name links to its own section.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = text(schema, "$ref").strip_prefix("#/components/schemas/") {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if schema[choice].is_array() {
            let joint = if choice == "allOf" { " and " } else { " or " };
            return items(&schema[choice]).iter().map(kind).collect::<Vec<_>>().join(joint);
        }
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        _ => vec!["anything"],
    };
    types.iter().map(|one| simple(one, schema)).collect::<Vec<_>>().join(" or ")
}

/// A type without a name of its own, with its bounds.
fn simple(name: &str, schema: &Value) -> String {
    if name == "array" {
        return format!("list of {}", kind(&schema["items"]));
    }
    let values: Vec<_> = items(&schema["enum"])
        .iter()
        .map(|value| format!("<code>{}</code>", escape(&plain(value))))
        .collect();
    if !values.is_empty() {
        return values.join(", ");
    }
    let mut said = escape(name);
    if let Some(format) = schema["format"].as_str().filter(|_| name != "null") {
        let _ = write!(said, " ({})", escape(format));
    }
    let bound = |least: &str, most: &str, what: &str| match (&schema[least], &schema[most]) {
        (Value::Null, Value::Null) => String::new(),
        (Value::Null, most) => format!(", up to {most}{what}"),
        (least, Value::Null) => format!(", at least {least}{what}"),
        (least, most) => format!(", {least} to {most}{what}"),
    };
    if name != "null" {
        said += &bound("minLength", "maxLength", " characters");
        said += &bound("minimum", "maximum", "");
    }
    said
}

/// A value as one would write it in a sentence.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The fields of an object as a table; else the type.
pub(super) fn shape(schema: &Value, caption: &str) -> String {
    if !schema["properties"].is_object() {
        return format!("<p>{}</p>\n", kind(schema));
    }
    let required: Vec<_> = items(&schema["required"]).iter().filter_map(Value::as_str).collect();
    let mut html = format!(
        "<table><caption>{}</caption><thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Type</th>\
         <th scope=\"col\">About</th></tr></thead><tbody>\n",
        escape(caption)
    );
    for (name, field) in entries(&schema["properties"]) {
        let optional = if required.contains(&name) { "" } else { " <small>optional</small>" };
        let about = line(text(field, "description"));
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\"><code>{}</code>{optional}</th><td>{}</td><td>{about}</td></tr>",
            escape(name),
            kind(field)
        );
    }
    html + "</tbody></table>\n"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_told_in_words() {
        #[track_caller]
        fn check(schema: &Value, expect: &str) {
            assert_eq!(kind(schema), expect, "{schema}");
        }
        check(&json!({}), "anything");
        check(&json!({"type": "boolean"}), "boolean");
        check(&json!({"type": "string", "maxLength": 80}), "string, up to 80 characters");
        check(&json!({"type": "string", "minLength": 1, "maxLength": 3}), "string, 1 to 3 characters");
        check(&json!({"type": "integer", "format": "int64", "minimum": 1}), "integer (int64), at least 1");
        check(&json!({"type": ["string", "null"], "format": "uuid"}), "string (uuid) or null");
        check(&json!({"type": "array", "items": {"type": "string"}}), "list of string");
        check(&json!({"type": "string", "enum": ["a", "<b>"]}), "<code>a</code>, <code>&lt;b&gt;</code>");
        let named = json!({"$ref": "#/components/schemas/Group"});
        let link = "<a href=\"#schema-Group\">Group</a>";
        check(&named, link);
        check(&json!({"type": "array", "items": named}), &format!("list of {link}"));
        check(&json!({"oneOf": [{"type": "null"}, named]}), &format!("null or {link}"));
    }
}
