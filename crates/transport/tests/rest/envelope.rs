//! Every answer is in the envelope, also those that no handler gives.

use serde_json::{Value, json};

use crate::house::House;

const JSON: (&str, &str) = ("content-type", "application/json");

fn failure(status: u16, message: &str) -> Value {
    json!({ "success": false, "message": message, "statusCode": status })
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_the_envelope() {
    let house = House::open().await;
    for path in ["/api/v1", "/api/v1/", "/api/v1/none", "/api/v1/mine/", "/api/v1/things/a/b", "/api/v1/%FF"]
    {
        let answer = house.ask(("GET", path), &[], "").await;
        assert_eq!((answer.status, answer.body), (404, failure(404, "Not found.")), "{path}");
    }
    for method in ["DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"] {
        let answer = house.ask((method, "/api/v1/things"), &[], "").await;
        let allowed = answer.header("allow").map(|allow| allow.replace(' ', ""));
        assert_eq!((answer.status, answer.body), (405, failure(405, "This path has no such method.")));
        assert_eq!(allowed.as_deref(), Some("GET,HEAD,POST"), "{method}");
    }
    // Outside of it nothing changes.
    let elsewhere = house.ask(("GET", "/elsewhere"), &[], "").await;
    assert_eq!((elsewhere.status, elsewhere.header("ratelimit-limit")), (200, None));
    assert_eq!(house.ask(("GET", "/none"), &[], "").await.body, Value::Null);
}

#[tokio::test]
async fn what_is_no_id_names_nothing() {
    let house = House::open().await;
    for id in ["5", "01890a5d-ac96-774b-bcce-b302099a805", "%FF%FE", "a%2Fb", "%00"] {
        let answer = house.ask(("GET", &format!("/api/v1/things/{id}")), &[], "").await;
        assert_eq!((answer.status, answer.body), (404, failure(404, "Not found.")), "{id}");
    }
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(house.ask(("GET", &format!("/api/v1/things/{id}")), &[], "").await.body["data"], id);
}

#[tokio::test]
async fn lists_come_in_pages_that_say_where_they_lie() {
    let house = House::open().await;
    let bearer = format!("Bearer {}", house.running.token(&house.ana).await);
    let headers = [("authorization", bearer.as_str())];
    let answer = house.ask(("GET", "/api/v1/things?page=3"), &headers, "").await;
    let metadata = json!({
        "page": 3, "limit": 20, "total": 45, "totalPages": 3, "hasNextPage": false, "hasPrevPage": true,
    });
    let expect =
        json!({ "success": true, "data": [40, 41, 42, 43, 44], "metadata": metadata, "message": "Some." });
    assert_eq!((answer.status, answer.body), (200, expect));
    let answer = house.ask(("GET", "/api/v1/things?limit=500"), &headers, "").await;
    assert_eq!((&answer.body["metadata"]["limit"], &answer.body["data"][44]), (&json!(100), &json!(44)));
    let answer = house.ask(("GET", "/api/v1/things?limit=0"), &headers, "").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["errors"], json!([{ "field": "limit", "message": "must be a positive number" }]));
}

#[tokio::test]
async fn bodies_are_judged_alike() {
    let house = House::open().await;
    let bearer = format!("Bearer {}", house.running.token(&house.ana).await);
    let authorization = ("authorization", bearer.as_str());
    let large = json!({ "name": "n", "more": "x".repeat(64 << 10) }).to_string();
    for (headers, body, status, message) in [
        (&[authorization, JSON][..], r#"{"name":"n","more":[1]}"#, 201, "Made."),
        (&[authorization, JSON], r#"{"name":"taken"}"#, 409, "There is one already."),
        (&[authorization, JSON], "{", 400, "The body is not JSON."),
        (&[authorization, JSON], "[]", 400, "The body is not a JSON object."),
        (&[authorization, JSON], &large, 413, "The body is larger than 64 KiB."),
        (&[authorization], "{}", 415, "Send JSON, and say so in Content-Type."),
        // Who may not call is told that first.
        (&[JSON], "{", 401, "Sign in first."),
    ] {
        let answer = house.ask(("POST", "/api/v1/things"), headers, body).await;
        assert_eq!((answer.status, answer.body["message"].as_str()), (status, Some(message)));
        assert_eq!(answer.body["success"], status == 201);
    }
    let answer = house.ask(("POST", "/api/v1/things"), &[authorization, JSON], r#"{"large":"no"}"#).await;
    let errors = json!([
        { "field": "name", "message": "must be there" },
        { "field": "large", "message": "must be true or false" },
    ]);
    assert_eq!((answer.status, &answer.body["errors"]), (400, &errors));
}
