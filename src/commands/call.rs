//! `cognito-mcp call`: calls one tool, for scripts.

use std::io::{IsTerminal, Read, Write};

use clap::Args;
use serde_json::{Map, Value, json};

use super::{Failed, ask_as, say, say_json, terminal};
use crate::cognito::backend::{self, endpoint::Endpoints};
use crate::config::{Config, Confirm};
use crate::definition::added;
use crate::guard::reference::is_reference;
use crate::guard::untrusted;
use crate::mcp::server::Server;
use crate::stderr::{self, note};
use crate::tools;

/// Examples for the help.
pub const EXAMPLES: &str = r#"Examples:
  cognito-mcp call list_users '{"limit": 3}'
          The answer is JSON on standard output. The emulator of each run is a new one;
          an error is on standard error, and the exit code is 1.
  cognito-mcp call get_user '{"username": "ana"}' --backend aws --user-pool-id eu-west-1_AbCdEfGhI
          The flags of `serve` come before or after, and open and close the same gates.
  cognito-mcp call create_users - --backend aws --allow-writes
          Arguments from standard input: they are not in the list of processes then.
  cognito-mcp call delete_user '{"username": "ana"}' --backend aws --allow-destructive
          In a terminal, it asks before it deletes or disables. A script adds `confirm` to the
          arguments, or is refused."#;

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
    for warning in emulator.iter().flat_map(|it| it.warnings(config)) {
        note(format_args!("cognito-mcp: warning: {warning}"));
    }
    let server = Server::new(config, backend).map_err(|error| error.to_string())?;
    // Replicas that share their state know the references of this process.
    let is_alone = config.shared_state.store.is_none();
    if is_alone {
        server.keeps_nothing();
    }
    let result = outcome(server, arguments, given).await?;
    if let Some(emulator) = emulator {
        emulator.finish_deliveries();
    }
    match result.get("structuredContent") {
        Some(answer) if result["isError"] != true => {
            print(answer)?;
            for line in lost(answer).iter().filter(|_| is_alone) {
                note(line);
            }
            Ok(())
        }
        _ => {
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            note(for_person(text, config.confirm).as_deref().unwrap_or(text));
            if let Some(flag) = missing_flag(&arguments.tool, text) {
                note(flag);
            }
            Err(Failed::silently())
        }
    }
}

/// The result of the call. If a person is at the terminal, a question of the server is shown there.
async fn outcome(server: Server, arguments: &Arguments, given: Value) -> Result<Value, Failed> {
    // A caller with `confirm` has confirmed the call: the server would ignore it if it could ask.
    let confirms = given.get(added::CONFIRM).is_some() && arguments.config.agent_confirms();
    let capabilities = if terminal::has_person() && !confirms {
        json!({ "elicitation": {} })
    } else {
        json!({})
    };
    let call = "tools/call";
    let mut params = json!({ "name": arguments.tool, "arguments": given });
    let result = ask_as(server.clone(), call, params.clone(), &capabilities).await?;
    let Some(questions) = result["inputRequests"].as_object() else {
        return Ok(result);
    };
    let mut answers = Map::new();
    for (name, question) in questions {
        let answer = if confirmed(question["params"]["message"].as_str())? {
            json!({ "action": "accept", "content": { name: true } })
        } else {
            json!({ "action": "decline" })
        };
        answers.insert(name.clone(), answer);
    }
    params["requestState"] = result["requestState"].clone();
    params["inputResponses"] = answers.into();
    ask_as(server, call, params, &capabilities).await
}

/// Shows the question on standard error, and reads the answer.
fn confirmed(question: Option<&str>) -> Result<bool, Failed> {
    // The server has escaped the text. It is escaped again because a terminal shows it.
    note(untrusted::line(question.unwrap_or_default()));
    terminal::discard_input()?;
    let _ = write!(stderr::Writer, "Confirm it? [y/N] ");
    terminal::says_yes()
}

/// What of `answer` ends with this process, in lines for the person.
fn lost(answer: &Value) -> Vec<&'static str> {
    let mut lines = Vec::new();
    if has_reference(answer) {
        lines.push(
            "The answer has references in place of secrets, and they end with this process. To see \
             the secrets, repeat the call with --reveal-secrets, or with --secrets-dir FOLDER, which \
             writes them into files.",
        );
    }
    if answer["session"].is_string() {
        lines.push(
            "The sign-in ends with this process: another `call` cannot answer its challenge. An MCP \
             client of `cognito-mcp serve` can, and so can a person in `cognito-mcp console`.",
        );
    }
    lines
}

fn has_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => is_reference(text),
        Value::Array(items) => items.iter().any(has_reference),
        Value::Object(members) => members.values().any(has_reference),
        _ => false,
    }
}

/// The error `text` with advice for the person who typed the command, where its own is for a model
/// that has a server for several calls.
fn for_person(text: &str, confirm: Confirm) -> Option<String> {
    let (_, facts) = text.split_once('\n')?;
    let mut facts: Value = serde_json::from_str(facts).ok()?;
    let hint = facts["hint"].as_str().unwrap_or_default();
    let advice = match facts["code"].as_str()? {
        "ConfirmationRequired" => {
            let terminal = "Nothing was done. In a terminal, whose input and standard error are not \
                            redirected, the command asks you";
            // The last quoted text of the hint is what `confirm` must repeat.
            match hint.rsplit('`').nth(1) {
                Some(phrase) if confirm != Confirm::Person => {
                    let argument = json!({ added::CONFIRM: phrase }).to_string();
                    let argument = argument.trim_matches(['{', '}']);
                    format!("{terminal}. A script adds {argument} to the arguments.")
                }
                _ => format!("{terminal}."),
            }
        }
        "ConfirmationDeclined" => "Nothing was done.".to_owned(),
        "SecretOutOfReach" => "Nothing was made. To see the secret, pass --reveal-secrets; \
                               --secrets-dir FOLDER writes it into a file."
            .to_owned(),
        "UnknownSecret" => {
            "A reference ends with the `call` that returned it. Repeat that call with \
                            --reveal-secrets or --secrets-dir FOLDER, and pass the secret itself: \
                            with `-`, arguments are read from standard input."
                .to_owned()
        }
        "UnknownSession" => {
            "A sign-in ends with the `call` that began it. Challenges are answered \
                             by an MCP client of `cognito-mcp serve`, or in `cognito-mcp console`."
                .to_owned()
        }
        _ => return None,
    };
    let message = facts["message"].as_str()?.trim_end_matches('.').to_owned();
    facts["hint"] = advice.clone().into();
    if let Value::Object(facts) = &mut facts {
        facts.shift_remove("retry");
    }
    Some(format!("Error: {message}. {advice}\n{facts}"))
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
