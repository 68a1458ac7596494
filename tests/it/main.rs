//! Integration tests: the MCP server over an in-memory transport, over the emulator or
//! recorded responses of Cognito.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod addresses;
mod arguments;
mod audit;
mod aws;
mod bounds;
mod canary;
mod cancel;
mod cli;
mod confirm;
mod console;
mod convert;
mod diagnosis;
mod doctor;
mod dotenv;
mod emulated;
mod endpoint;
mod evaluation;
mod exposure;
mod fail_closed;
mod fidelity;
mod files;
mod flows;
mod form;
mod gates;
mod health;
mod hints;
mod hostile;
mod http;
mod imports;
mod init;
mod injection;
mod json;
mod lists;
mod oauth;
mod packages;
mod policy;
mod principals;
mod process;
mod prompts;
mod properties;
mod protocol;
mod published;
mod pull;
mod readme;
mod replicas;
mod resources;
mod retries;
mod seed_files;
mod shown_names;
mod sign_in_page;
mod slips;
mod stdio;
mod streams;
mod tasks;
#[cfg(feature = "otel")]
mod telemetry;
mod test_server;
mod tls;
mod vocabulary;
mod wire;

use cognito_mcp::cognito::backend::{self, Backend};
use cognito_mcp::config::{Config, Selection};
use cognito_mcp::mcp::server::Server;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{RoleClient, RunningService};
use rmcp::{ClientHandler, ServiceError, ServiceExt};
use serde_json::Value;

type Client = RunningService<RoleClient, ()>;

/// A client of a server over the emulator, with the default configuration.
async fn emulated() -> Client {
    let config = Config::default();
    let backend = backend::connect(&config).await.unwrap();
    connect(&config, backend).await
}

/// A configuration with every tool.
fn every_tool() -> Config {
    Config {
        selection: Selection {
            toolsets: vec!["all".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    }
}

/// A configuration with every tool and without secrets in answers.
fn hiding_secrets() -> Config {
    Config {
        reveal_secrets: Some(false),
        ..every_tool()
    }
}

/// A client of a server over `backend`.
async fn connect(config: &Config, backend: Backend) -> Client {
    connect_as((), config, backend).await
}

/// As [`connect`], with a handler of notifications and requests.
async fn connect_as<H: ClientHandler>(
    handler: H,
    config: &Config,
    backend: Backend,
) -> RunningService<RoleClient, H> {
    let (here, tapped) = tokio::io::duplex(64 * 1024);
    let (tapping, there) = tokio::io::duplex(64 * 1024);
    tokio::spawn(wire::tap(tapped, tapping));
    if let Some(states) = replicas::states() {
        let servers = states.into_iter().map(|state| {
            let mut backend = backend.clone();
            backend.state = state;
            Server::new(config, backend).unwrap()
        });
        tokio::spawn(replicas::route(there, servers.collect()));
        return handler.serve(here).await.unwrap();
    }
    let server = Server::new(config, backend).unwrap();
    tokio::spawn(async move {
        let running = server.serve(there).await.unwrap();
        running.waiting().await.unwrap();
    });
    handler.serve(here).await.unwrap()
}

/// Calls a tool, which may not exist.
async fn call_unchecked(
    client: &Client,
    tool: &str,
    arguments: &Value,
) -> Result<CallToolResult, ServiceError> {
    let Value::Object(arguments) = arguments.clone() else {
        panic!("arguments are an object: {arguments}");
    };
    let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    client.call_tool(request).await
}

async fn call(
    client: &Client,
    tool: &str,
    arguments: Value,
) -> Result<CallToolResult, ServiceError> {
    let result = call_unchecked(client, tool, &arguments).await;
    if let Ok(result) = &result {
        form::check(tool, result);
    }
    result
}

/// The structured answer of a call that must succeed.
#[track_caller]
fn answer(result: Result<CallToolResult, ServiceError>) -> Value {
    let result = result.unwrap();
    assert_eq!(result.is_error, Some(false), "{result:?}");
    result.structured_content.unwrap()
}

/// The sentence and the facts of a call that must fail.
#[track_caller]
fn refusal(result: Result<CallToolResult, ServiceError>) -> (String, Value) {
    let result = result.unwrap();
    assert_eq!(result.is_error, Some(true), "{result:?}");
    let text = text(&result);
    let (sentence, facts) = text.split_once('\n').unwrap();
    (sentence.to_owned(), serde_json::from_str(facts).unwrap())
}

#[track_caller]
fn text(result: &CallToolResult) -> String {
    let [block] = result.content.as_slice() else {
        panic!("one block, not {:?}", result.content);
    };
    block.as_text().unwrap().text.clone()
}
