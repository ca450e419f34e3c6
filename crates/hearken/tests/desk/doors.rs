//! Who is let in, with what, and what the others are told (contract, "Connect").

use std::time::Duration;

use hearken_core::AccountPatch;
use hearken_testkit::client::{Client, Next};
use hearken_testkit::socketio::{HANDSHAKE, SocketIo};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stand::{Ack, DONE, Stand};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

/// A handshake: its status.
async fn status(stand: &Stand, path: &str, authorization: Option<&str>) -> u16 {
    match SocketIo::open(stand.address(), path, authorization).await {
        Ok(_) => 200,
        Err(refused) => refused.status,
    }
}

#[tokio::test]
async fn a_token_is_taken_from_the_header_or_the_query() {
    let stand = Stand::open().await;
    let token = stand.token("ana");
    let query = format!("{HANDSHAKE}&access_token={token}");
    let none = [None, Some(""), Some("Bearer"), Some("Bearer x.y.z"), Some("x.y.z"), Some("Basic eDp5")];
    for authorization in none {
        assert_eq!(status(&stand, HANDSHAKE, authorization).await, 401, "{authorization:?}");
    }
    assert_eq!(status(&stand, HANDSHAKE, Some(token)).await, 200);
    assert_eq!(status(&stand, HANDSHAKE, Some(&format!("Bearer {token}"))).await, 200);
    assert_eq!(status(&stand, &query, None).await, 200);
    assert_eq!(status(&stand, &format!("{HANDSHAKE}&access_token=x"), None).await, 401);
    // Without the slash it is the same path.
    assert_eq!(status(&stand, &HANDSHAKE.replace("io/?", "io?"), Some(token)).await, 200);
    // Somebody who has no place at the desk.
    assert_eq!(status(&stand, HANDSHAKE, Some(stand.token("zed"))).await, 403);
}

