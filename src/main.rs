//! `cognito-mcp`: the MCP server for Amazon Cognito, its commands, and the emulator.

use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};
use cognito_mcp::cli::{Cli, Command};
use cognito_mcp::cognito::backend::{self, Emulated, Listen};
use cognito_mcp::commands::{
    Failed, approve, call, console, convert, diff, doctor, export, health, init, pages, policy,
    pull, say, say_json, secret, tools,
};
use cognito_mcp::config::{Config, VerifyConfig};
use cognito_mcp::mcp::server::Server;
use cognito_mcp::record::{metrics, telemetry};
use cognito_mcp::start::environment;
use cognito_mcp::start::exposure;
use cognito_mcp::stderr::{self, note};
use cognito_mcp::transport::http::HttpServer;
use cognito_mcp::transport::signals;
use cognito_mcp::transport::stdio;
use cognito_mcp::verify;
use tokio_util::sync::CancellationToken;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let failed: Option<&Failed> = error.downcast_ref();
            if !failed.is_some_and(Failed::is_printed) {
                note(format_args!("cognito-mcp: {error}"));
            }
            failed.map_or(ExitCode::FAILURE, |failed| ExitCode::from(failed.code()))
        }
    }
}

/// Logs to stderr, if `RUST_LOG` is set. Stdout is for the protocol.
///
/// Logs of libraries are limited to INFO, even if `RUST_LOG` allows more. At DEBUG and
/// TRACE, they contain complete requests and responses, with passwords and tokens.
fn log_to_stderr(spans: Option<Box<dyn Layer<Registry> + Send + Sync>>) {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    let discreet = filter_fn(|event| {
        let is_ours = event.target().starts_with("cognito_");
        event.target() != telemetry::TARGET && (is_ours || *event.level() <= Level::INFO)
    });
    // The hint makes disabled events free.
    let discreet = discreet.with_max_level_hint(Level::TRACE);
    let lines = fmt::layer()
        .with_writer(|| stderr::Writer)
        .with_ansi(std::io::stderr().is_terminal())
        // These errors are written by `eprintln!`, which panics if stderr cannot be written.
        .log_internal_errors(false)
        .with_filter(asked.and(discreet));
    tracing_subscriber::registry()
        .with(spans)
        .with(lines)
        .init();
}

fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    environment::check(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))?;
    let mut cli = Cli::parse();
    if let Some(report) = cli.read_dotenv()? {
        note(format_args!("cognito-mcp: {report}."));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let (spans, last_spans) = match telemetry::start(runtime.handle()) {
        Some(export) => (Some(export.layer), Some(export.end)),
        None => (None, None),
    };
    log_to_stderr(spans);
    let interrupted = handle_signals(&cli)?;
    let done = runtime.block_on(async {
        match cli.command {
            Some(Command::Emulator(config)) if config.console => {
                let config = config.with_console();
                Box::pin(serve(&config, Served::CONSOLE, interrupted)).await
            }
            Some(Command::Emulator(config)) => {
                Ok(backend::emulated::serve(&config, interrupted).await?)
            }
            Some(Command::Console(arguments)) => {
                let served = Served {
                    opens: !arguments.no_open,
                    ..Served::CONSOLE
                };
                Box::pin(serve(&arguments.config()?, served, interrupted)).await
            }
            Some(Command::Serve(config)) => {
                Box::pin(serve(&config, Served::MCP, interrupted)).await
            }
            Some(Command::Init(arguments)) => Ok(init::run(&arguments)?),
            Some(Command::Doctor(arguments)) => Ok(doctor::run(&arguments).await?),
            Some(Command::Tools(arguments)) => Ok(tools::run(&arguments).await?),
            Some(Command::Approve(arguments)) => Ok(approve::run(&arguments).await?),
            Some(Command::Secret(arguments)) => Ok(secret::run(&arguments).await?),
            Some(Command::Call(arguments)) => Ok(call::run(&arguments).await?),
            Some(Command::Export(arguments)) => Ok(export::run(&arguments).await?),
            Some(Command::Convert(arguments)) => Ok(convert::run(&arguments)?),
            Some(Command::Health(arguments)) => Ok(health::run(&arguments).await?),
            Some(Command::Verify(config)) => verify(&config).await,
            Some(Command::Policy(config)) => Ok(policy::run(&config)?),
            Some(Command::Pull(arguments)) => Ok(Box::pin(pull::run(&arguments)).await?),
            Some(Command::Diff(arguments)) => Ok(Box::pin(diff::run(&arguments)).await?),
            Some(Command::Completions(arguments)) => {
                Ok(pages::completions(&arguments, Cli::command())?)
            }
            Some(Command::Man(arguments)) => Ok(pages::manual(&arguments, Cli::command())?),
            None => Box::pin(serve(&cli.config, Served::MCP, interrupted)).await,
        }
    });
    if let Some(send) = last_spans {
        send();
    }
    // The process does not wait for tasks that hang.
    runtime.shutdown_background();
    done
}

