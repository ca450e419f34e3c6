//! Leaving a conversation in which very much waits: the commit takes a part, the rest is done in parts, an end in between
//! loses none of it, and nobody sees whether it is done.

use hearken_core::actor::Actor;
use hearken_core::event::EventRef;
use hearken_core::store::{Store as _, Wanted};
use hearken_core::{Kind as _, NewEvent, Registry, Target};
use hearken_store::{PostgresSettings, PostgresStore};
use hearken_testkit::throwaway::Database;

use crate::house::{Entry, House, Purse};
use crate::plain::Plain;

const WAITING: i64 = 20_000;
const HOLDING: &str = "select count(*) from events where pending in ('\\x02', '\\x03')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_is_done_in_parts_and_seen_at_once() {
    let database = Database::new();
    let house = House::open(database.url()).await;
    let people = [house.person().await, house.person().await];
    let pair = people.each_ref().map(|who| who.account().expect("a person"));
    for _ in 0..WAITING / 1000 {
        let said = house.core.update(&Actor::System("test"), house.purse("p"), move |draft| {
            for account in pair {
                draft.join(account, "owner");
            }
            for n in 0..1000 {
                // Every second one waits for the leaver alone.
                let receivers = if n % 2 == 0 { vec![pair[1]] } else { pair.to_vec() };
                draft.record(NewEvent::new(Entry::Put(n)).waiting_for(receivers));
            }
            Ok::<_, &str>(())
        });
        said.await.expect("it is said");
    }
    let plain = Plain::to(database.url()).await;
    assert_eq!(plain.number(HOLDING).await, WAITING);
    let left = house
        .core
        .update(&Actor::System("test"), house.purse("p"), move |draft| Ok::<_, &str>(draft.leave(pair[1])));
    assert_eq!(left.await, Ok(true));
    let home = house.home;
    // The end comes in the middle.
    house.stop().await;
    let undone = plain.number(HOLDING).await;
    assert!(undone > 0 && undone < WAITING, "{undone} are left");

    let store = PostgresStore::open(database.url(), PostgresSettings::default()).await.expect("it opens");
    let registry = Registry::default().with::<Purse>();
    let target = Target::Key { kind: Purse::NAME, organisation: home, key: "p".into() };
    let purse = store.conversation(&registry, &target).await.expect("it reads").expect("it is there");
    let events = store.events(&purse, 0, u64::MAX, WAITING as usize).await.expect("it reads");
    let shown =
        |slot| events.iter().filter(|stored| stored.pending.is_some_and(|set| set.contains(slot))).count();
    assert_eq!((shown(0), shown(1)), (WAITING as usize / 2, 0), "what is left to be done is left out");
    assert_eq!(events.iter().filter(|stored| stored.event.body.is_some()).count(), WAITING as usize / 2);
    let mut ledger = store.ledger(&registry).expect("a ledger");
    let events = vec![EventRef::Waiting(5000), EventRef::Seq(WAITING as u64 - 1)];
    let wanted = [Wanted { target, conversation: false, events, timer: None, held: None }];
    let loaded = ledger.load(&wanted).await.expect("it reads").pop().expect("an answer");
    assert_eq!(loaded.bodies.len(), 5000, "as many as are asked for, whoever has left");
    let alone = loaded.events.last().expect("the last");
    assert_eq!((alone.kept, alone.pending.map(hearken_core::SlotSet::is_empty)), (false, Some(true)));
    drop(ledger);
    assert_eq!(store.check(&registry).await.expect("it reads"), Vec::<String>::new());

    let house = House::open(database.url()).await;
    while plain.number("select count(*) from clearings").await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(plain.number(HOLDING).await, 0);
    assert_eq!(plain.number("select count(body) from events").await, WAITING / 2);
    assert_eq!(house.core.check().await.expect("it reads"), Vec::<String>::new());
    house.stop().await;
}
