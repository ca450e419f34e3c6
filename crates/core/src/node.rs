//! Several server processes on one store, each of them a node: who is alive, which timers are whose, whose line is
//! open where, and what happens to the lines of a node that has died.
//!
//! A node holds a **lease**, which it renews every three seconds and which runs out after ten, by the store's clock. Its
//! **lines** (all that one person has open of one kind there, noted once) are rows that are written only while the
//! lease holds. When a lease has run out, one of the others takes the lines over and does what the node itself would
//! have done; a node that can't renew lets go of everybody before that, and joins anew under another name.

mod alone;
mod connection;
mod keeping;
mod lines;
mod memory;
mod port;
mod ready;
mod share;
mod slices;

pub use self::alone::{Alone, Passing};
pub use self::connection::Connection;
pub(crate) use self::keeping::{Keeping, NodeTasks};
pub(crate) use self::lines::Lines;
pub use self::memory::{MemoryNode, MemoryNodes};
pub use self::port::{
    Company, GoneLine, LineChange, LineHook, LineKind, LineName, LostLine, Nodes, Parting, Standing, Whose,
};
pub use self::ready::Ready;
pub(crate) use self::share::Share;
pub use self::slices::Slices;
