//! `cognito-mcp pull`: copies a user pool on AWS into a pool file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::SharedTimeSource;
use clap::Args;
use cognito_emulator::pool_file::yaml;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::{Failed, say};
use crate::cognito::operations::Effect;
use crate::cognito::pools::Pools;
use crate::cognito::watch::Watch;
use crate::config::account;
use crate::copy;
use crate::copy::journal::{Journal, Step};
use crate::copy::pull::{Failure, Progress, Pulled, Request, Users, pull};
use crate::copy::reader::Reader;
use crate::copy::scratch::Scratch;
use crate::guard::private_file;
use crate::ids::PoolId;
use crate::stderr::note;

/// Examples for the help.
pub const EXAMPLES: &str = r"Examples:
  cognito-mcp pull --user-pool-id eu-west-1_AbCdEfGhI --output shop.yaml
          Settings and parts of a pool, without users. `cognito-mcp emulator --seed-file
          shop.yaml` serves the copy.
  cognito-mcp pull --user-pool-id eu-west-1_AbCdEfGhI --users all --fake-personal-data --output shop.yaml
          Also all users, with invented names, addresses and numbers.
  cognito-mcp pull --user-pool-id eu-west-1_AbCdEfGhI --users all --output shop.yaml --resume
          Continues after an interruption.

It only reads; `cognito-mcp policy --tools export_pool` prints the permissions that it needs.
Passwords, secrets of authenticator apps, devices and passkeys cannot be read; the file lists
what it does not have as `NotExported`.";

/// What to copy, and where.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The user pool.
    #[arg(long, env = "COGNITO_USER_POOL_ID")]
    pub user_pool_id: String,
    /// Write this file, which only you may read, instead of standard output.
    ///
    /// The format is JSON if its name ends in .json, and YAML otherwise.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The users to copy: `all`, `none`, or a filter of ListUsers such as 'email ^= "a"'.
    #[arg(long, value_name = "USERS", default_value = "none")]
    pub users: String,
    /// At most this many users, the first ones that Cognito lists; alone, with `--users all`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub sample: Option<u32>,
    /// Replace names, addresses, numbers and ids of users by invented ones.
    ///
    /// The same value always has the same invention. Verified flags, statuses, groups and dates stay.
    #[arg(long)]
    pub fake_personal_data: bool,
    /// Attributes that `--fake-personal-data` does not replace, with commas.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        requires = "fake_personal_data"
    )]
    pub keep_attributes: Vec<String>,
    /// Copy the secrets of app clients and identity providers.
    #[arg(long)]
    pub client_secrets: bool,
    /// Put the pool into this account: the account of the pool's ARNs is replaced.
    ///
    /// The emulator's default account is 123456789012.
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub account: Option<String>,
    /// Continue the interrupted copy in FILE, of which FILE.state has the state.
    #[arg(long, requires = "output")]
    pub resume: bool,
    /// The pools on AWS.
    #[command(flatten)]
    pub connection: Connection,
}

impl Arguments {
    fn request(&self) -> Request {
        let users = match self.users.as_str() {
            "none" if self.sample.is_some() => Users::All,
            "none" => Users::None,
            "all" => Users::All,
            filter => Users::Matching(filter.to_owned()),
        };
        Request {
            user_pool_id: self.user_pool_id.clone(),
            users,
            most: self.sample.and_then(|most| usize::try_from(most).ok()),
            secrets: self.client_secrets,
            fakes: self.fake_personal_data,
            kept_attributes: self.keep_attributes.clone(),
        }
    }
}

/// Copies the pool.
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    let request = arguments.request();
    PoolId::parse(&request.user_pool_id)
        .map_err(|_| "--user-pool-id: a user pool id looks like eu-west-1_AbCdEfGhI.")?;
    let backend = arguments.connection.connect(&request.user_pool_id).await?;
    let (mut journal, steps) = open(arguments, &request)?;
    let reader = Reader::of_client(backend.client);
    let mut shown = Shown::new(backend.clock);
    let watch = watch(&request.user_pool_id)?;
    let pulled = watch
        .over(pull(&reader, &request, &mut journal, steps, &mut |at| {
            shown.report(at);
        }))
        .await
        .map_err(|failure| explain(failure, arguments))?;
    let Pulled {
        mut file, users, ..
    } = pulled;
    if let Some(account) = &arguments.account {
        move_to(account, &mut file);
    }
    write(arguments, &file)?;
    journal.delete()?;
    let seconds = shown.seconds();
    note(format_args!(
        "cognito-mcp: {users} users, {} calls, {seconds} s.",
        reader.calls()
    ));
    check(&file);
    Ok(())
}

