//! Proxies in front: for whoever comes through one that is trusted (`trusted_proxies`), limits count the address that
//! the proxy names, not the proxy's own. Nobody else is believed about where he comes from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use http::HeaderMap;

/// What proxies write down, each adding whom it was asked by.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// How many proxies one behind the other are looked through.
const MOST_HOPS: usize = 16;

/// Addresses that share their first bits: one address, or a network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    address: IpAddr,
    bits: u8,
}

/// Neither an address nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an address nor a network such as 10.0.0.0/8")]
pub struct BadBlock;

impl Block {
    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                same(ours.to_bits().into(), theirs.to_bits().into(), 32 - self.bits)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same(ours.to_bits(), theirs.to_bits(), 128 - self.bits),
            _ => false,
        }
    }
}

/// Whether two numbers are the same but for their last `but` bits.
fn same(one: u128, other: u128, but: u8) -> bool {
    (one ^ other).checked_shr(but.into()).unwrap_or(0) == 0
}

impl FromStr for Block {
    type Err = BadBlock;

    fn from_str(text: &str) -> Result<Self, BadBlock> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| BadBlock)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or(BadBlock)?,
        };
        Ok(Self { address, bits })
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// The proxies that are trusted. Clones are cheap.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Arc<[Block]>);

impl Proxies {
    /// These.
    pub fn new(trusted: &[Block]) -> Self {
        Self(trusted.into())
    }

    /// Whether this is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|block| block.contains(address))
    }

    /// Where a request comes from that `peer` hands over: the last address in its list that is no trusted proxy.
    /// What does not read ends the list: what stands before it, anybody may have written.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        if self.0.is_empty() {
            return client;
        }
        // A line that is no text is one name that does not read.
        let lines: Vec<_> =
            headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
        let mut named = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim).take(MOST_HOPS);
        while self.trusts(client) {
            let Some(next) = named.next().and_then(|name| name.parse::<IpAddr>().ok()) else { break };
            client = next.to_canonical();
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn blocks_are_addresses_and_networks() {
        #[track_caller]
        fn check(block: &str, address: &str, expect: bool) {
            let block: Block = block.parse().expect(block);
            assert_eq!(block.contains(address.parse().expect(address)), expect, "{block} {address}");
        }
        check("192.0.2.1", "192.0.2.1", true);
        check("192.0.2.1", "192.0.2.2", false);
        check("192.0.2.1", "::ffff:192.0.2.1", true);
        check("10.0.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("0.0.0.0/0", "::1", false);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("::/0", "::1", true);
        for bad in ["", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "host", "10.0.0.0/8/8"]
        {
            assert_eq!(bad.parse::<Block>(), Err(BadBlock), "{bad}");
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        #[track_caller]
        fn check(trusted: &[&str], peer: &str, lines: &[&str], expect: &str) {
            let blocks: Vec<Block> = trusted.iter().map(|block| block.parse().expect("a block")).collect();
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).expect("a header"));
            }
            let client = Proxies::new(&blocks).client(peer.parse().expect("an address"), &headers);
            assert_eq!(client.to_string(), expect, "{trusted:?} {peer} {lines:?}");
        }
        check(&[], "10.0.0.1", &["192.0.2.1"], "10.0.0.1");
        check(&["10.0.0.0/8"], "192.0.2.9", &["192.0.2.1"], "192.0.2.9");
        check(&["10.0.0.0/8"], "10.0.0.1", &[], "10.0.0.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &["192.0.2.1"], "192.0.2.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &["1.1.1.1, 192.0.2.1"], "192.0.2.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &["1.1.1.1", "192.0.2.1, 10.0.0.2"], "192.0.2.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &["192.0.2.1, rubbish"], "10.0.0.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &["192.0.2.1, rubbish, 10.0.0.2"], "10.0.0.2");
        check(&["10.0.0.0/8"], "10.0.0.1", &["192.0.2.1", "1.1.1.1, \u{fc}", "10.0.0.2"], "10.0.0.2");
        check(&["::/0"], "::1", &["2001:db8::7"], "2001:db8::7");
    }
}
