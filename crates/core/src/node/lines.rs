//! The lines of this node: how many connections each holds, and what the store has yet to be told of it. What waits to
//! be told is a mark on the line itself, so however long the store is away there is nothing to overflow.

use std::collections::VecDeque;

use parking_lot::Mutex;
use rustc_hash::FxHashMap as HashMap;
use tokio::sync::Notify;

use super::port::{LineChange, LineName, Parting};

/// The lines of this node.
#[derive(Default)]
pub(crate) struct Lines {
    held: Mutex<Held>,
    /// Told when there is something to note.
    pub(super) stirred: Notify,
}

#[derive(Default)]
struct Held {
    /// Raised when the node's lease is lost: what was opened before is no line of the next one.
    term: u64,
    lines: HashMap<LineName, Line>,
    unnoted: VecDeque<LineName>,
}

#[derive(Default)]
struct Line {
    connections: usize,
    /// Whether the store has it as open.
    noted: bool,
    /// Whether it is among those to be noted.
    queued: bool,
    /// How the last connection ended.
    parting: Parting,
}

impl Lines {
    /// Another connection; answers the term it belongs to.
    pub(super) fn open(&self, name: LineName, notes: bool) -> u64 {
        let mut held = self.held.lock();
        let line = held.lines.entry(name).or_default();
        line.connections += 1;
        if notes && line.connections == 1 {
            held.queue(name);
            self.stirred.notify_one();
        }
        held.term
    }

    /// One less; says whether it was the last of its line here.
    pub(super) fn close(&self, name: LineName, term: u64, parting: Parting, notes: bool) -> bool {
        let mut held = self.held.lock();
        if held.term != term {
            return false;
        }
        let Some(line) = held.lines.get_mut(&name) else { return false };
        line.connections -= 1;
        if line.connections > 0 {
            return false;
        }
        line.parting = parting;
        if notes {
            held.queue(name);
            self.stirred.notify_one();
        } else {
            held.lines.remove(&name);
        }
        true
    }

    /// Whether there is a connection of this line here.
    pub(super) fn is_open(&self, name: LineName) -> bool {
        self.held.lock().lines.get(&name).is_some_and(|line| line.connections > 0)
    }

    /// Takes out what is to be noted, at most `limit`, and says of which term. One that has ended and begun again meanwhile
    /// is as the store has it.
    pub(super) fn take(&self, limit: usize) -> (u64, Vec<LineChange>) {
        let mut held = self.held.lock();
        let mut changes = Vec::new();
        while changes.len() < limit {
            let Some(name) = held.unnoted.pop_front() else { break };
            let Some(line) = held.lines.get_mut(&name) else { continue };
            line.queued = false;
            let is_open = line.connections > 0;
            if !(is_open && line.noted) {
                changes.push(LineChange { name, ended: (!is_open).then_some(line.parting) });
            }
        }
        (held.term, changes)
    }

    /// These have been noted.
    pub(super) fn noted(&self, term: u64, changes: &[LineChange]) {
        let mut held = self.held.lock();
        if held.term != term {
            return;
        }
        for change in changes {
            let Some(line) = held.lines.get_mut(&change.name) else { continue };
            line.noted = change.ended.is_none();
            if line.connections == 0 && !line.noted && !line.queued {
                held.lines.remove(&change.name);
            }
        }
    }

    /// These have not, and are to be, unless the lease they belong to is lost.
    pub(super) fn put_back(&self, term: u64, changes: &[LineChange]) {
        let mut held = self.held.lock();
        if held.term == term {
            for change in changes {
                held.queue(change.name);
            }
        }
    }

    /// The lease is lost, and with it every line.
    pub(super) fn begin_term(&self) {
        let mut held = self.held.lock();
        let term = held.term + 1;
        *held = Held { term, ..Held::default() };
    }
}

impl Held {
    fn queue(&mut self, name: LineName) {
        if let Some(line) = self.lines.get_mut(&name)
            && !std::mem::replace(&mut line.queued, true)
        {
            self.unnoted.push_back(name);
        }
    }
}
