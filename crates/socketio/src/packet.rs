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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::Text;
    use crate::events::{self, Outgoing};
    use crate::seat::{Wire, encode};

    /// A namespace as it may stand in a packet.
    fn namespaces() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(MAIN.to_owned()),
            "/[a-z?=é/ ]{0,8}".prop_map(|name| if name == "/" { "/a".into() } else { name })
        ]
    }

    /// JSON, as it may be written.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("-0.50e+3".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        ];
        leaf.prop_recursive(4, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(", "))),
                prop::collection::vec((any::<String>(), inner), 0..4).prop_map(|pairs| {
                    let pairs: Vec<String> = pairs
                        .into_iter()
                        .map(|(key, value)| format!("{} : {value}", serde_json::Value::from(key)))
                        .collect();
                    format!("{{{}}}", pairs.join(","))
                }),
            ]
        })
    }

    fn written(outgoing: Outgoing, namespace: &str) -> Text {
        match encode(outgoing, namespace) {
            Wire::Said(text, _) | Wire::Leaves(text) => text,
            Wire::Close(close) => panic!("{close:?}"),
        }
    }

    fn read(text: &str) -> (String, What, Vec<String>, Option<usize>) {
        match Packet::read(text) {
            Ok(Packet::Said(Said { namespace, what, args, attachments })) => (
                namespace.to_owned(),
                what,
                args.iter().map(|arg| arg.get().to_owned()).collect(),
                attachments,
            ),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    proptest! {
        /// What is written is read back, as it was given.
        #[test]
        fn events_and_acks_survive(
            namespace in namespaces(),
            name in any::<String>(),
            args in prop::collection::vec(json(), 0..5),
            ack in any::<u64>(),
            count in 0..20_usize,
        ) {
            let joined = args.join(",");
            let attachments = vec![bytes::Bytes::new(); count];
            let event = |ack| What::Event { name: name.clone(), ack };
            let array = format!("[{joined}]");
            for (outgoing, what, attached) in [
                (Outgoing::Event(events::Packet::event(&name, &joined)), event(None), None),
                (Outgoing::Event(events::Packet::acked(&name, &joined, ack)), event(Some(ack)), None),
                (Outgoing::Event(events::Packet::binary(&name, &joined, attachments.clone())), event(None), Some(count)),
                (Outgoing::Ack { id: ack, args: array.clone() }, What::Ack(ack), None),
                (Outgoing::BinaryAck { id: ack, args: array.clone(), attachments }, What::Ack(ack), Some(count)),
            ] {
                let expect = (namespace.clone(), what, args.clone(), attached);
                prop_assert_eq!(read(written(outgoing, &namespace).as_str()), expect);
            }
        }

        /// Whatever comes, it is read or it is not; and what is read has a name or a number.
        #[test]
        fn anything_may_come(text in "[0-9a-z\"\\[\\]{},/:. -]{0,40}|.{0,40}") {
            let _ = Packet::read(&text);
        }
    }

    #[test]
    fn a_connect_has_a_namespace_and_an_object() {
        #[track_caller]
        fn check(text: &str, expect: Option<(&str, Option<&str>)>) {
            let read = match Packet::read(text) {
                Ok(Packet::Connect { namespace, auth }) => Some((namespace, auth.map(RawValue::get))),
                _ => None,
            };
            assert_eq!(read, expect, "{text:?}");
        }
        check("0", Some(("/", None)));
        check("0{}", Some(("/", Some("{}"))));
        check(r#"0{"b": 1,"a":2.0}"#, Some(("/", Some(r#"{"b": 1,"a":2.0}"#))));
        check("0/", Some(("/", None)));
        check("0/,", Some(("/", None)));
        check("0/a", Some(("/a", None)));
        check("0/a,", Some(("/a", None)));
        check(r#"0/a?x=1,{"t":"/,"}"#, Some(("/a?x=1", Some(r#"{"t":"/,"}"#))));
        for wrong in ["", "00", "0x", "0[]", "0null", "0{", "0{}}", "0/a,x", "0/a,[]"] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_packet_on_the_wire_is_engine_ios_message() {
        let text = written(Outgoing::Event(events::Packet::event("n", "1,2")), "/a");
        assert_eq!(text.packet().as_str(), r#"42/a,["n",1,2]"#);
        assert_eq!(written(Outgoing::Disconnect, MAIN).packet().as_str(), "41");
    }
}
