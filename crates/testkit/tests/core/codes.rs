//! One-time codes by text message, with every limit of common.md and circle.md.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hearken_core::NewAccount;
use hearken_core::account::{Account, Phone};
use hearken_core::network::Network;
use hearken_core::sign_in::{CodeError, CodeRules, Requested, SignInError, Tokens};
use hearken_core::sms::KeptSms;

use crate::house::House;

const PHONE: &str = "9999999999";

fn from(last: u8) -> Network {
    Network::from(IpAddr::from([192, 0, 2, last]))
}

fn phone(digits: &str) -> Phone {
    digits.parse().expect("a number")
}

async fn ana(house: &House) -> Arc<Account> {
    let new =
        NewAccount { phone: Some(phone(PHONE)), last_name: Some("García".into()), ..NewAccount::default() };
    house.core.add_account(new).await.expect("a new person")
}

async fn ask(house: &House, origin: u8, digits: &str, name: &str) -> Result<Requested, CodeError> {
    house.core.request_code(from(origin), &phone(digits), name, CodeRules::default()).await
}

/// A challenge of Ana's, and its code.
async fn asked(house: &House) -> (String, String) {
    let sent = house.sms.sent().len();
    let requested = ask(house, 1, PHONE, "GARCIA").await.expect("within the limits");
    assert_eq!(requested.resend_after, Duration::from_mins(1));
    (requested.challenge, code(&house.sms, sent).await)
}

/// The code in the message after so many. It is sent by a task of its own.
async fn code(sms: &KeptSms, after: usize) -> String {
    while sms.sent().len() <= after {
        tokio::task::yield_now().await;
    }
    let (to, text) = sms.sent()[after].clone();
    assert_eq!(to.as_str(), PHONE);
    text.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6).expect("six digits").to_owned()
}

async fn show(house: &House, challenge: &str, code: &str) -> Result<Tokens, SignInError> {
    house.core.sign_in_by_code(challenge, code).await
}

fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000)
}

fn slowed(answer: &Result<Requested, CodeError>, seconds: u64) {
    assert_eq!(*answer, Err(CodeError::Slowed(Duration::from_secs(seconds))));
}

#[tokio::test]
async fn a_code_is_good_once() {
    let house = House::open().await;
    let account = ana(&house).await;
    let (challenge, code) = asked(&house).await;
    let tokens = show(&house, &challenge, &code).await.expect("it is right");
    assert_eq!(tokens.account.id, account.id);
    assert_eq!(show(&house, &challenge, &code).await.err(), Some(SignInError::Wrong));
    house.stop().await;
}

#[tokio::test]
async fn a_code_shown_twice_at_once_is_good_once() {
    let house = House::open().await;
    ana(&house).await;
    let (challenge, code) = asked(&house).await;
    let both = tokio::join!(show(&house, &challenge, &code), show(&house, &challenge, &code));
    assert_eq!(usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()), 1);
    house.stop().await;
}

#[tokio::test]
async fn a_code_ends_after_ten_minutes() {
    let house = House::open().await;
    ana(&house).await;
    let (challenge, code) = asked(&house).await;
    house.clock.advance(Duration::from_mins(10));
    assert_eq!(show(&house, &challenge, &code).await.err(), Some(SignInError::Wrong));
    house.stop().await;
}

#[tokio::test]
async fn five_wrong_tries_end_a_code_and_four_do_not() {
    let house = House::open().await;
    ana(&house).await;
    let (challenge, code) = asked(&house).await;
    for _ in 0..4 {
        assert_eq!(show(&house, &challenge, &other_than(&code)).await.err(), Some(SignInError::Wrong));
    }
    assert!(show(&house, &challenge, &code).await.is_ok());
    house.clock.advance(Duration::from_mins(1));
    let (challenge, code) = asked(&house).await;
    let house = {
        for _ in 0..5 {
            assert!(show(&house, &challenge, &other_than(&code)).await.is_err());
        }
        house.restarted().await
    };
    assert_eq!(show(&house, &challenge, &code).await.err(), Some(SignInError::Wrong));
    house.stop().await;
}

