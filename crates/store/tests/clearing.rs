//! Leaving a group in which very much waits: the commit stays short, the rest is done in parts, and an end in between
//! loses none of it.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use hearken_core::actor::Actor;
use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use hearken_core::ids::AccountId;
use hearken_core::{At, CommitSettings, Core, Kind, NewAccount, NewEvent, Ports, Registry, Running, Stored};
use hearken_store::{Claim, Inspection, SqliteStore};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Words(String);

impl Stored for Words {
    const VERSION: u16 = 1;
}

struct Group;

impl Kind for Group {
    const NAME: &'static str = "test.group";
    const FORWARDS: bool = true;
    type State = Words;
    type Event = Words;
    type Signal = Words;
}

const WAITING: usize = 50_000;

async fn start(folder: &Path) -> (Core, Running) {
    let (ports, _) = Ports::system(Arc::new(SqliteStore::open(folder).expect("a store")));
    let registry = Registry::default().with::<Group>();
    Core::start(ports, registry, CommitSettings::default()).await.expect("a core")
}

/// How many sets still hold the slot, and how many bodies there are.
fn left(folder: &Path) -> (i64, i64) {
    let file = folder.join("hearken.db");
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a store");
    let sql = "select count(*) filter (where pending = x'03' or pending = x'02'), count(body) from events";
    connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("counted")
}

/// What is wrong in a store at rest.
fn inspected(folder: &Path) -> Vec<String> {
    let claim = Claim::of(folder).expect("free");
    Inspection::of(&claim.file(), &Registry::default().with::<Group>()).expect("read").found
}

fn leave(core: &Core, at: At<Group>, who: AccountId) -> hearken_core::Reply<bool, ()> {
    core.update(&Actor::System("test"), at, move |draft| Ok(draft.leave(who)))
}

#[tokio::test]
async fn leaving_is_short_however_much_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let (core, running) = start(folder.path()).await;
    let people = core.add_accounts(vec![NewAccount::default(); 2]).await.expect("accounts");
    let (organisation, ids) = (people[0].organisation_id, [people[0].id, people[1].id]);
    let at = || At::<Group>::key(organisation, "group").or_open(Words(String::new()));
    for part in 0..WAITING / 1000 {
        let said = core.update(&Actor::System("test"), at(), move |draft| {
            for id in ids {
                draft.join(id, "member");
            }
            for n in 0..1000 {
                // Every second one waits for the leaver alone.
                let receivers = if n % 2 == 0 { vec![ids[1]] } else { ids.to_vec() };
                draft.record(NewEvent::new(Words(format!("{part} {n}"))).waiting_for(receivers));
            }
            Ok::<_, ()>(())
        });
        said.await.expect("said");
    }
    assert_eq!(left(folder.path()), (WAITING as i64, WAITING as i64));
    let clock = SystemMonotonic::default();
    assert_eq!(leave(&core, at(), ids[1]).await, Ok(true));
    let took = clock.elapsed();
    // Another rule is in between the parts, not behind them all.
    let between = core.update(&Actor::System("test"), at(), |draft| Ok::<_, ()>(draft.last_seq()));
    assert_eq!(between.await, Ok(WAITING as u64));
    let answered = clock.elapsed();
    // The end comes in the middle: the rest is for the next start.
    running.stop().await;
    drop(core);
    let undone = left(folder.path()).0;
    assert!(undone > 0, "it is still to be done");
    assert_eq!(inspected(folder.path()), Vec::<String>::new());
    let begun = clock.elapsed();
    let (core, running) = start(folder.path()).await;
    while left(folder.path()).0 > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(left(folder.path()), (0, WAITING as i64 / 2));
    assert_eq!(core.check().await.expect("checked"), Vec::<String>::new());
    running.stop().await;
    // Nobody may be reading.
    let _ = writeln!(
        std::io::stderr(),
        "left {WAITING} pending sets in {} ms; another rule was answered after {} ms; the rest ({undone}) was done in {} ms",
        took.as_millis(),
        answered.as_millis(),
        clock.elapsed().saturating_sub(begun).as_millis()
    );
}
