//! Access tokens: JWTs signed with Ed25519 (common.md, "Signing in"). Keys are made at the first start and kept in
//! the store, so that nodes share them.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::account::{Account, Role, known_roles};
use crate::ids::{AccountId, OrganisationId, SignInId};
use crate::store::SigningKey;

/// Longer than any token made here; a longer one is refused unread.
const MAX_TOKEN: usize = 4096;
/// How long the name of a key is: nine random bytes in Base64.
const KEY_NAME: usize = 12;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whose it is.
    pub sub: AccountId,
    /// His organisation.
    pub org: OrganisationId,
    /// His roles when it was made, those that are known here.
    #[serde(deserialize_with = "known_roles")]
    pub roles: Vec<Role>,
    /// His name, for pages that greet him.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The sign-in it belongs to.
    pub sid: SignInId,
    /// What stands behind it.
    #[serde(default, skip_serializing_if = "Via::is_operator")]
    pub via: Via,
    /// When it was made, seconds since the epoch.
    pub iat: i64,
    /// When it begins, seconds since the epoch, if not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// When it ends, seconds since the epoch.
    pub exp: i64,
}

/// What stands behind an access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// An operator has made it: it is all there is.
    #[default]
    Operator,
    /// A sign-in, which can be refreshed and ended.
    SignIn,
}

impl Via {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_operator(&self) -> bool {
        *self == Self::Operator
    }
}

/// Why a token is refused. Outsiders hear one answer for all; the words are for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this server: another form, key or algorithm, or altered.
    #[error("not a token of this server")]
    Forged,
    /// It has ended, or begins later.
    #[error("the token is not valid at this time")]
    Expired,
    /// The account is gone, disabled or in another organisation.
    #[error("the account may not sign in")]
    Account,
    /// The store can't be asked just now.
    #[error("the store can't be read")]
    Unavailable,
}

/// The keys that tokens are signed with and checked against.
pub struct Keys {
    keys: Vec<Key>,
}

struct Key {
    id: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    public: Vec<u8>,
}

/// A stored key that is none.
#[derive(Debug, thiserror::Error)]
#[error("the signing key {0} in the store does not read")]
pub struct BadKey(String);

impl Keys {
    /// Reads the stored keys; the last signs, all check.
    pub fn new(stored: &[SigningKey]) -> Result<Self, BadKey> {
        let keys = stored.iter().map(|stored| {
            let pair = Ed25519KeyPair::from_pkcs8(&stored.pkcs8).map_err(|_| BadKey(stored.id.clone()))?;
            let public = pair.public_key().as_ref().to_vec();
            Ok(Key {
                id: stored.id.clone(),
                signing: EncodingKey::from_ed_der(&stored.pkcs8),
                verifying: DecodingKey::from_ed_der(&public),
                public,
            })
        });
        Ok(Self { keys: keys.collect::<Result<_, _>>()? })
    }

    /// No keys: nothing can be signed, and nothing is believed.
    pub fn none() -> Self {
        Self { keys: Vec::new() }
    }

    /// Makes a new key.
    pub fn generate(at: Timestamp) -> Result<SigningKey, BadKey> {
        let document =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| BadKey("new".into()))?;
        let mut id = [0_u8; 9];
        fill_random(&mut id);
        let id = URL_SAFE_NO_PAD.encode(id);
        Ok(SigningKey { id, pkcs8: document.as_ref().to_vec(), created_at: at })
    }

    /// Signs a token for a new sign-in of `account`, from `now` to `expires`.
    pub fn issue(
        &self,
        account: &Arc<Account>,
        sign_in: SignInId,
        via: Via,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<String, BadKey> {
        let key = self.keys.last().ok_or_else(|| BadKey("missing".into()))?;
        let claims = Claims {
            sub: account.id,
            org: account.organisation_id,
            roles: account.roles.clone(),
            name: account.display_name.clone().or_else(|| account.name.clone()),
            sid: sign_in,
            via,
            iat: now.as_second(),
            nbf: None,
            exp: expires.as_second(),
        };
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &key.signing).map_err(|_| BadKey(key.id.clone()))
    }

    /// Checks signature and lifetime. The algorithm is ours, never the token's own choice.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Forged);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Forged)?;
        let key = self.keys.iter().find(|key| Some(&key.id) == header.kid.as_ref());
        let key = key.ok_or(TokenError::Forged)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Lifetimes go by the wall clock's port, below.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Claims>(token, &key.verifying, &validation)
            .map_err(|_| TokenError::Forged)?
            .claims;
        // When it was made is not compared: we have signed it, so a date ahead of ours only means that a clock was set
        // back, and nobody shall be shut out by that.
        let alive = claims.exp > now.as_second() && claims.nbf.is_none_or(|from| from <= now.as_second());
        if alive { Ok(claims) } else { Err(TokenError::Expired) }
    }

    /// Whether a token names a key that is not here but, by its form, might be one of ours.
    pub(crate) fn lacks_the_key_of(&self, token: &str) -> bool {
        if token.len() > MAX_TOKEN {
            return false;
        }
        let Ok(header) = jsonwebtoken::decode_header(token) else { return false };
        let named = header.kid.filter(|kid| header.alg == Algorithm::EdDSA && kid.len() == KEY_NAME);
        named.is_some_and(|kid| self.keys.iter().all(|key| key.id != kid))
    }

    /// The public keys as (name, raw 32 bytes), for `/.well-known/jwks.json`.
    pub fn public(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.keys.iter().map(|key| (key.id.as_str(), key.public.as_slice()))
    }
}

