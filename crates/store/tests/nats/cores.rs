//! Two cores on one store, and NATS between them: what one commits followers of the other see, while the bus is there,
//! while it is away, and when it has come back.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::clock::from_millis;
use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::memory::MemoryStore;
use hearken_core::{
    At, CommitSettings, Core, Delivery, Follow, Kind, NewAccount, NewEvent, Ports, Registry, Running, Stored,
    Subscription,
};
use hearken_store::NatsBus;
use hearken_testkit::throwaway::Nats;

#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
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
}

/// Clients are to be caught up within two seconds of a repair; a busy machine is given some more.
const CAUGHT_UP: Duration = Duration::from_secs(5);

async fn started(store: &MemoryStore, nats: &Nats) -> (Core, Running) {
    let bus = Arc::new(NatsBus::new(&nats.url()).expect("an address"));
    let ports = Ports { bus: Some(bus), ..Ports::system(Arc::new(store.reopen())).0 };
    let registry = Registry::default().with::<Board>();
    Core::start(ports, registry, CommitSettings::default()).await.expect("a core starts")
}

async fn sound(core: &Core, is_sound: bool) {
    let waiting = async {
        while core.bus_state().is_none_or(|state| state.sound != is_sound) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    super::within(waiting).await;
}

async fn opened(core: &Core, account: AccountId) -> ConversationId {
    let home = core.organisations().await.expect("the store reads")[0].id;
    let at = At::<Board>::key(home, "board").or_open(Text::default());
    let opened = core.update(&Actor::System("test"), at, move |draft| {
        draft.join(account, "member");
        Ok::<_, ()>(draft.identity().id)
    });
    opened.await.expect("it opens")
}

async fn write(core: &Core, board: ConversationId, count: usize) {
    for _ in 0..count {
        let written = core.update(&Actor::System("test"), At::<Board>::id(board), |draft| {
            Ok::<_, ()>(draft.record(NewEvent::new(Text("words".into()))))
        });
        written.await.expect("it is saved");
    }
}

async fn shows(follower: &mut Subscription, places: std::ops::RangeInclusive<Seq>) {
    for place in places {
        let delivery = tokio::time::timeout(CAUGHT_UP, follower.next()).await;
        match delivery.unwrap_or_else(|_| panic!("{place} comes in time")) {
            Delivery::Event(event) => assert_eq!(event.seq, place),
            other => panic!("{other:?}"),
        }
    }
    assert!(follower.try_next().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_on_another_node_are_caught_up_whatever_the_bus_does() {
    let (nats, store) = (Nats::start(), MemoryStore::shared(2));
    let (one, one_runs) = started(&store, &nats).await;
    let (other, other_runs) = started(&store, &nats).await;
    sound(&one, true).await;
    sound(&other, true).await;
    let account = one.add_account(NewAccount::default()).await.expect("a new person");
    let board = opened(&one, account.id).await;
    let credential = Credential::OperatorToken { expires: from_millis(i64::MAX / 2) };
    let person = Person { account, sign_in: one.new_sign_in(), credential };
    let follow = [Follow::Mine(&[Board::NAME])];
    let mut follower = other.subscribe(&person.into(), &follow).await.expect("people can follow");
    write(&one, board, 3).await;
    shows(&mut follower, 1..=3).await;

    nats.kill();
    write(&one, board, 2).await;
    write(&other, board, 1).await;
    write(&one, board, 2).await;
    shows(&mut follower, 4..=8).await;
    sound(&other, false).await;
    nats.resume();
    write(&one, board, 1).await;
    shows(&mut follower, 9..=9).await;
    sound(&one, true).await;
    sound(&other, true).await;

    nats.freeze();
    write(&one, board, 2).await;
    shows(&mut follower, 10..=11).await;
    nats.thaw();
    write(&one, board, 2).await;
    shows(&mut follower, 12..=13).await;
    sound(&other, true).await;
    assert_eq!(other.bus_state().map(|state| state.peers), Some(1));

    one_runs.stop().await;
    let alone = async {
        while other.bus_state().is_some_and(|state| state.peers > 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    super::within(alone).await;
    sound(&other, true).await;
    other_runs.stop().await;
}
