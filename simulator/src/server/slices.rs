//! Response bodies that are written in slices.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use crate::flight::Flight;

/// Size of a slice, in bytes.
const SLICE: usize = 64 * 1024;

/// Returns a body that counts as in flight until its last slice is written; `None` if too much is in flight.
pub(crate) fn body(flight: &Flight, bytes: Bytes) -> Option<Body> {
    let permits = flight.permits(bytes.len())?;
    Some(Body::new(Slices { bytes, _permits: permits }))
}

struct Slices {
    bytes: Bytes,
    _permits: OwnedSemaphorePermit,
}

impl HttpBody for Slices {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.bytes.len().min(SLICE);
        Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.bytes.len()).unwrap_or_default())
    }
}
