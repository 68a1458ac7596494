//! Connections of an HTTP server: their number, their deadlines, and their end.
//!
//! Both the emulator's server and the MCP server use this listener, with HTTP/1
//! and with HTTP/2, with TLS or without. A connection has deadlines for the head of a
//! request, its body, the reading of a response, and the time without a
//! request. A response that continues, such as a stream of events, has no
//! deadline while its peer reads.

mod bodies;
mod connection;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

pub use self::bodies::{Bodies, Held, Unread};
use self::bodies::{Receiving, Sending};
use self::connection::{Connection, Io};
use self::stream::Stream;
pub use self::stream::Tls;
use crate::bounds;

/// Limits of a server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once: [`bounds::CONNECTIONS`].
    pub connections: usize,
    /// Requests at once on one HTTP/2 connection: [`bounds::STREAMS`].
    pub streams: u32,
    /// Time for a request's head: [`bounds::HEAD_TIME`].
    pub head_time: Duration,
    /// Time for a request's body: [`bounds::BODY_TIME`].
    pub body_time: Duration,
    /// Time between two pieces of a body: [`bounds::BODY_GAP`].
    pub body_gap: Duration,
    /// Time without a request: [`bounds::IDLE_TIME`].
    pub idle_time: Duration,
    /// Time in which a peer reads a part of a response: [`bounds::WRITE_TIME`].
    pub write_time: Duration,
    /// Bytes of bodies in memory at a time: [`bounds::BODIES`].
    pub bodies: usize,
    /// Time for requests in progress when the server ends: [`bounds::GRACE`].
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: bounds::CONNECTIONS,
            streams: bounds::STREAMS,
            head_time: bounds::HEAD_TIME,
            body_time: bounds::BODY_TIME,
            body_gap: bounds::BODY_GAP,
            idle_time: bounds::IDLE_TIME,
            write_time: bounds::WRITE_TIME,
            bodies: bounds::BODIES,
            grace: bounds::GRACE,
        }
    }
}

/// The address of the client, in the extensions of its requests. Requests for `/`, which are those
/// of the API, do not have it: no operation reads it, and an extension takes an allocation.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The state that the connections of a server share.
struct ListenerState {
    limits: Limits,
    started: Instant,
    ending: AtomicBool,
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
}

/// Serves `router` on `listener` until `shutdown` is ready. Requests in
/// progress are then answered within [`Limits::grace`]. Connections that are
/// still open after that are closed.
///
/// # Errors
///
/// None at present.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_with(listener, router, limits, None, shutdown).await
}

/// Like [`serve`], with TLS if `tls` is given.
///
/// # Errors
///
/// None at present.
pub async fn serve_with(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    tls: Option<Tls>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let mut listener = listener;
    let mut shutdown = pin!(shutdown);
    let shared = Arc::new(ListenerState {
        limits,
        started: Instant::now(),
        ending: AtomicBool::new(false),
        open: Mutex::default(),
    });
    let builder = Arc::new(shared.builder());
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut tasks = JoinSet::new();
    let mut number = 0;
    loop {
        let (stream, address) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            Some(_) = tasks.join_next() => continue,
            () = &mut shutdown => break,
        };
        let place = tokio::select! {
            place = shared.place(&places) => place,
            () = &mut shutdown => break,
        };
        number += 1;
        let connection = shared.opened(number);
        let open = Open {
            shared: Arc::clone(&shared),
            connection,
            number,
            _place: place,
        };
        let (tls, router, builder) = (tls.clone(), router.clone(), Arc::clone(&builder));
        tasks.spawn(async move {
            if let Some(stream) = open.secured(stream, tls).await {
                serve_connection(stream, Peer(address.ip()), router, builder, open).await;
            }
        });
    }
    drop(listener);
    shared.end();
    let ended = async { while tasks.join_next().await.is_some() {} };
    // Dropping `tasks` closes the connections that are still open.
    let _ = timeout(limits.grace, ended).await;
    Ok(())
}

impl ListenerState {
    fn builder(&self) -> Builder<TokioExecutor> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http1().max_buf_size(bounds::HEAD_BYTES);
        builder
            .http2()
            .max_concurrent_streams(self.limits.streams)
            .max_header_list_size(bounds::HEADER_LIST_BYTES)
            .initial_stream_window_size(bounds::WINDOW_BYTES)
            .initial_connection_window_size(bounds::WINDOW_BYTES);
        builder
    }

    /// A permit for one more connection. Another connection may be closed to free a
    /// permit.
    async fn place(&self, places: &Arc<Semaphore>) -> OwnedSemaphorePermit {
        // The interval at which a full server searches for a connection to
        // close.
        const AGAIN: Duration = Duration::from_millis(100);
        loop {
            if places.available_permits() == 0 {
                self.close_one();
            }
            let place = Arc::clone(places).acquire_owned();
            if let Ok(Ok(place)) = timeout(AGAIN, place).await {
                return place;
            }
        }
    }

    /// Closes the connection that has waited longest for a complete request, if
    /// there is one.
    fn close_one(&self) {
        let open = self.open.lock();
        let waiting = open
            .values()
            .filter_map(|one| Some((one.waits_since()?, one)));
        if let Some((_, connection)) = waiting.min_by_key(|(since, _)| *since) {
            connection.close();
        }
    }

    fn opened(self: &Arc<Self>, number: u64) -> Arc<Connection> {
        let connection = Arc::new(Connection::new(self.limits, self.started));
        self.open.lock().insert(number, Arc::clone(&connection));
        connection
    }

    fn end(&self) {
        self.ending.store(true, Ordering::SeqCst);
        for connection in self.open.lock().values() {
            connection.wake();
        }
    }
}

