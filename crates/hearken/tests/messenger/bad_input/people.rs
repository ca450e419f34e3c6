//! Who and what these tests speak of.

use crate::backend::Backend;
use crate::stand::Stand;
use crate::witness::Witness;

pub(super) const ASHA: &str = "9999999999";
pub(super) const BEN: &str = "9898989898";
pub(super) const CIRA: &str = "9797979797";
/// Somebody in another organisation.
pub(super) const FAR: &str = "9222222222";
/// A number that nobody has.
pub(super) const NOBODY: &str = "9111111111";
/// A group's key.
pub(super) const KEY: &str = "test12test";
/// When a message was sent.
pub(super) const AT: &str = "2020-11-21 16:32:17.356";

/// A server with asha, ben, and two others who talk.
pub(super) async fn two() -> (Stand, Witness) {
    let mut stand = Stand::open(Backend::Memory).await;
    let witness = come(&mut stand).await;
    (stand, witness)
}

/// The same people on a server of one's own.
pub(super) async fn come(stand: &mut Stand) -> Witness {
    stand.person("asha", ASHA).await;
    stand.person("ben", BEN).await;
    Witness::open(stand).await
}
