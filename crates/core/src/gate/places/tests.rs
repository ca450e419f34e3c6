//! What is told and what is read, however things come.

use uuid::Uuid;

use super::*;
use crate::body::{Body, Stored};
use crate::clock::from_millis;
use crate::conversation::Identity;
use crate::event::{Audience, Memo};
use crate::ids::OrganisationId;

#[derive(serde::Serialize, serde::Deserialize)]
struct Nothing;

impl Stored for Nothing {
    const VERSION: u16 = 1;
}

const TALK: ConversationId = ConversationId(Uuid::from_u128(1));
const NOW: Duration = Duration::from_secs(100);

fn identity() -> Arc<Identity> {
    let organisation = OrganisationId(Uuid::nil());
    Arc::new(Identity { id: TALK, kind: "test.kind", organisation, key: None })
}

fn event(seq: Seq) -> Arc<Event> {
    Arc::new(Event {
        conversation: identity(),
        seq,
        at: from_millis(0),
        author: None,
        origin: None,
        audience: Audience::members(),
        body: None,
        memo: Memo::default(),
    })
}

fn said(seq: Seq) -> Incoming {
    Incoming::Event(event(seq), Some(Recipients::new(vec![])))
}

fn echo(head: Seq) -> Incoming {
    signal(head, false)
}

fn typing() -> Incoming {
    signal(7, true)
}

fn signal(head: Seq, droppable: bool) -> Incoming {
    let signal = Signal {
        conversation: identity(),
        at: from_millis(0),
        author: None,
        origin: None,
        audience: Audience::members(),
        droppable,
        body: Body::of(Nothing),
    };
    Incoming::Signal(Arc::new(signal), Some(Recipients::new(vec![])), head)
}

fn withdrawn(seq: Seq) -> Incoming {
    Incoming::Ready(Announcement::Withdrawn(TALK, seq), Some((TALK, seq)))
}

#[derive(Default)]
struct Scene {
    places: Places,
    out: Vec<Announcement>,
}

impl Scene {
    /// What is told when this comes.
    fn take(&mut self, incoming: Incoming) -> Vec<String> {
        self.places.take(incoming, NOW, &mut self.out);
        self.told()
    }

    /// What is told when the store brings these, up to and with a place.
    fn fill(&mut self, events: &[Seq], upto: Seq) -> Vec<String> {
        let events = events.iter().map(|seq| event(*seq)).collect();
        self.places.fill(TALK, &Arc::from(vec![]), events, upto, NOW, &mut self.out);
        self.told()
    }

    fn told(&mut self) -> Vec<String> {
        let word = |announcement| match announcement {
            Announcement::Event(event, _) => event.seq.to_string(),
            Announcement::Signal(..) => "signal".to_owned(),
            Announcement::Withdrawn(_, seq) => format!("-{seq}"),
            _ => "other".to_owned(),
        };
        self.out.drain(..).map(word).collect()
    }

    /// What is to be read: from where it was heard, and up to where.
    fn missing(&mut self) -> Option<(Option<Seq>, Seq)> {
        self.places.next_missing(5).map(|missing| (missing.heard, missing.upto))
    }
}

const NONE: [&str; 0] = [];

#[test]
fn what_comes_next_is_told_and_what_came_before_is_not() {
    let mut scene = Scene::default();
    assert_eq!(scene.take(said(1)), ["1"]);
    assert_eq!(scene.take(said(2)), ["2"]);
    assert_eq!(scene.take(said(2)), NONE);
    assert_eq!(scene.take(said(1)), NONE);
    assert_eq!(scene.take(Incoming::Head(TALK, 2)), NONE);
    assert_eq!((scene.missing(), scene.places.held()), (None, 0));
}

#[test]
fn a_gap_is_read_and_then_all_is_told() {
    let mut scene = Scene::default();
    scene.take(said(1));
    assert_eq!(scene.take(said(4)), NONE);
    assert_eq!(scene.take(said(3)), NONE);
    assert_eq!(scene.missing(), Some((Some(1), 4)));
    assert_eq!(scene.missing(), None, "it is being read");
    assert_eq!(scene.take(said(6)), NONE);
    assert_eq!(scene.fill(&[2, 3, 4], 4), ["2", "3", "4"]);
    assert_eq!(scene.missing(), Some((Some(4), 6)), "there is another");
    // The store has a gap of its own: it was trimmed.
    assert_eq!(scene.fill(&[6], 6), ["6"]);
    assert_eq!((scene.missing(), scene.places.held()), (None, 0));
    assert_eq!(scene.take(said(7)), ["7"]);
}

