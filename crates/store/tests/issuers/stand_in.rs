//! A stand-in for an issuer: publishes keys, counts who asks, can be slow, down or wrong.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hearken_core::clock::{ManualClock, Wall};
use hearken_core::issuer::{IssuerError, Issuers as _, Outside};
use hearken_store::issuers::{IssuerGround, OutsideIssuer, OutsideIssuers};
use http::StatusCode;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::signer::Signer;

/// Whom the tokens are meant for.
pub(crate) const AUDIENCE: &str = "us";

/// The stand-in, and the clock that tokens and keys go by.
pub(crate) struct StandIn {
    pub url: String,
    pub clock: Arc<ManualClock>,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Mutex<Answer>,
    /// How often the keys were asked for.
    asked: watch::Sender<usize>,
    /// Closed: questions wait.
    open: watch::Sender<bool>,
}

struct Answer {
    status: u16,
    keys: String,
    cache_control: &'static str,
    discovery: Value,
}

impl StandIn {
    /// An issuer with these keys, good for ten minutes.
    pub(crate) async fn start(keys: &[&Signer]) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", tcp.local_addr().expect("an address"));
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys"), "other": [1]});
        let answer = Answer { status: 200, keys: set(keys), cache_control: "public, max-age=600", discovery };
        let (asked, open) = (watch::Sender::new(0), watch::Sender::new(true));
        let shared = Arc::new(Shared { answer: Mutex::new(answer), asked, open });
        let router = Router::new()
            .route("/keys", get(keys_page))
            .route("/.well-known/openid-configuration", get(discovery_page))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(tcp, router).await });
        let clock = ManualClock::new("2026-01-05T09:00:00Z".parse().expect("a date"));
        Self { url, clock: Arc::new(clock), shared }
    }

    /// What it publishes from now on.
    pub(crate) fn publish(&self, keys: &[&Signer]) {
        self.publish_text(set(keys));
    }

    /// The same, of any text.
    pub(crate) fn publish_text(&self, keys: String) {
        self.shared.answer.lock().keys = keys;
    }

    /// With which status it answers.
    pub(crate) fn status(&self, status: u16) {
        self.shared.answer.lock().status = status;
    }

    /// How long its keys are good.
    pub(crate) fn cache_control(&self, value: &'static str) {
        self.shared.answer.lock().cache_control = value;
    }

    /// Its discovery document.
    pub(crate) fn discovery(&self, document: Value) {
        self.shared.answer.lock().discovery = document;
    }

    /// Whether it answers, or lets everybody wait.
    pub(crate) fn open(&self, open: bool) {
        self.shared.open.send_replace(open);
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        *self.shared.asked.borrow()
    }

    /// Waits until its keys were asked for so often.
    pub(crate) async fn until_asked(&self, times: usize) {
        let mut asked = self.shared.asked.subscribe();
        asked.wait_for(|asked| *asked >= times).await.expect("it stands");
    }

    /// Time goes by, for tokens and for keys.
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Good claims of this issuer, now.
    pub(crate) fn claims(&self) -> Value {
        self.claims_of(&self.url, AUDIENCE)
    }

    /// Good claims of any issuer, now.
    pub(crate) fn claims_of(&self, issuer: &str, audience: &str) -> Value {
        let now = Wall::now(&*self.clock).as_second();
        json!({
            "iss": issuer, "aud": audience, "sub": "ana", "iat": now, "exp": now + 3600, "auth_time": now - 5,
            "email": "ana@example.org", "email_verified": true,
        })
    }

    /// A server that believes this issuer, by discovery.
    pub(crate) fn oidc(&self) -> OutsideIssuers {
        self.believing(&[OutsideIssuer::Oidc {
            issuer: self.url.clone(),
            audience: AUDIENCE.into(),
            jwks_url: None,
        }])
    }

    /// A server that believes a Firebase project with this stand-in's keys.
    pub(crate) fn firebase(&self, project: &str) -> OutsideIssuers {
        self.believing(&[self.project(project)])
    }

    /// A Firebase project with this stand-in's keys.
    pub(crate) fn project(&self, project: &str) -> OutsideIssuer {
        OutsideIssuer::Firebase { project: project.into(), jwks_url: Some(format!("{}/keys", self.url)) }
    }

    /// A server that believes these issuers.
    pub(crate) fn believing(&self, issuers: &[OutsideIssuer]) -> OutsideIssuers {
        OutsideIssuers::new(issuers, self.ground(false)).expect("issuers")
    }

    /// What issuers stand on here.
    pub(crate) fn ground(&self, firebase_emulator: bool) -> IssuerGround {
        IssuerGround { wall: self.clock.clone(), monotonic: self.clock.clone(), firebase_emulator }
    }
}

/// Asserts what comes of a token.
#[track_caller]
pub(crate) fn same(found: Result<Outside, IssuerError>, expect: Result<&str, IssuerError>, what: &str) {
    let found = found.map(|person| person.subject);
    assert_eq!(found.as_deref(), expect.as_ref().map(|subject| *subject), "{what:.200}");
}

/// Verifies a token and asserts what comes of it.
pub(crate) async fn check(issuers: &OutsideIssuers, token: &str, expect: Result<&str, IssuerError>) {
    same(issuers.verify(token).await, expect, token);
}

fn set(keys: &[&Signer]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    json!({"keys": keys}).to_string()
}

async fn keys_page(State(shared): State<Arc<Shared>>) -> Response {
    shared.asked.send_modify(|asked| *asked += 1);
    shared.open.subscribe().wait_for(|open| *open).await.expect("it stands");
    let answer = shared.answer.lock();
    let status = StatusCode::from_u16(answer.status).expect("a status");
    (status, [("cache-control", answer.cache_control)], answer.keys.clone()).into_response()
}

async fn discovery_page(State(shared): State<Arc<Shared>>) -> Response {
    let answer = shared.answer.lock();
    (StatusCode::from_u16(answer.status).expect("a status"), answer.discovery.to_string()).into_response()
}
