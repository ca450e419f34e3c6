//! Handing a message over by HTTP: a few tries where the first can't have been heard or was refused for the moment.
//! After a failure that leaves it open, or an answer that never comes, it is not tried again: the message may be on its
//! way, and whoever waits for it asks anew.

use std::time::Duration;

use hearken_core::sms::SmsError;
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::outbound::{body, fault};

/// The longest answer that is read for the reason of a refusal, in bytes.
const MAX_ANSWER: usize = 16 << 10;

/// How long a provider is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one whole answer.
    pub answer: Duration,
    /// Before each further try; there are as many further tries as pauses.
    pub pauses: [Duration; 2],
}

impl Default for Patience {
    fn default() -> Self {
        let pauses = [Duration::from_millis(250), Duration::from_secs(1)];
        Self { answer: Duration::from_secs(10), pauses }
    }
}

/// One try's failure.
struct Failed {
    error: SmsError,
    /// Whether another try may help, and can't send the message twice.
    again: bool,
}

/// Sends a request until it is taken, refused, or has been tried often enough.
pub(super) async fn post(request: RequestBuilder, pauses: &[Duration]) -> Result<(), SmsError> {
    let mut pauses = pauses.iter();
    loop {
        let Some(attempt) = request.try_clone() else {
            return Err(SmsError::Unreachable("the request can't be sent"));
        };
        let failed = match attempt.send().await {
            Ok(response) => match outcome(response).await {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            },
            Err(error) => Failed { error: SmsError::Unreachable(fault(&error)), again: error.is_connect() },
        };
        match pauses.next() {
            Some(pause) if failed.again => tokio::time::sleep(*pause).await,
            _ => return Err(failed.error),
        }
    }
}

async fn outcome(response: Response) -> Result<(), Failed> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    // Those two say that it was not taken. Behind any other failure of a server the message may have gone out.
    let again = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let code = code(response).await;
    Err(Failed { error: SmsError::Refused { status: status.as_u16(), code }, again })
}

/// The provider's number for its reason. Its words stay behind: they may name the phone.
async fn code(response: Response) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Reason {
        code: u32,
    }
    let body = body(response, MAX_ANSWER).await.ok()?;
    serde_json::from_slice(&body).ok().map(|Reason { code }| code)
}
