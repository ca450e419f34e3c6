//! `/chat/info` and `/chat/info/active`: who is there.

use std::time::Duration;

use hearken_testkit::client::Client;
use serde_json::{Value, json};

use super::{ASHA, BEN, CARA, check, stand};
use crate::backend::BACKENDS;
use crate::stand::Stand;

const PATH: &str = "/chat/info";

fn shown(phone: &str, active: bool, last_active: Option<&str>, info: &str) -> Value {
    json!({"user_num": phone, "active": active, "last_active": last_active, "info": info})
}

async fn looks(stand: &mut Stand, phone: &str, active: bool, last_active: Option<&str>) {
    let body = json!({ "user_num": phone });
    check(stand, "cara", "PATCH", PATH, &body, (200, shown(phone, active, last_active, "success"))).await;
}

async fn says(stand: &mut Stand, who: &str, phone: &str, active: bool, expect: bool, at: &str) {
    let body = json!({"user_num": phone, "active": active});
    let expect = (200, shown(phone, expect, Some(at), "updated"));
    check(stand, who, "PUT", "/chat/info/active", &body, expect).await;
}

/// Closes a socket, and waits until the server has closed it too.
async fn close(stand: &Stand, client: Client) {
    let open = stand.sockets.open();
    client.close().await;
    while stand.sockets.open() >= open {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_has_a_receive_socket_is_there() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        looks(&mut stand, ASHA, false, None).await;
        let phone = stand.ears("asha/phone").await;
        let tablet = stand.ears("asha/tablet").await;
        // One that only sends says nothing of it.
        let sends = stand.chat("ben", "asha").await;
        looks(&mut stand, ASHA, true, Some("2020-11-19T00:00:00.000Z")).await;
        looks(&mut stand, BEN, false, None).await;
        stand.running.clock.advance(Duration::from_mins(1));
        looks(&mut stand, ASHA, true, Some("2020-11-19T00:01:00.000Z")).await;
        close(&stand, phone).await;
        looks(&mut stand, ASHA, true, Some("2020-11-19T00:01:00.000Z")).await;
        close(&stand, tablet).await;
        stand.running.clock.advance(Duration::from_mins(1));
        looks(&mut stand, ASHA, false, Some("2020-11-19T00:01:00.000Z")).await;
        drop(sends);
    }
}

#[tokio::test]
async fn whoever_says_that_he_is_away_is_until_he_is_back_or_connects_anew() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let phone = stand.ears("asha").await;
        stand.running.clock.advance(Duration::from_mins(1));
        says(&mut stand, "asha", ASHA, false, false, "2020-11-19T00:01:00.000Z").await;
        stand.running.clock.advance(Duration::from_mins(1));
        looks(&mut stand, ASHA, false, Some("2020-11-19T00:01:00.000Z")).await;
        says(&mut stand, "asha", ASHA, true, true, "2020-11-19T00:02:00.000Z").await;
        says(&mut stand, "asha", ASHA, false, false, "2020-11-19T00:02:00.000Z").await;
        let tablet = stand.ears("asha/tablet").await;
        looks(&mut stand, ASHA, true, Some("2020-11-19T00:02:00.000Z")).await;
        close(&stand, phone).await;
        close(&stand, tablet).await;
        // Without a socket nobody is there, whatever he says.
        says(&mut stand, "asha", ASHA, true, false, "2020-11-19T00:02:00.000Z").await;
    }
}

#[tokio::test]
async fn when_somebody_was_there_last_outlives_a_restart() {
    for backend in BACKENDS {
        let disk = backend.disk();
        let mut first = Stand::over(disk.open().await, |_| {}).await;
        first.person("asha", ASHA).await;
        let ears = first.ears("asha").await;
        first.running.clock.advance(Duration::from_mins(5));
        close(&first, ears).await;
        assert!(first.running.core.settle().await);
        first.stop().await;
        let mut second = Stand::over(disk.open().await, |_| {}).await;
        second.person("cara", CARA).await;
        looks(&mut second, ASHA, false, Some("2020-11-19T00:05:00.000Z")).await;
        second.stop().await;
    }
}

#[tokio::test]
async fn several_are_asked_about_at_once() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let _ears = stand.ears("ben").await;
        let one = |phone, active: bool| {
            let at = active.then_some("2020-11-19T00:00:00.000Z");
            json!({"user_num": phone, "active": active, "last_active": at})
        };
        let both = json!({"data": [one(ASHA, false), one(BEN, true)], "info": "success"});
        let body = json!({"user_num": [ASHA, BEN]});
        check(&mut stand, "cara", "PATCH", PATH, &body, (200, both.clone())).await;
        let query = format!("/chat/info/active/?user_num={ASHA}&user_num={BEN}");
        check(&mut stand, "cara", "GET", &query, &Value::Null, (200, both)).await;
        let alone = json!({"data": [one(BEN, true)], "info": "success"});
        check(&mut stand, "cara", "PATCH", PATH, &json!({"user_num": [BEN]}), (200, alone)).await;
        let query = format!("/chat/info?user_num={BEN}");
        let at = Some("2020-11-19T00:00:00.000Z");
        check(&mut stand, "cara", "GET", &query, &Value::Null, (200, shown(BEN, true, at, "success"))).await;
    }
}
