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

/// Time that an ending server gives to the calls under way on stdio: in all after a
/// signal, and for the next answer after the end of stdin. Over HTTP it is
/// `cognito_emulator::bounds::GRACE`. Calls that are not answered by then are dropped.
pub const LAST_ANSWERS: Duration = Duration::from_millis(700);

/// Time from INT or TERM after which the process ends, whatever it does.
pub const END_TIME: Duration = Duration::from_millis(950);

// Calls and answers.

// Secrets and files.
