//! An open connection, for as long as it is held; and who has one, wherever.

use std::time::Duration;

use futures_util::FutureExt as _;

use super::port::{LineHook, LineKind, LineName, LostLine, Parting, Standing, Whose};
use crate::handle::Core;
use crate::ids::AccountId;
use crate::store::StoreError;

/// How often what is to be done about a lost line is tried where no other node could do it.
const TRIES: u32 = 8;

/// An open connection. When it goes it is taken as lost, unless it was closed.
pub struct Connection {
    core: Core,
    name: LineName,
    term: u64,
    parting: Parting,
}

impl Connection {
    /// Ends it, and says how.
    pub fn close(mut self, parting: Parting) {
        self.parting = parting;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let inner = &self.core.0;
        let was_last = inner.lines.close(self.name, self.term, self.parting, inner.share.is_shared());
        if was_last && inner.share.is_alone() {
            let whose = Whose::One(self.name.account);
            let lost = LostLine { whose, parting: self.parting, ago: Duration::ZERO };
            self.core.lose(self.name.kind, lost);
        }
    }
}

impl Core {
    /// Counts a connection of this kind for somebody, as long as the guard is held. Several of one person at this node
    /// are one line; when the last of the last node goes, what the kind's door does about it is done, once (see
    /// [`LineHook`]). Nobody waits for the store.
    pub fn connect(&self, account: AccountId, kind: LineKind) -> Connection {
        let name = LineName { account, kind };
        let term = self.0.lines.open(name, self.0.share.is_shared());
        Connection { core: self.clone(), name, term, parting: Parting::Lost }
    }

    /// Whether these people have a connection of this kind at any node, in the order asked. Of those who have one here
    /// no store is asked.
    pub async fn connected(
        &self,
        kind: LineKind,
        accounts: &[AccountId],
    ) -> Result<Vec<Standing>, StoreError> {
        let here = |account: &AccountId| self.0.lines.is_open(LineName { account: *account, kind });
        let unknown: Vec<_> = accounts.iter().filter(|account| !here(account)).copied().collect();
        let mut elsewhere = if !self.0.share.is_shared() || unknown.is_empty() {
            vec![Standing::Away; unknown.len()].into_iter()
        } else {
            self.0.nodes.standing(kind, &unknown).await?.into_iter()
        };
        let mut asked = unknown.into_iter().peekable();
        let standing = accounts.iter().map(|account| {
            if asked.next_if_eq(account).is_some() {
                elsewhere.next().unwrap_or(Standing::Away)
            } else {
                Standing::Open
            }
        });
        Ok(standing.collect())
    }

    /// Whether other nodes may be on the same store.
    pub fn shares_its_store(&self) -> bool {
        !self.0.share.is_alone()
    }

    /// How many nodes are alive, this one among them; one where the store is this server's alone.
    pub fn live_nodes(&self) -> usize {
        self.0.share.live()
    }

    /// Does what is to be done about a lost line where this node is the only one. Polled once here, so that what it
    /// commits is queued by the time the connection is gone.
    pub(crate) fn lose(&self, kind: LineKind, lost: LostLine) {
        let Some(hook) = self.0.registry.line(kind) else { return };
        let mut first = hook(self.clone(), lost);
        let done = (&mut first).now_or_never();
        if let Some(Ok(())) = done {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let core = self.clone();
        let rest = async move {
            let mut outcome = match done {
                Some(outcome) => outcome,
                None => first.await,
            };
            for tries in 0..TRIES {
                let Err(error) = outcome else { return };
                tracing::warn!(kind, %error, "a lost line waits for the store");
                tokio::time::sleep(Duration::from_secs(1 << tries)).await;
                outcome = hook(core.clone(), lost).await;
            }
        };
        runtime.spawn(rest);
    }

    /// A server that has the store to itself begins: whoever was connected before has lost his line.
    pub(crate) fn lose_everybody(&self) {
        let kinds: Vec<(LineKind, LineHook)> = self.0.registry.lines().collect();
        for (kind, _) in kinds {
            let lost = LostLine { whose: Whose::Everybody, parting: Parting::Lost, ago: Duration::ZERO };
            self.lose(kind, lost);
        }
    }
}
