//! A whole server to talk to: the router that `hearken serve` serves, on a store of its own, with people who can be
//! opened a socket for by name.

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
use hearken_core::CommitSettings;
use hearken_core::account::Account;
use hearken_core::actor::Actor;
use hearken_core::ids::OrganisationId;
use hearken_core::store::{AccountRef, Store};
use hearken_messenger::groups::{self, New};
use hearken_testkit::client::{Client, Refused};
use hearken_testkit::server::{TestCore, TestServer};
use hearken_transport::sockets::Sockets;
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use crate::backend::{Backend, Disk};

/// What the server's clock shows at first: before everything in the seed.
const START: &str = "2020-11-19T00:00:00Z";

/// A server, and who may talk to it.
pub(crate) struct Stand {
    pub(crate) running: TestCore,
    pub(crate) server: TestServer,
    /// Its open sockets.
    pub(crate) sockets: Sockets,
    routes: Router,
    people: BTreeMap<String, Arc<Account>>,
    organisations: BTreeMap<String, OrganisationId>,
    /// By person and device: `ana/phone`.
    tokens: BTreeMap<String, String>,
    _disk: Option<Disk>,
}

/// What a stand is built with.
pub(crate) struct Plan {
    /// The server's settings.
    pub(crate) settings: Settings,
    /// The committer's.
    pub(crate) commit: CommitSettings,
}

impl Stand {
    /// A server with the default settings, but for the rate: its clock stands still.
    pub(crate) async fn open(backend: Backend) -> Self {
        Self::planned(backend, |_| {}).await
    }

    /// A server with other settings.
    pub(crate) async fn planned(backend: Backend, change: impl FnOnce(&mut Plan)) -> Self {
        let disk = backend.disk();
        let store = disk.open().await;
        let stand = Self::over(store, change).await;
        Self { _disk: Some(disk), ..stand }
    }

    /// A server on a store of one's own.
    pub(crate) async fn over(store: Arc<dyn Store>, change: impl FnOnce(&mut Plan)) -> Self {
        let mut settings = Sources::default().resolve().expect("the defaults are good");
        settings.messenger.rate = 1_000_000;
        let mut plan = Plan { settings, commit: CommitSettings::default() };
        change(&mut plan);
        let at = START.parse().expect("a date");
        let running = TestCore::start(store, registry_of(&plan.settings), plan.commit, at).await;
        let sockets = Sockets::new(plan.settings.limits.sockets_per_address);
        let routes = router(&plan.settings, &running.core, &sockets, None);
        let server = TestServer::start(routes.clone(), plan.settings.limits.handshake).await;
        let (people, organisations, tokens) = Default::default();
        Self { running, server, sockets, routes, people, organisations, tokens, _disk: None }
    }

    /// Makes a person.
    pub(crate) async fn person(&mut self, name: &str, phone: &str) {
        self.person_of(name, phone, None).await;
    }

    /// Somebody who is in its store already.
    pub(crate) async fn known(&mut self, name: &str, phone: &str) {
        let which = AccountRef::Phone(phone.parse().expect("a number"));
        let found = self.running.core.account(&which).await.expect("the store answers");
        self.people.insert(name.to_owned(), found.expect("somebody has this number"));
    }

    /// Makes a person of another organisation, which is made for it if need be.
    pub(crate) async fn person_of(&mut self, name: &str, phone: &str, organisation: Option<&str>) {
        let organisation = match organisation {
            None => None,
            Some(name) => Some(self.organisation(name).await),
        };
        let account = self.running.person(name, phone, organisation).await;
        self.people.insert(name.to_owned(), account);
    }

    async fn organisation(&mut self, name: &str) -> OrganisationId {
        if let Some(id) = self.organisations.get(name) {
            return *id;
        }
        let made = self.running.core.add_organisation(name).await.expect("a new organisation");
        self.organisations.insert(name.to_owned(), made.id);
        made.id
    }

