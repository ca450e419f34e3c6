//! What a connection has whichever way it is carried.

use std::sync::Arc;

use super::channel::{Channel, Incoming};
use super::close::{Close, End};
use super::heart::Heart;
use super::payload::{Part, Payload};
use super::registry::Registered;
use crate::settings::Settings;

/// An open connection.
pub(crate) struct Connection<C> {
    pub(crate) channel: C,
    pub(crate) heart: Heart,
    /// What came by POST and was not yet handed over.
    pub(crate) rest: Payload,
    pub(crate) settings: Arc<Settings>,
    /// Its place among those that can be found by their id; a WebSocket from the start has none.
    pub(crate) registered: Option<Registered>,
}

impl<C: Channel> Connection<C> {
    pub(crate) fn new(channel: C, settings: Arc<Settings>, registered: Option<Registered>) -> Self {
        Self { channel, heart: Heart::new(&settings), rest: Payload::default(), settings, registered }
    }

    /// Whether more may be read.
    pub(crate) fn is_ready(&self) -> bool {
        self.rest.is_empty() && self.channel.is_ready()
    }

    /// Hands over what waits, as far as the channel takes it.
    pub(crate) fn hand_over(&mut self) -> Result<(), End> {
        while !self.rest.is_empty() && self.channel.is_ready() {
            let taken = match self.rest.next() {
                Part::Text(text) => self.channel.receive(Incoming::Text(text)),
                Part::Binary(bytes) => self.channel.receive(Incoming::Binary(&bytes)),
                Part::Pong => {
                    self.pong();
                    Ok(())
                }
                Part::Close => return Err(End::CLOSED),
                Part::Nothing => Ok(()),
                Part::Bad => Err(Close::PROTOCOL),
            };
            taken.map_err(End::refused)?;
        }
        Ok(())
    }

    /// The peer lives.
    pub(crate) fn pong(&mut self) {
        if self.heart.pong(self.settings.ping_interval) {
            self.channel.passed();
        }
    }
}
