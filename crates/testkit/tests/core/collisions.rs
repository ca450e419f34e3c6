//! One that collides with what others have done costs its neighbours in the batch a second try, and no more.

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use hearken_core::memory::MemoryStore;
use hearken_core::store::{Changes, DirectoryChange, StoreError};
use hearken_testkit::faulty::FaultyStore;
use jiff::Timestamp;

use crate::house::House;
use crate::scene::{Talk, id_of, within};

#[tokio::test]
async fn what_collides_leaves_the_others_together() {
    let store = FaultyStore::over(MemoryStore::new());
    let house = House::over(store.clone()).await;
    let ann = house.person().await;
    let room = house.room::<Talk>("room", &[&ann]).await;
    store.hold_syncs();
    let first = house.say(&ann, room, "first");
    store.until_syncing().await;
    let earlier: Vec<_> = (0..50).map(|number| house.say(&ann, room, &number.to_string())).collect();
    let directory = vec![DirectoryChange::AccountStillAt(id_of(&ann), Timestamp::MIN)];
    let mut collides = Box::pin(house.core.commit(Changes { directory, ..Changes::default() }));
    assert!((&mut collides).now_or_never().is_none(), "it is queued");
    let later: Vec<_> = (50..100).map(|number| house.say(&ann, room, &number.to_string())).collect();
    let before = store.synced();
    store.release_syncs();
    within(first).await.expect("it is saved");
    assert_eq!(within(collides).await, Err(StoreError::Conflict));
    for (place, seq) in within(join_all(earlier.into_iter().chain(later))).await.into_iter().enumerate() {
        assert_eq!(seq, Ok(place as u64 + 2), "in the order of asking");
    }
    assert_eq!(store.synced() - before, 3, "the first, those before it, those after it");
    house.stop().await;
}
