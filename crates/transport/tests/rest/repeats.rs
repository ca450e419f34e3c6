//! `Idempotency-Key`: what is done once stays done once when the client hangs up, and what is kept of it is bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use futures_util::FutureExt as _;
use hearken_transport::rest::{Caller, Success};
use tokio::sync::Semaphore;

use crate::house::{Answer, House};

/// A path that does something which takes until the test lets it go on, and says how often it was done.
#[derive(Clone)]
struct Slow {
    begun: Arc<AtomicU32>,
    may: Arc<Semaphore>,
}

impl Slow {
    fn new(may: usize) -> Self {
        Self { begun: Arc::default(), may: Arc::new(Semaphore::new(may)) }
    }

    fn api(&self) -> Router {
        let this = self.clone();
        let act = async move |_: Caller| {
            let turn = this.begun.fetch_add(1, Ordering::SeqCst);
            this.may.acquire().await.expect("it stays open").forget();
            Success::created(turn, "Done.")
        };
        Router::new().route("/act", post(act.clone())).route("/act/{which}", post(act))
    }

    fn begun(&self) -> u32 {
        self.begun.load(Ordering::SeqCst)
    }
}

async fn act(house: &House, token: &str, path: &str, key: &str) -> Answer {
    let headers = [("authorization", token), ("idempotency-key", key)];
    house.ask(("POST", path), &headers, "").await
}

/// How many records the person has, and the longest of their names.
async fn kept(house: &House) -> (usize, usize) {
    let kept = house.running.core.records_of(house.ana.id, None, 10_000).await.expect("the store reads");
    (kept.len(), kept.iter().map(|kept| kept.record.name.key.len()).max().unwrap_or_default())
}

#[tokio::test]
async fn who_hangs_up_and_comes_again_is_given_the_first_answer() {
    let slow = Slow::new(0);
    let house = House::serving(slow.api()).await;
    let token = format!("Bearer {}", house.running.token(&house.ana).await);
    let mut given_up = Box::pin(act(&house, &token, "/api/v1/act", "one"));
    while slow.begun() == 0 {
        assert!((&mut given_up).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(given_up);
    let mut again = Box::pin(act(&house, &token, "/api/v1/act", "one"));
    // It has every chance to begin a second time before the first has ended.
    for _ in 0..100 {
        assert!((&mut again).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    slow.may.add_permits(2);
    let answer = again.await;
    assert_eq!((answer.status, answer.body["data"].as_u64()), (201, Some(0)));
    assert_eq!(answer.header("idempotency-replayed"), Some("true"));
    assert_eq!(slow.begun(), 1);
}

#[tokio::test]
async fn nothing_is_kept_of_paths_that_are_none_and_names_have_one_length() {
    let slow = Slow::new(10);
    let house = House::serving(slow.api()).await;
    let token = format!("Bearer {}", house.running.token(&house.ana).await);
    let before = kept(&house).await.0;
    for n in 0..5 {
        let path = format!("/api/v1/nothing/{n}");
        assert_eq!(act(&house, &token, &path, "one").await.status, 404);
        assert_eq!(act(&house, &token, &path, "one").await.header("idempotency-replayed"), None);
    }
    assert_eq!(kept(&house).await.0, before);
    assert_eq!(act(&house, &token, "/api/v1/act", "k").await.status, 201);
    let short = kept(&house).await;
    let long = format!("/api/v1/act/{}", "x".repeat(5000));
    assert_eq!(act(&house, &token, &long, &"k".repeat(255)).await.status, 201);
    assert_eq!(kept(&house).await, (before + 2, short.1));
}

#[tokio::test]
async fn an_account_has_a_thousand_answers_kept_a_day() {
    let slow = Slow::new(10_000);
    let house = House::serving(slow.api()).await;
    let token = format!("Bearer {}", house.running.token(&house.ana).await);
    for n in 0..1000 {
        if n % 200 == 0 {
            house.running.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(act(&house, &token, "/api/v1/act", &n.to_string()).await.status, 201, "{n}");
    }
    house.running.clock.advance(Duration::from_secs(1));
    let full = act(&house, &token, "/api/v1/act", "one more").await;
    assert_eq!((full.status, full.header("retry-after").is_some()), (429, true));
    let again = act(&house, &token, "/api/v1/act", "7").await;
    assert_eq!((again.status, again.body["data"].as_u64()), (201, Some(7)), "a repeat keeps nothing");
    assert_eq!(slow.begun(), 1000);
    house.running.clock.advance(Duration::from_secs(90));
    assert_eq!(act(&house, &token, "/api/v1/act", "one more").await.status, 201);
}
