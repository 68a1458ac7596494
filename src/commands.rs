//! The commands of the binary other than `serve`: they configure clients, diagnose
//! problems, and list and call tools.

mod address;
pub mod approve;
pub mod call;
pub mod connection;
pub mod console;
pub mod convert;
pub mod diff;
pub mod doctor;
pub mod export;
pub mod health;
pub mod init;
pub mod pages;
pub mod policy;
pub mod pull;
pub mod secret;
mod terminal;
pub mod tools;

use std::fmt;
use std::io::{self, Write as _};

use rmcp::ServiceExt;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::mcp::server::Server;

/// A command's failure. The message is empty if it was already printed.
#[derive(Debug)]
pub struct Failed {
    message: String,
    code: u8,
}

impl Failed {
    /// A failure whose message was already printed.
    fn silently() -> Self {
        Self::from("")
    }

    /// Whether the message was already printed.
    #[must_use]
    pub fn is_printed(&self) -> bool {
        self.message.is_empty()
    }

    /// The exit code: 1 unless the command defines another one.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }

    /// The same failure with another exit code.
    fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failed {}

impl<E: Into<String>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self {
            message: error.into(),
            code: 1,
        }
    }
}

/// Writes `text` to standard output, for commands that do not serve MCP on it.
///
/// # Errors
/// If standard output cannot be written. If its reader has stopped reading, as `head`
/// does, the failure is empty.
pub fn say(text: impl fmt::Display) -> Result<(), Failed> {
    let mut output = io::stdout().lock();
    let said = write!(output, "{text}").and_then(|()| output.flush());
    said.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failed::silently(),
        _ => format!("Standard output cannot be written: {error}.").into(),
    })
}

/// Writes `value` to standard output as JSON, as [`say`] writes text.
///
/// # Errors
/// As [`say`].
pub fn say_json(value: &impl Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    say(format_args!("{text}\n"))
}

/// Sends one request to `server` as an MCP client does, so that commands have the
/// permissions and the view of a client. The client cannot ask its user.
async fn ask(server: Server, method: &str, params: Value) -> Result<Value, Failed> {
    ask_as(server, method, params, &json!({})).await
}

/// As [`ask`], as a client with these `capabilities`.
async fn ask_as(
    server: Server,
    method: &str,
    mut params: Value,
    capabilities: &Value,
) -> Result<Value, Failed> {
    let (here, there) = tokio::io::duplex(64 * 1024);
    let serving = tokio::spawn(server.serve(there));
    let (answers, mut requests) = tokio::io::split(here);
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": {
            "name": concat!(env!("CARGO_PKG_NAME"), "-cli"),
            "version": env!("CARGO_PKG_VERSION"),
        },
    });
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let sent = requests.write_all(format!("{request}\n").as_bytes()).await;
    sent.map_err(|error| error.to_string())?;
    let mut lines = BufReader::new(answers).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut message: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        if message["id"] != 1 {
            continue;
        }
        serving.abort();
        return match message["error"]["message"].as_str() {
            Some(error) => Err(error.into()),
            None => Ok(message["result"].take()),
        };
    }
    Err("The server ended without an answer.".into())
}
