//! The page as it is answered: where it stands, what guards it, and that it asks for nothing that isn't there.

use axum::body::Body;
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use super::asset::ASSETS;
use super::*;

async fn get_with(path: &str, known: Option<&str>) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get(path);
    if let Some(known) = known {
        request = request.header(IF_NONE_MATCH, known);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = router::<()>().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn the_page_stands_at_each_of_its_places_and_nowhere_else() {
    for place in ["/chat", "/chat/personal/1/2", "/chat/group/1/test12test", "/chat/room/blue"] {
        for path in [place.to_owned(), format!("{place}/")] {
            let (status, headers, body) = get_with(&path, None).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
            assert_eq!(headers[CONTENT_SECURITY_POLICY], POLICY, "{path}");
            assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
            assert_eq!(body, PAGE.text, "{path}");
        }
    }
    for path in ["/chat/personal/1", "/chat/assets", "/chat/assets/", "/chat/assets/none.js", "/chat/other"] {
        assert_eq!(get_with(path, None).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_browser_that_has_a_file_is_not_sent_it_again() {
    let (status, headers, _) = get_with("/chat/assets/main.js", None).await;
    assert_eq!(status, StatusCode::OK);
    let tag = headers[ETAG].to_str().expect("a tag");
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}")] {
        let (status, headers, body) = get_with("/chat/assets/main.js", Some(&known)).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!(headers[ETAG], *tag);
    }
    assert_eq!(get_with("/chat/assets/page.css", Some(tag)).await.0, StatusCode::OK);
}

/// Everything in quotes after `before`.
fn named_after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(['"', '\'']).next())
}

#[test]
fn what_is_asked_for_is_there() {
    let wanted = named_after(PAGE.text, "\"/chat/assets/");
    let imported = ASSETS.iter().flat_map(|asset| named_after(asset.text, "from './"));
    let names: Vec<_> = wanted.chain(imported).collect();
    assert!(names.len() > ASSETS.len(), "{names:?}");
    for name in names {
        assert!(asset::named(name).is_some(), "{name}");
    }
}

/// The policy would stop it in the browser; here it is seen at once.
#[test]
fn nothing_is_written_inline() {
    for wrong in
        ["<script>", "<style", " style=", " onclick=", " onsubmit=", "javascript:", "http://", "https://"]
    {
        assert!(!PAGE.text.contains(wrong), "{wrong}");
    }
    for asset in ASSETS.iter().filter(|asset| asset.kind.starts_with("text/javascript")) {
        for wrong in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://"] {
            assert!(!asset.text.contains(wrong), "{} has {wrong}", asset.name);
        }
    }
}
