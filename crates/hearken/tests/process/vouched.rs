//! Signing in with the help of others, on a real server: by an outside issuer's ID token, by a code in a text message;
//! and what our own tokens are not good for.

use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hearken::installation::{Found, find};
use hearken_core::clock::{SystemWall, Wall as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::people::settings_of;
use crate::place::{Place, add, id};
use crate::server::Server;

/// An issuer with one key.
struct Issuer {
    url: String,
    pair: EcdsaKeyPair,
}

impl Issuer {
    async fn start() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", tcp.local_addr().expect("an address"));
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let keys = json!({"keys": [
            {"kty": "EC", "crv": "P-256", "kid": "1", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)}
        ]});
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let router = Router::new()
            .route("/keys", get(async || Json(keys)))
            .route("/.well-known/openid-configuration", get(async || Json(discovery)));
        tokio::spawn(async move { axum::serve(tcp, router).await });
        Self { url, pair }
    }

    fn claims(&self) -> Value {
        let now = SystemWall.now().as_second();
        json!({
            "iss": self.url, "aud": "us", "sub": "ana-17", "iat": now, "exp": now + 600, "name": "Ana",
            "email": "ana@example.org", "email_verified": true,
        })
    }

    fn token(&self, claims: &Value) -> String {
        let message = message(&json!({"alg": "ES256", "kid": "1"}), claims);
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).expect("signed");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

