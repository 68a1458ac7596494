//! OpenTelemetry traces, as a collector receives them.

use std::process::Stdio;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use rmcp::model::{
    ArgumentInfo, CallToolRequestParams, CompleteRequestParams, GetPromptRequestParams,
    ReadResourceRequestParams, Reference, RequestParamsMeta,
};
use rmcp::transport::TokioChildProcess;
use rmcp::{ServiceError, ServiceExt};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::Client;
use crate::process::{Home, ended};

const TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const PARENT: u64 = 0xb7ad_6b71_6920_3331;

/// A mock collector that answers with `status`.
async fn collector(status: u16) -> MockServer {
    let collector = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/traces"))
        .respond_with(ResponseTemplate::new(status))
        .mount(&collector)
        .await;
    collector
}

/// Makes a call with a `traceparent`.
async fn call(client: &Client, tool: &'static str, arguments: Value) -> Result<(), ServiceError> {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object: {arguments}");
    };
    let mut request = CallToolRequestParams::new(tool).with_arguments(arguments);
    request.set_traceparent(&format!("00-{TRACE:032x}-{PARENT:016x}-01"));
    client.call_tool(request).await.map(drop)
}

/// The requests that the collector received.
async fn received(collector: &MockServer) -> Vec<(Vec<u8>, ExportTraceServiceRequest)> {
    let received = collector.received_requests().await.unwrap();
    let read = |body: Vec<u8>| {
        let request = ExportTraceServiceRequest::decode(&*body).unwrap();
        (body, request)
    };
    received.into_iter().map(|got| read(got.body)).collect()
}

fn spans(requests: &[(Vec<u8>, ExportTraceServiceRequest)]) -> Vec<Span> {
    let resources = requests.iter().flat_map(|(_, sent)| &sent.resource_spans);
    let scopes = resources.flat_map(|resource| &resource.scope_spans);
    scopes.flat_map(|scope| &scope.spans).cloned().collect()
}

/// The attributes as lines, without those that differ between runs.
fn lines(attributes: &[KeyValue]) -> Vec<String> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|it| it.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    let mut shown: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.key != "aws.request_id")
        .map(|attribute| format!("{}={}", attribute.key, text(&attribute.value)))
        .collect();
    shown.sort();
    shown
}

/// Checks that no value of a call or an answer was exported.
fn check_no_values(requests: &[(Vec<u8>, ExportTraceServiceRequest)]) {
    for (body, _) in requests {
        let text = String::from_utf8_lossy(body);
        for said in [
            "Correct-Horse",
            "zoe-in-person",
            "zoe@",
            "unknown-user",
            "eyJ",
            "no_such_tool",
        ] {
            assert!(!text.contains(said), "{said} was exported");
        }
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one trace")]
async fn calls_and_requests_are_spans_without_values() {
    let home = Home::new("spans");
    let collector = collector(200).await;
    let mut command = home.command("--toolsets all");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.uri());
    let client = ().serve(TokioChildProcess::new(command).unwrap()).await.unwrap();
    let made = json!({
        "username": "zoe-in-person",
        "email": "zoe@example.com",
        "temporary_password": "Correct-Horse-7",
    });
    call(&client, "create_user", made).await.unwrap();
    let user = json!({ "username": "zoe-in-person", "password": "Correct-Horse-7" });
    call(&client, "sign_in", user).await.unwrap();
    call(&client, "get_user", json!({ "username": "unknown-user" }))
        .await
        .unwrap();
    call(&client, "no_such_tool", json!({})).await.unwrap_err();
    client.cancel().await.unwrap();

    let requests = received(&collector).await;
    check_no_values(&requests);
    let resource = requests[0].1.resource_spans[0].resource.as_ref().unwrap();
    let resource = lines(&resource.attributes);
    assert!(
        resource.contains(&"service.name=cognito-mcp".to_owned()),
        "{resource:?}"
    );

    let spans = spans(&requests);
    assert!(
        spans
            .iter()
            .all(|span| span.trace_id == TRACE.to_be_bytes())
    );
    let named = |name: &str| {
        let found = spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("{name} among {:?}", spans.iter().map(|s| &s.name)))
    };
    let refused = named("tools/call get_user");
    assert_eq!(refused.parent_span_id, PARENT.to_be_bytes());
    assert_eq!(refused.kind, 2, "a server's");
    assert_eq!(
        lines(&refused.attributes),
        [
            "error.type=tool_error",
            "gen_ai.operation.name=execute_tool",
            "gen_ai.tool.name=get_user",
            "jsonrpc.request.id=3",
            "mcp.method.name=tools/call",
            "mcp.protocol.version=2025-11-25",
            "network.transport=pipe",
        ]
    );
    let status = refused.status.as_ref().unwrap();
    assert_eq!(
        (status.code, &*status.message),
        (2, "UserNotFoundException")
    );

    let asked = named("Cognito Identity Provider.AdminGetUser");
    assert_eq!(asked.parent_span_id, refused.span_id);
    assert_eq!(asked.kind, 3, "a client's");
    assert_eq!(
        lines(&asked.attributes),
        [
            "error.type=UserNotFoundException",
            "http.response.status_code=400",
            "rpc.method=AdminGetUser",
            "rpc.service=Cognito Identity Provider",
            "rpc.system=aws-api",
        ]
    );
    let id = asked
        .attributes
        .iter()
        .find(|it| it.key == "aws.request_id");
    assert!(id.is_some(), "{:?}", asked.attributes);

    let made = named("tools/call create_user");
    assert_eq!(made.status.as_ref().map_or(0, |status| status.code), 0);
    let signed_in = named("tools/call sign_in");
    assert_eq!(signed_in.status.as_ref().map_or(0, |status| status.code), 0);
    let unknown = named("tools/call");
    assert!(lines(&unknown.attributes).contains(&"error.type=-32602".to_owned()));
}

