//! Opens a Socket.IO connection straight over WebSocket (Engine.IO 4, no polling before): the handshake, CONNECT to
//! the default namespace, and the desk's first event, without which nobody is known to be served. Blocking, as opening
//! is never part of what is measured.

use std::io::{Read as _, Write as _};

use anyhow::{Context as _, Result, bail, ensure};

use super::words::{PING, PONG};
use crate::connect::{Opened, Opener};
use crate::frame::{self, Frame, Kind};

const PATH: &str = "/socket.io/?EIO=4&transport=websocket";

/// The longest first event that is taken: a long queue is told in one.
const LONGEST: usize = 16 << 20;

/// Connects the holder of `token`; the first event, `visitor_init` or `staff_init`, has come.
pub(crate) fn sign_on(opener: &mut Opener, token: &str) -> Result<Opened> {
    let mut line = opener.open(PATH, Some(token))?;
    line.stream.set_nonblocking(false)?;
    let open = next(&mut line, |text| !text.is_empty()).context("waiting for the handshake")?;
    ensure!(open.starts_with(b"0{"), "not a handshake: {}", String::from_utf8_lossy(&open));
    say(&mut line, b"40")?;
    let answer = next(&mut line, |text| text.starts_with(b"4")).context("waiting for CONNECT")?;
    ensure!(answer.starts_with(b"40"), "not connected: {}", String::from_utf8_lossy(&answer));
    let init = next(&mut line, |text| text.starts_with(b"42")).context("waiting for the first event")?;
    let expected = [&b"42[\"visitor_init\""[..], b"42[\"staff_init\""];
    ensure!(
        expected.iter().any(|start| init.starts_with(start)),
        "not the first event: {}",
        String::from_utf8_lossy(&init[..init.len().min(300)])
    );
    line.stream.set_nonblocking(true)?;
    Ok(line)
}

/// The next packet that is `wanted`; pings before it are answered, and what is behind it stays.
fn next(line: &mut Opened, wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>> {
    loop {
        let used = match frame::read(&line.rest) {
            Ok(Some((Frame::Text(PING), used))) => {
                line.rest.drain(..used);
                say(line, PONG)?;
                continue;
            }
            Ok(Some((Frame::Text(text), used))) if wanted(text) => {
                let text = text.to_vec();
                line.rest.drain(..used);
                return Ok(text);
            }
            Ok(Some((Frame::Close, _))) => bail!("the server closed"),
            Ok(Some((_, used))) => used,
            Ok(None) => {
                ensure!(line.rest.len() < LONGEST, "a packet does not end");
                let mut chunk = [0; 16 * 1024];
                let got = line.stream.read(&mut chunk)?;
                ensure!(got > 0, "the line was closed");
                line.rest.extend_from_slice(&chunk[..got]);
                continue;
            }
            Err(frame::Broken) => bail!("a broken frame"),
        };
        line.rest.drain(..used);
    }
}

fn say(line: &mut Opened, packet: &[u8]) -> Result<()> {
    let mut out = Vec::new();
    frame::write(Kind::Text, packet, [1, 2, 3, 4], &mut out);
    Ok(line.stream.write_all(&out)?)
}