async fn verify(config: &VerifyConfig) -> Result<(), Box<dyn Error + Send + Sync>> {
    let report = verify::serve(config).await?;
    if config.json {
        say_json(&report)?;
    } else {
        say(&report)?;
    }
    if report.is_good() {
        return Ok(());
    }
    let failed = report.total().failed;
    let left = report.left_behind.len();
    Err(format!("{failed} cases failed, {left} pools were not deleted").into())
}

/// Handles SIGINT and SIGTERM as the command requires. Returns a token for commands that
/// serve, which the first signal cancels.
fn handle_signals(cli: &Cli) -> std::io::Result<CancellationToken> {
    match &cli.command {
        None => signals::ending(cli.config.http.drain_time()),
        Some(Command::Serve(config)) => signals::ending(config.http.drain_time()),
        Some(Command::Console(_) | Command::Emulator(_)) => signals::ending(Duration::ZERO),
        // `verify` handles signals itself, because it deletes its pools first.
        Some(Command::Verify(_)) => Ok(CancellationToken::new()),
        Some(_) => {
            signals::end_process_one()?;
            Ok(CancellationToken::new())
        }
    }
}

/// How a server is used.
#[derive(Clone, Copy)]
struct Served {
    /// Whether MCP is on stdio, unless the flags have an address.
    stdio: bool,
    /// Whether the console is opened in a browser.
    opens: bool,
}

impl Served {
    /// By MCP clients.
    const MCP: Self = Self {
        stdio: true,
        opens: false,
    };
    /// By a person in a browser.
    const CONSOLE: Self = Self {
        stdio: false,
        opens: false,
    };
}

async fn serve(
    config: &Config,
    ways: Served,
    interrupted: CancellationToken,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let over_stdio = ways.stdio && config.http.address.is_none();
    let listen = if over_stdio {
        Listen::IfFree
    } else {
        Listen::Required
    };
    let backend = backend::connect_and_listen(config, listen).await?;
    if let Some(endpoints) = &backend.endpoints {
        for line in endpoints.lines() {
            note(format_args!("cognito-mcp: {line}"));
        }
    }
    let emulator = backend.emulator.clone();
    if let Some(emulator) = &emulator {
        let warnings = emulator.warnings(config);
        backend::emulated::report_home(emulator.home().as_deref(), &warnings);
    }
    let state = Arc::clone(&backend.state);
    if let Some(address) = config.shared_state.metrics {
        let open = metrics::serve(address, Arc::clone(&state)).await;
        let address = open.map_err(|error| format!("--metrics {address}: {error}."))?;
        note(format_args!("Metrics are at http://{address}/metrics."));
    }
    if state.is_shared() {
        tokio::spawn(async move { state.attend().await });
    }
    let server = Server::new(config, backend)?;
    let _desk = server.open_desk(None)?;
    // On shutdown, calls of applications to the emulator are also answered.
    let listening = async {
        interrupted.cancelled().await;
        if let Some(emulator) = &emulator {
            emulator.stop_listening().await;
        }
    };
    let serving = async {
        if over_stdio && !config.http.console {
            return stdio::serve(server, interrupted.clone()).await;
        }
        let http = HttpServer::open(server.clone(), &config.http).await?;
        report_http(&http, emulator.as_ref(), ways.opens);
        if !over_stdio {
            return Ok(http.serve(interrupted.clone().cancelled_owned()).await?);
        }
        let end = CancellationToken::new();
        let console = tokio::spawn(http.serve(end.clone().cancelled_owned()));
        let done = stdio::serve(server, interrupted.clone()).await;
        end.cancel();
        // A panic of the task has already been reported.
        let _ = console.await;
        done
    };
    let mut listening = std::pin::pin!(listening);
    let mut serving = std::pin::pin!(serving);
    let done = tokio::select! {
        done = &mut serving => {
            if interrupted.is_cancelled() {
                listening.await;
            }
            done
        }
        () = &mut listening => serving.await,
    };
    if let Some(emulator) = &emulator {
        emulator.finish_deliveries();
    }
    done
}

/// Reports the addresses of `http`, and opens its console in a browser if `opens`.
fn report_http(http: &HttpServer, emulator: Option<&Emulated>, opens: bool) {
    let address = http.address();
    note(format_args!("MCP is at http://{address}/mcp."));
    if !exposure::is_loopback(address.ip()) {
        note(
            "Other machines can reach this address. Every request needs a token, which plain \
             HTTP sends unencrypted: put a proxy with TLS before it.",
        );
    }
    let Some(entry) = http.console() else {
        return;
    };
    if let Some(emulator) = emulator {
        emulator.set_console(format!("http://{address}/console/"));
    }
    note(format_args!("Console: {entry}"));
    if opens && let Err(error) = console::open(entry) {
        note(format_args!(
            "No browser could be opened ({error}): open the address of the console yourself."
        ));
    }
}
