//! One table of claims: what is changed in good ones, and what comes of it.

use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_000_000;

fn good() -> Value {
    json!({
        "iss": "https://issuer.example", "aud": "us", "sub": "ana", "exp": NOW + 10, "iat": NOW - 10,
        "auth_time": NOW - 20,
    })
}

fn outcome(firebase: bool, change: &Value) -> Result<Outside, IssuerError> {
    let mut claims = good();
    for (key, value) in change.as_object().expect("an object") {
        claims[key] = value.clone();
    }
    let claims: Claims = serde_json::from_value(claims).map_err(|_| IssuerError::Forged("its claims"))?;
    let expected = Expected { issuer: "https://issuer.example".into(), audience: "us".into(), firebase };
    expected.check(&claims, Timestamp::from_second(NOW).expect("a date"))
}

/// What both kinds of issuer make of a change.
fn check(change: &Value, expect: Result<(), IssuerError>) {
    for firebase in [false, true] {
        assert_eq!(outcome(firebase, change).map(|_| ()), expect, "{change} {firebase}");
    }
}

#[test]
fn claims_hold_for_this_issuer_audience_and_time() {
    let forged = |why| Err(IssuerError::Forged(why));
    check(&json!({}), Ok(()));
    check(&json!({"aud": ["them", "us"]}), Ok(()));
    for other in [json!({"aud": "them"}), json!({"aud": []}), json!({"aud": ["them"]}), json!({"aud": "US"})]
    {
        check(&other, forged("it is of or for somebody else"));
    }
    for other in ["https://issuer.example/", "issuer.example", "https://issuer.example.evil", ""] {
        check(&json!({"iss": other}), forged("it is of or for somebody else"));
    }
    for wrong in ["", "\0", "a\0b", &"x".repeat(256)] {
        check(&json!({"sub": wrong}), forged("its subject"));
    }
    for (exp, good) in [(NOW + 1, true), (NOW, false), (NOW - 1, false), (0, false), (-1, false)] {
        check(&json!({"exp": exp}), if good { Ok(()) } else { Err(IssuerError::Expired) });
    }
    for claim in ["iat", "nbf"] {
        for (at, good) in [(NOW, true), (NOW + 60, true), (NOW + 61, false), (i64::MAX, false)] {
            check(&json!({claim: at}), if good { Ok(()) } else { Err(IssuerError::Expired) });
        }
    }
    check(&json!({"iat": NOW as f64 + 0.5, "exp": NOW as f64 + 1.5}), Ok(()));
    check(&json!({"exp": 1e300}), forged("its dates"));
}

#[test]
fn claims_of_another_type_or_missing_are_none() {
    let changes = [
        json!({"exp": null}),
        json!({"exp": "1000010"}),
        json!({"iat": null}),
        json!({"iat": [1]}),
        json!({"sub": null}),
        json!({"sub": 5}),
        json!({"aud": null}),
        json!({"aud": {"us": 1}}),
        json!({"iss": ["https://issuer.example"]}),
        json!({"nbf": "soon"}),
        json!({"email": 5}),
    ];
    for change in changes {
        check(&change, Err(IssuerError::Forged("its claims")));
    }
}

#[test]
fn firebase_wants_a_short_subject_and_a_sign_in_in_the_past() {
    let cases = [
        (json!({"sub": "x".repeat(128)}), None),
        (json!({"sub": "x".repeat(129)}), Some("its subject")),
        (json!({"auth_time": NOW + 60}), None),
        (json!({"auth_time": NOW + 61}), Some("nobody has signed in for it")),
        (json!({"auth_time": null}), Some("nobody has signed in for it")),
    ];
    for (change, fault) in cases {
        assert!(outcome(false, &change).is_ok(), "{change}: no rule of OpenID Connect");
        let expect = fault.map_or(Ok(()), |why| Err(IssuerError::Forged(why)));
        assert_eq!(outcome(true, &change).map(|_| ()), expect, "{change}");
    }
}

#[test]
fn a_person_is_described_by_what_the_issuer_has_verified() {
    // (firebase, change, e-mail, whether verified, phone, name)
    let long = "é".repeat(300);
    let cut = "é".repeat(200);
    let cases = [
        (false, json!({}), None, false, None, None),
        (false, json!({"email": "Ana@Example.org"}), Some("ana@example.org"), false, None, None),
        (false, json!({"email": "a@b", "email_verified": true}), Some("a@b"), true, None, None),
        (false, json!({"email": "a@b", "email_verified": "true"}), Some("a@b"), true, None, None),
        (false, json!({"email": "a@b", "email_verified": "yes"}), Some("a@b"), false, None, None),
        (false, json!({"email": "nobody", "email_verified": true}), None, true, None, None),
        (false, json!({"email": format!("{long}@b")}), None, false, None, None),
        // What no account may have.
        (false, json!({"email": "a@b@c", "email_verified": true}), None, true, None, None),
        (false, json!({"email": "@b", "email_verified": true}), None, true, None, None),
        (false, json!({"email": "a b@c", "email_verified": true}), None, true, None, None),
        (false, json!({"phone_number": "+62 8123456789"}), None, false, None, None),
        (
            false,
            json!({"phone_number": "+62 8123456789", "phone_number_verified": true}),
            None,
            false,
            Some("628123456789"),
            None,
        ),
        (true, json!({"phone_number": "+628123456789"}), None, false, Some("628123456789"), None),
        (true, json!({"phone_number": "+1"}), None, false, None, None),
        (false, json!({"name": " Ana\n"}), None, false, None, Some("Ana")),
        (false, json!({"name": ""}), None, false, None, None),
        (false, json!({"name": long}), None, false, None, Some(cut.as_str())),
        (false, json!({"name": null, "email": null}), None, false, None, None),
    ];
    for (firebase, change, email, verified, phone, name) in cases {
        let person = outcome(firebase, &change).expect("good claims");
        let phone_found = person.phone.as_ref().map(hearken_core::account::Phone::as_str);
        let found = (person.email.as_deref(), person.email_verified, phone_found, person.name.as_deref());
        assert_eq!(found, (email, verified, phone, name), "{change}");
        assert_eq!((person.subject.as_str(), person.expires.as_second()), ("ana", NOW + 10));
        assert_eq!(person.issued.as_second(), NOW - 10);
    }
}
