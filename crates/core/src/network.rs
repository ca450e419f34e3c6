//! Whom an address stands for when clients are counted: an IPv4 address for itself, an IPv6 address for its /64, since
//! whoever has one of those has them all.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The addresses that are counted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            address @ IpAddr::V4(_) => address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_line_are_one() {
        #[track_caller]
        fn check(one: &str, other: &str, same: bool) {
            let [one, other] =
                [one, other].map(|text| Network::from(text.parse::<IpAddr>().expect("an address")));
            assert_eq!(one == other, same, "{one:?} {other:?}");
        }
        check("192.0.2.1", "192.0.2.1", true);
        check("192.0.2.1", "192.0.2.2", false);
        check("192.0.2.1", "::ffff:192.0.2.1", true);
        check("::ffff:192.0.2.1", "::ffff:192.0.2.2", false);
        check("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true);
        check("2001:db8::1", "2001:db8:0:1::1", false);
        check("::1", "127.0.0.1", false);
    }

    #[test]
    fn a_network_is_written_as_its_first_address() {
        #[track_caller]
        fn check(address: &str, expect: &str) {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(Network::from(address).to_string(), expect);
        }
        check("192.0.2.1", "192.0.2.1");
        check("::ffff:192.0.2.1", "192.0.2.1");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check("2001:db8:1:2::", "2001:db8:1:2::");
    }
}
