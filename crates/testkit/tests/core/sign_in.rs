//! Signing in by password, living by refreshes, and the ways a sign-in ends.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hearken_core::account::{Account, Role};
use hearken_core::actor::{Actor, Person};
use hearken_core::network::Network;
use hearken_core::sign_in::{SignInError, Tokens};
use hearken_core::token::TokenError;
use hearken_core::{AccountPatch, Delivery, Ended, Follow, NewAccount, PeopleError};

use crate::house::House;
use crate::scene::{KINDS, within};

const EMAIL: &str = "ana@example.org";
const PASSWORD: &str = "correct horse";

fn here() -> Network {
    Network::from(IpAddr::from([192, 0, 2, 1]))
}

async fn ana(house: &House) -> Arc<Account> {
    let password = house.core.hash_password(PASSWORD).await.expect("a good password");
    let new = NewAccount {
        email: Some("Ana@Example.org".into()),
        roles: vec![Role::Agent],
        password: Some(password),
        ..NewAccount::default()
    };
    house.core.add_account(new).await.expect("a new person")
}

async fn signed_in(house: &House) -> Tokens {
    house.core.sign_in_by_password(here(), EMAIL, PASSWORD).await.expect("it is she")
}

async fn wrong(house: &House, email: &str, password: &str) {
    let answer = house.core.sign_in_by_password(here(), email, password).await;
    assert_eq!(answer.err(), Some(SignInError::Wrong), "{email}");
}

async fn person(house: &House, tokens: &Tokens) -> Person {
    match house.core.authenticate(&tokens.access).await {
        Ok(Actor::Person(person)) => person,
        other => panic!("{other:?}"),
    }
}

async fn refused(house: &House, tokens: &Tokens) {
    assert_eq!(house.core.authenticate(&tokens.access).await.err(), Some(TokenError::Account));
}

async fn not_refreshed(house: &House, tokens: &Tokens) {
    assert_eq!(house.core.refresh(&tokens.refresh).await.err(), Some(SignInError::Wrong));
}

#[tokio::test]
async fn a_password_lets_its_owner_in_and_nobody_else() {
    let house = House::open().await;
    let account = ana(&house).await;
    let tokens = signed_in(&house).await;
    assert_eq!(person(&house, &tokens).await.account.id, account.id);
    assert_eq!(tokens.expires_in, Duration::from_mins(30));
    wrong(&house, EMAIL, "wrong").await;
    wrong(&house, "nobody@example.org", PASSWORD).await;
    wrong(&house, "", "").await;
    assert!(house.core.sign_in_by_password(here(), " ANA@example.ORG ", PASSWORD).await.is_ok());
    house.stop().await;
}

#[tokio::test]
async fn an_account_without_a_password_lets_nobody_in() {
    let house = House::open().await;
    let new = NewAccount { email: Some(EMAIL.into()), ..NewAccount::default() };
    house.core.add_account(new).await.expect("a new person");
    wrong(&house, EMAIL, "").await;
    wrong(&house, EMAIL, PASSWORD).await;
    house.stop().await;
}

#[tokio::test]
async fn a_guest_signs_in_as_a_visitor_and_his_address_is_no_sign_in() {
    let house = House::open().await;
    ana(&house).await;
    let guest = NewAccount { email: Some(EMAIL.into()), name: Some("Ana".into()), ..NewAccount::default() };
    let tokens = house.core.sign_in_as_guest(guest).await.expect("anybody may");
    let visitor = person(&house, &tokens).await.account;
    assert!(visitor.guest && visitor.roles == [Role::Visitor] && visitor.email.as_deref() == Some(EMAIL));
    assert_ne!(signed_in(&house).await.account.id, visitor.id);
    house.stop().await;
}

#[tokio::test]
async fn refreshing_prolongs_a_sign_in_past_its_tokens() {
    let house = House::open().await;
    ana(&house).await;
    let mut tokens = signed_in(&house).await;
    let first = person(&house, &tokens).await;
    for _ in 0..3 {
        house.clock.advance(Duration::from_hours(24 * 29));
        assert_eq!(house.core.authenticate(&tokens.access).await.err(), Some(TokenError::Expired));
        tokens = house.core.refresh(&tokens.refresh).await.expect("it is good");
        assert_eq!(person(&house, &tokens).await.sign_in, first.sign_in);
        assert!(house.core.lives_on_until(&first).await.expect("the store reads").is_some());
    }
    house.clock.advance(Duration::from_hours(24 * 30));
    not_refreshed(&house, &tokens).await;
    assert_eq!(house.core.lives_on_until(&first).await, Ok(None));
    house.stop().await;
}

#[tokio::test]
async fn a_spent_refresh_token_ends_the_sign_in_and_no_other() {
    let house = House::open().await;
    ana(&house).await;
    let (stolen, other) = (signed_in(&house).await, signed_in(&house).await);
    let fresh = house.core.refresh(&stolen.refresh).await.expect("it is good");
    not_refreshed(&house, &stolen).await;
    not_refreshed(&house, &fresh).await;
    refused(&house, &fresh).await;
    refused(&house, &stolen).await;
    person(&house, &other).await;
    house.core.refresh(&other.refresh).await.expect("another sign-in lives on");
    house.stop().await;
}

