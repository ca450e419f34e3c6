//! `hearken import` (common.md, "The process"): everything in a file or nothing of it, and what is wrong named by its
//! line and field.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Output;

use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use serde_json::{Value, json};

use crate::figure;
use crate::place::Place;
use crate::server::{NO_RATE, Server, assert_sound, run};
use crate::socket::Socket;

/// A file to import, beside the data.
struct File(tempfile::TempDir);

impl File {
    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("town.json"), text).expect("written");
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("town.json")
    }

    fn import(&self, place: &Place) -> Output {
        run(&place.data(), &["import", self.path().to_str().expect("text")])
    }
}

const TOWN: &str = r#"{
  "organisations": [{"name": "North"}, {"name": "default"}],
  "people": [
    {"name": "Ana", "last_name": "Silva", "display_name": "A.", "email": "Ana@Example.org",
     "phone": "+62 812-3456-7890", "roles": ["therapist", "admin"], "password": "correct horse"},
    {"name": "Budi", "phone": "9898989898", "availability": []},
    {"name": "Citra", "email": "citra@example.org", "organisation": "North", "disabled": true},
    {"name": "Dewi", "phone": "9797979797", "organisation": "North"}
  ],
  "groups": [
    {"key": "test12test", "name": "Evening", "bio": "We meet", "admin": ["ana@example.org"],
     "participants": ["9898989898", "6281234567890"]},
    {"name": "North", "admin": ["citra@example.org"], "participants": ["979-797-9797"]}
  ],
  "therapy_sessions": []
}"#;

