//! Standing in for a node that leaves its timers lying: it has died and its lease still holds, it is stuck, it does not
//! know of them yet, or it is older and can't read what they are about.
//!
//! A node fires in order of time, so one that works on a heap of timers takes the earliest away again and again. The one
//! it leaves lying is one whose earliest is still the same after two looks.

use std::collections::HashMap;

use super::runner::{BATCH, Timers};
use crate::ids::NodeId;
use crate::store::{DueTimer, StoreError};

/// At how many looks after the first the same timer has to be found before it counts as left lying.
const PATIENCE: u32 = 2;

/// What other nodes have yet to fire, as it was found.
#[derive(Default)]
pub(super) struct StandIn {
    /// The earliest that is overdue of each node, and at how many looks it has been.
    earliest: HashMap<NodeId, (DueTimer, u32)>,
}

impl StandIn {
    /// Looks at what is overdue of every other node, and fires what one has left lying.
    pub(super) async fn look(&mut self, timers: &Timers) -> Result<(), StoreError> {
        let others = timers.share.others();
        self.earliest.retain(|node, _| others.iter().any(|(other, _)| other == node));
        for (node, slices) in others {
            let mut stands_in = false;
            loop {
                let next = timers.store.timers(&timers.registry, &slices, BATCH).await?;
                let now = timers.clock.now();
                let is_left = |timer: &DueTimer| timer.due <= now && !timers.timetable.knows(timer);
                let overdue: Vec<_> = next.into_iter().filter(is_left).collect();
                stands_in = stands_in && !overdue.is_empty() || self.lies(node, overdue.first());
                if !stands_in {
                    break;
                }
                tracing::debug!(%node, count = overdue.len(), "standing in for a node's timers");
                stands_in = timers.fire(overdue).await;
                if !stands_in {
                    // It is at work after all.
                    self.earliest.remove(&node);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Whether a node has left its earliest timer lying.
    fn lies(&mut self, node: NodeId, first: Option<&DueTimer>) -> bool {
        let Some(first) = first else {
            self.earliest.remove(&node);
            return false;
        };
        match self.earliest.get_mut(&node) {
            Some((earliest, looks)) if earliest == first => {
                *looks += 1;
                *looks >= PATIENCE
            }
            _ => {
                self.earliest.insert(node, (first.clone(), 0));
                false
            }
        }
    }
}
