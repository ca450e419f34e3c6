//! Tokens that must not be believed, each next to the good one that it is made from.

use hearken_core::issuer::{IssuerError, Issuers as _, MAX_ID_TOKEN};
use hearken_store::issuers::OutsideIssuer;
use serde_json::{Value, json};

use crate::signer::{ec, hs256, impostor, message, next_ec, rsa};
use crate::stand_in::{AUDIENCE, StandIn, check};

const FORGED_SIGNATURE: Result<&str, IssuerError> = Err(IssuerError::Forged("its signature"));
const NO_TOKEN: Result<&str, IssuerError> = Err(IssuerError::Forged("it is no token"));
const ALGORITHM: Result<&str, IssuerError> = Err(IssuerError::Forged("its algorithm"));

fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

#[tokio::test]
async fn good_tokens_of_both_algorithms_are_believed() {
    let issuer = StandIn::start(&[rsa(), ec()]).await;
    let issuers = issuer.oidc();
    for key in [rsa(), ec()] {
        let token = key.token(&issuer.claims());
        assert!(issuers.knows(&token));
        let person = issuers.verify(&token).await.unwrap();
        assert_eq!((person.issuer.as_str(), person.subject.as_str()), (issuer.url.as_str(), "ana"));
        assert_eq!((person.email.as_deref(), person.email_verified), (Some("ana@example.org"), true));
        let several = with(issuer.claims(), "aud", json!(["them", AUDIENCE]));
        check(&issuers, &key.token(&several), Ok("ana")).await;
    }
}

#[tokio::test]
async fn signatures_that_are_none_or_another_s_are_refused() {
    let issuer = StandIn::start(&[rsa(), ec()]).await;
    let (issuers, claims) = (issuer.oidc(), issuer.claims());
    for key in [rsa(), ec()] {
        let good = key.token(&claims);
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let other = message(&json!({}), &with(claims.clone(), "sub", json!("budi")));
        let other = other.split_once('.').unwrap().1;
        check(&issuers, &format!("{header}.{other}.{signature}"), FORGED_SIGNATURE).await;
        check(&issuers, &format!("{signed}."), FORGED_SIGNATURE).await;
        check(&issuers, &format!("{signed}.{}", &signature[4..]), FORGED_SIGNATURE).await;
        check(&issuers, &format!("{signed}.{}", "A".repeat(signature.len())), FORGED_SIGNATURE).await;
        check(&issuers, &format!("{signed}.*{}", &signature[1..]), FORGED_SIGNATURE).await;
    }
    check(&issuers, &impostor().token(&claims), FORGED_SIGNATURE).await;
    // The forger brings his own key along, in every way the standard knows.
    let own = with(impostor().header(), "jwk", impostor().jwk());
    let own = with(own, "jku", json!(format!("{}/keys", issuer.url)));
    check(&issuers, &impostor().sign(&own, &claims), FORGED_SIGNATURE).await;
}

#[tokio::test]
async fn algorithms_that_are_not_the_key_s_are_refused() {
    let issuer = StandIn::start(&[rsa(), ec()]).await;
    let (issuers, claims) = (issuer.oidc(), issuer.claims());
    let not_the_key_s = Err(IssuerError::Forged("its algorithm is not its key's"));
    for key in [rsa(), ec()] {
        for name in ["none", "None", "nOnE", "NONE", ""] {
            let header = with(key.header(), "alg", json!(name));
            let unsigned = format!("{}.", message(&header, &claims));
            let expect =
                if name == "none" { Err(IssuerError::Forged("it is not signed")) } else { ALGORITHM };
            check(&issuers, &unsigned, expect).await;
            check(&issuers, &key.sign(&header, &claims), ALGORITHM).await;
        }
        for secret in key.as_secrets() {
            let header = with(key.header(), "alg", json!("HS256"));
            check(&issuers, &hs256(&header, &claims, &secret), ALGORITHM).await;
            check(&issuers, &hs256(&key.header(), &claims, &secret), FORGED_SIGNATURE).await;
        }
        for name in ["RS384", "RS512", "PS256", "ES384", "EdDSA", "HS256", "rs256", "RS256 "] {
            check(&issuers, &key.sign(&with(key.header(), "alg", json!(name)), &claims), ALGORITHM).await;
        }
    }
    let mixed = with(rsa().header(), "kid", ec().header()["kid"].clone());
    check(&issuers, &rsa().sign(&mixed, &claims), not_the_key_s).await;
    let mixed = with(ec().header(), "kid", rsa().header()["kid"].clone());
    check(&issuers, &ec().sign(&mixed, &claims), not_the_key_s).await;
    assert_eq!(issuer.asked(), 1, "none of them made us ask again");
}

#[tokio::test]
async fn a_token_must_name_a_key_of_its_issuer() {
    let issuer = StandIn::start(&[rsa()]).await;
    let (issuers, claims) = (issuer.oidc(), issuer.claims());
    let nameless = Err(IssuerError::Forged("it names no key"));
    for (kid, expect) in [
        (Value::Null, nameless),
        (json!(""), nameless),
        (json!("x".repeat(257)), nameless),
        (json!(1), NO_TOKEN),
        (json!(["rsa-1"]), NO_TOKEN),
        (json!("RSA-1"), Err(IssuerError::Forged("its key is none of the issuer's"))),
        (json!("../rsa-1"), Err(IssuerError::Forged("its key is none of the issuer's"))),
    ] {
        check(&issuers, &rsa().sign(&with(rsa().header(), "kid", kid), &claims), expect).await;
    }
    check(&issuers, &next_ec().token(&claims), Err(IssuerError::Forged("its key is none of the issuer's")))
        .await;
    let crit = with(rsa().header(), "crit", json!(["exp"]));
    let expect = Err(IssuerError::Forged("it wants something that is not known here"));
    check(&issuers, &rsa().sign(&crit, &claims), expect).await;
}

