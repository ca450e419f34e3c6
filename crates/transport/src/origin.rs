//! Where a browser's page comes from (RFC 6454): scheme, host and port. Who acts by cookie, or calls from another
//! site, is asked for it.

use std::fmt;
use std::str::FromStr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;

/// An origin, in one form: in lower case, and without the port that its scheme has anyway.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrigin;

impl FromStr for Origin {
    type Err = NoOrigin;

    /// Reads `scheme://host[:port]` and nothing more: no path, not even a slash, no user, no `*`, no `null`.
    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(NoOrigin)?;
        let sound = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !sound {
            return Err(NoOrigin);
        }
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = place(authority).ok_or(NoOrigin)?;
        let port = port.filter(|port| Some(*port) != usual_port(&scheme));
        Ok(Self { scheme, host, port })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Origin {
    /// The origin that a request names; an error when it names none, several, or `null`, which is nobody's.
    pub fn of(parts: &Parts) -> Result<Self, NoOrigin> {
        let mut named = parts.headers.get_all(ORIGIN).iter();
        match (named.next(), named.next()) {
            (Some(origin), None) => origin.to_str().map_err(|_| NoOrigin)?.parse(),
            _ => Err(NoOrigin),
        }
    }

    /// Whether its pages come over TLS.
    pub fn is_secure(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether it is the host that the request was sent to. The scheme is the origin's own: behind a proxy that ends
    /// TLS the server can't know it.
    pub fn is_host_of(&self, parts: &Parts) -> bool {
        let named = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let asked = named.or(parts.uri.authority().map(Authority::as_str)).and_then(place);
        let (Some((host, port)), Some(usual)) = (asked, usual_port(&self.scheme)) else { return false };
        host == self.host && port.unwrap_or(usual) == self.port.unwrap_or(usual)
    }
}

/// Host and port of `host[:port]`.
fn place(text: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    let host = authority.host();
    let port = match text.strip_prefix(host)? {
        "" => None,
        written => Some(written.strip_prefix(':')?.parse().ok().filter(|port| *port > 0)?),
    };
    (!host.is_empty() && host != "*").then(|| (host.to_ascii_lowercase(), port))
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        #[track_caller]
        fn check(text: &str, expect: Option<&str>) {
            let read = text.parse::<Origin>().ok().map(|origin| origin.to_string());
            assert_eq!(read.as_deref(), expect, "{text:?}");
        }
        for same in ["http://a", "https://a.example:8443", "http://[::1]:7070", "capacitor://localhost"] {
            check(same, Some(same));
        }
        check("HTTPS://A.Example:443", Some("https://a.example"));
        check("http://a:80", Some("http://a"));
        check("http://a:443", Some("http://a:443"));
        for wrong in [
            "",
            "*",
            "null",
            "a.example",
            "//a",
            "://a",
            "http://",
            "http://*",
            "http://:80",
            "http://a:",
            "http://a:0",
            "http://a:65536",
            "http://a:x",
            "http://a/",
            "http://a/b",
            "http://a?b",
            "http://u@a",
            "http://a b",
            "1://a",
            "ht tp://a",
            "http://a, http://b",
        ] {
            check(wrong, None);
        }
    }

    fn asked(host: &str, origins: &[&str]) -> Parts {
        let mut request = http::Request::get("/");
        if !host.is_empty() {
            request = request.header(HOST, host);
        }
        for origin in origins {
            request = request.header(ORIGIN, *origin);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn a_request_comes_from_its_own_host_or_from_elsewhere() {
        #[track_caller]
        fn check(host: &str, origins: &[&str], expect: bool) {
            let parts = asked(host, origins);
            let own = Origin::of(&parts).is_ok_and(|origin| origin.is_host_of(&parts));
            assert_eq!(own, expect, "{host:?} {origins:?}");
        }
        check("a.example", &["https://a.example"], true);
        check("a.example", &["http://a.example"], true);
        check("A.example:443", &["https://a.EXAMPLE"], true);
        check("a.example:443", &["http://a.example"], false);
        check("127.0.0.1:7070", &["http://127.0.0.1:7070"], true);
        check("[::1]:7070", &["http://[::1]:7070"], true);
        check("a.example", &["https://a.example:8443"], false);
        check("a.example:8443", &["https://a.example"], false);
        check("a.example", &["https://b.example"], false);
        check("a.example", &["https://a.example.evil.example"], false);
        check("a.example", &["ftp://a.example"], false);
        check("a.example", &["null"], false);
        check("a.example", &[""], false);
        check("a.example", &[], false);
        check("a.example", &["https://a.example", "https://a.example"], false);
        check("", &["https://a.example"], false);
        check("a b", &["https://a.example"], false);
    }
}
