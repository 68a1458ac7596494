//! The flags of `serve` as they were given, to write them into a client's settings.

use std::any::TypeId;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::commands::Failed;
use crate::config::Config;

/// The flags of `serve`, parsed and as they were given.
#[derive(Clone, Debug)]
pub struct Flags {
    config: Config,
    given: Result<Vec<String>, String>,
}

impl Flags {
    /// The values of the flags.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The flags to write into the settings.
    pub(super) fn given(&self) -> Result<Vec<String>, Failed> {
        Ok(self.given.clone()?)
    }

    /// These flags and `more`, as `serve` would parse them.
    pub(super) fn with(&self, more: &[String]) -> Result<Self, Failed> {
        if more.is_empty() {
            return Ok(self.clone());
        }
        let all = [self.given()?, more.to_vec()].concat();
        let serve = Config::augment_args(Command::new("serve").no_binary_name(true));
        let parsed = serve.try_get_matches_from(all);
        let parsed = parsed.and_then(|matches| Self::from_arg_matches(&matches));
        parsed.map_err(|error| error.to_string().into())
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        Config::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Config::augment_args_for_update(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            config: Config::from_arg_matches(matches)?,
            given: given(matches),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The flags on the command line, and those that environment variables set: the client that
/// starts the server has another environment.
fn given(matches: &ArgMatches) -> Result<Vec<String>, String> {
    let mut given = Vec::new();
    for arg in Config::augment_args(Command::new("serve")).get_arguments() {
        let Some(long) = arg.get_long() else { continue };
        let id = arg.get_id().as_str();
        match matches.value_source(id) {
            Some(ValueSource::CommandLine) => {}
            Some(ValueSource::EnvVariable) if is_ours(arg) => {}
            _ => continue,
        }
        if arg.is_hide_env_values_set() {
            return Err(format!(
                "--{long} is a secret, and secrets are not written into the files of clients: remove it."
            ));
        }
        let flag = format!("--{long}");
        if !arg.get_action().takes_values() {
            given.push(flag);
            continue;
        }
        for occurrence in matches.get_raw_occurrences(id).into_iter().flatten() {
            let values: Result<Vec<String>, String> =
                occurrence.map(|value| written(arg, value)).collect();
            let value = values?.join(",");
            // A value may be omitted, or look like a flag.
            let optional = arg
                .get_num_args()
                .is_some_and(|range| range.min_values() == 0);
            if optional || value.starts_with('-') {
                given.push(format!("{flag}={value}"));
            } else if !value.is_empty() {
                given.extend([flag.clone(), value]);
            }
        }
    }
    Ok(given)
}

fn is_ours(arg: &Arg) -> bool {
    let variable = arg.get_env().and_then(OsStr::to_str);
    let named = variable.is_some_and(|variable| variable.starts_with("COGNITO_"));
    named && !arg.is_hide_env_values_set()
}

/// `value` in a form that is valid in any folder, because a client starts the server in a
/// folder of its own choice.
fn written(arg: &Arg, value: &OsStr) -> Result<String, String> {
    let is_path = arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
    let value = if is_path && !value.is_empty() {
        let absolute = std::path::absolute(value).map_err(|error| error.to_string())?;
        absolute.into_os_string()
    } else {
        value.to_owned()
    };
    let value = value.into_string();
    let value = value.map_err(|value| format!("{} is not valid Unicode.", value.display()))?;
    let user = value
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next())
        .is_some_and(|authority| authority.contains('@'));
    if user {
        return Err(format!(
            "The URL of {} contains a name or a password, and secrets are not written into the \
            files of clients.",
            arg.get_long().unwrap_or_default()
        ));
    }
    Ok(value)
}
