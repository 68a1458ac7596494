//! HTTP mount: the emulator as a server for any AWS SDK.
//!
//! `POST /` is the API. The server also has the discovery documents of each
//! pool and, under `/_emulator/`, the controls of the emulator.

pub mod authority;
mod control;
mod discovery;
mod domain;
mod imports;
mod kms;
pub mod listener;
mod request_log;
mod root;

use std::borrow::Cow;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRef, FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body::Frame;
use serde::Serialize;
use smol_str::SmolStr;
use tokio::net::TcpListener;

use self::authority::{Authority, Scheme};
use self::listener::{Bodies, Held, Limits, Tls, Unread};
pub use self::request_log::RequestLog;
use crate::bounds::{CALL_BYTES, PREFLIGHT_HEADERS};
use crate::stack::Stack;
use crate::wire::{Call, Reply, Service};

/// Serves `stack` on `listener` until `shutdown` is ready. Requests in progress
/// are then answered within [`Limits::grace`].
pub async fn serve(
    listener: TcpListener,
    stack: Stack,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_within(listener, stack, Limits::default(), shutdown).await
}

/// Like [`serve`], with other limits.
pub async fn serve_within(
    listener: TcpListener,
    stack: Stack,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = router_within(stack, &limits, Scheme::Http, ConsoleAddress::default());
    listener::serve(listener, router, limits, shutdown).await
}

/// Options of a server.
#[derive(Clone, Default)]
pub struct Options {
    /// Receives a line about each request.
    pub log: Option<RequestLog>,
    /// Certificate and key of HTTPS; without them the server uses plain HTTP.
    pub tls: Option<Tls>,
    /// The address of the console of this process, once it is served.
    pub console: ConsoleAddress,
}

/// The address of a console, such as `http://127.0.0.1:9230/console/`; empty until it is served.
pub type ConsoleAddress = Arc<OnceLock<String>>;

/// Like [`serve`], with options.
pub async fn serve_with(
    listener: TcpListener,
    stack: Stack,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let limits = Limits::default();
    let Options { log, tls, console } = options;
    let scheme = match tls {
        Some(_) => Scheme::Https,
        None => Scheme::Http,
    };
    let mut router = router_within(stack.clone(), &limits, scheme, console);
    if let Some(log) = log {
        router = request_log::logged(router, &stack, log);
    }
    listener::serve_with(listener, router, limits, tls, shutdown).await
}

/// The router of the whole server, for embedding in another server.
pub fn router(stack: Stack) -> Router {
    let console = ConsoleAddress::default();
    router_within(stack, &Limits::default(), Scheme::Http, console)
}

fn router_within(stack: Stack, limits: &Limits, scheme: Scheme, console: ConsoleAddress) -> Router {
    let bodies = Bodies::new(limits);
    let pages = Router::new()
        .merge(discovery::router())
        .merge(imports::router())
        .layer(axum::middleware::map_response(async |page| share(page)))
        .merge(control::router());
    // The API is outside the layers, each of which would slow down every call.
    Router::new()
        .route("/", post(api).options(preflight).get(root::get))
        .merge(pages)
        .method_not_allowed_fallback(no_such_method)
        .fallback(domain::page)
        .with_state(Mounted {
            stack,
            bodies,
            scheme,
            console,
        })
}

/// The state that handlers use.
#[derive(Clone)]
struct Mounted {
    stack: Stack,
    bodies: Bodies,
    scheme: Scheme,
    console: ConsoleAddress,
}

impl FromRef<Mounted> for Stack {
    fn from_ref(mounted: &Mounted) -> Self {
        mounted.stack.clone()
    }
}

/// The complete body of a request to the controls.
struct Whole(Held);

impl FromRequest<Mounted> for Whole {
    type Rejection = Response;

    async fn from_request(request: Request, mounted: &Mounted) -> Result<Self, Response> {
        let body = mounted.bodies.read(request.into_body(), CALL_BYTES).await;
        body.map(Self).map_err(unread)
    }
}