#[tokio::test]
async fn resources_prompts_and_completions_are_spans_too() {
    let home = Home::new("other_spans");
    let collector = collector(200).await;
    let mut command = home.command("");
    command
        .env(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            format!("{}/v1/traces", collector.uri()),
        )
        .env("OTEL_SERVICE_NAME", "mine");
    let client = ().serve(TokioChildProcess::new(command).unwrap()).await.unwrap();
    let uri = "cognito://pools";
    client
        .read_resource(ReadResourceRequestParams::new(uri))
        .await
        .unwrap();
    let prompt = "audit_pool";
    client
        .get_prompt(GetPromptRequestParams::new(prompt))
        .await
        .unwrap();
    let template = Reference::for_resource("cognito://pools/{user_pool_id}");
    let argument = ArgumentInfo::new("user_pool_id", "");
    client
        .complete(CompleteRequestParams::new(template, argument))
        .await
        .unwrap();
    client.cancel().await.unwrap();

    let requests = received(&collector).await;
    let resource = requests[0].1.resource_spans[0].resource.as_ref().unwrap();
    assert!(lines(&resource.attributes).contains(&"service.name=mine".to_owned()));
    let spans = spans(&requests);
    // Each span without a parent, and the names of its children.
    let mut family: Vec<(&str, Vec<&str>)> = spans
        .iter()
        .filter(|span| span.parent_span_id.is_empty())
        .map(|span| {
            let within = spans.iter().filter(|it| it.parent_span_id == span.span_id);
            (&*span.name, within.map(|it| &*it.name).collect())
        })
        .collect();
    family.sort();
    assert_eq!(
        family,
        [
            (
                "completion/complete",
                vec!["Cognito Identity Provider.ListUserPools"]
            ),
            ("prompts/get audit_pool", vec![]),
            ("resources/read", vec!["execute_tool list_pools"]),
        ]
    );
}

/// If the collector fails, calls are still answered, and stderr has one report.
#[tokio::test]
async fn failed_exports_are_reported_once() {
    let home = Home::new("no_collector");
    let refusing = collector(503).await;
    for (address, why) in [
        (
            refusing.uri(),
            "answered 503 Service Unavailable; calls continue.",
        ),
        (
            "http://127.0.0.1:9".to_owned(),
            "could not be reached; calls continue.",
        ),
    ] {
        let mut command = home.command("");
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", address)
            .env("OTEL_BSP_SCHEDULE_DELAY", "20");
        let (process, stderr) = TokioChildProcess::builder(command)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let client = ().serve(process).await.unwrap();
        for _ in 0..3 {
            call(&client, "list_users", json!({})).await.unwrap();
        }
        client.cancel().await.unwrap();
        let mut shown = String::new();
        stderr.unwrap().read_to_string(&mut shown).await.unwrap();
        let lines: Vec<&str> = shown
            .lines()
            .filter(|line| line.contains("Traces"))
            .collect();
        assert_eq!(lines.len(), 1, "{shown}");
        assert!(lines[0].ends_with(why), "{shown}");
    }
}

#[tokio::test]
async fn disabled_traces_are_not_sent() {
    let home = Home::new("no_spans");
    let collector = collector(200).await;
    for (name, value, shown) in [
        ("OTEL_SDK_DISABLED", "true", ""),
        ("OTEL_TRACES_EXPORTER", "none", ""),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc",
            "cognito-mcp: No traces are exported: only http/protobuf is supported, and \
             OTEL_EXPORTER_OTLP_PROTOCOL is grpc.\n",
        ),
    ] {
        let mut command = home.command("call list_pools {}");
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.uri())
            .env(name, value);
        let output = tokio::time::timeout(Duration::from_secs(30), ended(command));
        let output = output.await.unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), shown);
    }
    assert_eq!(collector.received_requests().await.unwrap().len(), 0);
}
