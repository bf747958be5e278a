//! Bounds what is in flight: request bodies that are being read, and response bodies that are being written. All of
//! them share one budget, and each has a time limit.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::body::{Body, Bytes, HttpBody};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Maximum size of all bodies in flight, in bytes.
const MAX_IN_FLIGHT: usize = 64 * 1024 * 1024;

/// How much of a refused body is read and dropped, in bytes: a client that is still writing would not see the response.
const MAX_DRAINED: usize = 16 * 1024 * 1024;

/// The budget for bodies in flight.
#[derive(Clone)]
pub(crate) struct Flight {
    bytes: Arc<Semaphore>,
    /// Time limit for reading a body.
    time: Option<Duration>,
}

/// Why a body was not read.
pub(crate) enum Unread {
    TooLarge,
    Incomplete,
    TooMany,
}

impl Unread {
    pub(crate) const TOO_MANY: &str = "the bodies that are on their way are too large together; try again";
}

impl Flight {
    pub(crate) fn new(time: Option<Duration>) -> Self {
        Self { bytes: Arc::new(Semaphore::new(MAX_IN_FLIGHT)), time }
    }

    /// Reserves bytes; `None` if too much is in flight.
    pub(crate) fn permits(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.bytes).try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()
    }

    /// Reads a whole body of at most `most` bytes. Hold the permit while the body is in memory.
    pub(crate) async fn read(
        &self,
        body: Body,
        most: usize,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Unread> {
        match self.time {
            Some(time) => timeout(time, self.read_now(body, most)).await.unwrap_or(Err(Unread::Incomplete)),
            None => self.read_now(body, most).await,
        }
    }

    async fn read_now(&self, mut body: Body, most: usize) -> Result<(Bytes, OwnedSemaphorePermit), Unread> {
        let mut permits = self.permits(0).ok_or(Unread::TooMany)?;
        let mut read = Vec::new();
        let mut refused = None;
        let mut taken = 0;
        while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            let frame = frame.map_err(|_| Unread::Incomplete)?;
            let Some(data) = frame.data_ref() else { continue };
            taken += data.len();
            if refused.is_some() {
                if taken > MAX_DRAINED {
                    break;
                }
            } else if taken > most {
                refused = Some(Unread::TooLarge);
            } else if let Some(more) = self.permits(data.len()) {
                permits.merge(more);
                read.extend_from_slice(data);
            } else {
                refused = Some(Unread::TooMany);
            }
            if refused.is_some() {
                drop(permits.split(permits.num_permits()));
                read = Vec::new();
            }
        }
        match refused {
            Some(unread) => Err(unread),
            None => Ok((read.into(), permits)),
        }
    }
}
