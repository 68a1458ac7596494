//! The activity of one connection, with times.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use hyper::Version;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::Limits;
use super::stream::Stream;

/// The activity of one connection. Times are in milliseconds since the server's
/// start.
///
/// The connection's own task changes it, and in HTTP/2 the tasks of its
/// requests do too.
pub(super) struct Connection {
    limits: Limits,
    started: Instant,
    is_http2: AtomicBool,
    /// Requests whose responses have not ended.
    active: AtomicU32,
    /// Requests in `active` whose bodies have not arrived.
    receiving: AtomicU32,
    /// Responses in HTTP/2 with a part that the peer has not read.
    unread: AtomicU32,
    /// The time at which the last request began or ended, or the connection was
    /// opened.
    changed: AtomicU64,
    /// The time of the first byte of a request whose head is incomplete.
    head: AtomicU64,
    /// The time since which the peer's buffer has been full.
    blocked: AtomicU64,
    /// The time at which the peer last read a part of a response in HTTP/2.
    taken: AtomicU64,
    closed: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

/// The value of a time that is not set.
const NEVER: u64 = u64::MAX;

/// The first bytes of HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI ";

impl Connection {
    pub(super) fn new(limits: Limits, started: Instant) -> Self {
        let connection = Self {
            limits,
            started,
            is_http2: AtomicBool::new(false),
            active: AtomicU32::new(0),
            receiving: AtomicU32::new(0),
            unread: AtomicU32::new(0),
            changed: AtomicU64::new(0),
            head: AtomicU64::new(NEVER),
            blocked: AtomicU64::new(NEVER),
            taken: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            waker: Mutex::default(),
        };
        let now = connection.now();
        connection.changed.store(now, Ordering::Relaxed);
        connection
    }

    fn now(&self) -> u64 {
        let elapsed = self.started.elapsed().as_millis();
        u64::try_from(elapsed).unwrap_or(NEVER - 1)
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Records that the head of a request has arrived.
    pub(super) fn begin(self: &Arc<Self>, version: Version) -> Active {
        if version == Version::HTTP_2 {
            self.is_http2.store(true, Ordering::Relaxed);
        }
        self.head.store(NEVER, Ordering::Relaxed);
        if self.active.fetch_add(1, Ordering::Relaxed) == 0 {
            self.changed.store(self.now(), Ordering::Relaxed);
        }
        Active(Arc::clone(self))
    }

    /// The time at which this connection exceeds a deadline, if a deadline applies now.
    pub(super) fn due(&self) -> Option<u64> {
        let after = |since: &AtomicU64, time: std::time::Duration| {
            let since = since.load(Ordering::Relaxed);
            let time = u64::try_from(time.as_millis()).unwrap_or(NEVER);
            (since != NEVER).then(|| since.saturating_add(time))
        };
        let waiting = if self.active.load(Ordering::Relaxed) > 0 {
            None
        } else {
            after(&self.head, self.limits.head_time)
                .or_else(|| after(&self.changed, self.limits.idle_time))
        };
        let unread = if self.unread.load(Ordering::Relaxed) > 0 {
            after(&self.taken, self.limits.write_time)
        } else {
            None
        };
        let blocked = after(&self.blocked, self.limits.write_time);
        [waiting, unread, blocked].into_iter().flatten().min()
    }

    /// The time since which this connection has waited for a complete request, if it
    /// waits for one. Connections without a request are sorted before those whose bodies
    /// have not arrived.
    pub(super) fn waits_since(&self) -> Option<(bool, u64)> {
        let active = self.active.load(Ordering::Relaxed);
        let waits = active == self.receiving.load(Ordering::Relaxed) && !self.is_closed();
        waits.then(|| (active > 0, self.changed.load(Ordering::Relaxed)))
    }

    /// Whether no request is in progress and no response waits for its reader.
    pub(super) fn has_nothing_to_do(&self) -> bool {
        self.active.load(Ordering::Relaxed) == 0 && self.blocked.load(Ordering::Relaxed) == NEVER
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Stores the waker of the connection's task, which is the same for each
    /// poll.
    pub(super) fn register(&self, waker: &Waker) {
        let mut kept = self.waker.lock();
        if kept.is_none() {
            *kept = Some(waker.clone());
        }
    }

    pub(super) fn wake(&self) {
        if let Some(waker) = &*self.waker.lock() {
            waker.wake_by_ref();
        }
    }

    /// Records bytes from the peer.
    fn read(&self, bytes: &[u8]) {
        if self.active.load(Ordering::Relaxed) > 0 || self.head.load(Ordering::Relaxed) != NEVER {
            return;
        }
        if bytes.starts_with(PREFACE) {
            self.is_http2.store(true, Ordering::Relaxed);
        }
        // HTTP/2 also has frames that do not belong to a request. The idle time applies
        // to them.
        if !self.is_http2.load(Ordering::Relaxed) {
            self.head.store(self.now(), Ordering::Relaxed);
        }
    }

    /// Records whether the peer's buffer accepted bytes.
    fn wrote(&self, taken: bool) {
        let blocked = self.blocked.load(Ordering::Relaxed) != NEVER;
        if taken == blocked {
            let now = if taken { NEVER } else { self.now() };
            self.blocked.store(now, Ordering::Relaxed);
        }
    }

    pub(super) fn receives(&self, more: bool) {
        if more {
            self.receiving.fetch_add(1, Ordering::Relaxed);
        } else {
            self.receiving.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A request whose response has not ended.
pub(super) struct Active(Arc<Connection>);

impl Active {
    pub(super) fn is_http2(&self) -> bool {
        self.0.is_http2.load(Ordering::Relaxed)
    }

    /// Records whether a part of the response waits to be read.
    pub(super) fn waits_for_reader(&self, waited: &mut bool, waits: bool) {
        if waits {
            self.0.taken.store(self.0.now(), Ordering::Relaxed);
        }
        match (*waited, waits) {
            (false, true) => self.0.unread.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.0.unread.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
        *waited = waits;
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        if self.0.active.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.changed.store(self.0.now(), Ordering::Relaxed);
        }
    }
}

/// The byte stream of a connection.
pub(super) struct Io {
    stream: Stream,
    connection: Arc<Connection>,
}

impl Io {
    pub(super) fn new(stream: Stream, connection: Arc<Connection>) -> Self {
        Self { stream, connection }
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let bytes = &buffer.filled()[before..];
        if !bytes.is_empty() {
            self.connection.read(bytes);
        }
        read
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.connection.wrote(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.connection.wrote(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        // TLS has a buffer of its own: the peer has not read what is in it.
        if self.stream.has_buffer() {
            self.connection.wrote(flushed.is_ready());
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
