//! The table of who gets what, cell by cell, whoever the core would show an event to: each thing that can happen, for each
//! kind of viewer, the socket that acted, and those who must stay silent. That the core shows it to nobody else either is
//! tried over real sockets.

use std::sync::Arc;

use hearken_core::event::{Audience, Event, Memo, Signal};
use hearken_core::ids::{AccountId, ConversationId, OrganisationId};
use hearken_core::{Body, Identity, Kind};
use jiff::Timestamp;
use uuid::Uuid;

use super::columns::{Column, recipe};
use super::*;
use crate::content::Content;
use crate::stored::{Chat, RoomThen, Side, What, staff_in};

const VISITOR: AccountId = AccountId(Uuid::from_u128(1));
const KIM: AccountId = AccountId(Uuid::from_u128(2));
const SUE: AccountId = AccountId(Uuid::from_u128(3));
/// The socket that acts.
const VIA: u64 = 7;

/// Everybody who might listen: the visitor, another one, an agent who serves, another one, a supervisor, an admin.
const VIEWERS: [(&str, AccountId, Option<Rank>); 6] = [
    ("visitor", VISITOR, None),
    ("stranger", AccountId(Uuid::from_u128(9)), None),
    ("kim", KIM, Some(Rank::Agent)),
    ("lee", AccountId(Uuid::from_u128(4)), Some(Rank::Agent)),
    ("sue", SUE, Some(Rank::Supervisor)),
    ("max", AccountId(Uuid::from_u128(5)), Some(Rank::Admin)),
];

