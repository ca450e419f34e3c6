//! An ID token taken apart (RFC 7519): nothing in here believes anything it reads.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hearken_core::issuer::{IssuerError, MAX_ID_TOKEN};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::claims::Claims;

/// The longest name of a key.
const MAX_KID: usize = 256;

/// A token's parts.
pub(super) struct Token<'a> {
    header: Header,
    /// What it claims.
    pub claims: Claims,
    /// What is signed.
    pub message: &'a str,
    /// The signature, as it is written.
    pub signature: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood. We understand none.
    crit: Option<IgnoredAny>,
}

impl<'a> Token<'a> {
    /// Takes a token apart. A longer one than [`MAX_ID_TOKEN`] is not looked at.
    pub(super) fn read(text: &'a str) -> Result<Self, IssuerError> {
        let no_token = IssuerError::Forged("it is no token");
        let (message, signature) = split(text).ok_or(no_token)?;
        let (header, claims) = message.split_once('.').ok_or(no_token)?;
        let header: Header = part(header).ok_or(no_token)?;
        if header.crit.is_some() {
            return Err(IssuerError::Forged("it wants something that is not known here"));
        }
        let claims = part(claims).ok_or(IssuerError::Forged("its claims"))?;
        Ok(Self { header, claims, message, signature })
    }

    /// Whether it says that it is not signed, and isn't.
    pub(super) fn is_unsigned(&self) -> bool {
        self.header.alg == "none" && self.signature.is_empty()
    }

    /// The key and the algorithm that it says it is signed with.
    pub(super) fn signed_with(&self) -> Result<(&str, Algorithm), IssuerError> {
        let algorithm = match self.header.alg.as_str() {
            "RS256" => Algorithm::RS256,
            "ES256" => Algorithm::ES256,
            _ => return Err(IssuerError::Forged("its algorithm")),
        };
        let kid = self.header.kid.as_deref().filter(|kid| !kid.is_empty() && kid.len() <= MAX_KID);
        Ok((kid.ok_or(IssuerError::Forged("it names no key"))?, algorithm))
    }
}

/// The issuer that a token names, unproven.
pub(super) fn issuer_named(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        iss: String,
    }
    let (message, _) = split(text)?;
    let (_, claims) = message.split_once('.')?;
    part(claims).map(|Named { iss }| iss)
}

/// The signed text and its signature, of what has three parts and is short enough.
fn split(text: &str) -> Option<(&str, &str)> {
    let sound = text.len() <= MAX_ID_TOKEN && text.bytes().filter(|byte| *byte == b'.').count() == 2;
    if sound { text.rsplit_once('.') } else { None }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
