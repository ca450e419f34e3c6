//! Opens WebSockets: TCP, the upgrade, the check of its answer. Blocking and one at a time,
//! because opening is never part of what is measured.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

/// The RFC's sample key and the answer to it: an attack that a fresh key wards off is of no
/// concern to a load generator on its own machine.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pplmbitxaq9kygzzhzrbk+xoo=";

/// Sockets that leave from one source address: below the kernel's 28,232 local ports and the
/// server's default of 20,000 sockets an address.
const PER_ADDRESS: usize = 16_000;

/// Refuses an answer's head beyond this many bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Opens sockets to one server.
#[derive(Debug)]
pub(crate) struct Opener {
    server: SocketAddr,
    opened: usize,
}

/// An open WebSocket and what the server has already said on it.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The connection, non-blocking.
    pub(crate) stream: TcpStream,
    /// Bytes that came behind the answer to the upgrade.
    pub(crate) rest: Vec<u8>,
}

impl Opener {
    /// For a server at `base`, such as `http://127.0.0.1:7070`.
    pub(crate) fn new(base: &str) -> Result<Self> {
        let host =
            base.strip_prefix("http://").with_context(|| format!("not a plain http address: {base}"))?;
        let server =
            host.trim_end_matches('/').to_socket_addrs()?.next().context("the server has no address")?;
        Ok(Self { server, opened: 0 })
    }

    /// Upgrades at `path`, with `token` as the bearer if there is one.
    pub(crate) fn open(&mut self, path: &str, token: Option<&str>) -> Result<Opened> {
        let mut stream = self.dial().context("connecting")?;
        self.opened += 1;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(request(self.server, path, token).as_bytes())?;
        let mut answer = Vec::new();
        let end = loop {
            if let Some(at) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            ensure!(answer.len() < MAX_HEAD, "{path}: the answer's head does not end");
            let mut chunk = [0; 1024];
            let got = stream.read(&mut chunk).with_context(|| format!("{path}: no answer"))?;
            ensure!(got > 0, "{path}: closed during the upgrade");
            answer.extend_from_slice(&chunk[..got]);
        };
        check(&String::from_utf8_lossy(&answer[..end])).with_context(|| path.to_owned())?;
        stream.set_nonblocking(true)?;
        Ok(Opened { stream, rest: answer.split_off(end) })
    }

    /// Connects, from 127.0.0.2 and so on once one address has given its share of ports.
    fn dial(&self) -> Result<TcpStream> {
        let share = self.opened / PER_ADDRESS;
        if share == 0 || !self.server.ip().is_loopback() || self.server.is_ipv6() {
            return Ok(TcpStream::connect(self.server)?);
        }
        let [_, _, third, fourth] = (1 + share as u32).to_be_bytes();
        let stream = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        bind(&stream, &SocketAddr::from((Ipv4Addr::new(127, 0, third, fourth), 0)))?;
        connect(&stream, &self.server)?;
        Ok(stream.into())
    }
}

fn request(server: SocketAddr, path: &str, token: Option<&str>) -> String {
    let bearer = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    format!(
        "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{bearer}\r\n"
    )
}

fn check(head: &str) -> Result<()> {
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("101") {
        bail!("not upgraded: {status}");
    }
    let head = head.to_ascii_lowercase();
    let accept = head.lines().find_map(|line| line.strip_prefix("sec-websocket-accept:"));
    ensure!(accept.map(str::trim) == Some(ACCEPT), "the answer does not belong to our key");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_an_upgrade() {
        let good =
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        let cases = [
            (good.to_owned(), true),
            (good.replace("101", "401"), false),
            (good.replace("s3pP", "s3pX"), false),
            (good.replace("Sec-", "X-"), false),
            (String::new(), false),
        ];
        for (head, expected) in cases {
            assert_eq!(check(&head).is_ok(), expected, "{head}");
        }
    }
}
