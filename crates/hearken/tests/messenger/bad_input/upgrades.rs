//! Who asks for a socket and does not get it (messenger.md, "Sockets"; common.md, "Signing in").

use std::time::Duration;

use hearken_core::NewAccount;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::people::{ASHA, AT, BEN, FAR, KEY, two};
use super::request::{answer, ask, status, upgrade_head};
use crate::speech::frame;
use crate::stand::Stand;
use crate::witness::Witness;

/// Every kind of socket that asha may open.
const HERS: [&str; 6] = [
    "/ws/chat/special/9999999999/",
    "/ws/chat/special/9999999999",
    "/ws/chat/personal/9999999999/9898989898/",
    "/ws/chat/personal/9999999999/9898989898",
    "/ws/chat/group/9999999999/test12test/",
    "/ws/chat/group/9999999999/test12test",
];

async fn stand() -> (Stand, Witness) {
    let (mut stand, witness) = two().await;
    stand.person_of("far", FAR, Some("elsewhere")).await;
    stand.group(KEY, &["asha*", "ben"]).await;
    stand.group("BENSGROUP1", &["ben*"]).await;
    stand.group("FARAWAY001", &["far*"]).await;
    (stand, witness)
}

#[tokio::test]
async fn nobody_comes_in_without_a_good_token() {
    let (mut stand, mut witness) = stand().await;
    let address = stand.server.address;
    let good = stand.token("asha").await;
    let brief = stand.brief_token("asha", Duration::from_secs(1)).await;
    stand.running.clock.advance(Duration::from_secs(1));
    let (head, tail) = good.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", tail.chars().rev().collect::<String>());
    let headers = [
        None,
        Some("Authorization: Bearer garbage".into()),
        Some("Authorization: Bearer ".into()),
        Some("Authorization: Bearer".into()),
        Some(format!("Authorization: Bearer {}", "x".repeat(8_000))),
        Some(format!("Authorization: Bearer {forged}")),
        Some(format!("Authorization: Bearer {brief}")),
        Some(format!("Authorization: Basic {good}")),
        Some(format!("Authorization: {good}")),
        Some(format!("X-Authorization: Bearer {good}")),
    ];
    for (path, header) in HERS.iter().flat_map(|path| headers.iter().map(move |header| (path, header))) {
        let header: Vec<_> = header.iter().map(String::as_str).collect();
        let got = ask(address, &upgrade_head(path, &header)).await;
        assert_eq!(status(&got), 401, "{path} {header:?}\n{got}");
        assert!(got.to_lowercase().contains("www-authenticate: bearer"), "{got}");
    }
    for query in ["access_token=garbage", "access_token=", "token=x", &format!("access_token={brief}")] {
        let got = ask(address, &upgrade_head(&format!("{}?{query}", HERS[0]), &[])).await;
        assert_eq!(status(&got), 401, "{query}");
    }
    // A header that is no good counts before a query that is.
    let both = upgrade_head(&format!("{}?access_token={good}", HERS[0]), &["Authorization: Bearer x"]);
    assert_eq!(status(&ask(address, &both).await), 401);
    witness.talks().await;

    for path in HERS {
        let bearer = format!("Authorization: bearer {good}");
        let in_query = format!("{path}?access_token={good}");
        for head in [upgrade_head(path, &[&bearer]), upgrade_head(&in_query, &[])] {
            assert_eq!(status(&ask(address, &head).await), 101, "{path}");
        }
    }
    stand.running.core.set_disabled(stand.account("asha").id, true).await.unwrap();
    assert_eq!(stand.ask(HERS[0], "asha").await.err().map(|refused| refused.status), Some(401));
    witness.talks().await;
}

