//! The desk over REST: who may look at what, lists and their filters, rows, tags and figures (contract, "Settled details").

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use hearken_desk::ids::digits;
use hearken_desk::stored::What;
use hearken_transport::credentials::Credentials;
use hearken_transport::rest::{Admission, mount};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::scene::{Scene, heard};
use crate::town::{Town, id_of};

/// A scene that can be asked over HTTP.
pub(crate) struct Office {
    pub(crate) scene: Scene,
    town: Town,
    tokens: BTreeMap<&'static str, String>,
    router: Router,
}

impl Office {
    async fn open() -> Self {
        let town = Town::alone();
        let scene = Scene::at(town.node().await).await;
        let mut tokens = BTreeMap::new();
        for (name, actor) in &scene.people {
            let token = scene.core().issue(id_of(actor), Duration::from_hours(24)).await;
            tokens.insert(*name, token.expect("a token"));
        }
        let admission = Admission::new(scene.core().clone(), Credentials::new(None, Vec::new(), false));
        let router = mount(hearken_desk::api(scene.core().clone()), admission);
        Self { scene, town, tokens, router }
    }

    /// After this has happened; a line "3s" lets so many seconds go by.
    async fn after(script: &str) -> Self {
        let mut office = Self::open().await;
        for line in crate::scene::lines(script) {
            match line.strip_suffix('s').and_then(|seconds| seconds.parse().ok()) {
                Some(seconds) => office.town.clock.advance(Duration::from_secs(seconds)),
                None => office.scene.play(line).await,
            }
        }
        office
    }

