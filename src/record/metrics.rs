//! Metrics: numbers of calls, refusals and failures, in the text format of Prometheus.
//!
//! Labels are names of tools, outcomes and codes of errors. No value of an argument is in them.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use parking_lot::Mutex;
use rmcp::ErrorData;
use tokio::net::TcpListener;

use crate::bounds::METRIC_CODES;
use crate::record::trace::Answer;
use crate::shared_state::{self, State};

/// Whether the process counts.
static IS_ON: AtomicBool = AtomicBool::new(false);

/// The calls by tool and outcome.
static CALLS: Mutex<BTreeMap<(&'static str, &'static str), u64>> = Mutex::new(BTreeMap::new());

/// The refused calls by code.
static REFUSALS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// The requests that Cognito throttled.
static THROTTLES: AtomicU64 = AtomicU64::new(0);

/// Serves the metrics at `address`, until the process ends. Returns the address.
///
/// # Errors
/// If the address is not available.
pub async fn serve(address: SocketAddr, state: Arc<State>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    IS_ON.store(true, Ordering::Relaxed);
    let answer = async move || {
        let kind = "text/plain; version=0.0.4; charset=utf-8";
        ([(header::CONTENT_TYPE, kind)], text(&state).await)
    };
    let router = Router::new().route("/metrics", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Counts a call of the tool called `name`; none if there is no such tool.
pub(crate) fn called<T: Answer>(name: Option<&'static str>, answered: &Result<T, ErrorData>) {
    if !IS_ON.load(Ordering::Relaxed) {
        return;
    }
    let (outcome, code) = match answered {
        Ok(answer) => match answer.failure() {
            Some(failure) => ("error", failure.code),
            None if answer.is_question() => ("input_required", None),
            None => ("ok", None),
        },
        Err(error) => ("error", Some(error.code.0.to_string())),
    };
    *CALLS
        .lock()
        .entry((name.unwrap_or("unknown"), outcome))
        .or_default() += 1;
    let Some(code) = code else {
        return;
    };
    let mut refusals = REFUSALS.lock();
    let code = if refusals.len() < METRIC_CODES || refusals.contains_key(&code) {
        code
    } else {
        "other".to_owned()
    };
    *refusals.entry(code).or_default() += 1;
}

/// Counts a request that Cognito throttled.
pub(crate) fn throttled() {
    THROTTLES.fetch_add(1, Ordering::Relaxed);
}

async fn text(state: &State) -> String {
    let mut text = String::new();
    family(
        &mut text,
        "calls_total",
        "counter",
        "Calls by tool and outcome.",
    );
    for ((tool, outcome), count) in CALLS.lock().iter() {
        let _ = writeln!(
            text,
            "cognito_mcp_calls_total{{tool=\"{tool}\",outcome=\"{outcome}\"}} {count}"
        );
    }
    family(
        &mut text,
        "refusals_total",
        "counter",
        "Refused calls by code.",
    );
    for (code, count) in REFUSALS.lock().iter() {
        let code: String = code
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
            .collect();
        let _ = writeln!(
            text,
            "cognito_mcp_refusals_total{{code=\"{code}\"}} {count}"
        );
    }
    let throttles = THROTTLES.load(Ordering::Relaxed);
    family(
        &mut text,
        "throttles_total",
        "counter",
        "Requests that Cognito throttled.",
    );
    let _ = writeln!(text, "cognito_mcp_throttles_total {throttles}");
    if state.is_shared() {
        let errors = shared_state::errors();
        family(
            &mut text,
            "shared_state_errors_total",
            "counter",
            "Failed commands of the shared state.",
        );
        let _ = writeln!(text, "cognito_mcp_shared_state_errors_total {errors}");
        let is_up = u8::from(state.check().await.is_ok());
        family(
            &mut text,
            "shared_state_up",
            "gauge",
            "Whether the shared state answers.",
        );
        let _ = writeln!(text, "cognito_mcp_shared_state_up {is_up}");
    }
    text
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(
        text,
        "# HELP cognito_mcp_{name} {help}\n# TYPE cognito_mcp_{name} {kind}"
    );
}
