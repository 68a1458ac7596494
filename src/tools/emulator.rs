//! Toolset `emulator`: controls of the emulator for tests.

mod clock;
mod faults;
mod journal;
mod outbox;
mod pool_files;
mod states;

use std::collections::BTreeMap;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::clock::Now;
use self::faults::FaultsUnderWay;
pub(super) use self::states::deletion;
use self::states::{Contents, SavePoint};
use super::{Done, Effect, Entry, OneUser, Tool, raw};
use crate::call::context::Cx;
use crate::cognito::operations;
use crate::cognito::pools::Elsewhere;
use crate::error::{ToolError, ToolResult};

pub(super) fn tools() -> Vec<Entry> {
    let mut tools = vec![Entry::of::<GetEmulator>(), Entry::of::<UnlockUser>()];
    tools.extend(clock::tools());
    tools.extend(faults::tools());
    tools.extend(journal::tools());
    tools.extend(outbox::tools());
    tools.extend(pool_files::tools());
    tools.extend(states::tools());
    tools
}

/// Read the emulator's clock, throttle, faults, saved states, triggers and counts.
#[derive(Deserialize, JsonSchema)]
struct GetEmulator {}

/// The state of the emulator itself.
#[derive(Serialize, JsonSchema)]
struct EmulatorState {
    #[serde(flatten)]
    now: Now,
    /// `off`, `aws` for the request rates of AWS, or a percentage of them.
    throttle: String,
    #[serde(flatten)]
    faults: FaultsUnderWay,
    /// The states that `save_state` saved, by name.
    saved_states: Vec<SavePoint>,
    /// The Lambda functions that are mapped, with their addresses.
    triggers: BTreeMap<String, String>,
    /// User pools.
    pools: usize,
    /// Users of all pools.
    users: usize,
    /// Messages in the outbox.
    messages: usize,
    /// Calls in the journal.
    calls: usize,
}

impl Tool for GetEmulator {
    const NAME: &'static str = "get_emulator";
    const TITLE: &'static str = "Get emulator";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = EmulatorState;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<EmulatorState> {
        let stack = cx.emulator()?.stack();
        let contents = Contents::of(stack);
        let saved = stack.saved_states();
        Ok(EmulatorState {
            now: Now::of(stack),
            throttle: stack.throttle().to_string(),
            faults: FaultsUnderWay::of(stack),
            saved_states: saved.into_iter().map(SavePoint::from).collect(),
            triggers: stack.world().functions.list(),
            pools: contents.pools,
            users: contents.users,
            messages: contents.messages,
            calls: contents.calls,
        })
    }
}

/// End the lock of a user after wrong passwords. On AWS a lock ends by itself, within 15 minutes.
#[derive(Deserialize, JsonSchema)]
struct UnlockUser {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for UnlockUser {
    const NAME: &'static str = "unlock_user";
    const TITLE: &'static str = "Unlock user";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        let unlocked = cx.emulator()?.unlock(&pool, &self.user.username);
        let (username, was_locked) = unlocked
            .map_err(|error| ToolError::new(error.code(), error.sentence().unwrap_or_default()))?;
        Ok(Done::new(if was_locked {
            format!("{username} is no longer locked")
        } else {
            format!("{username} was not locked; earlier wrong passwords no longer count")
        }))
    }
}

/// Keeps the newest `limit` of `items`, newest first. `items` are sorted oldest first. With a
/// `cursor`, only items before it are considered. Returns the number of older items, and the
/// cursor to them, which stays valid when newer items are added.
fn newest<T>(
    items: &mut Vec<T>,
    limit: usize,
    cursor: Option<&str>,
) -> ToolResult<(usize, Option<String>)> {
    if let Some(cursor) = cursor {
        let before = cursor.parse().ok().filter(|before| *before <= items.len());
        let before = before.ok_or_else(|| {
            ToolError::argument("/cursor", "is not one that the list returned: omit it")
        })?;
        items.truncate(before);
    }
    let older = items.len().saturating_sub(limit);
    items.drain(..older);
    items.reverse();
    Ok((older, (older > 0).then(|| older.to_string())))
}

/// Checks that the operation exists, if the arguments name one.
fn check_operation(cx: &Cx, name: Option<&str>) -> ToolResult<()> {
    match name.filter(|name| operations::find(name).is_none()) {
        Some(unknown) => Err(raw::no_operation(cx.tool(), unknown, cx.arguments.clone())),
        None => Ok(()),
    }
}

/// Why `what` is refused on a server that works only on some pools.
fn outside(what: &str) -> Elsewhere {
    let sentence = "is not limited to the user pools that this server works on";
    Elsewhere(format!("{what} {sentence}"))
}

fn object(value: Value) -> Option<JsonObject> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}
