//! Variables of ours in the environment that mean nothing.
//!
//! A guard that is misspelt must not stay open: `COGNITO_MCP_POOL` would leave
//! every pool in reach of who meant `COGNITO_MCP_POOLS`.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory};

use crate::arguments::nearest;
use crate::cli::Cli;
use crate::start_error::StartError;

/// What the names of our own variables begin with.
const PREFIX: &str = "COGNITO_MCP_";

/// Refuses the first of `names` that looks like one of our variables and is none.
///
/// # Errors
/// Where there is one, with the nearest name.
pub fn check(names: impl IntoIterator<Item = String>) -> Result<(), StartError> {
    let known = known();
    // In order, so that the same environment is always refused alike.
    let names: BTreeSet<String> = names.into_iter().collect();
    let stranger = names
        .iter()
        .find(|name| is_ours(name) && !known.contains(*name));
    let Some(name) = stranger else {
        return Ok(());
    };
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let guess = nearest(name, known.iter().copied())
        .map_or_else(String::new, |nearest| format!(" Did you mean `{nearest}`?"));
    Err(StartError(format!(
        "{name} is no variable of this program.{guess} There are: {}. Take it out of the \
         environment.",
        known.join(", ")
    )))
}

/// Whether `name` begins as ours do, but for a slip of the pen, or for case and separators.
fn is_ours(name: &str) -> bool {
    let word = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_uppercase()).collect()
    };
    let (name, prefix) = (word(name), word(PREFIX));
    let lengths = prefix.len() - 1..=prefix.len() + 1;
    let mut beginnings = lengths.filter_map(|length| name.get(..length));
    #[expect(clippy::disallowed_methods, reason = "both are as long as the prefix")]
    beginnings.any(|beginning| strsim::damerau_levenshtein(beginning, &prefix) <= 1)
}

/// The variables of ours that some flag reads.
fn known() -> BTreeSet<String> {
    fn collect(command: &Command, found: &mut BTreeSet<String>) {
        for argument in command.get_arguments() {
            let name = argument.get_env().and_then(|name| name.to_str());
            found.extend(name.map(ToOwned::to_owned));
        }
        for command in command.get_subcommands() {
            collect(command, found);
        }
    }
    let mut found = BTreeSet::new();
    collect(&Cli::command(), &mut found);
    found.retain(|name| name.starts_with(PREFIX));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_ours_is_ours() {
        let known = known();
        assert!(known.contains("COGNITO_MCP_POOLS"), "{known:?}");
        assert!(check(known).is_ok());
        for stranger in [
            "COGNITO_MCP_TOOLSET",
            "COGNITO_MCP",
            "COGNITO_MCP_",
            "COGNITO_MCPTOOLS",
            "COGNITOMCP_TOOLS",
            "COGNITO-MCP-TOOLS",
            "cognito_mcp_tools",
            "COGNTIO_MCP_TOOLS",
            "COGNITO_MPC_POOLS",
            "COGNIT_MCP_POOLS",
        ] {
            let refused = check([stranger.to_owned()]).unwrap_err().to_string();
            assert!(refused.starts_with(stranger), "{refused}");
        }
        // Those of other programs.
        for other in [
            "COGNITO_USER_POOL_ID",
            "COGNITO_CLIENT_ID",
            "COGNITO_APP_CLIENT",
            "COGNITO_DOMAIN",
            "AWS_REGION",
            "MCP_COGNITO",
            "PATH",
            "",
        ] {
            assert!(check([other.to_owned()]).is_ok(), "{other}");
        }
    }
}
