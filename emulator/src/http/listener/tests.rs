//! Tests over real sockets with peers that send half a request, read nothing, or stay too
//! long.
//!
//! Every time limit is an hour, except the limit that a test is about. No test waits for
//! a fixed time: each waits for the end of a connection or for a response.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::extract::{Request as Asked, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response as Answer};
use axum::routing::{get, post};
use hyper::client::conn::http2::{self, SendRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::interval;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::*;

const HOUR: Duration = Duration::from_hours(1);
const SHORT: Duration = Duration::from_millis(60);
/// The longest time that a test waits for the end of a connection.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Longer than the buffers of both sockets.
const LONG_ANSWER: usize = 32 * 1024 * 1024;

fn unlimited() -> Limits {
    Limits {
        connections: 100,
        streams: 100,
        head_time: HOUR,
        body_time: HOUR,
        body_gap: HOUR,
        idle_time: HOUR,
        write_time: HOUR,
        bodies: 64 * 1024 * 1024,
        grace: HOUR,
    }
}

/// The state that the routes of the tests share.
#[derive(Clone)]
struct Routes {
    bodies: Bodies,
    /// Receives a message when a request has begun.
    begun: mpsc::UnboundedSender<()>,
    /// Ends the requests that wait.
    go: Arc<Notify>,
}

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
    begun: mpsc::UnboundedReceiver<()>,
    go: Arc<Notify>,
}