/// What a POST of this JSON is answered: the status and the body.
fn post(server: SocketAddr, path: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let mut stream = TcpStream::connect(server).expect("it listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).expect("JSON"))
}

#[tokio::test]
async fn a_town_moves_in() {
    for place in Place::both() {
        let town = File::of(TOWN);
        let done = town.import(&place);
        assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
        let told: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        assert_eq!(told, json!({ "organisations": 1, "people": 4, "groups": 2 }));
        let organisations = place.values(&["organisation", "list"]);
        let mut names: Vec<_> =
            organisations.iter().map(|organisation| organisation["name"].clone()).collect();
        names.sort_by_key(ToString::to_string);
        assert_eq!(names, ["North", "default"]);
        let north = organisations.iter().find(|organisation| organisation["name"] == "North").expect("there");
        let people = place.values(&["account", "list"]);
        let person = |name| people.iter().find(|person| person["name"] == name).expect("there");
        let (ana, citra) = (person("Ana"), person("Citra"));
        let known = ["last_name", "display_name", "email", "phone", "roles"].map(|field| ana[field].clone());
        let expected = [
            json!("Silva"),
            json!("A."),
            json!("ana@example.org"),
            json!("6281234567890"),
            json!(["admin", "therapist"]),
        ];
        assert_eq!(known, expected);
        assert_eq!((&citra["organisation_id"], &citra["disabled"]), (&north["id"], &json!(true)));
        assert_sound(&place.data());
        // The same again takes nothing in.
        let again = town.import(&place);
        let line = format!("error: {}: line 4: people[0].email: this is taken\n", town.path().display());
        assert_eq!(String::from_utf8_lossy(&again.stderr), line);
        let token = place.text(&["token", person("Budi")["id"].as_str().expect("an id")]);
        let rests = place.server.is_none().then(|| Server::start(&place.data(), &[NO_RATE]));
        let server = rests.as_ref().or(place.server.as_ref()).expect("one of them").address;
        let path = "/ws/chat/group/9898989898/test12test/";
        Socket::open(server, path, token.trim_end()).await.expect("he is in the group");
        let login = |password: &str| {
            post(server, "/api/v1/auth/login", &json!({ "email": "ana@example.org", "password": password })).0
        };
        assert_eq!((login("correct horse"), login("battery staple")), (200, 401));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn what_is_wrong_is_named_and_nothing_is_taken_in() {
    let place = Place::new(true);
    place.value(&["organisation", "add", "South"]);
    place.value(&[
        "account",
        "add",
        "--role",
        "client",
        "--phone",
        "9999999999",
        "--email",
        "old@example.org",
    ]);
    let check = |text: &str, expect: &str| {
        let file = File::of(text);
        let done = file.import(&place);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let line = format!("error: {}: {expect}\n", file.path().display());
        assert_eq!((done.status.code(), said), (Some(1), line), "{text}");
    };
    let people = |people: &str| {
        format!(
            "{{\"organisations\": [{{\"name\": \"West\"}}],\n\"people\": [{{\"name\": \"A\", \"phone\": \"1111111111\"}},\n{people}]}}"
        )
    };
    let second = |fields: &str, expect: &str| check(&people(&format!("{{{fields}}}")), expect);
    check("{", "line 1: not JSON: EOF while parsing an object at line 1 column 1");
    check("{\"peple\": []}", "line 1: peple: there is no such field");
    check("{\"people\": {}}", "line 1: people: a list is expected");
    check("{\n\"therapy_sessions\": [{}]}", "line 2: therapy_sessions: this version has no therapy sessions");
    check(
        "{\"organisations\": [{\"name\": \"\"}]}",
        "line 1: organisations[0].name: 1 to 200 characters are expected",
    );
    check(
        "{\"organisations\": [{\"name\": \"  \"}]}",
        "line 1: organisations[0].name: this is nothing but blanks",
    );
    second("\"last_name\": \" \"", "line 3: people[1].last_name: this is nothing but blanks");
    second("\"availability\": [{}]", "line 3: people[1].availability: this version has no availability");
    second("\"phone\": \"123\"", "line 3: people[1].phone: a phone number has 10 to 15 digits");
    second("\"phone\": 1111111112", "line 3: people[1].phone: a text is expected");
    second("\"phone\": \"111-111-1111\"", "line 3: people[1].phone: people[0] has the same");
    second("\"phone\":\n\"9999999999\"", "line 4: people[1].phone: this is taken");
    second("\"email\": \"OLD@example.org\"", "line 3: people[1].email: this is taken");
    second("\"email\": \"nobody\"", "line 3: people[1].email: this is not an e-mail address");
    second("\"password\": \"short\"", "line 3: people[1].password: a password has 8 to 200 characters");
    second(
        "\"organisation\": \"East\"",
        "line 3: people[1].organisation: there is no organisation of this name",
    );
    second("\"id\": \"x\"", "line 3: people[1].id: the server gives this; leave it out");
    let roles = "admin, supervisor, agent, psychologist, client, student, employee, therapist, participant and visitor";
    second(
        "\"roles\": [\"boss\"]",
        &format!("line 3: people[1].roles[0]: there is no role \"boss\"; there are {roles}"),
    );
    let groups = |fields: &str, expect: &str| {
        let text = format!(
            "{{\"people\": [{{\"phone\": \"1111111111\"}}, {{\"phone\": \"2222222222\", \"organisation\": \"South\"}}],\n\"groups\": [{{{fields}}}]}}"
        );
        check(&text, expect);
    };
    groups("\"name\": \"G\"", "line 2: groups[0]: a group has at least one admin");
    groups("\"admin\": [\"1111111111\"]", "line 2: groups[0]: name is missing");
    let named = "\"name\": \"G\", \"admin\": [\"1111111111\"]";
    groups(
        &format!("{named}, \"participants\": [\n\"3333333333\"]"),
        "line 3: groups[0].participants[0]: nobody has this e-mail address or number",
    );
    groups(
        &format!("{named}, \"participants\": [\"2222222222\"]"),
        "line 2: groups[0].participants[0]: the people of a group are of one organisation",
    );
    groups(&format!("{named}, \"key\": \"short\""), "line 2: groups[0].key: a key is 10 letters or digits");
    groups(
        &format!("{named}, \"bio\": \"{}\"", "b".repeat(81)),
        "line 2: groups[0].bio: 0 to 80 characters are expected",
    );
    let nothing =
        place.values(&["account", "list"]).len() == 1 && place.values(&["organisation", "list"]).len() == 2;
    assert!(nothing, "something of it was taken in");
    // What shows only in the commit fails as a whole too.
    check_taken_key(&place);
    assert_sound(&place.data());
}

fn check_taken_key(place: &Place) {
    let group = |phone: &str| {
        format!(
            "{{\"people\": [{{\"phone\": \"{phone}\"}}],\n\"groups\": [{{\"key\": \"ABCDE12345\", \"name\": \"G\", \"admin\": [\"{phone}\"]}}]}}"
        )
    };
    assert!(File::of(&group("4444444444")).import(place).status.success());
    let second = File::of(&group("5555555555"));
    let done = second.import(place);
    let line =
        format!("error: {}: line 2: groups[0].key: a group has this key already\n", second.path().display());
    assert_eq!(String::from_utf8_lossy(&done.stderr), line);
    assert_eq!(place.values(&["account", "list"]).len(), 2);
}

#[test]
fn thousands_come_in_a_few_seconds() {
    let place = Place::new(true);
    let person = |n: usize| {
        let mut person =
            json!({ "name": format!("Person {n}"), "phone": format!("62{n:09}"), "roles": ["client"] });
        if n.is_multiple_of(100) {
            person["password"] = json!(format!("password {n}"));
        }
        person
    };
    let group = |n: usize| {
        let participants: Vec<_> = (n * 20..n * 20 + 20).map(|n| format!("62{n:09}")).collect();
        json!({ "name": format!("Group {n}"), "bio": "", "admin": [participants[0]], "participants": participants })
    };
    let people: Vec<_> = (0..5000).map(person).collect();
    let groups: Vec<_> = (0..250).map(group).collect();
    let file = File::of(&json!({ "people": people, "groups": groups }).to_string());
    let clock = SystemMonotonic::default();
    let done = file.import(&place);
    assert!(done.status.success(), "{done:?}");
    figure(format_args!(
        "imported 5000 people, 50 of them with passwords, and 250 groups of 20 in {:.1} s",
        clock.elapsed().as_secs_f64()
    ));
    assert_eq!(place.values(&["account", "list"]).len(), 5000);
    assert_sound(&place.data());
}