#[tokio::test]
async fn claims_of_another_issuer_audience_or_time_are_refused() {
    let issuer = StandIn::start(&[rsa()]).await;
    let issuers = issuer.oidc();
    let claims = issuer.claims();
    let now = claims["iat"].as_i64().unwrap();
    let cases = [
        ("iss", json!("https://issuer.example"), IssuerError::Unknown),
        ("iss", json!(format!("{}/", issuer.url)), IssuerError::Unknown),
        ("aud", json!("them"), IssuerError::Forged("it is meant for somebody else")),
        ("aud", json!([]), IssuerError::Forged("it is meant for somebody else")),
        ("exp", json!(now), IssuerError::Expired),
        ("exp", json!(now - 3600), IssuerError::Expired),
        ("iat", json!(now + 61), IssuerError::Expired),
        ("nbf", json!(now + 61), IssuerError::Expired),
        ("sub", json!(""), IssuerError::Forged("its subject")),
        ("sub", Value::Null, IssuerError::Forged("its claims")),
        ("exp", Value::Null, IssuerError::Forged("its claims")),
        ("iat", Value::Null, IssuerError::Forged("its claims")),
    ];
    for (claim, value, expect) in cases {
        check(&issuers, &rsa().token(&with(claims.clone(), claim, value)), Err(expect)).await;
    }
    let token = rsa().token(&claims);
    issuer.advance(3599);
    check(&issuers, &token, Ok("ana")).await;
    issuer.advance(1);
    check(&issuers, &token, Err(IssuerError::Expired)).await;
}

#[tokio::test]
async fn what_is_no_token_or_too_long_is_refused_unread() {
    let issuer = StandIn::start(&[rsa()]).await;
    let issuers = issuer.oidc();
    let good = rsa().token(&issuer.claims());
    let padded = |length: usize| {
        let pad = |n| rsa().token(&with(issuer.claims(), "pad", json!("x".repeat(n))));
        // Four characters of a token hold three bytes of its claims.
        pad((length - pad(0).len()) / 4 * 3)
    };
    let fits = padded(MAX_ID_TOKEN);
    assert!(fits.len() > MAX_ID_TOKEN - 8 && fits.len() <= MAX_ID_TOKEN, "{}", fits.len());
    check(&issuers, &fits, Ok("ana")).await;
    let long = padded(MAX_ID_TOKEN + 8);
    assert!(long.len() > MAX_ID_TOKEN);
    let (header, rest) = good.split_once('.').unwrap();
    for text in [
        String::new(),
        ".".into(),
        "..".into(),
        "a.b.c".into(),
        long,
        "x".repeat(1 << 20),
        ".".repeat(1 << 20),
        format!("{good}.x"),
        format!(" {good}"),
        format!("{header}=.{rest}"),
        format!("{header}\n.{rest}"),
        good.replace('.', ""),
        "bnVsbA.bnVsbA.bnVsbA".into(),
    ] {
        check(&issuers, &text, NO_TOKEN).await;
    }
    // Base64 of broken UTF-8, of a JSON number, of JSON nested deeper than any parser should follow.
    let deep = message(&rsa().header(), &json!("x")).replace("Ing", &"W1tb".repeat(1000));
    for text in ["_w._w.".to_owned(), "NQ.NQ.".into(), format!("{deep}.")] {
        assert!(issuers.verify(&text).await.is_err() && !issuers.knows(&text), "{text:.80}");
    }
    assert_eq!(issuer.asked(), 1, "for the good one");
}

#[tokio::test]
async fn only_tokens_that_name_a_known_issuer_are_ours_to_check() {
    let issuer = StandIn::start(&[rsa()]).await;
    let issuers = issuer.oidc();
    let token = |issuer_named: &str| rsa().token(&issuer.claims_of(issuer_named, AUDIENCE));
    for (text, known) in [
        (token(&issuer.url), true),
        (token("https://issuer.example"), false),
        (token(""), false),
        (rsa().token(&json!({"sub": "ana", "exp": 1})), false),
        (rsa().token(&json!({"iss": 5})), false),
        ("a.b.c".into(), false),
        (String::new(), false),
    ] {
        assert_eq!(issuers.knows(&text), known, "{text:.80}");
    }
    assert!(!issuer.believing(&[]).knows(&token(&issuer.url)));
    assert_eq!(issuer.asked(), 0, "to look is not to ask");
}

#[tokio::test]
async fn one_issuer_may_be_set_for_several_audiences() {
    let issuer = StandIn::start(&[rsa()]).await;
    let of = |audience: &str| OutsideIssuer::Oidc {
        issuer: issuer.url.clone(),
        audience: audience.into(),
        jwks_url: Some(format!("{}/keys", issuer.url)),
    };
    let issuers = issuer.believing(&[of("web"), of("phone")]);
    for (audience, good) in [("web", true), ("phone", true), ("desk", false)] {
        let token = rsa().token(&issuer.claims_of(&issuer.url, audience));
        let expect = Err(IssuerError::Forged("it is meant for somebody else"));
        check(&issuers, &token, if good { Ok("ana") } else { expect }).await;
    }
}
