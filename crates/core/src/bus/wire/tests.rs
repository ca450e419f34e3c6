//! What is said is understood; what only a newer node says is passed over.

use uuid::Uuid;

use super::*;
use crate::account::Role;
use crate::body::{Body, Stored};
use crate::clock::from_millis;
use crate::conversation::{Draft, Identity, Kind};
use crate::event::{Audience, Memo};
use crate::ids::{NoticeId, OrganisationId};

#[derive(Clone, serde::Serialize, serde::Deserialize, PartialEq, Debug)]
struct Text(String);

impl Stored for Text {
    const VERSION: u16 = 1;
}

struct Board;

impl Kind for Board {
    const NAME: &'static str = "test.board";
    type State = Text;
    type Event = Text;
    type Signal = Text;

    fn on_timer(_: &mut Draft<'_, '_, Self>, _: &str, _: jiff::Timestamp) {}
}

fn account(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n))
}

fn identity(kind: &'static str) -> Arc<Identity> {
    let (id, organisation) = (ConversationId(Uuid::from_u128(1)), OrganisationId(Uuid::from_u128(2)));
    Arc::new(Identity { id, kind, organisation, key: Some("a \"key\"".into()) })
}

fn event(kind: &'static str, words: &str) -> Arc<Event> {
    Arc::new(Event {
        conversation: identity(kind),
        seq: 7,
        at: from_millis(1_700_000_000_123),
        author: Some(account(3)),
        origin: Some(SignInId(Uuid::from_u128(4))),
        audience: Audience { roles: vec![Role::Agent], ..Audience::members_except([account(9)]) },
        body: Some(Body::of(Text(words.to_owned()))),
        memo: Memo::default(),
    })
}

fn members(count: u128) -> Recipients {
    let member = |n| Member {
        account: account(n),
        slot: 0,
        role: String::new(),
        since: from_millis(0),
        joined: n as Seq,
        left: (n == 2).then_some(5),
        read: 0,
    };
    Recipients::at((1..=count).map(member).collect(), 6)
}

fn heard(announcements: &[Announcement]) -> Words {
    let mut packet = Packet::default();
    for announcement in announcements {
        packet.put_announcement(announcement);
    }
    read(&packet.take(), &Registry::default().with::<Board>())
}

#[test]
fn an_event_comes_whole() {
    let words = "\u{1f600} \"quoted\" \n";
    let said = event(Board::NAME, words);
    let heard = heard(&[Announcement::Event(Arc::clone(&said), members(3))]);
    assert!(!heard.more);
    let [Word::Event(event, Who::Known(recipients))] = heard.words.as_slice() else { panic!("an event") };
    assert_eq!((event.conversation.clone(), event.seq, event.at), (said.conversation.clone(), 7, said.at));
    assert_eq!((event.author, event.origin), (said.author, said.origin));
    assert_eq!(event.audience, said.audience);
    assert_eq!(event.body.as_ref().and_then(Body::get::<Text>), Some(&Text(words.to_owned())));
    let seats: Vec<_> = recipients.members().iter().map(Seat::of).collect();
    assert_eq!(seats, members(3).members().iter().map(Seat::of).collect::<Vec<_>>());
}

#[test]
fn of_many_members_only_those_concerned_are_named_or_how_all_are_recognised() {
    let all = members(100);
    let heard_by_all = heard(&[Announcement::Event(event(Board::NAME, "1"), all.clone())]);
    let [Word::Event(_, Who::Members(print, 7))] = heard_by_all.words.as_slice() else { panic!("an event") };
    assert_eq!(*print, fingerprint(all.members()));
    assert_ne!(*print, fingerprint(members(99).members()));
    let mut only = (*event(Board::NAME, "1")).clone();
    only.audience = Audience::only([account(50), account(51), account(777)]);
    let heard_by_two = heard(&[Announcement::Event(Arc::new(only), all)]);
    let [Word::Event(_, Who::Known(recipients))] = heard_by_two.words.as_slice() else { panic!("an event") };
    let named: Vec<_> = recipients.members().iter().map(|member| member.account).collect();
    assert_eq!(named, [account(50), account(51)]);
}

#[test]
fn a_long_event_is_named_by_its_place() {
    let long = event(Board::NAME, &"x".repeat(LONGEST_ITEM));
    let heard = heard(&[Announcement::Event(long, members(2))]);
    assert!(matches!(heard.words.as_slice(), [Word::Head(_, 7)]) && !heard.more);
}

