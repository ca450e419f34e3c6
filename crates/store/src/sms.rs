//! Who delivers text messages (common.md, `sms.provider`): the log, a webhook of the operator's, or Twilio.

mod log;
mod post;
mod twilio;
mod webhook;

pub use log::LogSms;
pub use post::Patience;
pub use twilio::{TwilioAccount, TwilioSms};
pub use webhook::WebhookSms;

/// Twilio's own address.
pub const TWILIO: &str = "https://api.twilio.com";
