//! Requests: which are let in, which are refused and in what words, and what pages of other sites may read.

use hearken_socketio::Settings;

use super::kit::{Poller, Wire, request};
use super::stage::{Note, Theatre, settings};

const ORIGIN: &str = "Origin: https://app.example\r\n";

#[tokio::test]
async fn refusals_have_the_words_of_the_protocols_own_server() {
    let theatre = Theatre::open(settings()).await;
    let poller = Poller::open(theatre.at, "/socket.io/").await;
    let known = format!("EIO=4&transport=polling&sid={}", poller.id());
    let as_websocket = format!("EIO=4&transport=websocket&sid={}", poller.id());
    let check = async |method: &str, query: &str, code: u8, message: &str| {
        let answer = request(theatre.at, method, &format!("/socket.io/?{query}"), "", b"").await;
        let body = format!(r#"{{"code":{code},"message":"{message}"}}"#);
        assert_eq!(answer.said(), (400, body.as_str()), "{method} {query}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    };
    for query in ["", "EIO=4", "EIO=4&transport=", "EIO=4&transport=abc", "EIO=4&transports=polling"] {
        check("GET", query, 0, "Transport unknown").await;
    }
    for sid in ["x", "", "%00", "../..", &"a".repeat(5000)] {
        check("GET", &format!("EIO=4&transport=polling&sid={sid}"), 1, "Session ID unknown").await;
        check("POST", &format!("EIO=4&transport=polling&sid={sid}"), 1, "Session ID unknown").await;
        check("GET", &format!("EIO=4&transport=websocket&sid={sid}"), 1, "Session ID unknown").await;
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        check(method, "EIO=4&transport=polling", 2, "Bad handshake method").await;
        check(method, "EIO=4&transport=websocket", 2, "Bad handshake method").await;
    }
    check("GET", "EIO=4&transport=websocket", 3, "Bad request").await;
    check("GET", &as_websocket, 3, "Bad request").await;
    check("PUT", &known, 3, "Bad request").await;
    check("DELETE", &known, 3, "Bad request").await;
    for version in ["", "&EIO=3", "&EIO=", "&EIO=44", "&eio=4"] {
        check("GET", &format!("transport=polling{version}"), 5, "Unsupported protocol version").await;
    }
}

#[tokio::test]
async fn both_forms_of_the_path_are_served() {
    for (path, served) in [("/socket.io", ["/socket.io", "/socket.io/"]), ("/a/b/", ["/a/b", "/a/b/"])] {
        let theatre = Theatre::open(Settings { path: path.to_owned(), ..settings() }).await;
        for path in served {
            Poller::open(theatre.at, path).await;
            Wire::open(theatre.at, path).await;
        }
    }
    let theatre = Theatre::open(Settings { path: "/".to_owned(), ..settings() }).await;
    Poller::open(theatre.at, "/").await;
}

#[tokio::test]
async fn only_handshakes_are_asked_to_be_admitted() {
    let mut theatre = Theatre::open(settings()).await;
    let asked = |theatre: &mut Theatre| {
        theatre.noted().into_iter().filter(|note| matches!(note, Note::Asked)).count()
    };
    let poller = Poller::open(theatre.at, "/socket.io/").await;
    assert_eq!(asked(&mut theatre), 1);
    poller.say("40").await;
    poller.hear().await;
    let mut wire = poller.upgrade("/socket.io/").await;
    wire.say("2probe").await;
    wire.text().await;
    request(theatre.at, "OPTIONS", "/socket.io/?EIO=4&transport=polling", ORIGIN, b"").await;
    request(theatre.at, "GET", "/socket.io/?EIO=3&transport=polling", "", b"").await;
    request(theatre.at, "GET", "/socket.io/?EIO=4&transport=websocket", "", b"").await;
    assert_eq!(asked(&mut theatre), 0);
    Wire::open(theatre.at, "/socket.io/").await;
    assert_eq!(asked(&mut theatre), 1);
}

#[tokio::test]
async fn who_is_not_admitted_gets_the_applications_answer() {
    let theatre = Theatre::open(settings()).await;
    let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (transport, headers) in [("polling", ""), ("websocket", upgrade)] {
        let headers = format!("X-Stranger: 1\r\n{headers}{ORIGIN}");
        let target = format!("/socket.io/?EIO=4&transport={transport}");
        let answer = request(theatre.at, "GET", &target, &headers, b"").await;
        assert_eq!(answer.said(), (401, "who are you?"));
        // So that a browser lets its page see that it is 401.
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call() {
    let theatre = Theatre::open(settings()).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let asks =
        "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization,x-mine\r\n";
    let check = async |method: &str,
                       headers: &str,
                       status: u16,
                       origin: Option<&str>,
                       allowed: Option<&str>| {
        let answer = request(theatre.at, method, target, headers, b"").await;
        assert_eq!(answer.status, status, "{method} {headers}");
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{headers}");
        assert_eq!(answer.header("access-control-allow-credentials"), origin.map(|_| "true"), "{headers}");
        assert_eq!(answer.header("access-control-allow-headers"), allowed, "{headers}");
        assert_eq!(answer.header("vary"), Some("Origin"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    };
    let app = Some("https://app.example");
    check("GET", ORIGIN, 200, app, None).await;
    check("GET", "", 200, None, None).await;
    check("GET", "Origin: https://other.example\r\n", 200, None, None).await;
    check("GET", &format!("{ORIGIN}{ORIGIN}"), 200, None, None).await;
    check("OPTIONS", &format!("{ORIGIN}{asks}"), 204, app, Some("authorization,x-mine")).await;
    check("OPTIONS", &format!("Origin: null\r\n{asks}"), 204, None, None).await;
    check("OPTIONS", asks, 204, None, None).await;
    check("POST", ORIGIN, 400, app, None).await;
}
