//! ID tokens of an outside issuer, from its published keys to an account here (common.md, "external issuer").

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as Pair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hearken_store::issuers::{IssuerGround, OutsideIssuer, OutsideIssuers};
use hearken_testkit::server::TestServer;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::house::House;
use crate::line::Answer;

const AUDIENCE: &str = "care-team-app";

fn new_key() -> RsaKeyPair {
    let made = Pair::generate(KeySize::Rsa2048).expect("a key");
    let der: Pkcs8V1Der<'_> = made.as_der().expect("DER");
    RsaKeyPair::from_pkcs8(der.as_ref()).expect("the key")
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signed(key: &RsaKeyPair, claims: &Value) -> String {
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": "one"});
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("signed");
    format!("{message}.{}", encode(signature))
}

/// An issuer that answers as OpenID Connect Discovery says.
async fn stand_in(key: &RsaKeyPair) -> TestServer {
    let public = key.public_key();
    let n = encode(public.modulus().big_endian_without_leading_zero());
    let e = encode(public.exponent().big_endian_without_leading_zero());
    let keys = json!({"keys": [{"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": n, "e": e}]});
    let discovery = async |headers: HeaderMap| {
        let own = format!("http://{}", headers["host"].to_str().expect("a host"));
        Json(json!({"issuer": own, "jwks_uri": format!("{own}/keys")}))
    };
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/keys", get(async || Json(keys)));
    TestServer::start(router, std::time::Duration::from_mins(1)).await
}

async fn me(house: &House, token: &str) -> Answer {
    let head = format!("Authorization: Bearer {token}\r\n");
    house.line().await.ask("GET", "/api/v1/me", &head, "").await.expect("an answer")
}

#[tokio::test]
async fn whoever_an_issuer_vouches_for_has_an_account_from_his_first_token_on() {
    let key = new_key();
    let issuer = stand_in(&key).await;
    let url = format!("http://{}", issuer.address);
    let believed = OutsideIssuer::Oidc { issuer: url.clone(), audience: AUDIENCE.into(), jwks_url: None };
    let house = House::believing(|clock| {
        let ground = IssuerGround { wall: clock.clone(), monotonic: clock, firebase_emulator: false };
        Arc::new(OutsideIssuers::new(&[believed], ground).expect("an issuer"))
    })
    .await;
    let now = house.core.wall().as_second();
    let claims = |sub: &str| {
        json!({
            "iss": url, "aud": AUDIENCE, "sub": sub, "iat": now, "exp": now + 600, "name": "Ana",
            "email": format!("{sub}@example.org"), "email_verified": true,
        })
    };

    let first = me(&house, &signed(&key, &claims("ana"))).await;
    assert_eq!(first.status, 200, "{first:?}");
    let ana = first.body["data"]["id"].clone();
    assert_eq!(me(&house, &signed(&key, &claims("ana"))).await.body["data"]["id"], ana);
    let budi = me(&house, &signed(&key, &claims("budi"))).await;
    assert_eq!(budi.status, 200, "{budi:?}");
    assert_ne!(budi.body["data"]["id"], ana);

    let other = new_key();
    assert_eq!(me(&house, &signed(&other, &claims("ana"))).await.status, 401, "another key");
    for (claim, value) in [
        ("iss", json!("https://issuer.example")),
        ("aud", json!("another-app")),
        ("exp", json!(now - 3600)),
        ("exp", Value::Null),
        ("iat", json!(now + 3600)),
        ("sub", Value::Null),
        ("sub", json!("")),
    ] {
        let mut wrong = claims("ana");
        wrong[claim] = value;
        let refused = me(&house, &signed(&key, &wrong)).await;
        assert_eq!(refused.status, 401, "{claim}: {refused:?}");
    }

    // Signed out, that token is refused, though it is as good as before where it was made.
    let token = signed(&key, &claims("ana"));
    let head =
        format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n");
    let left = house.line().await.ask("POST", "/api/v1/auth/logout", &head, "{}").await.expect("an answer");
    assert_eq!(left.status, 200, "{left:?}");
    assert_eq!(me(&house, &token).await.status, 401);
    let mut next = claims("ana");
    next["exp"] = json!(now + 601);
    let next = signed(&key, &next);
    assert_eq!(me(&house, &next).await.status, 200, "another sign-in");
    let id = serde_json::from_value(ana).expect("an id");
    house.core.set_disabled(id, true).await.expect("an account");
    assert_eq!(me(&house, &next).await.status, 401, "disabled");
    issuer.stop().await;
    house.close().await;
}
