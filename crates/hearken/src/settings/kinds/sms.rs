//! Who delivers text messages.

use super::Kind;
use crate::settings::raw::Raw;

/// A provider of text messages (common.md, `sms.provider`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmsProvider {
    /// The server's own log.
    Log,
    /// Twilio's REST API.
    Twilio,
    /// An address of the operator's.
    Webhook,
}

impl Kind for SmsProvider {
    const NAME: &'static str = "provider";

    fn parse(raw: &Raw) -> Option<Self> {
        match raw.text()? {
            "log" => Some(Self::Log),
            "twilio" => Some(Self::Twilio),
            "webhook" => Some(Self::Webhook),
            _ => None,
        }
    }

    fn show(&self) -> String {
        let name = match self {
            Self::Log => "log",
            Self::Twilio => "twilio",
            Self::Webhook => "webhook",
        };
        name.to_owned()
    }

    fn mend() -> String {
        "log, twilio or webhook".to_owned()
    }
}
