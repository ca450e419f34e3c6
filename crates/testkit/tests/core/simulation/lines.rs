//! Connections: whoever has one anywhere counts as there; when the last is gone, by a goodbye or with its node, what is
//! to be done about it is done, and nothing is left behind.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::node::{LineKind, LostLine, Standing, Whose};
use hearken_core::{Core, Registry};
use parking_lot::Mutex;

use super::chance::Dice;
use super::town::{NODES, PEOPLE, Town};

/// The kind of line.
const LINE: LineKind = "test.line";
/// How soon a dead node's lines are seen to.
const MISSED: Duration = Duration::from_secs(20);

/// Whose last line was told to be gone, and how often.
#[derive(Default)]
pub(super) struct Told {
    gone: Mutex<Vec<LostLine>>,
    /// Who has had one.
    had: Mutex<[bool; PEOPLE]>,
}

/// Knows the kind.
pub(super) fn register(registry: Registry, told: &Arc<Told>) -> Registry {
    let told = Arc::clone(told);
    registry.with_line(LINE, move |_: Core, lost: LostLine| {
        told.gone.lock().push(lost);
        Box::pin(std::future::ready(Ok(())))
    })
}

/// Connects now here, now there, until it is over.
pub(super) async fn live(town: Arc<Town>, who: usize) {
    let dice = Dice::new(town.seed, 200 + who as u64);
    while !town.is_over() {
        if let Some(core) = town.any_core(&dice) {
            let connection = core.connect(town.account(who), LINE);
            drop(core);
            town.lines.had.lock()[who] = true;
            dice.pause(800).await;
            drop(connection);
        }
        dice.pause(300).await;
    }
}

/// Waits until every line that is gone has been seen to, and nobody counts as there.
pub(super) async fn until_settled(town: &Town) {
    let settled = async {
        while town.leases.rows().0 > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let waited = tokio::time::timeout(MISSED, settled).await;
    assert!(waited.is_ok(), "{} lines are left", town.leases.rows().0);
    let accounts: Vec<_> = (0..PEOPLE).map(|who| town.account(who)).collect();
    for node in 0..NODES {
        let Some(core) = town.core(node) else { continue };
        let standing = core.connected(LINE, &accounts).await.expect("it can be asked");
        assert!(standing.iter().all(|standing| *standing == Standing::Away), "{standing:?}");
    }
    let gone = town.lines.gone.lock();
    for (who, had) in town.lines.had.lock().iter().enumerate() {
        let told = gone.iter().filter(|lost| lost.whose == Whose::One(town.account(who))).count();
        assert!(!had || told > 0, "nobody was told that {who} has gone");
    }
}
