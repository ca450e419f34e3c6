//! `hearken erase` and `export`: a person in the middle of a thousand conversations, while everything goes on
//! (common.md, `hearken erase`). Afterwards nothing of him is in any answer nor in any byte of the store's files, and
//! everybody else's conversations are as they were.

use std::path::Path;

use futures_util::future::join_all;
use hearken_core::account::Account;
use hearken_core::actor::{Actor, Credential, Person as Shown};
use hearken_core::{At, NewAccount};
use hearken_messenger::groups;
use hearken_messenger::rules::dialogue::{self, Pair};
use hearken_messenger::rules::{Moment, group, message_of};
use hearken_messenger::stored::Group;
use hearken_messenger::timestamp::Sent;
use serde_json::{Value, json};

use crate::chatter::{Chatter, latencies};
use crate::figure;
use crate::people::Offline;
use crate::server::{NO_RATE, Server, assert_sound, run};
use crate::socket::{End, Heard, Socket};

/// Peers of the person, each in a personal chat with him.
const PEERS: usize = 900;
/// Groups that he is in, with so many peers each; a peer is in one.
const GROUPS: usize = 100;
const IN_GROUP: usize = 5;

/// Words that nobody else has.
const WORDS: [&str; 6] =
    ["Wilhelmina", "Quixotrington", "Billie-Q", "wq@example.org", "771234567890", "abracadabra"];

/// Somebody in the middle of it all, and everybody around him.
struct Middle {
    person: Around,
    peers: Vec<Around>,
}

struct Around {
    account: Account,
    token: String,
    actor: Actor,
}

impl Around {
    fn phone(&self) -> &str {
        self.account.phone.as_ref().expect("has one").as_str()
    }
}

fn moment(n: usize) -> Moment {
    let text = format!("2026-01-01 00:00:{:02}.{:06}", n / 1_000_000, n % 1_000_000);
    Moment { at: Sent::parse(&text).expect("a timestamp"), text }
}

fn group_key(n: usize) -> String {
    format!("GROUP{n:05}")
}

impl Middle {
    async fn found(data: &Path) -> Self {
        let house = Offline::open(data).await;
        let core = house.core();
        let [name, last_name, display_name, email, ..] = WORDS.map(|word| Some(word.to_owned()));
        let phone = WORDS[4].parse().ok();
        let person = NewAccount { name, last_name, display_name, email, phone, ..NewAccount::default() };
        let peer = |n: usize| NewAccount {
            name: Some(format!("Peer {n}")),
            phone: format!("78{n:08}").parse().ok(),
            ..NewAccount::default()
        };
        let new = std::iter::once(person).chain((0..PEERS).map(peer)).collect();
        let mut people = Vec::new();
        for account in core.add_accounts(new).await.expect("accounts") {
            let token = core.issue(account.id, std::time::Duration::from_hours(24)).await.expect("a token");
            let credential = Credential::OperatorToken { expires: core.wall() };
            let shown = Shown { account: account.clone(), sign_in: core.new_sign_in(), credential };
            people.push(Around { account: (*account).clone(), token, actor: Actor::Person(shown) });
        }
        let person = people.remove(0);
        let middle = Self { person, peers: people };
        middle.talk(&house).await;
        house.close().await;
        middle
    }

    /// Everybody says something to him, and he to everybody; and all in the groups to all.
    async fn talk(&self, house: &Offline) {
        let (core, me) = (house.core(), &self.person);
        let organisation = me.account.organisation_id;
        let chats = self.peers.iter().enumerate().flat_map(|(n, peer)| {
            let both = [(me, peer, format!("abracadabra {n}")), (peer, me, format!("peer {n} to him"))];
            both.into_iter().map(move |(from, to, text)| {
                let (pair, sent) = (Pair { me: from.account.id, peer: to.account.id }, moment(n));
                let at = dialogue::between(organisation, pair.key()).reading(message_of(pair.me, sent.at));
                core.update(&from.actor, at, move |draft| dialogue::send(draft, pair, &sent, &text))
            })
        });
        assert!(join_all(chats).await.iter().all(Result::is_ok));
        for n in 0..GROUPS {
            let peers = &self.peers[n * IN_GROUP..][..IN_GROUP];
            let participants = peers.iter().map(|peer| peer.account.id).collect();
            let new = groups::New {
                name: format!("Group {n}"),
                bio: String::new(),
                admins: vec![me.account.id],
                participants,
            };
            groups::import(core, organisation, &group_key(n), new).await.expect("the key is free");
            let said = std::iter::once((me, "abracadabra to all".to_owned()))
                .chain(peers.iter().map(|peer| (peer, format!("{} to all", peer.phone()))));
            let said = said.enumerate().map(|(order, (from, text))| {
                let (me, sent) = (from.account.id, moment(order));
                let at = At::<Group>::key(organisation, group_key(n)).reading(message_of(me, sent.at));
                core.update(&from.actor, at, move |draft| group::send(draft, me, &sent, &text))
            });
            assert!(join_all(said).await.iter().all(Result::is_ok));
        }
    }

