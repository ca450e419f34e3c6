//! What is wrong with an event before any rule is asked, in the contract's words ("Acknowledgements").

use std::borrow::Cow;

/// What is said of an event that can't be understood, or is not this person's to send.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no such event.
    #[error("Unknown event: {0}")]
    Unknown(Box<str>),
    /// A field is missing or of the wrong type.
    #[error("Missing/Invalid field: {0}")]
    Field(&'static str),
    /// What a visitor says is not an object with something in it.
    #[error("Missing/Invalid data")]
    Data,
    /// A room that can be none.
    #[error("The chat room is either closed or doesn't exist.")]
    NoRoom,
    /// A content of more than [`crate::content::MOST_BYTES`].
    #[error("The message is too large.")]
    TooLarge,
    /// Sent by a visitor.
    #[error("Only staff can do this.")]
    StaffOnly,
    /// Sent by somebody of the staff.
    #[error("Only visitors can do this.")]
    VisitorsOnly,
}

/// How many characters of a name that is none are repeated.
const REPEATED: usize = 128;

impl Fault {
    /// There is no event of that name, of which a bounded part is repeated.
    pub(super) fn unknown(name: &str) -> Self {
        let end = name.char_indices().nth(REPEATED).map_or(name.len(), |(end, _)| end);
        Self::Unknown(name[..end].into())
    }
}

/// The arguments of an acknowledgement: `true` and null, or `false` and what is wrong.
pub fn ack(outcome: Result<(), &str>) -> Cow<'static, str> {
    match outcome {
        Ok(()) => "[true,null]".into(),
        Err(message) => {
            let message = serde_json::Value::from(message);
            format!("[false,{message}]").into()
        }
    }
}
