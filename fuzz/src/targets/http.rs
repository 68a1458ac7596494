//! HTTP requests to the emulator.
//!
//! An input is a request as text: the line `METHOD PATH`, header lines, a blank line, and the body.
//! `$target` is replaced by the prefix of `X-Amz-Target`.

use std::cell::Cell;
use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use cognito_emulator::http;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service, TARGET_PREFIX};
use cognito_emulator::world::Clock;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build();
    runtime.expect("a runtime can be built")
});

thread_local! {
    static STACK: Cell<Option<Stack>> = const { Cell::new(None) };
}

/// An emulator with one pool.
fn stack() -> Stack {
    let stack = Stack::builder().clock(Clock::fixed(1_800_000_000)).build();
    stack.call(&Call::new("CreateUserPool", json!({ "PoolName": "main" })));
    stack
}

/// Maximum number of bytes in the headers of a response. Node.js refuses 16 KiB.
const LONGEST_HEADERS: usize = 15_900;

/// Checks that every response is well-formed: its status is below 500, its headers are short and
/// visible ASCII, and its body is JSON if the content type says so.
pub(crate) fn run(data: &[u8]) {
    let Some(request) = parse(data) else {
        return;
    };
    // A trigger would make the emulator send requests. The other controls are safe.
    if request.uri().path().starts_with("/_emulator/triggers") {
        return;
    }
    let is_head = request.method() == Method::HEAD;
    let is_api = request.uri().path() == "/" && request.method() == Method::POST;
    let is_control = request.uri().path().starts_with("/_emulator/");
    let stack = STACK.take().unwrap_or_else(stack);
    if !is_control || request.method() == Method::GET {
        // A control changes the state for later runs, so its emulator is not kept. Other requests
        // change little.
        STACK.set(Some(stack.clone()));
    }
    let (head, body) = RUNTIME.block_on(async {
        let response = http::router(stack).oneshot(request).await;
        let (head, body) = response.expect("a router answers").into_parts();
        let body = to_bytes(body, usize::MAX).await;
        (head, body.expect("no fault was injected"))
    });
    assert!(head.status.as_u16() < 500, "{head:?}");
    check_headers(&head.headers);
    let kind = head.headers.get("content-type").map(HeaderValue::as_bytes);
    if is_api && head.status != 413 {
        assert_eq!(kind, Some(&b"application/x-amz-json-1.1"[..]), "{head:?}");
        assert!(head.headers.contains_key("x-amzn-requestid"), "{head:?}");
    }
    if !is_head && kind.is_some_and(|kind| kind.windows(4).any(|word| word == b"json")) {
        let read: Result<Value, _> = serde_json::from_slice(&body);
        assert!(read.is_ok(), "{head:?} {body:?}");
    }
}

fn check_headers(headers: &HeaderMap) {
    let length: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    assert!(length < LONGEST_HEADERS, "{length} bytes of headers");
    for (name, value) in headers {
        let visible = value
            .as_bytes()
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~'));
        assert!(visible, "{name}: {value:?}");
    }
}

fn parse(data: &[u8]) -> Option<Request<Body>> {
    let blank = data.windows(2).position(|pair| pair == b"\n\n")?;
    let (head, body) = data.split_at(blank);
    let mut lines = crate::text(head)?.lines();
    let (method, path) = lines.next()?.split_once(' ')?;
    let mut request = Request::new(Body::from(body.get(2..)?.to_vec()));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
    *request.uri_mut() = path.parse::<Uri>().ok()?;
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        let value = value.replace("$target", TARGET_PREFIX);
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request
            .headers_mut()
            .append(name, HeaderValue::from_str(&value).ok()?);
    }
    // Faults would delay responses and cut connections, as they should.
    (!request.uri().path().starts_with("/_emulator/faults")).then_some(request)
}
