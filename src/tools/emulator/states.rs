//! Saved states, and the initial state.

use std::fmt;

use cognito_emulator::layers::Invalid;
use cognito_emulator::stack::{OutboxFilter, SavedAs, Stack};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arguments::nearest;
use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::cognito::time;
use crate::counted::counted;
use crate::error::{ToolError, ToolResult};
use crate::tools::answer::Done;
use crate::tools::{Entry, Tool};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<SaveState>(),
        Entry::of::<RestoreState>(),
        Entry::of::<ResetEmulator>(),
    ]
}

/// The deletion of saved states, which is not a part of the default toolset: tests save over a
/// state.
pub(in crate::tools) fn deletion() -> Vec<Entry> {
    vec![Entry::of::<DeleteState>()]
}

/// Save the emulator's state under a name: pools, users, messages and the clock. `restore_state` returns to it.
#[derive(Deserialize, JsonSchema)]
struct SaveState {
    /// The name: letters, digits, `-`, `_` and `.`. A state that was saved under this name is replaced.
    name: String,
}

/// A saved state.
#[derive(Serialize, JsonSchema)]
pub(super) struct SavePoint {
    /// Its name.
    name: String,
    /// When it was saved, by the emulator's clock, RFC 3339.
    saved_at: Option<String>,
    /// The number of its pools.
    pools: usize,
    /// The number of users in all its pools.
    users: usize,
}

impl From<SavedAs> for SavePoint {
    fn from(saved: SavedAs) -> Self {
        Self {
            name: saved.name,
            saved_at: time::rfc3339_of_milliseconds(saved.saved_at.0),
            pools: saved.pools,
            users: saved.users,
        }
    }
}

impl Tool for SaveState {
    const NAME: &'static str = "save_state";
    const TITLE: &'static str = "Save state";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = SavePoint;

    fn example() -> Value {
        json!({ "name": "fixture" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<SavePoint> {
        let saved = cx.emulator()?.stack().save_state(&self.name);
        let saved = saved.map_err(|invalid| ToolError::argument("/name", invalid.0))?;
        Ok(saved.into())
    }
}

/// Return to a state that `save_state` saved: pools, users, messages and the clock. What was changed since then is lost.
#[derive(Deserialize, JsonSchema)]
struct RestoreState {
    /// The name of the saved state.
    name: String,
}

impl Tool for RestoreState {
    const NAME: &'static str = "restore_state";
    const TITLE: &'static str = "Restore state";
    const EMULATED: Option<Effect> = Some(Effect::Destroy);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = SavePoint;

    fn example() -> Value {
        json!({ "name": "fixture" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<SavePoint> {
        let stack = cx.emulator()?.stack();
        let restored = stack.restore_state(&self.name);
        let restored = restored.map_err(|invalid| not_saved(stack, &self.name, invalid))?;
        cx.start_over().await;
        Ok(restored.into())
    }

    fn loses(cx: &Cx) -> Option<String> {
        let stack = cx.emulator().ok()?.stack();
        let saved = saved_as(cx, stack)?;
        Some(format!(
            "Now lost: {}. Saved: {}",
            Contents::of(stack),
            users_in_pools(saved.users, saved.pools)
        ))
    }
}

/// The error for a name under which no state is saved.
fn not_saved(stack: &Stack, name: &str, invalid: Invalid) -> Box<ToolError> {
    let saved = stack.saved_states();
    let names = saved.iter().map(|saved| saved.name.as_str());
    let nearest = nearest(name.trim(), names);
    let nearest = nearest.map_or_else(String::new, |name| {
        format!("; the most similar one is `{name}`")
    });
    ToolError::new("StateNotFound", invalid.0).hint(format!(
        "Give one of those names, or save the present state with save_state first{nearest}"
    ))
}

/// The saved state that the argument `name` names.
fn saved_as(cx: &Cx, stack: &Stack) -> Option<SavedAs> {
    let name = cx.arguments.get("name")?.as_str()?;
    let mut saved = stack.saved_states().into_iter();
    saved.find(|saved| saved.name == name)
}

/// What the emulator has now.
pub(super) struct Contents {
    pub(super) pools: usize,
    /// Users of all pools.
    pub(super) users: usize,
    /// Messages in the outbox.
    pub(super) messages: usize,
    /// Calls in the journal.
    pub(super) calls: usize,
}

impl Contents {
    pub(super) fn of(stack: &Stack) -> Self {
        let handles = stack.inspect(|emulator| emulator.state().pool_handles());
        Self {
            pools: handles.len(),
            users: handles.iter().map(|handle| handle.read().users.len()).sum(),
            messages: stack.outbox(&OutboxFilter::default()).len(),
            calls: stack.journal_len(),
        }
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} and {}",
            users_in_pools(self.users, self.pools),
            counted(self.messages, "message"),
            counted(self.calls, "recorded request")
        )
    }
}

/// `1 pool with 2 users`.
fn users_in_pools(users: usize, pools: usize) -> String {
    format!("{} with {}", counted(pools, "pool"), counted(users, "user"))
}

/// Delete a state that `save_state` saved.
#[derive(Deserialize, JsonSchema)]
struct DeleteState {
    /// Its name.
    name: String,
}

impl Tool for DeleteState {
    const NAME: &'static str = "delete_state";
    const TITLE: &'static str = "Delete saved state";
    const EMULATED: Option<Effect> = Some(Effect::Destroy);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Done;

    fn example() -> Value {
        json!({ "name": "fixture" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let stack = cx.emulator()?.stack();
        let deleted = stack.delete_state(&self.name);
        deleted.map_err(|invalid| not_saved(stack, &self.name, invalid))?;
        Ok(Done::new(format!("The state {} is deleted", self.name)))
    }

    fn loses(cx: &Cx) -> Option<String> {
        let saved = saved_as(cx, cx.emulator().ok()?.stack())?;
        Some(format!(
            "It has {}",
            users_in_pools(saved.users, saved.pools)
        ))
    }
}

/// Reset the emulator to its initial state: pools, users, messages, faults and the clock.
#[derive(Deserialize, JsonSchema)]
struct ResetEmulator {}

impl Tool for ResetEmulator {
    const NAME: &'static str = "reset_emulator";
    const TITLE: &'static str = "Reset emulator";
    const EMULATED: Option<Effect> = Some(Effect::Destroy);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Done;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.emulator()?.stack().reset();
        cx.start_over().await;
        Ok(Done::new("The emulator is reset"))
    }

    fn loses(cx: &Cx) -> Option<String> {
        let stack = cx.emulator().ok()?.stack();
        Some(format!("Now lost: {}", Contents::of(stack)))
    }
}
