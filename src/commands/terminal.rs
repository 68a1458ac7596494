//! Questions to the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _};

use super::Failed;

/// Whether a person sees standard error and can answer on standard input.
pub(super) fn has_person() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Discards input that was typed before the question was shown, because it is not an answer.
///
/// # Errors
/// If standard input cannot be read.
#[cfg(unix)]
pub(super) fn discard_input() -> Result<(), Failed> {
    use rustix::termios::{QueueSelector, tcflush};
    tcflush(io::stdin(), QueueSelector::IFlush).map_err(|error| unreadable(&error))
}

/// Does nothing: this system has no function for it.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on other systems it may fail")]
pub(super) fn discard_input() -> Result<(), Failed> {
    Ok(())
}

/// Reads the answer to a question with `[y/N]`. The end of the input means no.
///
/// # Errors
/// If standard input cannot be read.
pub(super) fn says_yes() -> Result<bool, Failed> {
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| unreadable(&error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn unreadable(error: &dyn std::fmt::Display) -> Failed {
    format!("The terminal cannot be read: {error}.").into()
}
