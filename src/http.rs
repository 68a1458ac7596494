//! MCP over HTTP: who may speak to the server, and how much at once.
//!
//! What passes the guard is the protocol's own: rmcp serves both eras, checks
//! `Host` and `Origin`, and bounds bodies. A request that passes is known by its
//! [`Principal`]; the token it bore goes no further.

mod oauth;
mod origins;
mod token;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::Uri;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::BodyExt;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::oauth::Resource;
use self::origins::Origins;
use self::token::Token;
use crate::backend::StartError;
use crate::config::Http;
use crate::confirm::Principal;
use crate::server::Server;

/// Where the protocol is spoken.
const ENDPOINT: &str = "/mcp";

/// RFC 9728, section 3: where a resource says who guards it.
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// Requests with a longer body are refused with 413: the longest that makes
/// sense, a thousand new users, is far below it.
pub const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Requests at once, streams that stay open among them; more are refused with 503.
pub const REQUEST_LIMIT: usize = 128;

/// Sessions of the protocol's older revisions end when nobody has used them for
/// this long.
const SESSION_IDLE: Duration = Duration::from_hours(1);

/// Sessions whose owners are remembered; beyond it, those that have ended are forgotten.
const SESSIONS: usize = 1024;

/// How long an interrupted server waits for the calls under way.
const LAST_CALLS: Duration = Duration::from_secs(25);

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");

/// A server that listens, and does not serve yet.
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    /// Requests that will be answered by and by, unlike streams that stay open.
    calls: TaskTracker,
    /// Ends streams and sessions.
    end: CancellationToken,
}

/// What judges each request.
struct Guard {
    admission: Admission,
    places: Arc<Semaphore>,
    calls: TaskTracker,
    sessions: Arc<LocalSessionManager>,
    /// Who opened which session.
    owners: Mutex<BTreeMap<String, Principal>>,
}

/// Whom the guard lets in.
enum Admission {
    /// Everybody; loopback addresses only.
    Everybody,
    /// Who bears this token.
    Bearer(Token),
    /// Who bears an access token of an issuer.
    OAuth(Box<Resource>),
}

/// Why a request does not pass, in the words of RFC 6750.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    /// The error code of the challenge, where the request had credentials.
    error: Option<&'static str>,
    description: String,
    /// `WWW-Authenticate`.
    challenge: Option<String>,
}

impl Door {
    /// Listens for `server`'s clients.
    ///
    /// # Errors
    /// Where nobody is told who may speak to the server, where everybody in the
    /// network could, and where the address cannot be had.
    pub async fn open(server: Server, http: &Http) -> Result<Self, StartError> {
        let address = http
            .address
            .ok_or_else(|| StartError("--http names the address to listen on.".to_owned()))?;
        let public = http.url.as_deref().map(public_url).transpose()?;
        let admission = Admission::chosen(http, address)?;
        let listener = TcpListener::bind(address).await.map_err(|error| {
            StartError(format!(
                "Cannot listen on {address}: {error}. Choose another address with --http."
            ))
        })?;
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
            Chosen::OAuth => {
                let backend = &server.shared().backend;
                Admission::OAuth(Box::new(Resource::new(http, &url, backend)?))
            }
        };

        let end = CancellationToken::new();
        let mut sessions = LocalSessionManager::default();
        sessions.session_config.keep_alive = Some(SESSION_IDLE);
        let sessions = Arc::new(sessions);
        let origins = Origins::new(address, public.as_ref(), &http.origins)?;
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(hosts(address, public.as_ref())?)
            // An empty list would let every Origin in.
            .enforce_origin_validation()
            .with_allowed_origins(origins.names())
            .with_max_request_body_bytes(BODY_LIMIT)
            .with_cancellation_token(end.clone());
        let protocol =
            StreamableHttpService::new(move || Ok(server.clone()), Arc::clone(&sessions), config);