#[tokio::test]
async fn one_refresh_token_shown_twice_at_once_is_good_once_at_most() {
    let house = House::open().await;
    ana(&house).await;
    for _ in 0..20 {
        let tokens = signed_in(&house).await;
        let (one, two) =
            tokio::join!(house.core.refresh(&tokens.refresh), house.core.refresh(&tokens.refresh));
        assert!(one.is_err() || two.is_err());
        not_refreshed(&house, &tokens).await;
        refused(&house, &tokens).await;
    }
    house.stop().await;
}

#[tokio::test]
async fn signing_out_ends_what_is_open_and_outlives_a_restart() {
    let house = House::open().await;
    ana(&house).await;
    let (tokens, other) = (signed_in(&house).await, signed_in(&house).await);
    let actor = Actor::Person(person(&house, &tokens).await);
    let mut open = house.core.subscribe(&actor, &[Follow::Mine(KINDS)]).await.expect("she may");
    house.core.sign_out(&person(&house, &tokens).await).await.expect("the store writes");
    assert!(matches!(within(open.next()).await, Delivery::Ended(Ended::SignedOut)));
    drop(open);
    let house = house.restarted().await;
    refused(&house, &tokens).await;
    not_refreshed(&house, &tokens).await;
    person(&house, &other).await;
    house.stop().await;
}

#[tokio::test]
async fn an_operators_token_can_be_signed_out_too() {
    let house = House::open().await;
    let account = ana(&house).await;
    let token = house.core.issue(account.id, Duration::from_hours(1)).await.expect("a token");
    let Ok(Actor::Person(shown)) = house.core.authenticate(&token).await else { panic!("it is good") };
    house.core.sign_out(&shown).await.expect("the store writes");
    let house = house.restarted().await;
    assert_eq!(house.core.authenticate(&token).await.err(), Some(TokenError::Account));
    house.stop().await;
}

#[tokio::test]
async fn who_is_disabled_is_out_and_stays_so() {
    let house = House::open().await;
    let account = ana(&house).await;
    let tokens = signed_in(&house).await;
    house.core.set_disabled(account.id, true).await.expect("the store writes");
    refused(&house, &tokens).await;
    not_refreshed(&house, &tokens).await;
    wrong(&house, EMAIL, PASSWORD).await;
    house.core.set_disabled(account.id, false).await.expect("the store writes");
    refused(&house, &tokens).await;
    not_refreshed(&house, &tokens).await;
    signed_in(&house).await;
    house.stop().await;
}

#[tokio::test]
async fn a_new_password_ends_all_sign_ins_but_the_one_that_chose_it() {
    let house = House::open().await;
    ana(&house).await;
    let (own, other) = (signed_in(&house).await, signed_in(&house).await);
    let me = person(&house, &own).await;
    let change = async |current| house.core.change_password(here(), &me, current, "battery staple").await;
    assert_eq!(change("wrong").await, Err(SignInError::Wrong));
    person(&house, &other).await;
    assert_eq!(change(PASSWORD).await, Ok(()));
    refused(&house, &other).await;
    not_refreshed(&house, &other).await;
    person(&house, &own).await;
    wrong(&house, EMAIL, PASSWORD).await;
    assert!(house.core.sign_in_by_password(here(), EMAIL, "battery staple").await.is_ok());
    let short = house.core.hash_password("short").await;
    assert!(matches!(short, Err(PeopleError::Invalid(_))));
    house.stop().await;
}

#[tokio::test]
async fn other_roles_ask_for_a_new_connection() {
    let house = House::open().await;
    let account = ana(&house).await;
    let actor = Actor::Person(person(&house, &signed_in(&house).await).await);
    let mut open = house.core.subscribe(&actor, &[Follow::Mine(KINDS)]).await.expect("she may");
    let patch = |patch| house.core.update_account(account.id, patch);
    let named = patch(AccountPatch { name: Some(Some("Ana".into())), ..AccountPatch::default() });
    assert_eq!(named.await.expect("it is fine").name.as_deref(), Some("Ana"));
    assert!(open.ended().is_none(), "a name changes nothing that is shown");
    patch(AccountPatch { roles: Some(vec![]), ..AccountPatch::default() }).await.expect("it is fine");
    assert!(matches!(within(open.next()).await, Delivery::Ended(Ended::Changed)));
    house.stop().await;
}

