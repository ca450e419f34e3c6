//! A clean stop (common.md, "The process"): writes in flight commit, sockets are closed with a reason to reconnect
//! on, the process exits 0 within its grace, and nothing acknowledged is lost.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use futures_util::future::join_all;
use hearken::control;
use hearken_core::clock::{Monotonic as _, SystemMonotonic};

use crate::figure;
use crate::people::{Offline, Person};
use crate::resident::Parting;
use crate::server::{NO_RATE, Server, assert_sound};
use crate::socket::{End, Heard, Socket};
use crate::town::{Progress, Town, lines};

/// "The server is restarting": reconnect.
const RESTART: End = End::Said(1012);
/// Half of the grace. Nothing that a client does or leaves may hold the server until the grace is over.
const SOON: Duration = Duration::from_secs(5);

/// Sends SIGTERM and waits for the end; tells how, and in how long it came.
async fn stop(server: Server) -> (ExitStatus, Duration) {
    stop_while(server, || ()).await
}

/// The same, and does something between the two.
async fn stop_while(mut server: Server, meanwhile: impl FnOnce()) -> (ExitStatus, Duration) {
    let clock = SystemMonotonic::default();
    server.terminate();
    meanwhile();
    let status = tokio::task::spawn_blocking(move || server.wait()).await.expect("it ends");
    (status, clock.elapsed())
}

#[track_caller]
fn assert_stopped((status, took): (ExitStatus, Duration)) {
    assert!(status.success() && took < SOON, "{status} after {took:?}");
}

#[tokio::test]
async fn a_stop_under_load_answers_what_it_saved_and_says_goodbye() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut town = Town::found(&data).await;
    let server = Server::start(&data, &[NO_RATE]);
    let address = server.address;
    let awake = town.wake(address).await.expect("up").expect("nothing is there yet");
    let progress = Progress::new(0);
    let mut watching = progress.subscribe();
    let talk = town.talk(address, awake, &progress);
    let stopping = async {
        watching.wait_for(|acknowledged| *acknowledged >= 1000).await.expect("they talk");
        stop(server).await
    };
    let (partings, stopped) = tokio::join!(talk, stopping);
    figure(format_args!("stopped under load in {} ms", stopped.1.as_millis()));
    assert_stopped(stopped);
    let goodbye = Parting { mouth: Some(RESTART), ears: Some(RESTART) };
    for (place, parting) in partings.into_iter().enumerate() {
        assert_eq!(parting, Ok(goodbye), "{place}");
    }
    let server = Server::start(&data, &[NO_RATE]);
    let awake = town.wake(server.address).await.expect("up");
    awake.unwrap_or_else(|wrong| panic!("{}", lines(&wrong)));
    assert_sound(&data);
}

async fn people(data: &Path, count: usize) -> Vec<Person> {
    let house = Offline::open(data).await;
    let people = house.people(count).await;
    house.close().await;
    people
}

fn receive_path(person: &Person) -> String {
    format!("/ws/chat/special/{}/", person.phone)
}

/// Opens sockets one after the other until nobody answers any more.
async fn open_until_gone(server: SocketAddr, person: &Person, progress: &Progress) -> Vec<Socket> {
    let mut open = Vec::new();
    while let Ok(asked) = Socket::ask(server, &receive_path(person), &person.token).await {
        match asked {
            Ok(socket) => open.push(socket),
            // "Try again in a moment": its stopping may be noticed so.
            Err(status) => assert_eq!(status, 503),
        }
        progress.send_modify(|asked| *asked += 1);
    }
    open
}

#[tokio::test]
async fn sockets_that_open_while_the_server_stops_are_told_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let people = people(&data, 16).await;
    let server = Server::start(&data, &[NO_RATE]);
    let (address, progress) = (server.address, Progress::new(0));
    let mut watching = progress.subscribe();
    let opening = join_all(people.iter().map(|person| open_until_gone(address, person, &progress)));
    let stopping = async {
        watching.wait_for(|opened| *opened >= 200).await.expect("they open");
        stop(server).await
    };
    let hear_out = async {
        let sockets: Vec<_> = opening.await.into_iter().flatten().collect();
        join_all(sockets.into_iter().map(last_word)).await
    };
    let (ends, stopped) = tokio::join!(hear_out, stopping);
    figure(format_args!("stopped while {} sockets opened in {} ms", ends.len(), stopped.1.as_millis()));
    assert_stopped(stopped);
    assert!(ends.iter().all(|end| *end == RESTART), "{ends:?}");
}

async fn last_word(mut socket: Socket) -> End {
    match socket.hear().await {
        Heard::Closed(end) => end,
        Heard::Frame(frame) => panic!("nothing was asked, and {frame:?} came"),
    }
}

/// Clients that say nothing, answer nothing, or are in the middle of something. The next server may be started at
/// once: it waits until the folder is free.
#[tokio::test]
async fn silent_clients_do_not_hold_a_stop_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let people = people(&data, 1).await;
    let server = Server::start(&data, &[NO_RATE]);
    let open = async |server: &Server| {
        Socket::open(server.address, &receive_path(&people[0]), &people[0].token).await.expect("it is up")
    };
    let deaf = open(&server).await;
    let mute = TcpStream::connect(server.address).expect("it listens");
    let mut half = TcpStream::connect(server.address).expect("it listens");
    half.write_all(b"GET /healthz HTTP/1.1\r\nHost: ").expect("sent");
    let mut next = None;
    let stopped = stop_while(server, || {
        // It takes no commands any more, and still has to part with the deaf one.
        while control::connect(&data).is_ok() {}
        next = Some(Server::spawn(&data, &[NO_RATE]));
    });
    assert_stopped(stopped.await);
    let next = next.expect("spawned").listening();
    drop((deaf, mute, half));
    open(&next.expect("it follows")).await;
}
