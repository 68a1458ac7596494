//! `cognito-mcp health`: whether an emulator or an MCP server answers, for the health check of a
//! container and for scripts that wait for the start.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use clap::Args;

use super::{Failed, say};
use crate::cognito::web::Web;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp health
          The emulator at http://127.0.0.1:9229, now. The exit code is 0 if it answers.
  cognito-mcp health --wait 30
          As soon as it answers, within 30 seconds.
  cognito-mcp health --endpoint-url http://127.0.0.1:8080
          The MCP server of `serve --http 127.0.0.1:8080`.";

/// What is asked, and how long.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Address of the emulator, or of an MCP server over HTTP.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9229")]
    pub endpoint_url: String,
    /// Repeat the question for this long.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
}

/// Time limit for one response.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(20);

/// The paths of the MCP server and of the emulator. The emulator answers 404 to the other path. An MCP
/// server with `--http-url` refuses all but its own paths for another `Host`.
const PATHS: [&str; 2] = ["/health", "/_emulator/health"];

/// Prints the address that answers.
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    let base = arguments.endpoint_url.trim_end_matches('/');
    if !base.starts_with("http://") && !base.starts_with("https://") {
        return Err(format!(
            "--endpoint-url {base}: write an address such as http://127.0.0.1:9229."
        )
        .into());
    }
    let web = Web::default();
    let asked = async {
        let mut questions = tokio::time::interval(PAUSE);
        loop {
            questions.tick().await;
            let status = answer(&web, base).await?;
            if status.is_some() || arguments.wait == 0 {
                return Ok::<_, Failed>(status);
            }
        }
    };
    let limit = TIMEOUT.max(Duration::from_secs(arguments.wait));
    match tokio::time::timeout(limit, asked)
        .await
        .unwrap_or(Ok(None))?
    {
        Some(StatusCode::OK) => say(format_args!("{base} answers.\n")),
        Some(status) => Err(format!("{base} answers {status}.").into()),
        None => Err(format!("{base} does not answer.").into()),
    }
}

/// The status of the first path that exists, if anything answers.
async fn answer(web: &Web, base: &str) -> Result<Option<StatusCode>, Failed> {
    let mut last = None;
    for path in PATHS {
        let request = Request::get(format!("{base}{path}")).body(Bytes::new());
        let request =
            request.map_err(|error| Failed::from(format!("--endpoint-url {base}: {error}.")))?;
        let Ok(answer) = web.send(request, TIMEOUT).await else {
            return Ok(None);
        };
        last = Some(answer.status());
        if answer.status() != StatusCode::NOT_FOUND {
            break;
        }
    }
    Ok(last)
}
