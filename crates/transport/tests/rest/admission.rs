//! Who is let in by what he shows, and how often.

use std::time::Duration;

use crate::house::House;

#[tokio::test]
async fn who_calls_is_found_by_header_or_cookie() {
    let house = House::open().await;
    let token = house.running.token(&house.ana).await;
    let (good, wrong) = (format!("Bearer {token}"), format!("Bearer {token}x"));
    let cookie = format!("hearken_session={token}");
    let (cookie, own) = (("cookie", cookie.as_str()), ("origin", "https://own.example"));
    let check = async |method: &str, headers: &[(&str, &str)], status: u16| {
        let answer = house.ask((method, "/api/v1/mine"), headers, "").await;
        assert_eq!(answer.status, status, "{method} {headers:?}");
        assert_eq!(answer.header("www-authenticate"), (status == 401).then_some("Bearer"));
        assert_eq!(answer.body["data"].as_str(), (status == 200).then_some("Ana"));
    };
    check("GET", &[], 401).await;
    check("GET", &[("authorization", &good)], 200).await;
    check("GET", &[("authorization", &wrong)], 401).await;
    check("GET", &[("authorization", &wrong), cookie], 401).await;
    check("GET", &[cookie], 200).await;
    check("POST", &[cookie], 403).await;
    check("POST", &[cookie, own], 200).await;
    check("POST", &[cookie, ("origin", "https://app.example")], 200).await;
    check("POST", &[cookie, ("origin", "https://evil.example")], 403).await;
    check("POST", &[("authorization", &good), ("origin", "https://evil.example")], 200).await;
    let query = format!("/api/v1/mine?access_token={token}");
    assert_eq!(house.ask(("GET", &query), &[], "").await.status, 401);

    // Who need not be anybody in particular is let in with a bad token too.
    for (headers, known) in
        [(&[][..], false), (&[("authorization", wrong.as_str())], false), (&[cookie], true)]
    {
        let answer = house.ask(("GET", "/api/v1/greet"), headers, "").await;
        assert_eq!((answer.status, answer.body["data"].as_bool()), (200, Some(known)));
    }

    house.running.core.set_disabled(house.ana.id, true).await.expect("disabled");
    check("GET", &[("authorization", &good)], 401).await;
    check("GET", &[cookie], 401).await;
}

#[tokio::test]
async fn an_account_has_its_rate_wherever_it_is() {
    let house = House::open().await;
    let bearer = format!("Bearer {}", house.running.token(&house.ana).await);
    let headers = [("authorization", bearer.as_str())];
    let ask = async |turn: u32| {
        let peer = format!("192.0.2.{}", turn % 200);
        house.ask_from(&peer, ("GET", "/api/v1/mine"), &headers, "").await
    };
    for turn in 0..400 {
        let answer = ask(turn).await;
        let left = (399 - turn).to_string();
        assert_eq!((answer.status, answer.header("ratelimit-limit")), (200, Some("400")));
        assert_eq!(answer.header("ratelimit-remaining"), Some(left.as_str()));
    }
    let answer = ask(0).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    assert_eq!(
        (answer.header("ratelimit-remaining"), answer.header("ratelimit-reset")),
        (Some("0"), Some("2"))
    );
    assert_eq!(answer.body["statusCode"], 429);
    // Nobody else has to wait for that.
    let ben = house.running.person("Ben", "9000000002", None).await;
    let of_ben = format!("Bearer {}", house.running.token(&ben).await);
    assert_eq!(house.ask(("GET", "/api/v1/mine"), &[("authorization", &of_ben)], "").await.status, 200);
    assert_eq!(house.ask(("GET", "/api/v1/open"), &[], "").await.status, 200);
    house.running.clock.advance(Duration::from_millis(5));
    assert_eq!((ask(0).await.status, ask(1).await.status), (200, 429));
}

#[tokio::test]
async fn who_shows_nothing_good_is_counted_by_address() {
    let house = House::open().await;
    let ask = async |peer: &str, token: &str| {
        let headers = [("authorization", token)];
        let headers = if token.is_empty() { &[][..] } else { &headers };
        house.ask_from(peer, ("GET", "/api/v1/open"), headers, "").await.status
    };
    for turn in 0..1000 {
        // Other bad tokens are no way round it, nor are other addresses of one's own.
        let (peer, token) = (format!("[2001:db8::{turn:x}]"), format!("Bearer {turn}"));
        assert_eq!(ask(&peer, if turn % 2 == 0 { "" } else { &token }).await, 200, "{turn}");
    }
    assert_eq!((ask("[2001:db8::1]", "").await, ask("[2001:db8::2]", "Bearer x").await), (429, 429));
    assert_eq!(ask("[2001:db8:0:1::1]", "").await, 200);
    let bearer = format!("Bearer {}", house.running.token(&house.ana).await);
    assert_eq!(ask("[2001:db8::1]", &bearer).await, 200);
}