    /// What he must not be found by.
    fn traces(&self) -> Vec<Vec<u8>> {
        let id = self.person.account.id;
        let mut traces: Vec<_> = WORDS.iter().map(|word| word.as_bytes().to_vec()).collect();
        traces.extend([id.to_string().into_bytes(), id.0.as_bytes().to_vec()]);
        traces
    }

    /// How often he is in the store's files.
    fn found_in(&self, data: &Path) -> usize {
        let traces = self.traces();
        let files = ["hearken.db", "hearken.db-wal", "hearken.db-shm"];
        let bytes = files.map(|file| std::fs::read(data.join(file)).unwrap_or_default());
        let count = |bytes: &Vec<u8>| -> usize {
            traces.iter().map(|trace| memchr::memmem::find_iter(bytes, trace).count()).sum()
        };
        bytes.iter().map(count).sum()
    }

    /// Panics unless this peer finds exactly what the others of his group have said.
    async fn assert_group_reads_on(&self, server: &Server, peer: usize) {
        let me = &self.peers[peer];
        let path = format!("/ws/chat/special/{}/", me.phone());
        let mut socket = Socket::open(server.address, &path, &me.token).await.expect("up");
        let list = socket.fetch("fetch_grp_msgs", me.phone()).await.expect("up");
        let found: Vec<_> = list.entries.iter().map(|entry| entry.message.clone()).collect();
        let group = peer / IN_GROUP * IN_GROUP;
        let others = (group..group + IN_GROUP).filter(|other| *other != peer);
        let expected: Vec<_> = others.map(|other| format!("{} to all", self.peers[other].phone())).collect();
        assert_eq!(found, expected, "what waits for {peer}");
        let list = socket.fetch("fetch_msgs", me.phone()).await.expect("up");
        assert!(list.entries.is_empty(), "his chat with the person is gone");
    }

    fn id(&self) -> String {
        self.person.account.id.to_string()
    }
}

/// What a command prints.
#[track_caller]
fn told(data: &Path, arguments: &[&str]) -> Value {
    let done = run(data, arguments);
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
    serde_json::from_slice(&done.stdout).expect("JSON")
}

#[tokio::test]
async fn nothing_is_left_of_a_person_in_a_thousand_conversations() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let chatter = Chatter::found(&data, 32).await;
    let middle = Middle::found(&data).await;
    assert!(middle.found_in(&data) > 2 * PEERS, "he can be found before");
    let mut server = Server::start(&data, &[NO_RATE]);
    let path = format!("/ws/chat/special/{}/", middle.person.phone());
    let mut own = Socket::open(server.address, &path, &middle.person.token).await.expect("up");
    let address = server.address;
    let erasing = async {
        chatter.until(1000).await;
        let quiet = chatter.elapsed();
        chatter.until(3000).await;
        let begun = chatter.elapsed();
        let (data, id) = (data.clone(), middle.id());
        let erase = tokio::task::spawn_blocking(move || told(&data, &["erase", "--account", &id]));
        let (erased, goodbye) = tokio::join!(erase, async { (own.hear().await, own.hear().await) });
        assert!(matches!(goodbye, (Heard::Frame(_), Heard::Closed(End::Said(4401)))), "{goodbye:?}");
        let left = middle.found_in(folder.path().join("data").as_path());
        let span = begun..chatter.elapsed();
        chatter.until(chatter.total() + 1000).await;
        for peer in [0, 1, IN_GROUP, GROUPS * IN_GROUP - 1] {
            middle.assert_group_reads_on(&server, peer).await;
        }
        server.terminate();
        (erased.expect("it ends"), left, quiet..span.start, span)
    };
    let (rounds, (erased, left, before, span)) = tokio::join!(chatter.talk(address), erasing);
    assert_eq!((left, &erased["conversations"]), (0, &json!(PEERS + GROUPS)), "{erased}");
    figure(format_args!(
        "erased a person in {} conversations in {:.1} s, {} pages cleaned; messages acknowledged after {} before, {} \
         meanwhile",
        PEERS + GROUPS,
        span.end.saturating_sub(span.start).as_secs_f64(),
        erased["pages_cleaned"],
        latencies(&rounds, before),
        latencies(&rounds, span),
    ));
    server.wait();
    assert_eq!((middle.found_in(&data), server.said()), (0, String::new()));
    assert_sound(&data);
    let kept = chatter.kept();
    let server = Server::start(&data, &[NO_RATE]);
    chatter.assert_kept(server.address, &kept).await;
    for peer in 0..2 * IN_GROUP {
        middle.assert_group_reads_on(&server, peer).await;
    }
    assert_nobody_is_told_of_him(&middle, &server, &data, &path).await;
}

