//! Paths that are nobody's, and methods that a path does not have: each is told so, in the words of whose paths these are.

use crate::house::House;

#[tokio::test]
async fn what_is_not_there_is_said_in_the_words_of_whoever_is_asked() {
    let house = House::open("").await;
    let (nothing, method) = ("there is nothing here\n", "this path has no such method\n");
    let (not_found, no_method) =
        (r#"{"detail":"Not found."}"#, r#"{"detail":"This path has no such method."}"#);
    let envelope = r#"{"success":false,"message":"Not found.","statusCode":404}"#;
    for (asked, path, status, text) in [
        ("GET", "/", 404, nothing),
        ("GET", "/nowhere", 404, nothing),
        ("POST", "/nowhere/%ff", 404, nothing),
        ("GET", "/ws/other", 404, nothing),
        ("GET", "/dev/clock", 404, nothing),
        ("POST", "/healthz", 405, method),
        ("DELETE", "/openapi.json", 405, method),
        ("GET", "/chat/nowhere", 404, not_found),
        ("POST", "/ws/chat/nowhere/", 404, not_found),
        ("PUT", "/ws/chat/special/1", 405, no_method),
        ("PUT", "/chat", 405, no_method),
        ("GET", "/api/v1/nowhere", 404, envelope),
        ("GET", "/api/v1", 404, envelope),
    ] {
        let answer = house.ask(asked, path, &[]).await;
        assert_eq!((answer.status, answer.text()), (status, text), "{asked} {path}");
        let media = answer.header("content-type").expect("a type");
        let expect = if text.starts_with('{') { "application/json" } else { "text/plain; charset=utf-8" };
        assert_eq!(media, expect, "{asked} {path}");
    }
}
