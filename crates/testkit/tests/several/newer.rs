//! What an older node does about what a newer one has left in the store: it passes it over, and harms nothing of it.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::account::Role;
use hearken_core::actor::Actor;
use hearken_core::ids::ConversationId;
use hearken_core::node::Slices;
use hearken_core::store::{Batch, ConversationRow, EventRow, Store as _};
use hearken_core::{
    At, AtMany, Body, Conversation, Delivery, Drafts, Follow, Header, Identity, Kind as _, TimerChange,
    UpdateError,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::town::{Count, Node, Tower, Town, opening, ring};

/// States that this version must not take for one of its own.
const NEWER: [(u16, &str); 2] = [(2, r#"{"rung":1,"by":"hand"}"#), (7, "[]")];

fn at(seconds: u64) -> Timestamp {
    opening() + Duration::from_secs(seconds)
}

/// Leaves a conversation with such a state and a timer behind, as a newer node would.
async fn leave(town: &Town, node: &Node, n: u128, state: (u16, &str)) -> Arc<Identity> {
    let id = ConversationId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + n));
    let (kind, organisation) = (Tower::NAME, node.home().await);
    let identity = Arc::new(Identity { id, kind, organisation, key: Some(format!("left {n}").into()) });
    let header =
        Header { status: "open".into(), priority: 0, starts: None, ends: None, last_seq: 0, version: 0 };
    let state = Body::stored(state.0, state.1.as_bytes().to_vec());
    let conversation = Conversation { identity: Arc::clone(&identity), header, members: Arc::new([]), state };
    let row = ConversationRow { conversation, is_new: true, members_changed: true };
    let timers = vec![(id, TimerChange::Set { key: "theirs".into(), due: at(5) })];
    let mut ledger = town.store.reopen().ledger(&town.registry("newer")).expect("a ledger");
    ledger.load(&[]).await.expect("it reads");
    ledger
        .commit(&Batch { conversations: vec![row], timers, ..Batch::default() })
        .await
        .expect("it is written");
    identity
}

#[tokio::test(start_paused = true)]
async fn a_newer_state_is_never_written_over() {
    for (n, state) in (1..).zip(NEWER) {
        let town = Town::new();
        let node = town.node("older").await;
        let left = leave(&town, &node, n, state).await;
        let system = Actor::System("test");
        let one = node.core.update(&system, At::<Tower>::id(left.id), |draft| {
            ring(draft, "late", opening());
            Ok::<_, &str>(())
        });
        assert_eq!(one.await, Err(UpdateError::Unavailable), "{state:?}");
        let key = left.key.as_deref().expect("it has one").to_owned();
        let both = AtMany::default()
            .and(At::<Tower>::key(left.organisation, "other").or_open(Count::default()))
            .and(At::<Tower>::key(left.organisation, key).or_open(Count::default()));
        let many = node.core.update_many(&system, both, |drafts: &mut Drafts<'_, '_>| {
            drafts.with::<Tower, _>(0, |draft| ring(draft, "late", opening())).ok_or("no draft")?;
            drafts.with::<Tower, _>(1, |draft| ring(draft, "late", opening())).ok_or("it is newer")
        });
        assert_eq!(many.await, Err(UpdateError::Refused("it is newer")), "{state:?}");
        // Its timer is left to whoever can read it.
        town.pass(Duration::from_secs(30)).await;
        let timers = town.store.timers(&town.registry("newer"), &Slices::ALL, 10).await.expect("it reads");
        assert_eq!(timers.len(), 1, "{state:?}");
        let target = hearken_core::Target::Id(left.id);
        let now = town.store.conversation(&town.registry("newer"), &target).await.expect("it reads");
        let now = now.expect("it is there");
        assert_eq!((now.state.version(), now.state.json()), (state.0, state.1.as_bytes()));
        assert_eq!((now.header.last_seq, now.header.version), (0, 0));
        node.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_newer_body_keeps_its_place_and_what_follows_is_shown() {
    let town = Town::new();
    let node = town.node("older").await;
    let ann = node.person().await;
    let left = leave(&town, &node, 9, (1, r#"{"rung":0}"#)).await;
    let event = |seq, version, body: &str| {
        let event = hearken_core::event::Event {
            conversation: Arc::clone(&left),
            seq,
            at: opening(),
            author: None,
            origin: None,
            audience: hearken_core::event::Audience::members(),
            body: Some(Body::stored(version, body.as_bytes().to_vec())),
            memo: hearken_core::event::Memo::default(),
        };
        EventRow { event: Arc::new(event), key: None, digest: None, pending: None, kept: true }
    };
    let known = r#"{"key":"k","due":0,"at":0}"#;
    let events = vec![event(1, 1, known), event(2, 2, r#"{"peal":3}"#), event(3, 1, known)];
    let mut ledger = town.store.reopen().ledger(&town.registry("newer")).expect("a ledger");
    ledger.load(&[]).await.expect("it reads");
    ledger.commit(&Batch { events, ..Batch::default() }).await.expect("it is written");

    let joins = node.core.update(&Actor::System("test"), At::<Tower>::id(left.id), {
        let ann = crate::town::id_of(&ann);
        move |draft| Ok::<_, &str>(draft.join(ann, "member"))
    });
    joins.await.expect("it is saved");
    assert_eq!(node.rung(left.id).await.len(), 2);
    let mut follower =
        node.core.subscribe(&ann, &[Follow::Conversation(left.id, 0)]).await.expect("people can follow");
    town.pass(Duration::from_secs(10)).await;
    while let Some(delivery) = follower.try_next() {
        assert!(matches!(delivery, Delivery::Event(_)), "{delivery:?}");
    }
    assert_eq!(follower.ended(), None);
    let stored = town.store.conversation(&town.registry("newer"), &hearken_core::Target::Id(left.id)).await;
    let stored = stored.expect("it reads").expect("it is there");
    let events = town.store.events(&stored, 0, 100, 100).await.expect("it reads");
    let second = events[1].event.body.as_ref().expect("it is kept");
    assert_eq!((second.version(), second.json()), (2, &br#"{"peal":3}"#[..]));
}

/// A token with a role that this version does not know is one like any.
#[tokio::test(start_paused = true)]
async fn roles_that_are_not_known_give_nothing_and_cost_nothing() {
    let read = |json: &str| serde_json::from_str::<hearken_core::token::Claims>(json);
    let id = Uuid::from_u128(1);
    let claims = format!(
        r#"{{"sub":"{id}","org":"{id}","roles":["pilot","agent"],"sid":"{id}","iat":1,"exp":2,"crew":[1]}}"#
    );
    assert_eq!(read(&claims).map(|claims| claims.roles).ok(), Some(vec![Role::Agent]));
}
