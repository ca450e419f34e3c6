//! Headers that every answer bears, whoever gives it; other origins; acting by cookie.

use std::time::Duration;

use hearken_testkit::server::TestServer;
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::house::House;

const ORIGIN: &str = "https://app.example";

#[tokio::test]
async fn every_answer_is_hardened_and_has_a_name() {
    let house = House::open("").await;
    for (method, path, status) in [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/docs", 200),
        ("GET", "/docs/style.css", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("POST", "/healthz", 405),
        ("POST", "/chat/special/group", 401),
        ("GET", "/ws/chat/special/9000000001/", 426),
    ] {
        let answer = house.ask(method, path, &[]).await;
        assert_eq!(answer.status, status, "{method} {path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("vary", "Origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{method} {path}");
        }
        assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()), "{method} {path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{method} {path}");
    }
}

#[tokio::test]
async fn listed_origins_may_call_every_path() {
    let house = House::open(&format!("cors_origins = ['{ORIGIN}']")).await;
    for path in ["/api/v1/nowhere", "/chat/special/group", "/healthz"] {
        for (origin, allowed) in [(ORIGIN, Some(ORIGIN)), ("https://evil.example", None)] {
            let answer = house.ask("GET", path, &[("origin", origin)]).await;
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{path} {origin}");
            let asks = [("origin", origin), ("access-control-request-method", "PUT")];
            let answer = house.ask("OPTIONS", path, &asks).await;
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{path} {origin}");
            assert_eq!(answer.status == 204, allowed.is_some(), "{path} {origin}");
        }
    }
}

#[tokio::test]
async fn a_door_takes_the_cookie_from_known_pages_alone() {
    let house =
        House::open(&format!("cors_origins = ['{ORIGIN}']\npublic_url = 'https://public.example'")).await;
    let ana = house.running.person("Ana", "9000000001", None).await;
    let cookie = format!("hearken_session={}", house.running.token(&ana).await);
    let server = TestServer::start(house.router.clone(), Duration::from_mins(1)).await;
    for (origin, known) in [
        (Some("https://own.example"), true),
        (Some(ORIGIN), true),
        (Some("https://public.example"), true),
        (Some("https://evil.example"), false),
        (None, false),
    ] {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let answer = house.ask("POST", "/chat/special/group", &headers).await;
        // Past the door, what is missing is a body.
        assert_eq!(answer.status, if known { 415 } else { 403 }, "{origin:?}");
        let opened = open(&server, "/ws/chat/special/9000000001/", &headers).await;
        assert_eq!(opened, if known { 101 } else { 403 }, "{origin:?}");
    }
    assert_eq!(open(&server, "/ws/chat/special/9000000001/", &[("origin", ORIGIN)]).await, 401);
    server.stop().await;
}

/// The status that an upgrade is answered with.
async fn open(server: &TestServer, path: &str, headers: &[(&'static str, &str)]) -> u16 {
    let stream = TcpStream::connect(server.address).await.expect("the server listens");
    let mut request = format!("ws://own.example{path}").into_client_request().expect("a path");
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("a header"));
    }
    match client_async(request, stream).await {
        Ok((_, response)) => response.status().as_u16(),
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}
