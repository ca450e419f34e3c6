//! What holds wherever attachments are kept.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use hearken_core::attachments::{Attachment, AttachmentName, Attachments, MAX_CONTENT};
use hearken_core::ids::{AccountId, AttachmentId};
use uuid::Uuid;

/// A name by two small numbers.
pub(crate) fn name(owner: u128, id: u128) -> AttachmentName {
    AttachmentName { owner: AccountId(Uuid::from_u128(owner)), id: AttachmentId(Uuid::from_u128(id)) }
}

/// An attachment of these words.
pub(crate) fn words(text: &str) -> Attachment {
    Attachment::new("text/plain; charset=utf-8", Bytes::copy_from_slice(text.as_bytes()))
        .expect("an attachment")
}

/// The names there are, in order.
pub(crate) async fn names(of: &dyn Attachments, owner: Option<u128>) -> Vec<AttachmentName> {
    let owner = owner.map(|owner| AccountId(Uuid::from_u128(owner)));
    let mut names: Vec<_> = of.list(owner).try_collect().await.expect("a list");
    names.sort_unstable();
    names
}

/// Runs everything on a place that is empty, and leaves it so.
pub(crate) async fn run(place: &dyn Attachments) {
    assert_eq!(names(place, None).await, []);
    keeps_and_replaces(place).await;
    lists_by_owner(place).await;
    keeps_any_bytes(place).await;
    many_at_once(place).await;
    place.check().await.expect("it can be used");
    assert_eq!(names(place, None).await, [], "a check leaves nothing behind");
}

async fn keeps_and_replaces(place: &dyn Attachments) {
    let it = name(1, 1);
    assert_eq!(place.get(it).await, Ok(None));
    place.put(it, words("first")).await.expect("kept");
    assert_eq!(place.get(it).await, Ok(Some(words("first"))));
    place.put(it, words("second, and longer")).await.expect("kept");
    place.put(it, words("third")).await.expect("kept");
    assert_eq!(place.get(it).await, Ok(Some(words("third"))));
    assert_eq!(names(place, None).await, [it]);
    assert_eq!(place.delete(it).await, Ok(()));
    assert_eq!(place.get(it).await, Ok(None));
    assert_eq!(place.delete(it).await, Ok(()), "gone already");
    assert_eq!(names(place, None).await, []);
}

async fn lists_by_owner(place: &dyn Attachments) {
    let all: Vec<_> = (1..=3).flat_map(|owner| (1..=5).map(move |id| name(owner, id))).collect();
    for it in &all {
        place.put(*it, words(&it.to_string())).await.expect("kept");
    }
    assert_eq!(names(place, None).await, all);
    assert_eq!(names(place, Some(2)).await, all[5..10]);
    assert_eq!(names(place, Some(4)).await, []);
    assert_eq!(place.delete_all_of(AccountId(Uuid::from_u128(2))).await, Ok(5));
    assert_eq!(place.delete_all_of(AccountId(Uuid::from_u128(2))).await, Ok(0));
    assert_eq!(names(place, Some(2)).await, []);
    assert_eq!(place.get(all[5]).await, Ok(None));
    let left: Vec<_> = all.into_iter().filter(|name| name.owner != AccountId(Uuid::from_u128(2))).collect();
    assert_eq!(names(place, None).await, left);
    assert_eq!(place.get(left[0]).await, Ok(Some(words(&left[0].to_string()))));
    for owner in [1, 3] {
        assert_eq!(place.delete_all_of(AccountId(Uuid::from_u128(owner))).await, Ok(5));
    }
}

async fn keeps_any_bytes(place: &dyn Attachments) {
    let contents = [
        Bytes::new(),
        Bytes::from_static(b"\n"),
        Bytes::from_static(b"text/html\n<p>\n"),
        Bytes::from((0..=255).collect::<Vec<u8>>()),
        Bytes::from(vec![b'\n'; 300]),
        Bytes::from(vec![7; MAX_CONTENT]),
    ];
    for content in contents {
        let it = Attachment::new("application/octet-stream", content).expect("an attachment");
        place.put(name(9, 9), it.clone()).await.expect("kept");
        assert!(place.get(name(9, 9)).await == Ok(Some(it.clone())), "{it:?}");
    }
    place.delete(name(9, 9)).await.expect("gone");
}

async fn many_at_once(place: &dyn Attachments) {
    let each = |id: u128| async move {
        let it = name(5, id % 4);
        place.put(it, words("the same")).await.expect("kept");
        let found = place.get(it).await.expect("an answer");
        assert!(found.is_none_or(|found| found == words("the same")), "whole, or gone");
        place.delete(it).await.expect("gone");
    };
    futures_util::future::join_all((0..16).map(each)).await;
    assert_eq!(names(place, None).await, []);
}