    /// Makes a group in the first one's organisation; who stands before a `*` is an admin.
    pub(crate) async fn group(&self, key: &str, members: &[&str]) {
        let ids = |admins: bool| {
            let chosen = members.iter().filter(|name| name.ends_with('*') == admins);
            chosen.map(|name| self.account(name.trim_end_matches('*')).id).collect::<Vec<_>>()
        };
        let organisation = self.account(members[0].trim_end_matches('*')).organisation_id;
        let (name, bio) = (key.to_owned(), "Of a test".to_owned());
        let group = New { name, bio, admins: ids(true), participants: ids(false) };
        groups::import(&self.running.core, organisation, key, group).await.expect("a new group");
    }

    /// Somebody's account.
    pub(crate) fn account(&self, name: &str) -> &Arc<Account> {
        self.people.get(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// Somebody's number.
    pub(crate) fn phone(&self, name: &str) -> &str {
        self.account(name).phone.as_ref().expect("everybody here has one").as_str()
    }

    /// The token of a person's device (`ana/phone`), always the same one.
    pub(crate) async fn token(&mut self, who: &str) -> String {
        if let Some(token) = self.tokens.get(who) {
            return token.clone();
        }
        let name = who.split('/').next().unwrap_or(who);
        let token = self.running.token(self.account(name)).await;
        self.tokens.insert(who.to_owned(), token.clone());
        token
    }

    /// Somebody, as the core knows him by a sign-in of his own.
    pub(crate) async fn actor(&mut self, name: &str) -> Actor {
        let token = self.token(name).await;
        self.running.core.authenticate(&token).await.expect("a good token")
    }

    /// A token that ends after `ttl`.
    pub(crate) async fn brief_token(&self, name: &str, ttl: Duration) -> String {
        self.running.core.issue(self.account(name).id, ttl).await.expect("a token")
    }

    /// Asks for a socket as somebody.
    pub(crate) async fn ask(&mut self, path: &str, who: &str) -> Result<Client, Refused> {
        let token = self.token(who).await;
        Client::open(self.server.address, path, Some(&format!("Bearer {token}"))).await
    }

    /// What is answered over HTTP to somebody's device.
    pub(crate) async fn http(
        &mut self,
        who: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> (StatusCode, serde_json::Value) {
        let token = self.token(who).await;
        self.http_with(Some(&token), method, path, body).await
    }

    /// What is answered over HTTP to whoever shows this token, or none.
    pub(crate) async fn http_with(
        &self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: &str,
    ) -> (StatusCode, serde_json::Value) {
        let peer = SocketAddr::from(([127, 0, 0, 1], 7));
        let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if method != "GET" {
            request = request.header("content-type", "application/json");
        }
        let body = if method == "GET" { Body::empty() } else { Body::from(body.to_owned()) };
        let response = self.routes.clone().oneshot(request.body(body).expect("a request")).await;
        let response = response.expect("an answer");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 8 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Opens a socket that must open.
    pub(crate) async fn connect(&mut self, path: &str, who: &str) -> Client {
        match self.ask(path, who).await {
            Ok(client) => client,
            Err(refused) => panic!("{who} may not open {path}: {refused:?}"),
        }
    }

    /// Opens a socket that must open, with a token at hand.
    pub(crate) async fn connect_with(&self, path: &str, token: &str) -> Client {
        Client::open(self.server.address, path, Some(&format!("Bearer {token}"))).await.expect("it opens")
    }

    /// Stops it: what is on its store can be opened again.
    pub(crate) async fn stop(self) {
        self.server.stop().await;
        self.running.stop().await;
    }

    /// Somebody's receive socket.
    pub(crate) async fn ears(&mut self, who: &str) -> Client {
        let name = who.split('/').next().unwrap_or(who);
        let path = format!("/ws/chat/special/{}/", self.phone(name));
        self.connect(&path, who).await
    }

    /// Somebody's send socket to a group.
    pub(crate) async fn group_chat(&mut self, who: &str, key: &str) -> Client {
        let name = who.split('/').next().unwrap_or(who);
        let path = format!("/ws/chat/group/{}/{key}/", self.phone(name));
        self.connect(&path, who).await
    }

    /// Somebody's send socket to somebody.
    pub(crate) async fn chat(&mut self, who: &str, to: &str) -> Client {
        let name = who.split('/').next().unwrap_or(who);
        let path = format!("/ws/chat/personal/{}/{}/", self.phone(name), self.phone(to));
        self.connect(&path, who).await
    }
}
