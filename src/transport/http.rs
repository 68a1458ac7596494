//! MCP over HTTP: admission of requests, and bounds on them.
//!
//! Each request has to name this server as its host, and its sender has to be authenticated
//! before its body is read. rmcp implements the old and the new revisions of the protocol,
//! and checks `Origin`. A request that is admitted has a [`Principal`]; its token is
//! removed.

mod calls;
mod console;
mod oauth;
mod origins;
mod sessions;
mod static_token;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::Uri;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cognito_emulator::http::authority::Authority;
use cognito_emulator::http::listener::{self, Bodies, Unread};
use http_body_util::BodyExt;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::calls::Calls;
use self::console::Console;
use self::oauth::Resource;
use self::origins::Origins;
use self::sessions::{InUse, Refused, Sessions};
use self::static_token::Token;
use crate::bounds;
use crate::config::Http;
use crate::mcp::server::Server;
use crate::principal::Principal;
use crate::shared_state;
use crate::start_error::StartError;
use crate::transport::rpc::Unreadable;

/// The path of the protocol.
const ENDPOINT: &str = "/mcp";

/// The path of the protected resource metadata: RFC 9728, section 3.
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// The path at which probes of containers and load balancers check that the server runs.
const HEALTH: &str = "/health";

/// The path at which load balancers check that the server takes requests: that it can use what it
/// shares with its replicas, and is not about to end.
const READY: &str = "/ready";

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");

/// The port of the console if no address is configured.
const CONSOLE_PORT: u16 = 9230;

/// Bounds on clients.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bounds on connections and on what arrives on them. Bodies at once:
    /// [`bounds::BODIES`].
    pub connections: listener::Limits,
    /// Bytes of a request's body: [`bounds::BODY_BYTES`].
    pub body_bytes: usize,
    /// Requests at once: [`bounds::REQUESTS`].
    pub requests: usize,
    /// Sessions at once: [`bounds::SESSIONS`].
    pub sessions: usize,
    /// Sessions of one principal at once: [`bounds::SESSIONS_OF_ONE`].
    pub sessions_of_one: usize,
    /// Time that an idle session is kept: [`bounds::SESSION_IDLE`].
    pub session_idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: listener::Limits {
                bodies: bounds::BODIES,
                ..listener::Limits::default()
            },
            body_bytes: bounds::BODY_BYTES,
            requests: bounds::REQUESTS,
            sessions: bounds::SESSIONS,
            sessions_of_one: bounds::SESSIONS_OF_ONE,
            session_idle: bounds::SESSION_IDLE,
        }
    }
}

/// A server that listens and does not serve yet.
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    limits: Limits,
    sessions: Arc<Sessions>,
    calls: Arc<Calls>,
    /// The time in which calls move to other replicas before the server ends.
    drain: Duration,
    /// Runs the tasks that continue calls.
    server: Server,
    /// Ends streams and sessions.
    end: CancellationToken,
    /// The one-time address of the console, if it is served.
    console: Option<String>,
}

/// The state with which requests are admitted.
struct Guard {
    admission: Admission,
    console: Option<Arc<Console>>,
    limits: Limits,
    bodies: Bodies,
    places: Arc<Semaphore>,
    calls: Arc<Calls>,
    sessions: Arc<Sessions>,
}

/// The callers that are admitted.
enum Admission {
    /// Every caller; loopback addresses only.
    Everybody,
    /// Callers that send this token.
    Bearer(Token),
    /// Callers that send an access token of an issuer.
    OAuth(Box<Resource>),
    /// The console's pages.
    ConsoleOnly,
}

/// Why a request is refused, in the terms of RFC 6750.
#[derive(Debug)]
struct Rejection {
    status: StatusCode,
    /// The error code of the challenge, if the request had credentials.
    error: Option<&'static str>,
    description: String,
    /// `WWW-Authenticate`.
    challenge: Option<String>,
}

impl HttpServer {
    /// Listens for `server`'s clients.
    ///
    /// # Errors
    /// If `http` does not say which clients are admitted, if it admits every caller in the
    /// network, or if the address is not available.
    pub async fn open(server: Server, http: &Http) -> Result<Self, StartError> {
        Self::open_within(server, http, Limits::default()).await
    }

