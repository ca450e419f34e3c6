//! The messenger over HTTP (messenger.md, "HTTP"): chats made, looked at and deleted, the first load, and who is there;
//! with the sockets that these belong to, on every store. Groups that are made and changed: `messenger_groups`.

mod dialogues;
mod groups;
mod presence;
mod refusing;
mod snapshot;

use serde_json::Value;

use crate::backend::Backend;
use crate::stand::Stand;

pub(crate) const ASHA: &str = "9999999999";
pub(crate) const BEN: &str = "9898989898";
pub(crate) const CARA: &str = "9797979797";
/// In another organisation.
pub(crate) const FAR: &str = "9696969696";
/// A number that nobody has.
pub(crate) const NOBODY: &str = "9000000000";

/// A server with Asha, Ben, Cara, and one elsewhere.
async fn stand(backend: Backend) -> Stand {
    let mut stand = Stand::open(backend).await;
    for (name, phone) in [("asha", ASHA), ("ben", BEN), ("cara", CARA)] {
        stand.person(name, phone).await;
    }
    stand.person_of("far", FAR, Some("elsewhere")).await;
    stand
}

/// Asks, and compares the whole answer.
async fn check(stand: &mut Stand, who: &str, method: &str, path: &str, body: &Value, expect: (u16, Value)) {
    let (status, answer) = stand.http(who, method, path, &body.to_string()).await;
    assert_eq!((status.as_u16(), answer), expect, "{who} {method} {path} {body}");
}
