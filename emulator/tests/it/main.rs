//! Tests of the whole emulator that apply to all operations.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bearers;
mod data_file;
mod given;
mod journal_secrets;
mod lifecycles;
mod long_values;
mod pages_accept;
mod paging;
mod pool_file;
mod pool_rules;
mod script;
mod sdk_answers;
mod sdk_oracle;
mod simulation;
mod status;
mod town;
mod worlds;
