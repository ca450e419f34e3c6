//! How sockets end that nobody's frame has broken: the sign-in is over, or nobody is at the other end any more.

use std::time::Duration;

use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use hearken_testkit::client::{Client, Next, PATIENCE};
use tokio::time::timeout;

use super::people::{ASHA, AT, BEN, KEY, come, two};
use crate::backend::Backend;
use crate::speech::{frame, msg_sent};
use crate::stand::Stand;

/// The error that says why, and the close.
async fn expect_signed_out(client: &mut Client, to: &str) {
    let (code, said) = client.closed().await;
    let error = format!(
        r#"{{"message":"you have been signed out","command":"error","type":"authentication","msg_from":"{ASHA}","msg_to":"{to}","sent_timestamp":"2020-11-19 00:00:00.000"}}"#
    );
    assert_eq!((code, said), (4401, vec![error]));
}

#[tokio::test]
async fn whoever_is_disabled_loses_every_socket() {
    let (mut stand, mut witness) = two().await;
    stand.group(KEY, &["asha*", "ben"]).await;
    let mut ears = stand.ears("asha").await;
    let mut tablet = stand.ears("asha/tablet").await;
    let mut chat = stand.chat("asha", "ben").await;
    let mut group = stand.group_chat("asha", KEY).await;
    let mut ben = stand.chat("ben", "asha").await;
    stand.running.core.set_disabled(stand.account("asha").id, true).await.unwrap();
    for (socket, to) in [(&mut ears, ASHA), (&mut tablet, ASHA), (&mut chat, BEN), (&mut group, KEY)] {
        expect_signed_out(socket, to).await;
    }
    // What is said to her waits until she may come back.
    ben.send(&frame("new_msg", "hi", BEN, ASHA, AT)).await;
    assert!(ben.text().await.starts_with(&msg_sent(BEN, ASHA, AT)));
    witness.talks().await;
    stand.running.core.set_disabled(stand.account("asha").id, false).await.unwrap();
    let mut ears = stand.ears("asha").await;
    ears.send(&crate::speech::fetch("fetch_msgs", ASHA)).await;
    assert!(ears.text().await.contains(r#""message":"hi""#));
}

#[tokio::test]
async fn a_socket_lives_as_long_as_its_token() {
    let (mut stand, mut witness) = two().await;
    let brief = stand.brief_token("asha", Duration::from_secs(1)).await;
    let bearer = format!("Bearer {brief}");
    let open = async |path: &str| Client::open(stand.server.address, path, Some(&bearer)).await.unwrap();
    let mut ears = open("/ws/chat/special/9999999999/").await;
    let mut chat = open("/ws/chat/personal/9999999999/9898989898/").await;
    expect_signed_out(&mut ears, ASHA).await;
    expect_signed_out(&mut chat, BEN).await;
    // Another sign-in of hers stays.
    let mut other = stand.chat("asha", "ben").await;
    other.send(&frame("new_msg", "hi", ASHA, BEN, AT)).await;
    assert!(other.text().await.starts_with(&msg_sent(ASHA, BEN, AT)));
    witness.talks().await;
}

#[tokio::test]
async fn a_line_that_we_close_ends_at_once() {
    let (mut stand, mut witness) = two().await;
    let mut ears = stand.ears("asha").await;
    let mut chat = stand.chat("asha", "ben").await;
    stand.running.core.set_disabled(stand.account("asha").id, true).await.unwrap();
    expect_signed_out(&mut ears, ASHA).await;
    expect_signed_out(&mut chat, BEN).await;
    // Some clients tell of a close only when the line has ended: they must not have to wait for anything.
    let time = SystemMonotonic::default();
    ears.ended().await;
    chat.ended().await;
    assert!(time.elapsed() < Duration::from_secs(1), "{:?}", time.elapsed());
    witness.talks().await;
}

#[tokio::test]
async fn whoever_answers_no_ping_is_dropped() {
    let mut stand = Stand::planned(Backend::Memory, |plan| {
        plan.settings.limits.ping_interval = Duration::from_millis(800);
        plan.settings.limits.ping_timeout = Duration::from_millis(800);
    })
    .await;
    let mut witness = come(&mut stand).await;
    let mut lively = stand.ears("asha/lively").await;
    let lively = tokio::spawn(async move { lively.next().await });
    let mut ben = stand.chat("ben", "asha").await;
    let open = stand.sockets.open();
    // These two stay connected, and neither read nor write any more.
    let dead = [stand.ears("asha").await.into_stream(), stand.chat("asha", "ben").await.into_stream()];
    // Whoever waits answers pings meanwhile, and so do the witnesses, who talk.
    let noticed = async {
        while stand.sockets.open() > open {
            witness.talks().await;
            ben.ping(b"").await;
        }
    };
    timeout(PATIENCE, noticed).await.expect("the dead are dropped");
    drop(dead);
    let said = frame("new_msg", "hi", BEN, ASHA, AT);
    ben.send(&said).await;
    assert_eq!(lively.await.unwrap(), Next::Text(said));
}

#[tokio::test]
async fn whoever_goes_without_a_word_leaves_nothing_behind() {
    let (mut stand, mut witness) = two().await;
    let followers = stand.running.core.followers();
    let open = stand.sockets.open();
    for _ in 0..100 {
        drop(stand.ears("asha").await);
    }
    stand.sockets.until(|total| total == open).await;
    assert_eq!(stand.running.core.followers(), followers);
    let mut ears = stand.ears("asha").await;
    let mut chat = stand.chat("ben", "asha").await;
    let said = frame("new_msg", "hi", BEN, ASHA, AT);
    chat.send(&said).await;
    assert_eq!(ears.next().await, Next::Text(said));
    witness.talks().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let (mut stand, mut witness) = two().await;
    let mut ears = stand.ears("asha").await;
    let mut chat = stand.chat("asha", "ben").await;
    chat.send(&frame("new_msg", "hi", ASHA, BEN, AT)).await;
    assert!(chat.text().await.starts_with(&msg_sent(ASHA, BEN, AT)));
    witness.talks().await;
    stand.running.core.settle().await;
    stand.running.core.end_subscriptions();
    assert_eq!(ears.closed().await, (1012, Vec::new()));
    assert_eq!(chat.closed().await, (1012, Vec::new()));
    stand.sockets.all_closed().await;
    stand.stop().await;
}
