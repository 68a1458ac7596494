//! Spans for tracing: one for each call, resource or prompt that a client requests. Each
//! one contains a span for each request to Cognito.
//!
//! They contain method, time and outcome, in the attributes of OpenTelemetry's
//! conventions for [MCP] and for the [AWS SDK]. They contain neither arguments nor
//! answers, nor sentences that might repeat them. They are recorded only if the program
//! was built to export them and has an address to send them to
//! ([`crate::record::telemetry`]).
//!
//! [MCP]: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
//! [AWS SDK]: https://opentelemetry.io/docs/specs/semconv/cloud-providers/aws-sdk/

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use axum::http::request::Parts;
use rmcp::model::{
    CallToolResponse, CompleteResult, GetPromptResponse, ListResourcesResult, ReadResourceResponse,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};

use crate::error::{self, ToolError};
use crate::guard::untrusted;
use crate::record::telemetry::TARGET;

/// The span of a client's request: `method`, applied to the tool, prompt or resource
/// `name`, within the trace that `_meta` names.
pub(crate) fn request(
    method: &'static str,
    name: Option<&'static str>,
    context: &RequestContext<RoleServer>,
) -> Span {
    let is_tool = method == "tools/call";
    let over_http = context.extensions.get::<Parts>().is_some();
    let span = info_span!(
        target: TARGET,
        "request",
        otel.name = name.map_or_else(|| method.to_owned(), |name| format!("{method} {name}")),
        otel.kind = "server",
        otel.status_code = Empty,
        otel.status_description = Empty,
        "mcp.method.name" = method,
        "mcp.protocol.version" = context.protocol_version().map(|version| version.to_string()),
        "gen_ai.operation.name" = is_tool.then_some("execute_tool"),
        "gen_ai.tool.name" = name.filter(|_| is_tool),
        "gen_ai.prompt.name" = name.filter(|_| method == "prompts/get"),
        "jsonrpc.request.id" = untrusted::line(&context.id.to_string()).as_ref(),
        "network.transport" = if over_http { "tcp" } else { "pipe" },
        "error.type" = Empty,
        "rpc.response.status_code" = Empty,
    );
    #[cfg(feature = "otel")]
    crate::record::telemetry::adopt(&span, &context.meta);
    span
}

/// The span of a tool that another request uses, such as a request for a resource.
pub(crate) fn tool(name: &'static str) -> Span {
    info_span!(
        target: TARGET,
        "tool",
        otel.name = format!("execute_tool {name}"),
        otel.status_code = Empty,
        otel.status_description = Empty,
        "gen_ai.operation.name" = "execute_tool",
        "gen_ai.tool.name" = name,
        "error.type" = Empty,
        "rpc.response.status_code" = Empty,
    )
}

/// The failure of a request, as an answer reports it.
pub(crate) struct Failure {
    /// The value of `error.type` in the conventions.
    kind: &'static str,
    /// The exception, or the server's own error code.
    pub(crate) code: Option<String>,
}

/// An answer to a request. Each type of answer reports failures in its own way.
pub(crate) trait Answer: Sized {
    /// The failure that it reports.
    fn failure(&self) -> Option<Failure> {
        None
    }

    /// Whether it asks the client for input before anything is done.
    fn is_question(&self) -> bool {
        false
    }

    /// The answer to send if this one must be withheld.
    fn withheld(why: &ToolError) -> Result<Self, ErrorData> {
        Err(ErrorData::internal_error(why.message.clone(), None))
    }
}

impl Answer for CallToolResponse {
    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Complete(result) if result.is_error == Some(true) => Some(Failure {
                kind: "tool_error",
                code: error::code_of(result),
            }),
            _ => None,
        }
    }

    fn is_question(&self) -> bool {
        matches!(self, Self::InputRequired(_))
    }

    fn withheld(why: &ToolError) -> Result<Self, ErrorData> {
        Ok(why.to_result().into())
    }
}

impl Answer for CompleteResult {}
impl Answer for GetPromptResponse {}
impl Answer for ListResourcesResult {}
impl Answer for ReadResourceResponse {}

/// Runs `work` within `span`, and records its outcome in the span.
pub(crate) async fn over<T: Answer>(
    span: Span,
    work: impl Future<Output = Result<T, ErrorData>>,
) -> Result<T, ErrorData> {
    let ended = work.instrument(span.clone()).await;
    match &ended {
        Ok(answer) => {
            if let Some(failure) = answer.failure() {
                fail(&span, failure.kind);
                span.record("otel.status_description", failure.code);
            }
        }
        Err(error) => {
            let code = error.code.0.to_string();
            fail(&span, &code);
            span.record("rpc.response.status_code", code);
        }
    }
    ended
}

fn fail(span: &Span, kind: &str) {
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
}

/// The span of one attempt of a request to Cognito. The SDK keeps it during the attempt.
#[derive(Debug)]
pub(crate) struct Attempt(Span);

impl Storable for Attempt {
    type Storer = StoreReplace<Self>;
}

impl Attempt {
    /// Begins a span.
    pub(crate) fn begin(operation: &str, region: Option<&str>) -> Self {
        // The service's name in the SDK's model.
        const SERVICE: &str = "Cognito Identity Provider";
        Self(info_span!(
            target: TARGET,
            "attempt",
            otel.name = format!("{SERVICE}.{operation}"),
            otel.kind = "client",
            otel.status_code = Empty,
            "rpc.system" = "aws-api",
            "rpc.service" = SERVICE,
            "rpc.method" = operation,
            "cloud.region" = region,
            "aws.request_id" = Empty,
            "http.response.status_code" = Empty,
            "error.type" = Empty,
        ))
    }

    /// Records the response, if there was one.
    pub(crate) fn end(&self, response: Option<&HttpResponse>) {
        let Self(span) = self;
        let Some(response) = response else {
            // The call's span has the exception.
            return fail(span, "_OTHER");
        };
        let header = |name| response.headers().get(name);
        let status = response.status();
        // OpenTelemetry has only signed integers.
        span.record("http.response.status_code", i64::from(status.as_u16()));
        span.record("aws.request_id", header("x-amzn-requestid"));
        if !status.is_success() {
            let exception = header("x-amzn-errortype").and_then(|name| name.split(':').next());
            match exception {
                Some(name) => fail(span, &untrusted::line(name)),
                None => fail(span, &status.as_u16().to_string()),
            }
        }
    }
}