        let calls = TaskTracker::new();
        let metadata = match &admission {
            Admission::OAuth(resource) => Some(resource.metadata()),
            _ => None,
        };
        let guard = Arc::new(Guard {
            admission,
            places: Arc::new(Semaphore::new(REQUEST_LIMIT)),
            calls: calls.clone(),
            sessions,
            owners: Mutex::default(),
        });
        let mut router = Router::new()
            .route_service(ENDPOINT, protocol)
            .layer(middleware::from_fn_with_state(guard, pass));
        if let Some(metadata) = metadata {
            // Clients look for it with and without the endpoint's path.
            for path in [METADATA.to_owned(), format!("{METADATA}{ENDPOINT}")] {
                let metadata = metadata.clone();
                router = router.route(&path, get(async move || document(&metadata)));
            }
        }
        let router = router.fallback(async || {
            Refused::new(
                StatusCode::NOT_FOUND,
                format!("Nothing is here: MCP is at {ENDPOINT}"),
            )
        });
        // Outside the guard: browsers ask first without credentials.
        let router = router.layer(origins.shared());
        Ok(Self {
            listener,
            address,
            router,
            calls,
            end,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `interrupted`, and then until the calls under way are
    /// answered, though not for ever.
    ///
    /// # Errors
    /// As axum's.
    pub async fn serve(
        self,
        interrupted: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let Self { calls, end, .. } = self;
        let ended = end.clone();
        let ending = async move {
            interrupted.await;
            tokio::spawn(async move {
                calls.close();
                let _ = tokio::time::timeout(LAST_CALLS, calls.wait()).await;
                end.cancel();
            });
        };
        let served = axum::serve(self.listener, self.router).with_graceful_shutdown(ending);
        let overdue = async {
            ended.cancelled().await;
            // Whoever still sends or reads then does so too slowly.
            let _ =
                tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>()).await;
        };
        tokio::select! {
            served = served => served,
            () = overdue => Ok(()),
        }
    }
}

/// As [`Admission`], before the address is known.
enum Chosen {
    Everybody,
    Bearer(Token),
    OAuth,
}

impl Admission {
    fn chosen(http: &Http, address: SocketAddr) -> Result<Chosen, StartError> {
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
                "{} say different things about who may speak to the server: choose one.",
                named.join(" and ")
            )));
        }
        if http.insecure && !address.ip().is_loopback() {
            return Err(StartError(format!(
                "--insecure lets everybody in who reaches {address}, which is no loopback address: \
                 give clients a token with --http-token-file, or listen on 127.0.0.1."
            )));
        }
        match token {
            Some(token) => Ok(Chosen::Bearer(token)),
            None if http.oauth_issuer.is_some() => Ok(Chosen::OAuth),
            None if http.insecure => Ok(Chosen::Everybody),
            None => Err(StartError(
                "--http needs to know who may speak to the server: name a file for a token with \
                 --http-token-file (it is made where it is not there), set COGNITO_MCP_HTTP_TOKEN, \
                 name a user pool with --oauth-issuer, or let everybody on this machine in with \
                 --insecure."
                    .to_owned(),
            )),
        }
    }

    async fn admit(&self, headers: &HeaderMap) -> Result<Principal, Refused> {
        match self {
            Self::Everybody => Ok(Principal("anybody".to_owned())),
            Self::Bearer(token) => match bearer(headers) {
                Some(given) if token.is(given) => Ok(Principal("the token's bearer".to_owned())),
                given => Err(Refused::unauthorized(
                    given.is_some(),
                    "The token that this server was started with is required: send it as \
                     `Authorization: Bearer TOKEN`",
                    "",
                )),
            },
            Self::OAuth(resource) => resource.admit(bearer(headers)).await,
        }
    }
}

