//! `cognito-mcp policy`: the IAM policy for a selection of tools and pools.

use super::{Failed, say};
use crate::cognito::policy::{Location, Policy};
use crate::cognito::pools::Pools;
use crate::config::{BackendKind, Config, PolicyConfig};
use crate::ids::Region;
use crate::start::selection;
use crate::start_error::StartError;
use crate::tools;

/// Prints the policy.
///
/// # Errors
/// As [`of`], and if standard output cannot be written.
pub fn run(config: &PolicyConfig) -> Result<(), Failed> {
    let policy = of(config).map_err(|error| error.to_string())?;
    say(policy.formatted(config.format))
}

/// The policy for the tools and pools that `config` selects.
///
/// # Errors
/// If the server would not start with the same flags, or no tool requires a permission.
pub fn of(config: &PolicyConfig) -> Result<Policy, StartError> {
    let served = Config {
        backend: BackendKind::Aws,
        selection: config.selection.clone(),
        allow_writes: config.allow_writes,
        allow_destructive: config.allow_destructive,
        ..Config::default()
    };
    let selected = selection::select(&served)?;
    let pools = Pools::new(&served.selection.pools)?;
    let selected = tools::all().filter(|tool| selected.contains(tool.name()));
    let region = Config::named(config.region.as_ref());
    if let Some(region) = region.as_ref().filter(|it| Region::parse(it).is_none()) {
        return Err(StartError(format!(
            "--region {region}: not an AWS Region. Write it as in eu-west-1."
        )));
    }
    let location = Location {
        region,
        account: config.account.clone(),
    };
    let policy = Policy::new(selected, selection::allowed(&served), &pools, &location);
    if policy.is_empty() {
        return Err(StartError(
            "The selected tools need no IAM permission.".to_owned(),
        ));
    }
    Ok(policy)
}
