//! Lines of MCP on standard input, over an in-memory transport.

use std::cell::Cell;
use std::sync::LazyLock;

use cognito_emulator::stack::Stack;
use cognito_emulator::world::Clock;
use cognito_mcp::cognito::backend::Emulated;
use cognito_mcp::config::{Config, Selection};
use cognito_mcp::fuzzing;
use cognito_mcp::mcp::server::Server;
use cognito_mcp::tools;
use rmcp::ServiceExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built")
});

/// Number of runs after which the server's emulator is replaced, so that its state stays small.
const RUNS: u32 = 200;

/// The id of the last request, which is answered after all earlier ones.
const LAST: &str = "the last request";

/// Maximum length of the output in bytes: a factor for the length of the input, and a constant. A
/// list of all tools is long.
const GROWTH: (usize, usize) = (4096, 1024 * 1024);

/// Checks that for any input every line of output is one JSON-RPC message, a retry in it is valid,
/// and the server still answers.
pub(crate) fn run(data: &[u8]) {
    RUNTIME.block_on(async {
        let server = server();
        let (client, transport) = tokio::io::duplex(64 * 1024);
        let session = tokio::spawn(async move {
            if let Ok(running) = server.serve(transport).await {
                let _ = running.waiting().await;
            }
        });
        let (output, mut input) = tokio::io::split(client);
        let mut lines = vec![hello(), initialized()];
        lines.extend(data.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
        lines.push(request(LAST, "ping", &json!({})));
        let say = async move {
            for line in lines {
                input.write_all(&line).await?;
                input.write_all(b"\n").await?;
            }
            // The input stays open until the last answer has arrived.
            Ok::<_, std::io::Error>(input)
        };
        let (said, heard) = tokio::join!(say, answers(output));
        session.abort();
        drop(said);
        let limit = data.len() * GROWTH.0 + GROWTH.1;
        assert!(heard < limit, "{heard} bytes for {}", data.len());
    });
}

/// Reads answers up to the last one; returns their length in bytes.
async fn answers(output: impl tokio::io::AsyncRead + Unpin) -> usize {
    let mut lines = BufReader::new(output).lines();
    let mut bytes = 0;
    loop {
        let line = lines.next_line().await.expect("the output can be read");
        let line = line.expect("the server still answers");
        bytes += line.len();
        let message: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("not JSON: {error}: {line}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        check_retry(&message);
        if message["id"] == LAST {
            return bytes;
        }
    }
}

/// Checks that a retry in the facts of a failed call is valid without changes.
fn check_retry(message: &Value) {
    let text = message.pointer("/result/content/0/text");
    let facts = text
        .and_then(Value::as_str)
        .and_then(|text| text.split_once('\n'));
    let facts: Option<Value> = facts.and_then(|(_, facts)| serde_json::from_str(facts).ok());
    let Some(Value::Object(retry)) = facts.map(|mut facts| facts["retry"].take()) else {
        return;
    };
    let tool = retry["tool"].as_str().unwrap_or_default();
    let entry = tools::find(tool).unwrap_or_else(|| panic!("a retry names {tool}"));
    let mut arguments = retry["arguments"].as_object().cloned().unwrap_or_default();
    let valid = fuzzing::validate(entry, &mut arguments);
    assert!(valid.is_ok(), "{retry:?}: {valid:?}");
}

/// A server with every tool, over an emulator that only this thread uses.
fn server() -> Server {
    thread_local! {
        static SERVER: Cell<Option<(u32, Server)>> = const { Cell::new(None) };
    }
    let kept = SERVER.take().filter(|(runs, _)| *runs < RUNS);
    let (runs, server) = kept.unwrap_or_else(|| (0, new_server()));
    SERVER.set(Some((runs + 1, server.clone())));
    server
}

fn new_server() -> Server {
    let stack = Stack::builder().clock(Clock::fixed(1_800_000_000)).build();
    let config = Config {
        selection: Selection {
            toolsets: vec!["all".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let backend = Emulated::over(stack).backend("us-east-1");
    Server::new(&config, backend).expect("the configuration is valid")
}

fn request(id: &str, method: &str, params: &Value) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
        .to_string()
        .into_bytes()
}

fn hello() -> Vec<u8> {
    let params = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": { "name": "fuzz", "version": "1" },
    });
    request("the first request", "initialize", &params)
}

fn initialized() -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
        .to_string()
        .into_bytes()
}
