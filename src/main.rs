//! `cognito-mcp`: MCP on stdio, over Cognito or over the embedded emulator.

use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use cognito_mcp::backend;
use cognito_mcp::config::{Cli, Command, Config};
use cognito_mcp::server::Server;
use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cognito-mcp: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    // Before there are threads: they could be reading the environment meanwhile.
    match dotenvy::dotenv() {
        Ok(_) => {}
        Err(error) if error.not_found() => {}
        Err(error) => return Err(format!("The .env file cannot be read: {error}").into()),
    }
    let cli = Cli::parse();
    // Stdout carries the protocol; nothing is logged unless RUST_LOG asks.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off")),
        )
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match cli.command {
            Some(Command::Emulator(config)) => Ok(backend::emulated::serve(&config).await?),
            Some(Command::Serve(config)) => serve(&config).await,
            None => serve(&cli.config).await,
        }
    })
}

async fn serve(config: &Config) -> Result<(), Box<dyn Error>> {
    let backend = backend::connect(config).await?;
    let served = Server::new(config, backend)
        .serve(rmcp::transport::stdio_pipes())
        .await;
    match served {
        Ok(service) => service.waiting().await?,
        // A client may leave before it has said a word.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    Ok(())
}
