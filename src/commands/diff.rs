//! `cognito-mcp diff`: the differences between two user pools.

use std::path::Path;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use clap::Args;
use cognito_emulator::bounds::FILE_BYTES;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::connection::Connection;
use super::pull::watch;
use super::{Failed, say, say_json};
use crate::cognito::web::Web;
use crate::copy::compare::{Difference, Options, compare};
use crate::copy::journal::Journal;
use crate::copy::pull::{self, Failure, Users, pull};
use crate::copy::reader::Reader;
use crate::copy::scratch::{Defaults, Scratch};
use crate::guard::private_file;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp diff aws:eu-west-1_AbCdEfGhI test-pool.yaml
          Does the pool on AWS still equal the one that the tests use?
  cognito-mcp diff pools.yaml#shop emulator:us-east-1_Shop
          A pool of a file and one of the emulator at http://127.0.0.1:9229.
  cognito-mcp diff before.yaml after.yaml --users --json
          Also compares each user; for programs.

A and B are each a pool file (FILE, or FILE#POOL with the pool's id or name), `aws:POOL_ID`,
`emulator:POOL_ID`, or an emulator's address with a pool (http://127.0.0.1:9229#POOL_ID).
The exit code is 0 if the pools are equal, 1 if they differ, and 2 after an error.";

/// Which pools to compare.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The first pool.
    pub a: String,
    /// The second pool.
    pub b: String,
    /// Compare each user instead of the number of users.
    #[arg(long)]
    pub users: bool,
    /// Also compare ids, dates and what Cognito assigns.
    #[arg(long)]
    pub ids: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Address of the emulator of `emulator:POOL_ID`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9229")]
    pub emulator_url: String,
    /// The pools on AWS.
    #[command(flatten)]
    pub connection: Connection,
}

/// The exit code after an error.
const ERROR: u8 = 2;

/// Time limit for the export of an emulator, which can have many users.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Compares the pools and prints the differences.
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    let differences = differences(arguments)
        .await
        .map_err(|error| error.with_code(ERROR))?;
    let is_equal = differences.is_empty();
    if arguments.json {
        say_json(&json!({
            "equal": is_equal,
            "a": arguments.a,
            "b": arguments.b,
            "differences": differences,
        }))
    } else {
        let lines = differences.iter().map(|it| format!("{it}\n"));
        say(lines.collect::<String>())
    }
    .map_err(|error| error.with_code(ERROR))?;
    if is_equal {
        Ok(())
    } else {
        Err(Failed::silently())
    }
}

async fn differences(arguments: &Arguments) -> Result<Vec<Difference>, Failed> {
    let defaults = Defaults::read().await.map_err(|error| error.message)?;
    let mut sides = Vec::new();
    for named in [&arguments.a, &arguments.b] {
        let side = Side::parse(named, arguments)?;
        let mut pool = side.read(arguments).await?;
        defaults.add_to(&mut pool);
        sides.push(pool);
    }
    let options = Options { ids: arguments.ids };
    Ok(compare(&sides[0], &sides[1], options))
}

/// A pool on the command line.
enum Side<'a> {
    /// A pool file, and a pool of it.
    File(&'a str, Option<&'a str>),
    /// A pool on AWS.
    Aws(&'a str),
    /// The address of an emulator, and a pool.
    Emulator(&'a str, &'a str),
}

impl<'a> Side<'a> {
    fn parse(named: &'a str, arguments: &'a Arguments) -> Result<Self, Failed> {
        if let Some(id) = named.strip_prefix("aws:") {
            return Ok(Self::Aws(id));
        }
        if let Some(id) = named.strip_prefix("emulator:") {
            return Ok(Self::Emulator(&arguments.emulator_url, id));
        }
        let (place, pool) = match named.rsplit_once('#') {
            Some((place, pool)) => (place, Some(pool)),
            None => (named, None),
        };
        if place.starts_with("http://") || place.starts_with("https://") {
            let pool =
                pool.ok_or_else(|| format!("{named}: add the pool, as in {place}#POOL_ID."))?;
            return Ok(Self::Emulator(place, pool));
        }
        // A file may have `#` in its name.
        if Path::new(named).exists() {
            return Ok(Self::File(named, None));
        }
        Ok(Self::File(place, pool))
    }

