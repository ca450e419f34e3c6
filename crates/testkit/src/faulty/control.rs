//! What a test has asked a faulty store to do, and where its commits stand.

use hearken_core::store::{Batch, StoreError};
use tokio::sync::watch;

/// The knobs; whoever waits at one is woken when any changes.
pub(super) struct Control {
    state: watch::Sender<State>,
}

/// What a batch is looked at for.
pub(super) type Poison = Box<dyn Fn(&Batch) -> bool + Send + Sync>;

/// How the knobs stand.
#[expect(clippy::struct_excessive_bools, reason = "each is a knob of its own")]
#[derive(Default)]
pub(super) struct State {
    pub(super) syncs: Gate,
    pub(super) answers: Gate,
    pub(super) reads: Gate,
    /// How many commits go well, and how many fail then.
    pub(super) failing: (usize, usize),
    pub(super) poison: Option<Poison>,
    pub(super) fail_sync: bool,
    pub(super) lose_answer: bool,
    pub(super) reads_fail: bool,
    pub(super) powerless: bool,
    /// Written, and gone with the power.
    pub(super) pages: Vec<Batch>,
    pub(super) synced: usize,
    pub(super) loaded: usize,
    pub(super) read: usize,
}

/// A point that commits pass, or are held at.
#[derive(Default)]
pub(super) struct Gate {
    closed: bool,
    /// How many may pass although it is closed.
    passes: usize,
    pub(super) waiting: usize,
}

impl Gate {
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn open(&mut self) {
        (self.closed, self.passes) = (false, 0);
    }

    pub(super) fn let_one(&mut self) {
        self.passes += 1;
    }

    fn lets_through(&self) -> bool {
        !self.closed || self.passes > 0
    }

    fn pass(&mut self) {
        self.passes = self.passes.saturating_sub(1);
    }
}

/// Which gate of a state is meant.
pub(super) type GateOf = fn(&mut State) -> &mut Gate;

impl Default for Control {
    fn default() -> Self {
        Self { state: watch::Sender::new(State::default()) }
    }
}

impl Control {
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut changed = None;
        self.state.send_modify(|state| changed = Some(change(state)));
        changed.expect("the change has been made")
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }

    /// Waits until the state is such.
    pub(super) async fn until(&self, mut such: impl FnMut(&State) -> bool) {
        let reached = self.state.subscribe().wait_for(|state| such(state)).await.is_ok();
        assert!(reached, "the sender is here, so the channel is open");
    }

    /// Waits until a gate lets this commit through; fails when the power goes meanwhile.
    pub(super) async fn pass(
        &self,
        gate: GateOf,
        lets_through: fn(&State) -> bool,
    ) -> Result<(), StoreError> {
        let _waiting = Waiting::at(self, gate);
        self.until(|state| state.powerless || lets_through(state)).await;
        self.change(|state| {
            gate(state).pass();
            state.powered()
        })
    }

    pub(super) fn may_read(&self) -> Result<(), StoreError> {
        self.look(|state| {
            state.powered()?;
            if state.reads_fail { Err(StoreError::Unavailable("a read fails".into())) } else { Ok(()) }
        })
    }
}

/// Somebody before a gate, until he goes through or away.
struct Waiting<'a> {
    control: &'a Control,
    gate: GateOf,
}

impl<'a> Waiting<'a> {
    fn at(control: &'a Control, gate: GateOf) -> Self {
        control.change(|state| gate(state).waiting += 1);
        Self { control, gate }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.control.change(|state| (self.gate)(state).waiting -= 1);
    }
}

impl State {
    pub(super) fn reads_go(&self) -> bool {
        self.reads.lets_through()
    }

    pub(super) fn syncs_go(&self) -> bool {
        self.syncs.lets_through()
    }

    pub(super) fn answers_go(&self) -> bool {
        self.answers.lets_through()
    }

    pub(super) fn lose_power(&mut self) {
        self.powerless = true;
        self.pages.clear();
    }

    pub(super) fn powered(&self) -> Result<(), StoreError> {
        if self.powerless { Err(StoreError::Unavailable("the power is gone".into())) } else { Ok(()) }
    }

    /// Writes a batch to the pages, unless that is to fail.
    pub(super) fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.powered()?;
        let due = match &mut self.failing {
            (0, 0) => false,
            (0, count) => {
                *count -= 1;
                true
            }
            (skip, _) => {
                *skip -= 1;
                false
            }
        };
        if due || self.poison.as_ref().is_some_and(|poisoned| poisoned(batch)) {
            return Err(StoreError::Unavailable("a write fails".into()));
        }
        self.pages.push(batch.clone());
        Ok(())
    }

    /// Takes the pages to be made to last, unless that is to fail.
    pub(super) fn sync(&mut self) -> Result<Vec<Batch>, StoreError> {
        let pages = std::mem::take(&mut self.pages);
        if std::mem::take(&mut self.fail_sync) {
            return Err(StoreError::Unavailable("a sync fails".into()));
        }
        Ok(pages)
    }
}
