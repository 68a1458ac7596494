//! Bounds: everything that a caller of the MCP server can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. `docs/bounds.md` shows the same values in one table; the
//! emulator's own bounds are in `cognito_emulator::bounds`.

use std::time::Duration;

// Transports: HTTP.

// Transports: stdio.

// Calls and answers.

// Secrets and files.

// Confirmations of destructive calls.

/// How long a question to the client's user may stay open.
///
/// No answer within this time is a no: nothing is done, and the next call asks again.
pub const CONFIRMATION_ANSWER: Duration = Duration::from_mins(10);

/// How long a code for `cognito-mcp approve` may be approved after it was issued.
///
/// Later the code is unknown or expired, and the next call gets a new one.
pub const APPROVAL_CODE: Duration = Duration::from_mins(10);

/// How long an approved call may be repeated after the approval.
///
/// Later the approval is void, and the next call gets a new code.
pub const APPROVAL_USE: Duration = Duration::from_mins(10);

/// How many calls of one principal may wait for an approval at a time.
///
/// Another call is refused without a code until one of them is approved, is declined,
/// or expires.
pub const APPROVALS_PER_PRINCIPAL: usize = 20;

/// How many calls of all principals may wait for an approval at a time.
///
/// As [`APPROVALS_PER_PRINCIPAL`].
pub const APPROVALS: usize = 200;

/// How many codes that were used, were declined or have expired are remembered, so that
/// `cognito-mcp approve` can say so.
///
/// The oldest is forgotten first, and is then an unknown code.
pub const ENDED_APPROVALS: usize = 200;

/// How many unknown codes `cognito-mcp approve` may send within
/// [`WRONG_CODES_WITHIN`].
///
/// Further codes are refused unread until the oldest of them is so long ago.
pub const WRONG_CODES: usize = 20;

/// The time for which [`WRONG_CODES`] are counted.
pub const WRONG_CODES_WITHIN: Duration = Duration::from_mins(1);

/// How many connections of `cognito-mcp approve` are served at a time.
///
/// Further connections wait until one is closed.
pub const APPROVAL_CONNECTIONS: usize = 8;

/// How long a connection of `cognito-mcp approve` may take to send its request and read
/// the answer.
///
/// Then the server closes the connection.
pub const APPROVAL_CONNECTION: Duration = Duration::from_secs(5);

/// Bytes of the longest request of `cognito-mcp approve`.
///
/// A longer one is not read, and the connection is closed.
pub const APPROVAL_REQUEST: u64 = 256;

/// Bytes of the longest answer that `cognito-mcp approve` reads from a server.
///
/// The list of all requests fits: [`APPROVALS`] questions of a few hundred bytes. Of a
/// longer one nothing is shown.
pub const APPROVAL_ANSWER: u64 = 4 * 1024 * 1024;
