//! `cognito-mcp approve`: approval of a waiting call by a person.

use clap::Args;

use super::Failed;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp approve
          The calls that wait for an approval.
  cognito-mcp approve k3v9-q2m8
          Shows what the call would delete or disable, asks, and lets it run once.

A server that runs with `--confirm person` refuses such a call with a code, if its client
cannot ask its user. The command needs a terminal and the account that runs the server.
Anyone with both can approve: an agent with a shell of that account can imitate a terminal.";

/// What to approve.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The code in the refusal of the call.
    pub code: Option<String>,
}

/// Lists the calls that wait, or asks whether to approve one.
///
/// # Errors
/// If there is no such call, or it was not approved.
#[cfg(not(unix))]
#[expect(
    clippy::unused_async,
    reason = "on other systems it connects to servers"
)]
pub async fn run(_: &Arguments) -> Result<(), Failed> {
    Err("`approve` does not work on this system: use a client that can ask its user.".into())
}

/// Lists the calls that wait, or asks whether to approve one.
///
/// # Errors
/// If there is no such call, or it was not approved.
#[cfg(unix)]
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    unix::run(arguments.code.as_deref()).await
}

#[cfg(unix)]
mod unix {
    use std::fmt::Write as _;
    use std::io::{self, IsTerminal as _};
    use std::time::Duration;

    use super::super::terminal::{discard_input, says_yes};
    use super::super::{Failed, say};
    use crate::bounds::APPROVAL_USE;
    use crate::guard::untrusted;
    use crate::run::confirm::{Listed, RequestState, WrongCode, minutes, normalized};
    use crate::run::operator::Found;
    use crate::stderr::note;

    pub(super) async fn run(code: Option<&str>) -> Result<(), Failed> {
        match code {
            Some(code) => {
                // This is checked first, so that a program that cannot answer does not see
                // the request.
                if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
                    return Err(
                        "Only a person can approve: run the command in a terminal, without \
                                redirecting its input or output."
                            .into(),
                    );
                }
                approve(code).await
            }
            None => list().await,
        }
    }

    /// The waiting requests of every running server.
    async fn requests() -> Result<Vec<(Found, Vec<Listed>)>, Failed> {
        let (servers, left_out) = Found::all()?;
        let mut all = Vec::new();
        let mut silent = Vec::new();
        for server in servers {
            match server.requests().await {
                Ok(Some(requests)) => all.push((server, requests)),
                Ok(None) => {}
                Err(why) => silent.push(why),
            }
        }
        for why in &silent {
            note(why);
        }
        if all.is_empty() && silent.is_empty() {
            let mut error = "No server of this account waits for approvals: they are for `serve \
                             --confirm person`."
                .to_owned();
            for why in left_out {
                let _ = write!(error, " {why}.");
            }
            return Err(error.into());
        }
        Ok(all)
    }

    async fn list() -> Result<(), Failed> {
        let mut lines = String::new();
        for (_, requests) in requests().await? {
            for request in requests
                .iter()
                .filter(|one| one.state == RequestState::Open)
            {
                let _ = writeln!(lines, "{}", shown(request));
            }
        }
        if lines.is_empty() {
            "No call waits for an approval.\n".clone_into(&mut lines);
        }
        say(lines)
    }

    fn shown(request: &Listed) -> String {
        // The server has escaped these texts. They are escaped again because a terminal shows them.
        format!(
            "{}  {}. Asked for by {}. Expires in {}.",
            untrusted::line(&request.code),
            untrusted::line(&request.question),
            untrusted::line(&request.caller),
            minutes(Duration::from_secs(request.seconds_left)),
        )
    }

    async fn approve(code: &str) -> Result<(), Failed> {
        let code = normalized(code);
        let all = requests().await?;
        let found = all.iter().find_map(|(server, requests)| {
            let request = requests.iter().find(|request| request.code == code)?;
            Some((server, request))
        });
        let Some((server, request)) = found else {
            return Err(refused(WrongCode::Unknown));
        };
        match request.state {
            RequestState::Open => {}
            RequestState::Expired => return Err(refused(WrongCode::Expired)),
            RequestState::Approved | RequestState::Declined | RequestState::Used => {
                return Err(refused(WrongCode::Used));
            }
        }
        say(format_args!("{}\n", shown(request)))?;
        discard_input()?;
        say("Approve it, once? [y/N] ")?;
        let approved = says_yes()?;
        server.decide(&code, approved).await?.map_err(refused)?;
        if approved {
            let time = minutes(APPROVAL_USE);
            return say(format_args!(
                "Approved. The agent has to repeat the call within {time}.\n"
            ));
        }
        Err("Declined. Nothing is done.".into())
    }

    fn refused(why: WrongCode) -> Failed {
        let sentence = match why {
            WrongCode::Unknown => {
                "No call waits for this code: check it, or list the calls with `cognito-mcp approve`."
            }
            WrongCode::Expired => {
                "This code has expired: the agent gets a new one when it calls again."
            }
            WrongCode::Used => "This code was already used: each is for one decision and one call.",
            WrongCode::TooManyCodes => {
                "Too many unknown codes were sent to this server: try again in a minute."
            }
        };
        sentence.into()
    }
}
