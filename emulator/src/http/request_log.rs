//! The request log: a line for each HTTP request.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;

use super::{IsCut, TARGET};
use crate::model::Model;
use crate::stack::Stack;
use crate::wire::TARGET_PREFIX;
use crate::world::calendar::timestamp;

/// Receives a line about each HTTP request, without secrets.
pub type RequestLog = Arc<dyn Fn(&str) + Send + Sync>;

/// Characters of a path or an origin in a line.
pub(super) const PATH: usize = 100;

/// Adds a layer to `router` that passes a line about each request to `log`.
pub(super) fn logged(router: Router, stack: &Stack, log: RequestLog) -> Router {
    let stack = stack.clone();
    let line = move |request, next| note(stack.clone(), Arc::clone(&log), request, next);
    router.layer(from_fn(line))
}

/// Logs one request, as in `2026-11-30T12:03:04Z POST SignUp 400 UsernameExistsException REQUEST-ID`. The
/// time is the emulator's.
///
/// A line has no query and no body, because queries have secrets, such as the signatures
/// of uploads, and bodies have passwords.
async fn note(stack: Stack, log: RequestLog, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let operation = text(request.headers(), TARGET.as_str())
        .and_then(|target| target.strip_prefix(TARGET_PREFIX))
        .filter(|name| Model::get().operation(name).is_some());
    let what: String = match operation {
        Some(operation) => operation.to_owned(),
        None => request.uri().path().chars().take(PATH).collect(),
    };
    let page = text(request.headers(), header::ORIGIN.as_str());
    let page: Option<String> = page.map(|page| page.chars().take(PATH).collect());
    let response = next.run(request).await;
    let status = match response.extensions().get::<IsCut>() {
        Some(IsCut) => "cut".to_owned(),
        None => response.status().as_u16().to_string(),
    };
    let mut line = format!("{} {method} {what} {status}", time(&stack));
    let facts = ["x-amzn-errortype", "x-amzn-requestid"];
    for fact in facts
        .iter()
        .filter_map(|name| text(response.headers(), name))
    {
        line.push(' ');
        line.push_str(fact.trim_end_matches(':'));
    }
    if let Some(page) = page {
        line.push_str(" origin ");
        line.push_str(&page);
    }
    log(&line);
    response
}

/// The emulator's time, such as `2026-11-30T12:03:04Z`.
fn time(stack: &Stack) -> String {
    timestamp(stack.world().now())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
