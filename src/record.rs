//! Records of calls: the audit log and traces.

pub(crate) mod audit;
pub mod metrics;
pub mod telemetry;
pub mod trace;
