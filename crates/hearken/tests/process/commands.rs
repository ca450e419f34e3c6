//! The commands an operator gives, to an installation at rest and to a running server alike (common.md, "The process"):
//! what they print, how they refuse, and that they take effect at once.

use std::process::Stdio;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::people::Offline;
use crate::place::{Place, add, id};
use crate::server::{NO_RATE, Server, assert_sound, hearken, run};

#[test]
fn organisations() {
    for place in Place::both() {
        let default = place.value(&["organisation", "list"]);
        assert_eq!(default, json!({ "id": id(&default), "name": "default" }));
        let added = place.value(&["organisation", "add", "Care & Co"]);
        assert_eq!(added, json!({ "id": id(&added), "name": "Care & Co" }));
        let version = Uuid::parse_str(id(&added)).expect("a UUID").get_version_num();
        assert_eq!(version, 7);
        place.refuses(&["organisation", "add", "Care & Co"], "name is taken");
        place.refuses(&["organisation", "add", ""], "a name has 1 to 200 characters");
        place.refuses(&["organisation", "add", " \t "], "a name is more than blanks");
        assert_eq!(place.values(&["organisation", "list"]), [default, added]);
        assert_sound(&place.data());
    }
}

#[test]
fn an_account_is_printed_as_common_md_lists_its_fields() {
    for place in Place::both() {
        let organisation = place.value(&["organisation", "add", "Care"]);
        let place_of = id(&organisation);
        let named = ["--name", "Ana", "--last-name", "Silva", "--email", "Ana@Example.org"];
        let more = ["--phone", "+62 812-3456-7890", "--role", "client", "--organisation", place_of];
        let added = place.value(&add(&[&named[..], &more[..]].concat()));
        let at = added["created_at"].as_str().expect("a time");
        assert!(at.len() == 24 && at.parse::<jiff::Timestamp>().is_ok(), "RFC 3339 with milliseconds: {at}");
        let expected = json!({
            "id": id(&added), "organisation_id": place_of, "name": "Ana", "last_name": "Silva",
            "display_name": null, "email": "ana@example.org", "phone": "6281234567890",
            "roles": ["client", "participant"], "disabled": false, "created_at": at, "updated_at": at,
        });
        assert_eq!(added, expected);
        assert_eq!(place.value(&["account", "show", id(&added)]), expected);
        assert_eq!(place.values(&["account", "list"]), [expected]);
        assert_sound(&place.data());
    }
}

#[test]
fn what_is_wrong_is_refused_in_one_line() {
    let nobody = "00000000-0000-7000-8000-000000000000";
    for place in Place::both() {
        place.value(&add(&["--phone", "9999999999", "--email", "ana@example.org"]));
        place.refuses(&add(&["--phone", "(999) 999-9999"]), "phone is taken");
        place.refuses(&add(&["--email", "ANA@example.org"]), "e-mail is taken");
        place.refuses(&add(&["--phone", "123"]), "a phone number has 10 to 15 digits");
        place.refuses(&add(&["--email", "ana"]), "this is not an e-mail address");
        let long = "x".repeat(201);
        place.refuses(&add(&["--name", &long]), "names and e-mail addresses have 1 to 200 characters");
        place.refuses(&add(&["--name", "  "]), "a name is more than blanks");
        place.refuses(&add(&["--last-name", "\u{2003}"]), "a name is more than blanks");
        place.refuses(&add(&["--organisation", nobody]), "there is no such organisation");
        for command in ["show", "disable", "enable"] {
            place.refuses(&["account", command, nobody], "there is no such account");
        }
        place.refuses(&["token", nobody], "there is no such account");
        let misused = run(&place.data(), &["account", "add", "--role", "boss"]);
        assert_eq!(misused.status.code(), Some(2));
        assert_eq!(place.values(&["account", "list"]).len(), 1);
        assert_sound(&place.data());
    }
}

#[test]
fn accounts_are_disabled_and_enabled() {
    for place in Place::both() {
        let added = place.value(&add(&["--phone", "9999999999"]));
        let disabled = place.value(&["account", "disable", id(&added)]);
        assert_eq!((&disabled["disabled"], &disabled["id"]), (&json!(true), &added["id"]));
        place.refuses(&["token", id(&added)], "this account is disabled");
        assert_eq!(place.value(&["account", "show", id(&added)]), disabled);
        assert_eq!(place.value(&["account", "enable", id(&added)])["disabled"], json!(false));
        let token = place.text(&["token", id(&added), "--ttl", "2m"]);
        assert_eq!(token.trim_end().split('.').count(), 3, "a JWT: {token}");
    }
}

#[tokio::test]
async fn a_long_list_is_printed_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let house = Offline::open(&data).await;
    let people = house.people(1001).await;
    house.close().await;
    for runs in [false, true] {
        let _server = runs.then(|| Server::start(&data, &[NO_RATE]));
        let out = run(&data, &["account", "list"]).stdout;
        let lines = String::from_utf8(out).expect("text");
        let ids = lines.lines().map(|line| {
            let account: Value = serde_json::from_str(line).expect("JSON");
            id(&account).to_owned()
        });
        let mut expected: Vec<_> = people.iter().map(|person| person.id.to_string()).collect();
        expected.sort();
        assert!(ids.eq(expected), "with a server: {runs}");
    }
}

/// Scripts give commands side by side, and while the server starts.
#[test]
fn commands_wait_for_one_another() {
    let place = Place::new(false);
    let add_one = |n| {
        let phone = format!("99999999{n}");
        let mut command = hearken(&place.data(), &add(&["--phone", &phone]));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs")
    };
    let mut commands: Vec<_> = (10..14).map(add_one).collect();
    let server = Server::spawn(&place.data(), &[NO_RATE]);
    commands.extend((14..18).map(add_one));
    let server = server.listening();
    assert!(server.is_ok(), "{:?}", server.err());
    for command in commands {
        let ended = command.wait_with_output().expect("it ends");
        assert!(ended.status.success(), "{ended:?}");
    }
    assert_eq!(place.values(&["account", "list"]).len(), 8);
}
