//! Bodies of requests and responses.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::Limits;
use super::connection::{Active, Connection};
use crate::bounds::SMALL_BODY;

/// The reason why the body of a request was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The body is longer than its limit: 413.
    TooLong,
    /// The body ended before its declared length, or is not valid HTTP: 400.
    Cut,
    /// The body did not arrive in time: 408.
    TooSlow,
    /// The server has too many bodies in memory: 503.
    Busy,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "The body is too long.",
            Self::Cut => "The body ended before the length that it declares: send it again.",
            Self::TooSlow => "The body did not arrive in time: send it without pauses.",
            Self::Busy => "The server has too many long bodies in memory: retry in a second.",
        })
    }
}

impl Error for Unread {}

/// A complete body.
#[derive(Debug)]
pub struct Held {
    /// The bytes of the body.
    pub bytes: Bytes,
    memory: Option<OwnedSemaphorePermit>,
}

/// Reads request bodies, and limits the memory of all bodies together.
#[derive(Clone, Debug)]
pub struct Bodies {
    /// One permit for each KiB.
    memory: Arc<Semaphore>,
    total: u32,
    memory_timeout: Duration,
}

const KIB: usize = 1024;

impl Bodies {
    /// A reader with `limits`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let total = limits.bodies.div_ceil(KIB).min(Semaphore::MAX_PERMITS);
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        Self {
            memory: Arc::new(Semaphore::new(total as usize)),
            total,
            memory_timeout: limits.body_gap,
        }
    }

    /// Reads the whole of `body`. The result counts toward [`Limits::bodies`] until it is
    /// dropped.
    ///
    /// # Errors
    /// If `body` has more than `limit` bytes, or cannot be read in time.
    pub async fn read(&self, mut body: Body, limit: usize) -> Result<Held, Unread> {
        let declared = body.size_hint().exact();
        let declared = declared.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if declared.is_some_and(|length| length > limit) {
            discard(body, limit).await;
            return Err(Unread::TooLong);
        }
        let mut held = Held {
            bytes: Bytes::new(),
            memory: None,
        };
        let Some(first) = next(&mut body).await? else {
            return Ok(held);
        };
        if body.is_end_stream() && first.len() <= limit {
            held.bytes = first;
            return Ok(held);
        }
        let mut whole = Vec::with_capacity(declared.unwrap_or_default().min(SMALL_BODY));
        let mut free = SMALL_BODY;
        let mut piece = Some(first);
        while let Some(bytes) = piece {
            let length = whole.len() + bytes.len();
            if length > limit {
                drop(whole);
                discard(body, limit).await;
                return Err(Unread::TooLong);
            }
            if length > free {
                // The whole declared length is reserved at once. Otherwise two long
                // bodies could each wait for the memory of the other.
                let wanted = declared.unwrap_or(length * 2).min(limit).max(length);
                self.reserve(&mut held, wanted - free).await?;
                free = wanted;
                whole.reserve_exact(wanted - whole.len());
            }
            whole.extend_from_slice(&bytes);
            drop(bytes);
            piece = next(&mut body).await?;
        }
        held.bytes = whole.into();
        Ok(held)
    }

    async fn reserve(&self, held: &mut Held, bytes: usize) -> Result<(), Unread> {
        let permits = u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.memory).acquire_many_owned(permits.min(self.total));
        let Ok(Ok(permit)) = timeout(self.memory_timeout, memory).await else {
            return Err(Unread::Busy);
        };
        match &mut held.memory {
            Some(memory) => memory.merge(permit),
            none => *none = Some(permit),
        }
        Ok(())
    }
}

/// The next bytes of `body`.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Unread> {
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
        match frame.map(|frame| frame.map(Frame::into_data)) {
            None => return Ok(None),
            Some(Ok(Ok(bytes))) if !bytes.is_empty() => return Ok(Some(bytes)),
            // Trailers are ignored.
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(cause(&error)),
        }
    }
}

/// The reason for an `error` in a body.
fn cause(error: &(dyn Error + 'static)) -> Unread {
    let mut error = Some(error);
    while let Some(one) = error {
        if let Some(known) = one.downcast_ref() {
            return *known;
        }
        error = one.source();
    }
    Unread::Cut
}

/// Reads and discards a part of a body that is too long. A peer that is still sending
/// when its connection is closed may not read the response.
async fn discard(mut body: Body, limit: usize) {
    let mut left = limit;
    while let Ok(Some(bytes)) = next(&mut body).await {
        match left.checked_sub(bytes.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// The body of a request, which must arrive in time.
pub(super) struct Receiving {
    body: Incoming,
    connection: Arc<Connection>,
    /// The wait for more bytes. It begins when the first read has to wait.
    wait: Option<Wait>,
}

struct Wait {
    /// The deadline of the body.
    end: Instant,
    /// The timer for the next piece. It fires at `end` at the latest.
    sleep: Pin<Box<Sleep>>,
    waiting: bool,
}

impl Receiving {
    pub(super) fn new(body: Incoming, connection: &Arc<Connection>) -> Self {
        Self {
            body,
            connection: Arc::clone(connection),
            wait: None,
        }
    }

    fn ended(&mut self) {
        if self.wait.take().is_some() {
            self.connection.receives(false);
        }
    }

    /// Ready when a deadline has passed.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limits = self.connection.limits();
        let wait = self.wait.get_or_insert_with(|| {
            self.connection.receives(true);
            let end = Instant::now() + limits.body_time;
            Wait {
                end,
                sleep: Box::pin(sleep_until(end)),
                waiting: false,
            }
        });
        if !wait.waiting {
            wait.waiting = true;
            let next = Instant::now() + limits.body_gap;
            wait.sleep.as_mut().reset(next.min(wait.end));
        }
        wait.sleep.as_mut().poll(cx)
    }
}

impl HttpBody for Receiving {
    type Data = Bytes;
    type Error = Unread;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unread>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            return match this.poll_late(cx) {
                Poll::Ready(()) => Poll::Ready(Some(Err(Unread::TooSlow))),
                Poll::Pending => Poll::Pending,
            };
        };
        if let Some(wait) = &mut this.wait {
            wait.waiting = false;
        }
        if !matches!(frame, Some(Ok(_))) || this.body.is_end_stream() {
            this.ended();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(|_| Unread::Cut)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.ended();
    }
}

/// The body of a response. Its request counts as in progress until it is
/// dropped.
pub(super) struct Sending {
    body: Body,
    active: Active,
    /// Whether a part of the response waits for the peer to read it. This is for HTTP/2
    /// only: in HTTP/1 the socket shows it.
    waits: bool,
}

impl Sending {
    pub(super) fn new(body: Body, active: Active) -> Self {
        let mut waits = false;
        if active.is_http2() {
            active.waits_for_reader(&mut waits, true);
        }
        Self {
            body,
            active,
            waits,
        }
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        if this.active.is_http2() {
            let waits = matches!(frame, Poll::Ready(Some(_)));
            this.active.waits_for_reader(&mut this.waits, waits);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.active.waits_for_reader(&mut self.waits, false);
    }
}
