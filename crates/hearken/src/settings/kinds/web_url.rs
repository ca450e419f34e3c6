//! Addresses of others, whom this server asks.

use std::fmt;

use super::Kind;
use crate::settings::raw::Raw;

/// An address that can be asked, shown in errors and logs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WebUrl(String);

impl WebUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Kind for WebUrl {
    const NAME: &'static str = "URL";

    fn parse(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        hearken_store::can_be_asked(text).then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn mend() -> String {
        "http:// or https:// with a host, such as https://sms.example".to_owned()
    }
}

/// An address that can be asked and may hold a password or a key: it is never shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretUrl(WebUrl);

impl SecretUrl {
    /// The address, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Kind for SecretUrl {
    const NAME: &'static str = WebUrl::NAME;
    const SECRET: bool = true;

    fn parse(raw: &Raw) -> Option<Self> {
        WebUrl::parse(raw).map(Self)
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }

    fn mend() -> String {
        WebUrl::mend()
    }
}
