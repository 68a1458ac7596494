//! One page per operation, and the table that knows them.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::state::State;
use crate::wire::{Call, Scope};
use crate::world::World;

/// What an operation may touch.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// Clock, chance and courier.
    pub world: &'a World,
    /// The pools.
    pub state: &'a State,
    /// Region and account of the caller.
    pub scope: &'a Scope,
}

/// Judges a call by the model and runs its page.
pub(crate) fn answer(_cx: &Cx<'_>, call: &Call) -> Result<Value> {
    Err(Error::NotImplemented {
        operation: call.operation.clone(),
    })
}
