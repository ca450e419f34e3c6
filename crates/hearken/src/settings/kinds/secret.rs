//! Text that must never be shown: passwords, keys, tokens of outside services.

use std::fmt;

use super::Kind;
use crate::settings::raw::Raw;

/// A secret; it can be used, but debug output, errors and the reference never show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Kind for Secret {
    const NAME: &'static str = "secret";
    const SECRET: bool = true;

    fn parse(raw: &Raw) -> Option<Self> {
        String::parse(raw).map(Self)
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }

    fn mend() -> String {
        String::mend()
    }
}
