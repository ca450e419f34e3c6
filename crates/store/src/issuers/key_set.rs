//! A published set of keys (RFC 7517), read down to those that may sign ID tokens. A key of a kind we do not know, or
//! for another use, is passed over: issuers publish more than we need.

use jsonwebtoken::{Algorithm, DecodingKey};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;

/// The most keys that are kept of one set.
const MAX_KEYS: usize = 100;

/// Keys by their names.
#[derive(Default)]
pub(super) struct KeySet(FxHashMap<String, Key>);

/// A key, and the one algorithm it is for.
#[derive(Clone)]
pub(super) struct Key {
    algorithm: Algorithm,
    verifying: DecodingKey,
}

impl Key {
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is this key's under `message`.
    pub(super) fn signed(&self, message: &str, signature: &str) -> bool {
        let verified =
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.verifying, self.algorithm);
        verified.unwrap_or(false)
    }
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a set; `None` if it is none, or has no key that we can use.
    pub(super) fn read(document: &[u8]) -> Option<Self> {
        let published: Published = serde_json::from_slice(document).ok()?;
        let keys: FxHashMap<_, _> = published.keys.into_iter().filter_map(key).take(MAX_KEYS).collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The key of this name.
    pub(super) fn find(&self, kid: &str) -> Option<&Key> {
        self.0.get(kid)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn key(value: Value) -> Option<(String, Key)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let kid = jwk.kid.filter(|kid| !kid.is_empty())?;
    let (algorithm, name, verifying) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => (Algorithm::RS256, "RS256", DecodingKey::from_rsa_components(&jwk.n?, &jwk.e?).ok()?),
        ("EC", Some("P-256")) => {
            (Algorithm::ES256, "ES256", DecodingKey::from_ec_components(&jwk.x?, &jwk.y?).ok()?)
        }
        _ => return None,
    };
    let for_this =
        jwk.purpose.is_none_or(|purpose| purpose == "sig") && jwk.alg.is_none_or(|alg| alg == name);
    for_this.then_some((kid, Key { algorithm, verifying }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_may_sign_id_tokens_are_read() {
        let (rsa, ec) =
            (r#""kty":"RSA","n":"AQAB","e":"AQAB""#, r#""kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA""#);
        let check = |keys: &str, expect: Option<usize>| {
            let read = KeySet::read(format!(r#"{{"keys":[{keys}]}}"#).as_bytes());
            assert_eq!(read.map(|set| set.len()), expect, "{keys:.200}");
        };
        check("", None);
        check(&format!(r#"{{"kid":"1",{rsa}}}"#), Some(1));
        check(
            &format!(r#"{{"kid":"1",{rsa},"use":"sig","alg":"RS256"}},{{"kid":"2",{ec},"alg":"ES256"}}"#),
            Some(2),
        );
        for other in [
            format!("{{{rsa}}}"),
            format!(r#"{{"kid":"",{rsa}}}"#),
            format!(r#"{{"kid":1,{rsa}}}"#),
            format!(r#"{{"kid":"1",{rsa},"use":"enc"}}"#),
            format!(r#"{{"kid":"1",{rsa},"alg":"RS512"}}"#),
            format!(r#"{{"kid":"1",{rsa},"alg":"HS256"}}"#),
            format!(r#"{{"kid":"1",{ec},"alg":"RS256"}}"#),
            r#"{"kid":"1","kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA"}"#.into(),
            r#"{"kid":"1","kty":"EC","x":"AAAA","y":"AAAA"}"#.into(),
            r#"{"kid":"1","kty":"oct","k":"AAAA"}"#.into(),
            r#"{"kid":"1","kty":"OKP","crv":"Ed25519","x":"AAAA"}"#.into(),
            r#"{"kid":"1","kty":"RSA","n":"AQAB"}"#.into(),
            r#"{"kid":"1","kty":"RSA","n":"+/=","e":"AQAB"}"#.into(),
            "5".into(),
        ] {
            check(&other, None);
            check(&format!(r#"{other},{{"kid":"good",{rsa}}}"#), Some(1));
        }
        let many: Vec<_> = (0..500).map(|n| format!(r#"{{"kid":"{n}",{rsa}}}"#)).collect();
        check(&many.join(","), Some(MAX_KEYS));
        for none in ["", "[]", "{}", r#"{"keys":5}"#, "\u{feff}{}"] {
            assert!(KeySet::read(none.as_bytes()).is_none(), "{none}");
        }
    }
}
