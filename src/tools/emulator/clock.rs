//! The emulator's clock.

use std::time::Duration;

use cognito_emulator::stack::Stack;
use cognito_emulator::state::expiring::Expiring;
use cognito_emulator::world::TokenClock;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::cognito::time;
use crate::error::ToolResult;
use crate::tools::{Entry, Tool};

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<GetClock>(), Entry::of::<AdvanceClock>()]
}

/// Read the emulator's clock. With a time, also count what `advance_clock` by it would expire.
#[derive(Deserialize, JsonSchema)]
struct GetClock {
    #[serde(flatten)]
    ahead: Span,
}

/// A time.
#[derive(Deserialize, JsonSchema)]
struct Span {
    /// Days to add (default 0, like the others).
    #[serde(default)]
    #[schemars(range(max = 36_500))]
    days: u64,
    /// Hours to add.
    #[serde(default)]
    #[schemars(range(max = 876_000))]
    hours: u64,
    /// Minutes to add.
    #[serde(default)]
    #[schemars(range(max = 52_560_000))]
    minutes: u64,
    /// Seconds to add.
    #[serde(default)]
    #[schemars(range(max = 3_153_600_000_u64))]
    seconds: u64,
}

impl Span {
    fn duration(&self) -> Duration {
        let Self {
            days,
            hours,
            minutes,
            seconds,
        } = self;
        Duration::from_secs(days * 86_400 + hours * 3_600 + minutes * 60 + seconds)
    }
}

impl Tool for GetClock {
    const NAME: &'static str = "get_clock";
    const TITLE: &'static str = "Get clock";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = ClockNow;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<ClockNow> {
        let stack = cx.emulator()?.stack();
        let ahead = Some(self.ahead.duration()).filter(|ahead| !ahead.is_zero());
        Ok(ClockNow {
            now: Now::of(stack),
            would_expire: ahead.map(|ahead| WouldExpire::from(stack.expiring(ahead))),
        })
    }
}

/// The emulator's time, and what would expire.
#[derive(Serialize, JsonSchema)]
struct ClockNow {
    #[serde(flatten)]
    now: Now,
    /// What would expire, if the call has a time.
    would_expire: Option<WouldExpire>,
}

/// The numbers of things that would expire, in all pools. Access and ID tokens are not counted, because Cognito does not keep them.
#[derive(Serialize, JsonSchema)]
struct WouldExpire {
    /// Codes that were sent.
    codes: usize,
    /// Sign-ins that wait for the answer to a challenge.
    challenges: usize,
    /// Sign-ins whose refresh tokens expire.
    refresh_tokens: usize,
    /// Temporary passwords.
    temporary_passwords: usize,
    /// Locks of users after wrong passwords.
    locks: usize,
}

impl From<Expiring> for WouldExpire {
    fn from(expiring: Expiring) -> Self {
        let Expiring {
            codes,
            challenges,
            refresh_tokens,
            temporary_passwords,
            locks,
        } = expiring;
        Self {
            codes,
            challenges,
            refresh_tokens,
            temporary_passwords,
            locks,
        }
    }
}

/// Move the emulator's clock forward, so that tokens, codes, sessions and locks expire now. The time of every pool moves, for all callers.
#[derive(Deserialize, JsonSchema)]
struct AdvanceClock {
    #[serde(flatten)]
    by: Span,
    /// The clock of the times in new tokens, from now on: `real` if an application with the real clock verifies them. Codes and limits follow the emulator's clock.
    token_clock: Option<TokenTime>,
    /// Age in seconds that new tokens have when they are issued, from now on: 90000 makes expired tokens, 0 current ones.
    #[schemars(range(max = 3_153_600_000_u64))]
    token_age: Option<u64>,
}

/// The clock that the times in tokens follow.
#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TokenTime {
    Emulator,
    Real,
}

/// The emulator's time.
#[derive(Serialize, JsonSchema)]
pub(super) struct Now {
    /// The time now, RFC 3339.
    #[serde(rename = "now")]
    time: Option<String>,
    /// The clock that the times in new tokens follow: `emulator` or `real`.
    token_clock: TokenTime,
    /// Age in seconds that new tokens have when they are issued.
    token_age: u64,
}

impl Now {
    pub(super) fn of(stack: &Stack) -> Self {
        let times = stack.world().clock.token_times();
        Self {
            time: time::rfc3339_of_milliseconds(stack.world().now().0),
            token_clock: match times.clock {
                TokenClock::Emulator => TokenTime::Emulator,
                TokenClock::Real => TokenTime::Real,
            },
            token_age: times.age.as_secs(),
        }
    }
}

impl Tool for AdvanceClock {
    const NAME: &'static str = "advance_clock";
    const TITLE: &'static str = "Advance clock";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Now;

    fn example() -> Value {
        json!({ "hours": 1, "minutes": 1 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Now> {
        let stack = cx.emulator()?.stack();
        let clock = self.token_clock.map(|clock| match clock {
            TokenTime::Emulator => TokenClock::Emulator,
            TokenTime::Real => TokenClock::Real,
        });
        stack.set_token_times(clock, self.token_age.map(Duration::from_secs));
        stack.advance(self.by.duration());
        Ok(Now::of(stack))
    }
}
