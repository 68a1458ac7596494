//! `/_emulator/`: the controls of the emulator, for test suites in any
//! language.
//!
//! The controls have no authentication, so pages of foreign origins are
//! refused: browsers are admitted only from a loopback origin. A request must
//! name this machine by an address, or by a name that neither the public DNS
//! nor another machine in the network (mDNS, RFC 6762) can assign to it.

mod account;
mod deliveries;
mod export;
mod outbox_wait;
mod states;
mod worlds;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use http_body::Frame;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use self::account::{StackToChange, StackToRead};
use super::authority::Authority;
use super::{Mounted, Whole};
use crate::bounds::{FUNCTION_NAME, FUNCTIONS};
use crate::lambda::Endpoint;
use crate::layers::Invalid;
use crate::layers::faults::Fault;
use crate::layers::journal::{JournalFilter, Recorded};
use crate::layers::throttle::Throttle;
use crate::stack::{OutboxFilter, Stack};
use crate::world::TokenClock;

pub(super) fn router() -> Router<Mounted> {
    Router::new()
        .route("/_emulator", get(index))
        .route("/_emulator/", get(index))
        .route("/_emulator/clock", get(clock).post(advance))
        .route("/_emulator/deliveries", get(deliveries::deliveries))
        .route(
            "/_emulator/faults",
            get(faults).post(inject).delete(clear_faults),
        )
        .route("/_emulator/faults/{id}", delete(clear_fault))
        .route("/_emulator/export", get(export::get))
        .route("/_emulator/health", get(health))
        .route("/_emulator/imports/{pool}/{job}", get(import_log))
        .route("/_emulator/journal", get(journal).delete(clear_journal))
        .route("/_emulator/outbox", get(outbox).delete(clear_outbox))
        .route("/_emulator/outbox/wait", get(outbox_wait::wait))
        .route("/_emulator/reset", post(reset))
        .route("/_emulator/throttle", get(throttle).put(set_throttle))
        .route(
            "/_emulator/triggers",
            get(triggers).put(set_trigger).delete(remove_trigger),
        )
        .merge(states::router())
        .merge(worlds::router())
        .method_not_allowed_fallback(super::no_such_method)
        .layer(from_fn(guard))
}

async fn index(State(mounted): State<Mounted>, uri: Uri, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    // In HTTP/2 the host is in the request's target.
    let host = host.or_else(|| Some(uri.authority()?.as_str()));
    let base = format!("{}://", mounted.scheme.as_str());
    include_str!("index.txt")
        .replace(
            "http://HOST",
            &format!("{base}{}", host.unwrap_or("localhost")),
        )
        .into_response()
}

