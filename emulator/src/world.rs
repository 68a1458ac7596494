//! The environment of the emulator: a clock, randomness, a courier for messages, the Lambda
//! functions that are triggers of pools, and requests to identity providers.
//!
//! No other part of the emulator reads a clock or a source of randomness. A
//! world with a seed therefore gives equal results for equal calls.

pub mod calendar;
pub mod courier;
pub mod delivery;
pub mod fetch;
pub mod functions;
pub(crate) mod instant;
pub mod kms;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use aws_smithy_async::time::{SharedTimeSource, StaticTimeSource, SystemTimeSource, TimeSource};
use parking_lot::Mutex;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::courier::{Courier, Envelope, Medium, Message, Purpose};
use self::fetch::Fetch;
use self::functions::{Failure, Functions};
use self::kms::Kms;
use crate::quotas::{Category, Provisioned};
use crate::wire::Scope;

/// A time: milliseconds since the Unix epoch.
///
/// In JSON it is a number of seconds with a fraction (AWS JSON 1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

impl Time {
    /// Whole seconds since the epoch, as in JWT claims.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// The time since `earlier`; zero if `earlier` is in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a number of seconds beyond the range becomes the last time"
        )]
        Ok(Self((seconds * 1000.0).round() as i64))
    }
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact for 280,000 years of milliseconds"
        )]
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

/// The clock that the times in tokens follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenClock {
    /// The emulator's clock, with its advances.
    #[default]
    Emulator,
    /// The clock without advances, as the verifiers of applications read it.
    Real,
}

/// The times (`iat`, `exp`, `auth_time`) of new tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenTimes {
    /// The clock that they follow.
    pub clock: TokenClock,
    /// How long ago new tokens seem to have been issued. A token that is older than its
    /// lifetime has expired when it is issued.
    pub age: Duration,
}

/// How far the times in a token are behind the emulator's time: milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// The advances of the clock, if the token follows the real clock.
    pub ahead: i64,
    /// The age of the token when it was issued.
    pub age: i64,
}

impl Shift {
    /// Whether the token has the emulator's time.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// The value in a token for `time`, in seconds.
    #[must_use]
    pub fn seconds(self, time: Time) -> i64 {
        Time(time.0.saturating_sub(self.ahead).saturating_sub(self.age)).seconds()
    }
}

/// A clock: a source of time that can be advanced.
#[derive(Debug)]
pub struct Clock {
    source: SharedTimeSource,
    ahead_ms: AtomicI64,
    token_times: Mutex<TokenTimes>,
}

impl Clock {
    /// A clock that follows `source`.
    pub fn new(source: impl TimeSource + 'static) -> Self {
        Self {
            source: SharedTimeSource::new(source),
            ahead_ms: AtomicI64::new(0),
            token_times: Mutex::default(),
        }
    }

    /// The clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self::new(SystemTimeSource::new())
    }

    /// A clock that stays at `seconds` after the epoch until it is advanced.
    #[must_use]
    pub fn fixed(seconds: u64) -> Self {
        Self::new(StaticTimeSource::from_secs(seconds))
    }

    /// A clock with the same source and the same advances, which can be advanced by itself.
    #[must_use]
    pub fn fork(&self) -> Self {
        let fork = Self {
            source: self.source.clone(),
            ahead_ms: AtomicI64::new(0),
            token_times: Mutex::default(),
        };
        fork.restore(self.save());
        fork
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Time {
        let ahead = self.ahead_ms.load(Ordering::Relaxed);
        Time(ahead.saturating_add(self.unadvanced().0))
    }

    /// The present time without advances, as the clocks of clients show it.
    #[must_use]
    pub fn unadvanced(&self) -> Time {
        let real = self.source.now().duration_since(UNIX_EPOCH);
        Time(0).plus(real.unwrap_or_default())
    }

    /// Advances the clock. It never goes back.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// The times of tokens that are issued now.
    #[must_use]
    pub fn token_times(&self) -> TokenTimes {
        *self.token_times.lock()
    }

    /// Sets the times of tokens that are issued from now on.
    pub fn set_token_times(&self, times: TokenTimes) {
        *self.token_times.lock() = times;
    }

    /// The shift of tokens that are issued now.
    #[must_use]
    pub fn shift(&self) -> Shift {
        let TokenTimes { clock, age } = self.token_times();
        Shift {
            ahead: match clock {
                TokenClock::Emulator => 0,
                TokenClock::Real => self.ahead_ms.load(Ordering::Relaxed),
            },
            age: i64::try_from(age.as_millis()).unwrap_or(i64::MAX / 4),
        }
    }

    /// Undoes every advance. Tokens have the emulator's time again.
    pub fn reset(&self) {
        self.restore((0, TokenTimes::default()));
    }

    /// The advances in milliseconds, and the times of tokens.
    fn save(&self) -> (i64, TokenTimes) {
        (self.ahead_ms.load(Ordering::Relaxed), self.token_times())
    }

    fn restore(&self, (ahead_ms, times): (i64, TokenTimes)) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
        self.set_token_times(times);
    }
}

