//! The kinds of value a setting can have: how each is read, shown, and what to write when it is wrong.
//!
//! A kind never builds an error of its own: it says whether a value fits, and the error is put together
//! in one place (`settings::error`), which also knows which values must not be shown.

mod attachments;
pub mod duration;
mod issuer;
mod list;
mod log;
mod network;
mod origin;
mod plain;
mod secret;
mod shared;
pub mod size;
mod sms;
mod web_url;

pub use log::{LogFilter, LogFormat};
pub use network::PublicUrl;
pub use secret::Secret;
pub use shared::{BusUrl, DatabaseUrl};
pub use size::Size;
pub use sms::SmsProvider;
pub use web_url::{SecretUrl, WebUrl};

use super::raw::Raw;

/// A type that a setting can have.
///
/// `PartialOrd` is what bounds are checked with; a kind for which order means nothing is given none.
pub trait Kind: Sized + PartialOrd {
    /// The kind's name, as the reference and the errors use it ("duration").
    const NAME: &'static str;
    /// Whether values of this kind are kept out of errors, logs and debug output.
    const SECRET: bool = false;
    /// A list of such values, as one would write it.
    const LIST: &'static str = r#"["a", "b"]"#;

    /// Reads a value; `None` if it does not fit.
    fn parse(raw: &Raw) -> Option<Self>;

    /// The value as one would write it.
    fn show(&self) -> String;

    /// What to write instead of a value that does not fit; continues "write …".
    fn mend() -> String;

    /// What exactly is wrong with a value that does not fit, for a kind of several parts.
    fn fault(_raw: &Raw) -> Option<String> {
        None
    }

    /// The value that stands for "not set", for a kind that has one; the default in the table is then a sentence
    /// that says what happens, not a value.
    fn unset() -> Option<Self> {
        None
    }
}

/// A setting that may stay unset. What that means stands in the table in words.
impl<T: Kind> Kind for Option<T> {
    const NAME: &'static str = T::NAME;
    const SECRET: bool = T::SECRET;

    fn parse(raw: &Raw) -> Option<Self> {
        T::parse(raw).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }

    fn mend() -> String {
        format!("{}, or leave it out", T::mend())
    }

    fn fault(raw: &Raw) -> Option<String> {
        T::fault(raw)
    }

    fn unset() -> Option<Self> {
        Some(None)
    }
}
