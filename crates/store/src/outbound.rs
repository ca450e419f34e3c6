//! What every request to the outside has in common: time limits, no redirects (whom we trust is whom the settings
//! name), answers read to a bound, and errors that repeat no address, for an address may hold a secret.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);

/// An adapter to the outside that can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// Not an address one can ask.
    #[error("this is not a URL that can be asked: write http:// or https:// with a host")]
    Url,
    /// A client can't be made: the system has no certificates to check others by.
    #[error("no HTTPS client can be made ({0}): install the system's CA certificates")]
    Client(String),
}

/// A client that waits `answer` for a whole answer.
pub(crate) fn client(answer: Duration) -> Result<Client, OutboundError> {
    let builder = Client::builder()
        .redirect(Policy::none())
        .connect_timeout(CONNECT.min(answer))
        .timeout(answer)
        .user_agent(concat!("hearken/", env!("CARGO_PKG_VERSION")));
    builder.build().map_err(|error| OutboundError::Client(innermost(&error)))
}

/// Reads an address that can be asked.
pub(crate) fn url(text: &str) -> Result<Url, OutboundError> {
    let url = Url::parse(text).map_err(|_| OutboundError::Url)?;
    let sound = ["http", "https"].contains(&url.scheme()) && url.has_host();
    if sound { Ok(url) } else { Err(OutboundError::Url) }
}

/// Whether somebody can be asked at this address: `http://` or `https://` with a host.
pub fn can_be_asked(address: &str) -> bool {
    url(address).is_ok()
}

/// The answer's body, if it has at most `most` bytes.
pub(crate) async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        if body.len() + chunk.len() > most {
            return Err("the answer is too long");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What went wrong, without a word of the request.
pub(crate) fn fault(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_dns() {
        "its host has no address"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    }
}

/// Whether a connection to the address can be made; nothing is asked.
pub(crate) async fn reaches(url: &Url) -> Result<(), &'static str> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let connected = tokio::time::timeout(CONNECT, async {
        let mut places =
            tokio::net::lookup_host((host, port)).await.map_err(|_| "its host has no address")?;
        let place = places.next().ok_or("its host has no address")?;
        tokio::net::TcpStream::connect(place).await.map(drop).map_err(|_| "no connection")
    });
    connected.await.unwrap_or(Err("no connection in time"))
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_with_a_host_can_be_asked() {
        let check = |text: &str, good: bool| assert_eq!(url(text).is_ok(), good, "{text:?}");
        for good in
            ["http://a", "https://a.example:8443/hook?key=1", "http://[::1]:80/", "https://u:p@a.example"]
        {
            check(good, true);
        }
        for wrong in
            ["", "a.example", "/hook", "ftp://a", "file:///etc", "http://", "mailto:a@b", "https://a b"]
        {
            check(wrong, false);
        }
    }
}
