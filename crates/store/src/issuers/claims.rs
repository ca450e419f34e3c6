//! What a token claims, and whether it holds (OpenID Connect Core, 3.1.3.7; for Firebase its documentation, "Verify
//! ID tokens using a third-party JWT library"). The signature is somebody else's business.

use hearken_core::account::is_email;
use hearken_core::issuer::{IssuerError, Outside};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// How far ahead of ours an issuer's clock may be, in seconds.
const LEEWAY: i64 = 60;
/// The longest subject that OpenID Connect allows, in bytes.
const MAX_SUBJECT: usize = 255;
/// The longest one of Firebase.
const MAX_UID: usize = 128;
/// How much of a name is kept, and the longest e-mail address, in characters.
const MAX_LINE: usize = 200;

/// The claims that are looked at.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub iss: String,
    pub aud: Audience,
    sub: String,
    #[serde(deserialize_with = "seconds")]
    exp: i64,
    #[serde(deserialize_with = "seconds")]
    iat: i64,
    #[serde(default, deserialize_with = "maybe_seconds")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "maybe_seconds")]
    auth_time: Option<i64>,
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<Truth>,
    phone_number: Option<String>,
    #[serde(default)]
    phone_number_verified: Option<Truth>,
    name: Option<String>,
}

/// Whom a token is meant for: one, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Several(several) => several.iter().any(|one| one == name),
        }
    }
}

/// Some issuers write truth values as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Truth {
    Value(bool),
    Text(String),
}

fn is_true(truth: Option<&Truth>) -> bool {
    match truth {
        Some(Truth::Value(value)) => *value,
        Some(Truth::Text(text)) => text == "true",
        None => false,
    }
}

/// A date in seconds since the epoch; a fraction is cut.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    f64::deserialize(deserializer).map(|seconds| seconds.floor() as i64)
}

fn maybe_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Option::<f64>::deserialize(deserializer).map(|seconds| seconds.map(|seconds| seconds.floor() as i64))
}

/// What the claims of one issuer's tokens must be.
pub(super) struct Expected {
    pub issuer: String,
    pub audience: String,
    /// Whether Firebase's own rules hold besides.
    pub firebase: bool,
}

impl Expected {
    /// The person that claims with a good signature vouch for.
    pub(super) fn check(&self, claims: &Claims, now: Timestamp) -> Result<Outside, IssuerError> {
        if claims.iss != self.issuer || !claims.aud.has(&self.audience) {
            return Err(IssuerError::Forged("it is of or for somebody else"));
        }
        let longest = if self.firebase { MAX_UID } else { MAX_SUBJECT };
        if claims.sub.is_empty() || claims.sub.len() > longest || claims.sub.contains('\0') {
            return Err(IssuerError::Forged("its subject"));
        }
        self.check_times(claims, now.as_second())?;
        let date = |at| Timestamp::from_second(at).map_err(|_| IssuerError::Forged("its dates"));
        let phone_holds = self.firebase || is_true(claims.phone_number_verified.as_ref());
        Ok(Outside {
            issuer: claims.iss.clone(),
            subject: claims.sub.clone(),
            email: claims.email.as_deref().and_then(email),
            email_verified: is_true(claims.email_verified.as_ref()),
            phone: claims
                .phone_number
                .as_deref()
                .filter(|_| phone_holds)
                .and_then(|phone| phone.parse().ok()),
            name: claims.name.as_deref().and_then(name),
            expires: date(claims.exp)?,
            issued: date(claims.iat)?,
        })
    }

    fn check_times(&self, claims: &Claims, now: i64) -> Result<(), IssuerError> {
        let ahead = now.saturating_add(LEEWAY);
        if claims.exp <= now || claims.iat > ahead || claims.nbf.is_some_and(|from| from > ahead) {
            return Err(IssuerError::Expired);
        }
        if self.firebase && claims.auth_time.is_none_or(|at| at > ahead) {
            return Err(IssuerError::Forged("nobody has signed in for it"));
        }
        Ok(())
    }
}

fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    // As an account takes it: what it would refuse must not keep its holder out.
    (text.chars().count() <= MAX_LINE && is_email(&text)).then_some(text)
}

fn name(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|letter| !letter.is_control()).collect();
    let kept: String = kept.trim().chars().take(MAX_LINE).collect();
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests;