/// What the server answers whoever shows this token: the status, and the body.
async fn shown(server: &Server, token: &str, path: &str) -> (u16, Value) {
    let request =
        reqwest::Client::new().get(format!("http://{}/api/v1{path}", server.address)).bearer_auth(token);
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

async fn sent(server: SocketAddr, path: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("http://{server}/api/v1{path}")).json(body);
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_an_outside_issuer_has_an_account_from_his_first_token_on() {
    let issuer = Issuer::start().await;
    let place = Place::new(false);
    let set = format!(r#"[{{"kind":"oidc","issuer":"{}","audience":"us"}}]"#, issuer.url);
    let server = Server::start(&place.data(), &[("HEARKEN_AUTH__ISSUERS", set)]);
    let (status, first) = shown(&server, &issuer.token(&issuer.claims()), "/me").await;
    assert_eq!((status, &first["data"]["email"]), (200, &json!("ana@example.org")), "{first}");
    let again = with(issuer.claims(), "iat", json!(1));
    let (status, second) = shown(&server, &issuer.token(&again), "/me").await;
    assert_eq!((status, &second["data"]["id"]), (200, &first["data"]["id"]));
    let budi = with(with(issuer.claims(), "sub", json!("budi-3")), "email", json!("budi@example.org"));
    let (status, other) = shown(&server, &issuer.token(&budi), "/me").await;
    assert_eq!(status, 200);
    assert_ne!(other["data"]["id"], first["data"]["id"]);
    let stranger = Issuer::start().await;
    let unsigned = |claims: &Value| format!("{}.", message(&json!({"alg": "none"}), claims));
    for token in [
        stranger.token(&issuer.claims()),
        stranger.token(&stranger.claims()),
        unsigned(&issuer.claims()),
        issuer.token(&with(issuer.claims(), "aud", json!("them"))),
        issuer.token(&with(issuer.claims(), "exp", json!(1))),
        issuer.token(&with(issuer.claims(), "pad", json!("x".repeat(8 << 10)))),
    ] {
        let (status, refused) = shown(&server, &token, "/me").await;
        assert_eq!((status, &refused["success"]), (401, &json!(false)), "{token:.80}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_s_tokens_are_good_where_its_variable_is_set() {
    let project = ("HEARKEN_AUTH__ISSUERS", r#"[{"kind":"firebase","project":"clinic-1"}]"#);
    let emulator = ("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099");
    let now = SystemWall.now().as_second();
    let claims = json!({
        "iss": "https://securetoken.google.com/clinic-1", "aud": "clinic-1", "sub": "u1", "auth_time": now,
        "iat": now, "exp": now + 600, "phone_number": "+62 812 3456 7890",
    });
    let token = format!("{}.", message(&json!({"alg": "none", "typ": "JWT"}), &claims));
    for (variables, expected) in [(&[project, emulator][..], 200), (&[project], 401), (&[emulator], 401)] {
        let place = Place::new(false);
        let server = Server::start(&place.data(), variables);
        let (status, me) = shown(&server, &token, "/me").await;
        assert_eq!(status, expected, "{variables:?} {me}");
        if status == 200 {
            assert_eq!(me["data"]["phone"], json!("6281234567890"));
        }
    }
}

/// Asks for a code, takes it from the text message that `arrives`, and signs in by it.
async fn signs_in_by_code(place: &Place, server: SocketAddr, arrives: impl AsyncFnOnce() -> String) {
    let account = place.value(&add(&["--phone", "628123456789", "--last-name", "Wijaya"]));
    let asked = json!({"phone": "+62 812-345-6789", "last_name": "Wijaya"});
    let (status, challenge) = sent(server, "/auth/otp/request", &asked).await;
    assert_eq!(status, 200, "{challenge}");
    let text = arrives().await;
    let code = text.split(|letter: char| !letter.is_ascii_digit()).find(|digits| digits.len() == 6);
    let code = code.unwrap_or_else(|| panic!("no code in {text:?}"));
    let shown = json!({"challenge": challenge["data"]["challenge"], "code": code});
    let (status, signed) = sent(server, "/auth/otp/verify", &shown).await;
    assert_eq!((status, signed["data"]["account"]["id"].as_str()), (200, Some(id(&account))), "{signed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_to_the_webhook() {
    let (heard, mut messages) = mpsc::unbounded_channel::<Value>();
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/hook", tcp.local_addr().expect("an address"));
    let heard = Arc::new(heard);
    let hook = post(async move |Json(message): Json<Value>| heard.send(message).expect("we listen"));
    tokio::spawn(async move { axum::serve(tcp, Router::new().route("/hook", hook)).await });
    let place = Place::new(false);
    let variables =
        [("HEARKEN_SMS__PROVIDER", "webhook"), ("HEARKEN_SMS__URL", &url), ("HEARKEN_LOG", "trace")];
    let mut server = Server::start(&place.data(), &variables);
    let mut code = String::new();
    signs_in_by_code(&place, server.address, async || {
        let message = messages.recv().await.expect("a message");
        assert_eq!(message["to"], "628123456789");
        code = message["body"].as_str().expect("text").to_owned();
        code.clone()
    })
    .await;
    let said = server.said();
    assert!(!said.contains(&code) && !said.contains("628123456789"), "in the log: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_to_the_log_where_that_is_the_provider() {
    let place = Place::new(false);
    let mut server = Server::start(&place.data(), &[("HEARKEN_LOG", "info")]);
    signs_in_by_code(&place, server.address, async || {
        loop {
            let said = server.said();
            if let Some((_, rest)) = said.split_once("text message to 628123456789: ") {
                return rest.lines().next().expect("a line").to_owned();
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_in_its_holder_s_organisation_alone() {
    let place = Place::new(false);
    let other = place.value(&["organisation", "add", "Elsewhere"]);
    let admin = ["account", "add", "--role", "admin"];
    let here = place.value(&admin);
    let there = place.value(&[&admin[..], &["--organisation", id(&other)]].concat());
    let Ok(Found::Here(ours)) = find(&settings_of(&place.data())) else { panic!("the folder is free") };
    let store = ours.open().await.expect("the store opens").store();
    let key = store.signing_keys().await.expect("keys").pop().expect("a key");
    drop(store);
    let now = SystemWall.now().as_second();
    let pair = Ed25519KeyPair::from_pkcs8(&key.pkcs8).expect("the key");
    let token = |account: &Value, organisation: &Value| {
        let claims = json!({
            "sub": account["id"], "org": organisation, "roles": ["admin"], "sid": account["id"], "iat": now,
            "exp": now + 600,
        });
        let message = message(&json!({"alg": "EdDSA", "kid": key.id}), &claims);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes())))
    };
    let server = Server::start::<&str>(&place.data(), &[]);
    let good = token(&here, &here["organisation_id"]);
    assert_eq!(shown(&server, &good, "/me").await.0, 200);
    // Signed by us, but of an organisation that its holder is not in.
    assert_eq!(shown(&server, &token(&here, &other["id"]), "/me").await.0, 401);
    let of = |account: &Value| format!("/accounts/{}", id(account));
    assert_eq!(shown(&server, &good, &of(&here)).await.0, 200);
    assert_eq!(shown(&server, &good, &of(&there)).await.0, 404, "what is elsewhere is not there");
}
