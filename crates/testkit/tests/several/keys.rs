//! Signing keys that are shared by nodes.

use std::time::Duration;

use hearken_core::token::TokenError;

use crate::town::{Node, Town, id_of};

const DAY: Duration = Duration::from_hours(24);

/// The same token under a key of another name.
fn renamed(token: &str, name: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (_, rest) = token.split_once('.').expect("a token has three parts");
    let header = format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{name}"}}"#);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

async fn is_good(node: &Node, token: &str) -> Result<(), TokenError> {
    node.core.authenticate(token).await.map(|_| ())
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_key_that_another_has_just_made_is_good_at_once() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let ann = id_of(&one.person().await);
    for _ in 0..3 {
        one.core.rotate_keys().await.expect("a new key");
        let token = one.core.issue(ann, DAY).await.expect("a token");
        assert_eq!(is_good(&two, &token).await, Ok(()));
        assert_eq!(two.core.public_keys(), one.core.public_keys());
    }
}

#[tokio::test(start_paused = true)]
async fn made_up_keys_are_no_keys_and_hold_nobody_up() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let ann = id_of(&one.person().await);
    let token = one.core.issue(ann, DAY).await.expect("a token");
    let made_up = renamed(&token, "AAAAAAAAAAAA");
    let forged = (0..100).map(|_| is_good(&two, &made_up));
    assert!(
        futures_util::future::join_all(forged).await.into_iter().all(|told| told == Err(TokenError::Forged))
    );
    one.core.rotate_keys().await.expect("a new key");
    let token = one.core.issue(ann, DAY).await.expect("a token");
    let others = futures_util::future::join_all((0..100).map(|_| is_good(&two, &made_up)));
    let (good, others) = futures_util::future::join(is_good(&two, &token), others).await;
    assert_eq!(good, Ok(()));
    assert!(others.into_iter().all(|told| told == Err(TokenError::Forged)));
    // A name of another length is none of ours, whatever the store holds.
    assert_eq!(is_good(&two, &renamed(&token, "AAAA")).await, Err(TokenError::Forged));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_has_taken_away_counts_no_more_within_seconds() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let ann = id_of(&one.person().await);
    let token = one.core.issue(ann, DAY).await.expect("a token");
    let (first, _) = one.core.public_keys().remove(0);
    one.core.rotate_keys().await.expect("a new key");
    assert_eq!(is_good(&two, &token).await, Ok(()));
    one.core.retire_key(&first).await.expect("it goes");
    assert_eq!(is_good(&one, &token).await, Err(TokenError::Forged));
    town.pass(Duration::from_secs(4)).await;
    assert_eq!(is_good(&two, &token).await, Err(TokenError::Forged));
}
