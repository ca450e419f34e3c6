//! What a clean stop leaves: one file that holds everything, for whoever copies it without its companions.

use std::path::Path;
use std::sync::Arc;

use hearken_core::{CommitSettings, Core, NewAccount, Ports, Registry, Running};
use hearken_store::SqliteStore;

async fn start(folder: &Path) -> (Core, Running) {
    let (ports, _) = Ports::system(Arc::new(SqliteStore::open(folder).expect("a store")));
    Core::start(ports, Registry::default(), CommitSettings::default()).await.expect("a core")
}

async fn names(core: &Core) -> Vec<Option<String>> {
    core.accounts(None, 10).await.expect("readable").into_iter().map(|account| account.name).collect()
}

#[tokio::test]
async fn the_database_file_alone_holds_everything() {
    let (folder, copy) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (core, running) = start(folder.path()).await;
    let ana = NewAccount { name: Some("Ana".into()), ..NewAccount::default() };
    core.add_account(ana).await.expect("an account");
    // Readers that are still there must not keep it from being so.
    assert_eq!(names(&core).await, [Some("Ana".into())]);
    running.stop().await;

    std::fs::copy(folder.path().join("hearken.db"), copy.path().join("hearken.db")).expect("copied");
    let (restored, running) = start(copy.path()).await;
    assert_eq!(names(&restored).await, [Some("Ana".into())]);
    running.stop().await;
}
