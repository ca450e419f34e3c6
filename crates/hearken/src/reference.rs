//! The API reference: one OpenAPI 3.1 document put together from what every door and the operations say of their own
//! paths, and the same as a page for people (common.md, "Operations").

mod page;
mod schema;
mod words;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use hearken_transport::rest::described;
use http::HeaderName;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the page may load: its own style, and an icon that is nothing.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("reference/style.css");
const ABOUT: &str = "A self-hosted conversation server for care teams. This is its HTTP side; conversations themselves \
                     mostly go over sockets, which the pages about each protocol describe.";

/// The whole document.
pub fn document() -> OpenApi {
    let license =
        LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Hearken")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    for part in [
        hearken_people::openapi(),
        hearken_messenger::openapi(),
        hearken_desk::openapi(),
        crate::serve::openapi(),
        paths().into_openapi(),
    ] {
        document.merge(part);
    }
    described::complete(&mut document);
    name(&mut document);
    document
}

/// Names every operation by where it is: the handlers' own names, which it gets otherwise, are used by several doors.
fn name(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let place: Vec<_> =
            path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
        let place = place.join("_");
        let methods = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{place}"));
            }
        }
    }
}

/// The document as `hearken openapi` prints it and `/openapi.json` serves it.
pub fn text() -> serde_json::Result<String> {
    document().to_pretty_json().map(|text| text + "\n")
}

/// Serves the document and the page, both made once.
pub(crate) fn router() -> serde_json::Result<Router> {
    let page = page::render(&serde_json::to_value(document())?);
    let (json, page) = (axum::body::Bytes::from(text()?), axum::body::Bytes::from(page));
    Ok(Router::from(paths()).with_state(Made { json, page }).route("/docs/style.css", get(style)))
}

#[derive(Clone)]
struct Made {
    json: axum::body::Bytes,
    page: axum::body::Bytes,
}

fn paths() -> OpenApiRouter<Made> {
    OpenApiRouter::default().routes(routes!(json)).routes(routes!(docs))
}

/// This document
#[utoipa::path(
    get, path = "/openapi.json", tag = "operations",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = serde_json::Value)),
)]
async fn json(axum::extract::State(made): axum::extract::State<Made>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], made.json)
}

/// The API reference for people
#[utoipa::path(
    get, path = "/docs", tag = "operations",
    responses((status = 200, description = "A page without scripts", content_type = "text/html", body = String)),
)]
async fn docs(axum::extract::State(made): axum::extract::State<Made>) -> impl IntoResponse {
    (html_headers(), made.page)
}

fn html_headers() -> [(HeaderName, &'static str); 2] {
    [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)]
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

#[cfg(test)]
mod tests;
