//! What open sockets say when the one at the other end has been erased.

use serde_json::Value;

use crate::backend::BACKENDS;
use crate::speech::frame;
use crate::stand::Stand;

const ASHA: &str = "9898989898";
const BEN: &str = "9999999999";
const AT: &str = "2020-11-21 16:32:17.356";

#[tokio::test]
async fn who_has_been_erased_is_nobody_any_more() {
    for backend in BACKENDS {
        let mut stand = Stand::open(backend).await;
        for (name, phone) in [("asha", ASHA), ("ben", BEN), ("cira", "9797979797")] {
            stand.person(name, phone).await;
        }
        stand.group("test12test", &["asha*", "cira"]).await;
        let (mut chat, mut group) =
            (stand.chat("asha", "ben").await, stand.group_chat("asha", "test12test").await);
        let erasing = stand.running.core.begin_erasing(stand.account("ben").id).await.expect("he is there");
        let commands = ["new_msg", "is_typing", "msg_read"];
        let mut said = async |when: &str| {
            for command in commands {
                chat.send(&frame(command, AT, ASHA, BEN, AT)).await;
                let answer: Value = serde_json::from_str(&chat.text().await).unwrap();
                let found = (answer["type"].as_str(), answer["message"].as_str());
                assert_eq!(found, (Some(command), Some("nobody has this number")), "{when}");
            }
        };
        said("while he is being erased").await;
        erasing.finish().await.expect("he goes");
        said("when he is gone").await;
        group.send(&frame("new_grp_msg", "still here", ASHA, "test12test", AT)).await;
        assert!(group.text().await.contains("msg_sent"));
    }
}
