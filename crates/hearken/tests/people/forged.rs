//! Tokens that prove nothing, each made from a good one. Some are signed with the server's own key, which stands for
//! anything that might ever sign for it by mistake.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, login};
use crate::line::Line;

/// Whoever forges: he has a good token of his own, and the public keys.
struct Forger {
    line: Line,
    /// Ana's token, which is good.
    good: String,
    header: Value,
    claims: Value,
    /// The server's own key.
    key: Ed25519KeyPair,
}

impl Forger {
    async fn new(house: &House) -> Self {
        house.person("ana", None).await;
        let mut line = house.line().await;
        let signed = line.post("/auth/login", &login("ana", PASSWORD)).await;
        let good = signed.body["data"]["access_token"].as_str().expect("a token").to_owned();
        let parts: Vec<Value> = good.split('.').take(2).map(decoded).collect();
        let stored = house.store.signing_keys().await.expect("the keys").remove(0);
        let key = Ed25519KeyPair::from_pkcs8(&stored.pkcs8).expect("a key");
        Self { line, good, header: parts[0].clone(), claims: parts[1].clone(), key }
    }

    /// How a token is answered, in each place that takes one.
    async fn statuses(&mut self, token: &str) -> Vec<Option<u16>> {
        let address = self.line.peer();
        let mut statuses = Vec::new();
        let heads = [
            ("/api/v1/me", format!("Authorization: Bearer {token}\r\n")),
            ("/api/v1/me", format!("Cookie: hearken_session={token}\r\n")),
            ("/api/v1/accounts", format!("Authorization: Bearer {token}\r\n")),
        ];
        for (path, head) in heads {
            // Each on a connection of its own: a server may hang up on what is too long.
            let answer = Line::open(address).await.ask("GET", path, &head, "").await;
            statuses.push(answer.map(|answer| answer.status));
        }
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let path = format!("/ws/chat/special/{}/?access_token={token}", crate::house::phone("ana"));
        let answer = Line::open(address).await.ask("GET", &path, upgrade, "").await;
        statuses.push(answer.map(|answer| answer.status));
        statuses
    }

    async fn refused(&mut self, token: &str, what: &str) {
        assert_eq!(self.statuses(token).await, [Some(401); 4], "{what}: {token:.300}");
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        signed(&self.key, header, claims)
    }

    fn claiming(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.claims.clone();
        claims[claim] = value;
        claims
    }
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn signed(key: &Ed25519KeyPair, header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn what_is_not_signed_by_this_server_is_refused() {
    let house = House::open().await;
    let mut forger = Forger::new(&house).await;
    let good = forger.good.clone();
    // She is no admin.
    assert_eq!(forger.statuses(&good).await, [Some(200), Some(200), Some(403), Some(101)]);
    let again = forger.signed(&forger.header, &forger.claims);
    assert_eq!(forger.statuses(&again).await[0], Some(200), "what is changed below was good before");

    let (said, signature) = good.rsplit_once('.').expect("three parts");
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({"typ": "JWT", "alg": none, "kid": forger.header["kid"]});
        let message = message(&header, &forger.claims);
        for signature in ["", signature] {
            forger.refused(&format!("{message}.{signature}"), none).await;
        }
    }
    forger.refused(&format!("{said}."), "no signature").await;
    forger.refused(said, "two parts").await;

    let published = forger.line.ask("GET", "/.well-known/jwks.json", "", "").await.expect("the keys");
    let x = published.body["keys"][0]["x"].as_str().expect("a public key");
    let raw = URL_SAFE_NO_PAD.decode(x).expect("base64url");
    assert_eq!(raw, forger.key.public_key().as_ref());
    let jwk = published.body["keys"][0].to_string();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&raw));
    for secret in [&raw[..], x.as_bytes(), jwk.as_bytes(), pem.as_bytes(), b""] {
        let header = json!({"typ": "JWT", "alg": "HS256", "kid": forger.header["kid"]});
        let message = message(&header, &forger.claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        forger.refused(&token, "HS256 with the public key").await;
    }

    let other = Ed25519KeyPair::generate().expect("a key");
    for kid in [forger.header["kid"].clone(), json!("another"), Value::Null, json!("../../key")] {
        let mut header = forger.header.clone();
        header["kid"] = kid;
        let bring = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(other.public_key())});
        header["jwk"] = bring;
        forger.refused(&signed(&other, &header, &forger.claims), "another key").await;
    }
    house.close().await;
}

#[tokio::test]
async fn what_does_not_say_what_it_must_is_refused() {
    let house = House::open().await;
    let mut forger = Forger::new(&house).await;
    let elsewhere = house.core.add_organisation("elsewhere").await.expect("an organisation");
    let budi = house.person("budi", Some(elsewhere.id)).await;
    let now = house.core.wall().as_second();

    let (header, good) = (forger.header.clone(), forger.good.clone());
    let (said, signature) = good.rsplit_once('.').expect("three parts");
    let first = said.split_once('.').expect("two parts").0;
    for (claim, value) in [
        ("sub", json!(budi.id)),
        ("org", json!(elsewhere.id)),
        ("roles", json!(["admin"])),
        ("exp", json!(now + 1_000_000)),
    ] {
        let other = URL_SAFE_NO_PAD.encode(forger.claiming(claim, value).to_string());
        forger.refused(&format!("{first}.{other}.{signature}"), claim).await;
    }
    for (claim, value) in [
        // Somebody of another organisation, and one's own account in another.
        ("sub", json!(budi.id)),
        ("org", json!(elsewhere.id)),
        ("sub", json!("01890a5d-ac96-774b-bcce-b302099a8057")),
        ("exp", json!(now - 1)),
        ("exp", json!(now)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("nbf", json!(now + 60)),
        ("nbf", json!(now + 1_000_000)),
        ("exp", Value::Null),
        ("exp", json!("never")),
        ("roles", json!("admin")),
    ] {
        let token = forger.signed(&header, &forger.claiming(claim, value));
        forger.refused(&token, claim).await;
    }
    // Roles that a token claims are not what counts; one that a newer node may know is nothing here.
    for role in ["admin", "god"] {
        let claimed = forger.signed(&header, &forger.claiming("roles", json!([role])));
        assert_eq!(forger.statuses(&claimed).await[..3], [Some(200), Some(200), Some(403)], "{role}");
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_huge_is_refused_and_ends_nobody_else() {
    let house = House::open().await;
    let mut forger = Forger::new(&house).await;
    let header = forger.header.clone();
    let large = forger.signed(&header, &forger.claiming("name", json!("x".repeat(8 << 10))));
    forger.refused(&large, "8 KiB").await;
    for length in [64 << 10, 1 << 20] {
        let huge = forger.signed(&header, &forger.claiming("name", json!("x".repeat(length))));
        for status in forger.statuses(&huge).await {
            // A head of more than 16 KiB is not read to its end: 431, or 414 where it is the address, or hung up.
            assert!(matches!(status, Some(401 | 414 | 431) | None), "{status:?}");
        }
        // In a body it is too large, or no refresh token.
        let refused = house.line().await.post("/auth/refresh", &json!({"refresh_token": huge})).await;
        assert!(matches!(refused.status, 400 | 401 | 413), "{refused:?}");
    }
    let good = forger.good.clone();
    assert_eq!(forger.statuses(&good).await[0], Some(200));
    house.close().await;
}