#[tokio::test]
async fn guesses_at_once_are_all_counted() {
    let house = House::open().await;
    ana(&house).await;
    // As many as leave room for the right one, and one more: each counts as one, whatever the others do.
    for (wrong, good) in [(4, true), (5, false)] {
        let (challenge, code) = asked(&house).await;
        let guesses = (0..wrong).map(|_| show(&house, &challenge, "x"));
        let answers = futures_util::future::join_all(guesses).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(SignInError::Wrong))), "{answers:?}");
        assert_eq!(show(&house, &challenge, &code).await.is_ok(), good, "after {wrong}");
        house.clock.advance(Duration::from_mins(1));
    }
    house.stop().await;
}

#[tokio::test]
async fn nobody_learns_who_is_known() {
    let house = House::open().await;
    ana(&house).await;
    let strangers = [(PHONE, "Santos"), ("8888888888", "García"), (PHONE, "")];
    for (digits, name) in strangers {
        let requested = ask(&house, 1, digits, name).await.expect("within the limits");
        assert_eq!(requested.resend_after, Duration::from_mins(1));
        for guess in ["000000", "x", ""] {
            assert_eq!(show(&house, &requested.challenge, guess).await.err(), Some(SignInError::Wrong));
        }
        slowed(&ask(&house, 1, digits, name).await, 60);
        house.clock.advance(Duration::from_mins(1));
    }
    assert_eq!(house.sms.sent(), [], "and nobody gets a message");
    assert_eq!(show(&house, "no such challenge", "123456").await.err(), Some(SignInError::Wrong));
    house.stop().await;
}

#[tokio::test]
async fn a_number_gets_three_an_hour_a_minute_apart_also_after_a_restart() {
    let mut house = House::open().await;
    ana(&house).await;
    // After the third it is the hour of the first that has to pass.
    for wait in [60, 60, 58 * 60] {
        asked(&house).await;
        slowed(&ask(&house, 2, PHONE, "x").await, wait);
        house.clock.advance(Duration::from_secs(59));
        house = house.restarted().await;
        slowed(&ask(&house, 1, PHONE, "García").await, wait - 59);
        house.clock.advance(Duration::from_secs(1));
    }
    slowed(&ask(&house, 3, PHONE, "García").await, 57 * 60);
    house.clock.advance(Duration::from_mins(57));
    assert!(ask(&house, 1, PHONE, "García").await.is_ok());
    house.stop().await;
}

#[tokio::test]
async fn a_place_gets_thirty_an_hour() {
    let house = House::open().await;
    for n in 0..30 {
        assert!(ask(&house, 1, &format!("{}", 6_200_000_000_u64 + n), "x").await.is_ok());
    }
    slowed(&ask(&house, 1, PHONE, "x").await, 3600);
    assert!(ask(&house, 2, PHONE, "x").await.is_ok(), "another place is not shut out");
    house.stop().await;
}

#[tokio::test]
async fn what_has_expired_is_swept() {
    let house = House::open().await;
    ana(&house).await;
    asked(&house).await;
    house.clock.advance(Duration::from_hours(2));
    assert_eq!(house.core.sweep_records(house.now(), 100).await, Ok(3));
    asked(&house).await;
    house.stop().await;
}

#[tokio::test]
async fn a_code_from_before_a_theft_is_wrong_and_the_next_is_good() {
    let house = House::open().await;
    ana(&house).await;
    let (challenge, before) = asked(&house).await;
    house.core.renew_secrets().await.expect("the store writes");
    assert_eq!(show(&house, &challenge, &before).await.err(), Some(SignInError::Wrong));
    let (challenge, code) = asked(&house).await;
    assert!(show(&house, &challenge, &code).await.is_ok());
    house.stop().await;
}

#[tokio::test]
async fn an_erased_person_leaves_no_code_and_no_count() {
    let house = House::open().await;
    let account = ana(&house).await;
    asked(&house).await;
    let kept = async |space| house.store.records_in(space, None, 10).await.expect("the store reads").len();
    assert_eq!((kept("otp").await, kept("otp.phone").await), (1, 1));
    house.core.begin_erasing(account.id).await.expect("she is there").finish().await.expect("erased");
    assert_eq!((kept("otp").await, kept("otp.phone").await), (0, 0));
    house.stop().await;
}
