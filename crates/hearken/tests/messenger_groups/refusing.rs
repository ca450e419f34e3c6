//! Requests that do not get as far as a rule: without a token, without a number, without JSON, too large.

use std::time::Duration;

use axum::body::Body;
use hearken_core::NewAccount;
use hearken_core::account::Role;
use http::Request;
use serde_json::{Value, json};

use crate::house::{ANA, Answer, BEN, House, PATH, detail};

const JSON: &str = "application/json";

async fn send(house: &House, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

#[tokio::test]
async fn nobody_without_a_token() {
    let house = House::open().await;
    let token = house.token(ANA).await;
    let in_query = format!("{PATH}?access_token={token}");
    let (wrong, of_other_scheme) = (format!("Bearer {token}x"), format!("Basic {token}"));
    for method in ["POST", "PUT", "DELETE"] {
        for (path, authorization) in [
            (PATH, None),
            (PATH, Some("Bearer nonsense")),
            (PATH, Some(wrong.as_str())),
            (PATH, Some(of_other_scheme.as_str())),
            // A query is for upgrades alone.
            (in_query.as_str(), None),
        ] {
            let mut headers = vec![("content-type", JSON)];
            headers.extend(authorization.map(|value| ("authorization", value)));
            let answer = send(&house, method, path, &headers, "{}").await;
            assert_eq!(
                (answer.status.as_u16(), answer.body),
                (401, detail("Sign in first.")),
                "{method} {path}"
            );
            assert_eq!(
                answer.headers.get("www-authenticate").map(http::HeaderValue::as_bytes),
                Some(&b"Bearer"[..])
            );
        }
    }
}

#[tokio::test]
async fn nobody_whose_account_is_disabled_or_has_no_number() {
    let house = House::open().await;
    let token = house.token(BEN).await;
    house.core.set_disabled(house.account(BEN).await.id, true).await.expect("disabled");
    let nameless = NewAccount { roles: vec![Role::Agent], ..NewAccount::default() };
    let nameless = house.core.add_account(nameless).await.expect("an account");
    let without = house.core.issue(nameless.id, Duration::from_mins(5)).await.expect("a token");
    for (token, status) in [(token, 401), (without, 403)] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", JSON)];
        assert_eq!(send(&house, "POST", PATH, &headers, r#"{"name":"n"}"#).await.status.as_u16(), status);
    }
    // Others may still gather with somebody who is disabled: what is sent to him waits.
    let body = json!({"name": "n", "participants": [BEN]});
    assert_eq!(house.ask(ANA, "POST", &body).await.status.as_u16(), 201);
}

#[tokio::test]
async fn bodies_are_json_objects_of_64_kib_at_most() {
    let house = House::open().await;
    let bearer = format!("Bearer {}", house.token(ANA).await);
    let large = json!({"name": "n", "bio": "", "more": "x".repeat(64 << 10)}).to_string();
    let deep = "[".repeat(30_000) + &"]".repeat(30_000);
    for method in ["POST", "PUT", "DELETE"] {
        for (media, body, status) in [
            (JSON, large.as_str(), 413),
            ("text/plain", large.as_str(), 413),
            ("text/plain", "{}", 415),
            ("application/x-www-form-urlencoded", "name=n", 415),
            (JSON, "", 400),
            (JSON, "name=n", 400),
            (JSON, "[]", 400),
            (JSON, "null", 400),
            (JSON, deep.as_str(), 400),
            (JSON, r#"{"name":"\ud800"}"#, 400),
        ] {
            let headers = [("authorization", bearer.as_str()), ("content-type", media)];
            let answer = send(&house, method, PATH, &headers, body).await;
            let start: String = body.chars().take(20).collect();
            assert_eq!(answer.status.as_u16(), status, "{method} {media} {start}");
            assert!(answer.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn other_methods_are_named_as_such_and_a_last_slash_is_nothing() {
    let house = House::open().await;
    let bearer = format!("Bearer {}", house.token(ANA).await);
    let headers = [("authorization", bearer.as_str()), ("content-type", JSON)];
    for method in ["GET", "PATCH", "OPTIONS"] {
        let answer = send(&house, method, PATH, &headers, "").await;
        assert_eq!((answer.status.as_u16(), answer.body), (405, detail("This path has no such method.")));
        let allow = answer.headers.get("allow").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut allowed: Vec<_> = allow.split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, ["DELETE", "POST", "PUT"]);
    }
    let answer = send(&house, "POST", "/chat/special/group/", &headers, r#"{"name":"n"}"#).await;
    assert_eq!((answer.status.as_u16(), &answer.body["info"]), (201, &Value::from("created")));
}
