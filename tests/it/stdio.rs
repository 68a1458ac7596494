//! MCP on stdio, line by line: invalid lines, long lines, and many lines at once.
//!
//! Time is virtual. It advances only when no task can run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cognito_mcp::cognito::backend;
use cognito_mcp::config::{Config, Confirm};
use cognito_mcp::mcp::server::Server;
use cognito_mcp::transport::stdio::{Limits, serve_over};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A server, and the client's ends of its streams.
struct Running {
    input: DuplexStream,
    output: Lines<BufReader<DuplexStream>>,
    interrupt: CancellationToken,
    served: JoinHandle<Result<(), String>>,
}

/// Capacity of a pipe in bytes.
const PIPE: usize = 64 * 1024;

/// A timeout that is longer than any wait of the server.
const LONG: Duration = Duration::from_mins(1);

impl Running {
    async fn start(config: Config, limits: Limits) -> Self {
        let backend = backend::connect(&config).await.unwrap();
        let server = Server::new(&config, backend).unwrap();
        let (input, there) = tokio::io::duplex(PIPE);
        let (here, output) = tokio::io::duplex(PIPE);
        let interrupt = CancellationToken::new();
        let interrupted = interrupt.clone();
        let task = tokio::spawn(async move {
            let result = serve_over(server, there, output, limits, interrupted).await;
            result.map_err(|error| error.to_string())
        });
        Self {
            input,
            output: BufReader::new(here).lines(),
            interrupt,
            served: task,
        }
    }

    async fn write(&mut self, line: impl AsRef<[u8]>) {
        self.input.write_all(line.as_ref()).await.unwrap();
        self.input.write_all(b"\n").await.unwrap();
    }

    /// The next message, if one arrives in time.
    async fn message(&mut self) -> Option<Value> {
        let line = timeout(LONG, self.output.next_line()).await.ok()?;
        Some(serde_json::from_str(&line.unwrap()?).unwrap())
    }

    /// The ids of the following messages, until no more arrive in time.
    async fn ids(&mut self) -> Vec<Value> {
        let mut ids = Vec::new();
        while let Some(message) = self.message().await {
            ids.push(message["id"].clone());
        }
        ids
    }

    /// Starts a session as a client of an older revision that can ask its user.
    async fn initialize(&mut self) {
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "test", "version": "0" },
        });
        self.write(legacy("begin", "initialize", hello)).await;
        assert_eq!(self.message().await.unwrap()["id"], "begin");
        let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        self.write(done.to_string()).await;
    }
}

fn legacy(id: impl Into<Value>, method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": method, "params": params }).to_string()
}

fn modern(id: impl Into<Value>, method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
    });
    legacy(id, method, params)
}

fn get_user() -> Value {
    json!({ "name": "get_user", "arguments": { "username": "ana" } })
}

fn cancelled(id: impl Into<Value>) -> String {
    let params = json!({ "requestId": id.into() });
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }).to_string()
}

