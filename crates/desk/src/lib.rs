//! The desk door: walk-in live chat over Socket.IO. Visitors wait in a queue, staff claims and serves their chats, and
//! supervisors watch (docs/protocols/desk.md).
//!
//! A chat is a conversation, and so is each person's seat at the desk ([`stored`]). What may be done in them is in
//! [`rules`], and how the core is asked for it in [`acts`] and, where something is looked up first, in [`chats`]. The queue,
//! the flagged chats, one's own and who is online are finds over what these two kinds keep in their own commits
//! ([`presence`]): there is no second truth. A chat's log is read back as rows ([`rows`]). Over REST ([`api`]) people look
//! back: at chats ([`lists`]), their rows, and how the desk has done ([`figures`]).

pub mod acts;
pub mod chats;
pub mod content;
pub mod encode;
mod erasure;
pub mod error;
pub mod figures;
mod http;
pub mod ids;
pub mod lists;
pub mod names;
pub mod presence;
mod routes;
pub mod rows;
pub mod rules;
pub mod settings;
pub mod socket;
pub mod stored;
mod walk;
pub mod wire;

pub use http::{api, openapi};
pub use routes::{Desk, router};

/// The kinds of conversation that this door keeps, for the core to know, and what becomes of lost lines.
pub fn register(registry: hearken_core::Registry, settings: &settings::Settings) -> hearken_core::Registry {
    let grace = settings.reconnect_grace;
    let (of_chats, of_seats) = (registry.ready(), registry.ready());
    registry
        .with_timers::<stored::Chat>(move |room, key, _| {
            rules::grace::on_timer(room, key, &of_chats, grace);
        })
        .with_timers::<stored::Seat>(move |chair, key, _| {
            rules::seat::on_timer(chair, key, &of_seats, grace);
        })
        .with_line(presence::LINE, move |core, lost| presence::gone(core, lost, grace))
}
