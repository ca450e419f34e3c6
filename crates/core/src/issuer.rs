//! The port to outside issuers (common.md, "Signing in": external issuer): others who vouch for people by ID tokens,
//! such as an OIDC provider or Firebase.
//!
//! Whoever is shown a bearer token asks [`Issuers::knows`] first: our own tokens name no issuer.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::account::Phone;

/// The longest token of an outside issuer, in bytes; a longer one is refused unread.
pub const MAX_ID_TOKEN: usize = 8 << 10;

/// The outside issuers that this server believes.
pub trait Issuers: Send + Sync {
    /// Whether a token says that it is from one of them. Nothing is checked: it only tells who is to check it.
    fn knows(&self, token: &str) -> bool;

    /// Who this token vouches for. May ask the issuer for its keys.
    fn verify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Outside, IssuerError>>;

    /// Asks each of them for its keys; one entry each, in the order of the settings.
    fn check(&self) -> BoxFuture<'_, Vec<IssuerReport>>;
}

/// A person as an outside issuer knows him.
#[derive(Clone, PartialEq, Eq)]
pub struct Outside {
    /// Who vouches for him: the issuer's URL.
    pub issuer: String,
    /// His name with that issuer: 1 to 255 bytes; never given to anybody else there.
    pub subject: String,
    /// His e-mail address, in lower case.
    pub email: Option<String>,
    /// Whether the issuer has seen that the address is his. One that is not verified says nothing about who he is.
    pub email_verified: bool,
    /// His phone number, if the issuer says that it is verified.
    pub phone: Option<Phone>,
    /// His name, cut at 200 characters.
    pub name: Option<String>,
    /// When the token ends.
    pub expires: Timestamp,
    /// When the token was made.
    pub issued: Timestamp,
}

/// Says who vouches, and nothing about the person.
impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "somebody known to {}", self.issuer)
    }
}

/// Why a token of an outside issuer is refused. Outsiders hear one answer for all; the words are for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It is of none of the issuers of the settings.
    #[error("the token is of no issuer that is known here")]
    Unknown,
    /// Another form, key, algorithm or audience than its issuer's, or altered.
    #[error("the token does not hold: {0}")]
    Forged(&'static str),
    /// It has ended, or begins later.
    #[error("the token is not valid at this time")]
    Expired,
    /// Its issuer has never told its keys, and can't be asked just now.
    #[error("the issuer's keys can't be fetched")]
    Unavailable,
}

/// How asking one issuer for its keys went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerReport {
    /// The issuer's URL.
    pub issuer: String,
    /// How many of its keys can be used, or why there are none.
    pub keys: Result<usize, String>,
}

/// No outside issuers: nobody else is believed.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoIssuers;

impl Issuers for NoIssuers {
    fn knows(&self, _token: &str) -> bool {
        false
    }

    fn verify<'a>(&'a self, _token: &'a str) -> BoxFuture<'a, Result<Outside, IssuerError>> {
        Box::pin(std::future::ready(Err(IssuerError::Unknown)))
    }

    fn check(&self) -> BoxFuture<'_, Vec<IssuerReport>> {
        Box::pin(std::future::ready(Vec::new()))
    }
}