fn content() -> Content {
    Content::new(serde_json::from_str(r#"{"a":1}"#).expect("JSON")).expect("content")
}

fn room() -> RoomThen {
    RoomThen { visitor: VISITOR, opened: 1, updated: 1, tags: Vec::new(), severity: 0 }
}

fn identity(kind: &'static str, key: Option<&str>) -> Arc<Identity> {
    let (id, organisation) = (ConversationId(Uuid::from_u128(8)), OrganisationId(Uuid::from_u128(8)));
    Arc::new(Identity { id, kind, organisation, key: key.map(Into::into) })
}

/// An event of a chat by this author; whom it is about besides stands in its audience.
fn happened(what: What, author: AccountId, about: Option<AccountId>) -> Event {
    let audience = about.map_or_else(Audience::members, |about| Audience::only([VISITOR, about, author]));
    let body = Happening { room: room(), skipped: 0, via: Some(VIA), what };
    Event {
        conversation: identity(Chat::NAME, None),
        seq: 1,
        at: Timestamp::UNIX_EPOCH,
        author: Some(author),
        origin: None,
        audience,
        body: Some(Body::of(body)),
        memo: Memo::default(),
    }
}

/// What each viewer's tabs are told; and, where it differs, the socket that acted.
#[track_caller]
fn check(event: &Event, expect: &[(&str, &str)], acting: &[(&str, &str)]) {
    let happening = event.body.as_ref().and_then(|body| body.get::<Happening>()).expect("it reads");
    for (name, account, rank) in VIEWERS {
        for (socket, expect) in [(VIA + 1, expect), (VIA, acting)] {
            let viewer = Viewer { account, rank, socket };
            let told = Column::ALL
                .into_iter()
                .filter_map(|column| recipe(event, happening, staff_in(event), viewer, column));
            let told: Vec<_> = told.map(|recipe| recipe.name).collect();
            let expect = expect.iter().find(|(who, _)| *who == name).map_or("", |(_, names)| names);
            assert_eq!(told.join(" "), expect, "{name} at socket {socket}: {:?}", happening.what);
        }
    }
}

/// For all staff.
fn staff(name: &'static str) -> Vec<(&'static str, &'static str)> {
    ["kim", "lee", "sue", "max"].map(|who| (who, name)).to_vec()
}

/// For those who watch.
fn watching(name: &'static str) -> Vec<(&'static str, &'static str)> {
    ["sue", "max"].map(|who| (who, name)).to_vec()
}

fn said(side: Side, opening: bool) -> What {
    What::Said { side, opening, content: content() }
}

#[test]
fn what_waits_is_for_all_staff() {
    let own = ("visitor", "own_msg");
    let opened = happened(said(Side::Visitor, true), VISITOR, None);
    check(&opened, &[vec![own], staff("append_unclaimed_chats")].concat(), &[]);
    let more = happened(said(Side::Visitor, false), VISITOR, None);
    check(&more, &[vec![own], staff("visitor_unclaimed_msg")].concat(), &[]);
    let left = happened(What::Left { side: Side::Visitor, lost: false }, VISITOR, None);
    check(&left, &[vec![("visitor", "own_leave")], staff("visitor_leave_queue")].concat(), &[]);
}

#[test]
fn what_is_claimed_is_for_the_two_and_those_who_watch() {
    let by_visitor = happened(said(Side::Visitor, false), VISITOR, Some(KIM));
    let expect =
        [vec![("visitor", "own_msg"), ("kim", "visitor_send")], watching("new_visitor_msg_for_supervisor")];
    check(&by_visitor, &expect.concat(), &[]);
    let by_kim = happened(said(Side::Staff, false), KIM, Some(KIM));
    let expect =
        [vec![("visitor", "staff_send"), ("kim", "own_msg")], watching("new_staff_msg_for_supervisor")];
    check(&by_kim, &expect.concat(), &[]);
    let left = happened(What::Left { side: Side::Visitor, lost: true }, VISITOR, Some(KIM));
    let expect = [
        vec![("visitor", "own_leave"), ("kim", "visitor_leave")],
        watching("visitor_leave_chat_for_supervisor"),
    ];
    check(&left, &expect.concat(), &[]);
    let left = happened(What::Left { side: Side::Staff, lost: false }, KIM, Some(KIM));
    let expect =
        [vec![("visitor", "staff_leave"), ("kim", "own_leave")], watching("staff_leave_chat_for_supervisor")];
    check(&left, &expect.concat(), &[]);
}

#[test]
fn serving_changes_hands() {
    let joined = ("visitor", "staff_join_room");
    let claim = happened(What::Claimed { rank: Rank::Agent }, KIM, None);
    let both = watching("staff_claim_chat agent_new_chat");
    check(
        &claim,
        &[vec![joined, ("kim", "staff_claim_chat"), ("lee", "staff_claim_chat")], both].concat(),
        &[],
    );
    let claim = happened(What::Claimed { rank: Rank::Supervisor }, SUE, None);
    check(&claim, &[vec![joined], staff("staff_claim_chat")].concat(), &[]);
    let taken = happened(What::TakenOver { rank: Rank::Supervisor, from: Rank::Agent }, SUE, Some(KIM));
    let kicked = vec![("visitor", "staff_being_taken_over_chat"), ("kim", "staff_being_taken_over_chat")];
    check(&taken, &[kicked, watching("staff_take_over_chat")].concat(), &[]);
    // The queue is told to the socket that put the chat back, too.
    let back = happened(What::Returned, KIM, None);
    let expect = [vec![("visitor", "chat_returned")], staff("append_unclaimed_chats")].concat();
    check(&back, &expect, &expect);
}

#[test]
fn what_the_staff_writes_is_not_for_visitors() {
    let flagged = happened(What::Flagged, KIM, None);
    check(&flagged, &watching("chat_has_changed_priority_for_supervisor"), &[]);
    check(&happened(What::Tagged, KIM, None), &staff("chat_tags"), &[]);
    let note = || What::Noted { content: content() };
    check(
        &happened(note(), KIM, Some(KIM)),
        &[vec![("kim", "chat_note")], watching("chat_note")].concat(),
        &[],
    );
    check(&happened(note(), KIM, None), &watching("chat_note"), &[]);
    // Once, though she serves and watches.
    check(&happened(note(), KIM, Some(SUE)), &watching("chat_note"), &[]);
}

fn account(id: AccountId) -> Arc<Account> {
    Arc::new(Account {
        id,
        organisation_id: OrganisationId(Uuid::from_u128(8)),
        name: Some("somebody".into()),
        last_name: None,
        display_name: None,
        email: None,
        phone: None,
        roles: Vec::new(),
        guest: false,
        disabled: false,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    })
}

/// What a viewer is shown, at another socket than the one that acted.
fn shown(happened: &Event, (account, rank): (AccountId, Option<Rank>)) -> Shown {
    event(happened, Viewer { account, rank, socket: VIA + 1 }, |id| Some(self::account(id)), None)
}

#[test]
fn what_many_are_told_is_written_once() {
    let opened = happened(said(Side::Visitor, true), VISITOR, None);
    let Shown::Packets(first) = shown(&opened, (SUE, Some(Rank::Supervisor))) else { panic!("packets") };
    assert_eq!(first.len(), 1);
    // The next one needs no account at hand: it is the same packet.
    let nobody = |_| None::<Arc<Account>>;
    let viewer = Viewer { account: KIM, rank: Some(Rank::Agent), socket: VIA + 1 };
    assert_eq!(event(&opened, viewer, nobody, None), Shown::Packets(first));
}

#[test]
fn what_is_not_at_hand_is_asked_for() {
    let opened = happened(said(Side::Visitor, true), VISITOR, None);
    let viewer = Viewer { account: KIM, rank: Some(Rank::Agent), socket: VIA + 1 };
    assert_eq!(event(&opened, viewer, |_| None::<Arc<Account>>, None), Shown::NeedsAccount(VISITOR));
    assert_eq!(shown(&happened(What::Returned, KIM, None), (SUE, Some(Rank::Supervisor))), Shown::NeedsRows);
    let unreadable = Event { body: None, ..happened(What::Tagged, KIM, None) };
    assert_eq!(shown(&unreadable, (KIM, Some(Rank::Agent))), Shown::Packets(Vec::new()));
}

#[test]
fn coming_and_going_is_for_staff_but_oneself() {
    let seat = |coming: Coming| {
        let body = Some(Body::of(coming));
        let conversation = identity(Seat::NAME, Some(&KIM.to_string()));
        Event { conversation, body, ..happened(What::Tagged, KIM, None) }
    };
    for coming in [Coming::Online(Side::Staff), Coming::Offline(Side::Staff)] {
        for (name, account, rank) in VIEWERS {
            let Shown::Packets(packets) = shown(&seat(coming), (account, rank)) else { panic!("packets") };
            let tells = matches!(name, "lee" | "sue" | "max");
            assert_eq!(packets.len(), usize::from(tells), "{name} {coming:?}");
        }
    }
    for (name, account, rank) in VIEWERS {
        let expect = if name == "kim" { Shown::LineLost } else { Shown::Packets(Vec::new()) };
        assert_eq!(shown(&seat(Coming::LineLost), (account, rank)), expect, "{name}");
    }
}

#[test]
fn typing_is_for_the_other_side() {
    let types = |author| Signal {
        conversation: identity(Chat::NAME, None),
        at: Timestamp::UNIX_EPOCH,
        author: Some(author),
        origin: None,
        audience: Audience::members(),
        droppable: true,
        body: Body::of(Passing::Typing { room: room(), on: true, via: Some(VIA) }),
    };
    let check = |author, viewer, expect: usize| {
        let viewer = Viewer { account: viewer, rank: None, socket: VIA + 1 };
        let Shown::Packets(packets) = signal(&types(author), viewer, |id| Some(account(id))) else {
            panic!("packets")
        };
        assert_eq!(packets.len(), expect);
    };
    check(VISITOR, KIM, 1);
    check(KIM, VISITOR, 1);
    check(VISITOR, VISITOR, 0);
    check(KIM, KIM, 0);
}
