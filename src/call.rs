//! Calls of tools: context, confirmation, dry run, deadline.

pub(crate) mod answer_size;
pub mod confirm;
pub(crate) mod context;
pub(crate) mod deadline;
pub(crate) mod dry_run;
pub(crate) mod published;
pub(crate) mod sign_ins;
