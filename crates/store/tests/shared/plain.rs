//! Plain SQL beside the store, for what no port does.

use tokio_postgres::{Client, NoTls};

/// A connection of a test's own.
pub(crate) struct Plain(Client);

impl Plain {
    pub(crate) async fn to(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        Self(client)
    }

    /// Carries out statements.
    pub(crate) async fn run(&self, sql: &str) {
        if let Err(error) = self.0.batch_execute(sql).await {
            panic!("{sql}: {error:?}");
        }
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.0.query_one(sql, &[]).await.expect("it reads").get(0)
    }
}
