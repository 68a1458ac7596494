//! Rejection of unknown `COGNITO_MCP_*` variables.
//!
//! A misspelt variable must not disable a restriction: a server with `COGNITO_MCP_POOL`
//! instead of `COGNITO_MCP_POOLS` would have access to every pool.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory};

use crate::arguments::nearest;
use crate::cli::Cli;
use crate::start_error::StartError;

/// The prefix of the program's own variables.
const PREFIX: &str = "COGNITO_MCP_";

/// Rejects the first of `names` that looks like a variable of this program but is
/// unknown.
///
/// # Errors
/// If there is such a name. The error has the nearest known name.
pub fn check(names: impl IntoIterator<Item = String>) -> Result<(), StartError> {
    let known = known();
    // Sorted, so that the same environment always gets the same error.
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
        "{name} is not a variable of this program.{guess} Known variables: {}. Remove it from \
        the environment.",
        known.join(", ")
    )))
}

/// Whether `name` begins with the prefix. One typing error, case and separators are
/// ignored.
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

/// The variables that set flags.
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
    fn names_like_the_prefix_are_checked() {
        let known = known();
        assert!(known.contains("COGNITO_MCP_POOLS"), "{known:?}");
        assert!(check(known).is_ok());
        for unknown in [
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
            let refused = check([unknown.to_owned()]).unwrap_err().to_string();
            assert!(refused.starts_with(unknown), "{refused}");
        }
        // These are variables of other programs.
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
