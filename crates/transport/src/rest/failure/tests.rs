//! Each failure with its status, its words and its header.

use axum::body::to_bytes;
use serde_json::{Value, json};

use super::*;

async fn check(failure: impl Into<Failure>, status: u16, errors: Value, header: Option<(&str, &str)>) {
    let failure = failure.into();
    let response = failure.clone().into_response();
    assert_eq!(response.status().as_u16(), status, "{failure:?}");
    assert_ne!(status, 422);
    for name in ["www-authenticate", "retry-after"] {
        let found = response.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(
            found,
            header.filter(|(expected, _)| *expected == name).map(|(_, value)| value),
            "{failure:?}"
        );
    }
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    let message = body["message"].take();
    assert!(message.as_str().is_some_and(|message| !message.is_empty()), "{failure:?}");
    let mut expect = json!({ "success": false, "message": null, "statusCode": status });
    if !errors.is_null() {
        expect["errors"] = errors;
    }
    assert_eq!(body, expect, "{failure:?}");
}

#[tokio::test]
async fn each_failure_has_its_status_and_header() {
    let bearer = Some(("www-authenticate", "Bearer"));
    let none = Value::Null;
    check(Failure::Refused("No.".into()), 400, none.clone(), None).await;
    let invalid = || Invalid::one("name", "must be there");
    let errors = json!([{"field": "name", "message": "must be there"}]);
    check(invalid(), 400, errors.clone(), None).await;
    check(Failure::Worded("Bad name.", invalid()), 400, errors.clone(), None).await;
    check(Failure::Taken(invalid()), 409, errors, None).await;
    check(BodyFault::Malformed("Broken."), 400, none.clone(), None).await;
    check(BodyFault::TooSlow, 408, none.clone(), None).await;
    check(BodyFault::TooLarge, 413, none.clone(), None).await;
    check(BodyFault::NotJson, 415, none.clone(), None).await;
    check(Unshown::Nothing, 401, none.clone(), bearer).await;
    check(Unshown::ForeignOrigin, 403, none.clone(), None).await;
    check(Failure::NotBelieved("Wrong."), 401, none.clone(), bearer).await;
    for error in [TokenError::Forged, TokenError::Expired, TokenError::Account] {
        check(error, 401, none.clone(), bearer).await;
    }
    check(TokenError::Unavailable, 503, none.clone(), Some(("retry-after", "5"))).await;
    check(Refused::SignIn, 401, none.clone(), bearer).await;
    check(Refused::NotYours, 403, none.clone(), None).await;
    check(Refused::NotFound, 404, none.clone(), None).await;
    check(Failure::Method, 405, none.clone(), None).await;
    check(Failure::Conflict("Lost."), 409, none.clone(), None).await;
    for (millis, wait) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (60_000, "60")] {
        let failure = Failure::TooMany(Duration::from_millis(millis));
        check(failure, 429, none.clone(), Some(("retry-after", wait))).await;
    }
    check(NotAdmitted::TooMany, 429, none.clone(), Some(("retry-after", "5"))).await;
    check(NotAdmitted::Stopping, 503, none.clone(), Some(("retry-after", "5"))).await;
    check(ReadError::NotFound, 404, none.clone(), None).await;
    check(UpdateError::<Failure>::NotFound, 404, none.clone(), None).await;
    check(UpdateError::<Failure>::Busy, 503, none.clone(), Some(("retry-after", "5"))).await;
    check(UpdateError::Refused(Failure::Conflict("Lost.")), 409, none, None).await;
}
