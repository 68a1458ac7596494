//! Bounds: everything that a caller of the MCP server can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. `docs/bounds.md` shows the same values in one table; the
//! emulator's own bounds are in `cognito_emulator::bounds`.

use std::time::Duration;

// Transports: HTTP.

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

// Calls and answers.

/// User pools whose key sets are kept for `verify_token`. When one more comes, another
/// pool's is forgotten, and is fetched again when it is needed.
pub const KEY_SETS: usize = 256;

// Secrets and files.
