//! Events that wait for their turn: a client may send `desk.rate` a second, with bursts of twice as many, and what is more
//! waits here. What waits is bounded, in number and in bytes.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Bytes;
use hearken_socketio::Event;
use hearken_transport::rate::Rate;
use tokio::time::Sleep;

/// How many events may wait (contract, `desk.rate`).
const MOST_WAITING: usize = 1_000;
/// With that many bytes of them nothing more is taken, until some have had their turn.
const MOST_BYTES: usize = 512 << 10;
/// What an event takes beside its arguments.
const EACH: usize = 128;

/// Events that wait.
pub(super) struct Turns {
    rate: Rate,
    waiting: VecDeque<Event>,
    bytes: usize,
    /// Until the next one may be begun, where it has come too soon.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Turns {
    pub(super) fn new(per_second: u32) -> Self {
        Self { rate: Rate::new(per_second), waiting: VecDeque::new(), bytes: 0, pause: None }
    }

    /// Another event; `false` when that is more than may wait.
    pub(super) fn add(&mut self, event: Event) -> bool {
        self.bytes += size(&event);
        self.waiting.push_back(event);
        self.waiting.len() <= MOST_WAITING
    }

    /// Whether there is room for more, which has no other measure here than its bytes.
    pub(super) fn has_room(&self) -> bool {
        self.bytes < MOST_BYTES
    }

    /// The event whose turn is next.
    pub(super) fn first(&self) -> Option<&Event> {
        self.waiting.front()
    }

    /// Takes that event, if it may be begun now; `now` is monotonic.
    pub(super) fn take(&mut self, now: Duration) -> Option<Event> {
        if self.waiting.is_empty() {
            return None;
        }
        if !self.rate.allow(now) {
            self.pause = Some(Box::pin(tokio::time::sleep(self.rate.wait(now))));
            return None;
        }
        self.pause = None;
        let event = self.waiting.pop_front()?;
        self.bytes -= size(&event);
        if self.waiting.is_empty() {
            // An idle socket holds nothing.
            self.waiting.shrink_to_fit();
        }
        Some(event)
    }

    /// Whether the next event waits for nothing but time.
    pub(super) fn has_to_wait(&self) -> bool {
        self.pause.is_some()
    }

    /// Waits until its time has come.
    pub(super) async fn next(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.await;
        }
        self.pause = None;
    }
}

fn size(event: &Event) -> usize {
    let args = event.args.iter().map(|arg| arg.get().len()).sum::<usize>();
    let attachments = event.attachments.iter().map(Bytes::len).sum::<usize>();
    EACH + event.name.len() + args + attachments
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn event(bytes: usize) -> Event {
        let arg = RawValue::from_string(format!("\"{}\"", "x".repeat(bytes))).expect("JSON");
        Event { name: "visitor_msg".into(), args: vec![arg], attachments: vec![], ack: Some(1) }
    }

    #[tokio::test]
    async fn what_comes_too_fast_waits_for_its_turn() {
        let mut turns = Turns::new(50);
        for _ in 0..300 {
            assert!(turns.add(event(10)));
        }
        let mut taken = |millis| {
            let mut count = 0;
            while turns.take(Duration::from_millis(millis)).is_some() {
                count += 1;
            }
            (count, turns.has_to_wait())
        };
        assert_eq!(taken(0), (100, true));
        assert_eq!(taken(19), (0, true));
        assert_eq!(taken(20), (1, true));
        assert_eq!(taken(1_020), (50, true));
        assert_eq!(taken(60_000), (100, true));
        assert_eq!(taken(120_000).0, 49);
        assert_eq!(turns.bytes, 0);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut turns = Turns::new(1);
        let few = (0..2_000).take_while(|_| turns.add(event(1))).count();
        assert_eq!(few, MOST_WAITING);
        let mut turns = Turns::new(1);
        let big = (0..2_000).take_while(|_| turns.has_room() && turns.add(event(16 << 10))).count();
        assert_eq!(big, 32);
        assert!(turns.take(Duration::ZERO).is_some() && turns.has_room());
    }
}
