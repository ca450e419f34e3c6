//! Firebase, and its emulator's unsigned tokens: believed where the variable is set, for the projects of the settings,
//! and nowhere else.

use hearken_core::account::Phone;
use hearken_core::issuer::{IssuerError, Issuers as _};
use hearken_store::issuers::{OutsideIssuer, OutsideIssuers};
use serde_json::{Value, json};

use crate::signer::{ec, message, rsa};
use crate::stand_in::{AUDIENCE, StandIn, check};

const UNSIGNED: Result<&str, IssuerError> = Err(IssuerError::Forged("it is not signed"));

fn firebase(issuer: &StandIn, project: &str) -> Value {
    issuer.claims_of(&format!("https://securetoken.google.com/{project}"), project)
}

/// A token as the emulator makes it.
fn unsigned(claims: &Value) -> String {
    format!("{}.", message(&json!({"alg": "none", "typ": "JWT"}), claims))
}

fn both(issuer: &StandIn) -> [OutsideIssuer; 2] {
    let oidc = OutsideIssuer::Oidc { issuer: issuer.url.clone(), audience: AUDIENCE.into(), jwks_url: None };
    [issuer.project("clinic-1"), oidc]
}

#[tokio::test]
async fn firebase_signs_with_rs256_and_follows_from_the_project() {
    let issuer = StandIn::start(&[rsa(), ec()]).await;
    let issuers = issuer.firebase("clinic-1");
    let claims = firebase(&issuer, "clinic-1");
    let mut with_phone = claims.clone();
    with_phone["phone_number"] = json!("+62 812-3456-7890");
    let person = issuers.verify(&rsa().token(&with_phone)).await.unwrap();
    assert_eq!(person.phone.as_ref().map(Phone::as_str), Some("6281234567890"));
    let expect = Err(IssuerError::Forged("its algorithm is not the issuer's"));
    check(&issuers, &ec().token(&claims), expect).await;
    check(&issuers, &rsa().token(&firebase(&issuer, "clinic-2")), Err(IssuerError::Unknown)).await;
    let mut other = claims.clone();
    other["aud"] = json!("clinic-2");
    check(&issuers, &rsa().token(&other), Err(IssuerError::Forged("it is meant for somebody else"))).await;
    for (claim, value, why) in [
        ("auth_time", json!(i64::from(i32::MAX)), "nobody has signed in for it"),
        ("auth_time", Value::Null, "nobody has signed in for it"),
        ("sub", json!("x".repeat(129)), "its subject"),
    ] {
        let mut claims = claims.clone();
        claims[claim] = value;
        check(&issuers, &rsa().token(&claims), Err(IssuerError::Forged(why))).await;
    }
}

#[tokio::test]
async fn without_the_emulator_nothing_unsigned_is_believed() {
    let issuer = StandIn::start(&[rsa()]).await;
    let issuers = issuer.believing(&both(&issuer));
    check(&issuers, &unsigned(&firebase(&issuer, "clinic-1")), UNSIGNED).await;
    check(&issuers, &unsigned(&issuer.claims()), UNSIGNED).await;
}

#[tokio::test]
async fn the_emulator_vouches_for_the_projects_of_the_settings_alone() {
    let issuer = StandIn::start(&[rsa()]).await;
    let issuers = OutsideIssuers::new(&both(&issuer), issuer.ground(true)).unwrap();
    let claims = firebase(&issuer, "clinic-1");
    check(&issuers, &unsigned(&claims), Ok("ana")).await;
    check(&issuers, &unsigned(&issuer.claims()), UNSIGNED).await;
    check(&issuers, &unsigned(&firebase(&issuer, "clinic-2")), Err(IssuerError::Unknown)).await;
    let signature = format!("{}AAAA", unsigned(&claims));
    check(&issuers, &signature, Err(IssuerError::Forged("its algorithm"))).await;
    let mut late = claims.clone();
    late["exp"] = late["iat"].clone();
    check(&issuers, &unsigned(&late), Err(IssuerError::Expired)).await;
    assert_eq!(issuer.asked(), 0, "the emulator publishes no keys");
    check(&issuers, &rsa().token(&claims), Ok("ana")).await;
    let reports = issuers.check().await;
    let found: Vec<_> = reports.iter().map(|report| report.keys.clone()).collect();
    assert_eq!(found, [Ok(0), Ok(1)]);
}