async fn assert_nobody_is_told_of_him(middle: &Middle, server: &Server, data: &Path, path: &str) {
    // Nobody is there whom any answer could tell of.
    let asked = Socket::ask(server.address, path, &middle.person.token).await.expect("up");
    assert_eq!(asked.err(), Some(401));
    let (me, id) = (&middle.peers[0], middle.id());
    let send = format!("/ws/chat/personal/{}/{}/", me.phone(), middle.person.phone());
    assert_eq!(Socket::ask(server.address, &send, &me.token).await.expect("up").err(), Some(404));
    for command in
        [&["account", "show", &id][..], &["export", "--account", &id], &["erase", "--account", &id]]
    {
        let done = run(data, command);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{command:?}");
        assert!(said.starts_with("error: there is no such account"), "{command:?}: {said}");
    }
    let list = run(data, &["account", "list"]).stdout;
    let traces = middle.traces();
    assert!(traces.iter().all(|trace| memchr::memmem::find(&list, trace).is_none()));
    assert_eq!(middle.found_in(data), 0);
}

#[tokio::test]
async fn an_erasing_that_was_cut_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let middle = Middle::found(&data).await;
    let id = middle.id();
    let mut server = Server::start(&data, &[NO_RATE]);
    let count = |data: &Path| -> i64 {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection =
            rusqlite::Connection::open_with_flags(data.join("hearken.db"), flags).expect("a store");
        let sql = "select count(*) from members where account = ?1";
        connection.query_row(sql, [middle.person.account.id.0.as_bytes()], |row| row.get(0)).expect("counted")
    };
    let erase = crate::server::hearken(&data, &["erase", "--account", &id])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let mut erase = erase.expect("it runs");
    while count(&data) > (PEERS + GROUPS) as i64 - 100 {}
    server.kill();
    assert!(!erase.wait().expect("it ends").success());
    let left = count(&data);
    assert!(left > 0, "it was in the middle");
    figure(format_args!("cut off with {left} of {} conversations left", PEERS + GROUPS));
    assert_sound(&data);
    // What is left can be read meanwhile, and he is shut out.
    let server = Server::start(&data, &[NO_RATE]);
    let path = format!("/ws/chat/special/{}/", middle.person.phone());
    let asked = Socket::ask(server.address, &path, &middle.person.token).await.expect("up");
    assert_eq!(asked.err(), Some(401));
    assert_eq!(told(&data, &["erase", "--account", &id])["conversations"], json!(left));
    assert_eq!(middle.found_in(&data), 0);
    middle.assert_group_reads_on(&server, 7).await;
    assert_sound(&data);
}

#[tokio::test]
async fn everything_held_about_a_person_is_one_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let middle = Middle::found(&data).await;
    let id = middle.id();
    let at_rest = told(&data, &["export", "--account", &id]);
    let _server = Server::start(&data, &[NO_RATE]);
    let document = told(&data, &["export", "--account", &id]);
    assert_eq!(document, at_rest);
    assert!(document.to_string().len() > 4 << 16, "more than a request may have");
    let account = &document["account"];
    let known = ["name", "last_name", "display_name", "email", "phone"].map(|field| account[field].as_str());
    assert_eq!(known, [0, 1, 2, 3, 4].map(|n| Some(WORDS[n])));
    assert_eq!(document["organisation"]["name"], "default");
    let conversations = document["conversations"].as_array().expect("a list");
    assert_eq!(conversations.len(), PEERS + GROUPS);
    let of = |kind: &str, field: &str, value: &str| {
        let mut found = conversations.iter().filter(|c| c["kind"] == kind && c["held"][field] == value);
        found.next().unwrap_or_else(|| panic!("{kind} {field} {value}")).clone()
    };
    let chat = of("messenger.dialogue", "with", middle.peers[3].phone());
    let sent = "2026-01-01 00:00:00.000003";
    let expected = json!({
        "with": middle.peers[3].phone(),
        "marks": null,
        "sent": [{ "message": "abracadabra 3", "sent_timestamp": sent }],
        "waiting": [{ "message": "peer 3 to him", "sent_timestamp": sent, "msg_from": middle.peers[3].phone() }],
    });
    assert_eq!((&chat["held"], &chat["membership"]["role"]), (&expected, &json!("participant")));
    let group = of("messenger.group", "key", &group_key(2));
    assert_eq!(group["membership"]["role"], "admin");
    let counts = ["sent", "waiting"].map(|list| group["held"][list].as_array().map(Vec::len));
    assert_eq!(counts, [Some(1), Some(IN_GROUP)]);
    // Of others there is what they said to him, and nothing else.
    let peer = told(&data, &["export", "--account", &middle.peers[3].account.id.to_string()]);
    assert_eq!(peer["conversations"].as_array().map(Vec::len), Some(2));
}
