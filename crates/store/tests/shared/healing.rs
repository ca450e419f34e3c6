//! A server that is stopped, killed and started again, and answers that are lost on the way.

use std::time::Duration;

use hearken_core::store::StoreError;
use hearken_core::{Receipt, UpdateError};
use hearken_testkit::throwaway::Postgres;

use crate::cut::Cut;
use crate::house::House;

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), work).await.expect("it comes at all")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_is_found_again_and_nothing_acknowledged_is_lost() {
    let server = Postgres::start();
    let database = server.database();
    let house = House::open(database.url()).await;
    let people = [house.person().await, house.person().await];
    let pair = people.each_ref().map(|who| who.account().expect("a person"));
    let mut names = Vec::new();
    for (round, crash) in [true, false, true].into_iter().enumerate() {
        for n in 0..20 {
            let name = format!("{round}-{n}");
            assert_eq!(within(house.put("p", &people[0], pair, name.clone(), 1)).await, Ok(true));
            names.push(name);
        }
        if crash {
            server.kill();
        } else {
            server.stop();
        }
        let away = within(house.put("p", &people[0], pair, format!("{round}-away"), 1)).await;
        // One that was killed leaves processes behind that may still do their work for a moment.
        assert!(away == Err(UpdateError::Unavailable) || (crash && away == Ok(true)), "{away:?}");
        if !crash {
            assert!(matches!(within(house.core.ping()).await, Err(StoreError::Away(_))));
        }
        server.resume();
        within(house.core.ping()).await.expect("reads find it again");
        let again = within(house.put("p", &people[0], pair, format!("{round}-away"), 1)).await;
        assert_eq!(
            again,
            Ok(away.is_err()),
            "what was acknowledged is there, and what was refused has not happened"
        );
        names.push(format!("{round}-away"));
    }
    for name in names {
        let taken = within(house.receive("p", &people[1], pair[0], name.clone())).await;
        assert_eq!(taken, Ok(Receipt::Taken), "{name}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_settled_before_anybody_is_answered() {
    let server = Postgres::start();
    let database = server.database();
    let direct = House::open(database.url()).await;
    let people = [direct.person().await, direct.person().await];
    let pair = people.each_ref().map(|who| who.account().expect("a person"));
    let cut = Cut::before(database.url()).await;
    let house = House::open(&cut.url()).await;
    assert_eq!(within(house.put("p", &people[0], pair, "first".into(), 1)).await, Ok(true));
    for (round, after) in
        [Lost::Answers, Lost::Questions, Lost::Answers, Lost::Questions].into_iter().enumerate()
    {
        // The connection breaks in the middle of a commit, once what is asked is there or before.
        cut.next_commit(after == Lost::Answers);
        let name = format!("lost {round}");
        let told = within(house.put("p", &people[0], pair, name.clone(), 1)).await;
        assert_eq!(told, Ok(true), "{after:?}: it is found out, or done again");
        assert!(cut.was_cut(), "the line was cut");
        assert_eq!(within(direct.put("p", &people[0], pair, name, 1)).await, Ok(false), "it is there, once");
    }
    let total =
        within(direct.core.update(&people[0], direct.purse("p"), |draft| Ok::<_, &str>(draft.state().total)));
    assert_eq!(total.await, Ok(5), "nothing has happened twice");
    house.stop().await;
    direct.stop().await;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Answers,
    Questions,
}
