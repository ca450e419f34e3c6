//! Text messages against a stand-in of their provider on this machine: what it is sent, byte for byte in meaning, and
//! what comes of its answers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use hearken_core::account::Phone;
use hearken_core::sms::{SmsError, SmsSender};
use hearken_store::sms::{Patience, TwilioAccount, TwilioSms, WebhookSms};
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::net::TcpListener;

const NUMBER: &str = "6281234567890";
const BODY: &str = "Your code is 123456 & it's “short”";

/// One request as the stand-in got it.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    line: String,
    kind: String,
    authorization: Option<String>,
    body: String,
}

/// A provider that answers each request with the next of its answers, the last one for ever.
#[derive(Clone)]
struct StandIn {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<Vec<(u16, String)>>>,
}

impl StandIn {
    async fn start(answers: &[(u16, &str)]) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let answers = answers.iter().rev().map(|(status, body)| (*status, (*body).to_owned())).collect();
        let this = Self {
            url: format!("http://{}", tcp.local_addr().expect("an address")),
            asked: Arc::default(),
            answers: Arc::new(Mutex::new(answers)),
        };
        let router = Router::new().fallback(answer).with_state(this.clone());
        tokio::spawn(async move { axum::serve(tcp, router).await });
        this
    }

    fn next_answer(&self) -> (u16, String) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() > 1 { answers.pop() } else { answers.last().cloned() }.expect("an answer")
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn answer(
    State(this): State<StandIn>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
    this.asked.lock().unwrap_or_else(PoisonError::into_inner).push(Asked {
        line: format!("{method} {uri}"),
        kind: header("content-type").unwrap_or_default(),
        authorization: header("authorization"),
        body: String::from_utf8(body.to_vec()).expect("text"),
    });
    let (status, body) = this.next_answer();
    if status == 0 {
        return std::future::pending().await;
    }
    let location = [("location", this.url.clone())];
    (StatusCode::from_u16(status).expect("a status"), location, body).into_response()
}

fn patience() -> Patience {
    Patience { answer: Duration::from_secs(20), pauses: [Duration::ZERO; 2] }
}

fn number() -> Phone {
    NUMBER.parse().expect("a number")
}

fn twilio(base_url: &str) -> TwilioSms {
    let account = TwilioAccount {
        base_url: base_url.into(),
        account_sid: "AC0123".into(),
        auth_token: "open sesame".into(),
        from: "+15005550006".into(),
    };
    TwilioSms::new(account, patience()).expect("a sender")
}

/// The answers of the provider, how often it is asked, and what comes of it.
type Case<'a> = (&'a [(u16, &'a str)], usize, Result<(), SmsError>);

#[tokio::test]
async fn a_webhook_gets_number_and_text_as_json() {
    let provider = StandIn::start(&[(204, "")]).await;
    let sender = WebhookSms::new(&format!("{}/hook?for=us", provider.url), patience()).unwrap();
    sender.send(&number(), BODY).await.unwrap();
    let asked = provider.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, "POST /hook?for=us");
    assert_eq!(asked[0].kind, "application/json");
    assert_eq!(asked[0].authorization, None);
    let sent: serde_json::Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(sent, serde_json::json!({"to": NUMBER, "body": BODY}));
}

#[tokio::test]
async fn twilio_gets_a_form_and_basic_authentication() {
    for base in ["", "/", "/proxy"] {
        let provider = StandIn::start(&[(201, r#"{"sid":"SM1","status":"queued"}"#)]).await;
        twilio(&format!("{}{base}", provider.url)).send(&number(), BODY).await.unwrap();
        let at = base.trim_end_matches('/');
        let expected = Asked {
            line: format!("POST {at}/2010-04-01/Accounts/AC0123/Messages.json"),
            kind: "application/x-www-form-urlencoded".into(),
            // "AC0123:open sesame"
            authorization: Some("Basic QUMwMTIzOm9wZW4gc2VzYW1l".into()),
            body: "To=%2B6281234567890&From=%2B15005550006&\
                   Body=Your+code+is+123456+%26+it%27s+%E2%80%9Cshort%E2%80%9D"
                .into(),
        };
        assert_eq!(provider.asked(), [expected]);
    }
}

#[tokio::test]
async fn what_fails_for_the_moment_is_tried_twice_more_and_what_is_refused_is_not() {
    let refused = |status, code| Err(SmsError::Refused { status, code });
    let long = format!("{{\"code\":1,\"x\":\"{}\"}}", "x".repeat(1 << 20));
    let cases: &[Case<'_>] = &[
        (&[(503, ""), (201, "")], 2, Ok(())),
        (&[(429, ""), (503, ""), (200, "")], 3, Ok(())),
        (&[(503, "no JSON")], 3, refused(503, None)),
        // It may have gone out: a second one would be a second message.
        (&[(500, "no JSON"), (200, "")], 1, refused(500, None)),
        (&[(502, ""), (200, "")], 1, refused(502, None)),
        (&[(504, ""), (200, "")], 1, refused(504, None)),
        (&[(429, r#"{"code":20429}"#)], 3, refused(429, Some(20429))),
        (
            &[(400, r#"{"code":21211,"message":"The 'To' number +6281234567890 is not valid"}"#)],
            1,
            refused(400, Some(21211)),
        ),
        (&[(401, r#"{"code":"many"}"#)], 1, refused(401, None)),
        (&[(400, &long)], 1, refused(400, None)),
        (&[(302, "")], 1, refused(302, None)),
        (&[(307, "")], 1, refused(307, None)),
    ];
    for (answers, tries, expected) in cases {
        for by_webhook in [true, false] {
            let provider = StandIn::start(answers).await;
            let outcome = if by_webhook {
                WebhookSms::new(&provider.url, patience()).unwrap().send(&number(), BODY).await
            } else {
                twilio(&provider.url).send(&number(), BODY).await
            };
            assert_eq!((provider.asked().len(), &outcome), (*tries, expected), "{:.80?}", answers[0]);
            assert!(provider.asked().windows(2).all(|two| two[0] == two[1]), "each try is the same");
        }
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_asked_for_again() {
    let provider = StandIn::start(&[(0, "")]).await;
    let short = Patience { answer: Duration::from_millis(300), ..patience() };
    let sender = WebhookSms::new(&provider.url, short).unwrap();
    assert_eq!(sender.send(&number(), BODY).await, Err(SmsError::Unreachable("no answer in time")));
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn nobody_there_is_said_without_address_number_or_text() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let url = format!("http://name:hush@{address}/hook?key=hush");
    let sender = WebhookSms::new(&url, patience()).unwrap();
    let error = sender.send(&number(), BODY).await.unwrap_err();
    assert_eq!(error, SmsError::Unreachable("no connection"));
    assert_eq!(sender.check().await, Err(SmsError::Unreachable("no connection")));
    let shown = format!("{error} {error:?}");
    for secret in ["hush", NUMBER, "123456", &address.port().to_string()] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_check_reaches_the_provider_and_sends_nothing() {
    let provider = StandIn::start(&[(200, "")]).await;
    let (hook, twilio) = (WebhookSms::new(&provider.url, patience()).unwrap(), twilio(&provider.url));
    assert_eq!((hook.check().await, twilio.check().await), (Ok(()), Ok(())));
    assert_eq!(provider.asked(), []);
    let nowhere = WebhookSms::new("http://nowhere.invalid/", patience()).unwrap();
    assert_eq!(nowhere.check().await, Err(SmsError::Unreachable("its host has no address")));
}
