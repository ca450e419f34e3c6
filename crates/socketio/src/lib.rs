//! A server for Socket.IO 5 over Engine.IO 4, as axum routes: long polling, WebSocket, the upgrade from one to the other.
//!
//! Nothing is pushed here. What goes out is *pulled* from the [`Client`] when its peer can take it, and what comes in is
//! read when the client can take that, so no buffer in between fills up, nothing is dropped, and a slow peer slows down
//! nobody but itself. One client's events are handed over in the order in which they were sent, and its acknowledgements
//! leave in the order in which the client gives them.
//!
//! An [`Application`] admits handshakes and makes a [`Client`] of each namespace somebody connects to; [`router`] serves
//! it. [`engine`] is the layer below, for who wants to speak Engine.IO alone.

mod application;
pub mod engine;
mod events;
mod mux;
mod packet;
mod seat;
mod settings;

pub use application::{Application, Client, Refused, router};
pub use engine::{Close, Why};
pub use events::{Closed, Event, Outgoing, Packet};
pub use settings::Settings;
