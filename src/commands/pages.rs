//! `cognito-mcp completions` and `cognito-mcp man`: shell completions and manual pages,
//! generated from the flags.

use std::io;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use super::{Failed, say};

/// Examples for the help.
pub const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  cognito-mcp completions bash > ~/.local/share/bash-completion/completions/cognito-mcp
  cognito-mcp completions zsh > ~/.zfunc/_cognito-mcp
  cognito-mcp completions fish > ~/.config/fish/completions/cognito-mcp.fish
  cognito-mcp completions powershell >> $PROFILE";

/// Examples for the help.
pub const MAN_EXAMPLES: &str = "\
Examples:
  cognito-mcp man | man -l -
          Read it.
  cognito-mcp man --dir ~/.local/share/man/man1
          Install one page for the program and one for each of its commands.";

/// The shell to complete for.
#[derive(Clone, Debug, Args)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// Where to write the manual.
#[derive(Clone, Debug, Args)]
pub struct Manual {
    /// Write every page into this folder, instead of the first to standard output.
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
}

/// Prints the completions.
pub fn completions(arguments: &Completions, mut command: Command) -> Result<(), Failed> {
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut text);
    say(String::from_utf8_lossy(&text))
}

/// Prints the manual, or writes its pages.
pub fn manual(arguments: &Manual, command: Command) -> Result<(), Failed> {
    let message = |error: io::Error| format!("The manual cannot be written: {error}.");
    if let Some(folder) = &arguments.dir {
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder));
        return Ok(written.map_err(message)?);
    }
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command);
    page.render(&mut text).map_err(message)?;
    say(String::from_utf8_lossy(&text))
}
