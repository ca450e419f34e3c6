//! Two who talk while somebody else misbehaves: they must notice nothing.

use hearken_testkit::client::Client;

use crate::speech::{msg_sent, new_msg};
use crate::stand::Stand;

const ZOE: &str = "9000000098";
const YAN: &str = "9000000099";

/// Zoe, who talks to Yan.
pub(crate) struct Witness {
    zoe: Client,
    yan: Client,
    said: u32,
}

impl Witness {
    /// Both come, and open their sockets.
    pub(crate) async fn open(stand: &mut Stand) -> Self {
        stand.person("zoe", ZOE).await;
        stand.person("yan", YAN).await;
        Self { zoe: stand.chat("zoe", "yan").await, yan: stand.ears("yan").await, said: 0 }
    }

    /// She says something more; he hears it at once and nothing else, and so does she.
    pub(crate) async fn talks(&mut self) {
        let sent = format!("2020-11-20 10:00:00.{:06}", self.said);
        self.said += 1;
        let frame = new_msg(ZOE, YAN, "all is well", &sent);
        self.zoe.send(&frame).await;
        assert_eq!(self.yan.text().await, frame);
        let answer = self.zoe.text().await;
        assert!(answer.starts_with(&msg_sent(ZOE, YAN, &sent)), "{answer}");
    }
}
