//! Nobody learns from an answer, or from how long it takes, who has an account.
//!
//! Times are compared by rank, which no noise that falls on both kinds alike can move: of a known and an unknown
//! person's tries, each is as often the slower one. A machine that is busy with something else may favour one kind for a
//! while, so a comparison that fails is made again, and one good round of three is enough. What is found so is a
//! difference that shows in single answers; one far below the noise of an answer, which takes thousands of tries to
//! see, is not.

use std::time::Duration;

use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use serde_json::Value;

use crate::house::{House, asking, count, figure, login};

/// Tries of each kind in a round.
const TRIES: usize = 200;
/// How far from one half the share may be. By chance alone it is 0.03 off in one round of three.
const TOLERANCE: f64 = 0.12;
const ROUNDS: usize = 3;

/// How often, of one try of each kind, that of the first is the slower.
fn share(first: &[Duration], second: &[Duration]) -> f64 {
    let slower = |one: &Duration| {
        let faster = second.iter().filter(|other| *other < one).count();
        let same = second.iter().filter(|other| *other == one).count();
        faster as f64 + same as f64 / 2.0
    };
    first.iter().map(slower).sum::<f64>() / (first.len() * second.len()) as f64
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Posts the bodies of both kinds in turn, with a pause of the server's clock before each pair, until a round shows no
/// difference in time. `judge` looks at every answer.
async fn check(
    house: &House,
    path: &str,
    [known, unknown]: [Value; 2],
    pause: Duration,
    judge: impl Fn(&Value, u16),
) {
    let (real, mut line) = (SystemMonotonic::default(), house.line().await);
    let tries = count(TRIES, 5 * TRIES);
    let mut shares = Vec::new();
    for _ in 0..ROUNDS {
        let mut times = [Vec::new(), Vec::new()];
        for turn in 0..tries {
            house.clock.advance(pause);
            // Each comes first as often as the other.
            for kind in [turn % 2, 1 - turn % 2] {
                let body = [&known, &unknown][kind];
                let began = real.elapsed();
                let answer = line.post(path, body).await;
                times[kind].push(real.elapsed().saturating_sub(began));
                judge(&answer.body, answer.status);
            }
        }
        let [known, unknown] = &times;
        let found = share(known, unknown);
        let medians = [median(known), median(unknown)];
        figure(format_args!(
            "{path}: known and unknown take {medians:?} (medians of {tries}), share {found:.3}"
        ));
        if (found - 0.5).abs() <= TOLERANCE {
            return;
        }
        shares.push(found);
    }
    panic!("{path}: whether somebody is known shows in how long it takes: {shares:.3?}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let house = House::open().await;
    house.person("ana", None).await;
    let bodies = ["ana", "nobody"].map(|name| login(name, "wrong horse battery"));
    let same = house.line().await.post("/auth/login", &bodies[1]).await.body;
    check(&house, "/auth/login", bodies, Duration::from_secs(30), |body, status| {
        assert_eq!((status, body), (401, &same));
    })
    .await;
    house.close().await;
}

#[tokio::test]
async fn a_code_is_asked_for_alike_whoever_it_is_for() {
    let house = House::open().await;
    house.person("ana", None).await;
    let bodies = ["ana", "nobody"].map(asking);
    check(&house, "/auth/otp/request", bodies, Duration::from_mins(61), |body, status| {
        let keys: Vec<_> = body["data"].as_object().expect("data").keys().map(String::as_str).collect();
        assert_eq!((status, keys), (200, vec!["challenge", "resend_after_s"]), "{body}");
        assert_eq!(body["data"]["resend_after_s"], 60);
        assert_eq!(body["data"]["challenge"].as_str().map(str::len), Some(24));
    })
    .await;
    house.close().await;
}

/// Who is refused before anybody is looked up learns nothing from that either.
#[tokio::test]
async fn one_code_too_many_is_refused_alike_whoever_it_is_for() {
    let house = House::open().await;
    house.person("ana", None).await;
    let bodies = ["ana", "nobody"].map(asking);
    let mut line = house.line().await;
    for _ in 0..3 {
        for body in &bodies {
            assert_eq!(line.post("/auth/otp/request", body).await.status, 200);
        }
        house.clock.advance(Duration::from_mins(1));
    }
    check(&house, "/auth/otp/request", bodies, Duration::from_millis(5), |body, status| {
        assert_eq!((status, body["message"].as_str()), (429, Some("Too many requests.")), "{body}");
    })
    .await;
    house.close().await;
}

#[test]
fn shares_are_of_pairs() {
    let times = |list: &[u64]| list.iter().map(|ms| Duration::from_millis(*ms)).collect::<Vec<_>>();
    let check = |first: &[u64], second: &[u64], expect: f64| {
        assert!((share(&times(first), &times(second)) - expect).abs() < 1e-9, "{first:?} {second:?}");
    };
    check(&[1, 2, 3], &[1, 2, 3], 0.5);
    check(&[4, 5], &[1, 2, 3], 1.0);
    check(&[1], &[2, 3], 0.0);
    check(&[2], &[1, 3], 0.5);
    check(&[2, 2], &[2, 1], 0.75);
}