    /// As [`HttpServer::open`], within other limits.
    ///
    /// # Errors
    /// As [`HttpServer::open`].
    pub async fn open_within(
        server: Server,
        http: &Http,
        limits: Limits,
    ) -> Result<Self, StartError> {
        let public = http.url.as_deref().map(public_url).transpose()?;
        let admission = Admission::chosen(http)?;
        if http.console {
            check_console(http.address, public.as_ref())?;
        }
        let listener = listen(http).await?;
        let address = listener
            .local_addr()
            .map_err(|error| StartError(format!("Cannot listen: {error}")))?;
        let url = match &http.url {
            Some(url) => url.clone(),
            None => format!("http://{address}{ENDPOINT}"),
        };
        let admission = match admission {
            Chosen::Everybody => Admission::Everybody,
            Chosen::Bearer(token) => Admission::Bearer(token),
            Chosen::ConsoleOnly => Admission::ConsoleOnly,
            Chosen::OAuth => {
                Admission::OAuth(Box::new(Resource::new(http, &url, server.backend())?))
            }
        };
        let metadata = match &admission {
            Admission::OAuth(resource) => Some(resource.metadata()),
            _ => None,
        };
        let hosts = hosts(address, public.as_ref())?;
        let origins = Origins::new(address, public.as_ref(), &http.origins)?;

        let (console, entry) = match http.console.then(|| Console::new(address)).transpose()? {
            Some((console, entry)) => (Some(Arc::new(console)), Some(entry)),
            None => (None, None),
        };

        let end = CancellationToken::new();
        let mut manager = LocalSessionManager::default();
        // `Sessions` closes idle sessions instead: for rmcp, a session with an open stream
        // may be idle.
        manager.session_config.keep_alive = None;
        let manager = Arc::new(manager);
        let state = Arc::clone(&server.backend().state);
        let sessions = Sessions::new(Arc::clone(&manager), limits, Arc::clone(&state));
        let mut config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(hosts.clone())
            // An empty list would admit every Origin.
            .enforce_origin_validation()
            .with_allowed_origins(origins.names())
            .with_max_request_body_bytes(limits.body_bytes)
            .with_cancellation_token(end.clone());
        config.session_store = sessions.store();
        let own = server.clone();
        let protocol = StreamableHttpService::new(move || Ok(server.clone()), manager, config);
        let guard = Guard {
            admission,
            console,
            limits,
            bodies: Bodies::new(&limits.connections),
            places: Arc::new(Semaphore::new(limits.requests)),
            calls: Arc::new(Calls::new()),
            sessions,
        };
        Ok(Self {
            listener,
            address,
            limits,
            sessions: Arc::clone(&guard.sessions),
            calls: Arc::clone(&guard.calls),
            drain: http.drain_time(),
            server: own,
            router: router(protocol, guard, metadata, origins, hosts, state),
            end,
            console: entry,
        })
    }

