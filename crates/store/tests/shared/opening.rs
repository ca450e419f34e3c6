//! Opening a store: what is refused, and what is said.

use hearken_store::{PostgresError, PostgresSettings, PostgresStore};
use hearken_testkit::throwaway::Database;

use crate::house::House;
use crate::plain::Plain;

async fn open(url: &str) -> Result<PostgresStore, PostgresError> {
    PostgresStore::open(url, PostgresSettings::default()).await
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let database = Database::new();
    open(database.url()).await.expect("it opens");
    Plain::to(database.url()).await.run("insert into schema_steps values (1000)").await;
    let refused = open(database.url()).await.map(drop);
    let known = PostgresStore::newest_schema();
    assert!(matches!(refused, Err(PostgresError::Newer { found: 1000, known: told }) if told == known));
}

#[tokio::test]
async fn what_is_wrong_is_told_without_the_password() {
    let database = Database::new();
    let (_, place) = database.url().rsplit_once('@').expect("an address with a user");
    let nowhere = "postgres://hearken:hunter2@127.0.0.1:1/hearken".to_owned();
    let required = format!("{}?sslmode=require", database.url());
    let unknown = format!("postgres://nobody-of-that-name:hunter2@{place}");
    for url in [nowhere, required, unknown] {
        let told = open(&url).await.map(drop).expect_err("it can't be opened");
        assert!(matches!(told, PostgresError::Away(_)), "{told}");
        assert!(!told.to_string().contains("hunter2"), "{told}");
    }
}

#[tokio::test]
async fn a_store_is_opened_again_and_holds_what_was_written() {
    let database = Database::new();
    let house = House::open(database.url()).await;
    let somebody = house.person().await;
    house.stop().await;
    let house = House::open(database.url()).await;
    let accounts = house.core.accounts(None, 10).await.expect("the store reads");
    assert_eq!(accounts.iter().map(|account| Some(account.id)).collect::<Vec<_>>(), [somebody.account()]);
    house.stop().await;
}