async fn read(State(routes): State<Routes>, request: Asked) -> Answer {
    let _ = routes.begun.send(());
    match routes.bodies.read(request.into_body(), 1024 * 1024).await {
        Ok(body) => body.bytes.len().to_string().into_response(),
        Err(Unread::TooLong) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(Unread::Cut) => StatusCode::BAD_REQUEST.into_response(),
        Err(Unread::TooSlow) => StatusCode::REQUEST_TIMEOUT.into_response(),
        Err(Unread::Busy) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn wait(State(routes): State<Routes>) -> &'static str {
    let go = routes.go.notified();
    let _ = routes.begun.send(());
    go.await;
    "done"
}

impl Server {
    async fn start(limits: Limits) -> Self {
        Self::start_with(limits, None).await
    }

    async fn start_with(limits: Limits, tls: Option<Tls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (begun, begins) = mpsc::unbounded_channel();
        let go = Arc::new(Notify::new());
        let router = Router::new()
            .route("/", get(async || "hello"))
            .route("/read", post(read))
            .route("/wait", get(wait))
            .route("/long", get(async || Bytes::from(vec![0; LONG_ANSWER])))
            .with_state(Routes {
                bodies: Bodies::new(&limits),
                begun,
                go: Arc::clone(&go),
            });
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve_with(listener, router, limits, tls, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            stop,
            served,
            begun: begins,
            go,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Sends `text`. Returns everything that the peer has read when its connection ends.
    async fn all(&self, text: &str) -> String {
        rest(self.send(text).await).await
    }

    /// A client over HTTP/2.
    async fn http2(&self, window: u32) -> SendRequest<Body> {
        let io = TokioIo::new(self.connect().await);
        let (client, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .handshake(io)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }

    fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// The bytes that arrive until the connection ends. A connection reset is an
/// end too.
async fn rest(mut stream: TcpStream) -> String {
    let mut read = Vec::new();
    let ended = timeout(TIMEOUT, stream.read_to_end(&mut read)).await;
    let _ = ended.expect("the connection ends");
    String::from_utf8_lossy(&read).into_owned()
}

/// Reads the first response from the connection.
async fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"hello") {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "{read:?}");
    }
    String::from_utf8(read).unwrap()
}

const WHOLE: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LAST: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const HALF_HEAD: &str = "GET / HTTP/1.1\r\nHost: x\r\nX-";
const HALF_BODY: &str = "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf";
const HALF_CHUNKS: &str =
    "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
const CONTINUED: &str =
    "POST /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n";
/// An HTTP/2 connection after the exchange of settings.
const SETTLED: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// Nine bytes of a frame that announces headers of 80 bytes.
const HALF_HEADERS: &str =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x50\x01\x04\0\0\0\x01";

/// Sets the limit of a row.
type Set = fn(&mut Limits);

#[tokio::test]
async fn each_deadline_closes_the_connection() {
    let head = |limits: &mut Limits| limits.head_time = SHORT;
    let idle = |limits: &mut Limits| limits.idle_time = SHORT;
    let gap = |limits: &mut Limits| limits.body_gap = SHORT;
    let body = |limits: &mut Limits| limits.body_time = SHORT;
    let table: [(&str, Set, &str, &str); 12] = [
        ("half a head", head, HALF_HEAD, ""),
        ("a byte", head, "G", ""),
        ("nothing", idle, "", ""),
        ("half of HTTP/2", idle, "PRI * HT", ""),
        ("no request over HTTP/2", idle, SETTLED, ""),
        ("half of headers over HTTP/2", idle, HALF_HEADERS, ""),
        ("nothing after a request", idle, WHOLE, "200 OK"),
        ("half a body, pause", gap, HALF_BODY, "408 Request Timeout"),
        ("half a body, total", body, HALF_BODY, "408 Request Timeout"),
        ("half the chunks", gap, HALF_CHUNKS, "408 Request Timeout"),
        ("no body after 100", gap, CONTINUED, "408 Request Timeout"),
        ("no body after 100", body, CONTINUED, "408 Request Timeout"),
    ];
    for (name, limit, text, words) in table {
        let mut limits = unlimited();
        limit(&mut limits);
        let server = Server::start(limits).await;
        let read = server.all(text).await;
        let http2 = text.starts_with("PRI * HTTP/2.0");
        assert!(read.contains(words), "{name}: {read}");
        assert!(
            !words.is_empty() || read.is_empty() || http2,
            "{name}: {read}"
        );
    }
}

/// Single bytes at intervals do not extend the deadline.
#[tokio::test]
async fn single_bytes_do_not_extend_the_deadline() {
    for (name, text) in [("head", HALF_HEAD), ("body", HALF_CHUNKS)] {
        let server = Server::start(Limits {
            head_time: SHORT * 3,
            body_time: SHORT * 3,
            body_gap: SHORT,
            ..unlimited()
        })
        .await;
        let (mut read, mut write) = server.send(text).await.into_split();
        let dripping = async {
            let mut often = interval(SHORT / 10);
            let drop = if name == "head" { "x" } else { "1\r\nx\r\n" };
            loop {
                often.tick().await;
                if write.write_all(drop.as_bytes()).await.is_err() {
                    return;
                }
            }
        };
        let ended = async {
            let mut all = Vec::new();
            let ended = timeout(TIMEOUT, read.read_to_end(&mut all)).await;
            let _ = ended.expect("the connection ends");
            String::from_utf8(all).unwrap()
        };
        let read = tokio::select! {
            read = ended => read,
            () = dripping => String::new(),
        };
        let expected = if name == "head" { "" } else { "HTTP/1.1 408" };
        // A connection reset may discard the response.
        assert!(
            read.is_empty() || read.starts_with(expected),
            "{name}: {read}"
        );
    }
}

/// A client that does not read a response loses its connection, and its permit
/// is released.
#[tokio::test]
async fn an_answer_must_be_read() {
    let limits = Limits {
        connections: 1,
        write_time: SHORT,
        ..unlimited()
    };
    let server = Server::start(limits).await;
    let unread = server.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(server.all(LAST).await.ends_with("hello"));
    let read = rest(unread).await.len();
    assert!(read < LONG_ANSWER, "{read} bytes");

    let server = Server::start(limits).await;
    let mut client = server.http2(1).await;
    let request = Request::get(server.uri("/long"));
    let response = client.send_request(request.body(Body::empty()).unwrap());
    let _unread = response.await.unwrap();
    assert!(server.all(LAST).await.ends_with("hello"));
}

/// While a request is in progress, only the deadline for reading the response applies.
#[tokio::test]
async fn a_slow_answer_is_not_cut() {
    let server = Server::start(Limits {
        head_time: SHORT,
        body_time: SHORT,
        body_gap: SHORT,
        idle_time: SHORT,
        write_time: SHORT,
        ..unlimited()
    })
    .await;
    let slow = server
        .send("GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await;
    let mut client = server.http2(65_535).await;
    let request = Request::get(server.uri("/wait"));
    let response = client.send_request(request.body(Body::empty()).unwrap());
    let response = tokio::spawn(response);
    let mut server = server;
    server.begun.recv().await.unwrap();
    server.begun.recv().await.unwrap();
    // Two other peers connect meanwhile and are closed, one after the other.
    assert_eq!(server.all("").await, "");
    assert_eq!(server.all("").await, "");
    server.go.notify_waiters();
    assert!(rest(slow).await.ends_with("done"));
    assert_eq!(response.await.unwrap().unwrap().status(), StatusCode::OK);
}

/// A full server closes the connection that has waited longest for a complete
/// request: first one without a request, then one whose body has not arrived.
#[tokio::test]
async fn a_full_server_accepts_the_next_connection() {
    let limits = Limits {
        connections: 2,
        ..unlimited()
    };
    for text in ["", HALF_HEAD, SETTLED] {
        let server = Server::start(limits).await;
        let oldest = server.send(text).await;
        let mut newer = server.send(WHOLE).await;
        answer(&mut newer).await;
        assert!(server.all(LAST).await.ends_with("hello"), "{text}");
        rest(oldest).await;
        newer.write_all(LAST.as_bytes()).await.unwrap();
        assert!(rest(newer).await.ends_with("hello"), "{text}");
    }
    let mut server = Server::start(limits).await;
    let oldest = server.send(HALF_BODY).await;
    server.begun.recv().await.unwrap();
    let idle = server.connect().await;
    assert!(server.all(LAST).await.ends_with("hello"));
    rest(idle).await;
    let mut newer = server.send(HALF_BODY).await;
    server.begun.recv().await.unwrap();
    assert!(server.all(LAST).await.ends_with("hello"));
    rest(oldest).await;
    newer.write_all("x".repeat(96).as_bytes()).await.unwrap();
    newer.write_all(LAST.as_bytes()).await.unwrap();
    assert!(rest(newer).await.ends_with("hello"));
}

/// A request in progress is not closed for a newer one, which waits.
#[tokio::test]
async fn the_next_connection_waits_for_a_busy_server() {
    let mut server = Server::start(Limits {
        connections: 1,
        ..unlimited()
    })
    .await;
    let busy = server
        .send("GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await;
    server.begun.recv().await.unwrap();
    let mut waiting = Box::pin(server.all(LAST));
    let early = timeout(SHORT, &mut waiting).await;
    assert!(early.is_err(), "{early:?}");
    server.go.notify_waiters();
    assert!(rest(busy).await.ends_with("done"));
    assert!(waiting.await.ends_with("hello"));
}

/// A server that ends waits only for requests that have arrived or may still arrive.
#[tokio::test]
async fn an_ending_server_does_not_wait_for_half_requests() {
    for (text, begins, grace) in [
        ("", false, HOUR),
        (HALF_HEAD, false, HOUR),
        ("PRI * HT", false, HOUR),
        (SETTLED, false, HOUR),
        (HALF_HEADERS, false, HOUR),
        (HALF_BODY, true, SHORT),
        (HALF_CHUNKS, true, SHORT),
        (CONTINUED, true, SHORT),
        ("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n", true, SHORT),
        ("GET /long HTTP/1.1\r\nHost: x\r\n\r\n", false, SHORT),
    ] {
        let mut server = Server::start(Limits {
            grace,
            ..unlimited()
        })
        .await;
        let mut half = server.connect().await;
        // The same for a connection that has served a request.
        if begins {
            half.write_all(WHOLE.as_bytes()).await.unwrap();
            answer(&mut half).await;
        }
        half.write_all(text.as_bytes()).await.unwrap();
        if begins {
            server.begun.recv().await.unwrap();
        }
        server.stop.send(()).unwrap();
        let ended = timeout(TIMEOUT, server.served).await;
        ended.expect(text).unwrap().unwrap();
        rest(half).await;
        assert!(TcpStream::connect(server.address).await.is_err(), "{text}");
    }
}

/// Requests in progress are answered, and bodies that are arriving are read.
#[tokio::test]
async fn an_ending_server_answers() {
    let mut server = Server::start(unlimited()).await;
    let mut body = server.send(HALF_BODY).await;
    let busy = server.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut client = server.http2(65_535).await;
    let request = Request::get(server.uri("/wait"));
    let response = client.send_request(request.body(Body::empty()).unwrap());
    let response = tokio::spawn(response);
    for _ in 0..3 {
        server.begun.recv().await.unwrap();
    }
    server.stop.send(()).unwrap();
    body.write_all("x".repeat(96).as_bytes()).await.unwrap();
    assert!(rest(body).await.ends_with("100"));
    server.go.notify_waiters();
    assert!(rest(busy).await.ends_with("done"));
    assert_eq!(response.await.unwrap().unwrap().status(), StatusCode::OK);
    server.served.await.unwrap().unwrap();
}

/// The memory for long bodies is limited. Short bodies and aborted ones do not
/// wait.
#[tokio::test]
async fn long_bodies_share_memory() {
    let mut server = Server::start(Limits {
        bodies: 512 * 1024,
        body_gap: SHORT * 5,
        ..unlimited()
    })
    .await;
    let long = |length: usize, sent: usize| {
        let head = format!("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n");
        format!("{head}Connection: close\r\n\r\n{}", "x".repeat(sent))
    };
    // This body has reserved all of the memory, although little of it has
    // arrived.
    let half = server.send(&long(576 * 1024, 65 * 1024)).await;
    server.begun.recv().await.unwrap();
    let read = server.all(&long(500 * 1024, 500 * 1024)).await;
    // The first request may have timed out by then.
    assert!(
        read.starts_with("HTTP/1.1 503") || read.ends_with("512000"),
        "{read}"
    );
    assert!(server.all(&long(10_000, 10_000)).await.ends_with("10000"));
    assert!(rest(half).await.starts_with("HTTP/1.1 408"));
    assert!(
        server
            .all(&long(500 * 1024, 500 * 1024))
            .await
            .ends_with("512000")
    );
    // Two bodies at a time, each of which needs more than half of the memory.
    let both = [&long(500 * 1024, 500 * 1024), &long(500 * 1024, 500 * 1024)];
    let (one, other) = tokio::join!(server.all(both[0]), server.all(both[1]));
    assert!(
        one.ends_with("512000") && other.ends_with("512000"),
        "{one} {other}"
    );
}

#[tokio::test]
async fn a_body_has_a_length_and_an_end() {
    let server = Server::start(unlimited()).await;
    let limit = 1024 * 1024;
    let declared = |length: usize, sent: usize| {
        let head = format!("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n");
        format!("{head}Connection: close\r\n\r\n{}", "x".repeat(sent))
    };
    let chunked = |sent: usize| {
        let head = "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";
        format!(
            "{head}Connection: close\r\n\r\n{sent:x}\r\n{}\r\n0\r\n\r\n",
            "x".repeat(sent)
        )
    };
    for (text, words) in [
        (declared(0, 0), "0"),
        (declared(limit, limit), "1048576"),
        (chunked(limit), "1048576"),
        (chunked(0).replace("0\r\n\r\n0\r\n\r\n", "0\r\n\r\n"), "0"),
    ] {
        let read = server.all(&text).await;
        assert!(read.ends_with(&format!("\r\n\r\n{words}")), "{read}");
    }
    for text in [declared(limit + 1, limit + 1), chunked(limit + 1)] {
        let read = server.all(&text).await;
        assert!(read.starts_with("HTTP/1.1 413"), "{read}");
    }
    // The body is cut because the peer closes the connection, or by an invalid chunk.
    for text in [HALF_BODY, HALF_CHUNKS] {
        let mut stream = server.send(text).await;
        stream.shutdown().await.unwrap();
        let read = rest(stream).await;
        assert!(
            read.starts_with("HTTP/1.1 400") || read.is_empty(),
            "{read}"
        );
    }
    let read = server.all(&format!("{HALF_CHUNKS}xyz\r\n")).await;
    assert!(read.starts_with("HTTP/1.1 400"), "{read}");
}

#[tokio::test]
async fn heads_are_bounded() {
    let server = Server::start(unlimited()).await;
    let long = "x".repeat(bounds::HEAD_BYTES);
    let text = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n");
    assert!(server.all(&text).await.starts_with("HTTP/1.1 431"));
    let mut client = server.http2(65_535).await;
    let long = "x".repeat(20 * 1024);
    let request = Request::get(server.uri("/")).header("x-long", &long);
    let response = client.send_request(request.body(Body::empty()).unwrap());
    assert_eq!(
        response.await.unwrap().status(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    );
}

#[tokio::test]
async fn streams_are_bounded() {
    let mut server = Server::start(Limits {
        streams: 2,
        ..unlimited()
    })
    .await;
    let mut client = server.http2(65_535).await;
    // The settings have arrived with the first response.
    let first = Request::get(server.uri("/")).body(Body::empty()).unwrap();
    client.send_request(first).await.unwrap();
    let mut send = || {
        let request = Request::get(server.uri("/wait"));
        tokio::spawn(client.send_request(request.body(Body::empty()).unwrap()))
    };
    let answers = [send(), send(), send()];
    server.begun.recv().await.unwrap();
    server.begun.recv().await.unwrap();
    assert!(timeout(SHORT, server.begun.recv()).await.is_err());
    server.go.notify_waiters();
    server.begun.recv().await.unwrap();
    server.go.notify_waiters();
    for answer in answers {
        assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::OK);
    }
}

/// TLS of a server for `localhost`, and a client that trusts its certificate.
fn tls() -> (Tls, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Tls::new(server), TlsConnector::from(Arc::new(client)))
}

/// A connection to `server` after the handshake.
async fn secured(server: &Server, client: &TlsConnector) -> TlsStream<TcpStream> {
    let name = ServerName::try_from("localhost").unwrap();
    client.connect(name, server.connect().await).await.unwrap()
}

#[tokio::test]
async fn requests_are_answered_over_tls() {
    let (tls, client) = tls();
    let server = Server::start_with(unlimited(), Some(tls)).await;
    let mut stream = secured(&server, &client).await;
    stream.write_all(LAST.as_bytes()).await.unwrap();
    let mut read = String::new();
    stream.read_to_string(&mut read).await.unwrap();
    assert!(read.starts_with("HTTP/1.1 200 OK"), "{read}");
    assert!(read.ends_with("hello"), "{read}");
    // A peer that does not use TLS gets the reason.
    let plain = server.all(WHOLE).await;
    assert!(plain.starts_with("HTTP/1.1 400 Bad Request"), "{plain}");
    assert!(plain.ends_with("begin the URL with https://.\n"), "{plain}");
}

/// The first bytes of a handshake, without the rest.
const HALF_HANDSHAKE: &str = "\u{16}\u{3}\u{1}";

#[tokio::test]
async fn each_deadline_closes_a_connection_with_tls() {
    let (tls, client) = tls();
    let server = Server::start_with(
        Limits {
            head_time: SHORT,
            ..unlimited()
        },
        Some(tls.clone()),
    )
    .await;
    for text in ["", HALF_HANDSHAKE] {
        assert_eq!(server.all(text).await, "", "{text:?}");
    }
    for (name, text) in [("head", HALF_HEAD), ("idle", ""), ("body", HALF_BODY)] {
        let mut limits = unlimited();
        match name {
            "head" => limits.head_time = TIMEOUT / 40,
            "idle" => limits.idle_time = TIMEOUT / 40,
            _ => limits.body_gap = TIMEOUT / 40,
        }
        let server = Server::start_with(limits, Some(tls.clone())).await;
        let mut stream = secured(&server, &client).await;
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        let ended = timeout(TIMEOUT, stream.read_to_end(&mut read)).await;
        // The connection may end without a message that says so in TLS.
        let _ = ended.unwrap_or_else(|_| panic!("{name}: the connection is open"));
    }
}

/// The bytes in the buffer of TLS count as not read.
#[tokio::test]
async fn an_answer_over_tls_must_be_read() {
    let limits = Limits {
        connections: 1,
        write_time: SHORT * 5,
        ..unlimited()
    };
    let (tls, client) = tls();
    let server = Server::start_with(limits, Some(tls)).await;
    let mut unread = secured(&server, &client).await;
    let request = "GET /long HTTP/1.1\r\nHost: x\r\n\r\n";
    unread.write_all(request.as_bytes()).await.unwrap();
    let mut next = timeout(TIMEOUT, secured(&server, &client)).await.unwrap();
    next.write_all(LAST.as_bytes()).await.unwrap();
    let mut read = String::new();
    next.read_to_string(&mut read).await.unwrap();
    assert!(read.ends_with("hello"), "{read}");
}

#[tokio::test]
async fn a_full_server_closes_a_handshake() {
    let limits = Limits {
        connections: 1,
        ..unlimited()
    };
    let (tls, client) = tls();
    for text in ["", HALF_HANDSHAKE] {
        let server = Server::start_with(limits, Some(tls.clone())).await;
        let oldest = server.send(text).await;
        let mut next = timeout(TIMEOUT, secured(&server, &client)).await.unwrap();
        next.write_all(LAST.as_bytes()).await.unwrap();
        let mut read = String::new();
        next.read_to_string(&mut read).await.unwrap();
        assert!(read.ends_with("hello"), "{text:?}: {read}");
        rest(oldest).await;
    }
}

#[tokio::test]
async fn a_handshake_does_not_delay_the_end() {
    let (tls, _) = tls();
    let server = Server::start_with(unlimited(), Some(tls)).await;
    let open = server.send(HALF_HANDSHAKE).await;
    // A request over plain HTTP is answered, so the first connection has been accepted.
    let _ = server.all(WHOLE).await;
    server.stop.send(()).unwrap();
    let end = timeout(TIMEOUT, server.served).await;
    end.expect("the server ends").unwrap().unwrap();
    rest(open).await;
}
