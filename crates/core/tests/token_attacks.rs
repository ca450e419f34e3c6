//! Attacks on our own access tokens (common.md, "Signing in"): each is made from a good token by what a forger can do
//! who knows the public key, which everybody may.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hearken_core::clock::from_millis;
use hearken_core::store::SigningKey;
use hearken_core::token::{Keys, TokenError};
use serde_json::{Value, json};
use uuid::Uuid;

/// When everything happens, in seconds.
const NOW: i64 = 1_000_000;

/// A server's key, and what it signs.
struct House {
    stored: SigningKey,
    keys: Keys,
}

impl House {
    fn new() -> Self {
        let stored = Keys::generate(from_millis(0)).expect("a key");
        let keys = Keys::new(std::slice::from_ref(&stored)).expect("the key");
        Self { stored, keys }
    }

    fn public(&self) -> Vec<u8> {
        self.keys.public().next().expect("a key").1.to_vec()
    }

    fn header(&self) -> Value {
        json!({"typ": "JWT", "alg": "EdDSA", "kid": self.stored.id})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let pair = Ed25519KeyPair::from_pkcs8(&self.stored.pkcs8).expect("the key");
        let message = message(header, claims);
        let signature = pair.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[track_caller]
    fn check(&self, token: &str, expect: Result<(), TokenError>) {
        let found = self.keys.verify(token, from_millis(NOW * 1000)).map(|_| ());
        assert_eq!(found, expect, "{token:.200}");
    }
}

fn claims() -> Value {
    json!({
        "sub": Uuid::from_u128(1), "org": Uuid::from_u128(2), "roles": ["participant"], "sid": Uuid::from_u128(3),
        "iat": NOW - 10, "exp": NOW + 10,
    })
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

#[test]
fn what_is_changed_here_was_good_before() {
    let house = House::new();
    house.check(&house.sign(&house.header(), &claims()), Ok(()));
    house.check(&house.sign(&house.header(), &with(claims(), "nbf", json!(NOW))), Ok(()));
}

#[test]
fn no_signature_is_none_whatever_it_is_called() {
    let house = House::new();
    for name in ["none", "None", "NONE", "nOnE", "", "EdDSA"] {
        let message = message(&with(house.header(), "alg", json!(name)), &claims());
        for token in
            [format!("{message}."), message.clone(), format!("{message}.AAAA"), format!("{message}..")]
        {
            house.check(&token, Err(TokenError::Forged));
        }
    }
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let house = House::new();
    let public = house.public();
    // The key as X.509 wraps it (RFC 8410).
    let der =
        [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &public].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    let x = URL_SAFE_NO_PAD.encode(&public);
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": house.stored.id}).to_string();
    for secret in [public, der, pem.into_bytes(), x.into_bytes(), jwk.into_bytes(), Vec::new()] {
        for (name, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512), ("EdDSA", hmac::HMAC_SHA512)]
        {
            let message = message(&with(house.header(), "alg", json!(name)), &claims());
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), message.as_bytes());
            house.check(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag)), Err(TokenError::Forged));
        }
    }
}

#[test]
fn another_key_is_refused_under_its_own_name_and_under_ours() {
    let (house, forger) = (House::new(), House::new());
    house.check(&forger.sign(&forger.header(), &claims()), Err(TokenError::Forged));
    house.check(&forger.sign(&house.header(), &claims()), Err(TokenError::Forged));
    let x = URL_SAFE_NO_PAD.encode(forger.public());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
    let brought = with(house.header(), "jwk", jwk);
    house.check(&forger.sign(&brought, &claims()), Err(TokenError::Forged));
    for kid in [Value::Null, json!(""), json!(0), json!("../key"), json!("a".repeat(2000))] {
        house.check(&house.sign(&with(house.header(), "kid", kid), &claims()), Err(TokenError::Forged));
    }
    for name in ["ES256", "RS256", "HS256", "eddsa", "EdDSA "] {
        house.check(
            &house.sign(&with(house.header(), "alg", json!(name)), &claims()),
            Err(TokenError::Forged),
        );
    }
}

#[test]
fn claims_are_those_that_were_signed_and_of_this_time() {
    let house = House::new();
    let good = house.sign(&house.header(), &claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let header = signed.split_once('.').unwrap().0;
    for (claim, value) in
        [("sub", json!(Uuid::from_u128(9))), ("org", json!(Uuid::from_u128(9))), ("exp", json!(NOW * 2))]
    {
        let other = URL_SAFE_NO_PAD.encode(with(claims(), claim, value).to_string());
        house.check(&format!("{header}.{other}.{signature}"), Err(TokenError::Forged));
    }
    for (claim, value, expect) in [
        ("exp", json!(NOW), TokenError::Expired),
        ("exp", json!(NOW - 3600), TokenError::Expired),
        ("exp", json!(-1), TokenError::Expired),
        ("nbf", json!(NOW + 1), TokenError::Expired),
        ("exp", Value::Null, TokenError::Forged),
        ("exp", json!("tomorrow"), TokenError::Forged),
        ("sub", Value::Null, TokenError::Forged),
        ("sub", json!("admin"), TokenError::Forged),
        ("org", Value::Null, TokenError::Forged),
        ("roles", json!("admin"), TokenError::Forged),
    ] {
        house.check(&house.sign(&house.header(), &with(claims(), claim, value)), Err(expect));
    }
    // A newer node may have signed it: what is not known gives nothing.
    house.check(&house.sign(&house.header(), &with(claims(), "roles", json!(["god"]))), Ok(()));
}

#[test]
fn a_huge_token_is_refused_though_we_have_signed_it() {
    let house = House::new();
    for length in [8 << 10, 1 << 20] {
        let huge = house.sign(&house.header(), &with(claims(), "name", json!("x".repeat(length))));
        house.check(&huge, Err(TokenError::Forged));
    }
    let fits = house.sign(&house.header(), &with(claims(), "name", json!("x".repeat(1000))));
    house.check(&fits, Ok(()));
    for text in
        [String::new(), ".".repeat(1 << 20), "a".repeat(1 << 20), "a.b.c".into(), "\u{0}.\u{0}.\u{0}".into()]
    {
        house.check(&text, Err(TokenError::Forged));
    }
}
