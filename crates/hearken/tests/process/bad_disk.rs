//! No room on the disk, or a disk that fails: senders are told that nothing is saved, everything else goes on, and
//! once the disk is well again so is the server, without a restart.

use std::fs::{File, remove_file};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use crate::disk::{Shim, Variables, survived};
use crate::people::{Offline, Person};
use crate::server::{NO_RATE, Server, assert_sound, run};
use crate::socket::Gone;
use crate::talker::{Talker, all_say, assert_lists, gather, talk_until_refused};

/// How many talk: pairs of neighbours.
const PEOPLE: usize = 8;

/// The status of a plain request.
fn status(server: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(server).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.lines().next().unwrap_or_default().to_owned()
}

async fn people(data: &Path) -> Vec<Person> {
    let house = Offline::open(data).await;
    let people = house.people(PEOPLE).await;
    house.close().await;
    people
}

/// The trouble comes and goes twice, while the same sockets stay open.
async fn through_trouble(
    data: &Path,
    people: &[Person],
    variables: &Variables,
    flag: &Path,
) -> Result<Vec<usize>, Gone> {
    let mut server = Server::start(data, variables);
    let mut talkers = gather(server.address, people).await?;
    all_say(&mut talkers, people, 3).await?;
    for _ in 0..2 {
        File::create(flag).expect("the trouble begins");
        talk_until_refused(&mut talkers, people).await?;
        assert_lists(&mut talkers).await?;
        assert_sound(data);
        assert_eq!(status(server.address, "/healthz"), "HTTP/1.1 200 OK");
        let mut newcomer = Talker::new(server.address, 0, people).await?;
        newcomer.assert_list(talkers[1].kept).await?;
        let refused = run(data, &["account", "add", "--role", "participant", "--phone", "5555555555"]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!((refused.status.code(), said.lines().count()), (Some(1), 1), "{refused:?}");
        remove_file(flag).expect("the trouble is over");
        all_say(&mut talkers, people, 100).await?;
        assert_lists(&mut talkers).await?;
        assert_sound(data);
    }
    server.kill();
    // It says when the trouble begins and when it is over, and not how many were refused.
    let said = server.said();
    let lines = |words| said.lines().filter(|line| line.contains(words)).count();
    assert_eq!(
        (lines("commits fail"), lines("commits succeed again"), said.lines().count()),
        (2, 2, 4),
        "{said}"
    );
    Ok(talkers.iter().map(|talker| talker.kept).collect())
}

async fn assert_all_there(data: &Path, kept: &[usize], people: &[Person]) -> Result<(), Gone> {
    let server = Server::start(data, &[NO_RATE]);
    for mut talker in gather(server.address, people).await? {
        talker.assert_list(kept[talker.place ^ 1]).await?;
    }
    assert_sound(data);
    Ok(())
}

#[tokio::test]
async fn a_full_disk_costs_nothing_but_the_time_it_is_full() {
    let shim = Shim::build();
    let (disk, flag) = (shim.path("disk"), shim.path("full"));
    let data = disk.join("data");
    let people = people(&data).await;
    let mut variables = shim.variables(&disk);
    variables.push(("SHIM_FULL", flag.clone().into()));
    variables.push(("SHIM_ROOM", "300000".into()));
    let kept = through_trouble(&data, &people, &variables, &flag).await.expect("the server stays up");
    assert_all_there(&data, &kept, &people).await.expect("the server stays up");
}

/// Syncs that fail, on a disk that then forgets what it was to sync: what is acknowledged afterwards is there even
/// when the power goes.
#[tokio::test]
async fn a_disk_whose_syncs_fail_costs_nothing_that_was_acknowledged() {
    let shim = Shim::build();
    let (disk, shadow, next, flag) =
        (shim.path("disk"), shim.path("shadow"), shim.path("next"), shim.path("broken"));
    let data = disk.join("data");
    let people = people(&data).await;
    let mut variables = shim.with_shadow(&disk, &shadow);
    variables.push(("SHIM_BROKEN", flag.clone().into()));
    let kept = through_trouble(&data, &people, &variables, &flag).await.expect("the server stays up");
    survived(&shadow, &next);
    assert_all_there(&next.join("data"), &kept, &people).await.expect("the server stays up");
}
