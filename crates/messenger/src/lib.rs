//! The messenger door: phone-number chat over WebSocket, store-and-forward with receipts, and groups over HTTP
//! (docs/protocols/messenger.md).
//!
//! A frame comes in on a socket ([`socket`]), is read ([`wire`]), checked against the socket's path, and handed to
//! one rule ([`rules`]). What a rule has done comes back as the sender's answer once it is committed, and reaches
//! receive sockets as events and signals, which [`encode`] writes for each viewer. What waits for somebody who was
//! away he asks for: [`fetch`]. Chats are made, looked at, changed and left over HTTP (`http`), by the acts of
//! [`dialogues`] and [`groups`]; two meet in a room, and part, by those of [`rooms`]; [`presence`] knows who is there.

pub mod dialogues;
pub mod encode;
mod erasure;
pub mod error;
pub mod expiry;
pub mod fetch;
pub mod groups;
mod http;
mod page;
pub mod presence;
pub mod rooms;
mod routes;
pub mod rules;
pub mod settings;
pub mod socket;
pub mod stored;
pub mod text;
pub mod timestamp;
pub mod wire;

pub use routes::{Messenger, router};

/// The kinds of conversation that this door keeps, for the core to know. Messages wait for ever.
pub fn register(registry: hearken_core::Registry) -> hearken_core::Registry {
    register_expiring(registry, None)
}

/// The same, but messages that somebody has not received go after `undelivered_ttl`, if there is one.
pub fn register_expiring(
    registry: hearken_core::Registry,
    undelivered_ttl: Option<jiff::SignedDuration>,
) -> hearken_core::Registry {
    registry
        .with_timers::<stored::Dialogue>(move |draft, _, _| rules::expiry::expire(draft, undelivered_ttl))
        .with_timers::<stored::Group>(move |draft, _, _| rules::expiry::expire(draft, undelivered_ttl))
        .with_timers::<stored::Room>(move |draft, key, _| match key {
            rules::expiry::TIMER => rules::expiry::expire(draft, undelivered_ttl),
            _ => rules::meeting::on_timer(draft, key),
        })
        .with::<stored::Seat>()
        .telling(presence::SPACE)
}

/// The door's HTTP paths, for the API reference.
pub fn openapi() -> utoipa::openapi::OpenApi {
    http::openapi()
}
