//! Who may not, and what is no request.

use serde_json::{Value, json};

use super::{ASHA, BEN, CARA, FAR, NOBODY, stand};
use crate::backend::BACKENDS;

/// The clock of a stand stands still, so nothing of a rate comes back.
#[tokio::test]
async fn who_asks_too_often_is_told_to_wait() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let body = json!({ "user_num": BEN }).to_string();
        for turn in 0..400 {
            let (status, answer) = stand.http("asha", "PATCH", "/chat/info", &body).await;
            assert_eq!(status, 200, "{turn}: {answer}");
        }
        let (status, answer) = stand.http("asha", "PATCH", "/chat/info", &body).await;
        assert_eq!((status.as_u16(), answer), (429, json!({ "detail": "Too many requests." })));
        // What is counted is the person, with his calls under `/api/v1`; others are not held up.
        assert_eq!(stand.http("asha", "GET", "/api/v1/me", "").await.0, 429);
        assert_eq!(stand.http("ben", "PATCH", "/chat/info", &body).await.0, 200);
        stand.running.clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(stand.http("asha", "PATCH", "/chat/info", &body).await.0, 200);
    }
}

#[tokio::test]
async fn requests_that_are_refused() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let (yours, found) = ("This number is not yours.", "Not found.");
        let fields = "Some fields are not as they must be.";
        let many = vec![BEN; 129];
        let two = |from, to| json!({"msg_from": from, "msg_to": to});
        let num = |num: Value| json!({ "user_num": num });
        let table: &[(&str, &str, Value, u16, &str)] = &[
            ("POST", "/chat/special/personal", two(BEN, ASHA), 403, yours),
            ("POST", "/chat/special/personal", two(ASHA, NOBODY), 404, found),
            ("POST", "/chat/special/personal", two(ASHA, FAR), 404, found),
            ("POST", "/chat/special/personal", two(ASHA, "me"), 404, found),
            ("POST", "/chat/special/personal", two(ASHA, ASHA), 400, fields),
            ("POST", "/chat/special/personal", json!({"msg_from": ASHA}), 400, fields),
            ("POST", "/chat/special/personal", json!({"msg_from": 1, "msg_to": []}), 400, fields),
            ("POST", "/chat/special/personal", json!([]), 400, "The body is not a JSON object."),
            ("PUT", "/chat/special/personal", two(ASHA, BEN), 405, "This path has no such method."),
            ("DELETE", "/chat/special/personal", two(BEN, ASHA), 403, yours),
            ("DELETE", "/chat/special/personal", two(ASHA, BEN), 404, found),
            ("DELETE", "/chat/special/personal", two(ASHA, FAR), 404, found),
            ("PATCH", "/chat/info/personal", two(BEN, CARA), 403, yours),
            ("PATCH", "/chat/info/personal", two(ASHA, BEN), 404, found),
            ("PATCH", "/chat/info/personal", two(FAR, ASHA), 404, found),
            ("PATCH", "/chat/info/personal", two(ASHA, ASHA), 400, fields),
            ("POST", "/chat/info/personal", two(ASHA, BEN), 405, "This path has no such method."),
            ("POST", "/chat/special", json!({"msg_from": BEN}), 403, yours),
            ("POST", "/chat/special", json!({}), 400, fields),
            ("GET", "/chat/special", Value::Null, 405, "This path has no such method."),
            ("PATCH", "/chat/info", num(json!(NOBODY)), 404, found),
            ("PATCH", "/chat/info", num(json!([ASHA, FAR])), 404, found),
            ("PATCH", "/chat/info", num(json!(many)), 400, fields),
            ("PATCH", "/chat/info", num(json!([])), 400, fields),
            ("PATCH", "/chat/info", num(Value::Null), 400, fields),
            ("GET", "/chat/info", Value::Null, 400, fields),
            ("GET", "/chat/info?user_num=%ff", Value::Null, 404, found),
            ("PUT", "/chat/info", json!({"user_num": BEN, "active": false}), 403, yours),
            ("PUT", "/chat/info", json!({"user_num": ASHA}), 400, fields),
            ("PUT", "/chat/info", json!({"user_num": ASHA, "active": "no"}), 400, fields),
            ("PUT", "/chat/info", json!({"user_num": 1, "active": null}), 400, fields),
            ("GET", "/chat/nowhere", Value::Null, 404, found),
            ("POST", "/chat/special/nowhere/", json!({}), 404, found),
            ("POST", "/chat/personal/1/2", json!({}), 405, "This path has no such method."),
            ("GET", "/chat/assets/none", Value::Null, 404, found),
            ("GET", "/chat/assets/%ff", Value::Null, 404, found),
            ("GET", "/ws/chat/nowhere", Value::Null, 404, found),
        ];
        for (method, path, body, status, detail) in table {
            let (got, answer) = stand.http("asha", method, path, &body.to_string()).await;
            let got = (got.as_u16(), answer["detail"].as_str().unwrap_or_default());
            assert_eq!(got, (*status, *detail), "{method} {path} {body}: {answer}");
            let errors = answer["errors"].as_array().cloned().unwrap_or_default();
            let mut named: Vec<_> = errors.iter().map(|error| error["field"].to_string()).collect();
            named.sort();
            named.dedup();
            assert_eq!(named.len(), errors.len(), "a field is named once: {answer}");
        }
        assert_eq!(stand.running.core.check().await, Ok(vec![]));
    }
}

#[tokio::test]
async fn nobody_without_a_token() {
    for backend in BACKENDS {
        let stand = stand(backend).await;
        for (method, path) in [
            ("POST", "/chat/special"),
            ("POST", "/chat/special/special/"),
            ("POST", "/chat/special/personal"),
            ("DELETE", "/chat/special/personal"),
            ("PATCH", "/chat/info"),
            ("GET", "/chat/info/active"),
            ("PUT", "/chat/info"),
            ("PATCH", "/chat/info/personal"),
            ("GET", "/chat/info/personal/"),
            ("PATCH", "/chat/info/group"),
            ("PUT", "/chat/info/group"),
        ] {
            let (status, answer) = stand.http_with(None, method, path, "{}").await;
            assert_eq!(
                (status.as_u16(), answer),
                (401, json!({"detail": "Sign in first."})),
                "{method} {path}"
            );
            // One in the address is for sockets: addresses end up in logs.
            let path = format!("{path}?access_token=x");
            assert_eq!(stand.http_with(None, method, &path, "{}").await.0.as_u16(), 401, "{method} {path}");
        }
    }
}