/// A seeded source of randomness for ids, subs, codes and sessions.
#[derive(Debug)]
pub struct Chance(Mutex<ChaCha12Rng>);

/// Digits and the letters `a` to `v`: Cognito's client ids are numbers in base
/// 32 (fact 10.2).
const BASE32: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Chance {
    /// Creates a source from `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(ChaCha12Rng::seed_from_u64(seed)))
    }

    /// Starts again from `seed`.
    pub fn reseed(&self, seed: u64) {
        *self.0.lock() = ChaCha12Rng::seed_from_u64(seed);
    }

    /// `N` bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().fill_bytes(&mut bytes);
        bytes
    }

    /// A number less than `bound`.
    #[must_use]
    pub fn below(&self, bound: usize) -> usize {
        let draw = u64::from_le_bytes(self.bytes());
        usize::try_from(draw % bound.max(1) as u64).unwrap_or(0)
    }

    /// A random UUID (version 4), for request ids, `jti` and `origin_jti`.
    #[must_use]
    pub fn uuid(&self) -> String {
        let mut bytes = self.bytes::<16>();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        hyphenated(bytes)
    }

    /// A `sub` of a new pool: it has the form of a UUID whose third group
    /// begins with `70`, and is not of version 4 (fact 9.2).
    #[must_use]
    pub fn sub(&self) -> String {
        sub_of(self.bytes())
    }

    /// A code of `digits` decimal digits.
    #[must_use]
    pub fn code(&self, digits: usize) -> String {
        self.text(b"0123456789", digits)
    }

    /// The part of a pool id after the underscore: 9 characters (fact 10.1).
    #[must_use]
    pub fn pool_suffix(&self) -> String {
        self.text(ALPHANUMERIC, 9)
    }

    /// The id of a new pool in `region`.
    #[must_use]
    pub fn pool_id(&self, region: &str) -> String {
        format!("{region}_{}", self.pool_suffix())
    }

    /// A client id: a 128-bit number in base 32 (fact 10.2).
    #[must_use]
    pub fn client_id(&self) -> String {
        format!("{}{}", 1 + self.below(7), self.text(BASE32, 25))
    }

    /// A generated client secret: a 256-bit number in base 32 (fact 10.3, inferred).
    #[must_use]
    pub fn client_secret(&self) -> String {
        format!("1{}", self.text(BASE32, 51))
    }

    /// An opaque string of `length` URL-safe characters, for session strings.
    #[must_use]
    pub fn opaque(&self, length: usize) -> String {
        self.text(ALPHANUMERIC, length)
    }

    /// `length` random characters of `alphabet`.
    #[must_use]
    pub fn text(&self, alphabet: &[u8], length: usize) -> String {
        let mut bytes = vec![0; length];
        self.0.lock().fill_bytes(&mut bytes);
        bytes
            .iter()
            .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
            .collect()
    }
}

/// A `sub` from these bytes; see [`Chance::sub`].
#[must_use]
pub fn sub_of(mut bytes: [u8; 16]) -> String {
    bytes[6] = 0x70;
    hyphenated(bytes)
}

fn hyphenated(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0xf] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    text
}

/// Clock, randomness, courier, keys, functions, and the provisioned request rates of
/// accounts.
#[derive(Debug)]
pub struct World {
    /// The clock.
    pub clock: Clock,
    /// Randomness.
    pub chance: Chance,
    /// Outgoing messages.
    pub courier: Courier,
    /// Keys of AWS KMS.
    pub kms: Kms,
    /// Lambda functions.
    pub functions: Functions,
    /// Requests to external identity providers.
    pub fetch: Fetch,
    /// Provisioned request rates.
    pub provisioned: Provisioned,
    /// Whether pages omit the developer's strip.
    hides_strip: AtomicBool,
    /// Whether requests cannot choose ids.
    refuses_custom_ids: AtomicBool,
}