/// An open connection. Dropping this value removes it from [`ListenerState::open`].
struct Open {
    shared: Arc<ListenerState>,
    connection: Arc<Connection>,
    number: u64,
    _place: OwnedSemaphorePermit,
}

impl Open {
    /// The stream of this connection after its TLS handshake. None if the peer does not complete
    /// the handshake in [`Limits::head_time`], or the connection has to end before that.
    async fn secured(&self, stream: TcpStream, tls: Option<Tls>) -> Option<Stream> {
        let Some(tls) = tls else {
            return Some(Stream::Plain(stream));
        };
        let mut handshake = pin!(timeout(self.shared.limits.head_time, tls.accept(stream)));
        poll_fn(|cx| {
            self.connection.register(cx.waker());
            if self.connection.is_closed() || self.shared.ending.load(Ordering::SeqCst) {
                return Poll::Ready(None);
            }
            handshake.as_mut().poll(cx).map(|done| done.ok().flatten())
        })
        .await
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.open.lock().remove(&self.number);
    }
}

/// Serves one connection until it ends or exceeds a limit.
async fn serve_connection(
    stream: Stream,
    peer: Peer,
    router: Router,
    builder: Arc<Builder<TokioExecutor>>,
    open: Open,
) {
    let connection = &open.connection;
    let service = service_fn({
        let router = TowerToHyperService::new(router);
        let connection = Arc::clone(connection);
        move |mut request: Request<Incoming>| {
            if request.uri().path() != "/" {
                request.extensions_mut().insert(peer);
            }
            let active = connection.begin(request.version());
            let answer = router.call(request.map(|body| Receiving::new(body, &connection)));
            async move {
                let response: Response<axum::body::Body> = answer.await?;
                Ok::<_, Infallible>(response.map(|body| Sending::new(body, active)))
            }
        }
    });
    let io = TokioIo::new(Io::new(stream, Arc::clone(connection)));
    let mut http = pin!(builder.serve_connection(io, service));
    let mut deadline = pin!(Deadline::new(connection));
    let mut ending = false;
    poll_fn(|cx| {
        connection.register(cx.waker());
        // Errors of a connection are caused by its peer, and are not reported.
        if http.as_mut().poll(cx).is_ready() || connection.is_closed() {
            return Poll::Ready(());
        }
        if open.shared.ending.load(Ordering::SeqCst) {
            if !ending {
                ending = true;
                http.as_mut().graceful_shutdown();
                if http.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(());
                }
            }
            if connection.has_nothing_to_do() {
                return Poll::Ready(());
            }
        }
        deadline.as_mut().poll(cx)
    })
    .await;
}

/// Ready when a connection has exceeded a deadline.
///
/// The deadlines of a connection change with each request, and mostly to a
/// later time. The timer is set again only if it would fire too late, or when
/// it has fired too early.
struct Deadline<'a> {
    connection: &'a Connection,
    sleep: Pin<Box<Sleep>>,
    /// The time at which `sleep` fires, in milliseconds; `None` if it has
    /// fired.
    armed: Option<u64>,
    polled: bool,
}

impl<'a> Deadline<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            sleep: Box::pin(sleep_until(connection.started())),
            armed: None,
            polled: false,
        }
    }
}

impl Future for Deadline<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            if this.armed.is_some() && this.sleep.is_elapsed() {
                this.armed = None;
            }
            let due = this.connection.due();
            if let Some(due) = due
                && this.armed.is_none_or(|armed| due < armed)
            {
                let started = this.connection.started();
                let at = started + Duration::from_millis(due);
                let now = Instant::now();
                if at <= now {
                    return Poll::Ready(());
                }
                // Never later than the deadline of a body that begins now. A timer that
                // becomes the first of all interrupts the runtime's wait for events, and
                // with each body that arrives after its head that costs more than the
                // call. This timer is the first, so that none of a body is.
                let at = at.min(now + this.connection.limits().body_gap);
                this.sleep.as_mut().reset(at);
                let armed = at.duration_since(started).as_millis();
                this.armed = u64::try_from(armed).ok();
                this.polled = false;
            }
            if this.armed.is_none() || this.polled {
                return Poll::Pending;
            }
            this.polled = true;
            if this.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}
