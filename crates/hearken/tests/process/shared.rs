//! A store that several nodes share, as an operator meets it: what is refused and in which words, what the health paths
//! say while something is away, and commands that are a node of their own. Always on PostgreSQL and NATS.

use std::path::Path;
use std::process::{Command, Output};

use hearken_testkit::throwaway::{Database, Nats, Postgres};
use serde_json::Value;
use tempfile::TempDir;

use crate::place::id;
use crate::server::{NO_RATE, Server, hearken};
use crate::socket::{End, Heard, Socket};

/// A password that must be in nothing that is printed.
const SECRET: &str = "hush-hush";

/// A database, a bus, and a folder for each node's own.
struct Ground {
    database: Database,
    nats: Nats,
    folder: TempDir,
}

impl Ground {
    fn new() -> Self {
        Self {
            database: Database::new(),
            nats: Nats::start(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn variables(&self) -> [(&'static str, String); 3] {
        // Whoever is trusted needs no password, and may show one.
        let url = self.database.url().replace("hearken@", &format!("hearken:{SECRET}@"));
        [
            ("HEARKEN_DATABASE_URL", url),
            ("HEARKEN_BUS_URL", self.nats.url()),
            (NO_RATE.0, NO_RATE.1.to_owned()),
        ]
    }

    fn node(&self, name: &str) -> Server {
        Server::start(&self.folder.path().join(name), &self.variables())
    }

    /// A command from a folder that has no server.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = hearken(&self.folder.path().join("elsewhere"), arguments);
        command.envs(self.variables());
        command
    }

    #[track_caller]
    fn text(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&stderr);
        assert!(status.success() && said.is_empty(), "{arguments:?}: {status} {said}");
        String::from_utf8(stdout).expect("text")
    }

    #[track_caller]
    fn value(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(arguments)).expect("JSON")
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], begins: &str) {
        refused(self.command(arguments), begins);
    }
}

/// Panics unless the command is refused in one line that begins so and shows no secret.
#[track_caller]
fn refused(mut command: Command, begins: &str) {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!((status.code(), stdout.len(), said.lines().count()), (Some(1), 0, 1), "{said}");
    assert!(said.starts_with(&format!("error: {begins}")) && !said.contains(SECRET), "{said}");
}

async fn asked(server: &Server, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{}{path}", server.address)).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

/// Asks until the answer has this status; the runner ends a test that waits for ever.
async fn until(server: &Server, path: &str, status: u16) -> String {
    loop {
        let (found, text) = asked(server, path).await;
        if found == status {
            return text;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_database_that_cannot_be_reached_stops_the_start_with_the_key_and_the_mend() {
    let folder = tempfile::tempdir().expect("a folder");
    let postgres = Postgres::start();
    let url = postgres.url("nowhere").replace("hearken@", &format!("hearken:{SECRET}@"));
    let serve = |url: &str| {
        let mut command = hearken(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
        command.env("HEARKEN_DATABASE_URL", url);
        command
    };
    refused(serve(&url), "database_url: ");
    postgres.stop();
    refused(serve(&url), "database_url: the database can't be reached");
    refused(serve("postgres://hearken:hush-hush@127.0.0.1:1"), "`database_url` = [secret] (variable ");
}

#[test]
fn what_is_of_the_embedded_store_says_what_to_use_instead() {
    let ground = Ground::new();
    for command in ["check", "migrate"] {
        ground.refuses(&[command], "database_url: there is no store in that database");
    }
    ground.text(&["organisation", "list"]);
    assert_eq!(ground.text(&["check"]), "the store is sound\n");
    assert!(ground.text(&["migrate"]).ends_with(": nothing to do\n"));
    let file = ground.folder.path().join("copy");
    let file = file.to_str().expect("text");
    ground.refuses(&["backup", file], "backup is for the embedded store");
    ground.refuses(&["restore", file], "restore is for the embedded store");
    let _server = ground.node("elsewhere");
    ground.refuses(&["backup", file], "backup is for the embedded store");
    assert!(!Path::new(file).exists());
}

#[tokio::test]
async fn a_node_is_ready_while_store_and_bus_are_there_and_alive_all_the_while() {
    let ground = Ground::new();
    let mut server = ground.node("a");
    assert_eq!(until(&server, "/readyz", 200).await, "ready\n");
    let metrics = asked(&server, "/metrics").await.1;
    assert!(metrics.contains("hearken_bus_connected 1"), "{metrics}");
    ground.nats.kill();
    assert_eq!(until(&server, "/readyz", 503).await, "the bus can't be reached\n");
    assert_eq!(asked(&server, "/healthz").await.0, 200);
    let check = ground.command(&["check"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(check.status.code() == Some(1) && said.contains("bus_url: "), "{said}");
    ground.nats.resume();
    until(&server, "/readyz", 200).await;
    let said = server.said();
    assert!(!said.contains(SECRET), "{said}");
}

#[tokio::test]
async fn a_command_without_a_server_is_heard_by_every_node() {
    let ground = Ground::new();
    let nodes = [ground.node("a"), ground.node("b")];
    let ana = ground.value(&["account", "add", "--role", "participant", "--phone", "9000000001"]);
    let token = ground.text(&["token", id(&ana)]);
    let mut sockets = Vec::new();
    for node in &nodes {
        let path = "/ws/chat/special/9000000001/";
        sockets.push(Socket::open(node.address, path, token.trim()).await.expect("she is let in"));
    }
    ground.text(&["account", "disable", id(&ana)]);
    for mut socket in sockets {
        assert_eq!(socket.frame().await.expect("told why").kind, "authentication");
        let end = socket.hear().await;
        assert!(matches!(end, Heard::Closed(End::Said(4401))), "{end:?}");
    }
    for node in &nodes {
        let asked = Socket::ask(node.address, "/ws/chat/special/9000000001/", token.trim()).await;
        assert!(matches!(asked, Ok(Err(401))));
    }
}

#[test]
fn whoever_is_erased_is_in_no_row() {
    let ground = Ground::new();
    let _node = ground.node("a");
    let ana = ground.value(&[
        "account",
        "add",
        "--role",
        "participant",
        "--phone",
        "9123456780",
        "--name",
        "Anastasia",
        "--email",
        "anastasia@example.org",
    ]);
    let held = || {
        let dump = Command::new("pg_dump").arg("--data-only").arg(ground.database.url()).output();
        let dump = String::from_utf8(dump.expect("pg_dump runs").stdout).expect("text");
        // Bytes are dumped as their digits.
        let hex =
            |word: &str| word.bytes().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
        let words = ["Anastasia", "9123456780", "anastasia@example.org", id(&ana)];
        words.into_iter().filter(|word| dump.contains(word) || dump.contains(&hex(word))).count()
    };
    assert_eq!(held(), 4);
    ground.text(&["erase", "--account", id(&ana)]);
    assert_eq!(held(), 0);
}
