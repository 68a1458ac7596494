//! What the emulator remembers: pools, and the ids that span them.

/// All pools of all scopes.
#[derive(Debug, Default)]
pub struct State {}
