//! Many frames at once that nothing is answered to, and frames that have to wait for a look-up: the socket goes on with
//! what comes behind them as soon as it can, and not at the next ping.

use hearken_core::memory::MemoryStore;
use std::sync::Arc;

use super::people::{ASHA, AT, BEN, KEY, come, two};
use crate::speech::{frame, msg_sent};
use crate::stand::Stand;

#[tokio::test]
async fn a_burst_without_answers_is_worked_off() {
    let (mut stand, mut witness) = two().await;
    let mut chat = stand.chat("asha", "ben").await;
    // More than a socket may have under way.
    for count in [63, 64, 65, 300] {
        for _ in 0..count {
            chat.send(&frame("is_typing", "-null-", ASHA, BEN, AT)).await;
        }
        chat.send(&frame("new_msg", "hi", ASHA, BEN, AT)).await;
        let got = chat.text().await;
        assert!(got.starts_with(&msg_sent(ASHA, BEN, AT)), "{count}: {got}");
        witness.talks().await;
    }
}

#[tokio::test]
async fn a_frame_that_waits_for_a_look_up_holds_up_nothing_for_long() {
    let memory = MemoryStore::new();
    let mut before = Stand::over(Arc::new(memory.reopen()), |_| {}).await;
    come(&mut before).await;
    before.group(KEY, &["asha*", "ben"]).await;
    let token = before.token("asha").await;
    let mut chat = before.group_chat("ben", KEY).await;
    chat.send(&frame("new_grp_msg", "hi", BEN, KEY, AT)).await;
    assert!(chat.text().await.contains("msg_sent"));
    before.stop().await;

    // After a restart nobody's number is at hand.
    let stand = Stand::over(Arc::new(memory.reopen()), |_| {}).await;
    let path = format!("/ws/chat/group/{ASHA}/{KEY}/");
    let mut chat = stand.connect_with(&path, &token).await;
    chat.send(&frame("grp_msg_received", AT, ASHA, BEN, AT)).await;
    chat.send(&frame("new_grp_msg", "thanks", ASHA, KEY, AT)).await;
    let got = chat.text().await;
    assert!(got.contains(r#""command":"msg_sent""#), "{got}");
}
