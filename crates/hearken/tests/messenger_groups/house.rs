//! What each test stands in: a store in a folder of its own, people, and the door's router.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use hearken::installation::{self, Open};
use hearken::settings::Sources;
use hearken_core::account::{Account, Role};
use hearken_core::actor::Actor;
use hearken_core::{Core, NewAccount};
use hearken_messenger::presence::Presence;
use hearken_messenger::{Messenger, router};
use hearken_store::SqliteStore;
use hearken_transport::SocketLimits;
use hearken_transport::credentials::Credentials;
use hearken_transport::rest::Admission;
use hearken_transport::sockets::Sockets;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) const PATH: &str = "/chat/special/group";
pub(crate) const ANA: &str = "9000000001";
pub(crate) const BEN: &str = "9000000002";
pub(crate) const CID: &str = "9000000003";
pub(crate) const DAN: &str = "9000000004";
/// In another organisation.
pub(crate) const FAR: &str = "9000000005";
/// A number that nobody has.
pub(crate) const NOBODY: &str = "9000000009";

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

pub(crate) struct House {
    pub(crate) core: Core,
    router: Router,
    _open: Open,
    // Removed last.
    _data: TempDir,
}

impl House {
    /// With Ana, Ben, Cid, Dan, and one person elsewhere.
    pub(crate) async fn open() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let open = installation::start(
            SqliteStore::open(data.path()).expect("a store"),
            &Sources::default().resolve().expect("the defaults are good"),
        )
        .await
        .expect("a core");
        let core = open.core.clone();
        let (settings, sockets) = (hearken_messenger::settings::Settings::default(), Sockets::new(10));
        let wait = Duration::from_secs(10);
        let limits = SocketLimits { ping_interval: wait, ping_timeout: wait, write_timeout: wait };
        let router = router(Messenger {
            core: core.clone(),
            settings,
            limits,
            credentials: Credentials::default(),
            admission: Admission::new(core.clone(), Credentials::default()),
            sockets,
            presence: Presence::new(&core),
        });
        let house = Self { core, router, _open: open, _data: data };
        house.add([ANA, BEN, CID, DAN]).await;
        let elsewhere = house.core.add_organisation("elsewhere").await.expect("an organisation");
        let far = NewAccount { organisation: Some(elsewhere.id), ..person(FAR) };
        house.core.add_account(far).await.expect("an account");
        house
    }

    /// More people, all in the organisation that exists from the start.
    pub(crate) async fn add(&self, phones: impl IntoIterator<Item = &str>) {
        let people = phones.into_iter().map(person).collect();
        self.core.add_accounts(people).await.expect("accounts");
    }

    pub(crate) async fn account(&self, phone: &str) -> std::sync::Arc<Account> {
        let which = hearken_core::store::AccountRef::Phone(phone.parse().expect("a number"));
        self.core.account(&which).await.expect("readable").expect("an account")
    }

    /// A fresh token.
    pub(crate) async fn token(&self, phone: &str) -> String {
        let account = self.account(phone).await;
        self.core.issue(account.id, Duration::from_mins(5)).await.expect("a token")
    }

    /// Somebody, as the core sees him.
    pub(crate) async fn actor(&self, phone: &str) -> Actor {
        self.core.authenticate(&self.token(phone).await).await.expect("an actor")
    }

    /// A request as it is.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let peer: SocketAddr = ([127, 0, 0, 1], 7).into();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// What `phone` is answered to this body.
    pub(crate) async fn ask(&self, phone: &str, method: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(PATH)
            .header("authorization", format!("Bearer {}", self.token(phone).await))
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// The same, comparing the whole answer.
    pub(crate) async fn check(&self, phone: &str, method: &str, body: &Value, status: u16, expect: &Value) {
        let answer = self.ask(phone, method, body).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (status, expect), "{phone} {method} {body}");
    }

    /// A group of these, the first of whom makes it; answers its key.
    pub(crate) async fn group(&self, members: &[&str]) -> String {
        let body = json!({"name": "Walkers", "bio": "", "participants": members});
        let answer = self.ask(members[0], "POST", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.body["group"]["key"].as_str().expect("a key").to_owned()
    }
}

/// A group in an answer, and what was done to it.
pub(crate) fn shown(key: &str, name: &str, admin: &[&str], participants: &[&str], info: &str) -> Value {
    json!({
        "group": {"key": key, "name": name, "bio": "", "admin": admin, "participants": participants},
        "info": info,
    })
}

pub(crate) fn detail(why: &str) -> Value {
    json!({ "detail": why })
}

fn person(phone: &str) -> NewAccount {
    let phone = Some(phone.parse().expect("a number"));
    NewAccount { phone, roles: vec![Role::Participant], ..NewAccount::default() }
}
