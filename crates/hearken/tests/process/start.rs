//! Starting on what is there: how soon it listens with a full house of waiting messages, what reading them all costs,
//! and who else wants the same folder.

use std::path::Path;

use futures_util::future::join_all;
use hearken_core::actor::{Actor, Credential, Person as Shown};
use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use hearken_core::store::AccountRef;
use hearken_messenger::rules::dialogue::{self, Pair};
use hearken_messenger::rules::{Moment, message_of};
use hearken_messenger::timestamp::Sent;
use hearken_testkit::throwaway::on_postgres;

use crate::figure;
use crate::people::{Offline, Person};
use crate::said::Said;
use crate::server::{NO_RATE, Server, hearken};
use crate::socket::Socket;

/// How many messages wait, and of how many authors.
const WAITING: usize = 100_000;
const AUTHORS: usize = 100;
/// Rules on their way at once when the store is filled: fewer than the committer's queue holds.
const AT_ONCE: usize = 4096;
/// Far more than the 300 ms that are aimed for, so that a busy machine fails nothing.
const LISTENS_WITHIN_MS: u128 = 3000;
/// The most memory that a server may have used by then; all the messages together are some 30 MiB as frames.
const MOST_MEMORY_KIB: u64 = 64 << 10;

/// The messages in the order of their arrival: the authors speak in turn.
fn said(arrival: usize) -> Said {
    Said { author: 1 + arrival % AUTHORS, number: arrival / AUTHORS }
}

/// Fills a store with messages for the person at place 0, and answers that person.
async fn fill(data: &Path) -> Person {
    let house = Offline::open(data).await;
    let people = house.people(AUTHORS + 1).await;
    let core = house.core();
    let mut authors = Vec::new();
    for person in &people {
        let account = core.account(&AccountRef::Id(person.id)).await.expect("read").expect("there");
        let credential = Credential::OperatorToken { expires: core.wall() };
        authors.push(Actor::Person(Shown { account, sign_in: core.new_sign_in(), credential }));
    }
    let arrivals: Vec<_> = (0..WAITING).collect();
    for arrivals in arrivals.chunks(AT_ONCE) {
        let sent = arrivals.iter().map(|arrival| {
            let said = said(*arrival);
            let pair = Pair { me: people[said.author].id, peer: people[0].id };
            let moment = moment(said);
            let at = dialogue::between(people[0].organisation, pair.key());
            let at = at.reading(message_of(pair.me, moment.at));
            let text = said.text();
            core.update(&authors[said.author], at, move |draft| dialogue::send(draft, pair, &moment, &text))
        });
        assert!(join_all(sent).await.iter().all(Result::is_ok));
    }
    house.close().await;
    people[0].clone()
}

fn moment(said: Said) -> Moment {
    let text = said.timestamp();
    Moment { at: Sent::parse(&text).expect("a timestamp"), text }
}

/// The most memory that a process has ever had resident, in KiB.
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[tokio::test]
async fn a_hundred_thousand_waiting_messages_are_read_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let filling = SystemMonotonic::default();
    let Person { phone, token, .. } = fill(&data).await;
    let (filled, starting) = (filling.elapsed(), SystemMonotonic::default());
    let server = Server::start(&data, &[NO_RATE]);
    let listens = starting.elapsed().as_millis();
    let path = format!("/ws/chat/special/{phone}/");
    let mut socket = Socket::open(server.address, &path, &token).await.expect("up");
    let reading = SystemMonotonic::default();
    let list = socket.fetch("fetch_msgs", &phone).await.expect("up");
    let took = reading.elapsed().as_secs_f64();
    assert_eq!((list.entries.len(), list.frames), (WAITING, WAITING / 50));
    let mut listed: Vec<_> = list.entries.iter().map(|entry| Said::listed(entry)).collect();
    let mut expected: Vec<_> = (0..WAITING).map(said).collect();
    if on_postgres() {
        // Several committers write there: who says something at once with others has no place among them.
        listed.sort_by_key(|said| said.author);
        expected.sort_by_key(|said| said.author);
    }
    for (place, (listed, expected)) in listed.iter().zip(&expected).enumerate() {
        assert_eq!(listed, expected, "number {place} of the list");
    }
    let peak = peak_kib(server.pid());
    figure(format_args!(
        "{WAITING} messages wait (filled in {:.1} s): listening after {listens} ms, all read in {took:.2} s, peak \
         memory {peak} KiB",
        filled.as_secs_f64()
    ));
    assert!(listens < LISTENS_WITHIN_MS, "listening after {listens} ms");
    assert!(peak < MOST_MEMORY_KIB, "{peak} KiB");
}

#[test]
fn a_folder_that_cannot_be_had_is_refused_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").expect("written");
    for data in [file.join("data"), file] {
        // A command needs the folder for the embedded store alone.
        let commands = [&["serve", "--listen", "127.0.0.1:0"][..], &["account", "list"]];
        for arguments in commands.into_iter().take(if on_postgres() { 1 } else { 2 }) {
            let ended = hearken(&data, arguments).output().expect("the binary runs");
            let said = String::from_utf8_lossy(&ended.stderr);
            let begins = format!("error: data: the data folder {} can't be used: ", data.display());
            let whole = said.starts_with(&begins) && said.ends_with("; choose another with --data DIR\n");
            assert!(whole && said.lines().count() == 1, "{arguments:?}: {said}");
            assert_eq!((ended.status.code(), ended.stdout.len()), (Some(1), 0), "{arguments:?}");
        }
    }
}

/// Before it no warning of what would be said if it started.
#[tokio::test]
async fn an_address_that_is_taken_is_refused_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let ended = hearken(folder.path(), &["serve", "--listen", &address]).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.starts_with("error: listen: ") && said.lines().count() == 1, "{said}");
    assert_eq!((ended.status.code(), ended.stdout.len()), (Some(1), 0));
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_refuses_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let house = Offline::open(&data).await;
    let people = house.people(1).await;
    house.close().await;
    let first = Server::start(&data, &[NO_RATE]);
    let second = hearken(&data, &["serve", "--listen", "127.0.0.1:0"]).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&second.stderr);
    let expected = format!(
        "error: data: another hearken has the data folder {} open; stop that one, or choose another with --data DIR\n",
        data.display()
    );
    assert_eq!((second.status.code(), second.stdout.len(), &*said), (Some(1), 0, &*expected));
    let path = format!("/ws/chat/special/{}/", people[0].phone);
    let mut socket = Socket::open(first.address, &path, &people[0].token).await.expect("the first goes on");
    assert_eq!(socket.fetch("fetch_msgs", &people[0].phone).await.expect("up").frames, 1);
}