async fn health() -> Response {
    answer(&json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

async fn outbox(
    StackToRead(stack): StackToRead,
    filter: Result<Query<OutboxFilter>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(filter) = filter?;
    // Read first: a message that arrives meanwhile is then not skipped by `after`.
    let last = stack.world().courier.last();
    let mut messages = stack.outbox(&filter);
    // The newest message is first, as in the tool `read_outbox`.
    messages.reverse();
    Ok(answer(&json!({ "last": last, "messages": messages })))
}

async fn clear_outbox(StackToChange(stack): StackToChange) -> Response {
    stack.clear_outbox();
    let last = stack.world().courier.last();
    answer(&json!({ "last": last, "messages": [] }))
}

async fn clock(StackToRead(stack): StackToRead) -> Response {
    let clock = &stack.world().clock;
    let times = clock.token_times();
    answer(&json!({
        "now": clock.now(),
        "token_clock": times.clock,
        "token_age_seconds": times.age.as_secs_f64(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    #[serde(default, rename = "advance_seconds")]
    seconds: f64,
    token_clock: Option<TokenClock>,
    token_age_seconds: Option<f64>,
}

/// A hundred years in seconds: longer than any token is valid, and far below the limit of
/// time values.
const LONGEST_ADVANCE: f64 = 3_200_000_000.0;

async fn advance(StackToChange(stack): StackToChange, body: Whole) -> Result<Response, Refused> {
    let example = r#"{"advance_seconds": 3600, "token_clock": "real"}"#;
    let Advance {
        seconds: advance_seconds,
        token_clock,
        token_age_seconds,
    } = read(&body, example)?;
    let advance = seconds("advance_seconds", advance_seconds)?;
    let age = token_age_seconds.map(|age| seconds("token_age_seconds", age));
    let age = age.transpose()?;
    stack.set_token_times(token_clock, age);
    stack.advance(advance);
    Ok(clock(StackToRead(stack)).await)
}

fn seconds(member: &str, given: f64) -> Result<Duration, Refused> {
    if (0.0..=LONGEST_ADVANCE).contains(&given) {
        return Ok(Duration::from_secs_f64(given));
    }
    Err(Refused(format!(
        "`{member}` is {given}: give seconds from 0 to {LONGEST_ADVANCE}; the clock never goes back."
    )))
}

async fn faults(StackToRead(stack): StackToRead) -> Response {
    answer(&json!({ "faults": stack.faults() }))
}

async fn inject(StackToChange(stack): StackToChange, body: Whole) -> Result<Response, Refused> {
    let example =
        r#"{"on": {"operation": "SignUp"}, "when": {"nth": 1}, "effect": {"delay_ms": 100}}"#;
    stack.inject(read::<Fault>(&body, example)?)?;
    Ok(faults(StackToRead(stack)).await)
}

async fn clear_faults(StackToChange(stack): StackToChange) -> Response {
    stack.clear_faults();
    faults(StackToRead(stack)).await
}

/// Ends the fault with this id.
async fn clear_fault(
    StackToChange(stack): StackToChange,
    Path(id): Path<String>,
) -> Result<Response, NotFound> {
    if id.parse().is_ok_and(|id| stack.remove_fault(id)) {
        return Ok(faults(StackToRead(stack)).await);
    }
    let sentence = format!(
        "No fault has the id {}: GET /_emulator/faults lists them.",
        id.escape_debug()
    );
    Err(NotFound(Invalid(sentence)))
}

async fn import_log(
    State(stack): State<Stack>,
    Path((pool, job)): Path<(String, String)>,
) -> Response {
    if let Some(log) = stack.import_log(&pool, &job) {
        answer(&json!(log))
    } else {
        let sentence = format!("Pool {pool} has no import job {job}.");
        super::message(StatusCode::NOT_FOUND, &sentence)
    }
}

async fn journal(
    StackToRead(stack): StackToRead,
    filter: Result<Query<JournalFilter>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(filter) = filter?;
    let calls = Calls::new(stack.read_journal(&filter));
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((json, Body::new(calls)).into_response())
}

/// `{"calls": [...]}`, written in pieces. All entries at once would need many times the
/// memory of the journal.
struct Calls {
    left: std::vec::IntoIter<Recorded>,
    state: Written,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Nothing,
    Some,
    All,
}

impl Calls {
    /// Bytes of one piece.
    const PIECE: usize = 64 * 1024;

    fn new(calls: Vec<Recorded>) -> Self {
        Self {
            left: calls.into_iter(),
            state: Written::Nothing,
        }
    }

    fn piece(&mut self) -> Vec<u8> {
        let mut piece = Vec::with_capacity(Self::PIECE + Self::PIECE / 4);
        if self.state == Written::Nothing {
            piece.extend(br#"{"calls":["#);
        }
        while piece.len() < Self::PIECE {
            let Some(call) = self.left.next() else {
                piece.extend(b"]}");
                self.state = Written::All;
                return piece;
            };
            if self.state == Written::Some {
                piece.push(b',');
            }
            self.state = Written::Some;
            serde_json::to_writer(&mut piece, &call.entry()).expect("entries are plain data");
        }
        piece
    }
}

impl HttpBody for Calls {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let is_left = self.state != Written::All;
        Poll::Ready(is_left.then(|| Ok(Frame::data(self.piece().into()))))
    }
}

async fn clear_journal(StackToChange(stack): StackToChange) -> Response {
    stack.clear_journal();
    answer(&json!({ "calls": [] }))
}

async fn throttle(StackToRead(stack): StackToRead) -> Response {
    answer(&json!({ "throttle": stack.throttle() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetThrottle {
    throttle: Throttle,
}

async fn set_throttle(
    StackToChange(stack): StackToChange,
    body: Whole,
) -> Result<Response, Refused> {
    let SetThrottle { throttle: setting } = read(&body, r#"{"throttle": "10%"}"#)?;
    stack.set_throttle(setting);
    Ok(throttle(StackToRead(stack)).await)
}

async fn triggers(StackToRead(stack): StackToRead) -> Response {
    let functions = &stack.world().functions;
    answer(&json!({ "functions": functions.list(), "invocations": functions.log() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetTrigger {
    function: String,
    url: String,
}

async fn set_trigger(
    StackToChange(stack): StackToChange,
    body: Whole,
) -> Result<Response, Refused> {
    let example = r#"{"function": "pre-sign-up", "url": "http://localhost:9000"}"#;
    let SetTrigger { function, url } = read(&body, example)?;
    let endpoint = Endpoint::new(&function, &url).map_err(|bad| Refused(bad.to_string()))?;
    if function.len() > FUNCTION_NAME || url.len() > FUNCTION_NAME {
        return Err(Refused(format!(
            "The function's name or URL is too long: give at most {FUNCTION_NAME} characters."
        )));
    }
    if !stack.world().functions.have_room_for(&function) {
        return Err(Refused(format!(
            "{FUNCTIONS} functions are mapped: remove one with DELETE /_emulator/triggers?function=NAME."
        )));
    }
    stack.world().functions.insert(&function, endpoint);
    Ok(triggers(StackToRead(stack)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoveTrigger {
    function: String,
    /// [`StackToChange`] reads it.
    #[serde(rename = "account")]
    _account: Option<String>,
}

async fn remove_trigger(
    StackToChange(stack): StackToChange,
    which: Result<Query<RemoveTrigger>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(RemoveTrigger { function, .. }) = which?;
    if !stack.world().functions.remove(&function) {
        return Err(Refused(format!(
            "No function is mapped as `{function}`: see GET /_emulator/triggers."
        )));
    }
    Ok(triggers(StackToRead(stack)).await)
}

async fn reset(StackToChange(stack): StackToChange) -> Response {
    // A reset waits for the calls in progress.
    super::spawn_blocking_if_needed(&stack, Stack::reset).await;
    answer(&json!({}))
}

fn answer(value: &serde_json::Value) -> Response {
    super::json(value).into_response()
}

/// The reason why a request is refused.
struct Refused(String);

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Self {
        Self(invalid.0)
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Self(format!("{}.", rejection.body_text()))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        super::message(StatusCode::BAD_REQUEST, &self.0)
    }
}

/// What a request names does not exist.
struct NotFound(Invalid);

impl IntoResponse for NotFound {
    fn into_response(self) -> Response {
        super::message(StatusCode::NOT_FOUND, &self.0.0)
    }
}

fn read<T: DeserializeOwned>(body: &Whole, example: &str) -> Result<T, Refused> {
    serde_json::from_slice(&body.0.bytes).map_err(|error| {
        let error = error.to_string();
        let error = error.trim_end_matches('.');
        Refused(format!(
            "The body does not have the form {example}: {error}."
        ))
    })
}

/// Admits programs on this machine and network, and pages from this machine.
async fn guard(request: Request, next: Next) -> Response {
    let authority = match Authority::of(request.uri(), request.headers()) {
        Ok(authority) => authority,
        Err(sentence) => return super::message(StatusCode::BAD_REQUEST, sentence),
    };
    let origin = match allowed_origin(&authority, request.headers()) {
        Ok(None) => return next.run(request).await,
        Ok(Some(origin)) => origin,
        Err(sentence) => return super::message(StatusCode::FORBIDDEN, sentence),
    };
    let mut response = if request.method() == Method::OPTIONS {
        [
            (
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, POST, PUT, DELETE",
            ),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        ]
        .into_response()
    } else {
        next.run(request).await
    };
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// Longest scheme of an origin in bytes, such as that of
/// `capacitor://localhost`.
const LONGEST_SCHEME: usize = 32;

/// The origin of the page that sent a request for `authority`, if a page sent
/// it. An error if that origin is not allowed.
fn allowed_origin(
    authority: &Authority,
    headers: &HeaderMap,
) -> Result<Option<HeaderValue>, &'static str> {
    if !authority.is_local() {
        return Err(
            "The controls answer to this machine's address or local name only: \
                    use localhost or an IP address.",
        );
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return Ok(None),
        (Some(only), None) => only,
        (Some(_), Some(_)) => return Err("The request has several Origin headers: send one."),
    };
    let parts = origin.to_str().ok().and_then(|text| text.split_once("://"));
    let page = parts
        .filter(|(scheme, _)| scheme.len() <= LONGEST_SCHEME)
        .and_then(|(_, page)| Authority::parse(page));
    match page {
        Some(page) if page.is_loopback() => Ok(Some(origin.clone())),
        _ => Err("The controls refuse pages of other origins: open the page from localhost."),
    }
}
