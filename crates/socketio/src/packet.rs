//! Socket.IO's packets: `<type>[<attachments>-][<namespace>,][<ack>][<JSON>]`.

use serde_json::value::RawValue;

/// A packet from the peer.
#[derive(Debug)]
pub(crate) enum Packet<'a> {
    /// Somebody asks for a namespace.
    Connect { namespace: &'a str, auth: Option<&'a RawValue> },
    /// Somebody leaves one.
    Disconnect { namespace: &'a str },
    /// An event, or the answer to one.
    Said(Said<'a>),
}

/// An event, or the answer to one, without its attachments.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) what: What,
    pub(crate) args: Vec<Box<RawValue>>,
    /// How many attachments follow; `None` where the packet has no room for any.
    pub(crate) attachments: Option<usize>,
}

/// Which of the two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    Event { name: String, ack: Option<u64> },
    Ack(u64),
}

/// It is no packet that a peer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The namespace that everybody is in who names none.
pub(crate) const MAIN: &str = "/";

impl<'a> Packet<'a> {
    /// Reads a packet.
    pub(crate) fn read(text: &'a str) -> Result<Self, Malformed> {
        let kind = text.chars().next().ok_or(Malformed)?;
        let rest = &text[kind.len_utf8()..];
        match kind {
            '0' => {
                let (namespace, rest) = namespace(rest);
                let auth = match rest {
                    "" => None,
                    object if object.starts_with('{') => {
                        Some(serde_json::from_str(object).map_err(|_| Malformed)?)
                    }
                    _ => return Err(Malformed),
                };
                Ok(Self::Connect { namespace, auth })
            }
            '1' => match namespace(rest) {
                (namespace, "") => Ok(Self::Disconnect { namespace }),
                _ => Err(Malformed),
            },
            '2' => said(rest, None, true),
            '3' => said(rest, None, false),
            '5' | '6' => {
                let (count, rest) = rest.split_once('-').ok_or(Malformed)?;
                let count = number(count).and_then(|count| usize::try_from(count).ok()).ok_or(Malformed)?;
                said(rest, Some(count), kind == '5')
            }
            _ => Err(Malformed),
        }
    }
}

/// A namespace, if one is named, and the rest.
fn namespace(text: &str) -> (&str, &str) {
    if text.starts_with('/') { text.split_once(',').unwrap_or((text, "")) } else { (MAIN, text) }
}

fn said(text: &str, attachments: Option<usize>, event: bool) -> Result<Packet<'_>, Malformed> {
    let (namespace, rest) = namespace(text);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (ack, json) = rest.split_at(digits);
    let ack = if ack.is_empty() { None } else { Some(number(ack).ok_or(Malformed)?) };
    let mut args: Vec<Box<RawValue>> = serde_json::from_str(json).map_err(|_| Malformed)?;
    let what = if event {
        if args.is_empty() {
            return Err(Malformed);
        }
        What::Event { name: name(args.remove(0).get())?, ack }
    } else {
        What::Ack(ack.ok_or(Malformed)?)
    };
    Ok(Packet::Said(Said { namespace, what, args, attachments }))
}

/// An event's name: a string, or a number as it is written.
fn name(json: &str) -> Result<String, Malformed> {
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map_err(|_| Malformed),
        Some(b'-' | b'0'..=b'9') => Ok(json.to_owned()),
        _ => Err(Malformed),
    }
}

/// A number in digits alone.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
