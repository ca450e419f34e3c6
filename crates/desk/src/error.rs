//! What the desk says when something is not done: one text for each reason, the contract's own where it has one
//! (docs/protocols/desk.md, "Acknowledgements").

use std::fmt;

use hearken_core::UpdateError;
use hearken_core::store::StoreError;

use crate::content::BadContent;
use crate::rules::Refusal;
use crate::stored::Rank;

/// Why an event came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A field is missing, or of the wrong type.
    Field(&'static str),
    /// A visitor's content is none.
    Data,
    /// It is longer than it may be.
    TooLarge,
    /// There is no such event.
    Unknown(String),
    /// Against a rule.
    Refused(Refusal),
    /// Too much waits already.
    Busy,
    /// It can't be saved just now.
    Unavailable,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<UpdateError<Refusal>> for Fault {
    fn from(error: UpdateError<Refusal>) -> Self {
        match error {
            UpdateError::Refused(refusal) => Self::Refused(refusal),
            UpdateError::NotFound => Self::Refused(Refusal::NoRoom),
            UpdateError::Busy | UpdateError::Collided(_) => Self::Busy,
            UpdateError::Unavailable => Self::Unavailable,
        }
    }
}

impl From<StoreError> for Fault {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

impl Fault {
    /// What is wrong with something that a visitor has said.
    pub fn of_visitor(bad: BadContent) -> Self {
        match bad {
            BadContent::NotSuch => Self::Data,
            BadContent::TooLarge => Self::TooLarge,
        }
    }

    /// What is wrong with something that one of the staff has said.
    pub fn of_staff(bad: BadContent) -> Self {
        match bad {
            BadContent::NotSuch => Self::Field("content"),
            BadContent::TooLarge => Self::TooLarge,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => write!(f, "Missing/Invalid field: {field}"),
            Self::Data => f.write_str("Missing/Invalid data"),
            Self::TooLarge => f.write_str("The message is too large."),
            Self::Unknown(event) => write!(f, "Unknown event: {event}"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Busy => f.write_str("The server is busy; send this again."),
            Self::Unavailable => f.write_str("The server can't save this just now; send this again."),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StaffOnly => "Only staff can do this.",
            Self::VisitorsOnly => "Only visitors can do this.",
            Self::NoRoom => "The chat room is either closed or doesn't exist.",
            Self::AlreadyClaimed => "This chat is already claimed.",
            Self::NothingToTakeOver => "Cannot take over an unclaimed chat.",
            Self::TooLow { mine, theirs } => {
                return write!(f, "A {} cannot take over a chat from a {}.", word(*mine), word(*theirs));
            }
            Self::NotServing => "You are not serving this chat.",
            Self::HasChat => "You already have an open chat.",
            Self::NoChat => "You have no open chat.",
            Self::NotYetClaimed => "The chat is not claimed yet.",
            Self::ClaimedMeanwhile => "The chat is already claimed.",
            Self::TooMany => "You already serve the most chats allowed.",
            Self::Unreadable => "This can't be read by this version of the server.",
        })
    }
}

fn word(rank: Rank) -> &'static str {
    rank.role().as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_in_the_words_of_the_contract() {
        let check = |fault: Fault, expect: &str| assert_eq!(fault.to_string(), expect);
        check(Fault::Field("room"), "Missing/Invalid field: room");
        check(Fault::of_staff(BadContent::NotSuch), "Missing/Invalid field: content");
        check(Fault::of_visitor(BadContent::NotSuch), "Missing/Invalid data");
        check(Fault::of_visitor(BadContent::TooLarge), "The message is too large.");
        check(Fault::of_staff(BadContent::TooLarge), "The message is too large.");
        check(Fault::Unknown("dance".into()), "Unknown event: dance");
        let refused = |refusal, expect| check(UpdateError::Refused(refusal).into(), expect);
        refused(Refusal::StaffOnly, "Only staff can do this.");
        refused(Refusal::VisitorsOnly, "Only visitors can do this.");
        refused(Refusal::NoRoom, "The chat room is either closed or doesn't exist.");
        refused(Refusal::AlreadyClaimed, "This chat is already claimed.");
        refused(Refusal::NothingToTakeOver, "Cannot take over an unclaimed chat.");
        let low = Refusal::TooLow { mine: Rank::Agent, theirs: Rank::Admin };
        refused(low, "A agent cannot take over a chat from a admin.");
        refused(Refusal::NotServing, "You are not serving this chat.");
        refused(Refusal::HasChat, "You already have an open chat.");
        refused(Refusal::NoChat, "You have no open chat.");
        refused(Refusal::NotYetClaimed, "The chat is not claimed yet.");
        refused(Refusal::ClaimedMeanwhile, "The chat is already claimed.");
        refused(Refusal::TooMany, "You already serve the most chats allowed.");
        check(UpdateError::NotFound.into(), "The chat room is either closed or doesn't exist.");
    }
}