    /// The one-time address of the console, if it is served.
    #[must_use]
    pub fn console(&self) -> Option<&str> {
        self.console.as_deref()
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `interrupted`, and then until the calls under way are answered, at
    /// most for [`listener::Limits::grace`]. With [`Http::drain`], further calls are answered
    /// before that, while `/ready` answers 503.
    ///
    /// # Errors
    /// As [`listener::serve`].
    pub async fn serve(
        self,
        interrupted: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let Self {
            calls,
            drain,
            server,
            end,
            sessions,
            ..
        } = self;
        let swept = end.clone();
        tokio::spawn(async move { swept.run_until_cancelled(sessions.sweep()).await });
        let last_call = end.clone();
        let ending = async move {
            interrupted.await;
            calls.drain(drain, || server.runs_tasks()).await;
            tokio::spawn(async move {
                calls.finish().await;
                // Ends the streams that would stay open.
                last_call.cancel();
            });
        };
        let limits = self.limits.connections;
        let served = listener::serve(self.listener, self.router, limits, ending).await;
        end.cancel();
        served
    }
}

/// The routes: the protocol behind `guard`, and the metadata for clients without a token.
fn router(
    protocol: StreamableHttpService<Server, LocalSessionManager>,
    guard: Guard,
    metadata: Option<serde_json::Value>,
    origins: Origins,
    hosts: Vec<String>,
    state: Arc<shared_state::State>,
) -> Router {
    let console = guard.console.clone();
    let calls = Arc::clone(&guard.calls);
    let mut router = Router::new()
        .route_service(ENDPOINT, protocol)
        .layer(middleware::from_fn_with_state(Arc::new(guard), pass));
    if let Some(metadata) = metadata {
        // Clients request the metadata with and without the endpoint's path.
        for path in [METADATA.to_owned(), format!("{METADATA}{ENDPOINT}")] {
            let metadata = metadata.clone();
            router = router.route(&path, get(async move || document(&metadata)));
        }
    }
    let router = router.fallback(async || {
        Rejection::new(
            StatusCode::NOT_FOUND,
            format!("Unknown path: MCP is at {ENDPOINT}"),
        )
    });
    let router = router
        // This is outside the guard, because browsers send preflight requests without
        // credentials.
        .layer(origins.shared())
        .layer(middleware::from_fn(origins::bound_mirrored));
    let router = match console {
        // Pages of other origins get no access to it by CORS.
        Some(console) => router.merge(console::router(console)),
        None => router,
    };
    router
        .layer(middleware::from_fn_with_state(hosts.into(), named))
        // This is outside all checks: probes use their own address for the server, and the
        // response only says that the process serves.
        .route(HEALTH, get(async || document(&json!({ "status": "ok" }))))
        .route(READY, get(async move || ready(&state, &calls).await))
}

/// Whether the server takes requests: it can use the state that it shares with its replicas, and is
/// not about to end. State in the process can always be used.
async fn ready(state: &shared_state::State, calls: &Calls) -> Response {
    let (status, why) = if calls.is_ending() {
        (
            "ending",
            "the server finishes its calls and ends".to_owned(),
        )
    } else {
        match state.check().await {
            Ok(()) => return document(&json!({ "status": "ok" })),
            Err(why) => ("unavailable", format!("the shared state {why}")),
        }
    };
    let mut response = document(&json!({ "status": status, "why": why }));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// Refuses a request for another host. A web page may have sent it under the page's own
/// host name (DNS rebinding).
async fn named(
    State(hosts): State<Arc<[String]>>,
    request: Request,
    next: Next,
) -> Result<Response, Rejection> {
    let authority = Authority::of(request.uri(), request.headers())
        .map_err(|sentence| Rejection::new(StatusCode::BAD_REQUEST, sentence))?;
    if !hosts.contains(&authority.host) {
        return Err(Rejection::new(
            StatusCode::FORBIDDEN,
            "The request names another host: use the address that the server listens on, or \
            the host of --http-url",
        ));
    }
    if !origins::are_readable(request.headers()) {
        return Err(Rejection::new(
            StatusCode::FORBIDDEN,
            "The request does not have one valid Origin: send the page's own, or none",
        ));
    }
    Ok(next.run(request).await)
}

/// The kind of [`Admission`] that the flags select.
enum Chosen {
    Everybody,
    Bearer(Token),
    OAuth,
    ConsoleOnly,
}

impl Admission {
    fn chosen(http: &Http) -> Result<Chosen, StartError> {
        let token = Token::configured(http)?;
        let named = [
            ("--insecure", http.insecure),
            (
                "--http-token-file or COGNITO_MCP_HTTP_TOKEN",
                token.is_some(),
            ),
            ("--oauth-issuer", http.oauth_issuer.is_some()),
        ];
        let named: Vec<&str> = named
            .into_iter()
            .filter(|(_, named)| *named)
            .map(|(flag, _)| flag)
            .collect();
        if named.len() > 1 {
            return Err(StartError(format!(
                "{} contradict each other: choose one way to authenticate clients.",
                named.join(" and ")
            )));
        }
        let open = http.address.filter(|address| !address.ip().is_loopback());
        if let Some(address) = open.filter(|_| http.insecure) {
            return Err(StartError(format!(
                "--insecure admits every caller that reaches {address}, which is not a loopback address: \
                 give clients a token with --http-token-file, or listen on 127.0.0.1."
            )));
        }
        match token {
            Some(token) => Ok(Chosen::Bearer(token)),
            None if http.oauth_issuer.is_some() => Ok(Chosen::OAuth),
            None if http.insecure => Ok(Chosen::Everybody),
            None if http.console => Ok(Chosen::ConsoleOnly),
            None => Err(StartError(
                "--http requires a way to authenticate clients: name a token file with \
                --http-token-file (it is created if it does not exist), set COGNITO_MCP_HTTP_TOKEN, \
                name a user pool with --oauth-issuer, admit every caller on this machine with \
                --insecure, or only the pages of the console with --console."
                    .to_owned(),
            )),
        }
    }

    async fn admit(&self, headers: &HeaderMap) -> Result<Principal, Rejection> {
        match self {
            Self::Everybody => Ok(Principal("anybody".to_owned())),
            Self::Bearer(token) => match bearer(headers) {
                Some(given) if token.is(given) => {
                    Ok(Principal("the bearer of the static token".to_owned()))
                }
                given => Err(Rejection::unauthorized(
                    given.is_some(),
                    "The token that this server was started with is required: send it as \
                     `Authorization: Bearer TOKEN`",
                    "",
                )),
            },
            Self::OAuth(resource) => resource.admit(bearer(headers)).await,
            Self::ConsoleOnly => Err(Rejection::unauthorized(
                bearer(headers).is_some(),
                "Only the pages of the console are admitted, in a browser that has access: open \
                 the address that the server prints. For other clients, start the server with \
                 --http-token-file",
                "",
            )),
        }
    }
}

/// The token of `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Admits a request, or returns why it is refused.
async fn pass(
    State(guard): State<Arc<Guard>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Rejection> {
    let principal = guard.admit(request.headers()).await?;
    // The credentials are for this server alone, and later code might print them.
    request.headers_mut().remove(header::AUTHORIZATION);
    request.headers_mut().remove(header::COOKIE);
    let method = request.headers().get(MCP_METHOD);
    let stays_open = request.method() != Method::POST
        || method.is_some_and(|method| method == "subscriptions/listen");
    let call = (!stays_open).then(|| guard.calls.begin());
    let ends_session = request.method() == Method::DELETE;
    let is_json = is_json(request.headers());
    let session = request.headers().get(SESSION_ID).map(text);
    let session = session.map(ToOwned::to_owned);
    let in_use = guard.enter(session.as_deref(), &principal).await?;
    request.extensions_mut().insert(principal.clone());

    // A request whose body has not arrived does not count as one under way.
    let (head, body) = request.into_parts();
    let body = guard.bodies.read(body, guard.limits.body_bytes).await?;
    let Ok(place) = Arc::clone(&guard.places).try_acquire_owned() else {
        return Err(Rejection::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many requests are under way: try again in a second",
        ));
    };
    if let Some(why) = Unreadable::repeats_too_much(&body.bytes) {
        return Ok(unreadable(&why));
    }
    let request = Request::from_parts(head, Body::from(body.bytes.clone()));
    if let Some(id) = session.as_deref().filter(|_| ends_session) {
        guard.sessions.end_everywhere(id, &principal).await;
    }
    let response = Sessions::for_caller(&principal, next.run(request)).await;
    if is_json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        return Ok(unreadable(&Unreadable::of(&body.bytes)));
    }
    let in_use = match (&session, response.headers().get(SESSION_ID)) {
        (None, Some(opened)) => Some(guard.sessions.opened(text(opened), principal)),
        // rmcp has opened a session of another replica.
        (Some(id), _) if in_use.is_none() && !ends_session && response.status().is_success() => {
            Some(guard.sessions.opened(id, principal))
        }
        _ => in_use,
    };
    if let Some(session) = session.filter(|_| ends_session) {
        guard.sessions.ended(&session);
    }
    Ok(response.map(|body| holding(body, (place, call, in_use))))
}

/// `body`, which keeps `held` until its last byte is sent or its reader is dropped.
fn holding(body: Body, held: impl Send + 'static) -> Body {
    Body::new(body.map_frame(move |frame| {
        let _ = &held;
        frame
    }))
}

/// Whether a body is JSON by its `Content-Type`.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(text);
    let essence = kind.and_then(|kind| kind.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// The response to a body that is not a message.
fn unreadable(why: &Unreadable) -> Response {
    let mut response = document(&why.json());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

impl Guard {
    /// The principal of a request.
    async fn admit(&self, headers: &HeaderMap) -> Result<Principal, Rejection> {
        match &self.console {
            Some(console) if console.admits(headers) => Ok(Principal::console()),
            _ => self.admission.admit(headers).await,
        }
    }

    /// Begins a request of a session, if the session belongs to `principal`.
    async fn enter(
        &self,
        session: Option<&str>,
        principal: &Principal,
    ) -> Result<Option<InUse>, Rejection> {
        let Some(session) = session else {
            return Ok(None);
        };
        let entered = self.sessions.enter(session, principal).await;
        entered.map_err(|why| match why {
            Refused::Unknown => Rejection::new(
                StatusCode::NOT_FOUND,
                "Unknown session: begin again with `initialize`",
            ),
            Refused::Unavailable => Rejection::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The store of sessions cannot be used: try again in a second",
            ),
        })
    }
}

fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

impl Rejection {
    fn new(status: StatusCode, description: impl Into<String>) -> Self {
        Self {
            status,
            error: None,
            description: description.into(),
            challenge: None,
        }
    }

    /// The caller is not authenticated. RFC 6750, section 3.1: a challenge to a request
    /// without credentials names no error.
    fn unauthorized(had_token: bool, description: impl Into<String>, parameters: &str) -> Self {
        Self {
            challenge: Some(parameters.to_owned()),
            error: had_token.then_some("invalid_token"),
            ..Self::new(StatusCode::UNAUTHORIZED, description)
        }
    }
}

impl From<Unread> for Rejection {
    fn from(why: Unread) -> Self {
        let status = match why {
            Unread::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Unread::Cut => StatusCode::BAD_REQUEST,
            Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Unread::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, why.to_string())
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let mut response = document(&json!({
            "error": self.error.unwrap_or(match self.status {
                StatusCode::BAD_REQUEST => "invalid_request",
                StatusCode::UNAUTHORIZED => "unauthorized",
                StatusCode::FORBIDDEN => "forbidden",
                StatusCode::NOT_FOUND => "not_found",
                StatusCode::REQUEST_TIMEOUT => "request_timeout",
                StatusCode::PAYLOAD_TOO_LARGE => "payload_too_large",
                _ => "temporarily_unavailable",
            }),
            "error_description": format!("{}.", self.description.trim_end_matches('.')),
        }));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(parameters) = self.challenge {
            let error = self.error.map(|error| format!("error=\"{error}\""));
            let description = self.error.map(|_| {
                format!(
                    "error_description=\"{}\"",
                    self.description.replace(['"', '\\'], "'")
                )
            });
            let parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
            let all: Vec<String> = [error, description, parameters]
                .into_iter()
                .flatten()
                .collect();
            let challenge = format!("Bearer {}", all.join(", "));
            if let Ok(challenge) = HeaderValue::from_str(challenge.trim()) {
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

fn document(value: &serde_json::Value) -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], value.to_string()).into_response()
}

/// Listens at the address of the flags. A console without an address gets its own port, or
/// another one if that is taken.
async fn listen(http: &Http) -> Result<TcpListener, StartError> {
    if let Some(address) = http.address {
        return TcpListener::bind(address).await.map_err(|error| {
            StartError(format!(
                "Cannot listen on {address}: {error}. Choose another address with --http."
            ))
        });
    }
    if !http.console {
        let sentence = "--http names the address to listen on.";
        return Err(StartError(sentence.to_owned()));
    }
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, CONSOLE_PORT)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
    };
    listener.map_err(|error| StartError(format!("Cannot listen on 127.0.0.1: {error}.")))
}

/// Checks that only this machine can reach a console.
fn check_console(address: Option<SocketAddr>, public: Option<&Uri>) -> Result<(), StartError> {
    if let Some(address) = address.filter(|address| !address.ip().is_loopback()) {
        return Err(StartError(format!(
            "--console is for this machine only, and other machines can reach {address}: listen on \
             127.0.0.1, or leave out --console."
        )));
    }
    let host = public.and_then(Uri::host);
    if let Some(host) = host.filter(|host| !LOOPBACK.contains(&host.trim_matches(['[', ']']))) {
        return Err(StartError(format!(
            "--console is for this machine only, and --http-url says that clients reach the server \
             at {host}: leave out --console or --http-url."
        )));
    }
    Ok(())
}

/// Parses `--http-url`.
fn public_url(url: &str) -> Result<Uri, StartError> {
    url.parse::<Uri>()
        .ok()
        .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
        .ok_or_else(|| {
            StartError(format!(
                "--http-url {url}: write a complete URL, as in https://mcp.example.com{ENDPOINT}."
            ))
        })
}

/// The names of this server in `Host`.
fn hosts(address: SocketAddr, public: Option<&Uri>) -> Result<Vec<String>, StartError> {
    let ip = address.ip();
    if ip.is_unspecified() && public.is_none() {
        return Err(StartError(format!(
            "--http {address} listens on every address of this machine: add the URL that clients \
            use, as in --http-url https://mcp.example.com{ENDPOINT}."
        )));
    }
    let mut hosts = vec![ip.to_string()];
    if ip.is_loopback() {
        hosts.extend(LOOPBACK.map(ToOwned::to_owned));
    }
    hosts.extend(public.and_then(Uri::host).map(ToOwned::to_owned));
    Ok(hosts)
}

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
