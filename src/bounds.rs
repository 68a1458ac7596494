//! Bounds: everything that a caller of the MCP server can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. `docs/bounds.md` shows the same values in one table; the
//! emulator's own bounds are in `cognito_emulator::bounds`.

// Transports: HTTP.

// Transports: stdio.

// Calls and answers.

// Secrets and files.
