//! The messenger's page (contract, "Pages"): one document of our own, its style and its scripts, kept in the binary, so
//! that a browser needs nothing from elsewhere and a server nothing beside it. All places of the page are the same
//! document; which chat is open its script reads from the address.

mod asset;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, StatusCode};

use self::asset::{Asset, PAGE};
use crate::error::HttpError;

/// Nothing but our own files, and nobody may frame us. What people write is never markup; if it became markup by a
/// fault of ours, it still could not run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The page at each of its places, and what it is made of. A trailing slash is optional.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/chat", get(page))
        .route("/chat/", get(page))
        .route("/chat/personal/{msg_from}/{msg_to}", get(page))
        .route("/chat/personal/{msg_from}/{msg_to}/", get(page))
        .route("/chat/group/{msg_from}/{grp}", get(page))
        .route("/chat/group/{msg_from}/{grp}/", get(page))
        .route("/chat/room/{room_name}", get(page))
        .route("/chat/room/{room_name}/", get(page))
        .route("/chat/assets/{name}", get(part))
}

async fn page(headers: HeaderMap) -> Response {
    served(&PAGE, &headers)
}

async fn part(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let asset = name.ok().and_then(|Path(name)| asset::named(&name));
    asset.map_or_else(|| HttpError::NotFound.into_response(), |asset| served(asset, &headers))
}

/// The file, or word that the browser has it. Browsers ask each time: the names stay the same from one version of the
/// server to the next, and scripts of two versions must not meet.
fn served(asset: &Asset, asked: &HeaderMap) -> Response {
    let tag = asset.tag();
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let known =
        known.flat_map(|tags| tags.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
    let headers: [(HeaderName, &str); 5] = [
        (ETAG, &tag),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Its addresses have people's numbers in them.
        (REFERRER_POLICY, "no-referrer"),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(CONTENT_TYPE, asset.kind)], asset.text).into_response()
}

#[cfg(test)]
mod tests;
