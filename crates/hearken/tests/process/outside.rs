//! The ways outside of a real server: what `check` says of those that can't be reached, and what is said at start.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::folder::mode;
use crate::place::Place;
use crate::server::{Server, hearken};

const KEYS: &str = r#"{"keys":[{"kty":"RSA","kid":"1","n":"AQAB","e":"AQAB"}]}"#;

fn check(data: &Path, variables: &[(&str, String)]) -> (Option<i32>, Vec<String>, String) {
    let command = &mut hearken(data, &["check"]);
    let Output { status, stdout, stderr } =
        command.envs(variables.iter().map(|(name, value)| (*name, value))).output().expect("it runs");
    let lines = String::from_utf8(stdout).expect("text").lines().map(str::to_owned).collect();
    (status.code(), lines, String::from_utf8(stderr).expect("text"))
}

/// An address where nobody answers.
async fn nobody() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    free.local_addr().expect("an address")
}

async fn answering(keys: &'static str) -> SocketAddr {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = tcp.local_addr().expect("an address");
    let router = Router::new().route("/keys", get(move || async move { keys }));
    tokio::spawn(async move { axum::serve(tcp, router).await });
    address
}

fn all_at(address: SocketAddr, attachments: &Path) -> Vec<(&'static str, String)> {
    let issuers = format!(
        r#"[{{"kind":"oidc","issuer":"http://{address}","audience":"us","jwks_url":"http://{address}/keys"}},
            {{"kind":"firebase","project":"clinic-1","jwks_url":"http://{address}/keys"}}]"#
    );
    vec![
        ("HEARKEN_SMS__PROVIDER", "webhook".into()),
        ("HEARKEN_SMS__URL", format!("http://me:hush@{address}/hook")),
        ("HEARKEN_AUTH__ISSUERS", issuers),
        ("HEARKEN_ATTACHMENTS", attachments.display().to_string()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_what_cannot_be_reached() {
    for place in Place::both() {
        place.values(&["organisation", "list"]);
        let files = place.data().join("attachments");
        let good = all_at(answering(KEYS).await, &files);
        assert_eq!(check(&place.data(), &good), (Some(0), vec!["the store is sound".into()], String::new()));
        let address = nobody().await;
        let (code, lines, said) = check(&place.data(), &all_at(address, &files));
        let expected = [
            "the store is sound".to_owned(),
            "sms.provider: the provider of text messages can't be reached: no connection".to_owned(),
            format!("auth.issuers: the keys of http://{address} can't be fetched: no connection"),
            "auth.issuers: the keys of https://securetoken.google.com/clinic-1 can't be fetched: no connection"
                .to_owned(),
        ];
        assert_eq!((code, lines.as_slice()), (Some(1), &expected[..]));
        assert_eq!(said, "error: 3 of the things outside can't be reached\n");
        let (code, lines, _) = check(&place.data(), &all_at(answering("{}").await, &files));
        assert_eq!((code, lines.len()), (Some(1), 3), "{lines:?}");
        assert!(lines[1].ends_with("can't be fetched: it publishes no key that can be used"), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_that_cannot_be_kept_stop_the_start() {
    let place = Place::new(false);
    place.values(&["organisation", "list"]);
    let file = place.data().with_file_name("a file");
    std::fs::write(&file, "").expect("written");
    // The warning that would follow is not there, though nobody has turned it off.
    let variables = [("HEARKEN_ATTACHMENTS", file.display().to_string()), ("HEARKEN_LOG", "warn".to_owned())];
    let expected = format!("attachments: {} can't be used; choose another place", file.display());
    let (code, _, said) = check(&place.data(), &variables);
    assert!(code == Some(1) && said.contains(&expected), "{said}");
    let ended = Server::spawn(&place.data(), &variables).listening().err().expect("it does not start");
    assert!(ended.status.code() == Some(1) && ended.said.lines().count() == 1, "{ended:?}");
    assert!(ended.said.starts_with(&format!("error: {expected}")), "{ended:?}");
}

#[test]
fn a_check_makes_no_folder_and_says_which_could_not_be_made() {
    let place = Place::new(false);
    place.values(&["organisation", "list"]);
    let before = entries(&place.data());
    let wanted = place.data().join("deep/er");
    let elsewhere = [("HEARKEN_ATTACHMENTS", wanted.display().to_string())];
    let sound = (Some(0), vec!["the store is sound".to_owned()], String::new());
    assert_eq!(check(&place.data(), &[]), sound);
    assert_eq!(check(&place.data(), &elsewhere), sound);
    assert_eq!(entries(&place.data()), before);
    let file = place.data().with_file_name("plain");
    std::fs::write(&file, "no folder").expect("written");
    let under_a_file = file.join("attachments");
    let (code, _, said) =
        check(&place.data(), &[("HEARKEN_ATTACHMENTS", under_a_file.display().to_string())]);
    let expected = format!("error: attachments: {} can't be used; ", under_a_file.display());
    assert!(code == Some(1) && said.starts_with(&expected) && said.lines().count() == 1, "{said}");
}

/// What lies in a folder, whatever SQLite has to say about its log; nothing in one that is not there.
fn entries(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).into_iter().flatten();
    let names = names.map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
    let mut names: Vec<_> = names.filter(|name| !name.starts_with("hearken.db-")).collect();
    names.sort();
    names
}

#[test]
fn attachments_lie_beside_the_store_for_its_owner_alone() {
    let place = Place::new(true);
    assert_eq!(mode(&place.data().join("attachments")), 0o700);
}

/// Variables, and what is said of three things.
type Case<'a> = (&'a [(&'a str, &'a str)], [bool; 3]);

#[test]
fn what_an_operator_should_know_is_said_at_start() {
    let project = ("HEARKEN_AUTH__ISSUERS", r#"[{"kind":"firebase","project":"clinic-1"}]"#);
    let oidc = ("HEARKEN_AUTH__ISSUERS", r#"[{"kind":"oidc","issuer":"http://id.example","audience":"us"}]"#);
    let emulator = ("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099");
    let hook = ("HEARKEN_SMS__URL", "https://sms.example");
    let log = "one-time codes are written to this log";
    let (unsigned, plain) = ("unsigned tokens of the Firebase Auth emulator are accepted", "without TLS");
    let cases: [Case<'_>; 6] = [
        (&[], [true, false, false]),
        (&[("HEARKEN_SMS__PROVIDER", "webhook"), hook], [false, false, false]),
        (&[emulator], [true, false, false]),
        (&[project], [true, false, false]),
        (&[project, emulator], [true, true, false]),
        (&[oidc, ("FIREBASE_AUTH_EMULATOR_HOST", "")], [true, false, true]),
    ];
    for (variables, expected) in cases {
        let place = Place::new(false);
        let variables = [variables, &[("HEARKEN_LOG", "warn")]].concat();
        let mut server = Server::start(&place.data(), &variables);
        let said = server.said();
        assert_eq!(
            [log, unsigned, plain].map(|words| said.contains(words)),
            expected,
            "{variables:?} {said}"
        );
    }
}
