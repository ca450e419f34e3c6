//! The credential a request carries (common.md, "Signing in"): `Authorization: Bearer …`, or on an upgrade
//! `?access_token=…`, because a browser's WebSocket can't set headers.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

/// The access token of a plain request, if it shows one: in its header alone, as queries end up in logs.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer)
}

/// The access token that an upgrade shows, if any. An `Authorization` header counts before the query.
pub fn access_token(parts: &Parts) -> Option<String> {
    if parts.headers.contains_key(AUTHORIZATION) {
        return bearer_token(&parts.headers).map(ToOwned::to_owned);
    }
    let pairs = parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    // Our tokens are base64url and dots: nothing in them is ever percent-encoded.
    pairs.filter(|(name, _)| *name == "access_token").map(|(_, value)| value.to_owned()).next()
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, header: Option<&str>, expect: Option<&str>) {
        let mut request = http::Request::builder().uri(uri);
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(access_token(&parts).as_deref(), expect, "{uri} {header:?}");
        // The same without the query.
        let plain = header.and(expect);
        assert_eq!(bearer_token(&parts.headers), plain, "{uri} {header:?}");
    }

    #[test]
    fn a_token_is_found_in_the_header_or_the_query() {
        check("/", None, None);
        check("/", Some("Bearer abc"), Some("abc"));
        check("/", Some("bearer  abc "), Some("abc"));
        check("/", Some("Basic abc"), None);
        check("/", Some("Bearer "), None);
        check("/", Some("abc"), None);
        check("/?access_token=q.w.e", None, Some("q.w.e"));
        check("/?a=b&access_token=q&c", None, Some("q"));
        check("/?access_token=q", Some("Bearer abc"), Some("abc"));
        check("/?access_token=q", Some("Basic abc"), None);
        check("/?token=q", None, None);
    }
}