/// The token of `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Lets a request pass, or says why not.
async fn pass(
    State(guard): State<Arc<Guard>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let principal = guard.admission.admit(request.headers()).await?;
    // It was meant for this server alone, and what comes after might print it.
    request.headers_mut().remove(header::AUTHORIZATION);
    guard.own(request.headers(), &principal)?;
    let Ok(place) = Arc::clone(&guard.places).try_acquire_owned() else {
        return Err(Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The server answers as many requests as it can: try again in a second",
        ));
    };
    let method = request.headers().get(MCP_METHOD);
    let stays_open = request.method() != Method::POST
        || method.is_some_and(|method| method == "subscriptions/listen");
    let call = (!stays_open).then(|| guard.calls.token());
    let ends_session = request.method() == Method::DELETE;
    let session = request.headers().get(SESSION_ID).cloned();
    request.extensions_mut().insert(principal.clone());

    let response = next.run(request).await;
    if let Some(opened) = response
        .headers()
        .get(SESSION_ID)
        .filter(|_| session.is_none())
    {
        guard.opened(opened, principal).await;
    }
    if let Some(session) = session.filter(|_| ends_session) {
        guard.owners().remove(text(&session));
    }
    Ok(response.map(|body| holding(body, (place, call))))
}

/// `body`, which holds `held` until its last byte is sent or nobody reads on.
fn holding(body: Body, held: impl Send + 'static) -> Body {
    Body::new(body.map_frame(move |frame| {
        let _ = &held;
        frame
    }))
}

impl Guard {
    fn owners(&self) -> MutexGuard<'_, BTreeMap<String, Principal>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the session of a request is its principal's own: its id alone
    /// lets nobody in.
    fn own(&self, headers: &HeaderMap, principal: &Principal) -> Result<(), Refused> {
        let session = headers.get(SESSION_ID).map(text).unwrap_or_default();
        match self.owners().get(session) {
            Some(owner) if owner != principal => Err(Refused::new(
                StatusCode::NOT_FOUND,
                "There is no such session: begin anew with `initialize`",
            )),
            _ => Ok(()),
        }
    }

    async fn opened(&self, session: &HeaderValue, principal: Principal) {
        if self.owners().len() >= SESSIONS {
            let alive = self.sessions.sessions.read().await;
            self.owners()
                .retain(|session, _| alive.contains_key(session.as_str()));
        }
        self.owners().insert(text(session).to_owned(), principal);
    }
}

fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

impl Refused {
    fn new(status: StatusCode, description: impl Into<String>) -> Self {
        Self {
            status,
            error: None,
            description: description.into(),
            challenge: None,
        }
    }

    /// Not known who asks. RFC 6750, section 3.1: a challenge to a request
    /// without credentials names no error.
    fn unauthorized(bore_token: bool, description: impl Into<String>, parameters: &str) -> Self {
        Self {
            challenge: Some(parameters.to_owned()),
            error: bore_token.then_some("invalid_token"),
            ..Self::new(StatusCode::UNAUTHORIZED, description)
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = document(&json!({
            "error": self.error.unwrap_or(match self.status {
                StatusCode::UNAUTHORIZED => "unauthorized",
                StatusCode::NOT_FOUND => "not_found",
                _ => "temporarily_unavailable",
            }),
            "error_description": format!("{}.", self.description),
        }));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(parameters) = self.challenge {
            let error = self.error.map(|error| format!("error=\"{error}\""));
            let told = self.error.map(|_| {
                format!(
                    "error_description=\"{}\"",
                    self.description.replace(['"', '\\'], "'")
                )
            });
            let parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
            let all: Vec<String> = [error, told, parameters].into_iter().flatten().collect();
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

/// The parts of `--http-url`.
fn public_url(url: &str) -> Result<Uri, StartError> {
    url.parse::<Uri>()
        .ok()
        .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
        .ok_or_else(|| {
            StartError(format!(
                "--http-url {url}: write a whole URL, as in https://mcp.example.com{ENDPOINT}."
            ))
        })
}

/// Values of `Host` that mean this server, so that no web page can reach it by a
/// name of its own (DNS rebinding).
fn hosts(address: SocketAddr, public: Option<&Uri>) -> Result<Vec<String>, StartError> {
    let ip = address.ip();
    if ip.is_unspecified() && public.is_none() {
        return Err(StartError(format!(
            "--http {address} listens on every address of this machine: say with --http-url by \
             which name clients reach it, as in --http-url https://mcp.example.com{ENDPOINT}."
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