/// The response to a request whose body was not read. AWS closes the connection if a body
/// is cut (inferred); this server sends the reason, for peers that still read.
fn unread(why: Unread) -> Response {
    let status = match why {
        Unread::TooLong => {
            return message(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!(
                    "The body is longer than {} MiB, more than any request to Cognito.",
                    CALL_BYTES / (1024 * 1024)
                ),
            );
        }
        Unread::Cut => StatusCode::BAD_REQUEST,
        Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Unread::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    message(status, &why.to_string())
}

async fn no_such_method() -> Response {
    share(nothing_here(StatusCode::METHOD_NOT_ALLOWED))
}

fn nothing_here(status: StatusCode) -> Response {
    message(
        status,
        "This path does not exist: send calls to POST /, and see GET /_emulator/ for the controls.",
    )
}

/// A response of the emulator itself, in the form of Cognito's errors.
fn message(status: StatusCode, message: &str) -> Response {
    (status, json(&serde_json::json!({ "message": message }))).into_response()
}

fn json(value: &impl Serialize) -> impl IntoResponse {
    let body = serde_json::to_string(value).expect("answers are plain data");
    ([(header::CONTENT_TYPE, "application/json")], body)
}

static INVOCATION: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");
static TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The API itself: `POST /`.
async fn api(State(mounted): State<Mounted>, request: Request) -> Response {
    let Mounted {
        stack,
        bodies,
        scheme,
        ..
    } = mounted;
    let (Parts { headers, uri, .. }, body) = request.into_parts();
    let body = match bodies.read(body, CALL_BYTES).await {
        Ok(body) => body,
        Err(why) => return share(unread(why)),
    };
    let text = |name: &HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    // In HTTP/2 the host is in the request's target.
    let host = text(&header::HOST).or_else(|| uri.host());
    let scope = stack.scope().at_host(host.unwrap_or_default());
    let (target, authorization) = (text(&TARGET), text(&header::AUTHORIZATION));
    let dated = headers.contains_key("x-amz-date") || headers.contains_key(header::DATE);
    let mut call = Call::from_http(target, authorization, dated, body.bytes.clone(), &scope)
        .of_invocation(text(&INVOCATION));
    if let Some(operation) = target.and_then(kms::operation) {
        return kms::answer(&stack, operation, &call);
    }
    call.address = address(&stack, scheme, &uri, &headers).map(SmolStr::from);
    // The functions of the account's world decide whether the call may wait.
    let stack = stack.world_of(&call).unwrap_or(stack);
    let reply = spawn_blocking_if_needed(&stack, move |stack| stack.call(&call)).await;
    share(answer(reply).await)
}

/// The address that the client used, if it becomes the issuer of tokens. Names that the
/// public DNS or another machine in the network can assign are ignored, so that a web page
/// cannot choose the issuer.
fn address(stack: &Stack, scheme: Scheme, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    if !stack.follows_clients() {
        return None;
    }
    let authority = Authority::of(uri, headers).ok();
    Some(authority.filter(Authority::is_local)?.url(scheme))
}

/// Runs `work` on this thread. If `work` may have to wait for a trigger, runs it on a
/// thread that may block, because this thread may have to serve the trigger.
async fn spawn_blocking_if_needed<R: Send + 'static>(
    stack: &Stack,
    work: impl FnOnce(&Stack) -> R + Send + 'static,
) -> R {
    if stack.world().functions.wait() {
        return blocking(stack, work).await;
    }
    work(stack)
}

/// Runs `work` on a thread that may block.
async fn blocking<R: Send + 'static>(
    stack: &Stack,
    work: impl FnOnce(&Stack) -> R + Send + 'static,
) -> R {
    let stack = stack.clone();
    let done = tokio::task::spawn_blocking(move || work(&stack)).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn answer(reply: Reply) -> Response {
    if !reply.delay.is_zero() {
        #[expect(
            clippy::disallowed_methods,
            reason = "a mount waits for the delays of replies"
        )]
        tokio::time::sleep(reply.delay).await;
    }
    if reply.cut.is_some() {
        let mut response = Response::new(Body::new(Aborted));
        response.extensions_mut().insert(IsCut);
        return response;
    }
    let mut response = Response::new(Body::from(reply.body.text()));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    // Room for these headers and those that `share` adds.
    headers.reserve(6);
    for (name, value) in reply.headers() {
        let value = match value {
            Cow::Borrowed(value) => Ok(HeaderValue::from_static(value)),
            Cow::Owned(value) => HeaderValue::try_from(value),
        };
        if let Ok(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Marks a response that is cut.
#[derive(Clone, Copy)]
struct IsCut;

/// A body that fails before its first byte. The server closes the connection
/// without sending the status line.
struct Aborted;

impl HttpBody for Aborted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

/// The response to a browser's preflight request for `X-Amz-Target`. Cognito repeats the headers
/// that the browser names, as recorded in `output.md` of github.com/AllanZhengYP/cors-test from
/// October 2020 to February 2021 (fact 1.6). Cognito's response also has a request id. Here the id
/// would be drawn from the seed, and later ids would depend on what the browser has cached.
async fn preflight(headers: HeaderMap) -> Response {
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_MAX_AGE, "172800"),
    ];
    let mut response = share(allowed.into_response());
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    if let Some(asked) = asked.filter(|asked| are_header_names(asked)) {
        let added = response.headers_mut();
        added.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    response
}

/// Whether `list` is a list of header names (RFC 9110, section 5.1) that is short enough
/// to repeat.
fn are_header_names(list: &HeaderValue) -> bool {
    let text = list.to_str().unwrap_or_default();
    let is_name = |name: &str| HeaderName::try_from(name.trim_matches([' ', '\t'])).is_ok();
    text.len() <= PREFLIGHT_HEADERS && text.split(',').all(is_name)
}

/// Lets pages of any origin read the API's responses (fact 1.6).
fn share(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        const { HeaderValue::from_static("*") },
    );
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, const {
        HeaderValue::from_static("x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
    });
    response
}

#[cfg(test)]
mod tests;
