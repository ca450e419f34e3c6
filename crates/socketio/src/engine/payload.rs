//! What a POST holds: packets with a record separator between them, binary ones in base64.

use std::mem;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::close::Close;
use crate::settings::Settings;

/// Stands between two packets.
const SEPARATOR: char = '\x1e';
/// With padding, as everybody writes it; read without, too, as everybody reads it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The packets of a POST that have yet to be handed over.
#[derive(Default)]
pub(crate) struct Payload {
    body: String,
    at: usize,
}

/// One packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Text(&'a str),
    Binary(Vec<u8>),
    Pong,
    Close,
    /// One that means nothing here.
    Nothing,
    /// One that must not come.
    Bad,
}

impl<'a> Part<'a> {
    /// Reads a packet that stands in a text.
    pub(crate) fn read(packet: &'a str) -> Self {
        let Some(kind) = packet.chars().next() else { return Self::Bad };
        let rest = &packet[kind.len_utf8()..];
        match kind {
            '1' => Self::Close,
            '3' => Self::Pong,
            '4' => Self::Text(rest),
            '5' | '6' => Self::Nothing,
            // Opening and pinging are the server's.
            _ => Self::Bad,
        }
    }

    /// The same for a packet of a POST.
    fn read_posted(packet: &'a str) -> Self {
        match packet.strip_prefix('b') {
            Some(encoded) => BASE64.decode(encoded).map_or(Self::Bad, Self::Binary),
            None => Self::read(packet),
        }
    }
}

impl Payload {
    /// Looks through the body of a POST.
    pub(crate) fn check(body: Vec<u8>, settings: &Settings) -> Result<Self, Close> {
        let body = String::from_utf8(body).map_err(|_| Close::NOT_TEXT)?;
        for packet in body.split(SEPARATOR) {
            if packet.len() > settings.largest_packet {
                return Err(Close::TOO_LARGE);
            }
            if Part::read_posted(packet) == Part::Bad {
                return Err(Close::PROTOCOL);
            }
        }
        Ok(Self { body, at: 0 })
    }

    /// Whether all is handed over.
    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.body.len()
    }

    /// The next packet.
    pub(crate) fn next(&mut self) -> Part<'_> {
        if self.is_empty() {
            return Part::Nothing;
        }
        let rest = &self.body[self.at..];
        let packet = rest.split(SEPARATOR).next().unwrap_or_default();
        self.at += packet.len() + SEPARATOR.len_utf8();
        Part::read_posted(packet)
    }

    /// Gives back the room of what has been handed over.
    pub(crate) fn free(&mut self) {
        if self.is_empty() && !self.body.is_empty() {
            drop(mem::take(self));
        }
    }
}

/// The answer to a poll, as it is put together.
#[derive(Default)]
pub(crate) struct Answer {
    body: String,
    packets: usize,
}

impl Answer {
    /// Adds a packet.
    pub(crate) fn push(&mut self, packet: &str) {
        self.separate();
        self.body.push_str(packet);
    }

    /// Adds a binary packet.
    pub(crate) fn push_binary(&mut self, bytes: &[u8]) {
        self.separate();
        self.body.push('b');
        BASE64.encode_string(bytes, &mut self.body);
    }

    fn separate(&mut self) {
        if self.packets > 0 {
            self.body.push(SEPARATOR);
        }
        self.packets += 1;
    }

    pub(crate) fn packets(&self) -> usize {
        self.packets
    }

    pub(crate) fn bytes(&self) -> usize {
        self.body.len()
    }

    pub(crate) fn into_body(self) -> String {
        self.body
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet that is sent, and what is to come of it.
    fn packets() -> impl Strategy<Value = Result<String, Vec<u8>>> {
        prop_oneof!["[^\u{1e}]{0,20}".prop_map(Ok), prop::collection::vec(any::<u8>(), 0..20).prop_map(Err),]
    }

    proptest! {
        /// What is put into an answer is what a reader of payloads finds in it.
        #[test]
        fn packets_survive(packets in prop::collection::vec(packets(), 1..10)) {
            let mut answer = Answer::default();
            for packet in &packets {
                match packet {
                    Ok(text) => answer.push(&format!("4{text}")),
                    Err(bytes) => answer.push_binary(bytes),
                }
            }
            prop_assert_eq!(answer.packets(), packets.len());
            let mut payload = Payload::check(answer.into_body().into_bytes(), &Settings::default()).unwrap_or_default();
            for packet in &packets {
                prop_assert!(!payload.is_empty());
                let read = payload.next();
                match packet {
                    Ok(text) => prop_assert_eq!(read, Part::Text(text)),
                    Err(bytes) => prop_assert_eq!(read, Part::Binary(bytes.clone())),
                }
            }
            prop_assert!(payload.is_empty());
            payload.free();
            prop_assert_eq!(payload.body.capacity(), 0);
        }

        /// Whatever is posted, what passes the first look has no bad packet in it.
        #[test]
        fn anything_may_be_posted(body in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"0123456b\x1eAQ==".to_vec())], 0..60)) {
            if let Ok(mut payload) = Payload::check(body, &Settings::default()) {
                while !payload.is_empty() {
                    prop_assert_ne!(payload.next(), Part::Bad);
                }
            }
        }
    }

    #[test]
    fn base64_is_read_with_padding_and_without() {
        for encoded in ["bAQIDBA==", "bAQIDBA"] {
            assert_eq!(Part::read_posted(encoded), Part::Binary(vec![1, 2, 3, 4]));
        }
    }
}
