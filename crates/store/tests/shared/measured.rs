//! How many rules share a commit when many come at once.

use std::io::Write as _;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use hearken_core::Receipt;
use hearken_testkit::throwaway::Database;

use crate::house::House;

/// How many pairs are at it.
const PAIRS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn committers_batch_what_comes_while_they_write() {
    let rounds: usize =
        std::env::var("HEARKEN_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    let database = Database::new();
    let house = House::open(database.url()).await;
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        pairs.push([house.person().await, house.person().await]);
    }
    let stats = house.core.commit_stats();
    let before = stats.commits.load(Ordering::Relaxed);
    let talks = pairs.iter().enumerate().map(|(at, people)| {
        let (house, purse) = (&house, format!("pair {at}"));
        async move {
            let pair = people.each_ref().map(|who| who.account().expect("a person"));
            for round in 0..rounds {
                let name = format!("{round}");
                assert_eq!(house.put(&purse, &people[0], pair, name.clone(), 1).await, Ok(true));
                let taken = house.receive(&purse, &people[1], pair[0], name).await;
                assert_eq!(taken, Ok(Receipt::Taken));
            }
        }
    });
    join_all(talks).await;
    let commits = stats.commits.load(Ordering::Relaxed) - before;
    let rules = (PAIRS * rounds * 2) as u64;
    // Nobody may be reading.
    let _ = writeln!(
        std::io::stderr(),
        "{rules} rules in {commits} commits: {:.1} a commit",
        rules as f64 / commits as f64
    );
    assert!(commits * 2 < rules, "{commits} commits for {rules} rules");
    house.stop().await;
}
