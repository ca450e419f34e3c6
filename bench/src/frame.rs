//! A client's half of WebSocket framing (RFC 6455), no more than a load generator needs: whole
//! text frames, pings, pongs and close. It is our own because the generator shares its cores with
//! the server under test: one buffer serves every socket, and a frame is read where it lies.

/// What a server's frame means to us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// A whole text message.
    Text(&'a [u8]),
    /// A ping to be answered with the same payload.
    Ping(&'a [u8]),
    /// The answer to a ping.
    Pong,
    /// The server closes.
    Close,
}

/// A frame that a well-behaved server never sends us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// Kinds of frame that a client sends, with the final bit set.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A text message.
    Text = 0x81,
    /// A ping.
    Ping = 0x89,
    /// The answer to one.
    Pong = 0x8a,
}

/// In the second byte: the payload is masked, as a client's must be.
const MASKED: u8 = 0x80;

/// Appends one masked frame to `out`.
pub(crate) fn write(kind: Kind, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    out.push(kind as u8);
    match payload.len() {
        len @ 0..=125 => out.push(MASKED + len as u8),
        len @ 126..=0xffff => {
            out.push(MASKED + 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(MASKED + 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    let start = out.len();
    out.extend_from_slice(payload);
    let (quads, rest) = out[start..].as_chunks_mut::<4>();
    for quad in quads {
        *quad = (u32::from_ne_bytes(*quad) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask) {
        *byte ^= key;
    }
}

/// Reads the frame at the start of `bytes`: it and its length on the wire, or `None` while it is
/// incomplete. Fragments, binary, masked and reserved frames are [`Broken`].
pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, Broken> {
    let [first, second, ..] = *bytes else { return Ok(None) };
    if second & MASKED != 0 {
        return Err(Broken);
    }
    let (len, start): (usize, usize) = match second {
        126 => match bytes.get(2..4) {
            Some(&[a, b]) => (usize::from(u16::from_be_bytes([a, b])), 4),
            _ => return Ok(None),
        },
        127 => match bytes.get(2..10).and_then(|wide| <[u8; 8]>::try_from(wide).ok()) {
            Some(wide) => (usize::try_from(u64::from_be_bytes(wide)).map_err(|_| Broken)?, 10),
            None => return Ok(None),
        },
        short => (usize::from(short), 2),
    };
    let end = start.checked_add(len).ok_or(Broken)?;
    let Some(payload) = bytes.get(start..end) else { return Ok(None) };
    let frame = match first {
        0x81 => Frame::Text(payload),
        0x89 => Frame::Ping(payload),
        0x8a => Frame::Pong,
        0x88 => Frame::Close,
        _ => return Err(Broken),
    };
    Ok(Some((frame, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read<'a> = Result<Option<(Frame<'a>, usize)>, Broken>;

    /// Takes a written client frame apart by the letter of the RFC, byte by byte.
    fn unmask(frame: &[u8]) -> Vec<u8> {
        let at = match frame[1] & 0x7f {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        let mask = &frame[at..at + 4];
        frame[at + 4..].iter().enumerate().map(|(index, byte)| byte ^ mask[index % 4]).collect()
    }

    #[test]
    fn written_frames_carry_their_length_and_unmask_to_what_went_in() {
        for (len, header) in [
            (0, &[0x81, 0x80][..]),
            (1, &[0x81, 0x81]),
            (125, &[0x81, 0xfd]),
            (126, &[0x81, 0xfe, 0, 126]),
            (230, &[0x81, 0xfe, 0, 230]),
            (65_535, &[0x81, 0xfe, 0xff, 0xff]),
            (65_536, &[0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let payload: Vec<u8> = (0..len).map(|index| (index % 251) as u8).collect();
            let mut out = Vec::new();
            write(Kind::Text, &payload, [0xa1, 2, 0xff, 9], &mut out);
            assert_eq!(&out[..header.len()], header, "{len}");
            assert_eq!(out.len(), header.len() + 4 + len);
            assert_eq!(unmask(&out), payload, "{len}");
        }
    }

    #[test]
    fn the_rfcs_own_example_of_a_masked_hello() {
        let mut out = Vec::new();
        write(Kind::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d], &mut out);
        assert_eq!(out, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn frames_of_a_server() {
        let long = [&[0x81, 126, 0, 200][..], &[b'x'; 200]].concat();
        let cases: &[(&[u8], Read<'_>)] = &[
            (b"", Ok(None)),
            (b"\x81", Ok(None)),
            (b"\x81\x05Hell", Ok(None)),
            (b"\x81\x05Hello", Ok(Some((Frame::Text(b"Hello"), 7)))),
            (b"\x81\x05Hello\x81\x01x", Ok(Some((Frame::Text(b"Hello"), 7)))),
            (b"\x81\x00", Ok(Some((Frame::Text(b""), 2)))),
            (b"\x81\x7e\x00", Ok(None)),
            (&long[..203], Ok(None)),
            (&long, Ok(Some((Frame::Text(&long[4..]), 204)))),
            (b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00", Ok(None)),
            (b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x01x", Ok(Some((Frame::Text(b"x"), 11)))),
            (b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", Err(Broken)),
            (b"\x89\x02hi", Ok(Some((Frame::Ping(b"hi"), 4)))),
            (b"\x8a\x00", Ok(Some((Frame::Pong, 2)))),
            (b"\x88\x02\x03\xe8", Ok(Some((Frame::Close, 4)))),
            (b"\x82\x01x", Err(Broken)),
            (b"\x01\x01x", Err(Broken)),
            (b"\x80\x01x", Err(Broken)),
            (b"\xc1\x01x", Err(Broken)),
            (b"\x81\x81\x00\x00\x00\x00x", Err(Broken)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(bytes), *expected, "{bytes:?}");
        }
    }
}