#[tokio::test]
async fn changes_of_one_account_at_once_all_hold() {
    let house = House::open().await;
    let account = ana(&house).await;
    let name = AccountPatch { name: Some(Some("Ana".into())), ..AccountPatch::default() };
    let last = AccountPatch { last_name: Some(Some("Sari".into())), ..AccountPatch::default() };
    let roles = AccountPatch { roles: Some(vec![Role::Admin]), ..AccountPatch::default() };
    let change = |patch| house.core.update_account(account.id, patch);
    let done = tokio::join!(change(name), change(last), change(roles));
    assert!(done.0.is_ok() && done.1.is_ok() && done.2.is_ok());
    let found = house.core.update_account(account.id, AccountPatch::default()).await.expect("it is there");
    let shown = (found.name.as_deref(), found.last_name.as_deref(), found.roles.as_slice());
    assert_eq!(shown, (Some("Ana"), Some("Sari"), [Role::Admin].as_slice()));
    house.stop().await;
}

#[tokio::test]
async fn guessing_is_slowed_and_shuts_out_nobody_else() {
    let house = House::open().await;
    ana(&house).await;
    let attacker = Network::from(IpAddr::from([192, 0, 2, 66]));
    let guess = async |email| house.core.sign_in_by_password(attacker, email, "guess").await.err();
    for _ in 0..10 {
        assert_eq!(guess(EMAIL).await, Some(SignInError::Wrong));
    }
    for _ in 0..1000 {
        assert!(matches!(guess(EMAIL).await, Some(SignInError::Slowed(_))));
    }
    let right = house.core.sign_in_by_password(attacker, EMAIL, PASSWORD).await;
    assert!(matches!(right, Err(SignInError::Slowed(_))), "a guesser is not told when he is right");
    assert_eq!(guess("budi@example.org").await, Some(SignInError::Wrong), "others from there may try");
    signed_in(&house).await;
    house.stop().await;
}

#[tokio::test]
async fn a_sign_in_too_many_ends_the_oldest() {
    let house = House::open().await;
    ana(&house).await;
    let first = signed_in(&house).await;
    let second = signed_in(&house).await;
    house.clock.advance(Duration::from_secs(1));
    for _ in 0..99 {
        signed_in(&house).await;
    }
    not_refreshed(&house, &first).await;
    refused(&house, &first).await;
    person(&house, &second).await;
    house.core.refresh(&second.refresh).await.expect("there is room for a hundred");
    house.stop().await;
}

#[tokio::test]
async fn keys_turn_and_what_the_old_one_signed_stays_good_until_it_is_retired() {
    let house = House::open().await;
    let account = ana(&house).await;
    let token = async || house.core.issue(account.id, Duration::from_hours(1)).await.expect("a token");
    let old = token().await;
    let retired = house.core.public_keys()[0].0.clone();
    assert!(house.core.retire_key(&retired).await.is_err(), "the only one stays");
    house.core.rotate_keys().await.expect("the store writes");
    let new = token().await;
    assert_eq!(house.core.public_keys().len(), 2);
    assert!(house.core.authenticate(&old).await.is_ok() && house.core.authenticate(&new).await.is_ok());
    house.core.retire_key(&retired).await.expect("it is there");
    let house = house.restarted().await;
    assert_eq!(house.core.authenticate(&old).await.err(), Some(TokenError::Forged));
    assert!(house.core.authenticate(&new).await.is_ok());
    house.stop().await;
}

#[tokio::test]
async fn after_a_theft_nothing_that_was_given_out_is_good_any_more() {
    let house = House::open().await;
    let account = ana(&house).await;
    let (one, other) = (signed_in(&house).await, signed_in(&house).await);
    let operators = house.core.issue(account.id, Duration::from_hours(1)).await.expect("a token");
    let actor = Actor::Person(person(&house, &one).await);
    let mut open = house.core.subscribe(&actor, &[Follow::Mine(KINDS)]).await.expect("she may");
    let before = house.core.public_keys();
    house.core.rotate_keys().await.expect("the store writes");
    house.clock.advance(Duration::from_secs(1));
    let name = house.core.renew_secrets().await.expect("the store writes");
    assert!(matches!(within(open.next()).await, Delivery::Ended(Ended::SignedOut)));
    drop(open);
    let keys: Vec<_> = house.core.public_keys().into_iter().map(|(name, _)| name).collect();
    assert_eq!(keys, [name]);
    assert!(before.iter().all(|(old, _)| !keys.contains(old)));
    let all_out = async |house: &House| {
        for tokens in [&one, &other] {
            assert_eq!(house.core.authenticate(&tokens.access).await.err(), Some(TokenError::Forged));
            not_refreshed(house, tokens).await;
            assert_eq!(house.core.holder_of_refresh(&tokens.refresh).await, Ok(None));
        }
        assert_eq!(house.core.authenticate(&operators).await.err(), Some(TokenError::Forged));
    };
    all_out(&house).await;
    let Actor::Person(shown) = actor else { unreachable!("she is a person") };
    assert_eq!(house.core.lives_on_until(&shown).await, Ok(None), "nothing is left of the sign-in itself");
    let fresh = signed_in(&house).await;
    let fresh = house.core.refresh(&fresh.refresh).await.expect("what is given out since is good");
    let house = house.restarted().await;
    all_out(&house).await;
    person(&house, &fresh).await;
    house.core.refresh(&fresh.refresh).await.expect("also after a restart");
    house.stop().await;
}
