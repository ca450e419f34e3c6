//! Erasing that ends too early is finished by the same command; and what an export tells beside conversations.

use std::sync::Arc;

use hearken_core::NewAccount;
use hearken_core::attachments::{Attachment, AttachmentName, Attachments as _};
use hearken_core::ids::AttachmentId;
use hearken_core::store::{Changes, DirectoryChange, Record, RecordChange, RecordName, Store, Was};
use hearken_store::SqliteStore;
use hearken_store::attachments::ObjectAttachments;

use serde_json::json;

use super::{House, Request, perform};
use crate::installation;
use crate::settings::Sources;

#[tokio::test]
async fn an_export_tells_what_is_no_secret_and_lists_attachments() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Sources::default().resolve().expect("the defaults are good");
    let store = SqliteStore::open(folder.path()).expect("a store");
    let open = installation::start(store, &settings).await.expect("a core");
    let attachments = Arc::new(ObjectAttachments::in_memory());
    let house = House::new(open.core.clone(), open.kept.clone(), attachments.clone());
    let password = Some(open.core.hash_password("correct horse").await.expect("a good password"));
    let account = open.core.add_account(NewAccount { password, ..NewAccount::default() }).await;
    let id = account.expect("an account").id;
    let put = |space, key: &str, value: &[u8]| {
        let name = RecordName::new(space, key);
        let record = Record { name, account: Some(id), expires: None, value: value.to_vec() };
        RecordChange::Put(record, Was::Absent)
    };
    let records = vec![
        put("identity", r#"["https://id.example","ana"]"#, b"{}"),
        put("messenger.presence", &id.to_string(), br#"{"last_active":7}"#),
        put("otp", "x", br#"{"mark":"hush"}"#),
    ];
    open.core.commit(Changes { records, ..Changes::default() }).await.expect("the store writes");
    let name = AttachmentName { owner: id, id: AttachmentId(uuid::Uuid::from_u128(5)) };
    let picture = Attachment::new("image/png", vec![1, 2, 3].into()).expect("a picture");
    attachments.put(name, picture).await.expect("kept");

    let told = perform(&house, Request::Export { id }, Vec::new()).await.expect("a document");
    let says = |kind: &str| {
        let records = told["records"].as_array().expect("records");
        let found = records.iter().find(|record| record["kind"] == kind).expect(kind);
        found.get("says").cloned()
    };
    assert_eq!(says("identity"), Some(json!(["https://id.example", "ana"])));
    assert_eq!(says("messenger.presence"), Some(json!({"last_active": 7})));
    assert_eq!((says("otp"), says("password")), (None, None));
    assert_eq!(told["attachments"], json!([{"id": name.id, "media_type": "image/png", "bytes": 3}]));
    open.running.stop().await;
}

#[tokio::test]
async fn what_a_crash_left_after_the_account_was_gone_is_cleaned_by_the_next_try() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Sources::default().resolve().expect("the defaults are good");
    let store = SqliteStore::open(folder.path()).expect("a store");
    let open = installation::start(store, &settings).await.expect("a core");
    let attachments = Arc::new(ObjectAttachments::in_memory());
    let house = House::new(open.core.clone(), open.kept.clone(), attachments);
    let words = "Wilhelmina ".repeat(18);
    let new = NewAccount { name: Some(words.trim().into()), ..NewAccount::default() };
    let id = open.core.add_account(new).await.expect("an account").id;
    let others = vec![NewAccount::default(); 50];
    open.core.add_accounts(others).await.expect("accounts");

    // As far as an erasure goes before it cleans.
    let directory = vec![DirectoryChange::RemoveAccount(id)];
    open.core.commit(Changes { directory, ..Changes::default() }).await.expect("the store writes");
    assert_ne!(residue(&*open.kept.store()).await, 0, "it ended before anything was overwritten");

    let told = perform(&house, Request::Erase { id }, Vec::new()).await.expect_err("he is gone already");
    assert!(told.starts_with("there is no such account;") && told.ends_with("are cleaned now"), "{told}");
    assert_eq!(residue(&*open.kept.store()).await, 0);
    let again = perform(&house, Request::Erase { id }, Vec::new()).await;
    assert_eq!(again, Err("there is no such account".to_owned()));
    open.running.stop().await;
}

/// How many pages hold something of what was removed.
async fn residue(store: &dyn Store) -> usize {
    let (mut from, mut found) = (Some(0), 0);
    while let Some(looked) = from {
        let residue = store.residue(looked).await.expect("readable");
        found += residue.places.len();
        from = residue.next;
    }
    found
}
