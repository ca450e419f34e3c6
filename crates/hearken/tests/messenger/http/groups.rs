//! `/chat/info/group`: what a group is called.

use serde_json::{Value, json};

use super::{ASHA, BEN, check, stand};
use crate::backend::BACKENDS;

const PATH: &str = "/chat/info/group";
const KEY: &str = "test12test";

fn shown(name: &str, bio: &str, info: &str) -> Value {
    json!({
        "group": {"key": KEY, "name": name, "bio": bio, "admin": [ASHA], "participants": [ASHA, BEN]},
        "info": info,
    })
}

#[tokio::test]
async fn members_look_and_admins_change() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        stand.group(KEY, &["asha*", "ben"]).await;
        let of = json!({"grp_name": KEY});
        for who in ["asha", "ben"] {
            check(&mut stand, who, "PATCH", PATH, &of, (200, shown(KEY, "Of a test", "success"))).await;
        }
        let mut ben = stand.ears("ben").await;
        let bio = json!({"grp_name": KEY, "bio": "Sundays"});
        check(&mut stand, "asha", "PUT", PATH, &bio, (200, shown(KEY, "Sundays", "updated"))).await;
        let both = json!({"grp_name": KEY, "name": "Walkers", "bio": ""});
        check(&mut stand, "asha", "PUT", PATH, &both, (200, shown("Walkers", "", "updated"))).await;
        check(&mut stand, "asha", "PUT", PATH, &both, (200, shown("Walkers", "", "updated"))).await;
        for _ in 0..2 {
            let told = ben.text().await;
            let rename =
                r#"{"type":"group","command":"rename","msg_from":"9999999999","msg_to":"test12test"}"#;
            assert!(told.contains(rename), "{told}");
        }
        let query = format!("{PATH}/?grp_name={KEY}");
        check(&mut stand, "ben", "GET", &query, &Value::Null, (200, shown("Walkers", "", "success"))).await;
        assert!(ben.close().await.is_empty(), "what is so already is no news");
    }
}

#[tokio::test]
async fn others_do_not() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        stand.group(KEY, &["asha*", "ben"]).await;
        let not_in = json!({"detail": "Refused: you are not in this group."});
        let not_admin = json!({"detail": "Refused: only an admin of the group may do this."});
        let not_found = json!({"detail": "Not found."});
        let name = json!({"grp_name": KEY, "name": "Mine"});
        check(&mut stand, "cara", "PATCH", PATH, &json!({"grp_name": KEY}), (403, not_in.clone())).await;
        check(&mut stand, "cara", "PUT", PATH, &name, (403, not_in)).await;
        check(&mut stand, "ben", "PUT", PATH, &name, (403, not_admin)).await;
        for who in ["far", "asha"] {
            let key = if who == "far" { KEY } else { "ABCDEFGHIJ" };
            let (look, name) = (json!({"grp_name": key}), json!({"grp_name": key, "name": "Mine"}));
            check(&mut stand, who, "PATCH", PATH, &look, (404, not_found.clone())).await;
            check(&mut stand, who, "PUT", PATH, &name, (404, not_found.clone())).await;
        }
        for (body, field) in [
            (json!({"grp_name": KEY}), "name"),
            (json!({"grp_name": KEY, "name": ""}), "name"),
            (json!({"grp_name": KEY, "name": "x".repeat(31)}), "name"),
            (json!({"grp_name": KEY, "bio": "x".repeat(81)}), "bio"),
            (json!({"grp_name": KEY, "bio": 1}), "bio"),
            (json!({"name": "x"}), "grp_name"),
        ] {
            let (status, answer) = stand.http("asha", "PUT", PATH, &body.to_string()).await;
            assert_eq!(
                (status.as_u16(), answer["errors"][0]["field"].as_str()),
                (400, Some(field)),
                "{body}"
            );
        }
        let leave = |who| json!({"key": KEY, "msg_from": who});
        for (who, phone) in [("asha", ASHA), ("ben", BEN)] {
            let (status, _) =
                stand.http(who, "DELETE", "/chat/special/group", &leave(phone).to_string()).await;
            assert_eq!(status.as_u16(), 200);
        }
        check(&mut stand, "ben", "PATCH", PATH, &json!({"grp_name": KEY}), (404, not_found)).await;
    }
}
