//! Rooms over real sockets and requests (messenger.md, "Rooms"): who may do what, what the two hear of each other, that
//! neither ever learns who the other is, and that however many ask at once nobody is in two.

mod anonymity;
mod asking;
mod doors;
mod ending;
mod news;
mod races;
mod talking;

pub(crate) const ASHA: &str = "9999999999";
pub(crate) const BEN: &str = "9898989898";
pub(crate) const CIRA: &str = "9797979797";
pub(crate) const DEV: &str = "9696969696";

/// A server with asha, ben, cira and dev.
async fn four(backend: crate::backend::Backend) -> crate::stand::Stand {
    let mut stand = crate::stand::Stand::open(backend).await;
    for (name, phone) in [("asha", ASHA), ("ben", BEN), ("cira", CIRA), ("dev", DEV)] {
        stand.person(name, phone).await;
    }
    stand
}

/// What the holder of this number is told of his room while the server's clock stands at its start.
fn update(command: &str, phone: &str) -> String {
    format!(
        r#"{{"message":{{"type":"room","command":"{command}","msg_from":"room","msg_to":"{phone}"}},"command":"update","msg_from":"room","msg_to":"{phone}","sent_timestamp":"2020-11-19 00:00:00.000"}}"#
    )
}
