//! The page: the document as HTML that needs no script. Headings and lists to move by, tables with headers, and the
//! browser's own search.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::schema::{kind, plain, shape};
use super::words::{entries, escape, items, line, paragraphs, text};

/// One operation, with where it is.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    said: &'a Value,
}

impl Operation<'_> {
    /// What links lead to.
    fn anchor(&self) -> String {
        let path: String =
            self.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        format!("{}{path}", self.method)
    }

    fn title(&self) -> String {
        format!("<code><b>{}</b> {}</code>", self.method.to_ascii_uppercase(), escape(self.path))
    }
}

/// The whole page.
pub(super) fn render(document: &Value) -> String {
    let by_tag = sorted(document);
    let info = &document["info"];
    let (title, version) = (escape(text(info, "title")), escape(text(info, "version")));
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} API reference</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/docs/style.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the reference</a>\n<header>\n<h1>{title} API reference</h1>\n\
         <p>Version {version}. The same for machines: <a href=\"/openapi.json\">openapi.json</a>.</p>\n</header>\n"
    );
    html += &contents(&by_tag);
    html += "<main id=\"main\">\n";
    html += &paragraphs(text(info, "description"));
    html += &signing_in(&document["components"]["securitySchemes"]);
    for (tag, operations) in &by_tag {
        let about = items(&document["tags"]).iter().find(|known| text(known, "name") == *tag);
        let _ = writeln!(html, "<section>\n<h2 id=\"tag-{0}\">{0}</h2>", escape(tag));
        html += &paragraphs(about.map_or("", |about| text(about, "description")));
        html.extend(operations.iter().map(operation));
        html += "</section>\n";
    }
    html += "<section>\n<h2 id=\"schemas\">Schemas</h2>\n";
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let _ = writeln!(html, "<h3 id=\"schema-{0}\">{0}</h3>", escape(name));
        html += &paragraphs(text(schema, "description"));
        html += &shape(schema, &format!("Fields of {name}"));
    }
    html + "</section>\n</main>\n</body>\n</html>\n"
}

/// The operations under their headings, both in the order of the alphabet, methods in that of their use.
fn sorted(document: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut by_tag: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, methods) in entries(&document["paths"]) {
        for method in ["get", "post", "put", "patch", "delete"] {
            if let Some(said) = methods.get(method) {
                let tag = said["tags"][0].as_str().unwrap_or("others");
                by_tag.entry(tag).or_default().push(Operation { method, path, said });
            }
        }
    }
    by_tag
}

fn contents(by_tag: &BTreeMap<&str, Vec<Operation<'_>>>) -> String {
    let mut html = String::from(
        "<nav aria-label=\"Contents\">\n<ul>\n<li><a href=\"#signing-in\">Signing in</a></li>\n",
    );
    for (tag, operations) in by_tag {
        let _ = writeln!(html, "<li><a href=\"#tag-{0}\">{0}</a>\n<ul>", escape(tag));
        for operation in operations {
            let _ = writeln!(html, "<li><a href=\"#{}\">{}</a></li>", operation.anchor(), operation.title());
        }
        html += "</ul></li>\n";
    }
    html + "<li><a href=\"#schemas\">Schemas</a></li>\n</ul>\n</nav>\n"
}

fn signing_in(schemes: &Value) -> String {
    let mut html = String::from("<section>\n<h2 id=\"signing-in\">Signing in</h2>\n<dl>\n");
    for (name, scheme) in entries(schemes) {
        let how = match text(scheme, "type") {
            "http" => "<code>Authorization: Bearer …</code>".to_owned(),
            _ => format!("{} <code>{}</code>", escape(text(scheme, "in")), escape(text(scheme, "name"))),
        };
        let about = line(text(scheme, "description"));
        let _ = writeln!(html, "<dt>{}: {how}</dt>\n<dd>{about}</dd>", escape(name));
    }
    html + "</dl>\n</section>\n"
}

fn operation(operation: &Operation<'_>) -> String {
    let said = operation.said;
    let mut html = format!("<article>\n<h3 id=\"{}\">{}</h3>\n", operation.anchor(), operation.title());
    html += &paragraphs(text(said, "summary"));
    html += &paragraphs(text(said, "description"));
    let ways: Vec<_> =
        items(&said["security"]).iter().flat_map(entries).map(|(name, _)| escape(name)).collect();
    if !ways.is_empty() {
        let _ = writeln!(html, "<p>Needs <a href=\"#signing-in\">{}</a>.</p>", ways.join(" or "));
    }
    html += &parameters(items(&said["parameters"]));
    for (media, content) in entries(&said["requestBody"]["content"]) {
        let _ = writeln!(html, "<p>Body: {} as <code>{}</code></p>", kind(&content["schema"]), escape(media));
    }
    html += &answers(&said["responses"]);
    html + "</article>\n"
}

fn parameters(parameters: &[Value]) -> String {
    if parameters.is_empty() {
        return String::new();
    }
    let mut html = String::from(
        "<table><caption>Parameters</caption><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">In</th>\
         <th scope=\"col\">Type</th><th scope=\"col\">About</th></tr></thead><tbody>\n",
    );
    for parameter in parameters {
        let schema = &parameter["schema"];
        let usual = &schema["default"];
        let usual =
            if usual.is_null() { String::new() } else { format!(", usually {}", escape(&plain(usual))) };
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}{usual}</td><td>{}</td></tr>",
            escape(text(parameter, "name")),
            escape(text(parameter, "in")),
            kind(schema),
            line(text(parameter, "description"))
        );
    }
    html + "</tbody></table>\n"
}

fn answers(responses: &Value) -> String {
    let mut html = String::from(
        "<table><caption>Answers</caption><thead><tr><th scope=\"col\">Status</th><th scope=\"col\">When</th>\
         <th scope=\"col\">Body</th></tr></thead><tbody>\n",
    );
    for (status, response) in entries(responses) {
        let bodies = entries(&response["content"]).map(|(media, content)| match media {
            "application/json" => kind(&content["schema"]),
            other => format!("<code>{}</code>", escape(other)),
        });
        let (bodies, when) = (bodies.collect::<Vec<_>>().join(" or "), line(text(response, "description")));
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{when}</td><td>{bodies}</td></tr>",
            escape(status)
        );
    }
    html + "</tbody></table>\n"
}