/// Invalid lines are answered before a session and during one, and the session continues.
#[tokio::test(start_paused = true)]
async fn each_line_that_is_not_a_message_is_answered() {
    let (null, one) = (Value::Null, json!(1));
    let call = |name: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}"}}"#);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{}{}}}}}"#,
        "[".repeat(126),
        "]".repeat(126)
    );
    let half_of_a_pair = call(r"\ud83d");
    let other_half = call(r"\udc00 and more");
    let brackets = "[".repeat(100_000);
    let table: [(&[u8], i64, &Value); 18] = [
        (b"no JSON", -32700, &null),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,", -32700, &null),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}",
            -32700,
            &null,
        ),
        (b"\xff\xfe{\0}\0", -32700, &null),
        // Half of a surrogate pair, as JavaScript may write it.
        (half_of_a_pair.as_bytes(), -32700, &null),
        (other_half.as_bytes(), -32700, &null),
        (deep.as_bytes(), -32700, &null),
        (brackets.as_bytes(), -32700, &null),
        (b"{}", -32600, &null),
        (b"null", -32600, &null),
        (b"[]", -32600, &null),
        (
            b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
            -32600,
            &null,
        ),
        (b"{\"id\":1,\"method\":\"ping\"}", -32600, &one),
        (
            b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
            -32600,
            &one,
        ),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1}", -32600, &one),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", -32600, &one),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
            -32600,
            &null,
        ),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":[1]}",
            -32602,
            &one,
        ),
    ];
    for begins in [false, true] {
        let mut server = Running::start(Config::default(), Limits::default()).await;
        if begins {
            server.initialize().await;
        }
        for (line, code, id) in table {
            let text = String::from_utf8_lossy(&line[..line.len().min(80)]);
            server.write(line).await;
            let answer = server.message().await;
            let answer = answer.unwrap_or_else(|| panic!("no answer: {text}"));
            assert_eq!(answer["error"]["code"], code, "{text}: {answer}");
            assert_eq!(answer.get("id"), Some(id), "{text}: {answer}");
            server.write(legacy("still", "ping", json!({}))).await;
            assert_eq!(server.message().await.unwrap()["id"], "still", "{text}");
        }
        // An empty line, and notifications of other protocols, are not answered.
        for line in ["", "\r", r#"{"method":"$/cancelRequest","params":[]}"#] {
            server.write(line).await;
        }
        assert_eq!(server.message().await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_too_long_is_skipped() {
    let limits = Limits {
        line_bytes: 1000,
        ..Limits::default()
    };
    let mut server = Running::start(Config::default(), limits).await;
    for length in [1001, 5000, 1_000_000] {
        let long = legacy(1, "ping", json!({ "filler": "x".repeat(length) }));
        server.write(&long).await;
        let answer = server.message().await.unwrap();
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&Value::Null, &json!(-32600)),
            "{answer}"
        );
        let shown = answer["error"]["message"].as_str().unwrap();
        assert!(shown.contains("at most 1000 bytes"), "{shown}");
        server.write(legacy(2, "ping", json!({}))).await;
        assert_eq!(server.message().await.unwrap()["id"], 2);
    }
}

/// If the client does not read answers, the server stops reading requests. No request is
/// lost.
#[tokio::test(start_paused = true)]
async fn unread_answers_stop_the_reader() {
    let limits = Limits {
        calls: 4,
        waiting_bytes: 4000,
        ..Limits::default()
    };
    // A broken line is as long as its answer, so both pipes fill up.
    let broken = format!("{{{}", " ".repeat(100));
    for (text, requests) in [(broken.as_str(), 4000), ("", 2000)] {
        let mut server = Running::start(Config::default(), limits).await;
        let written = Arc::new(AtomicUsize::new(0));
        let (mut input, _) = tokio::io::duplex(1);
        std::mem::swap(&mut input, &mut server.input);
        let count = Arc::clone(&written);
        let broken = text.to_owned();
        let mut writing = tokio::spawn(async move {
            for number in 0..requests {
                let line = match broken.as_str() {
                    "" => modern(number, "tools/call", get_user()),
                    broken => broken.to_owned(),
                };
                input.write_all(line.as_bytes()).await.unwrap();
                input.write_all(b"\n").await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
            }
            input
        });
        assert!(timeout(LONG, &mut writing).await.is_err(), "{text}");
        let written = written.load(Ordering::SeqCst);
        let line = if text.is_empty() { 300 } else { 100 };
        // The content of two pipes, and the requests that wait or are in progress.
        assert!(written < PIPE / line + 1000, "{written} of {requests}");

        let mut ids = Vec::new();
        for _ in 0..requests {
            ids.push(server.message().await.unwrap()["id"].as_u64());
        }
        if text.is_empty() {
            ids.sort_unstable();
            assert!(ids.iter().copied().eq((0..requests).map(Some)));
        }
        drop(writing.await.unwrap());
        server.served.await.unwrap().unwrap();
    }
}

/// Requests above the bound wait. Responses and cancellations do not.
#[tokio::test(start_paused = true)]
async fn requests_above_the_bound_wait() {
    let config = Config {
        confirm: Confirm::Always,
        ..Config::default()
    };
    let limits = Limits {
        calls: 1,
        ..Limits::default()
    };
    let mut server = Running::start(config, limits).await;
    server.initialize().await;
    let delete = json!({ "name": "delete_user", "arguments": { "username": "ana" } });
    server.write(legacy(1, "tools/call", delete.clone())).await;
    let question = server.message().await.unwrap();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    for id in [2, 3, 4] {
        server.write(legacy(id, "ping", json!({}))).await;
    }
    // Cancels a request that waits, and one that does not exist.
    server.write(cancelled(3)).await;
    server.write(cancelled(7)).await;
    assert_eq!(server.message().await, None, "the first is under way");
    let answer =
        json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } });
    server.write(answer.to_string()).await;
    assert_eq!(server.ids().await, [1, 2, 4]);

    // A cancelled request no longer counts against the bound, although it is not
    // answered.
    server.write(legacy(5, "tools/call", delete)).await;
    let question = server.message().await.unwrap();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    server.write(legacy(6, "ping", json!({}))).await;
    assert_eq!(server.message().await, None);
    server.write(cancelled(5)).await;
    assert_eq!(server.ids().await, [6]);
}

