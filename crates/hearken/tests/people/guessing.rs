//! Guessing passwords and codes by the thousand from one address: only so many are looked at, and whoever else is at
//! that address signs in all the same.

use std::collections::BTreeMap;
use std::time::Duration;

use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, asking, challenge, count, figure, login};

/// How many guess at the same time.
const AT_ONCE: usize = 50;
/// Wrong passwords that are looked at before one has to wait.
const PASSWORDS: usize = 10;

/// Posts `all` bodies over many connections while `meanwhile` goes on, and counts the answers by status.
async fn guess(
    house: &House,
    path: &'static str,
    all: Vec<Value>,
    meanwhile: impl Future<Output = ()>,
) -> BTreeMap<u16, usize> {
    let real = SystemMonotonic::default();
    let total = all.len();
    let mut guessers = tokio::task::JoinSet::new();
    for part in all.chunks(total.div_ceil(AT_ONCE)).map(<[Value]>::to_vec) {
        let mut line = house.line().await;
        guessers.spawn(async move {
            let mut statuses = Vec::with_capacity(part.len());
            for body in part {
                let answer = line.post(path, &body).await;
                assert_eq!(
                    answer.status == 429,
                    answer.retry_after.is_some_and(|wait| wait > 0),
                    "{answer:?}"
                );
                // Whoever is told to wait is not told beside it that he may go on at once.
                let goes_on = answer.remaining.is_some_and(|left| left > 0);
                assert!(answer.status != 429 || !goes_on, "{answer:?}");
                assert!(answer.status == 429 || answer.remaining.is_some(), "{answer:?}");
                statuses.push(answer.status);
            }
            statuses
        });
    }
    meanwhile.await;
    let mut counts = BTreeMap::new();
    while let Some(statuses) = guessers.join_next().await {
        for status in statuses.expect("every guess is answered") {
            *counts.entry(status).or_default() += 1;
        }
    }
    figure(format_args!("{path}: {total} guesses in {:?}: {counts:?}", real.elapsed()));
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_passwords_are_looked_at_and_nobody_else_is_shut_out() {
    let house = House::open().await;
    for name in ["ana", "ben"] {
        house.person(name, None).await;
    }
    let mut all: Vec<_> =
        (0..count(1000, 10_000)).map(|turn| login("ana", &format!("guess number {turn}"))).collect();
    // Somewhere among them is the right one, long after the last that is looked at.
    let middle = all.len() / 2;
    all.insert(middle, login("ana", PASSWORD));
    let total = all.len();
    let ben = async {
        let mut line = house.line().await;
        for turn in 0..5 {
            house.clock.advance(Duration::from_secs(1));
            let answer = line.post("/auth/login", &login("ben", PASSWORD)).await;
            assert_eq!(answer.status, 200, "turn {turn}: {answer:?}");
        }
    };
    let counts = guess(&house, "/auth/login", all, ben).await;
    let looked_at = counts.get(&401).copied().unwrap_or_default();
    assert!((1..=PASSWORDS).contains(&looked_at), "{counts:?}");
    assert_eq!(looked_at + counts.get(&429).copied().unwrap_or_default(), total, "{counts:?}");
    // She herself signs in again from there when the guesser has left off for a while.
    let mut line = house.line().await;
    assert_eq!(line.post("/auth/login", &login("ana", PASSWORD)).await.status, 429);
    house.clock.advance(Duration::from_secs(30));
    assert_eq!(line.post("/auth/login", &login("ana", PASSWORD)).await.status, 200);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_codes_are_looked_at_and_nobody_else_is_shut_out() {
    let house = House::open().await;
    for name in ["ana", "ben"] {
        house.person(name, None).await;
    }
    let mut line = house.line().await;
    let asked = challenge(&line.post("/auth/otp/request", &asking("ana")).await);
    let code: usize = house.code("ana").await.parse().expect("a code");
    let wrong =
        |turn: usize| json!({"challenge": asked, "code": format!("{:06}", (code + 1 + turn) % 1_000_000)});
    let mut all: Vec<_> = (0..count(1000, 10_000)).map(wrong).collect();
    // The right one is among them, long after the last that is looked at.
    all.insert(all.len() / 2, json!({"challenge": asked, "code": format!("{code:06}")}));
    let total = all.len();
    let ben = async {
        let mut line = house.line().await;
        let asked = challenge(&line.post("/auth/otp/request", &asking("ben")).await);
        let body = json!({"challenge": asked, "code": house.code("ben").await});
        let answer = line.post("/auth/otp/verify", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    let counts = guess(&house, "/auth/otp/verify", all, ben).await;
    let refused: usize = [401, 429].iter().filter_map(|status| counts.get(status)).sum();
    assert_eq!(refused, total, "{counts:?}");
    // They have ended it: the right one comes too late, though there is room for it.
    house.clock.advance(Duration::from_secs(1));
    let right = json!({"challenge": asked, "code": format!("{code:06}")});
    assert_eq!(line.post("/auth/otp/verify", &right).await.status, 401);
    // A new one is as good as ever.
    house.clock.advance(Duration::from_secs(61));
    let asked = challenge(&line.post("/auth/otp/request", &asking("ana")).await);
    house.sent(3).await;
    let code = house.code("ana").await;
    let body = json!({"challenge": asked, "code": code});
    assert_eq!(line.post("/auth/otp/verify", &body).await.status, 200);
    house.close().await;
}
