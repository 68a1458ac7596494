//! Bounds: everything that a caller of the MCP server can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. `docs/bounds.md` shows the same values in one table; the
//! emulator's own bounds are in `cognito_emulator::bounds`.

use std::time::Duration;

// Transports: HTTP. Connections, heads, idle times and the reading of responses have the
// bounds of `cognito_emulator::bounds`, whose listener serves both.

/// Bytes of a request's body. A longer one is answered with 413. The longest that makes
/// sense, a thousand new users, is far shorter.
pub const BODY_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of the bodies of requests that are held at once, without the first
/// `SMALL_BODY` of each. A longer body waits, and is then answered with 503.
pub const BODIES: usize = 64 * 1024 * 1024;

/// Requests under way at once whose bodies have arrived, streams that stay open among
/// them. Further ones are answered with 503.
pub const REQUESTS: usize = 128;

/// Sessions at once, of the revisions before 2026-07-28; each has 131 KB. When one more
/// is opened, one without a request is closed: the one that was idle longest of the
/// principal that has the most. Its client is answered with 404, and opens another. More
/// than [`REQUESTS`], so that there is always one without a request.
pub const SESSIONS: usize = 512;

/// Sessions of one principal at once. When it opens one more, its session that was idle
/// longest is closed.
pub const SESSIONS_OF_ONE: usize = 256;

/// Time that a session is kept without a request or an open stream. It is closed.
pub const SESSION_IDLE: Duration = Duration::from_mins(15);

/// Bytes of a request's header that an answer repeats
/// (`Access-Control-Request-Headers`). A longer one is not repeated, and the browser
/// does not send its request.
pub const MIRRORED_BYTES: usize = 1024;

/// Access tokens whose last check with Cognito is remembered. When one more comes, the
/// one that was checked longest ago is forgotten, and is checked again when it comes.
pub const CHECKED_TOKENS: usize = 4_096;

/// How long the answer to a check of an access token counts. A token that is revoked, or
/// whose user is signed out, disabled or deleted, is refused after this long at most.
pub const TOKEN_CHECK: Duration = Duration::from_mins(1);

/// How long a check of an access token that failed is not repeated; requests with the
/// token are answered 503 meanwhile.
pub const TOKEN_CHECK_PAUSE: Duration = Duration::from_secs(5);

/// How long one check of an access token may take. Then it has failed.
pub const TOKEN_CHECK_PATIENCE: Duration = Duration::from_secs(10);

/// How long after it was issued an access token counts that Cognito cannot be asked
/// about completely: one without the scope `aws.cognito.signin.user.admin`.
pub const UNCHECKED_TOKEN: Duration = Duration::from_hours(1);

/// How far the clocks of this machine and of the issuer of an access token may differ.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

// Transports: stdio.

/// Bytes of a line on stdin. A longer one is answered with an error and skipped.
pub const LINE_BYTES: usize = 4 * 1024 * 1024;

/// Requests under way at once on stdio, until their answers are written. Further ones
/// wait.
pub const CALLS: usize = 64;

/// Bytes of the lines of the requests under way at once on stdio, unless there is only
/// one. Further ones wait.
pub const CALLS_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of the requests that wait on stdio, unless there is only one. Stdin is then not
/// read until one of them can begin.
pub const WAITING_BYTES: usize = 1024 * 1024;

/// Subscriptions (`subscriptions/listen`) that are open at once on stdio. A further one is
/// answered with an error.
pub const LISTENERS: usize = 32;

// Transports: the end of a server.

/// Time that an ending server gives to the calls under way, on stdio. Over HTTP it is
/// `cognito_emulator::bounds::GRACE`. Calls that are not answered by then are dropped.
pub const LAST_ANSWERS: Duration = Duration::from_millis(700);

/// Time from INT or TERM after which the process ends, whatever it does.
pub const END_TIME: Duration = Duration::from_millis(950);

// Calls and answers.

/// User pools whose key sets are kept for `verify_token`. When one more comes, another
/// pool's is forgotten, and is fetched again when it is needed.
pub const KEY_SETS: usize = 256;

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
