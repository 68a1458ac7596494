//! State in Redis or Valkey.
//!
//! Each step is one script, sent as a whole: the server keeps compiled scripts by their text.
//! Keys begin with the name of the fleet in braces, so that a cluster keeps all of them in one
//! slot. A command that fails is never sent again, because it may have had its effect.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, IntoConnectionInfo as _, RedisError};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::keys::{Keys, hashed};
use super::lanes::RECOVERY;
use super::process::Process;
use super::{AHEAD, SLOWEST, StoreResult, Table, Unavailable, count_error};
use crate::bounds::{
    REPLICA_BEAT, REPLICA_LIFETIME, SHARED_KEY_FILE, STORE_ANSWER, STORE_CONNECT, STORE_PAUSE,
};
use crate::config::SharedState;
use crate::guard::private_file;
use crate::start_error::StartError;
use crate::stderr::note;

const PUT: &str = include_str!("scripts/put.lua");
const GET: &str = include_str!("scripts/get.lua");
const LIST: &str = include_str!("scripts/list.lua");
const CLEAR: &str = include_str!("scripts/clear.lua");
const DOCUMENT: &str = include_str!("scripts/document.lua");
const REPLACE: &str = include_str!("scripts/replace.lua");
const TURN: &str = include_str!("scripts/turn.lua");
const THROTTLED: &str = include_str!("scripts/throttled.lua");
const ATTEND: &str = include_str!("scripts/attend.lua");

/// The form of what is stored: the names of keys, the scripts, and values as JSON. It is a part of each
/// key. A version that cannot use what the version before has stored, or the other way around, has
/// another number, so that neither reads the other's values while replicas are replaced.
const FORM: u32 = 1;

/// The ending of the key with the sizes of an owner's values.
const SIZES: &str = ":sizes";

/// The store of a fleet of replicas.
pub struct Store {
    client: Client,
    connection: Mutex<ConnectionManager>,
    keys: Keys,
    /// The beginning of all keys.
    prefix: String,
    /// A random id of this replica.
    replica: String,
    /// Replicas that reported themselves lately.
    replicas: AtomicU32,
    /// The lanes of this replica while the store cannot be used.
    alone: Box<Process>,
    /// The end of the pause after a failure. No command is sent before it.
    paused: Mutex<Option<Instant>>,
}