#[tokio::test]
async fn nobody_comes_in_where_he_does_not_belong() {
    let (mut stand, mut witness) = stand().await;
    let cases = [
        // Another's number, be it anybody's or not.
        ("/ws/chat/special/9898989898/", 403),
        ("/ws/chat/special/1234567890/", 403),
        ("/ws/chat/personal/9898989898/9999999999/", 403),
        ("/ws/chat/group/9898989898/test12test/", 403),
        ("/ws/chat/group/9898989898/nosuchgrp1/", 403),
        ("/ws/chat/room/9898989898/", 403),
        // Oneself.
        ("/ws/chat/personal/9999999999/9999999999/", 403),
        ("/ws/chat/personal/9999999999/99-99-99-99-99/", 403),
        // A group that she is not in.
        ("/ws/chat/group/9999999999/BENSGROUP1/", 403),
        // Nobody, nothing, and what belongs to another organisation.
        ("/ws/chat/personal/9999999999/1234567890/", 404),
        ("/ws/chat/personal/9999999999/nobody/", 404),
        ("/ws/chat/personal/9999999999/9222222222/", 404),
        ("/ws/chat/group/9999999999/nosuchgrp1/", 404),
        ("/ws/chat/group/9999999999/TEST12TEST/", 404),
        ("/ws/chat/group/9999999999/FARAWAY001/", 404),
        ("/ws/chat/group/9999999999/%00/", 404),
        ("/ws/chat/room/9999999999/", 404),
        ("/ws/chat/room/9999999999", 404),
        // No number at all, and no path of ours.
        ("/ws/chat/special/nobody/", 404),
        ("/ws/chat/special//", 404),
        ("/ws/chat/personal/9999999999//", 404),
        ("/ws/chat/special/9999999999//", 404),
        ("/ws/chat/special/", 404),
        ("/ws/chat/", 404),
        ("/ws/chat/other/9999999999/", 404),
        ("/ws/chat/special/%ff/", 404),
        ("/ws/chat/personal/9999999999/%ff/", 404),
        ("/ws/chat/group/9999999999/%ff/", 404),
        ("/ws/chat/room/%ff/", 404),
    ];
    let bearer = format!("Authorization: Bearer {}", stand.token("asha").await);
    for (path, expect) in cases {
        let got = ask(stand.server.address, &upgrade_head(path, &[&bearer])).await;
        assert_eq!(status(&got), expect, "{path}");
        // In the door's own form, whichever part of the server has found it out.
        assert!(got.contains("content-type: application/json"), "{path}: {got}");
        let nobody = status(&ask(stand.server.address, &upgrade_head(path, &[])).await);
        assert!([401, 404].contains(&nobody), "{path}: {nobody}");
    }
    let long = format!("/ws/chat/special/{}/", "9".repeat(8_000));
    assert_eq!(stand.ask(&long, "asha").await.err().map(|refused| refused.status), Some(404));
    witness.talks().await;

    // Whoever has no number may open none.
    let nameless = stand.running.core.add_account(NewAccount::default()).await.unwrap();
    let bearer = format!("Authorization: Bearer {}", stand.running.token(&nameless).await);
    assert_eq!(status(&ask(stand.server.address, &upgrade_head(HERS[0], &[&bearer])).await), 403);
    witness.talks().await;
}

#[tokio::test]
async fn a_plain_request_is_told_to_upgrade() {
    let (mut stand, mut witness) = stand().await;
    let bearer = format!("Authorization: Bearer {}", stand.token("asha").await);
    let whole = upgrade_head(HERS[0], &[&bearer]);
    for (from, to) in [
        ("Connection: Upgrade\r\n", ""),
        ("Upgrade: websocket\r\n", ""),
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("Version: 13", "Version: 8"),
        ("Sec-WebSocket-Version: 13\r\n", ""),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
        ("HTTP/1.1", "HTTP/1.0"),
    ] {
        let got = ask(stand.server.address, &whole.replace(from, to)).await;
        assert_eq!(status(&got), 426, "without {from}\n{got}");
        let got = got.to_lowercase();
        assert!(got.contains("upgrade: websocket") && got.contains("sec-websocket-version: 13"), "{got}");
    }
    let posted = ask(stand.server.address, &whole.replace("GET", "POST")).await;
    assert_eq!(status(&posted), 405);
    assert!(posted.contains("content-type: application/json"), "{posted}");
    // Lists and spellings that other clients use.
    for (from, to) in [
        ("Connection: Upgrade", "connection: keep-alive, upgrade"),
        ("Upgrade: websocket", "UPGRADE: WebSocket"),
        ("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"),
    ] {
        let got = ask(stand.server.address, &whole.replace(from, to)).await;
        assert_eq!(status(&got), 101, "{to}\n{got}");
        // The answer of RFC 6455's own example.
        assert!(got.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{got}");
    }
    witness.talks().await;
}

#[tokio::test]
async fn a_connection_may_ask_again_and_go_on_at_once() {
    let (mut stand, mut witness) = stand().await;
    let mut ears = stand.ears("ben").await;
    let bearer = format!("Authorization: Bearer {}", stand.token("asha").await);
    let path = "/ws/chat/personal/9999999999/9898989898/";
    let mut stream = TcpStream::connect(stand.server.address).await.unwrap();
    for header in ["X: y", "Authorization: Bearer x"] {
        stream.write_all(format!("{}\r\n", upgrade_head(path, &[header])).as_bytes()).await.unwrap();
        let head = answer(&mut stream).await;
        assert_eq!(status(&head), 401);
        let length = head.to_lowercase().split("content-length: ").nth(1).and_then(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        });
        stream.read_exact(&mut vec![0; length.unwrap()]).await.unwrap();
    }
    // What browsers offer besides; and the first frame does not wait for the answer.
    let offers = [
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        "Origin: https://other.test",
    ];
    let head = upgrade_head(path, &[&bearer, offers[0], offers[1]]);
    let said = frame("new_msg", "at once", ASHA, BEN, AT);
    let early = [head.as_bytes(), b"\r\n", &masked_text(&said)].concat();
    stream.write_all(&early).await.unwrap();
    let head = answer(&mut stream).await;
    assert_eq!(status(&head), 101);
    assert!(!head.to_lowercase().contains("extensions"), "{head}");
    assert_eq!(ears.text().await, said);
    witness.talks().await;
}

/// A text of 126 to 65,535 bytes as a frame.
fn masked_text(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x81, 0xfe];
    bytes.extend((text.len() as u16).to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(text.as_bytes());
    bytes
}
