//! The credential that a request carries (common.md, "Signing in"), and where it may come from: every door asks here.
//!
//! A token stands in `Authorization: Bearer …`; on a handshake, where a browser can't set headers, also in
//! `?access_token=…`; or in the cookie that a sign-in has set. What the browser adds by itself proves nothing about
//! who wrote the page: by cookie a handshake or a change needs an `Origin` that is our own or in `cors_origins`.

mod cookie;

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::origin::Origin;

/// How tokens are taken and given. Clones are cheap and the same.
#[derive(Clone, Debug, Default)]
pub struct Credentials(Arc<Rules>);

#[derive(Debug, Default)]
struct Rules {
    /// The origin under which clients reach the server, as far as it has been told.
    public: Option<Origin>,
    /// `cors_origins`.
    allowed: Vec<Origin>,
    /// Whether browsers reach it over TLS, so that cookies can be kept to that.
    secure: bool,
}

/// Why a request shows no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unshown {
    /// There is none: 401.
    Nothing,
    /// There is a cookie, but the page that acts by it is not known to be ours: 403.
    ForeignOrigin,
}

impl Unshown {
    /// What is said about it, for people.
    pub fn message(self) -> &'static str {
        match self {
            Self::Nothing => "Sign in first.",
            Self::ForeignOrigin => "This page may not act by cookie.",
        }
    }
}

/// What a request is about to do with its token.
#[derive(Clone, Copy)]
enum Use {
    Request,
    Handshake,
    /// A handshake of clients that write the token alone into the header.
    BareHandshake,
}

impl Credentials {
    /// `public` is the origin of `public_url`, `allowed` are `cors_origins`, and `tls` says whether the server itself
    /// speaks TLS.
    pub fn new(public: Option<Origin>, allowed: Vec<Origin>, tls: bool) -> Self {
        let secure = tls || public.as_ref().is_some_and(Origin::is_secure);
        Self(Arc::new(Rules { public, allowed, secure }))
    }

    /// The access token of a plain request: in its header or its cookie, not in its query, as those end up in logs.
    pub fn of_request(&self, parts: &Parts) -> Result<String, Unshown> {
        self.token(parts, Use::Request)
    }

    /// The access token of a request that opens a socket: a WebSocket's upgrade, or a Socket.IO handshake.
    pub fn of_handshake(&self, parts: &Parts) -> Result<String, Unshown> {
        self.token(parts, Use::Handshake)
    }

    /// The same, but `Bearer` may be missing in the header (the seed of the desk: the keyword "is not necessary").
    pub fn of_bare_handshake(&self, parts: &Parts) -> Result<String, Unshown> {
        self.token(parts, Use::BareHandshake)
    }

    /// Whether pages of this origin may call from a browser (`cors_origins`).
    pub fn is_allowed(&self, origin: &Origin) -> bool {
        self.0.allowed.contains(origin)
    }

    /// What was written into the request counts before what the browser adds: a bad header is not healed by a cookie.
    fn token(&self, parts: &Parts, purpose: Use) -> Result<String, Unshown> {
        if parts.headers.contains_key(AUTHORIZATION) {
            let bare = matches!(purpose, Use::BareHandshake);
            let shown = bearer(&parts.headers).or_else(|| alone(&parts.headers).filter(|_| bare));
            return shown.map(ToOwned::to_owned).ok_or(Unshown::Nothing);
        }
        let handshake = !matches!(purpose, Use::Request);
        if let Some(token) = parts.uri.query().filter(|_| handshake).and_then(in_query) {
            return Ok(token.to_owned());
        }
        let token = cookie::value(&parts.headers).ok_or(Unshown::Nothing)?;
        let changes = handshake || ![Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
        if changes && !self.is_known_page(parts) {
            return Err(Unshown::ForeignOrigin);
        }
        Ok(token.to_owned())
    }

    fn is_known_page(&self, parts: &Parts) -> bool {
        Origin::of(parts).is_ok_and(|origin| {
            origin.is_host_of(parts) || self.0.public.as_ref() == Some(&origin) || self.is_allowed(&origin)
        })
    }
}

/// Our tokens are base64url and dots: nothing in them is ever percent-encoded.
fn in_query(query: &str) -> Option<&str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == "access_token").map(|(_, value)| value).filter(|value| !value.is_empty())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// A token that stands in the header by itself: one word, and no scheme's name.
fn alone(headers: &HeaderMap) -> Option<&str> {
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.trim();
    let one_word = !token.is_empty() && !token.contains(char::is_whitespace);
    (one_word && !token.eq_ignore_ascii_case("bearer")).then_some(token)
}

#[cfg(test)]
mod tests;
