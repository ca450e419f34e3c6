//! That the document is whole, and the page shows all of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn value() -> Value {
    serde_json::to_value(document()).expect("JSON")
}

/// Every reference in a value.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
            Value::String(to) if key == "$ref" => {
                found.insert(to);
            }
            other => references(other, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn the_document_is_openapi_3_1_and_refers_to_nothing_that_is_not_there() {
    let document = value();
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 5, "{found:?}");
    for reference in found {
        let place = reference.strip_prefix('#').expect("in this document");
        assert!(document.pointer(place).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_says_what_it_is_and_how_it_is_answered() {
    let document = value();
    let tags: BTreeSet<_> =
        document["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, said) in methods.as_object().expect("methods") {
            let place = format!("{method} {path}");
            assert!(said["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{place}");
            assert!(said["tags"][0].as_str().is_some_and(|tag| tags.contains(tag)), "{place}");
            assert!(names.insert(said["operationId"].as_str().expect("an id")), "{place} shares its id");
            let responses = said["responses"].as_object().expect("responses");
            assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
            assert!(!responses.contains_key("422"), "{place}");
            let guarded = said["security"].as_array().is_some_and(|ways| !ways.is_empty());
            // Signing in is answered so too, by who shows something else than a token.
            let proves = path.starts_with("/api/v1/auth/");
            let refuses = responses.contains_key("401");
            assert!(if guarded { refuses } else { !refuses || proves }, "{place}");
            let has_body = said["requestBody"].is_object();
            for status in ["400", "408", "413", "415"] {
                assert!(!has_body || responses.contains_key(status), "{place} and {status}");
            }
        }
    }
}

#[test]
fn the_page_shows_every_path_and_schema_and_links_to_what_is_there() {
    let document = value();
    let page = page::render(&document);
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            assert!(page.contains(&format!("<b>{}</b> {path}</code></h3>", method.to_uppercase())), "{path}");
        }
    }
    let anchors: BTreeSet<_> =
        page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(anchors.len(), page.matches(" id=\"").count(), "an id stands twice");
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(anchors.contains(link), "{link} leads nowhere");
    }
    for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(anchors.contains(format!("schema-{name}").as_str()), "{name}");
    }
    assert!(!page.contains("<script") && !page.contains("style="));
}
