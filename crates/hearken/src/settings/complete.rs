//! Keys that need each other: what one setting asks of another.

use super::error::SettingsError;
use super::kinds::SmsProvider;
use super::table::{Settings, Sms};

impl Settings {
    /// The same settings, if whatever they need of each other is there.
    pub(super) fn complete(self) -> Result<Self, SettingsError> {
        self.sms.complete()?;
        if self.bus_url.is_some() && self.database_url.is_none() {
            let needs = "`bus_url`, by which nodes of one store hear of each other,".to_owned();
            return Err(SettingsError::Missing { key: "database_url", needs });
        }
        Ok(self)
    }
}

impl Sms {
    fn complete(&self) -> Result<(), SettingsError> {
        let (provider, needed) = match self.provider {
            SmsProvider::Log => return Ok(()),
            SmsProvider::Webhook => ("webhook", vec![("sms.url", self.url.is_some())]),
            SmsProvider::Twilio => (
                "twilio",
                vec![
                    ("sms.account_sid", self.account_sid.is_some()),
                    ("sms.auth_token", self.auth_token.is_some()),
                    ("sms.from", self.from.is_some()),
                ],
            ),
        };
        let missing = needed.into_iter().find(|(_, there)| !there);
        missing.map_or(Ok(()), |(key, _)| {
            Err(SettingsError::Missing { key, needs: format!("`sms.provider` = {provider:?}") })
        })
    }
}