/// A watch that only allows the reads of copies, in one pool.
pub(super) fn watch(id: &str) -> Result<Arc<Watch>, Failed> {
    let pools = Pools::new(&[id.to_owned()]).map_err(|error| error.to_string())?;
    Ok(Arc::new(Watch::new(
        copy::OPERATIONS,
        Effect::Read,
        Arc::new(pools),
        CancellationToken::new(),
    )))
}

fn open(arguments: &Arguments, request: &Request) -> Result<(Journal, Vec<Step>), Failed> {
    let Some(output) = &arguments.output else {
        return Ok((Journal::none(), Vec::new()));
    };
    let path = Journal::path_of(output);
    let request = json!({
        "Request": request,
        "EndpointUrl": arguments.connection.endpoint_url,
    });
    if arguments.resume && path.exists() {
        return Ok(Journal::resume(&path, &request)?);
    }
    Ok((Journal::create(&path, &request)?, Vec::new()))
}

fn explain(failure: Failure, arguments: &Arguments) -> Failed {
    let (mut message, is_kept) = match failure {
        Failure::Journal(message) => (message, false),
        Failure::Refused(error) => {
            let operation = error.operation.as_deref().unwrap_or("The request");
            let message = match error.code.as_str() {
                "AccessDeniedException" => format!(
                    "{operation} was refused: {}. `cognito-mcp policy --tools export_pool --pool \
                     {}` prints the permissions that a copy needs.",
                    error.message.trim_end_matches('.'),
                    arguments.user_pool_id
                ),
                code => format!("{operation} was refused: {code}: {}", error.message),
            };
            (message, true)
        }
    };
    if is_kept && arguments.output.is_some() {
        message.push_str(" Continue with --resume.");
    }
    message.into()
}

/// Puts the pool of `file` into `account`.
fn move_to(account: &str, file: &mut Value) {
    let pool = &mut file["UserPools"][0];
    let Some(own) = pool["AccountId"].as_str().map(ToOwned::to_owned) else {
        return;
    };
    let users = pool.as_object_mut().and_then(|it| it.shift_remove("Users"));
    replace(pool, &format!(":{own}:"), &format!(":{account}:"));
    pool["AccountId"] = account.into();
    if let Some(users) = users {
        pool["Users"] = users;
    }
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text.starts_with("arn:") => *text = text.replace(from, to),
        Value::Array(elements) => elements.iter_mut().for_each(|it| replace(it, from, to)),
        Value::Object(members) => members.values_mut().for_each(|it| replace(it, from, to)),
        _ => {}
    }
}

fn write(arguments: &Arguments, file: &Value) -> Result<(), Failed> {
    let Some(path) = &arguments.output else {
        return say(yaml(file));
    };
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    let text = if is_json {
        format!("{file:#}\n")
    } else {
        yaml(file)
    };
    private_file::replace(path, text.as_bytes())
        .map_err(|error| format!("{} cannot be written: {error}.", path.display()).into())
}

/// Reports whether the emulator would load the copy.
fn check(file: &Value) {
    match Scratch::load("", &yaml(file)) {
        Ok(scratch) => {
            for missing in &scratch.loaded.notes {
                note(format_args!("cognito-mcp: warning: {missing}"));
            }
        }
        Err(mistake) => note(format_args!(
            "cognito-mcp: warning: the emulator does not load this file before you change it: \
             {mistake}"
        )),
    }
}

/// Progress on standard error.
struct Shown {
    clock: SharedTimeSource,
    begin: SystemTime,
    last: Option<SystemTime>,
}

/// Time between two reports.
const INTERVAL: Duration = Duration::from_secs(5);

impl Shown {
    fn new(clock: SharedTimeSource) -> Self {
        let begin = clock.now();
        Self {
            clock,
            begin,
            last: None,
        }
    }

    fn seconds(&self) -> u64 {
        let since = self.clock.now().duration_since(self.begin);
        since.unwrap_or_default().as_secs()
    }

    fn report(&mut self, at: &Progress) {
        let now = self.clock.now();
        let is_due = |last: SystemTime| now.duration_since(last).unwrap_or_default() >= INTERVAL;
        if self.last.is_some_and(|last| !is_due(last)) {
            return;
        }
        self.last = Some(now);
        let Progress {
            reading,
            users,
            expected,
        } = at;
        let seconds = self.seconds();
        if *expected == 0 {
            note(format_args!("cognito-mcp: reading {reading}, {seconds} s."));
        } else {
            note(format_args!(
                "cognito-mcp: reading {reading}; {users} of about {expected} users, {seconds} s."
            ));
        }
    }
}
