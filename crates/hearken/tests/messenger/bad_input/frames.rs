//! Frames that can be read as far as WebSocket goes, and are refused: an `error` to the socket that sent them, which
//! stays open; nobody else hears of it.

mod cases;

use hearken_messenger::groups::{self, Change};
use hearken_testkit::client::Client;
use serde_json::Value;

use self::cases::{Case, group, personal, refused, special};
use super::people::{ASHA, AT, BEN, CIRA, FAR, KEY};
use crate::backend::{BACKENDS, Backend};
use crate::speech::{fetch, frame, msg_sent};
use crate::stand::Stand;
use crate::witness::Witness;

/// Where the server's clock stands.
const NOW: &str = "2020-11-19 00:00:00.000";

/// Sends each frame; the socket must answer with its error and with nothing else.
async fn check(client: &mut Client, cases: &[Case]) {
    for case in cases {
        client.send(&case.sent).await;
        let got = client.text().await;
        let Case { sent, kind, says, from, to } = case;
        let read: Value = serde_json::from_str(&got).expect("JSON");
        let message = &read["message"];
        let expect = format!(
            r#"{{"message":{message},"command":"error","type":"{kind}","msg_from":"{from}","msg_to":"{to}","sent_timestamp":"{NOW}"}}"#
        );
        assert_eq!(got, expect, "{sent:.300}");
        assert!(message.as_str().is_some_and(|message| message.contains(says)), "{sent:.300}\n  {got}");
    }
}

#[tokio::test]
async fn frames_that_are_refused() {
    for backend in BACKENDS {
        let mut stand = Stand::open(backend).await;
        for (name, phone) in [("asha", ASHA), ("ben", BEN), ("cira", CIRA)] {
            stand.person(name, phone).await;
        }
        stand.person_of("far", FAR, Some("elsewhere")).await;
        stand.group(KEY, &["asha*", "ben"]).await;
        let mut witness = Witness::open(&mut stand).await;
        let mut ben = stand.ears("ben").await;

        let mut chat = stand.chat("asha", "ben").await;
        check(&mut chat, &personal()).await;
        witness.talks().await;
        let mut grp = stand.group_chat("asha", KEY).await;
        check(&mut grp, &group()).await;
        witness.talks().await;
        let mut ears = stand.ears("asha").await;
        check(&mut ears, &special()).await;
        witness.talks().await;

        // All three still work, and this is the first that ben hears.
        let longest = frame("new_msg", &"🦉".repeat(4096), ASHA, BEN, AT);
        chat.send(&longest).await;
        assert!(chat.text().await.starts_with(&msg_sent(ASHA, BEN, AT)));
        assert_eq!(ben.text().await, longest);
        grp.send(&frame("new_grp_msg", "hi", ASHA, KEY, AT)).await;
        assert!(grp.text().await.contains("msg_sent"));
        assert_eq!(ben.text().await, frame("new_msg", "hi", &format!("{KEY}-{ASHA}"), BEN, AT));
        ears.send(&fetch("fetch_msgs", ASHA)).await;
        assert_eq!(ears.text().await, r#"{"command":"fetch_msgs","all":"True","messages":[]}"#);
    }
}

#[tokio::test]
async fn whoever_is_put_out_of_a_group_is_told_so() {
    let mut stand = Stand::open(Backend::Memory).await;
    stand.person("asha", ASHA).await;
    stand.person("ben", BEN).await;
    stand.group(KEY, &["ben*", "asha"]).await;
    let mut witness = Witness::open(&mut stand).await;
    let mut chat = stand.group_chat("asha", KEY).await;
    let ben = stand.actor("ben").await;
    let out = Change::Remove(Some(stand.account("asha").id));
    groups::change(&stand.running.core, &ben, KEY, out).await.unwrap();
    let commands = ["new_grp_msg", "grp_msg_received", "grp_msg_read", "is_grp_typing", "delete_grp_msg"];
    let cases = commands.map(|command| refused(command, AT, ASHA, KEY, AT, "you are not in this group"));
    check(&mut chat, &cases).await;
    witness.talks().await;
}
