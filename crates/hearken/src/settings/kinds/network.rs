//! Where the server listens, and the address under which others know it.

use std::net::SocketAddr;

use hearken_transport::proxies::Block;
use http::Uri;

use super::Kind;
use crate::settings::raw::Raw;

impl Kind for SocketAddr {
    const NAME: &'static str = "socket address";

    fn parse(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn mend() -> String {
        "an IP address and a port, such as 127.0.0.1:7070, 0.0.0.0:80 or [::1]:0".to_owned()
    }
}

impl Kind for Block {
    const NAME: &'static str = "address or network";

    fn parse(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn mend() -> String {
        "an IP address or a network, such as 192.0.2.1 or 10.0.0.0/8".to_owned()
    }
}

/// Scheme, host and port under which clients reach the server, without a slash at the end.
///
/// It has no path, because every door has its place at the root (common.md, the paths of each page).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The URL as text, such as `https://hearken.example`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Kind for PublicUrl {
    const NAME: &'static str = "URL";

    fn parse(raw: &Raw) -> Option<Self> {
        let uri: Uri = raw.text()?.parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
        let authority = uri.authority()?;
        let host = authority.host();
        let port = authority.as_str().strip_prefix(host)?;
        let sound = !host.is_empty()
            && (port.is_empty() || authority.port_u16().is_some_and(|number| number > 0))
            && uri.path() == "/"
            && uri.query().is_none();
        sound.then(|| Self(format!("{scheme}://{authority}")))
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn mend() -> String {
        "http:// or https:// with a host and, if need be, a port, such as https://hearken.example".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Kind>(text: &str, expected: Option<&str>) {
        let read = T::parse(&Raw::Untyped(text.to_owned())).map(|value| value.show());
        assert_eq!(read.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn a_public_url_is_scheme_host_and_port() {
        let same = ["http://a", "https://hearken.example", "http://127.0.0.1:7070", "http://[::1]:7070"];
        for text in same {
            check::<PublicUrl>(text, Some(text));
        }
        check::<PublicUrl>("https://hearken.example/", Some("https://hearken.example"));
        let refused = [
            "",
            "hearken.example",
            "hearken.example:443",
            "ftp://hearken.example",
            "ws://hearken.example",
            "http://",
            "http://:80",
            "http://host:",
            "http://host:0",
            "http://host:65536",
            "http://host:http",
            "http://user@host",
            "http://user:word@host",
            "http://host/path",
            "http://host/?q=1",
            "http://ho st",
            "/",
        ];
        for text in refused {
            check::<PublicUrl>(text, None);
        }
    }

    #[test]
    fn a_listen_address_is_an_ip_address_and_a_port() {
        for text in ["127.0.0.1:7070", "0.0.0.0:0", "[::1]:80"] {
            check::<SocketAddr>(text, Some(text));
        }
        for text in [
            "",
            "7070",
            ":7070",
            "127.0.0.1",
            "localhost:7070",
            "127.0.0.1:65536",
            "::1:80",
            "http://127.0.0.1:1",
        ] {
            check::<SocketAddr>(text, None);
        }
    }
}