#[test]
fn all_else_comes_too() {
    let conversation = identity(Board::NAME);
    let id = conversation.id;
    let signal = Signal {
        conversation: Arc::clone(&conversation),
        at: from_millis(1),
        author: None,
        origin: None,
        audience: Audience::members(),
        droppable: true,
        body: Body::of(Text("typing".into())),
    };
    let notice = Notice {
        id: NoticeId(Uuid::from_u128(5)),
        account: account(1),
        conversation,
        at: from_millis(2),
        origin: None,
        kept: true,
        body: Body::of(Text("told".into())),
    };
    let forget = Forget { conversation: id, account: Some(account(1)), gaps: true, after: 3 };
    let heard = heard(&[
        Announcement::Signal(Arc::new(signal), members(2)),
        Announcement::Notice(Arc::new(notice)),
        Announcement::Withdrawn(id, 3),
        Announcement::Emptied(id, 4),
        Announcement::Forgotten(forget),
    ]);
    let [Word::Signal(signal, Who::Known(to)), Word::Notice(notice), rest @ ..] = heard.words.as_slice()
    else {
        panic!("a signal and a notice")
    };
    assert!(signal.droppable && to.head() == 6 && notice.kept && notice.account == account(1));
    assert!(matches!(
        rest,
        [Word::Withdrawn(_, 3), Word::Emptied(_, 4), Word::Forgotten(Forget { account: Some(_), .. })]
    ));
}

#[test]
fn tidings_and_counts_come_as_they_were_said() {
    let all = [
        Tidings::Account(account(1)),
        Tidings::SignedOut(account(1), vec![SignInId(Uuid::from_u128(8))], from_millis(9)),
        Tidings::Gone(account(2)),
        Tidings::Removed(account(3)),
        Tidings::Keys,
    ];
    let mut packet = Packet::default();
    for tidings in &all {
        packet.put_tidings(tidings);
    }
    packet.put_count(11, false);
    packet.put_count(12, true);
    let words = read(&packet.take(), &Registry::default()).words;
    let tidings = words.iter().filter_map(|word| match word {
        Word::Tidings(tidings) => Some(tidings.clone()),
        _ => None,
    });
    assert_eq!(tidings.collect::<Vec<_>>(), all);
    assert!(matches!(&words[5..], [Word::Count(11), Word::Farewell(12)]));
}

/// Read as a message, how much of it is understood, and is the rest looked for in the store?
#[track_caller]
fn check(message: &str, understood: usize, more: bool) {
    let words = read(message.as_bytes(), &Registry::default());
    assert_eq!((words.words.len(), words.more), (understood, more), "{message}");
}

#[test]
fn what_only_a_newer_node_says_is_passed_over_and_looked_for() {
    check(r#"{"v":1,"i":[{"d":{"n":1}},{"d":{"n":2}}]}"#, 2, false);
    check(r#"{"v":1,"i":[{"d":{"n":1}},{"new":{"x":[1,{}]}},{"d":{"n":2}}]}"#, 2, true);
    check(r#"{"v":1,"i":[{"d":{"n":1,"later":true}}],"later":1}"#, 1, false);
    check(r#"{"v":2,"i":[{"d":{"n":1}}]}"#, 0, true);
    check(r#"{"v":1}"#, 0, false);
    check(r#"{"v":1,"i":[{"k":"#, 0, true);
    check("", 0, true);
    check("[]", 0, true);
}

#[test]
fn a_kind_or_a_body_that_is_not_known_here_harms_nobody() {
    let said = [Announcement::Event(event("test.unknown", "1"), members(2))];
    assert!(heard(&said).words.is_empty() && !heard(&said).more);
    let mut newer = (*event(Board::NAME, "1")).clone();
    newer.body = Some(Body::stored(9, br#"{"later":1}"#.to_vec()));
    let heard = heard(&[Announcement::Event(Arc::new(newer), members(2))]);
    let [Word::Event(event, _)] = heard.words.as_slice() else { panic!("an event") };
    let body = event.body.as_ref().expect("it is there, if nobody can read it");
    assert_eq!((body.version(), body.get::<Text>()), (9, None));
}

#[test]
fn a_packet_says_when_it_is_full() {
    let mut packet = Packet::default();
    let long = Announcement::Event(event(Board::NAME, &"x".repeat(20 << 10)), members(2));
    while !packet.is_full() {
        packet.put_announcement(&long);
    }
    packet.put_announcement(&long);
    assert!(packet.take().len() < crate::bus::LONGEST_MESSAGE - 100 && packet.is_empty());
}
