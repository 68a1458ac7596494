//! Bounds: everything that a caller of the emulator can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. Limits that Cognito itself has (pools per account, groups per
//! pool) are in `state::limit` and `quotas`; these are the emulator's own.

// Connections over HTTP.

// State and memory.