#[tokio::test]
async fn a_refusal_is_json_that_the_pages_allowed_can_read() {
    let page = "https://app.example";
    let stand = Stand::planned(|settings| settings.cors_origins = vec![page.parse().unwrap()]).await;
    let (status, headers, body) = stand.ask("GET", POLLING, &[("origin", page)], "").await;
    assert_eq!(status, 401);
    let failure = json!({"success": false, "message": "Sign in first.", "statusCode": 401});
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), failure);
    assert_eq!(headers["access-control-allow-origin"], page);
    assert_eq!(headers["access-control-allow-credentials"], "true");
    assert_eq!(headers["www-authenticate"], "Bearer");
    // A preflight is not asked for a token.
    let preflight = [
        ("origin", page),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ];
    let (status, headers, _) = stand.ask("OPTIONS", POLLING, &preflight, "").await;
    assert_eq!((status, &*headers["access-control-allow-origin"]), (204, page));
    let (_, headers, _) = stand.ask("GET", POLLING, &[("origin", "https://evil.example")], "").await;
    assert_eq!(headers.get("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_cookie_is_for_our_own_pages() {
    let stand = Stand::open().await;
    let cookie = format!("hearken_session={}", stand.token("ana"));
    let (own, host) = (format!("http://{}", stand.address()), stand.address().to_string());
    let ask = async |path: &str, others: &[(&str, &str)]| {
        let mut headers = vec![("cookie", &*cookie), ("host", &*host)];
        headers.extend_from_slice(others);
        stand.ask("GET", path, &headers, "").await.0
    };
    assert_eq!(ask(POLLING, &[("origin", &own)]).await, 200);
    assert_eq!(ask(POLLING, &[("origin", "https://evil.example")]).await, 403);
    // With a poll to the page's own host browsers send no origin.
    assert_eq!(ask(POLLING, &[]).await, 200);
    assert_eq!(ask(POLLING, &[("sec-fetch-site", "same-origin")]).await, 200);
    assert_eq!(ask(POLLING, &[("sec-fetch-site", "cross-site")]).await, 403);
    // With a WebSocket they always do.
    let upgrade = async |origin: &str| {
        let mut stream = TcpStream::connect(stand.address()).await.unwrap();
        let head = format!(
            "GET {HANDSHAKE} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{origin}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        String::from_utf8_lossy(&status[9..]).into_owned()
    };
    assert_eq!(upgrade(&format!("origin: {own}\r\n")).await, "101");
    assert_eq!(upgrade("origin: https://evil.example\r\n").await, "403");
    assert_eq!(upgrade("").await, "403");
}

/// Later requests of a connection are not asked for the token again.
#[tokio::test]
async fn only_the_handshake_shows_a_token() {
    let stand = Stand::open().await;
    let (status, _, open) = stand.ask("GET", POLLING, &[("authorization", stand.token("ana"))], "").await;
    assert_eq!(status, 200, "{open}");
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    assert_eq!((&open["pingInterval"], &open["pingTimeout"]), (&json!(25_000), &json!(20_000)));
    assert_eq!((&open["maxPayload"], &open["upgrades"]), (&json!(65_536), &json!(["websocket"])));
    let path = format!("{POLLING}&sid={}", open["sid"].as_str().unwrap());
    assert_eq!(stand.ask("POST", &path, &[], "40").await.0, 200);
    let (status, _, packets) = stand.ask("GET", &path, &[], "").await;
    assert_eq!(status, 200);
    let first = packets.split('\u{1e}').next().unwrap();
    assert!(first.starts_with(r#"40{"sid":""#), "{packets}");
}

#[tokio::test]
async fn a_disabled_account_is_refused_and_cut_off() {
    let stand = Stand::open().await;
    let mut kim = stand.tab("kim").await;
    let patch = AccountPatch { disabled: Some(true), ..AccountPatch::default() };
    let core = &stand.running.core;
    core.update_account(stand.account("kim").id, patch).await.expect("it is saved");
    assert_eq!(kim.closed().await, Next::Closed(4401));
    assert_eq!(status(&stand, HANDSHAKE, Some(stand.token("kim"))).await, 401);
}

#[tokio::test]
async fn a_socket_ends_with_its_token_where_there_is_no_more_behind_it() {
    let stand = Stand::open().await;
    let ttl = Duration::from_secs(1);
    let token = stand.running.core.issue(stand.account("ana").id, ttl).await.expect("a token");
    let mut ana = SocketIo::connect(stand.address(), &token).await.expect("it opens");
    ana.hear("visitor_init").await;
    assert_eq!(ana.closed().await, Next::Closed(4401));
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let stand = Stand::open().await;
    let mut ana = stand.tab("ana").await;
    // One that has not connected to the namespace yet.
    let mut waits =
        SocketIo::open(stand.address(), HANDSHAKE, Some(stand.token("kim"))).await.expect("it opens");
    stand.running.core.end_subscriptions();
    assert_eq!(ana.closed().await, Next::Closed(1012));
    assert_eq!(waits.closed().await, Next::Closed(1012));
    stand.sockets.all_closed().await;
    assert_eq!(status(&stand, HANDSHAKE, Some(stand.token("ana"))).await, 503);
}

#[tokio::test]
async fn an_address_has_so_many_sockets() {
    let stand = Stand::planned(|settings| settings.limits.sockets_per_address = 2).await;
    let (_ana, kim) = (stand.tab("ana").await, stand.tab("kim").await);
    assert_eq!(status(&stand, HANDSHAKE, Some(stand.token("ben"))).await, 429);
    kim.disconnect().await;
    stand.sockets.until(|open| open < 2).await;
    assert_eq!(status(&stand, HANDSHAKE, Some(stand.token("ben"))).await, 200);
}

#[tokio::test]
async fn a_token_may_come_with_the_connect_where_that_is_set() {
    let stand = Stand::planned(|settings| {
        settings.desk.auth_payload = true;
        settings.limits.handshake = Duration::from_millis(500);
    })
    .await;
    let open = async || SocketIo::open(stand.address(), HANDSHAKE, None).await.expect("it is let through");
    // Three people: a chat that is only just being left would be in the way of the next one.
    let (ana, ben, guy) = (stand.token("ana"), stand.token("ben"), stand.token("guy"));
    let shown =
        [json!({ "access_token": ana }), json!({ "token": ben }), json!({ "access_token": 7, "token": guy })];
    for auth in shown {
        let mut visitor = open().await;
        assert_eq!(visitor.join(Some(&auth)).await, Ok(()));
        visitor.hear("visitor_init").await;
        assert_eq!(visitor.call("visitor_first_msg", &[json!({"a": 1})]).await, DONE);
        visitor.disconnect().await;
    }
    let refused = Err(json!({"message": "Sign in first.", "data": {"code": 401}}));
    for auth in [None, Some(json!({})), Some(json!({"access_token": "x"})), Some(json!({"access_token": 7}))]
    {
        let mut nobody = open().await;
        assert_eq!(nobody.join(auth.as_ref()).await, refused, "{auth:?}");
        assert!(matches!(nobody.closed().await, Next::Closed(_)));
    }
    // Nobody waits for ever for the token.
    let mut silent = open().await;
    assert!(matches!(silent.closed().await, Next::Closed(_)));
    // A token that is shown has to be good.
    assert_eq!(status(&stand, HANDSHAKE, Some("x")).await, 401);
    assert_eq!(status(&stand, HANDSHAKE, Some(stand.token("ana"))).await, 200);
    let plain = Stand::open().await;
    assert_eq!(status(&plain, HANDSHAKE, None).await, 401);
}

#[tokio::test]
async fn there_is_one_namespace() {
    let stand = Stand::open().await;
    let path = HANDSHAKE;
    let mut client = Client::open(stand.address(), path, Some(stand.token("ana"))).await.expect("it opens");
    assert!(client.text().await.starts_with('0'));
    client.send("40/admin,").await;
    assert_eq!(client.text().await, r#"44/admin,{"message":"Invalid namespace"}"#);
    client.send("40").await;
    assert!(client.text().await.starts_with("40{"));
    assert!(client.text().await.starts_with(r#"42["visitor_init","#));
}

/// What is sent right after CONNECT is not lost, and is done in order; the first thing to come back is still `…_init`.
#[tokio::test]
async fn what_is_sent_at_once_is_done_after_the_first_lists() {
    let stand = Stand::open().await;
    let mut ana =
        SocketIo::open(stand.address(), HANDSHAKE, Some(stand.token("ana"))).await.expect("it opens");
    ana.send("40").await;
    let opens = ana.ask("visitor_first_msg", &[json!({"n": 1})]).await;
    let adds = ana.ask("visitor_msg_unclaimed", &[json!({"n": 2})]).await;
    let leaves = ana.ask("visitor_leave_room", &[]).await;
    let late = ana.ask("visitor_msg_unclaimed", &[json!({"n": 3})]).await;
    assert!(ana.packet().await.is_some_and(|packet| packet.starts_with("40{")));
    assert_eq!(ana.hear("visitor_init").await["chat"], Value::Null);
    for id in [opens, adds, leaves] {
        assert_eq!(ana.answer(id).await, DONE);
    }
    assert_eq!(ana.answer(late).await, Ack(Some("You have no open chat.")));
    assert_eq!(ana.order(), [opens, adds, leaves, late]);
}

/// Who polls may have gone for good, and who has left the namespace still holds his connection.
#[tokio::test]
async fn a_disabled_account_is_cut_off_while_it_does_not_poll_and_when_it_has_left() {
    let stand = Stand::planned(|settings| settings.desk.auth_payload = true).await;
    let (_, _, open) = stand.ask("GET", POLLING, &[("authorization", stand.token("kim"))], "").await;
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let path = format!("{POLLING}&sid={}", open["sid"].as_str().unwrap());
    assert_eq!(stand.ask("POST", &path, &[], "40").await.0, 200);
    assert_eq!(stand.ask("GET", &path, &[], "").await.0, 200);
    let mut left = SocketIo::open(stand.address(), HANDSHAKE, None).await.expect("it is let through");
    assert_eq!(left.join(Some(&json!({ "token": stand.token("kim") }))).await, Ok(()));
    left.send("41").await;
    let change = AccountPatch { disabled: Some(true), ..AccountPatch::default() };
    stand.running.core.update_account(stand.account("kim").id, change).await.expect("it is saved");
    assert_eq!(left.closed().await, Next::Closed(4401));
    drop(left);
    let gone = stand.sockets.until(|open| open == 0);
    tokio::time::timeout(Duration::from_secs(3), gone).await.expect("long before a ping is due");
}
