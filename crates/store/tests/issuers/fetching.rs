//! When an issuer is asked for its keys: seldom, one at a time, and never because a forger wants it.

use futures_util::future::join_all;
use hearken_core::issuer::{IssuerError, Issuers as _};
use serde_json::{Value, json};

use crate::signer::{ec, next_ec, rsa};
use crate::stand_in::{StandIn, check, same};

const NOT_THE_ISSUERS: Result<&str, IssuerError> =
    Err(IssuerError::Forged("its key is none of the issuer's"));
const UNAVAILABLE: Result<&str, IssuerError> = Err(IssuerError::Unavailable);

#[tokio::test]
async fn a_crowd_of_first_tokens_asks_once() {
    let issuer = StandIn::start(&[ec()]).await;
    issuer.open(false);
    let issuers = issuer.oidc();
    let token = ec().token(&issuer.claims());
    let crowd = join_all((0..100).map(|_| issuers.verify(&token)));
    let (found, ()) = tokio::join!(crowd, async {
        issuer.until_asked(1).await;
        issuer.open(true);
    });
    for found in found {
        same(found, Ok("ana"), "one of a crowd");
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_but_forged_names_ask_at_most_every_thirty_seconds() {
    let issuer = StandIn::start(&[ec()]).await;
    let issuers = issuer.oidc();
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    issuer.publish(&[ec(), next_ec()]);
    issuer.advance(29);
    check(&issuers, &next_ec().token(&issuer.claims()), NOT_THE_ISSUERS).await;
    assert_eq!(issuer.asked(), 1);
    issuer.advance(1);
    check(&issuers, &next_ec().token(&issuer.claims()), Ok("ana")).await;
    assert_eq!(issuer.asked(), 2);
    for round in 0..3 {
        let forged = (0..200).map(|n| {
            let mut header = ec().header();
            header["kid"] = json!(format!("forged-{round}-{n}"));
            ec().sign(&header, &issuer.claims())
        });
        let forged: Vec<_> = forged.collect();
        for found in join_all(forged.iter().map(|token| issuers.verify(token))).await {
            same(found, NOT_THE_ISSUERS, "forged");
        }
        assert_eq!(issuer.asked(), 2 + round);
        check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
        issuer.advance(30);
    }
}

#[tokio::test]
async fn keys_grow_old_and_those_withdrawn_are_forgotten() {
    let issuer = StandIn::start(&[ec(), rsa()]).await;
    let issuers = issuer.oidc();
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    issuer.publish(&[rsa()]);
    issuer.advance(599);
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    assert_eq!(issuer.asked(), 1, "good for ten minutes");
    issuer.advance(1);
    check(&issuers, &ec().token(&issuer.claims()), NOT_THE_ISSUERS).await;
    check(&issuers, &rsa().token(&issuer.claims()), Ok("ana")).await;
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn keys_that_are_good_for_no_time_are_kept_a_minute() {
    let issuer = StandIn::start(&[ec()]).await;
    issuer.cache_control("no-store, max-age=0");
    let issuers = issuer.oidc();
    for asked in 1..4 {
        check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
        issuer.advance(59);
        check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
        assert_eq!(issuer.asked(), asked);
        issuer.advance(1);
    }
}

#[tokio::test]
async fn old_keys_serve_while_the_issuer_is_down_for_a_day() {
    let issuer = StandIn::start(&[ec()]).await;
    let issuers = issuer.oidc();
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    // Discovery fails too; the keys are asked for no more than that.
    issuer.status(503);
    issuer.advance(600);
    for _ in 0..20 {
        check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    }
    issuer.advance(24 * 3600 - 1);
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    issuer.advance(1);
    check(&issuers, &ec().token(&issuer.claims()), NOT_THE_ISSUERS).await;
    issuer.status(200);
    issuer.advance(30);
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
}

#[tokio::test]
async fn a_failing_issuer_is_asked_no_oftener_for_it() {
    let issuer = StandIn::start(&[ec()]).await;
    let issuers = issuer.firebase("clinic-1");
    let claims = || issuer.claims_of("https://securetoken.google.com/clinic-1", "clinic-1");
    issuer.publish(&[rsa()]);
    issuer.status(500);
    for _ in 0..20 {
        check(&issuers, &rsa().token(&claims()), UNAVAILABLE).await;
    }
    assert_eq!(issuer.asked(), 1, "without any keys: every five seconds");
    issuer.advance(5);
    check(&issuers, &rsa().token(&claims()), UNAVAILABLE).await;
    assert_eq!(issuer.asked(), 2);
    issuer.status(200);
    check(&issuers, &rsa().token(&claims()), UNAVAILABLE).await;
    issuer.advance(5);
    check(&issuers, &rsa().token(&claims()), Ok("ana")).await;
    issuer.status(500);
    issuer.advance(600);
    for _ in 0..20 {
        check(&issuers, &rsa().token(&claims()), Ok("ana")).await;
    }
    assert_eq!(issuer.asked(), 4, "with old keys: every thirty");
    issuer.advance(30);
    check(&issuers, &rsa().token(&claims()), Ok("ana")).await;
    assert_eq!(issuer.asked(), 5);
}

#[tokio::test]
async fn while_one_asks_the_others_go_on_with_what_is_known() {
    let issuer = StandIn::start(&[ec()]).await;
    let issuers = issuer.oidc();
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    issuer.open(false);
    issuer.advance(600);
    let token = ec().token(&issuer.claims());
    let asking = issuers.verify(&token);
    let others = async {
        issuer.until_asked(2).await;
        for _ in 0..10 {
            check(&issuers, &token, Ok("ana")).await;
        }
        issuer.open(true);
    };
    let (asked, ()) = tokio::join!(asking, others);
    same(asked, Ok("ana"), "the one who asked");
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn a_forger_who_hangs_up_keeps_no_key_from_arriving() {
    let issuer = StandIn::start(&[ec()]).await;
    issuer.open(false);
    let issuers = issuer.oidc();
    let mut header = ec().header();
    header["kid"] = json!("forged");
    let forged = ec().sign(&header, &issuer.claims());
    tokio::select! {
        _ = issuers.verify(&forged) => panic!("the issuer has not answered"),
        () = issuer.until_asked(1) => {}
    }
    issuer.open(true);
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_discovery_document_must_be_its_issuer_s_own() {
    let issuer = StandIn::start(&[ec()]).await;
    let keys = format!("{}/keys", issuer.url);
    let documents: [Value; 7] = [
        json!({"issuer": format!("{}/", issuer.url), "jwks_uri": keys}),
        json!({"issuer": "https://issuer.example", "jwks_uri": keys}),
        json!({"jwks_uri": keys}),
        json!({"issuer": issuer.url}),
        json!({"issuer": issuer.url, "jwks_uri": "file:///etc/passwd"}),
        json!({"issuer": issuer.url, "jwks_uri": "/keys"}),
        json!([]),
    ];
    for document in documents {
        issuer.discovery(document.clone());
        check(&issuer.oidc(), &ec().token(&issuer.claims()), UNAVAILABLE).await;
    }
    assert_eq!(issuer.asked(), 0);
}

#[tokio::test]
async fn keys_that_do_not_read_change_nothing() {
    let issuer = StandIn::start(&[ec()]).await;
    let issuers = issuer.oidc();
    check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
    let long = format!("{{\"keys\":[{}],\"pad\":\"{}\"}}", ec().jwk(), "x".repeat(256 << 10));
    for wrong in ["", "{}", "{\"keys\":[]}", "<html>", &long] {
        let before = issuer.asked();
        issuer.publish_text(wrong.into());
        issuer.advance(600);
        check(&issuers, &ec().token(&issuer.claims()), Ok("ana")).await;
        assert_eq!(issuer.asked(), before + 1);
        let report = &issuers.check().await[0];
        assert!(report.keys.is_err(), "{report:?}");
        issuer.publish(&[ec()]);
        assert_eq!(issuers.check().await[0].keys, Ok(1));
    }
}

#[tokio::test]
async fn a_check_says_what_is_wrong() {
    let issuer = StandIn::start(&[ec(), rsa()]).await;
    let say = async || issuer.oidc().check().await[0].clone();
    let report = say().await;
    assert_eq!((report.issuer.as_str(), report.keys), (issuer.url.as_str(), Ok(2)));
    issuer.status(404);
    assert_eq!(say().await.keys, Err("status 404".into()));
    issuer.status(302);
    assert_eq!(say().await.keys, Err("status 302".into()));
    issuer.status(200);
    issuer.publish(&[]);
    assert_eq!(say().await.keys, Err("it publishes no key that can be used".into()));
    issuer.discovery(json!({"issuer": "https://issuer.example", "jwks_uri": issuer.url}));
    assert_eq!(say().await.keys, Err("its discovery document is of another issuer".into()));
}
