//! `cognito-mcp export`: the user pools of a running emulator as a pool file.

use std::path::PathBuf;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use clap::{Args, ValueEnum};
use cognito_emulator::pool_file::json_schema;
use serde_json::Value;

use super::{Failed, say};
use crate::cognito::web::Web;
use crate::guard::private_file;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp export --output pools.yaml
          All user pools of the emulator at http://127.0.0.1:9229, with password hashes
          and secrets. Only you may read the file.
  cognito-mcp export --pool us-east-1_Shop --without users,dates
          One pool without its users, for version control.
  cognito-mcp export --schema > pool-file.schema.json
          The JSON Schema of pool files, for an editor. No emulator is needed.";

/// What to export, and where.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Address of the emulator.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9229")]
    pub endpoint_url: String,
    /// The format [json if the name of `--output` ends in .json, else yaml].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write this file, which only you may read, instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Only the pool with this id or name.
    #[arg(long, value_name = "POOL")]
    pub pool: Option<String>,
    /// Only the pools of this account.
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// What to leave out, with commas.
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub without: Vec<Part>,
    /// Print the JSON Schema of pool files.
    #[arg(long, conflicts_with_all = ["format", "output", "pool", "account", "without"])]
    pub schema: bool,
}

/// The format of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// All users.
    Users,
    /// Client secrets, password hashes and the secrets of second factors and providers.
    Secrets,
    /// All dates.
    Dates,
}

/// Time limit for the response: an emulator can have many users.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Prints the export, or writes its file.
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    if arguments.schema {
        return say(format_args!("{:#}\n", json_schema()));
    }
    let text = fetch(arguments).await?;
    match &arguments.output {
        None => say(text),
        Some(path) => private_file::replace(path, text.as_bytes())
            .map_err(|error| format!("{} cannot be written: {error}.", path.display()).into()),
    }
}

async fn fetch(arguments: &Arguments) -> Result<String, Failed> {
    let base = arguments.endpoint_url.trim_end_matches('/');
    let address = format!("{base}/_emulator/export?{}", query(arguments));
    let request = Request::get(&address).body(Bytes::new());
    let is_address = base.starts_with("http://") || base.starts_with("https://");
    let request = request.ok().filter(|_| is_address).ok_or_else(|| {
        format!("--endpoint-url {base}: write an address such as http://127.0.0.1:9229.")
    })?;
    let answer = Web::default().send(request, TIMEOUT).await.map_err(|_| {
        format!(
            "No emulator answers at {base}. Start one with `cognito-mcp emulator`, or give its \
             address with --endpoint-url."
        )
    })?;
    let status = answer.status();
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    if status == StatusCode::OK {
        return Ok(text);
    }
    let message: Option<Value> = serde_json::from_str(&text).ok();
    let message = message.and_then(|body| Some(body.get("message")?.as_str()?.to_owned()));
    Err(message
        .unwrap_or_else(|| {
            format!("{base} is not an emulator of this version: it answers {status}.")
        })
        .into())
}

fn query(arguments: &Arguments) -> String {
    let is_json = arguments
        .output
        .as_ref()
        .and_then(|path| path.extension())
        .is_some_and(|extension| extension == "json");
    let format = match arguments.format {
        Some(Format::Json) => "json",
        None if is_json => "json",
        Some(Format::Yaml) | None => "yaml",
    };
    let without: Vec<&str> = arguments
        .without
        .iter()
        .map(|part| match part {
            Part::Users => "users",
            Part::Secrets => "secrets",
            Part::Dates => "dates",
        })
        .collect();
    let mut query = format!("format={format}");
    let without = (!without.is_empty()).then(|| without.join(","));
    for (name, value) in [
        ("pool", &arguments.pool),
        ("account", &arguments.account),
        ("without", &without),
    ] {
        if let Some(value) = value {
            let value =
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            query.extend(["&", name, "="]);
            query.extend(value);
        }
    }
    query
}
