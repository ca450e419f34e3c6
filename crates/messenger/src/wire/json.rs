//! JSON strings put straight into the frame being written; their escapes are `serde_json`'s.

use std::io;

/// How many characters of a client's own words an error frame repeats at most.
const REPEATED: usize = 128;

/// A key with its quotes and colon, and a value without.
pub(super) type Member<'a> = (&'static str, &'a str);

/// The keys of the frames.
pub(super) mod key {
    pub(in super::super) const MESSAGE: &str = r#""message":"#;
    pub(in super::super) const COMMAND: &str = r#""command":"#;
    pub(in super::super) const TYPE: &str = r#""type":"#;
    pub(in super::super) const MSG_FROM: &str = r#""msg_from":"#;
    pub(in super::super) const MSG_TO: &str = r#""msg_to":"#;
    pub(in super::super) const SENT_TIMESTAMP: &str = r#""sent_timestamp":"#;
}

/// An object of strings, its keys in the order given. Unless a value needs escapes, it has no spare capacity.
pub(super) fn object(members: &[Member<'_>]) -> String {
    let mut out = String::with_capacity(open_len(members) + 1);
    open(&mut out, members);
    out.push('}');
    out
}

/// How long the members are with what [`open`] puts around them, where no value needs escapes.
pub(super) fn open_len(members: &[Member<'_>]) -> usize {
    // A brace or comma before each, and the quotes of its value.
    members.iter().map(|(key, value)| key.len() + value.len() + 3).sum()
}

/// An object without its closing brace: one that goes on.
pub(super) fn open(out: &mut String, members: &[Member<'_>]) {
    let mut mark = '{';
    for (key, value) in members {
        out.push(mark);
        out.push_str(key);
        put(out, value);
        mark = ',';
    }
}

/// Appends `value` as a JSON string.
pub(super) fn put(out: &mut String, value: &str) {
    if needs_escapes(value) {
        serde_json::to_writer(Appended(out), value).expect("a string is written to a string");
    } else {
        out.push('"');
        out.push_str(value);
        out.push('"');
    }
}

/// Whether JSON cannot hold the text as it is. Looked at to its end, and in bytes instead of booleans, so that the
/// compiler can take many at once: most texts need none.
fn needs_escapes(text: &str) -> bool {
    let escaped = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
    text.bytes().fold(0, |found, byte| found | escaped(byte)) != 0
}

/// The beginning of a text from outside that is to be sent back.
pub(crate) fn bounded(text: &str) -> &str {
    match text.char_indices().nth(REPEATED) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Lets `serde_json` write into a string. It writes whole runs of text and ASCII escapes.
struct Appended<'a>(&'a mut String);

impl io::Write for Appended<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text =
            std::str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.0.push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
