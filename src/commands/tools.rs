//! `cognito-mcp tools`: lists the tools that a server with these flags publishes.

use std::fmt::Write;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use super::address::without_address;
use super::{Failed, ask, say, say_json};
use crate::cognito::backend::{self, Backend};
use crate::cognito::operations::Effect;
use crate::config::{BackendKind, Config};
use crate::mcp::server::Server;
use crate::start_error::StartError;
use crate::tools;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp tools
          The tools that an agent has by default.
  cognito-mcp tools --backend aws --allow-writes --toolsets users,groups
          Those that these flags of `serve` leave; no credentials are needed.
  cognito-mcp tools --toolsets all --json
          For programs, with descriptions.
  cognito-mcp tools --no-output-schemas
          Without the schemas of answers.";

/// Which tools to list.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The flags of `serve`.
    #[command(flatten)]
    pub config: Config,
}

/// A tool in the list.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    toolset: &'static str,
    effect: &'static str,
    /// Approximate tokens of the name, the description and the input schema, at four bytes
    /// per token.
    tokens: usize,
    /// Approximate tokens of the whole definition, with the schema of its answer, a title
    /// and annotations. Some clients show all of it to the model.
    whole_tokens: usize,
    description: String,
}

/// Prints the tools.
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    let (config, _) = without_address(&arguments.config);
    let rows = rows(&config).await?;
    if arguments.json {
        say_json(&rows)
    } else {
        say(table(&rows, config.no_output_schemas))
    }
}

/// How many tools there are, and about how many tokens they cost.
pub(super) async fn cost(config: &Config) -> Result<String, Failed> {
    Ok(total(&rows(config).await?, config.no_output_schemas))
}

/// `slim` is whether the tools are published without the schemas of their answers.
fn total(rows: &[Row], slim: bool) -> String {
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let (tokens, whole) = (sum(|row| row.tokens), sum(|row| row.whole_tokens));
    let shown = if slim {
        "titles and annotations"
    } else {
        "output schemas"
    };
    format!(
        "{}, about {tokens} tokens ({whole} in clients that show {shown} to the model)",
        rows.len()
    )
}

async fn rows(config: &Config) -> Result<Vec<Row>, Failed> {
    let backend = silent(config).await.map_err(|error| error.to_string())?;
    let server = Server::new(config, backend).map_err(|error| error.to_string())?;
    let listed = ask(server, "tools/list", json!({})).await?;
    let listed = listed["tools"].as_array().cloned().unwrap_or_default();
    Ok(listed.iter().filter_map(row).collect())
}

fn row(tool: &Value) -> Option<Row> {
    let entry = tools::find(tool["name"].as_str()?)?;
    let before_the_model = json!([tool["name"], tool["description"], tool["inputSchema"]]);
    Some(Row {
        name: entry.name().to_owned(),
        toolset: entry.toolset,
        effect: match entry.effect {
            Effect::Read => "read",
            Effect::Add => "add",
            Effect::Change => "change",
            Effect::Destroy => "destroy",
        },
        tokens: before_the_model.to_string().len() / 4,
        whole_tokens: tool.to_string().len() / 4,
        description: tool["description"].as_str().unwrap_or_default().to_owned(),
    })
}

/// A backend that receives no requests, and so requires no configuration.
async fn silent(config: &Config) -> Result<Backend, StartError> {
    match config.backend {
        BackendKind::Emulated => backend::connect(config).await,
        BackendKind::Aws => {
            backend::reject_flags_of_other_backend(config)?;
            let region = config.region.clone().unwrap_or_default();
            let sdk = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(region))
                .build();
            Ok(backend::aws::over(&sdk))
        }
    }
}

fn table(rows: &[Row], slim: bool) -> String {
    let width = |of: fn(&Row) -> usize, title: &str| {
        let widest = rows.iter().map(of).max().unwrap_or_default();
        widest.max(title.len())
    };
    let name = width(|row| row.name.len(), "TOOL");
    let toolset = width(|row| row.toolset.len(), "TOOLSET");
    let mut table = format!(
        "{:name$}  {:toolset$}  {:8}  TOKENS   WHOLE\n",
        "TOOL", "TOOLSET", "EFFECT"
    );
    for row in rows {
        let _ = writeln!(
            table,
            "{:name$}  {:toolset$}  {:8}  {:6}  {:6}",
            row.name, row.toolset, row.effect, row.tokens, row.whole_tokens
        );
    }
    let _ = writeln!(table, "Tools: {}.", total(rows, slim));
    let whole = if slim {
        "WHOLE counts titles and annotations too. The schemas of answers are left out."
    } else {
        "WHOLE counts the schemas of answers, titles and annotations too; --no-output-schemas leaves \
         out the schemas."
    };
    let _ = writeln!(table, "{whole}");
    table
}
