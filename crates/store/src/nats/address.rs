//! Where a NATS server is, and who we are there.

use async_nats::{ConnectOptions, ServerAddr};

/// A list of servers of one cluster, and what lets us in.
pub(super) struct Address {
    /// Without what lets us in: that is in no log then.
    pub(super) servers: Vec<ServerAddr>,
    entry: Entry,
    tls: bool,
}

#[derive(Clone, PartialEq, Eq)]
enum Entry {
    Open,
    Token(String),
    Password(String, String),
}

impl Address {
    /// Reads an address; the words of an error hold nothing of it.
    pub(super) fn read(url: &str) -> Result<Self, &'static str> {
        let mut address = Self { servers: Vec::new(), entry: Entry::Open, tls: false };
        for part in url.split(',').map(str::trim) {
            let whole: ServerAddr =
                part.parse().map_err(|_| "it is not an address of the form nats://host:port")?;
            if !matches!(whole.scheme(), "nats" | "tls") {
                return Err("its scheme is neither nats nor tls");
            }
            if whole.host().is_empty() {
                return Err("it names no host");
            }
            let entry = match (whole.username(), whole.password()) {
                (None, _) => Entry::Open,
                (Some(token), None) => Entry::Token(plain(token)?),
                (Some(user), Some(password)) => Entry::Password(plain(user)?, plain(password)?),
            };
            if address.servers.is_empty() {
                address.entry = entry;
            } else if entry != Entry::Open && entry != address.entry {
                return Err("its servers are not of one cluster: they want different passwords");
            }
            address.tls |= whole.tls_required();
            let host =
                if whole.host().contains(':') { format!("[{}]", whole.host()) } else { whole.host().into() };
            let bare = format!("{}://{host}:{}", whole.scheme(), whole.port());
            address.servers.push(bare.parse().map_err(|_| "its host does not read")?);
        }
        Ok(address)
    }

    pub(super) fn options(&self) -> ConnectOptions {
        let options = ConnectOptions::new().require_tls(self.tls);
        match &self.entry {
            Entry::Open => options,
            Entry::Token(token) => options.token(token.clone()),
            Entry::Password(user, password) => options.user_and_password(user.clone(), password.clone()),
        }
    }
}

/// A part of an address in which some signs are written as `%41`.
fn plain(written: &str) -> Result<String, &'static str> {
    const WRONG: &str = "its user or password does not read: a percent sign is written %25";
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(WRONG);
            let (high, low) = (digit()?, digit()?);
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, servers: &[&str], entry: &Entry, tls: bool) {
        let address = Address::read(url).unwrap_or_else(|why| panic!("{url}: {why}"));
        let bare: Vec<_> = address.servers.iter().map(|server| server.as_url_str().to_owned()).collect();
        assert_eq!(bare, servers, "{url}");
        assert!(address.entry == *entry && address.tls == tls, "{url}");
    }

    #[test]
    fn an_address_is_read() {
        let password = |user: &str, password: &str| Entry::Password(user.into(), password.into());
        check("nats://localhost", &["nats://localhost:4222"], &Entry::Open, false);
        check("nats://10.0.0.1:4333", &["nats://10.0.0.1:4333"], &Entry::Open, false);
        check("nats://[::1]:4333", &["nats://[::1]:4333"], &Entry::Open, false);
        check("tls://bus.example.org", &["tls://bus.example.org:4222"], &Entry::Open, true);
        check("nats://s3cret@bus:1", &["nats://bus:1"], &Entry::Token("s3cret".into()), false);
        check("nats://ann:p%40ss%25@bus", &["nats://bus:4222"], &password("ann", "p@ss%"), false);
        check(
            "nats://a:b@one:1, nats://a:b@two:2,nats://three",
            &["nats://one:1", "nats://two:2", "nats://three:4222"],
            &password("a", "b"),
            false,
        );
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_secrets() {
        for url in [
            "",
            "http://bus",
            "ws://bus",
            "nats://",
            "nats://a:secret%4@bus",
            "nats://a:secret%zz@bus",
            "nats://a:secret@one,nats://b:secret@two",
            "nats://secret%ff@bus",
        ] {
            let why = Address::read(url).err().unwrap_or_else(|| panic!("{url} is no address"));
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
