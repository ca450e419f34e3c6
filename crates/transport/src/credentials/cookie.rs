//! The cookie of the web app, `hearken_session`: out of reach of scripts, sent along by our own pages, and by a link
//! that leads to them.

use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use super::Credentials;

/// The cookie's name (common.md, "Signing in").
const NAME: &str = "hearken_session";

impl Credentials {
    /// The `Set-Cookie` that keeps `token` in the browser for as long as it is good. `None` if it is no token of ours,
    /// which has nothing in it that a cookie can't hold.
    pub fn cookie(&self, token: &str, good_for: Duration) -> Option<HeaderValue> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        token.bytes().all(plain).then(|| self.set(token, good_for.as_secs()))?
    }

    /// The `Set-Cookie` that takes it out of the browser.
    pub fn no_cookie(&self) -> HeaderValue {
        self.set("", 0).unwrap_or_else(|| HeaderValue::from_static(""))
    }

    fn set(&self, value: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.0.secure { "; Secure" } else { "" };
        let text = format!("{NAME}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
        HeaderValue::try_from(text).ok()
    }
}

/// What the cookie holds, if it is there and holds something. Where there are several, the first one.
pub(super) fn value(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = sent.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == NAME)?;
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    (!value.is_empty()).then_some(value)
}
