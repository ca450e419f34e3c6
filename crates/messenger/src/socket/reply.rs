//! What a socket owes its client, in the order of the frames it answers: nothing overtakes, and nothing goes out
//! before it is committed.

use std::collections::VecDeque;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::task::noop_waker_ref;
use hearken_core::{Core, UpdateError};

use super::room::{LeftBehind, Look};
use crate::error::told;
use crate::fetch::Fetch;
use crate::rules::{Done, Moment, Refusal};
use crate::timestamp::server_time;
use crate::wire::{Command, ErrorFrame, Told, msg_sent};

/// One answer, on its way or ready.
pub(super) enum Reply {
    /// Written already.
    Ready(String),
    /// Of a rule that has still to be committed.
    Update(Box<Update>),
    /// A list, in as many frames as it needs.
    Fetch(Box<Listing>),
}

/// A list on its way.
pub(super) struct Listing {
    pub(super) fetch: Fetch,
    pub(super) asked: Asked,
}

/// A rule on its way.
pub(super) struct Update {
    pub(super) reply: hearken_core::Reply<Done, Refusal>,
    pub(super) asked: Asked,
    /// Where else to look for what is to be received, or taken back.
    pub(super) left: Option<LeftBehind>,
}

/// What an answer repeats of its question.
pub(super) struct Asked {
    pub(super) command: Command,
    pub(super) msg_from: String,
    pub(super) msg_to: String,
    /// What `msg_sent` calls the message: its timestamp, in this socket's form.
    pub(super) original: String,
    /// When the client sent the frame.
    pub(super) sent: String,
    /// The message that a `delete_msg` is about.
    pub(super) of: Option<Moment>,
    /// Whom `msg_sent` and `delete_msg` name as the other end.
    pub(super) other_end: String,
    /// What is the matter when the chat is not there.
    pub(super) missing: Refusal,
}

impl Asked {
    /// The frame that answers how the rule ended; most say nothing.
    fn answer(&self, done: Result<Done, UpdateError<Refusal>>, core: &Core) -> Option<String> {
        match done {
            Ok(Done::Kept(at)) => {
                Some(msg_sent(&self.original, &self.msg_from, &self.other_end, &server_time(at)))
            }
            Ok(Done::Quiet | Done::QuietHere { .. }) => None,
            Ok(Done::Deleted | Done::DeletedHere) => {
                let told = Told {
                    message: self.of.as_ref().map(|of| of.text.as_str()),
                    command: self.command,
                    msg_from: &self.msg_from,
                    sent_timestamp: &self.sent,
                };
                Some(told.addressed(&self.other_end))
            }
            Err(error) => Some(self.refuse(&told(&error, self.missing), core)),
        }
    }

    /// The error frame that answers.
    pub(super) fn refuse(&self, message: &str, core: &Core) -> String {
        let kind = self.command.name();
        let error = ErrorFrame { message, kind, msg_from: &self.msg_from, msg_to: &self.msg_to };
        error.written(&server_time(core.now()))
    }
}

/// The next frame that is due, or nothing once an answer has turned out to be silent. May be dropped without loss.
pub(super) async fn next(replies: &mut VecDeque<Reply>, core: &Core) -> Option<String> {
    poll_fn(|context| poll_next(replies, core, context)).await
}

/// The next frame that is due, if it is at hand.
pub(super) fn try_next(replies: &mut VecDeque<Reply>, core: &Core) -> Option<String> {
    while !replies.is_empty() {
        // Whoever waits in `next` registers a real waker; here we only look.
        let mut context = Context::from_waker(noop_waker_ref());
        match poll_next(replies, core, &mut context) {
            Poll::Ready(Some(frame)) => return Some(frame),
            Poll::Ready(None) => {}
            Poll::Pending => return None,
        }
    }
    None
}

fn poll_next(replies: &mut VecDeque<Reply>, core: &Core, context: &mut Context<'_>) -> Poll<Option<String>> {
    let Some(front) = replies.front_mut() else { return Poll::Ready(None) };
    let frame = match front {
        Reply::Ready(frame) => Some(std::mem::take(frame)),
        Reply::Update(update) => {
            let Poll::Ready(done) = poll_update(update, core, context) else { return Poll::Pending };
            update.asked.answer(done, core)
        }
        Reply::Fetch(listing) => match poll_listing(listing, core, context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some((frame, false))) => return Poll::Ready(Some(frame)),
            Poll::Ready(ended) => ended.map(|(frame, _)| frame),
        },
    };
    replies.pop_front();
    if replies.is_empty() {
        // An idle socket holds nothing.
        replies.shrink_to_fit();
    }
    Poll::Ready(frame)
}

/// How a rule has ended. What is meant may be in the room that the chat was before, or there too.
fn poll_update(
    update: &mut Update,
    core: &Core,
    context: &mut Context<'_>,
) -> Poll<Result<Done, UpdateError<Refusal>>> {
    loop {
        let Poll::Ready(done) = Pin::new(&mut update.reply).poll(context) else { return Poll::Pending };
        let Some(left) = &mut update.left else { return Poll::Ready(done) };
        match left.look(done, &update.asked, core) {
            Look::There(reply) => update.reply = reply,
            Look::Ended(done) => return Poll::Ready(done),
        }
    }
}

/// The next frame of a list, and whether it is the last.
fn poll_listing(
    listing: &mut Listing,
    core: &Core,
    context: &mut Context<'_>,
) -> Poll<Option<(String, bool)>> {
    let polled = {
        let next = listing.fetch.next();
        futures_util::pin_mut!(next);
        next.poll_unpin(context)
    };
    polled.map(|frame| {
        let fault = "the list can't be read just now; fetch again";
        frame.unwrap_or_else(|_| Some((listing.asked.refuse(fault, core), true)))
    })
}
