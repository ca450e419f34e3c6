//! How far of each chat of his somebody has got: what this socket has shown him, and what of that has arrived. When the line
//! is lost, it tells what he has missed.

use std::collections::{HashMap, VecDeque};

use hearken_core::ids::{ConversationId, Seq};

/// How many places of one chat are remembered that have not arrived. Beyond it, it is known less exactly.
const MOST: usize = 32;

/// Of one chat.
#[derive(Default)]
struct Mark {
    /// Up to here everything has arrived.
    known: Option<Seq>,
    /// With that many things handed out, everything up to that place was.
    shown: VecDeque<(u64, Seq)>,
}

/// Of all chats that the person is in.
#[derive(Default)]
pub(super) struct Marks(HashMap<ConversationId, Mark>);

impl Marks {
    /// Everything up to `seq` has been shown, once `handed` things are handed out.
    pub(super) fn shown(&mut self, chat: ConversationId, seq: Seq, handed: u64) {
        let mark = self.0.entry(chat).or_default();
        if mark.shown.len() == MOST || mark.shown.back().is_some_and(|(before, _)| *before == handed) {
            mark.shown.pop_back();
        }
        mark.shown.push_back((handed, seq));
    }

    /// The person is not in this chat any more.
    pub(super) fn forget(&mut self, chat: ConversationId) {
        self.0.remove(&chat);
    }

    /// So many things have arrived.
    pub(super) fn arrived(&mut self, handed: u64) {
        for mark in self.0.values_mut() {
            while let Some((_, seq)) = mark.shown.pop_front_if(|(needs, _)| *needs <= handed) {
                mark.known = Some(seq);
            }
            if mark.shown.is_empty() {
                // An idle socket holds nothing.
                mark.shown.shrink_to_fit();
            }
        }
    }

    /// How far each chat is known to have arrived.
    pub(super) fn known(&self) -> Vec<(ConversationId, Seq)> {
        self.0.iter().filter_map(|(chat, mark)| Some((*chat, mark.known?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const CHAT: ConversationId = ConversationId(Uuid::from_u128(1));

    /// What is known after showing these places (with so many things handed out), and so many have arrived.
    #[track_caller]
    fn check(shown: &[(u64, Seq)], arrived: u64, expect: Option<Seq>) {
        let mut marks = Marks::default();
        for (handed, seq) in shown {
            marks.shown(CHAT, *seq, *handed);
        }
        marks.arrived(arrived);
        assert_eq!(marks.known().first().map(|(_, seq)| *seq), expect, "{shown:?} {arrived}");
    }

    #[test]
    fn what_has_arrived_is_known() {
        check(&[], 5, None);
        check(&[(1, 4)], 0, None);
        check(&[(1, 4)], 1, Some(4));
        check(&[(1, 4), (2, 5), (4, 6)], 3, Some(5));
        // What is no news to him has arrived with what came before.
        check(&[(1, 4), (1, 5), (1, 6)], 1, Some(6));
        check(&[(1, 4), (1, 5), (2, 6)], 1, Some(5));
    }

    #[test]
    fn of_much_that_has_not_arrived_less_is_known_and_nothing_wrong() {
        let many: Vec<_> = (1..=100).map(|n| (n, n)).collect();
        check(&many, 20, Some(20));
        check(&many, 50, Some(31));
        check(&many, 100, Some(100));
    }

    #[test]
    fn a_chat_that_is_over_is_forgotten() {
        let mut marks = Marks::default();
        marks.shown(CHAT, 1, 1);
        marks.arrived(1);
        marks.forget(CHAT);
        assert_eq!(marks.known(), []);
    }
}
