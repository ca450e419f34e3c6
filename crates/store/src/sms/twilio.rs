//! The provider `twilio`: its REST API for messages, or anything that speaks it.

use futures_util::future::BoxFuture;
use hearken_core::account::Phone;
use hearken_core::sms::{SmsError, SmsSender};
use reqwest::{Client, Url};

use super::post::{Patience, post};
use crate::outbound::{self, OutboundError};

/// An account at Twilio.
pub struct TwilioAccount {
    /// Where its API is; [`super::TWILIO`], or a stand-in.
    pub base_url: String,
    /// The account's name, which begins with `AC`.
    pub account_sid: String,
    /// Its password.
    pub auth_token: String,
    /// Who the messages are from: a number in E.164 form, a short code or a sender's name.
    pub from: String,
}

/// Sends messages through Twilio.
pub struct TwilioSms {
    client: Client,
    messages: Url,
    account: TwilioAccount,
    patience: Patience,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Message<'a> {
    to: String,
    from: &'a str,
    body: &'a str,
}

impl TwilioSms {
    /// Sends from this account.
    pub fn new(account: TwilioAccount, patience: Patience) -> Result<Self, OutboundError> {
        let mut messages = outbound::url(&account.base_url)?;
        let path = ["2010-04-01", "Accounts", &account.account_sid, "Messages.json"];
        messages.path_segments_mut().map_err(|()| OutboundError::Url)?.pop_if_empty().extend(path);
        Ok(Self { client: outbound::client(patience.answer)?, messages, account, patience })
    }
}

impl SmsSender for TwilioSms {
    fn send<'a>(&'a self, to: &'a Phone, body: &'a str) -> BoxFuture<'a, Result<(), SmsError>> {
        let TwilioAccount { account_sid, auth_token, from, .. } = &self.account;
        // Twilio wants E.164: our numbers are its digits.
        let message = Message { to: format!("+{to}"), from, body };
        let request = self.client.post(self.messages.clone());
        let request = request.basic_auth(account_sid, Some(auth_token)).form(&message);
        Box::pin(post(request, &self.patience.pauses))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), SmsError>> {
        Box::pin(async { outbound::reaches(&self.messages).await.map_err(SmsError::Unreachable) })
    }
}