/// Fills `bytes` from the system's random numbers.
///
/// # Panics
/// When the system has none: nothing secret could be made then.
pub fn fill_random(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the system gives random numbers");
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clock::from_millis;

    fn account() -> Arc<Account> {
        Arc::new(Account {
            id: AccountId(Uuid::from_u128(1)),
            organisation_id: OrganisationId(Uuid::from_u128(2)),
            name: Some("Ana".into()),
            last_name: None,
            display_name: None,
            email: None,
            phone: "9999999999".parse().ok(),
            roles: vec![Role::Participant],
            guest: false,
            disabled: false,
            created_at: from_millis(0),
            updated_at: from_millis(0),
        })
    }

    fn keys() -> Keys {
        Keys::new(&[Keys::generate(from_millis(0)).unwrap()]).unwrap()
    }

    fn token(keys: &Keys) -> String {
        let (sign_in, made, ends) =
            (SignInId(Uuid::from_u128(3)), from_millis(100_000), from_millis(200_000));
        keys.issue(&account(), sign_in, Via::Operator, made, ends).unwrap()
    }

    fn encode(part: &str) -> String {
        URL_SAFE_NO_PAD.encode(part)
    }

    #[test]
    fn a_token_is_good_from_its_making_to_its_end() {
        let keys = keys();
        let token = token(&keys);
        assert_eq!(keys.verify(&token, from_millis(100_000)).unwrap().sub, account().id);
        assert!(keys.verify(&token, from_millis(199_999)).is_ok());
        assert_eq!(keys.verify(&token, from_millis(200_000)), Err(TokenError::Expired));
        assert!(keys.verify(&token, from_millis(30_000)).is_ok(), "a clock was set back");
        let later = Claims { nbf: Some(150), ..keys.verify(&token, from_millis(100_000)).unwrap() };
        let key = keys.keys.last().unwrap();
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        let later = jsonwebtoken::encode(&header, &later, &key.signing).unwrap();
        assert_eq!(keys.verify(&later, from_millis(149_000)), Err(TokenError::Expired));
        assert!(keys.verify(&later, from_millis(150_000)).is_ok());
    }

    #[test]
    fn forged_tokens_are_refused() {
        let keys = keys();
        let good = token(&keys);
        let [header, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
        let kid = keys.public().next().unwrap().0.to_owned();
        let check = |token: String| {
            assert_eq!(keys.verify(&token, from_millis(100_000)), Err(TokenError::Forged), "{token:.80}");
        };
        check(String::new());
        check("a.b.c".into());
        check("x".repeat(1 << 20));
        check(format!("{header}.{claims}."));
        check(format!("{header}.{}.{signature}", encode("{}")));
        check(format!("{}.{claims}.", encode(&format!(r#"{{"alg":"none","kid":"{kid}"}}"#))));
        check(token_of_another_key());
        let hmac = Header { kid: Some(kid), ..Header::new(Algorithm::HS256) };
        let public = keys.public().next().unwrap().1.to_vec();
        let claims = keys.verify(&good, from_millis(100_000)).unwrap();
        check(jsonwebtoken::encode(&hmac, &claims, &EncodingKey::from_secret(&public)).unwrap());
    }

    fn token_of_another_key() -> String {
        token(&keys())
    }
}
