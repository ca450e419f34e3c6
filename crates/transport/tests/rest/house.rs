//! A small API on a core in memory, with one person, and a way to ask it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::routing::get;
use hearken_core::account::Account;
use hearken_core::memory::MemoryStore;
use hearken_core::{CommitSettings, Registry};
use hearken_testkit::server::TestCore;
use hearken_transport::credentials::Credentials;
use hearken_transport::rest::{Admission, At, Caller, Failure, Page, Paging, Sent, Success, mount};
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

pub(crate) struct House {
    pub(crate) running: TestCore,
    pub(crate) ana: Arc<Account>,
    router: Router,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::serving(api()).await
    }

    /// A house with another API.
    pub(crate) async fn serving(api: Router) -> Self {
        let at = "2026-01-05T09:00:00Z".parse().expect("a date");
        let store = Arc::new(MemoryStore::default());
        let running = TestCore::start(store, Registry::default(), CommitSettings::default(), at).await;
        let ana = running.person("Ana", "9000000001", None).await;
        let allowed = vec!["https://app.example".parse().expect("an origin")];
        let admission = Admission::new(running.core.clone(), Credentials::new(None, allowed, false));
        let router = mount(api, admission).route("/elsewhere", get(async || "not the API"));
        Self { running, ana, router }
    }

    /// Asks from an address, with these headers.
    pub(crate) async fn ask_from(
        &self,
        peer: &str,
        what: (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(what.0).uri(what.1).header("host", "own.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).expect("a request");
        let peer: SocketAddr = format!("{peer}:7").parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        let (parts, body) = self.router.clone().oneshot(request).await.expect("an answer").into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn ask(&self, what: (&str, &str), headers: &[(&str, &str)], body: &str) -> Answer {
        self.ask_from("192.0.2.1", what, headers, body).await
    }
}

fn api() -> Router {
    Router::new()
        .route("/open", get(async || Success::ok("anybody", "Here.")))
        .route("/mine", get(mine).post(mine))
        .route("/greet", get(greet))
        .route("/things", get(list).post(make))
        .route("/things/{id}", get(async |At(id): At<Uuid>| Success::ok(id, "This one.")))
}

async fn mine(caller: Caller) -> Success<Option<String>> {
    Success::ok(caller.account().name.clone(), "You.")
}

async fn greet(caller: Option<Caller>) -> Success<bool> {
    Success::ok(caller.is_some(), "Hello.")
}

async fn list(_: Caller, paging: Paging) -> Page<u64> {
    let rows = (0..45).skip(paging.skip() as usize).take(paging.limit()).collect();
    Page::new(rows, paging.metadata(45), "Some.")
}

async fn make(_: Caller, Sent(mut fields): Sent) -> Result<Success<Value>, Failure> {
    let (name, size) = (fields.text_of("name", 1..=10), fields.optional_flag("large"));
    fields.check()?;
    if name == "taken" {
        return Err(Failure::Conflict("There is one already."));
    }
    Ok(Success::created(json!({ "name": name, "large": size }), "Made."))
}
