//! The OTLP exporter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use rmcp::model::RequestMetaObject;
use tokio::runtime::Handle;
use tracing::{Level, Metadata, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;

use super::Export;
use crate::cognito::web::Web;
use crate::stderr::note;

/// Time limit for sending the last spans. Clients wait for about a second before they kill
/// the server, and running calls may have used most of that time.
const LAST_SPANS: Duration = Duration::from_millis(250);

/// Time limit for the collector's response. The environment can set a shorter one.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn start(runtime: &Handle) -> Result<Export, String> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender::over(runtime))
        .build()
        .map_err(|error| error.to_string())?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource())
        .build();
    let spans = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target() == super::TARGET;
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(spans).with_max_level_hint(Level::INFO));
    Ok(Export {
        layer: Box::new(layer),
        end: Box::new(move || {
            // A failure is ignored: the process is ending.
            let _ = provider.shutdown_with_timeout(LAST_SPANS);
        }),
    })
}

/// The resource of the spans: attributes that the environment does not set.
fn resource() -> Resource {
    let said = Resource::builder().build();
    let name = said.get(&Key::from_static_str("service.name"));
    let is_named = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let ours = Resource::builder().with_attribute(version);
    if is_named {
        ours.build()
    } else {
        ours.with_service_name(env!("CARGO_PKG_NAME")).build()
    }
}

/// Makes `span` a part of the trace that a request names in `meta`, in the form of W3C
/// Trace Context (SEP-414).
pub(crate) fn adopt(span: &Span, meta: &RequestMetaObject) {
    let parent = TraceContextPropagator::new().extract(&Named(meta));
    // This fails if the span is not recorded.
    let _ = span.set_parent(parent);
}

struct Named<'a>(&'a RequestMetaObject);

impl Extractor for Named<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// The exporter's HTTP client. It sends requests on the server's runtime, because the
/// exporter's own thread cannot wait for a socket.
#[derive(Debug)]
struct Sender {
    web: Web,
    runtime: Handle,
    has_failed: AtomicBool,
}

impl Sender {
    fn over(runtime: &Handle) -> Self {
        Self {
            web: Web::default(),
            runtime: runtime.clone(),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Reports only the first failure on stderr. Calls continue, and the collector may
    /// recover.
    fn fail(&self, address: &str, why: &str) {
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            note(format_args!(
                "cognito-mcp: Traces are lost, because {address} {why}; calls continue."
            ));
        }
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let uri = request.uri();
        let address = format!(
            "{}{}",
            uri.authority().map_or("", |at| at.as_str()),
            uri.path()
        );
        let web = self.web.clone();
        let sending = self
            .runtime
            .spawn(async move { web.send(request, TIMEOUT).await });
        let answered = sending.await?;
        match &answered {
            Ok(answer) if answer.status().is_success() => {
                self.has_failed.store(false, Ordering::Relaxed);
            }
            Ok(answer) => self.fail(&address, &format!("answered {}", answer.status())),
            Err(_) => self.fail(&address, "could not be reached"),
        }
        answered
    }
}
