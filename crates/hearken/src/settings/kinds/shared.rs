//! Addresses of what several nodes share: a PostgreSQL and a NATS. Passwords stand in them, so they are never shown
//! whole; what an operator is told is the place alone.

use std::fmt;

use hearken_store::{NatsBus, PostgresStore};

use super::Kind;
use crate::settings::raw::Raw;

/// The longest address; nobody writes a longer one.
const LONGEST: usize = 4096;

macro_rules! address {
    ($(#[$meta:meta])* $Name:ident, $kind:literal, $check:expr, $mend:literal) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $Name(String);

        impl $Name {
            /// The address with everything in it, for the one place that needs it.
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// Where it leads, without who asks: `HOST:PORT`, or several of them.
            pub fn place(&self) -> &str {
                place(&self.0)
            }
        }

        impl fmt::Debug for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[secret]")
            }
        }

        impl Kind for $Name {
            const NAME: &'static str = $kind;
            const SECRET: bool = true;

            fn parse(raw: &Raw) -> Option<Self> {
                let text = raw.text()?;
                let sound = text.len() <= LONGEST && !text.chars().any(|c| c.is_control() || c.is_whitespace());
                (sound && $check(text).is_ok()).then(|| Self(text.to_owned()))
            }

            fn fault(raw: &Raw) -> Option<String> {
                raw.text().and_then(|text| $check(text).err()).map(|fault| format!("no good ({fault})"))
            }

            fn show(&self) -> String {
                format!("{self:?}")
            }

            fn mend() -> String {
                $mend.to_owned()
            }
        }
    };
}

address! {
    /// The address of a PostgreSQL.
    DatabaseUrl, "PostgreSQL address", PostgresStore::can_be_address,
    "postgres://USER:PASSWORD@HOST:PORT/DATABASE, with the reserved characters of a password as %XX"
}

address! {
    /// The address of a NATS server, or those of a cluster with commas between them.
    BusUrl, "NATS address", can_be_bus,
    "nats://HOST:PORT, or several with commas between them"
}

/// Without its scheme an address might be anything's.
fn can_be_bus(url: &str) -> Result<(), String> {
    if ["nats://", "tls://"].iter().all(|scheme| !url.starts_with(scheme)) {
        return Err("it begins with nats:// or tls://".to_owned());
    }
    NatsBus::new(url).map(drop).map_err(|error| error.to_string())
}

/// The part between who asks and what is asked for.
fn place(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<K: Kind>(text: &str) -> Option<K> {
        K::parse(&Raw::String(text.to_owned()))
    }

    #[test]
    fn an_address_has_its_scheme_and_a_host() {
        for (text, place) in [
            ("postgres://me@db/x", "db"),
            ("postgresql://hearken:hush@db.example:5432/hearken?sslmode=require", "db.example:5432"),
            ("postgres://a:b%40c@[::1]:5433/x", "[::1]:5433"),
        ] {
            assert_eq!(read::<DatabaseUrl>(text).as_ref().map(DatabaseUrl::place), Some(place), "{text}");
        }
        for (text, place) in [("nats://bus:4222", "bus:4222"), ("tls://token@bus", "bus")] {
            assert_eq!(read::<BusUrl>(text).as_ref().map(BusUrl::place), Some(place), "{text}");
        }
        for wrong in [
            "",
            "db",
            "postgres:",
            "postgres://",
            "postgres:///x",
            "mysql://db",
            "postgres://d b",
            "nats://b",
        ] {
            assert_eq!(read::<DatabaseUrl>(wrong), None, "{wrong}");
        }
        for wrong in ["", "bus:4222", "nats://", "nats://hush@", "redis://bus", "postgres://db"] {
            assert_eq!(read::<BusUrl>(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn nothing_but_its_place_is_shown() {
        let url = read::<DatabaseUrl>("postgres://ana:hush@db:1/x?password=hush").expect("an address");
        let shown = format!("{url:?} {} {}", url.show(), url.place());
        assert!(!shown.contains("hush") && !shown.contains("ana"), "{shown}");
    }
}
