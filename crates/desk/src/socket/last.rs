//! How a socket ends: what its person has asked for before takes effect first, in its order, and only then is his line
//! gone. So a message and a goodbye in one breath are a message and a goodbye, and whoever leaves with a chat on its way
//! leaves that chat too.

use std::time::Duration;

use hearken_core::node::Parting;
use hearken_socketio::{Closed, Why};

use super::Socket;
use crate::presence;

/// How long what was asked for may take. Beyond it, what had no turn yet never happens; what is already asked of the store
/// may.
const LONGEST: Duration = Duration::from_secs(10);

impl Socket {
    /// Whoever says goodbye has left; any other line is lost, and how far it had got is kept for whoever comes back.
    pub(super) fn wind_up(mut self, how: Closed) {
        if self.closing.is_some() || matches!(how.why, Why::Ours(_)) {
            // Somebody who has been signed out, or sends too much, has no more turns; what is begun is seen to.
            self.turns.drop_all();
        }
        self.begin_some();
        if self.works.is_empty() && self.turns.is_empty() {
            return self.part(how);
        }
        tokio::spawn(async move {
            // In vain where it takes too long: he is gone all the same.
            let _ = tokio::time::timeout(LONGEST, self.finish()).await;
            self.part(how);
        });
    }

    /// Lets everything that came take effect, without telling anybody: nobody is there.
    async fn finish(&mut self) {
        loop {
            self.begin_some();
            self.out.clear();
            if self.works.is_empty() && self.turns.is_empty() {
                return;
            }
            tokio::select! {
                biased;
                done = self.works.next(), if !self.works.is_empty() => self.done(done),
                () = self.turns.next(), if self.turns.has_to_wait() => {}
            }
        }
    }

    fn part(mut self, how: Closed) {
        if matches!(how.why, Why::Disconnected | Why::ClosedByPeer) {
            return self.line.close(Parting::Left);
        }
        self.marks.arrived(how.arrived);
        for (chat, got) in self.marks.known() {
            // Queued with the call; nobody waits for what becomes of it.
            drop(presence::note(&self.core, &self.actor, chat, got));
        }
        self.line.close(Parting::Lost);
    }
}
