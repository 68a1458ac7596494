//! `cognito-mcp secret`: reads a secret that a server hides from its client.

use clap::Args;

use super::Failed;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp secret secret:client_secret/k3v9q2m8x1t7w5ha
          Shows the secret behind this reference, once.

A server that hides secrets answers its client with references, and keeps the secrets until it
ends. The command needs a terminal, and the machine and the account that run the server. The
audit log has a line for it. Anyone with both can read the secret: an agent with a shell of that
account can imitate a terminal.";

/// The secret to read.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The reference in the server's answer.
    pub reference: String,
}

/// Shows the secret.
///
/// # Errors
/// If no server of this account has it, or if it was read before.
#[cfg(not(unix))]
#[expect(
    clippy::unused_async,
    reason = "on other systems it connects to servers"
)]
pub async fn run(_: &Arguments) -> Result<(), Failed> {
    Err("`secret` does not work on this system: start the server with `--secrets-dir`.".into())
}

/// Shows the secret.
///
/// # Errors
/// If no server of this account has it, or if it was read before.
#[cfg(unix)]
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    unix::run(&arguments.reference).await
}

#[cfg(unix)]
mod unix {
    use std::io::{self, IsTerminal as _};

    use super::super::{Failed, say};
    use crate::guard::secrets::is_reference;
    use crate::run::hand_over::NotHandedOver;
    use crate::run::operator::Found;
    use crate::stderr::note;

    pub(super) async fn run(reference: &str) -> Result<(), Failed> {
        // A program that reads the output must not get the secret.
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(
                "Only a person can read a secret: run the command in a terminal, without \
                 redirecting its input or output. For programs, start the server with \
                 `--secrets-dir`."
                    .into(),
            );
        }
        let reference = reference.trim();
        if !is_reference(reference) {
            return Err(
                "This is not a reference: it looks like secret:client_secret/k3v9q2m8x1t7w5ha."
                    .into(),
            );
        }
        let (servers, left_out) = Found::all()?;
        for server in servers {
            match server.secret(reference).await {
                Ok(Ok(secret)) => return say(format_args!("{secret}\n")),
                Ok(Err(NotHandedOver::Unknown)) => {}
                Ok(Err(NotHandedOver::Read)) => {
                    return Err("This secret was already read: each can be read once.".into());
                }
                Ok(Err(NotHandedOver::NotLogged(why))) => {
                    return Err(format!(
                        "The audit log of the server cannot be written ({why}), so the secret is not \
                         shown."
                    )
                    .into());
                }
                Ok(Err(NotHandedOver::Unavailable(why))) => {
                    note(format_args!("The shared state of a server {why}."));
                }
                Err(why) => note(why),
            }
        }
        for why in left_out {
            note(why);
        }
        Err(
            "No running server of this account knows this reference: it was forgotten, or the \
             server has ended, as `cognito-mcp call` does with its answer. Ask the agent to repeat \
             the call, or repeat it with --reveal-secrets."
                .into(),
        )
    }
}
