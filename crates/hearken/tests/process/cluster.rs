//! Several nodes as one service: two servers on one PostgreSQL and one NATS, each reaching the bus by a line of its own
//! that can be cut. People talk across both while anything may fail.

mod desk;
mod faults;
mod line;
mod neighbour;
mod street;
mod tales;

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::rc::Rc;

use hearken_testkit::throwaway::{Database, Nats, Postgres};
use serde_json::Value;

use self::line::Line;
use crate::people::Person;
use crate::said::phone;
use crate::server::{NO_RATE, Server, hearken};

/// How many nodes there are.
pub(crate) const NODES: usize = 2;

/// Where each node listens, if it is up.
pub(crate) type Addresses = Rc<[Cell<Option<SocketAddr>>]>;

/// Two nodes and what they share. The database may be a test's own, or the whole PostgreSQL where that is to fail.
pub(crate) struct Cluster {
    pub(crate) nats: Nats,
    pub(crate) lines: Vec<Line>,
    database: String,
    folder: tempfile::TempDir,
    nodes: Vec<Option<Server>>,
    /// Where each node listens, if it is up.
    pub(crate) addresses: Addresses,
    more: Vec<(&'static str, String)>,
    /// Last, so that nobody is connected any more when it goes.
    pub(crate) postgres: Ground,
}

/// Where the database is.
pub(crate) enum Ground {
    /// In the server that all tests share.
    Shared(#[expect(dead_code, reason = "held so that it goes with the cluster")] Database),
    /// In one of the test's own, which may be ended.
    Own(Postgres, #[expect(dead_code, reason = "held so that it goes with the cluster")] Database),
}

impl Cluster {
    /// Nodes on a database in the server that all tests share.
    pub(crate) async fn on_shared(more: &[(&'static str, &str)]) -> Self {
        let database = Database::new();
        let url = database.url().to_owned();
        Self::start(Ground::Shared(database), url, more).await
    }

    /// Nodes on a PostgreSQL of their own.
    pub(crate) async fn on_own(more: &[(&'static str, &str)]) -> Self {
        let postgres = Postgres::start();
        let database = postgres.database();
        let url = database.url().to_owned();
        Self::start(Ground::Own(postgres, database), url, more).await
    }

    async fn start(postgres: Ground, database: String, more: &[(&'static str, &str)]) -> Self {
        let nats = Nats::start();
        let mut lines = Vec::new();
        for _ in 0..NODES {
            lines.push(Line::to(nats.port()).await);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let addresses = (0..NODES).map(|_| Cell::new(None)).collect();
        let nodes = (0..NODES).map(|_| None).collect();
        let mut cluster = Self { nats, lines, database, folder, nodes, addresses, more, postgres };
        (0..NODES).for_each(|node| cluster.begin(node));
        cluster
    }

    /// Starts a node that is not up.
    #[track_caller]
    pub(crate) fn begin(&mut self, node: usize) {
        let mut variables = self.variables(node);
        variables.push((NO_RATE.0, NO_RATE.1.to_owned()));
        // What fails around a node is in its log, and is no fault of its own.
        variables.push(("HEARKEN_LOG", "error".to_owned()));
        let server = Server::start(&self.data(node), &variables);
        self.addresses[node].set(Some(server.address));
        self.nodes[node] = Some(server);
    }

    /// Ends a node as a crash would.
    pub(crate) fn kill(&mut self, node: usize) {
        self.addresses[node].set(None);
        self.nodes[node].take().expect("it is up").kill();
    }

    /// Asks a node to stop, and waits until it has.
    pub(crate) fn stop(&mut self, node: usize) {
        self.addresses[node].set(None);
        let mut server = self.nodes[node].take().expect("it is up");
        server.terminate();
        let status = server.wait();
        assert!(status.success(), "{status}: {}", server.said());
    }

    /// Where a node listens that is up.
    pub(crate) fn address(&self, node: usize) -> SocketAddr {
        self.addresses[node].get().expect("it is up")
    }

    /// Runs a command as one more node, from a folder of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let mut command = hearken(&self.folder.path().join("beside"), arguments);
        command.env("HEARKEN_BUS_URL", self.nats.url()).env("HEARKEN_DATABASE_URL", &self.database);
        command.output().expect("the binary runs")
    }

    /// The same, when it must succeed and answers JSON.
    #[track_caller]
    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Panics unless `hearken check` is content.
    #[track_caller]
    pub(crate) fn assert_sound(&self) {
        let output = self.command(&["check"]);
        assert!(output.status.success(), "{output:?}");
    }

    /// People at the first `count` places, with tokens.
    pub(crate) fn people(&self, count: usize) -> Vec<Person> {
        (0..count).map(|place| self.person(place)).collect()
    }

    fn person(&self, place: usize) -> Person {
        let number = phone(place);
        let made = self.ask(&["account", "add", "--role", "participant", "--phone", &number]);
        let id = made["id"].as_str().expect("an account").to_owned();
        let token = self.command(&["token", &id, "--ttl", "24h"]);
        let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();
        let organisation = made["organisation_id"].as_str().and_then(|id| id.parse().ok());
        Person {
            id: id.parse().expect("an identifier"),
            organisation: organisation.expect("an identifier"),
            phone: number,
            token,
        }
    }

    fn variables(&self, node: usize) -> Vec<(&'static str, String)> {
        let bus = ("HEARKEN_BUS_URL", self.lines[node].url());
        let database = ("HEARKEN_DATABASE_URL", self.database.clone());
        [bus, database].into_iter().chain(self.more.iter().cloned()).collect()
    }

    fn data(&self, node: usize) -> PathBuf {
        Path::join(self.folder.path(), format!("node-{node}"))
    }
}