#[test]
fn a_conversation_not_heard_of_lately_is_read_since_the_watermark() {
    let mut scene = Scene::default();
    assert_eq!(scene.take(said(9)), NONE);
    assert_eq!(scene.missing(), Some((None, 9)));
    assert_eq!(scene.fill(&[8, 9], 9), ["8", "9"]);
    assert_eq!(scene.take(said(10)), ["10"]);
    // What the store does not bring is older than the watermark: it was told long ago.
    let mut scene = Scene::default();
    scene.take(said(3));
    assert_eq!(scene.fill(&[], 3), NONE);
    assert_eq!(scene.take(said(4)), ["4"]);
}

#[test]
fn signals_and_withdrawals_wait_for_what_they_are_about() {
    let mut scene = Scene::default();
    scene.take(said(1));
    assert_eq!(scene.take(echo(1)), ["signal"]);
    assert_eq!(scene.take(echo(2)), NONE);
    assert_eq!(scene.take(withdrawn(2)), NONE);
    assert_eq!(scene.take(typing()), NONE, "it comes in its turn");
    assert_eq!(scene.missing(), Some((Some(1), 2)));
    assert_eq!(scene.fill(&[2], 2), ["2", "signal", "-2", "signal"]);
    assert_eq!(scene.take(typing()), ["signal"]);
    let mut scene = Scene::default();
    assert_eq!(scene.take(typing()), ["signal"], "nothing is read for it");
    assert_eq!(scene.places.len(), 0);
}

#[test]
fn an_event_without_its_members_waits_for_them() {
    let mut scene = Scene::default();
    scene.take(said(1));
    assert_eq!(scene.take(Incoming::Event(event(2), None)), NONE);
    assert_eq!(scene.missing(), Some((Some(1), 2)));
    assert_eq!(scene.fill(&[2], 2), ["2"]);
}

#[test]
fn what_the_store_knows_more_of_is_read() {
    let mut scene = Scene::default();
    scene.take(said(1));
    let grown = |first, last| Grown { conversation: TALK, first, last };
    scene.places.grew(&grown(1, 1), NOW);
    assert_eq!(scene.missing(), None);
    scene.places.grew(&grown(1, 3), NOW);
    assert_eq!(scene.missing(), Some((Some(1), 3)));
    assert_eq!(scene.fill(&[2, 3], 3), ["2", "3"]);
    let mut scene = Scene::default();
    scene.places.grew(&grown(7, 9), NOW);
    assert_eq!(scene.missing(), Some((Some(6), 9)));
    scene.places.try_again(TALK);
    assert_eq!(scene.missing(), Some((Some(6), 9)), "the store had failed");
}

#[test]
fn of_what_is_closed_nothing_more_is_told() {
    let mut scene = Scene::default();
    scene.take(said(1));
    scene.take(said(3));
    let closed = Incoming::Closed(Announcement::Emptied(TALK, 3), TALK);
    assert_eq!(scene.take(closed), ["other"]);
    assert_eq!(scene.fill(&[2, 3], 3), NONE, "it was being read");
    assert_eq!(scene.take(said(4)), NONE);
    assert_eq!((scene.missing(), scene.places.held()), (None, 0));
}

#[test]
fn what_is_held_is_bounded_and_what_does_not_fit_is_read() {
    let mut scene = Scene::default();
    scene.take(said(1));
    for seq in 3..MOST_HELD as Seq + 1000 {
        scene.take(said(seq));
    }
    assert_eq!(scene.places.held(), MOST_HELD);
    assert_eq!(scene.missing(), Some((Some(1), MOST_HELD as Seq + 999)));
}

#[test]
fn places_below_the_watermark_are_forgotten_when_there_are_many() {
    let mut places = Places::default();
    for n in 0..2 * MANY as u128 {
        places.begin(ConversationId(Uuid::from_u128(n)), 1, Duration::from_secs(n as u64 % 2));
    }
    places.forget_before(Duration::from_secs(1));
    assert_eq!(places.len(), MANY);
    places.forget_before(Duration::from_secs(2));
    assert_eq!(places.len(), MANY, "not each time");
}
