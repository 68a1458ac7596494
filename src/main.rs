//! `cognito-mcp`: MCP on stdio, over Cognito or over the embedded emulator.

use std::error::Error;
use std::io::IsTerminal;

use clap::Parser;
use cognito_mcp::backend;
use cognito_mcp::config::{Cli, Command, Config};
use cognito_mcp::server::Server;
use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cognito-mcp: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    match dotenvy::dotenv() {
        Ok(_) => {}
        Err(error) if error.not_found() => {}
        Err(error) => return Err(format!("the .env file cannot be read: {error}").into()),
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
    match cli.command {
        Some(Command::Emulator(config)) => Ok(backend::emulated::serve(&config).await?),
        Some(Command::Serve(config)) => serve(&config).await,
        None => serve(&cli.config).await,
    }
}

async fn serve(config: &Config) -> Result<(), Box<dyn Error>> {
    let backend = backend::connect(config).await?;
    let server = Server::new(config, backend);
    match server.serve(rmcp::transport::stdio_pipes()).await {
        Ok(service) => {
            service.waiting().await?;
            Ok(())
        }
        // A client that leaves before it says anything is no failure.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
