//! Sign-ins: how people prove who they are, and what they are given for it (common.md, "Signing in").
//!
//! A sign-in begins with a password, a one-time code, or a walk through the door as a guest. It is a record that lives
//! `refresh_ttl` and longer with each refresh; its access tokens are short-lived JWTs that name it. Ending it takes the
//! record away and notes its name among the revoked, which every check of a token looks at, and ends the subscriptions
//! of its open sockets. A token of an outside issuer is a sign-in by itself, as long as it lives.

mod by_password;
mod code;
mod guesses;
mod last_name;
mod life;
mod line;
mod outside;
mod password;
mod pepper;
mod refresh;
mod renewal;
mod revoked;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::by_password::password_record;
pub use self::code::{CodeError, CodeRules, Requested};
pub(crate) use self::guesses::Guesses;
pub use self::guesses::Slowed;
pub(crate) use self::outside::IDENTITIES;
pub(crate) use self::password::Hasher;
pub use self::password::{BadPassword, HashedPassword, PasswordBusy, admissible};
pub(crate) use self::pepper::Pepper;
pub(crate) use self::revoked::Revoked;
use crate::account::Account;
use crate::store::StoreError;

/// How long what people are given holds (common.md, `auth.*`).
#[derive(Clone, Copy, Debug)]
pub struct SignInSettings {
    /// An access token.
    pub access_ttl: Duration,
    /// A sign-in, from its last refresh.
    pub refresh_ttl: Duration,
}

impl Default for SignInSettings {
    fn default() -> Self {
        Self { access_ttl: Duration::from_mins(30), refresh_ttl: Duration::from_hours(24 * 30) }
    }
}

/// What somebody is given who has signed in. It has no debug output that shows it.
#[derive(Clone)]
pub struct Tokens {
    /// To be shown with each request.
    pub access: String,
    /// To be exchanged for new ones, once.
    pub refresh: String,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// How long the sign-in lives, unless it is refreshed.
    pub refresh_in: Duration,
    /// Who has signed in.
    pub account: Arc<Account>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.account.id)
    }
}

/// Why somebody is not signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// What he showed proves nothing; also where there is nobody of that name, so that nobody learns who is known.
    #[error("this does not prove who you are")]
    Wrong,
    /// Too many wrong tries; the next may come after this time.
    #[error("too many tries")]
    Slowed(Duration),
    /// Too many sign in at this moment.
    #[error("too many sign in at this moment")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