/// A document as it was read.
pub(super) struct Document {
    /// The text, if there is one of this run of the store.
    pub(super) text: Option<Vec<u8>>,
    /// The time of the store, in milliseconds.
    pub(super) now: u64,
    stored: Option<Vec<u8>>,
    run: String,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// The store that the flags name, if they name one.
    ///
    /// # Errors
    /// If its address or its keys cannot be used. The message does not repeat the address, which
    /// may contain a password.
    pub(super) fn of(flags: &SharedState) -> Result<Option<Self>, StartError> {
        let Some(url) = flags.store.as_ref().filter(|url| !url.0.is_empty()) else {
            return Ok(None);
        };
        let refused = |why: &str| StartError(format!("--shared-state: {why}."));
        let form = "write redis://HOST:6379, or rediss://HOST:6379 for TLS, with a user and a \
                    password if the store has them: rediss://USER:PASSWORD@HOST:6379/DATABASE";
        if url.0.contains('#') {
            return Err(refused(form));
        }
        let mut info = url
            .0
            .as_str()
            .into_connection_info()
            .map_err(|_| refused(form))?;
        if let Some(path) = &flags.shared_password_file {
            let text = private_file::read_text(path, SHARED_KEY_FILE).map_err(|why| {
                StartError(format!("--shared-password-file {}: {why}.", path.display()))
            })?;
            let settings = info.redis_settings().clone().set_password(text.trim());
            info = info.set_redis_settings(settings);
        }
        let Some(path) = &flags.shared_key_file else {
            return Err(refused(
                "the store keeps secrets encrypted, so it requires --shared-key-file",
            ));
        };
        let keys = Keys::read(path)?;
        let client = Client::open(info).map_err(|_| refused(form))?;
        let connection = connection_of(&client).map_err(|_| refused(form))?;
        let name = flags.shared_name.as_deref().unwrap_or("cognito-mcp");
        if name.is_empty()
            || !name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        {
            return Err(StartError(
                "--shared-name has letters, digits, `-`, `_` and `.`.".to_owned(),
            ));
        }
        Ok(Some(Self {
            client,
            connection: Mutex::new(connection),
            keys,
            prefix: format!("{{{name}}}:{FORM}:"),
            replica: random_name()?,
            replicas: AtomicU32::new(1),
            alone: Box::new(Process::new()),
            paused: Mutex::default(),
        }))
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Checks that the store accepts what calls write. A copy of the store, or a user without the
    /// permissions, would answer PING. A full store is not a failure: calls that add nothing go on.
    pub(super) async fn check(&self) -> StoreResult<()> {
        match self.report().await {
            Ok(_) | Err(Unavailable::Full) => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// Reports this replica to the others. Returns the number of replicas.
    async fn report(&self) -> StoreResult<u32> {
        let lifetime = millis(REPLICA_LIFETIME);
        self.run(ATTEND, &[self.key("replicas")], |command| {
            command.arg(&self.replica).arg(lifetime);
        })
        .await
    }

    pub(super) async fn attend(&self) {
        let mut beat = interval(REPLICA_BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was = None;
        loop {
            beat.tick().await;
            let counted = self.report().await;
            let is = counted.map(|_| ());
            if was != Some(is) {
                was = Some(is);
                match is {
                    Ok(()) => note("cognito-mcp: The shared state is available."),
                    Err(why) => note(format_args!(
                        "cognito-mcp: The shared state {why}: calls that need it fail."
                    )),
                }
            }
            if let Ok(replicas) = counted {
                self.replicas.store(replicas.max(1), Ordering::Relaxed);
            }
        }
    }

    pub(super) async fn put(
        &self,
        table: &Table,
        owner: &str,
        id: &str,
        text: Vec<u8>,
    ) -> StoreResult<bool> {
        let keys = self.of_table(table, owner, id);
        let sealed = self.sealed(&keys[0], text)?;
        let kept: u32 = self
            .run(PUT, &keys, |command| {
                command
                    .arg(&sealed)
                    .arg(millis(table.lifetime))
                    .arg(table.items)
                    .arg(table.bytes)
                    .arg(table.owners)
                    .arg(u8::from(table.one_run));
            })
            .await?;
        Ok(kept == 1)
    }

    pub(super) async fn get(
        &self,
        table: &Table,
        owner: &str,
        id: &str,
    ) -> StoreResult<Option<Vec<u8>>> {
        let how = if table.renews { "use" } else { "find" };
        self.read(table, owner, id, how).await
    }

    pub(super) async fn find(&self, table: &Table, id: &str) -> StoreResult<Option<Vec<u8>>> {
        self.read(table, "", id, "find").await
    }

    pub(super) async fn take(
        &self,
        table: &Table,
        owner: &str,
        id: &str,
    ) -> StoreResult<Option<Vec<u8>>> {
        self.read(table, owner, id, "take").await
    }

    async fn read(
        &self,
        table: &Table,
        owner: &str,
        id: &str,
        how: &str,
    ) -> StoreResult<Option<Vec<u8>>> {
        let keys = self.of_table(table, owner, id);
        let sealed: Option<Vec<u8>> = self
            .run(GET, &keys, |command| {
                command
                    .arg(how)
                    .arg(millis(table.lifetime))
                    .arg(u8::from(table.one_run));
            })
            .await?;
        sealed
            .map(|sealed| self.opened(&keys[0], &sealed))
            .transpose()
    }

    pub(super) async fn list(&self, table: &Table, owner: &str) -> StoreResult<Vec<Vec<u8>>> {
        let [_, uses, ..] = self.of_table(table, owner, "");
        let found: Vec<(String, Vec<u8>)> = self.run(LIST, &[&uses], |_| {}).await?;
        let opened = found.iter().map(|(key, sealed)| self.opened(key, sealed));
        opened.collect()
    }

    pub(super) async fn clear(&self, table: &Table) -> StoreResult<()> {
        let [.., owners] = self.of_table(table, "", "");
        let _: u32 = self
            .run(CLEAR, &[&owners], |command| {
                command.arg(SIZES);
            })
            .await?;
        Ok(())
    }

    pub(super) async fn number(&self, name: &str) -> StoreResult<u64> {
        let mut command = redis::cmd("INCR");
        command.arg(self.key(&format!("number:{name}")));
        self.send(&mut command).await
    }

    pub(super) async fn document(&self, name: &str) -> StoreResult<Document> {
        let key = self.key(&format!("document:{name}"));
        let (stored, now, run): (Option<Vec<u8>>, u64, String) =
            self.run(DOCUMENT, &[&key], |_| {}).await?;
        // A document of an earlier run of the store may be an old copy of a newer one.
        let text = stored
            .as_ref()
            .and_then(|sealed| self.opened(&format!("{key} {run}"), sealed).ok());
        Ok(Document {
            text,
            now,
            stored,
            run,
        })
    }

    pub(super) async fn replace(
        &self,
        name: &str,
        lifetime: Duration,
        read: &Document,
        text: Vec<u8>,
    ) -> StoreResult<bool> {
        let key = self.key(&format!("document:{name}"));
        let sealed = self.sealed(&format!("{key} {}", read.run), text)?;
        let replaced: u32 = self
            .run(REPLACE, &[&key], |command| {
                command
                    .arg(u8::from(read.stored.is_some()))
                    .arg(read.stored.as_deref().unwrap_or_default())
                    .arg(&sealed)
                    .arg(millis(lifetime))
                    .arg(&read.run);
            })
            .await?;
        Ok(replaced == 1)
    }

    pub(super) async fn turn(&self, name: &str, whole: f64, now: SystemTime) -> Duration {
        let key = self.key(&format!("lane:{name}"));
        let waited: StoreResult<u64> = self
            .run(TURN, &[&key], |command| {
                command.arg(whole).arg(micros(AHEAD)).arg(micros(RECOVERY));
            })
            .await;
        if let Ok(wait) = waited {
            return Duration::from_micros(wait);
        }
        let share = self.share(whole);
        self.alone.lane(name, |lane| lane.turn(share, now))
    }

    pub(super) async fn throttled(&self, name: &str, whole: f64, now: SystemTime) -> f64 {
        let key = self.key(&format!("lane:{name}"));
        let rate: StoreResult<f64> = self
            .run(THROTTLED, &[&key], |command| {
                command
                    .arg(whole)
                    .arg(micros(AHEAD))
                    .arg(micros(RECOVERY))
                    .arg(SLOWEST);
            })
            .await;
        rate.unwrap_or_else(|_| {
            let share = self.share(whole);
            self.alone.lane(name, |lane| lane.throttled(share, now))
        })
    }

    /// The share of one replica in a rate.
    fn share(&self, whole: f64) -> f64 {
        whole / f64::from(self.replicas.load(Ordering::Relaxed))
    }

    fn sealed(&self, name: &str, text: Vec<u8>) -> StoreResult<Vec<u8>> {
        self.keys.seal(name, text).ok_or(Unavailable::Unreadable)
    }

    fn opened(&self, name: &str, sealed: &[u8]) -> StoreResult<Vec<u8>> {
        self.keys.open(name, sealed).ok_or(Unavailable::Unreadable)
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The keys of a value, of the values of its owner, of their sizes, and of the owners.
    fn of_table(&self, table: &Table, owner: &str, id: &str) -> [String; 4] {
        let table = self.key(table.name);
        let uses = format!("{table}:owner:{}", hashed(owner));
        [
            format!("{table}:{}", hashed(id)),
            uses.clone(),
            format!("{uses}{SIZES}"),
            format!("{table}:owners"),
        ]
    }

    /// Runs a script with `keys`, and the arguments that `add` adds.
    async fn run<T: FromRedisValue>(
        &self,
        script: &str,
        keys: &[impl redis::ToRedisArgs],
        add: impl FnOnce(&mut redis::Cmd),
    ) -> StoreResult<T> {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(keys.len());
        for key in keys {
            command.arg(key);
        }
        add(&mut command);
        self.send(&mut command).await
    }

    async fn send<T: FromRedisValue>(&self, command: &mut redis::Cmd) -> StoreResult<T> {
        if self
            .paused
            .lock()
            .is_some_and(|until| Instant::now() < until)
        {
            return Err(Unavailable::Unreachable);
        }
        let mut connection = self.connection.lock().clone();
        let answered = command.query_async(&mut connection);
        // Connecting takes its own time.
        let answered = match timeout(STORE_ANSWER + STORE_CONNECT, answered).await {
            Ok(answered) => answered.map_err(|error| reason(&error)),
            Err(_) => Err(Unavailable::Slow),
        };
        let is_lost = matches!(
            answered,
            Err(Unavailable::Unreachable
                | Unavailable::Untrusted
                | Unavailable::Slow
                | Unavailable::NotPrimary)
        );
        if is_lost {
            *self.paused.lock() = Some(Instant::now() + STORE_PAUSE);
        }
        if matches!(answered, Err(Unavailable::NotPrimary)) {
            // The name of the store may already lead to another node.
            if let Ok(new) = connection_of(&self.client) {
                *self.connection.lock() = new;
            }
        }
        if answered.is_err() {
            count_error();
        }
        answered
    }
}

/// A connection that is opened when it is used.
fn connection_of(client: &Client) -> Result<ConnectionManager, RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_connection_timeout(Some(STORE_CONNECT))
        .set_response_timeout(Some(STORE_ANSWER));
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}

/// A random name for this replica.
fn random_name() -> Result<String, StartError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| StartError("The system has no randomness.".to_owned()))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

/// Why a command failed. The log has no values and no address.
fn reason(error: &RedisError) -> Unavailable {
    tracing::warn!(
        category = error.category(),
        code = error.code(),
        "a command of the shared state failed"
    );
    match error.code() {
        None if error.is_timeout() => Unavailable::Slow,
        None if error.kind() == redis::ErrorKind::AuthenticationFailed => Unavailable::Refused,
        None if error.to_string().contains("certificate") => Unavailable::Untrusted,
        Some("OOM") => Unavailable::Full,
        Some("READONLY" | "MOVED" | "ASK") => Unavailable::NotPrimary,
        None | Some("LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN") => {
            Unavailable::Unreachable
        }
        Some(_) => Unavailable::Refused,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
