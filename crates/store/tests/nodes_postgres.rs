//! What nodes know of each other in PostgreSQL, against the suite that everything behind that port has to pass.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hearken_core::Registry;
use hearken_core::account::Account;
use hearken_core::clock::{SystemWall, from_millis};
use hearken_core::ids::{AccountId, Ids as _, OrganisationId, RandomIds};
use hearken_core::node::Nodes;
use hearken_core::store::{Batch, DirectoryChange, Store as _};
use hearken_store::{PostgresSettings, PostgresStore};
use hearken_testkit::node_conformance::NodesFixture;
use hearken_testkit::throwaway::Database;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// An identifier that no other test has.
fn fresh() -> Uuid {
    RandomIds::new(Arc::new(SystemWall)).next()
}

struct Place {
    store: PostgresStore,
    client: Client,
    _database: Database,
}

impl NodesFixture for Place {
    fn node(&self) -> Arc<dyn Nodes> {
        Arc::new(self.store.nodes())
    }

    fn account(&self) -> BoxFuture<'_, AccountId> {
        async move {
            let id = AccountId(fresh());
            let account = Account {
                id,
                organisation_id: OrganisationId(Uuid::from_u128(1)),
                name: None,
                last_name: None,
                display_name: None,
                email: None,
                phone: None,
                roles: Vec::new(),
                guest: false,
                disabled: false,
                created_at: from_millis(0),
                updated_at: from_millis(0),
            };
            let directory = vec![DirectoryChange::AddAccount(account)];
            let mut ledger = self.store.ledger(&Registry::default()).expect("a ledger");
            ledger.load(&[]).await.expect("it reads");
            ledger.commit(&Batch { directory, ..Batch::default() }).await.expect("it is written");
            id
        }
        .boxed()
    }

    /// What was written is put back by as much.
    fn pass(&self, span: Duration) -> BoxFuture<'_, ()> {
        let by = format!("interval '{} ms'", span.as_millis());
        let back = format!(
            "update nodes set renewed_at = renewed_at - {by}, lease_until = lease_until - {by}; \
             update nodes_ready set since = since - {by}; \
             update lines set gone_at = gone_at - {by}"
        );
        async move { self.client.batch_execute(&back).await.expect("the server answers") }.boxed()
    }
}

async fn postgres() -> Place {
    let database = Database::new();
    let store = PostgresStore::open(database.url(), PostgresSettings::default()).await.expect("it opens");
    let (client, connection) = tokio_postgres::connect(database.url(), NoTls).await.expect("it connects");
    tokio::spawn(connection);
    Place { store, client, _database: database }
}

hearken_testkit::nodes_conformance!(postgres);

#[tokio::test]
async fn an_erased_persons_lines_go_with_him() {
    use hearken_core::ids::NodeId;
    use hearken_core::node::{LineChange, LineName, Standing};

    let place = postgres().await;
    let (nodes, node, ann) = (place.node(), NodeId(fresh()), place.account().await);
    nodes.join(node, Duration::from_secs(10)).await.expect("it joins");
    let name = LineName { account: ann, kind: "test.receive" };
    let open = [LineChange { name, ended: None }];
    nodes.note(node, &open).await.expect("it answers").expect("its lease holds");
    let directory = vec![DirectoryChange::RemoveAccount(ann)];
    let mut ledger = place.store.ledger(&Registry::default()).expect("a ledger");
    ledger.load(&[]).await.expect("it reads");
    ledger.commit(&Batch { directory, ..Batch::default() }).await.expect("it is written");
    assert_eq!(nodes.standing(name.kind, &[ann]).await, Ok(vec![Standing::Away]));
    // Nor does a line of somebody who is gone hold up those of others.
    let bob = LineName { account: place.account().await, kind: name.kind };
    let changes = [LineChange { name, ended: None }, LineChange { name: bob, ended: None }];
    nodes.note(node, &changes).await.expect("it answers").expect("its lease holds");
    assert_eq!(
        nodes.standing(name.kind, &[ann, bob.account]).await,
        Ok(vec![Standing::Away, Standing::Open])
    );
}
