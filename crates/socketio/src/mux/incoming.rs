//! What comes in: CONNECT and DISCONNECT, events, and the attachments that follow them.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{Connecting, Mux};
use crate::application::{Application, Client};
use crate::engine::{Close, Incoming, Why};
use crate::events::Event;
use crate::packet::{Packet, Said, What};

/// An event whose attachments are still coming.
pub(super) struct Partial {
    namespace: Box<str>,
    what: What,
    args: Vec<Box<RawValue>>,
    attachments: Vec<Bytes>,
    missing: usize,
    bytes: usize,
}

impl<A: Application> Mux<A> {
    /// Takes a message.
    pub(super) fn hear(&mut self, message: Incoming<'_>) -> Result<(), Close> {
        match (message, &self.partial) {
            (Incoming::Binary(bytes), _) => self.attach(bytes),
            (Incoming::Text(_), Some(_)) => Err(Close::PROTOCOL),
            (Incoming::Text(text), None) => match Packet::read(text).map_err(|_| Close::PROTOCOL)? {
                Packet::Connect { namespace, auth } => self.connect(namespace, auth),
                Packet::Disconnect { namespace } => self.disconnect(namespace),
                Packet::Said(said) => self.said(said),
            },
        }
    }

    fn connect(&mut self, namespace: &str, auth: Option<&RawValue>) -> Result<(), Close> {
        let known = self.seats.len() + self.left.iter().filter(|left| &***left != namespace).count();
        if self.seat(namespace).is_some() || known >= self.settings.most_namespaces {
            return Err(Close::PROTOCOL);
        }
        let (application, guest) = (Arc::clone(&self.application), Arc::clone(&self.guest));
        let (asked, auth) = (Box::<str>::from(namespace), auth.map(ToOwned::to_owned));
        let namespace = asked.clone();
        let task = tokio::spawn(async move { application.connect(&guest, &asked, auth.as_deref()).await });
        self.connecting = Some(Connecting { namespace, task });
        Ok(())
    }

    /// A packet for a namespace in which nobody is: harmless if somebody was.
    fn stray(&self, namespace: &str) -> Result<(), Close> {
        if self.left.iter().any(|left| &**left == namespace) { Ok(()) } else { Err(Close::PROTOCOL) }
    }

    fn disconnect(&mut self, namespace: &str) -> Result<(), Close> {
        let Some(index) = self.seat(namespace) else { return self.stray(namespace) };
        self.leave(index, Why::Disconnected);
        Ok(())
    }

    fn said(&mut self, said: Said<'_>) -> Result<(), Close> {
        let Said { namespace, what, args, attachments } = said;
        let missing = attachments.unwrap_or(0);
        if missing > self.settings.most_attachments {
            return Err(Close::TOO_LARGE);
        }
        let bytes = args.iter().map(|arg| arg.get().len()).sum();
        let namespace = Box::from(namespace);
        let partial = Partial { namespace, what, args, attachments: Vec::new(), missing, bytes };
        self.complete(Box::new(partial))
    }

    fn attach(&mut self, bytes: &[u8]) -> Result<(), Close> {
        let mut partial = self.partial.take().ok_or(Close::PROTOCOL)?;
        partial.bytes += bytes.len();
        if partial.bytes > self.settings.largest_post {
            return Err(Close::TOO_LARGE);
        }
        partial.attachments.push(Bytes::copy_from_slice(bytes));
        partial.missing -= 1;
        self.complete(partial)
    }

    /// Hands an event over if it is whole.
    fn complete(&mut self, partial: Box<Partial>) -> Result<(), Close> {
        if partial.missing > 0 {
            self.partial = Some(partial);
            return Ok(());
        }
        let Partial { namespace, what, args, attachments, .. } = *partial;
        let Some(index) = self.seat(&namespace) else { return self.stray(&namespace) };
        let client = &mut self.seats[index].client;
        match what {
            What::Event { name, ack } => client.receive(Event { name, args, attachments, ack }),
            What::Ack(ack) => client.acknowledged(ack, args, attachments),
        }
        Ok(())
    }
}
