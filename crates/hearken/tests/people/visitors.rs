//! Guests are made by whoever asks, and stay: so many from one place, and then a few a minute.

use std::time::Duration;

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn one_place_has_only_so_many_guests_made() {
    let house = House::open().await;
    let mut line = house.line().await;
    // What is refused makes nobody, and counts as nobody.
    for _ in 0..10 {
        assert_eq!(line.post("/auth/visitor", &json!({"email": "nowhere"})).await.status, 400);
    }
    for turn in 0..300 {
        assert_eq!(line.post("/auth/visitor", &json!({})).await.status, 201, "{turn}");
    }
    let refused = line.post("/auth/visitor", &json!({})).await;
    assert_eq!((refused.status, refused.retry_after), (429, Some(6)));
    house.clock.advance(Duration::from_secs(6));
    assert_eq!(line.post("/auth/visitor", &json!({})).await.status, 201);
    assert_eq!(line.post("/auth/visitor", &json!({})).await.status, 429);
    assert_eq!(house.core.accounts(None, 1000).await.expect("the store reads").len(), 301);
    house.close().await;
}
