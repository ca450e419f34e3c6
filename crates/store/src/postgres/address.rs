//! A database's address: what PostgreSQL's own clients take, as far as a server needs it.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

/// How long one attempt to connect may take.
const CONNECTING: Duration = Duration::from_secs(3);
/// After how long without a word from the other side a connection is tried, how often, and how far apart.
const IDLE: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;
const APART: Duration = Duration::from_secs(3);
/// How long what was sent may stay unconfirmed.
const UNCONFIRMED: Duration = Duration::from_secs(6);

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error("the database's address can't be read; it is like postgres://user@host:5432/database")]
    Malformed,
    /// It names no host, user or database.
    #[error("the database's address names no {0}")]
    Missing(&'static str),
    /// `sslmode`.
    #[error("sslmode is disable, prefer, require, verify-ca or verify-full")]
    SslMode,
    /// `sslrootcert`.
    #[error("the certificates in sslrootcert can't be read: {0}")]
    RootCertificates(String),
}

/// How much is asked of the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nothing: the connection is encrypted, if at all, and nobody knows with whom.
    Anybody,
    /// That somebody vouches for it, whatever its name.
    Vouched,
    /// That it is the host's.
    Host,
}

/// An address, taken apart.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) trust: Trust,
    /// Certificates to verify by, in place of the system's.
    pub(super) roots: Option<PathBuf>,
}

impl Address {
    pub(super) fn read(url: &str) -> Result<Self, AddressError> {
        let (mode, rest) = take(url, "sslmode");
        let (roots, rest) = take(&rest, "sslrootcert");
        let mut config: Config = rest.parse().map_err(|_| AddressError::Malformed)?;
        let (ssl, trust) = match mode.as_deref() {
            Some("disable") => (SslMode::Disable, Trust::Anybody),
            None | Some("prefer") => (SslMode::Prefer, Trust::Anybody),
            // As with libpq: whoever names a certificate wants it looked at.
            Some("require") if roots.is_some() => (SslMode::Require, Trust::Vouched),
            Some("require") => (SslMode::Require, Trust::Anybody),
            Some("verify-ca") => (SslMode::Require, Trust::Vouched),
            Some("verify-full") => (SslMode::Require, Trust::Host),
            Some(_) => return Err(AddressError::SslMode),
        };
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(AddressError::Missing("host"));
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(AddressError::Missing("database"));
        }
        if config.get_user().is_none_or(str::is_empty) {
            return Err(AddressError::Missing("user"));
        }
        if config.get_application_name().is_none() {
            config.application_name("hearken");
        }
        config.ssl_mode(ssl).connect_timeout(CONNECTING).tcp_user_timeout(UNCONFIRMED);
        config.keepalives_idle(IDLE).keepalives_interval(APART).keepalives_retries(PROBES);
        Ok(Self { config, trust, roots: roots.map(PathBuf::from) })
    }
}

/// Takes a parameter out of an address's query: the library does not know all that may be there.
fn take(url: &str, name: &str) -> (Option<String>, String) {
    let Some((start, query)) = url.split_once('?') else { return (None, url.to_owned()) };
    let of = |pair: &&str| pair.split_once('=').is_some_and(|(key, _)| key == name);
    let value =
        query.split('&').find(of).and_then(|pair| pair.split_once('=')).map(|(_, value)| decoded(value));
    let rest: Vec<&str> = query.split('&').filter(|pair| !of(pair)).collect();
    let url = if rest.is_empty() { start.to_owned() } else { format!("{start}?{}", rest.join("&")) };
    (value, url)
}

/// A value of a query without its percent signs; one that is not text stays as it is, and is refused for what it is.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        #[track_caller]
        fn check(query: &str, ssl: SslMode, trust: Trust, roots: Option<&str>) {
            let address = Address::read(&format!("postgres://me:pa%23ss@db.example:5433/hearken{query}"));
            let address = address.expect("an address");
            assert_eq!(address.config.get_ssl_mode(), ssl);
            assert_eq!((address.trust, address.roots), (trust, roots.map(PathBuf::from)));
            assert_eq!(address.config.get_password(), Some(&b"pa#ss"[..]));
            assert_eq!(address.config.get_ports(), [5433]);
        }
        check("", SslMode::Prefer, Trust::Anybody, None);
        check("?sslmode=disable", SslMode::Disable, Trust::Anybody, None);
        check("?connect_timeout=2&sslmode=require", SslMode::Require, Trust::Anybody, None);
        check("?sslmode=verify-ca&application_name=x", SslMode::Require, Trust::Vouched, None);
        check(
            "?sslmode=verify-full&sslrootcert=%2Fetc/ca%20one.pem",
            SslMode::Require,
            Trust::Host,
            Some("/etc/ca one.pem"),
        );
        check("?sslrootcert=ca.pem&sslmode=require", SslMode::Require, Trust::Vouched, Some("ca.pem"));
    }

    #[test]
    fn what_is_wrong_with_one_is_told() {
        #[track_caller]
        fn check(url: &str, wrong: AddressError) {
            assert_eq!(Address::read(url).err(), Some(wrong), "{url}");
        }
        check("mysql://me@db/hearken", AddressError::Malformed);
        check("postgres://me@db/hearken?sslmode=maybe", AddressError::SslMode);
        check("postgres://me@db", AddressError::Missing("database"));
        check("postgres://db/hearken", AddressError::Missing("user"));
        check("postgres://me@/hearken", AddressError::Missing("host"));
    }
}
