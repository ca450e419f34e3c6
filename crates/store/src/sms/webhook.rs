//! The provider `webhook`: the operator's own service gets `{to, body}` as JSON and does the rest.

use futures_util::future::BoxFuture;
use hearken_core::account::Phone;
use hearken_core::sms::{SmsError, SmsSender};
use reqwest::{Client, Url};

use super::post::{Patience, post};
use crate::outbound::{self, OutboundError};

/// Posts messages to one address.
pub struct WebhookSms {
    client: Client,
    url: Url,
    patience: Patience,
}

#[derive(serde::Serialize)]
struct Message<'a> {
    to: &'a str,
    body: &'a str,
}

impl WebhookSms {
    /// Posts to `url`; a name and password in it are sent as basic authentication.
    pub fn new(url: &str, patience: Patience) -> Result<Self, OutboundError> {
        Ok(Self { client: outbound::client(patience.answer)?, url: outbound::url(url)?, patience })
    }
}

impl SmsSender for WebhookSms {
    fn send<'a>(&'a self, to: &'a Phone, body: &'a str) -> BoxFuture<'a, Result<(), SmsError>> {
        let message = Message { to: to.as_str(), body };
        let request = self.client.post(self.url.clone()).json(&message);
        Box::pin(post(request, &self.patience.pauses))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), SmsError>> {
        Box::pin(async { outbound::reaches(&self.url).await.map_err(SmsError::Unreachable) })
    }
}
