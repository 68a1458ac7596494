//! `cognito-mcp call`: calls one tool, for scripts.

use std::io::{IsTerminal, Read};

use clap::Args;
use serde_json::{Value, json};

use super::{Failed, ask, say, say_json};
use crate::cognito::backend::{self, endpoint::Endpoints};
use crate::config::Config;
use crate::mcp::server::Server;
use crate::stderr::note;
use crate::tools;

/// Examples for the help.
pub const EXAMPLES: &str = r#"Examples:
  cognito-mcp call list_users '{"limit": 3}'
          The answer is JSON on standard output. The emulator of each run is a new one;
          an error is on standard error, and the exit code is 1.
  cognito-mcp call get_user '{"username": "ana"}' --backend aws --user-pool-id eu-west-1_AbCdEfGhI
          The flags of `serve` come before or after, and open and close the same gates.
  cognito-mcp call create_users - --backend aws --allow-writes
          Arguments from standard input: they are not in the list of processes then."#;

/// Which tool to call.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Name of the tool; `cognito-mcp tools` lists them.
    pub tool: String,
    /// Its arguments, a JSON object; `-` reads it from standard input.
    #[arg(default_value = "{}")]
    pub arguments: String,
    /// The flags of `serve`.
    #[command(flatten)]
    pub config: Config,
}

/// Calls the tool and prints its answer.
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    let given = read(&arguments.arguments)?;
    let config = &arguments.config;
    let backend = backend::connect(config).await;
    let backend = backend.map_err(|error| error.to_string())?;
    let endpoints = backend.endpoints.as_ref();
    for line in endpoints
        .filter(|e| e.are_unusual())
        .into_iter()
        .flat_map(Endpoints::lines)
    {
        note(format_args!("cognito-mcp: {line}"));
    }
    let emulator = backend.emulator.clone();
    let server = Server::new(config, backend).map_err(|error| error.to_string())?;
    let params = json!({ "name": arguments.tool, "arguments": given });
    let result = ask(server, "tools/call", params).await?;
    if let Some(emulator) = emulator {
        emulator.finish_deliveries();
    }
    match result.get("structuredContent") {
        Some(answer) if result["isError"] != true => {
            print(answer)?;
            Ok(())
        }
        _ => {
            let text = result["content"][0]["text"].as_str();
            note(text.unwrap_or("The server asked for input that a script cannot give"));
            if let Some(flag) = text.and_then(|text| missing_flag(&arguments.tool, text)) {
                note(flag);
            }
            Err(Failed::silently())
        }
    }
}

/// The flag that would allow the call, for the person at the terminal. The error itself
/// does not name it: an agent must not learn how to open a gate.
fn missing_flag(tool: &str, error: &str) -> Option<String> {
    let facts: Value = serde_json::from_str(error.lines().last()?).ok()?;
    Some(match facts["code"].as_str()? {
        "WritesNotAllowed" => "To allow it, pass --allow-writes.".to_owned(),
        "DestructionNotAllowed" => "To allow it, pass --allow-destructive.".to_owned(),
        "ToolNotEnabled" => {
            let toolset = tools::find(tool)?.toolset;
            format!("To enable it, pass --tools {tool}, or --toolsets default,{toolset}.")
        }
        "EmulatorOnly" => "To use the emulator, leave --backend aws away.".to_owned(),
        _ => return None,
    })
}

fn read(arguments: &str) -> Result<Value, Failed> {
    let mut text = arguments.to_owned();
    if arguments == "-" {
        text.clear();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| format!("Standard input cannot be read: {error}."))?;
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(arguments)) => Ok(Value::Object(arguments)),
        Ok(_) => Err("The arguments must be a JSON object, such as '{\"username\": \"ana\"}'.".into()),
        Err(error) => Err(format!(
            "The arguments are not JSON ({error}): write them as '{{\"username\": \"ana\"}}', in single quotes."
        )
        .into()),
    }
}

/// Prints several lines to a terminal, and one line to a program.
fn print(answer: &Value) -> Result<(), Failed> {
    if std::io::stdout().is_terminal() {
        say_json(answer)
    } else {
        say(format_args!("{answer}\n"))
    }
}
