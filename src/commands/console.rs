//! `cognito-mcp console`: a server with a console, and a browser that shows it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

use clap::Args;

use crate::config::{BackendKind, Config};
use crate::start_error::StartError;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp console
          The console over an embedded emulator with a demo pool, which AWS SDKs reach at
          http://127.0.0.1:9229.
  cognito-mcp console --seed-file pools.yaml --data state.db
          With the pools of a file, and a state that survives a restart.
  cognito-mcp console --backend aws --profile work --pool eu-west-1_AbCdEfGhI
          A pool on AWS, read only.
  cognito-mcp console --no-open
          Prints the address instead of opening a browser.";

/// The flags of `console`: those of `serve`, and `--no-open`.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Only print the address of the console.
    #[arg(long)]
    pub no_open: bool,
    /// The flags of `serve`.
    #[command(flatten)]
    pub config: Config,
}

/// The address of the emulator's API if the flags name none: that of `cognito-mcp emulator`.
const API: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9229);

impl Arguments {
    /// The configuration of the server: all tools, and the emulator's API, unless the flags say
    /// otherwise.
    ///
    /// # Errors
    /// If another program has the address of the emulator's API.
    pub fn config(&self) -> Result<Config, StartError> {
        let mut config = self.config.clone().with_console();
        if config.backend == BackendKind::Emulated && config.listen.is_none() {
            check_free(API)?;
            config.listen = Some(API);
        }
        Ok(config)
    }
}

/// Checks that no other program listens on `address`.
fn check_free(address: SocketAddr) -> Result<(), StartError> {
    match std::net::TcpListener::bind(address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(StartError(format!(
            "Another program listens on {address}. If it is an emulator whose state the console \
             should show, start that one with `cognito-mcp emulator --console`. For an emulator of \
             its own, give it another address, such as --listen 127.0.0.1:9239."
        ))),
        _ => Ok(()),
    }
}

/// Opens `address` in the user's browser. Does not wait for it.
///
/// # Errors
/// If no program for it could be started.
pub fn open(address: &str) -> io::Result<()> {
    let mut error = io::Error::other("this system has no command for it");
    for (program, arguments) in OPENERS {
        let started = Command::new(program)
            .args(*arguments)
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(mut child) => {
                // Otherwise it would stay a zombie until this process ends.
                std::thread::spawn(move || child.wait());
                return Ok(());
            }
            Err(failed) => error = failed,
        }
    }
    Err(error)
}

/// The programs that open an address in the user's browser, with their first arguments.
#[cfg(target_os = "macos")]
const OPENERS: &[(&str, &[&str])] = &[("open", &[])];

/// `start` is a command of the shell, which would interpret `&` in the address.
#[cfg(windows)]
const OPENERS: &[(&str, &[&str])] = &[("rundll32", &["url.dll,FileProtocolHandler"])];

/// `xdg-open` on desktops, `wslview` in the Windows Subsystem for Linux.
#[cfg(not(any(target_os = "macos", windows)))]
const OPENERS: &[(&str, &[&str])] = &[("xdg-open", &[]), ("wslview", &[])];