    async fn ask(&self, who: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1/desk{path}"));
        if let Some(token) = self.tokens.get(who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = request.header("content-type", "application/json").body(Body::from(body));
        let response = self.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 22).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    async fn get(&self, who: &str, path: &str) -> Value {
        let (status, body) = self.ask(who, "GET", path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn status(&self, who: &str, path: &str) -> u16 {
        let (status, body) = self.ask(who, "GET", path, &Value::Null).await;
        if status != 200 {
            assert_eq!((&body["success"], &body["statusCode"]), (&json!(false), &json!(status)), "{path}");
        }
        status
    }

    fn id(&self, who: &str) -> String {
        digits(id_of(&self.scene.people[who]).0)
    }

    fn chat(&self, number: usize) -> String {
        digits(self.scene.chat(number).0)
    }

    /// Which chats are listed, by their numbers.
    async fn listed(&self, who: &str, query: &str) -> Vec<usize> {
        let body = self.get(who, &format!("/chats{query}")).await;
        let number = |row: &Value| {
            let found = (1..=self.scene.chats.len()).find(|number| json!(self.chat(*number)) == row["id"]);
            found.expect("one of these")
        };
        body["data"].as_array().expect("a list").iter().map(number).collect()
    }
}

#[tokio::test]
async fn a_chat_is_shown_whole() {
    let office = Office::after(
        "ana opens; 2s; ana asks; 3s; kim claims; kim flags 2; kim tags vip,late; 1s; kim replies; lee notes; 4s; ana leaves",
    )
    .await;
    let expect = json!({
        "id": office.chat(1),
        "visitor": {"id": office.id("ana"), "name": "ana", "email": "ana@example.org", "is_anonymous": false},
        "staff": {"id": office.id("kim"), "full_name": "kim"},
        "status": "closed",
        "severity_level": 2,
        "tags": ["vip", "late"],
        "created_at": "2025-06-15T15:06:40.000Z",
        "claimed_at": "2025-06-15T15:06:45.000Z",
        "first_reply_at": "2025-06-15T15:06:46.000Z",
        "closed_at": "2025-06-15T15:06:50.000Z",
        "closed_by": "visitor",
        "message_count": 3,
    });
    let path = format!("/chats/{}", office.chat(1));
    assert_eq!(office.get("lee", &path).await["data"], expect);
    assert_eq!(office.get("ana", &path).await["data"], expect);
    assert_eq!(office.get("lee", "/chats").await["data"], json!([expect]));
    let visitor = office.get("sue", &format!("/visitors/{}", office.id("ana"))).await;
    let mut with_chats = expect["visitor"].clone();
    with_chats["chats"] = json!([expect]);
    assert_eq!(visitor["data"], with_chats);
    let dashed = office.scene.chat(1).to_string();
    assert_eq!(office.get("lee", &format!("/chats/{dashed}")).await["data"], expect);
    let young = Office::after("ana opens").await;
    let body = young.get("kim", &format!("/chats/{}", young.chat(1))).await;
    let found = &body["data"];
    assert_eq!(found["status"], "unclaimed");
    for missing in ["staff", "claimed_at", "first_reply_at", "closed_at", "closed_by"] {
        assert_eq!(found.get(missing), Some(&Value::Null), "{missing}");
    }
}

#[tokio::test]
async fn everybody_sees_his_own_and_staff_its_organisation() {
    let office = Office::after("ana opens; ben opens; guy opens; kim claims in 1; lee notes in 1").await;
    let chat = format!("/chats/{}", office.chat(1));
    let messages = format!("{chat}/messages");
    let visitor = format!("/visitors/{}", office.id("ana"));
    let nothing = "/chats/01890a5dac96774bbcceb302099a8057";
    for (who, own, none, stats) in [
        ("kim", 200, 404, 200),
        ("lee", 200, 404, 200),
        ("sue", 200, 404, 200),
        ("max", 200, 404, 200),
        ("ana", 200, 404, 403),
        // Another visitor's.
        ("ben", 403, 404, 403),
        // Another organisation's is not there.
        ("eve", 404, 404, 200),
        ("guy", 404, 404, 403),
        // Who has no place at the desk.
        ("zed", 403, 403, 403),
        ("nobody", 401, 401, 401),
    ] {
        for path in [&chat, &messages] {
            assert_eq!(office.status(who, path).await, own, "{who} {path}");
        }
        if who != "zed" {
            assert_eq!(office.status(who, &visitor).await, own, "{who} {visitor}");
        }
        assert_eq!(office.status(who, nothing).await, none, "{who}");
        assert_eq!(office.status(who, "/stats").await, stats, "{who}");
    }
    assert_eq!(office.status("kim", "/chats/x").await, 404);
    assert_eq!(office.status("kim", "/chats/x/messages").await, 404);
    assert_eq!(office.status("kim", "/visitors/x").await, 404);
    assert_eq!(office.status("kim", &format!("/visitors/{}", office.id("lee"))).await, 404, "no visitor");
    assert_eq!(office.listed("max", "").await, [2, 1]);
    assert_eq!(office.listed("ana", "").await, [1]);
    assert_eq!(office.listed("ben", "").await, [2]);
    assert_eq!(office.listed("eve", "").await, [3]);
    let others = format!("/chats?visitor={}", office.id("ben"));
    assert_eq!(office.status("ana", &others).await, 403);
    assert_eq!(office.status("zed", "/chats").await, 403);
}

#[tokio::test]
async fn chats_are_listed_by_what_they_are() {
    let script = "ana opens; 1s; ben opens; 1s; kim claims in 1; kim flags 3 in 1; kim quits in 1; ana opens; \
                  sue claims in 3; lee flags 1 in 2";
    let office = Office::after(script).await;
    let check = async |query: &str, expect: &[usize]| {
        assert_eq!(office.listed("max", query).await, expect, "{query}");
    };
    let (ana, kim, sue) = (office.id("ana"), office.id("kim"), office.id("sue"));
    check("", &[3, 2, 1]).await;
    check("?status=unclaimed", &[2]).await;
    check("?status=claimed", &[3]).await;
    check("?status=closed", &[1]).await;
    check("?flagged=true", &[2, 1]).await;
    check("?flagged=false", &[3]).await;
    check(&format!("?staff={kim}"), &[1]).await;
    check(&format!("?staff={sue}&status=claimed"), &[3]).await;
    check(&format!("?staff={sue}&status=closed"), &[]).await;
    check(&format!("?visitor={ana}"), &[3, 1]).await;
    check(&format!("?visitor={ana}&status=closed&flagged=true&staff={kim}"), &[1]).await;
    check("?status=closed&flagged=true", &[1]).await;
    check("?q=ANA", &[3, 1]).await;
    check("?q=ben@EXAMPLE", &[2]).await;
    check("?q=example.org&status=unclaimed", &[2]).await;
    check("?q=nobody", &[]).await;
    check("?q=%25", &[]).await;
    check("?q=", &[3, 2, 1]).await;
    check(&format!("?visitor={kim}"), &[]).await;
    for (who, wrong) in
        [("max", "?status=open"), ("max", "?flagged=2"), ("max", "?limit=0"), ("ana", "?page=x")]
    {
        assert_eq!(office.status(who, &format!("/chats{wrong}")).await, 400, "{wrong}");
    }
    // Pages, with a filter of the store's and one of ours.
    for filter in ["", "&q=example"] {
        check(&format!("?limit=2{filter}"), &[3, 2]).await;
        check(&format!("?limit=2&page=2{filter}"), &[1]).await;
        let body = office.get("max", &format!("/chats?limit=2&page=2{filter}")).await;
        let metadata = json!({
            "page": 2, "limit": 2, "total": 3, "totalPages": 2, "hasNextPage": false, "hasPrevPage": true,
        });
        assert_eq!(body["metadata"], metadata);
    }
}

#[tokio::test]
async fn rows_are_as_on_the_socket() {
    let office = Office::after("ana opens; kim claims; 2s; kim replies; lee notes; ana says").await;
    let path = format!("/chats/{}/messages", office.chat(1));
    let rows = office.get("lee", &path).await["data"].clone();
    let rows = rows.as_array().expect("a list");
    let ids: std::collections::HashSet<_> = rows.iter().map(|row| row["id"].as_str()).collect();
    assert_eq!(ids.len(), 5, "each its own");
    let without_id = |row: &Value| {
        let mut row = row.clone();
        assert!(row.as_object_mut().and_then(|row| row.remove("id")).is_some_and(|id| id.is_string()));
        row
    };
    let row = |sender: Value, content: &str, kind: u8, number: u8, at: i64| {
        json!({
            "chat_id": office.chat(1), "sender": sender, "content": {"content": content}, "type_id": kind,
            "sequence_num": number, "created_at": at, "updated_at": null,
        })
    };
    let (at, null) = (1_750_000_000, Value::Null);
    let (kim, lee) = (json!(office.id("kim")), json!(office.id("lee")));
    let expect = [
        row(null.clone(), "ana opens", 1, 1, at),
        row(kim.clone(), "join room", 0, 2, at),
        row(kim, "kim replies", 1, 3, at + 2),
        row(lee, "lee notes", 2, 4, at + 2),
        row(null, "ana says", 1, 5, at + 2),
    ];
    assert_eq!(rows.iter().map(without_id).collect::<Vec<_>>(), expect);
    let numbers = async |who: &str, query: &str| {
        let body = office.get(who, &format!("{path}{query}")).await;
        let rows = body["data"].as_array().expect("a list").clone();
        rows.iter().map(|row| row["sequence_num"].as_u64().expect("a number")).collect::<Vec<_>>()
    };
    assert_eq!(numbers("ana", "").await, [1, 2, 3, 5], "no notes");
    assert_eq!(numbers("lee", "?limit=2").await, [4, 5]);
    assert_eq!(numbers("lee", "?before=4&limit=2").await, [2, 3]);
    assert_eq!(numbers("lee", "?after=2&limit=2").await, [3, 4]);
    assert_eq!(numbers("lee", "?after=5").await, Vec::<u64>::new());
    assert_eq!(office.status("lee", &format!("{path}?limit=-1")).await, 400);
}

#[tokio::test]
async fn tags_are_written_and_heard() {
    let mut office = Office::after("ana opens").await;
    let mut ears = office.scene.ears().await;
    let path = format!("/chats/{}", office.chat(1));
    let tags = json!({ "tags": ["vip"] });
    let (status, body) = office.ask("lee", "PATCH", &path, &tags).await;
    assert_eq!((status, &body["data"]["tags"]), (200, &json!(["vip"])));
    for (name, ear) in &mut ears {
        let heard = heard(ear);
        let what = heard.first().and_then(|event| {
            event.body.as_ref()?.get::<hearken_desk::stored::Happening>().map(|happening| &happening.what)
        });
        let staff = ["kim", "lee", "sue", "sam", "max"].contains(name);
        assert_eq!(what, staff.then_some(&What::Tagged), "{name}");
    }
    for wrong in [
        json!({}),
        json!({"tags": null}),
        json!({"tags": "vip"}),
        json!({"tags": [1]}),
        json!({"tags": [""]}),
        json!({"tags": ["x".repeat(41)]}),
        json!({"tags": vec!["x"; 21]}),
    ] {
        let (status, body) = office.ask("lee", "PATCH", &path, &wrong).await;
        assert_eq!((status, &body["message"]), (400, &json!("Missing/Invalid field: tags")), "{wrong}");
        assert_eq!(body["errors"][0]["field"], "tags");
    }
    for (who, expect) in [("ana", 403), ("zed", 403), ("eve", 404), ("nobody", 401)] {
        assert_eq!(office.ask(who, "PATCH", &path, &tags).await.0, expect, "{who}");
    }
    let nothing = "/chats/01890a5dac96774bbcceb302099a8057";
    assert_eq!(office.ask("lee", "PATCH", nothing, &tags).await.0, 404);
    assert_eq!(office.ask("lee", "DELETE", &path, &Value::Null).await.0, 405);
    office.scene.play("ana leaves").await;
    let (status, body) = office.ask("lee", "PATCH", &path, &json!({ "tags": [] })).await;
    assert_eq!((status, &body["data"]["tags"]), (200, &json!([])), "closed ones too");
}

#[tokio::test]
async fn figures_are_of_what_was_opened_in_that_time() {
    let script = "ana opens; 10s; kim claims in 1; 5s; kim replies in 1; 15s; ana leaves in 1; \
                  ben opens; 20s; kim claims in 2; 20s; kim replies in 2; ana opens; 60s; ana leaves in 3";
    let office = Office::after(script).await;
    let spread = |p50: f64, p90: f64| json!({ "p50": p50, "p90": p90 });
    let staff = json!({"id": office.id("kim"), "full_name": "kim"});
    let expect = json!({
        "chats": 3,
        "claimed": 2,
        "waiting_seconds": spread(10.0, 20.0),
        "first_reply_seconds": spread(15.0, 40.0),
        "duration_seconds": spread(30.0, 60.0),
        "by_staff": [{"staff": staff, "chats": 2, "first_reply_seconds": spread(15.0, 40.0)}],
    });
    assert_eq!(office.get("lee", "/stats").await["data"], expect);
    assert_eq!(office.get("lee", "/stats?from=2025-06-15&to=2025-06-15").await["data"], expect);
    let none = json!({ "p50": null, "p90": null });
    let empty = json!({
        "chats": 0, "claimed": 0, "waiting_seconds": none, "first_reply_seconds": none,
        "duration_seconds": none, "by_staff": [],
    });
    assert_eq!(office.get("lee", "/stats?from=2025-06-16").await["data"], empty);
    assert_eq!(office.get("lee", "/stats?to=2025-06-15T15:06:39.999Z").await["data"], empty);
    assert_eq!(office.get("eve", "/stats").await["data"], empty);
    let second = office.get("lee", "/stats?from=2025-06-15T15:07:10Z&to=2025-06-15T15:07:10Z").await;
    assert_eq!((&second["data"]["chats"], &second["data"]["claimed"]), (&json!(1), &json!(1)));
    assert_eq!(office.status("lee", "/stats?from=never").await, 400);
}

#[test]
fn every_path_is_described() {
    let document = serde_json::to_value(hearken_desk::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let found: Vec<_> = paths.keys().map(String::as_str).collect();
    let expect = [
        "/api/v1/desk/chats",
        "/api/v1/desk/chats/{id}",
        "/api/v1/desk/chats/{id}/messages",
        "/api/v1/desk/stats",
        "/api/v1/desk/visitors/{id}",
    ];
    assert_eq!(found, expect);
}
