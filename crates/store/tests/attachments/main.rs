//! Attachments in every place where they can be kept: one suite for all of them, and what is each place's own.

mod bucket;
mod folder;
mod stand_in;
mod suite;

use hearken_store::attachments::ObjectAttachments;

#[tokio::test]
async fn in_memory() {
    suite::run(&ObjectAttachments::in_memory()).await;
}
