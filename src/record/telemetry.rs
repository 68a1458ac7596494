//! Export of spans by the OpenTelemetry protocol. It requires a build with the feature
//! `otel`, and `OTEL_EXPORTER_OTLP_ENDPOINT` or its variant for traces in the environment.
//! Otherwise nothing is sent.
//!
//! Other variables have the meaning that OpenTelemetry's [specification] gives them.
//!
//! [specification]: https://opentelemetry.io/docs/specs/otel/protocol/exporter/

#[cfg(feature = "otel")]
mod otlp;

use tokio::runtime::Handle;
use tracing_subscriber::{Layer, Registry};

use crate::stderr::note;

#[cfg(feature = "otel")]
pub(crate) use otlp::adopt;

/// The target of the spans of [`crate::record::trace`]. Nothing else uses it.
pub const TARGET: &str = "cognito_mcp::record::trace";

/// The exporter of spans.
pub struct Export {
    /// Collects the spans.
    pub layer: Box<dyn Layer<Registry> + Send + Sync>,
    /// Sends the remaining spans, with a short timeout.
    pub end: Box<dyn FnOnce()>,
}

/// Starts the export of spans to the address in the environment. Requests run on `runtime`.
/// Returns none if the environment has no address.
///
/// If the environment requires something that is not supported, a message on stderr says
/// so and the program continues: such variables are often meant for the program that
/// started this one.
#[must_use]
pub fn start(runtime: &Handle) -> Option<Export> {
    let said = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let is = |name, word: &str| said(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    let either = |traces, all| said(traces).or_else(|| said(all));
    let address = either(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    );
    if address.is_none() || is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
        return None;
    }
    let protocol = either(
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    );
    let started = match protocol {
        Some(other) if other != "http/protobuf" => Err(format!(
            "only http/protobuf is supported, and OTEL_EXPORTER_OTLP_PROTOCOL is {}",
            other.display()
        )),
        _ => export(runtime),
    };
    let failed = |why| note(format_args!("cognito-mcp: No traces are exported: {why}."));
    started.map_err(failed).ok()
}

#[cfg(feature = "otel")]
use otlp::start as export;

#[cfg(not(feature = "otel"))]
fn export(_: &Handle) -> Result<Export, String> {
    Err("this program was built without the feature `otel`".to_owned())
}
