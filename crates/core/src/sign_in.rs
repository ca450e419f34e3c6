//! Sign-ins: how people prove who they are, and what they are given for it (common.md, "Signing in").
//!
//! A sign-in begins with a password, a one-time code, or a walk through the door as a guest. It is a record that lives
//! `refresh_ttl` and longer with each refresh; its access tokens are short-lived JWTs that name it. Ending it takes the
//! record away and notes its name among the revoked, which every check of a token looks at, and ends the subscriptions
//! of its open sockets. A token of an outside issuer is a sign-in by itself, as long as it lives.

mod code;
mod guesses;
mod last_name;
mod life;
mod outside;
mod password;
mod pepper;
mod refresh;
mod revoked;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use self::code::{CodeError, CodeRules, Requested};
pub(crate) use self::guesses::Guesses;
pub use self::guesses::Slowed;
pub(crate) use self::life::password_record;
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

/// Where somebody comes from, as limits count it: an IPv6 network of /64 is one place, as one household or one phone
/// has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(IpAddr);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let network = v6.to_bits() & !u128::from(u64::MAX);
                Self(IpAddr::V6(network.into()))
            }
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_an_address_or_a_network_of_the_newer_kind() {
        #[track_caller]
        fn check(address: &str, expect: &str) {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(Origin::from(address).to_string(), expect);
        }
        check("192.0.2.1", "192.0.2.1");
        check("::ffff:192.0.2.1", "192.0.2.1");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check("2001:db8:1:2::", "2001:db8:1:2::");
    }
}