/// The parts of a [`World`] that a save point keeps.
#[derive(Clone, Debug)]
pub struct SavedWorld {
    clock: (i64, TokenTimes),
    chance: ChaCha12Rng,
    outbox: courier::Saved,
    provisioned: BTreeMap<(Scope, Category), u32>,
}

/// The parts of a [`World`] that a data file keeps.
#[derive(Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct WorldRow {
    ahead_ms: i64,
    token_clock: TokenClock,
    token_age: Duration,
    provisioned: Vec<(Scope, Category, u32)>,
}

impl World {
    /// A world with the machine's clock. `seed` is the seed of its randomness.
    #[must_use]
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            chance: Chance::seeded(seed),
            courier: Courier::default(),
            kms: Kms::seeded(seed),
            functions: Functions::default(),
            fetch: Fetch::default(),
            provisioned: Provisioned::default(),
            hides_strip: AtomicBool::new(false),
            refuses_custom_ids: AtomicBool::new(false),
        }
    }

    /// The world of an account, with its own clock, randomness, outbox and rates. The clock
    /// starts with the present advances. `seed` is the seed of its randomness.
    #[must_use]
    pub fn of_account(&self, seed: u64) -> Self {
        Self {
            clock: self.clock.fork(),
            chance: Chance::seeded(seed),
            courier: self.courier.of_world(),
            // The ARN of a key has the account, so no two accounts have the same.
            kms: self.kms.clone(),
            functions: self.functions.of_world(),
            fetch: self.fetch.of_world(),
            provisioned: Provisioned::default(),
            hides_strip: AtomicBool::new(!self.shows_strip()),
            refuses_custom_ids: AtomicBool::new(self.refuses_custom_ids.load(Ordering::Relaxed)),
        }
    }

    /// The parts that a save point keeps: advances of the clock, randomness, messages and
    /// provisioned rates.
    #[must_use]
    pub fn save(&self) -> SavedWorld {
        SavedWorld {
            clock: self.clock.save(),
            chance: self.chance.0.lock().clone(),
            outbox: self.courier.save(),
            provisioned: self.provisioned.save(),
        }
    }

    /// The parts that a data file keeps.
    #[must_use]
    pub(crate) fn row(&self) -> WorldRow {
        let (ahead_ms, times) = self.clock.save();
        let provisioned = self.provisioned.save().into_iter();
        WorldRow {
            ahead_ms,
            token_clock: times.clock,
            token_age: times.age,
            provisioned: provisioned
                .map(|((scope, category), rate)| (scope, category, rate))
                .collect(),
        }
    }

    /// The saved world of a row of a data file. Its outbox is empty, and `seed` is the seed of
    /// its randomness.
    #[must_use]
    pub(crate) fn of_row(row: WorldRow, seed: u64) -> SavedWorld {
        let times = TokenTimes {
            clock: row.token_clock,
            age: row.token_age,
        };
        let provisioned = row.provisioned.into_iter();
        SavedWorld {
            clock: (row.ahead_ms, times),
            chance: ChaCha12Rng::seed_from_u64(seed),
            outbox: courier::Saved::default(),
            provisioned: provisioned
                .map(|(scope, category, rate)| ((scope, category), rate))
                .collect(),
        }
    }

    /// Returns to a saved world.
    pub fn restore(&self, saved: &SavedWorld) {
        self.clock.restore(saved.clock);
        *self.chance.0.lock() = saved.chance.clone();
        self.courier.restore(&saved.outbox);
        self.provisioned.restore(saved.provisioned.clone());
    }

    /// Whether requests can choose the ids of new pools and clients.
    #[must_use]
    pub fn allows_custom_ids(&self) -> bool {
        !self.refuses_custom_ids.load(Ordering::Relaxed)
    }

    /// Sets whether requests can choose the ids of new pools and clients. Default: yes.
    pub fn allow_custom_ids(&self, allowed: bool) {
        self.refuses_custom_ids.store(!allowed, Ordering::Relaxed);
    }

    /// Whether the sign-in pages say that this is an emulator, with a link to its messages.
    #[must_use]
    pub fn shows_strip(&self) -> bool {
        !self.hides_strip.load(Ordering::Relaxed)
    }

    /// Shows or hides the developer's strip of the sign-in pages.
    pub fn show_strip(&self, shows: bool) {
        self.hides_strip.store(!shows, Ordering::Relaxed);
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Invokes the function `arn`. Must be called without a pool's lock.
    ///
    /// # Errors
    ///
    /// The failure that Lambda reports instead of an output.
    pub fn invoke(&self, arn: &str, event: &Value) -> Result<Value, Failure> {
        self.functions.invoke(arn, event, self.now())
    }
}