/// A second request with the id of one in progress waits. Both are answered.
#[tokio::test(start_paused = true)]
async fn a_second_request_with_the_same_id_waits() {
    let mut server = Running::start(Config::default(), Limits::default()).await;
    let twice = modern(1, "tools/call", get_user());
    let three = format!(
        "{twice}\n{twice}\n{}",
        modern("1", "tools/call", get_user())
    );
    server.write(three).await;
    let mut ids = server.ids().await;
    ids.sort_by_key(ToString::to_string);
    assert_eq!(ids, [json!("1"), json!(1), json!(1)]);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_are_bounded() {
    let limits = Limits {
        calls: 1,
        listeners: 2,
        ..Limits::default()
    };
    let mut server = Running::start(Config::default(), limits).await;
    let listen = |id: u64| modern(id, "subscriptions/listen", json!({ "notifications": {} }));
    for id in [1, 2] {
        server.write(listen(id)).await;
        let message = server.message().await.unwrap();
        assert_eq!(
            message["method"], "notifications/subscriptions/acknowledged",
            "{message}"
        );
    }
    server.write(listen(3)).await;
    let refused = server.message().await.unwrap();
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!(3), &json!(-32602)),
        "{refused}"
    );
    // Subscriptions do not count against the bound on calls.
    server.write(modern(4, "tools/call", get_user())).await;
    assert_eq!(server.message().await.unwrap()["id"], 4);
    server.write(cancelled(1)).await;
    server.write(listen(5)).await;
    let message = server.message().await.unwrap();
    assert_eq!(
        message["method"], "notifications/subscriptions/acknowledged",
        "{message}"
    );
}

/// After the end of the input all requests are answered, including those that wait.
#[tokio::test(start_paused = true)]
async fn all_requests_are_answered_after_the_end_of_the_input() {
    let limits = Limits {
        calls: 3,
        ..Limits::default()
    };
    let mut server = Running::start(Config::default(), limits).await;
    for id in 0..100 {
        server.write(modern(id, "tools/call", get_user())).await;
    }
    server.input.shutdown().await.unwrap();
    let mut ids = server.ids().await;
    ids.sort_by_key(Value::as_u64);
    assert!(
        ids.iter().map(Value::as_u64).eq((0..100).map(Some)),
        "{ids:?}"
    );
    server.served.await.unwrap().unwrap();
}

/// At the end of the input or after a signal, the server waits only a short time for a
/// call that hangs.
#[tokio::test(start_paused = true)]
async fn a_hanging_call_does_not_delay_the_end() {
    for signal in [false, true] {
        let config = Config {
            confirm: Confirm::Always,
            ..Config::default()
        };
        let limits = Limits::default();
        let mut server = Running::start(config, limits).await;
        server.initialize().await;
        let delete = json!({ "name": "delete_user", "arguments": { "username": "ana" } });
        server.write(legacy(1, "tools/call", delete)).await;
        assert!(server.message().await.is_some());
        let start = tokio::time::Instant::now();
        if signal {
            server.interrupt.cancel();
        } else {
            server.input.shutdown().await.unwrap();
        }
        server.served.await.unwrap().unwrap();
        let took = start.elapsed();
        assert!(took <= limits.last_responses * 2, "{took:?}");
    }
}

/// The server ends without an error if the client has closed the output.
#[tokio::test(start_paused = true)]
async fn a_closed_output_ends_the_server() {
    let Running {
        mut input,
        output,
        served,
        interrupt,
    } = Running::start(Config::default(), Limits::default()).await;
    drop(output);
    input
        .write_all(format!("{}\n", modern(1, "tools/list", json!({}))).as_bytes())
        .await
        .unwrap();
    served.await.unwrap().unwrap();
    drop((input, interrupt));
}
