//! Frames, written as clients write them.

/// A frame of the dialect with its five fields.
pub(crate) fn frame(command: &str, message: &str, from: &str, to: &str, sent: &str) -> String {
    let message = serde_json::to_string(message).expect("a string");
    format!(
        r#"{{"message":{message},"command":"{command}","msg_from":"{from}","msg_to":"{to}","sent_timestamp":"{sent}"}}"#
    )
}

/// A personal message.
pub(crate) fn new_msg(from: &str, to: &str, text: &str, sent: &str) -> String {
    frame("new_msg", text, from, to, sent)
}

/// The answer to a message, up to the server's time.
pub(crate) fn msg_sent(from: &str, to: &str, sent: &str) -> String {
    let whole = frame("msg_sent", sent, from, to, "");
    whole.trim_end_matches("\"}").to_owned()
}

/// The fetch of what waits.
pub(crate) fn fetch(command: &str, phone: &str) -> String {
    frame(command, "--null--", "", phone, "2020-11-21 17:11:30.404")
}