    /// The pool in the form of a pool file, with `Users` or the number of users.
    async fn read(&self, arguments: &Arguments) -> Result<Value, Failed> {
        match self {
            Self::Aws(id) => {
                let backend = arguments.connection.connect(id).await?;
                let reader = Reader::of_client(backend.client);
                watch(id)?.over(copy(&reader, id, arguments.users)).await
            }
            Self::File(path, pool) => {
                let limit = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX);
                let text = private_file::read_text(Path::new(path), limit)
                    .map_err(|why| format!("{path}: {why}."))?;
                of_text(path, &text, *pool, arguments.users).await
            }
            Self::Emulator(address, pool) => {
                let text = exported(address, pool).await?;
                of_text(
                    &format!("{address}#{pool}"),
                    &text,
                    Some(pool),
                    arguments.users,
                )
                .await
            }
        }
    }
}

/// The pool `named`, or the only one, of the file `name`.
async fn of_text(
    name: &str,
    text: &str,
    named: Option<&str>,
    users: bool,
) -> Result<Value, Failed> {
    let scratch = Scratch::load(name, text).map_err(|mistake| mistake.to_string())?;
    let pools = &scratch.loaded.pools;
    let found: Vec<_> = pools
        .iter()
        .filter(|pool| named.is_none_or(|named| named == pool.id || named == pool.name))
        .collect();
    let [pool] = found.as_slice() else {
        let ids: Vec<String> = pools
            .iter()
            .take(20)
            .map(|pool| format!("{} ({})", pool.id, pool.name))
            .collect();
        let what = match (named, found.len()) {
            (Some(named), 0) => format!("{name} has no pool {named}"),
            (None, 0) => format!("{name} has no pool"),
            _ => format!("{name} has several such pools: add # and an id"),
        };
        return Err(format!("{what}. Pools: {}.", ids.join(", ")).into());
    };
    copy(&scratch.reader(&pool.id), &pool.id, users).await
}

/// The pool `id` in the form of a pool file.
async fn copy(reader: &Reader, id: &str, users: bool) -> Result<Value, Failed> {
    let request = pull::Request {
        user_pool_id: id.to_owned(),
        users: if users { Users::All } else { Users::None },
        ..pull::Request::default()
    };
    let (mut journal, mut report) = (Journal::none(), |_: &pull::Progress| {});
    let pulled = pull(reader, &request, &mut journal, Vec::new(), &mut report).await;
    let mut pulled = pulled.map_err(|failure| match failure {
        Failure::Journal(message) => message,
        Failure::Refused(error) => format!("{id}: {}: {}", error.code, error.message),
    })?;
    let mut pool = pulled.file["UserPools"][0].take();
    if !users {
        pool["NumberOfUsers"] = pulled.estimated_users.into();
    }
    Ok(pool)
}

/// The export of the pool `pool` of the emulator at `address`.
async fn exported(address: &str, pool: &str) -> Result<String, Failed> {
    let base = address.trim_end_matches('/');
    let pool = utf8_percent_encode(pool, NON_ALPHANUMERIC);
    let request = Request::get(format!("{base}/_emulator/export?format=json&pool={pool}"));
    let request = request
        .body(Bytes::new())
        .map_err(|error| format!("{base}: {error}."))?;
    let answer = Web::default().send(request, TIMEOUT).await;
    let answer = answer.map_err(|_| {
        format!("No emulator answers at {base}. Start one with `cognito-mcp emulator`.")
    })?;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    if answer.status() != StatusCode::OK {
        let status = answer.status();
        return Err(format!("The emulator at {base} does not export this pool: {status}.").into());
    }
    Ok(text)
}
