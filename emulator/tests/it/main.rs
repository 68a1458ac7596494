//! Guards over the whole emulator, each stated once for every operation.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod journal_secrets;
mod lifecycles;
mod long_values;
mod pages_accept;
mod paging;
mod script;
mod sdk_answers;
mod sdk_oracle;
mod simulation;
mod status;
mod town;
