//! The servers that tests throw away: they come back after a stop and a crash, and go with whoever started them.

use std::path::Path;
use std::process::{Command, Stdio};

use hearken_testkit::throwaway::{Database, Nats, Postgres};

/// What psql prints for a statement; `None` when it fails.
fn ask(url: &str, statement: &str) -> Option<String> {
    let done = Command::new("psql").args(["-X", "-q", "-At", "-d", url, "-c", statement]).output();
    let done = done.expect("psql runs");
    done.status.success().then(|| String::from_utf8(done.stdout).expect("text"))
}

#[test]
fn postgres_keeps_what_it_has_over_a_stop_and_a_crash() {
    let postgres = Postgres::start();
    let database = postgres.database();
    ask(database.url(), "create table kept (what text)").expect("a table");
    for (word, end) in [("stop", Postgres::stop as fn(&Postgres)), ("crash", Postgres::kill)] {
        ask(database.url(), &format!("insert into kept values ('{word}')")).expect("a row");
        end(&postgres);
        assert_eq!(ask(database.url(), "select 1"), None, "{word}");
        postgres.resume();
    }
    assert_eq!(ask(database.url(), "select what from kept").as_deref(), Some("stop\ncrash\n"));
}

#[test]
fn databases_are_apart_and_go_when_they_are_dropped() {
    let (one, other) = (Database::new(), Database::new());
    ask(one.url(), "create table only_here ()").expect("a table");
    assert_eq!(ask(other.url(), "select from only_here"), None);
    let address = one.url().to_owned();
    drop(one);
    assert_eq!(ask(&address, "select 1"), None);
    assert!(ask(other.url(), "select 1").is_some());
}

#[test]
fn nats_comes_back_on_the_same_port() {
    use std::io::Read as _;
    use std::net::TcpStream;
    let nats = Nats::start();
    let greets = || {
        let mut greeting = [0; 4];
        TcpStream::connect(("127.0.0.1", nats.port())).and_then(|mut line| line.read_exact(&mut greeting))?;
        Ok::<_, std::io::Error>(greeting)
    };
    assert_eq!(&greets().expect("it listens"), b"INFO");
    nats.kill();
    assert!(greets().is_err());
    nats.resume();
    assert_eq!(&greets().expect("it listens again"), b"INFO");
}

#[test]
fn postgres_goes_with_whoever_asked_for_it_even_after_a_kill() {
    use std::io::{BufRead as _, BufReader};
    for kill in [false, true] {
        let mut asker = Command::new(env!("CARGO_BIN_EXE_throwaway-postgres"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut address = String::new();
        BufReader::new(asker.stdout.take().expect("piped")).read_line(&mut address).expect("a line");
        let folder = ask(address.trim(), "show unix_socket_directories").expect("it answers");
        let folder = Path::new(folder.trim()).to_owned();
        assert!(folder.is_dir());
        if kill {
            asker.kill().expect("our own child");
        }
        drop(asker.stdin.take());
        asker.wait().expect("it ends");
        while folder.exists() {
            std::thread::yield_now();
        }
        assert_eq!(ask(address.trim(), "select 1"), None, "killed: {kill}");
    }
}
