//! Who hears whom in the echo: numbered meetings with named sides, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Texts that may wait for one socket.
const INBOX: usize = 1_024;
/// Meetings that may exist at once.
const MEETINGS: usize = 100_000;
/// Sockets on one side of a meeting.
const SIDE: usize = 10_000;

/// What a socket is in its meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Speaks to the other side and gets its own texts back.
    Speaker,
    /// Hears the speaker, and may answer without getting that back.
    Hearer,
}

impl Role {
    /// By the last part of the path.
    pub(crate) fn named(side: &str) -> Option<Self> {
        match side {
            "a" | "send" => Some(Self::Speaker),
            "b" | "listen" => Some(Self::Hearer),
            _ => None,
        }
    }
}

type Side = Arc<Mutex<Vec<Sender<Utf8Bytes>>>>;

/// The two sides of a meeting.
#[derive(Debug, Default, Clone)]
struct Meeting {
    speakers: Side,
    hearers: Side,
}

/// All meetings.
#[derive(Debug, Default, Clone)]
pub(crate) struct Relay {
    meetings: Arc<Mutex<HashMap<u32, Meeting>>>,
}

/// The sockets that hear one socket.
#[derive(Debug)]
pub(crate) struct Peers {
    hearers: Option<Side>,
    acknowledged: bool,
}

impl Relay {
    /// Joins meeting `number`; `None` if there are too many meetings, or too many on this side.
    pub(crate) fn join(&self, number: u32, role: Role) -> Option<(Peers, Receiver<Utf8Bytes>)> {
        let meeting = {
            let mut meetings = self.meetings.lock().unwrap_or_else(PoisonError::into_inner);
            if meetings.len() >= MEETINGS && !meetings.contains_key(&number) {
                return None;
            }
            meetings.entry(number).or_default().clone()
        };
        let (own, other) = match role {
            Role::Speaker => (meeting.speakers, meeting.hearers),
            Role::Hearer => (meeting.hearers, meeting.speakers),
        };
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        own.retain(|sender| !sender.is_closed());
        if own.len() >= SIDE {
            return None;
        }
        let (sender, inbox) = channel(INBOX);
        own.push(sender);
        Some((Peers { hearers: Some(other), acknowledged: role == Role::Speaker }, inbox))
    }
}

impl Peers {
    /// Nobody but the socket itself.
    pub(crate) fn none() -> Self {
        Self { hearers: None, acknowledged: true }
    }

    /// Whether the socket gets its own texts back.
    pub(crate) fn acknowledged(&self) -> bool {
        self.acknowledged
    }

    /// Puts `text` into every inbox of the other side; false if one of them is full. Sockets that
    /// have gone do not count.
    pub(crate) fn hand_on(&self, text: &Utf8Bytes) -> bool {
        let Some(hearers) = &self.hearers else { return true };
        let hearers = hearers.lock().unwrap_or_else(PoisonError::into_inner);
        hearers.iter().all(|hearer| hearer.is_closed() || hearer.try_send(text.clone()).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(inbox: &mut Receiver<Utf8Bytes>) -> Vec<String> {
        std::iter::from_fn(|| inbox.try_recv().ok()).map(|text| text.to_string()).collect()
    }

    #[test]
    fn a_meeting_hands_texts_to_its_other_side_alone() {
        let relay = Relay::default();
        let (speaker, mut spoken) = relay.join(1, Role::Speaker).unwrap();
        let (hearer, mut heard) = relay.join(1, Role::Hearer).unwrap();
        let (_second, mut heard_too) = relay.join(1, Role::Hearer).unwrap();
        let (_elsewhere, mut silent) = relay.join(2, Role::Hearer).unwrap();
        assert!(speaker.acknowledged() && !hearer.acknowledged());
        assert!(speaker.hand_on(&"hello".into()));
        assert!(hearer.hand_on(&"got it".into()));
        assert_eq!((texts(&mut heard), texts(&mut heard_too)), (vec!["hello".into()], vec!["hello".into()]));
        assert_eq!(texts(&mut spoken), ["got it"]);
        assert!(texts(&mut silent).is_empty());
    }

    #[test]
    fn a_full_inbox_shows_and_a_gone_socket_does_not() {
        let relay = Relay::default();
        let (speaker, _) = relay.join(1, Role::Speaker).unwrap();
        let (_, inbox) = relay.join(1, Role::Hearer).unwrap();
        for _ in 0..INBOX {
            assert!(speaker.hand_on(&"x".into()));
        }
        assert!(!speaker.hand_on(&"x".into()));
        drop(inbox);
        assert!(speaker.hand_on(&"x".into()));
    }

    #[test]
    fn one_side_is_bounded_and_a_place_is_free_again_after_leaving() {
        let relay = Relay::default();
        let mut inboxes: Vec<_> = (0..SIDE).map(|_| relay.join(1, Role::Hearer).unwrap().1).collect();
        assert!(relay.join(1, Role::Hearer).is_none());
        inboxes.pop();
        assert!(relay.join(1, Role::Hearer).is_some());
    }
}
