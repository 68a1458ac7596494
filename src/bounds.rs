//! Bounds: everything that a caller of the MCP server can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. `docs/bounds.md` shows the same values in one table; the
//! emulator's own bounds are in `cognito_emulator::bounds`.

// Transports: HTTP.

// Transports: stdio.

// Calls and answers.

// Secrets and files.

/// Longest `.env` file that is read, in bytes. A longer one stops the start.
pub const DOTENV_BYTES: u64 = 64 * 1024;

/// Names of a `.env` file that start-up names as ignored. More are counted.
pub const DOTENV_NAMES: usize = 40;

/// Longest file with the token of MCP over HTTP, in bytes. A longer one stops the start.
pub const TOKEN_FILE_BYTES: u64 = 4 * 1024;

/// Longest settings file of an MCP client that `init` edits, in bytes. A longer one
/// is refused.
pub const SETTINGS_BYTES: u64 = 64 * 1024 * 1024;

/// Backups of a client's settings that `init` keeps: the first one, which is the
/// file before `init` ever wrote it, and the newest ones. Older ones are deleted.
pub const BACKUPS: usize = 6;
