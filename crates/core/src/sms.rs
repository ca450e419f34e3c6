//! The port to text messages (common.md, `sms.*`): how a one-time code reaches a phone. No error of it ever names a
//! number or repeats what was sent, so that it may be logged.

use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use crate::account::Phone;

/// Sends text messages.
pub trait SmsSender: Send + Sync {
    /// Hands a message over to whoever delivers it. `Ok` says that it was taken, not that it has arrived. May take as
    /// long as a few tries at a slow provider.
    fn send<'a>(&'a self, to: &'a Phone, body: &'a str) -> BoxFuture<'a, Result<(), SmsError>>;

    /// Whether the provider can be reached; nothing is sent.
    fn check(&self) -> BoxFuture<'_, Result<(), SmsError>>;
}

/// Why a message was not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmsError {
    /// The provider does not take it.
    #[error("the provider of text messages refuses: status {status}{}", shown(*.code))]
    Refused {
        /// The status of its answer.
        status: u16,
        /// Its own number for the reason, if it gives one.
        code: Option<u32>,
    },
    /// The provider has not answered, or has failed; the text says how.
    #[error("the provider of text messages can't be reached: {0}")]
    Unreachable(&'static str),
}

fn shown(code: Option<u32>) -> String {
    code.map(|code| format!(", code {code}")).unwrap_or_default()
}

/// Keeps messages instead of sending them, for tests.
#[derive(Debug, Default)]
pub struct KeptSms {
    sent: Mutex<Vec<(Phone, String)>>,
}

impl KeptSms {
    /// Every message so far, oldest first.
    pub fn sent(&self) -> Vec<(Phone, String)> {
        self.sent.lock().clone()
    }
}

impl SmsSender for KeptSms {
    fn send<'a>(&'a self, to: &'a Phone, body: &'a str) -> BoxFuture<'a, Result<(), SmsError>> {
        self.sent.lock().push((to.clone(), body.to_owned()));
        Box::pin(std::future::ready(Ok(())))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), SmsError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
