//! What a command changes, open sockets and new ones notice at once; and what comes over the control socket besides
//! commands harms nobody.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use serde_json::Value;

use crate::said::frame;
use crate::server::{NO_RATE, Server, run};
use crate::socket::{End, Heard, Socket};

/// How long a disabled account may keep its sockets (common.md, "Signing in").
const SIGNED_OUT_WITHIN: Duration = Duration::from_secs(5);

/// Somebody new, made by commands alone.
struct Newcomer {
    id: String,
    phone: &'static str,
    token: String,
}

impl Newcomer {
    fn new(data: &Path, phone: &'static str) -> Self {
        let added = run(data, &["account", "add", "--role", "participant", "--phone", phone]);
        let account: Value = serde_json::from_slice(&added.stdout).expect("an account");
        let id = account["id"].as_str().expect("an id").to_owned();
        let token = String::from_utf8(run(data, &["token", &id]).stdout).expect("a token");
        Self { id, phone, token: token.trim_end().to_owned() }
    }

    fn ears(&self) -> String {
        format!("/ws/chat/special/{}/", self.phone)
    }

    fn mouth(&self, to: &Self) -> String {
        format!("/ws/chat/personal/{}/{}/", self.phone, to.phone)
    }
}

fn disable(data: &Path, whom: &Newcomer, command: &str) {
    assert!(run(data, &["account", command, &whom.id]).status.success());
}

/// What the server says last on a socket of somebody who is signed out.
async fn assert_signed_out(mut socket: Socket) {
    let told = socket.frame().await.expect("told why");
    assert_eq!((told.command.as_str(), told.kind.as_str()), ("error", "authentication"));
    let end = socket.hear().await;
    assert!(matches!(end, Heard::Closed(End::Said(4401))), "{end:?}");
}

#[tokio::test]
async fn a_disabled_account_loses_its_sockets_and_gets_no_new_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data, &[NO_RATE]);
    let (ana, ben) = (Newcomer::new(&data, "9999999990"), Newcomer::new(&data, "9999999991"));
    let open = async |path: String, who: &Newcomer| Socket::ask(server.address, &path, &who.token).await;
    let mut mouth = open(ana.mouth(&ben), &ana).await.expect("up").expect("let in");
    let ears = open(ana.ears(), &ana).await.expect("up").expect("let in");
    let mut ben_mouth = open(ben.mouth(&ana), &ben).await.expect("up").expect("let in");
    let said = frame("new_msg", "hello", ana.phone, ben.phone, "2020-11-21 16:32:17.356");
    mouth.send(said).await.expect("up");
    assert_eq!(mouth.frame().await.expect("up").command, "msg_sent");

    let clock = SystemMonotonic::default();
    disable(&data, &ana, "disable");
    assert_signed_out(mouth).await;
    assert_signed_out(ears).await;
    assert!(clock.elapsed() < SIGNED_OUT_WITHIN, "after {:?}", clock.elapsed());
    assert_eq!(open(ana.ears(), &ana).await.expect("up").err(), Some(401));
    assert_eq!(open(ana.mouth(&ben), &ana).await.expect("up").err(), Some(401));

    // What others send to her waits.
    let said = frame("new_msg", "are you there?", ben.phone, ana.phone, "2020-11-21 16:32:18.000");
    ben_mouth.send(said).await.expect("up");
    assert_eq!(ben_mouth.frame().await.expect("up").command, "msg_sent");
    disable(&data, &ana, "enable");
    let mut ears = open(ana.ears(), &ana).await.expect("up").expect("let in again");
    let list = ears.fetch("fetch_msgs", ana.phone).await.expect("up");
    assert_eq!(list.entries.iter().map(|entry| &*entry.message).collect::<Vec<_>>(), ["are you there?"]);
}

/// What is no command is answered or dropped, whoever says nothing keeps nobody waiting, and the server lives on.
#[test]
fn the_control_socket_takes_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data, &[NO_RATE]);
    let control = || UnixStream::connect(data.join("control.sock")).expect("it listens");
    let mute = control();
    let large = vec![b'x'; 1 << 20];
    for sent in [&b"\n"[..], b"nonsense\n", b"{\"ask\":\"dance\"}\n", b"[[[[[[\n", b"\xff\xfe\n", b"", &large]
    {
        let mut stream = control();
        // It may hang up on what is too long before all of it is said.
        let _ = stream.write_all(sent);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("{\"Refused\":"), "{answer}");
    }
    let listed = run(&data, &["organisation", "list"]);
    assert!(listed.status.success(), "{listed:?}");
    drop((mute, server));
}
