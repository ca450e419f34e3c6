//! A whole server with people at its desk: two visitors, two agents, a supervisor and an admin of one organisation, and two
//! people of another.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use hearken::installation::registry_of;
use hearken::serve::router;
use hearken::settings::{Settings, Sources};
use hearken_core::account::{Account, Role};
use hearken_core::store::Store;
use hearken_core::{CommitSettings, NewAccount};
use hearken_testkit::server::{TestCore, TestServer};
use hearken_testkit::socketio::{SocketIo, Told};
use hearken_transport::sockets::Sockets;
use http::{HeaderValue, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::lasting::Lasting;

/// What the server's clock shows at first.
const START: &str = "2019-11-03T10:00:00Z";

/// Everybody, with what he is. `eve` and `guy` are of another organisation, `zed` has no place at the desk.
const PEOPLE: [(&str, Role); 9] = [
    ("ana", Role::Visitor),
    ("ben", Role::Visitor),
    ("kim", Role::Agent),
    ("lee", Role::Agent),
    ("sue", Role::Supervisor),
    ("max", Role::Admin),
    ("eve", Role::Agent),
    ("guy", Role::Visitor),
    ("zed", Role::Participant),
];

/// What an event is acknowledged with that is done.
pub(crate) const DONE: Ack = Ack(None);

/// What an event is acknowledged with: what is wrong, if it is.
#[derive(Debug)]
pub(crate) struct Ack(pub(crate) Option<&'static str>);

impl PartialEq<Ack> for Value {
    fn eq(&self, ack: &Ack) -> bool {
        *self == json!([ack.0.is_none(), ack.0])
    }
}

/// A server, and who may talk to it.
pub(crate) struct Stand {
    pub(crate) running: TestCore,
    pub(crate) server: TestServer,
    pub(crate) sockets: Sockets,
    routes: Router,
    people: BTreeMap<&'static str, Arc<Account>>,
    tokens: BTreeMap<&'static str, String>,
    disk: Arc<Lasting>,
    settings: Settings,
}

impl Stand {
    /// A server with the default settings, but for the rate: its clock stands still.
    pub(crate) async fn open() -> Self {
        Self::planned(|_| {}).await
    }

    /// A server with other settings.
    pub(crate) async fn planned(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Sources::default().resolve().expect("the defaults are good");
        settings.desk.rate = 1_000_000;
        change(&mut settings);
        let disk = Arc::new(Lasting::new());
        let mut stand = Self::over(disk, settings).await;
        let other = stand.running.core.add_organisation("other").await.expect("a new one").id;
        for (name, role) in PEOPLE {
            let new = NewAccount {
                organisation: matches!(name, "eve" | "guy").then_some(other),
                name: Some(name.to_owned()),
                email: Some(format!("{name}@example.org")),
                roles: vec![role],
                ..NewAccount::default()
            };
            let account = stand.running.core.add_account(new).await.expect("a new person");
            stand.tokens.insert(name, stand.running.token(&account).await);
            stand.people.insert(name, account);
        }
        stand
    }

    async fn over(disk: Arc<Lasting>, settings: Settings) -> Self {
        let store: Arc<dyn Store> = disk.open().await.store();
        let at = START.parse().expect("a date");
        let running = TestCore::start(store, registry_of(&settings), CommitSettings::default(), at).await;
        let sockets = Sockets::new(settings.limits.sockets_per_address);
        let routes = router(&settings, &running.core, &sockets, None);
        let server = TestServer::start(routes.clone(), settings.limits.handshake).await;
        let (people, tokens) = Default::default();
        Self { running, server, sockets, routes, people, tokens, disk, settings }
    }

    /// The same server started anew, with the same people and what was kept.
    pub(crate) async fn again(self) -> Self {
        let Self { running, server, people, tokens, disk, settings, routes, sockets } = self;
        running.core.end_subscriptions();
        sockets.all_closed().await;
        server.stop().await;
        drop(routes);
        running.stop().await;
        let again = Self::over(disk, settings).await;
        Self { people, tokens, ..again }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Somebody's account.
    pub(crate) fn account(&self, name: &str) -> &Arc<Account> {
        &self.people[name]
    }

    /// Somebody's identifier, as the desk writes it.
    pub(crate) fn id(&self, name: &str) -> String {
        self.account(name).id.0.simple().to_string()
    }

    /// Somebody's token.
    pub(crate) fn token(&self, name: &str) -> &str {
        &self.tokens[name]
    }

    /// Another tab of somebody, with what it is told first.
    pub(crate) async fn begin(&self, name: &str) -> (SocketIo, Value) {
        let mut tab = SocketIo::connect(self.address(), self.token(name)).await.expect("it opens");
        let visits = self.account(name).roles == [Role::Visitor];
        let init = tab.hear(if visits { "visitor_init" } else { "staff_init" }).await;
        (tab, init)
    }

    /// Another tab of somebody.
    pub(crate) async fn tab(&self, name: &str) -> SocketIo {
        self.begin(name).await.0
    }

    /// Has somebody open a chat from this tab; its identifier.
    pub(crate) async fn opened(&self, name: &str, tab: &mut SocketIo) -> String {
        assert_eq!(tab.call("visitor_first_msg", &[json!({"content": "hello"})]).await, DONE);
        self.own(name).await
    }

    /// The open chat that somebody is in.
    pub(crate) async fn own(&self, name: &str) -> String {
        let own = hearken_desk::chats::own(&self.running.core, self.account(name).id).await;
        own.expect("the store answers").expect("there is one").0.simple().to_string()
    }

    /// What is answered over HTTP to somebody.
    pub(crate) async fn http(&self, name: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let authorization = format!("Bearer {}", self.token(name));
        let headers = [("authorization", &*authorization), ("content-type", "application/json")];
        let (status, _, body) = self.ask(method, path, &headers, body).await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// What is answered over HTTP: status, headers, body.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, BTreeMap<String, String>, String) {
        let peer = SocketAddr::from(([127, 0, 0, 1], 7));
        let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = self.routes.clone().oneshot(request).await.expect("an answer");
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 8 << 20).await.expect("a body");
        (status, headers, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    /// Moves the clock.
    pub(crate) fn pass(&self, time: Duration) {
        self.running.clock.advance(time);
    }
}

/// What this tab has been told by now and has not been asked for: everything that was committed before goes out before
/// the second of two answers.
pub(crate) async fn told(tab: &mut SocketIo) -> Vec<Told> {
    for _ in 0..2 {
        let answer = tab.call("fence", &[]).await;
        assert_eq!(answer, Ack(Some("Unknown event: fence")));
    }
    tab.unheard()
}

/// The names of events.
pub(crate) fn names(told: &[Told]) -> String {
    told.iter().map(|told| told.name.as_str()).collect::<Vec<_>>().join(" ")
}
