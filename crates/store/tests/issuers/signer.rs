//! Keys that sign tokens, good and bad ones. Signed by hand: a library would refuse to make most of these.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_lc_rs::{encoding::Pkcs8V1Der, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A key with a name.
pub(crate) struct Signer {
    kid: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

/// An RSA key of the issuer's.
pub(crate) fn rsa() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| new_rsa("rsa-1"))
}

/// An RSA key that says it is [`rsa`].
pub(crate) fn impostor() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| new_rsa("rsa-1"))
}

/// An EC key of the issuer's.
pub(crate) fn ec() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| new_ec("ec-1"))
}

/// The EC key that follows it.
pub(crate) fn next_ec() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| new_ec("ec-2"))
}

fn new_rsa(kid: &'static str) -> Signer {
    let made = RsaPair::generate(KeySize::Rsa2048).expect("a key");
    let der: Pkcs8V1Der<'_> = made.as_der().expect("DER");
    Signer { kid, pair: Pair::Rsa(RsaKeyPair::from_pkcs8(der.as_ref()).expect("the key")) }
}

fn new_ec(kid: &'static str) -> Signer {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    Signer { kid, pair: Pair::Ec(pair) }
}

impl Signer {
    /// The key as its issuer publishes it.
    pub(crate) fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let n = encode(public.modulus().big_endian_without_leading_zero());
                let e = encode(public.exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": n, "e": e})
            }
            Pair::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                let (x, y) = (encode(x), encode(y));
                json!({"kty": "EC", "crv": "P-256", "kid": self.kid, "x": x, "y": y})
            }
        }
    }

    /// The public key in every form in which somebody may have taken it for a shared secret.
    pub(crate) fn as_secrets(&self) -> Vec<Vec<u8>> {
        let raw = match &self.pair {
            Pair::Rsa(pair) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("DER");
                der.as_ref().to_vec()
            }
            Pair::Ec(pair) => pair.public_key().as_ref().to_vec(),
        };
        let lines = base64::engine::general_purpose::STANDARD.encode(&raw);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n");
        let jwk = self.jwk();
        let n = jwk["n"].as_str().or(jwk["x"].as_str()).expect("a number").to_owned();
        vec![raw, pem.into_bytes(), jwk.to_string().into_bytes(), n.into_bytes()]
    }

    /// The header that a token of this key has.
    pub(crate) fn header(&self) -> Value {
        let alg = match &self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        };
        json!({"alg": alg, "typ": "JWT", "kid": self.kid})
    }

    /// A token of these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }

    /// A token of these claims, with whatever stands in its header.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).expect("signed");
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message.as_bytes()).expect("signed").as_ref().to_vec(),
        };
        format!("{message}.{}", encode(&signature))
    }
}

/// The signed part of a token.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

/// A token signed with a shared secret.
pub(crate) fn hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = message(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", encode(tag.as_ref()))
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
