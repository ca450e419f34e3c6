//! Asking an issuer for its keys (OpenID Connect Discovery 1.0, 4; RFC 9111 for how long they are good).

use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};
use reqwest::{Client, Url};
use serde::Deserialize;

use super::key_set::KeySet;
use crate::outbound;

/// The longest document that is read, in bytes.
const MAX_DOCUMENT: usize = 256 << 10;
/// How long keys are good when their issuer does not say, and at least and at most, whatever it says.
const USUAL: Duration = Duration::from_hours(1);
const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(24);

/// Where an issuer's keys are found.
pub(super) enum Source {
    /// At this address.
    Keys(Url),
    /// Where the discovery document of this issuer says.
    Discovery(Url),
}

/// Keys, and how long they are good.
pub(super) struct Fetched {
    pub keys: KeySet,
    pub good_for: Duration,
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Unreachable(&'static str),
    #[error("status {0}")]
    Status(u16),
    #[error("its discovery document does not read")]
    Document,
    #[error("its discovery document is of another issuer")]
    Other,
    #[error("it publishes no key that can be used")]
    NoKeys,
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

impl Source {
    /// Asks for the keys of `issuer`.
    pub(super) async fn fetch(&self, client: &Client, issuer: &str) -> Result<Fetched, Fault> {
        let found;
        let at = match self {
            Self::Keys(url) => url,
            Self::Discovery(base) => {
                found = discover(client, base, issuer).await?;
                &found
            }
        };
        let (document, good_for) = get(client, at).await?;
        Ok(Fetched { keys: KeySet::read(&document).ok_or(Fault::NoKeys)?, good_for })
    }
}

async fn discover(client: &Client, base: &Url, issuer: &str) -> Result<Url, Fault> {
    let mut at = base.clone();
    at.path_segments_mut()
        .map_err(|()| Fault::Document)?
        .pop_if_empty()
        .extend([".well-known", "openid-configuration"]);
    let (document, _) = get(client, &at).await?;
    let discovered: Discovered = serde_json::from_slice(&document).map_err(|_| Fault::Document)?;
    if discovered.issuer != issuer {
        return Err(Fault::Other);
    }
    let keys = outbound::url(&discovered.jwks_uri).map_err(|_| Fault::Document)?;
    // Whoever is asked over TLS must not send us where there is none.
    if base.scheme() == "https" && keys.scheme() != "https" { Err(Fault::Document) } else { Ok(keys) }
}

async fn get(client: &Client, at: &Url) -> Result<(Vec<u8>, Duration), Fault> {
    let response = client.get(at.clone()).header("accept", "application/json").send().await;
    let response = response.map_err(|error| Fault::Unreachable(outbound::fault(&error)))?;
    if !response.status().is_success() {
        return Err(Fault::Status(response.status().as_u16()));
    }
    let good_for = good_for(response.headers());
    let document = outbound::body(response, MAX_DOCUMENT).await.map_err(Fault::Unreachable)?;
    Ok((document, good_for))
}

/// How long an answer is good, by what it says of itself.
fn good_for(headers: &HeaderMap) -> Duration {
    let seconds = |text: &str| text.trim().trim_matches('"').parse().ok().map(Duration::from_secs);
    let directives = headers.get_all(CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<_> = directives.flat_map(|value| value.split(',')).map(str::trim).collect();
    let is = |directive: &str, name: &str| directive.eq_ignore_ascii_case(name);
    if directives.iter().any(|directive| is(directive, "no-store") || is(directive, "no-cache")) {
        return SHORTEST;
    }
    let max_age = directives.iter().filter_map(|directive| directive.split_once('='));
    let max_age = max_age.filter(|(name, _)| is(name, "max-age")).find_map(|(_, value)| seconds(value));
    let age = headers.get(AGE).and_then(|value| seconds(value.to_str().ok()?)).unwrap_or_default();
    max_age.map_or(USUAL, |max_age| max_age.saturating_sub(age)).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_good_as_long_as_their_issuer_says_within_bounds() {
        // (Cache-Control, Age, seconds)
        let cases = [
            ("", "", 3600),
            ("public, max-age=19845, must-revalidate, no-transform", "", 19845),
            ("MAX-AGE=120", "", 120),
            ("max-age=\"120\"", "", 120),
            ("max-age=1000", "400", 600),
            ("max-age=1000", "5000", 60),
            ("max-age=0", "", 60),
            ("max-age=999999999999", "", 86400),
            ("max-age=99999999999999999999999", "", 3600),
            ("max-age=-5", "", 3600),
            ("max-age=soon", "", 3600),
            ("s-maxage=120", "", 3600),
            ("no-store", "", 60),
            ("no-cache, max-age=1000", "", 60),
        ];
        for (control, age, expect) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in [(CACHE_CONTROL, control), (AGE, age)] {
                if !value.is_empty() {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(good_for(&headers).as_secs(), expect, "{control:?} {age:?}");
        }
    }
}
