//! A whole server on a store that lasts, with people who have passwords, on a clock that a test moves.

use std::sync::Arc;
use std::time::Duration;

use hearken::installation::registry;
use hearken::serve::router;
use hearken::settings::Sources;
use hearken_core::account::Account;
use hearken_core::clock::ManualClock;
use hearken_core::ids::OrganisationId;
use hearken_core::issuer::{Issuers, NoIssuers};
use hearken_core::sms::KeptSms;
use hearken_core::store::Store;
use hearken_core::{CommitSettings, Core, NewAccount, Ports, Running};
use hearken_testkit::server::TestServer;
use hearken_transport::sockets::Sockets;
use serde_json::{Value, json};

use crate::lasting::Lasting;
use crate::line::{Answer, Line};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server.
pub(crate) struct House {
    pub(crate) core: Core,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sms: Arc<KeptSms>,
    pub(crate) server: TestServer,
    running: Running,
    _place: Lasting,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::believing(|_| Arc::new(NoIssuers)).await
    }

    /// One that believes others, who go by its clock.
    pub(crate) async fn believing(issuers: impl FnOnce(Arc<ManualClock>) -> Arc<dyn Issuers>) -> Self {
        let place = Lasting::new();
        let store = place.open().await.store();
        let clock = Arc::new(ManualClock::new("2026-01-05T09:00:00Z".parse().expect("a date")));
        let sms = Arc::new(KeptSms::default());
        let ports = Ports {
            monotonic: clock.clone(),
            sms: sms.clone(),
            issuers: issuers(clock.clone()),
            ..Ports::on(Arc::clone(&store), clock.clone(), clock.clone())
        };
        let (core, running) =
            Core::start(ports, registry(), CommitSettings::default()).await.expect("the core starts");
        let settings = Sources::default().resolve().expect("the defaults are good");
        let routes = router(&settings, &core, &Sockets::new(10), None);
        let server = TestServer::start(routes, Duration::from_mins(1)).await;
        Self { core, clock, store, sms, server, running, _place: place }
    }

    /// Makes a person with an address, a number, a last name and a password.
    pub(crate) async fn person(&self, name: &str, organisation: Option<OrganisationId>) -> Arc<Account> {
        let password = self.core.hash_password(PASSWORD).await.expect("a good password");
        let new = NewAccount {
            organisation,
            name: Some(name.to_owned()),
            last_name: Some(last_name(name)),
            email: Some(email(name)),
            phone: Some(phone(name).parse().expect("a number")),
            password: Some(password),
            ..NewAccount::default()
        };
        self.core.add_account(new).await.expect("a new person")
    }

    pub(crate) async fn line(&self) -> Line {
        Line::open(self.server.address).await
    }

    /// The code of the last message to this person, once it is there.
    pub(crate) async fn code(&self, name: &str) -> String {
        let number = phone(name);
        loop {
            let sent = self.sms.sent();
            let text = sent.iter().rev().find(|(to, _)| to.as_str() == number).map(|(_, text)| text.clone());
            let code = text.and_then(|text| {
                let mut parts = text.split(|c: char| !c.is_ascii_digit()).map(ToOwned::to_owned);
                parts.find(|digits| digits.len() == 6)
            });
            match code {
                Some(code) => return code,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Waits until so many messages were sent in all.
    pub(crate) async fn sent(&self, many: usize) {
        while self.sms.sent().len() < many {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn close(self) {
        self.server.stop().await;
        self.running.stop().await;
    }
}

pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.org")
}

pub(crate) fn last_name(name: &str) -> String {
    format!("Van {name}")
}

/// A number of his own, made of his name.
pub(crate) fn phone(name: &str) -> String {
    let number = name.bytes().fold(7u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_007);
    format!("62{number:010}")
}

/// The body of a login.
pub(crate) fn login(name: &str, password: &str) -> Value {
    json!({"email": email(name), "password": password})
}

/// What somebody asks a code with.
pub(crate) fn asking(name: &str) -> Value {
    json!({"phone": phone(name), "last_name": last_name(name)})
}

/// What was made for somebody who asked for a code.
pub(crate) fn challenge(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["data"]["challenge"].as_str().expect("a challenge").to_owned()
}

/// Says what was measured, for whoever asks for the output of tests that pass.
#[expect(clippy::print_stdout, reason = "the figures are for people")]
pub(crate) fn figure(line: std::fmt::Arguments<'_>) {
    println!("{line}");
}

/// `long` where the tests run long.
pub(crate) fn count(short: usize, long: usize) -> usize {
    if std::env::var_os("HEARKEN_SOAK").is_some_and(|value| value == "1") { long } else { short }
}
