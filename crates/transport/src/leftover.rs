//! What is left of a request's body when nobody reads on: read away for a moment. Bytes left unread would turn the
//! closing of the connection into a reset, and the sender would not see why he was refused.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::runtime::Handle;

use crate::rest::read_away;

/// A body that is read to its end, or to a bound, even if it is dropped before.
pub(crate) struct Leftover(Option<Incoming>);

impl Leftover {
    /// A request's body.
    pub(crate) fn body(incoming: Incoming) -> Body {
        if http_body::Body::is_end_stream(&incoming) {
            Body::empty()
        } else {
            Body::new(Self(Some(incoming)))
        }
    }
}

impl http_body::Body for Leftover {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(http_body::Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        let left = self.0.take().filter(|body| !http_body::Body::is_end_stream(body));
        if let (Some(left), Ok(runtime)) = (left, Handle::try_current()) {
            runtime.spawn(read_away(Body::new(left)));
        }
    }
}
