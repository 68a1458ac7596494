//! Bounds: everything that a caller of the MCP server can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. `docs/bounds.md` shows the same values in one table; the
//! emulator's own bounds are in `cognito_emulator::bounds`.

use std::time::Duration;

// Transports: HTTP. Connections, heads, idle times and the reading of responses have the
// bounds of `cognito_emulator::bounds`, whose listener serves both.

/// Bytes of a request's body. A longer one is answered with 413. The longest useful one,
/// a thousand new users, is far shorter.
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

/// Access tokens whose last check with Cognito is remembered. When one more is sent, the
/// one that was checked longest ago is forgotten, and is checked again when it is sent.
pub const CHECKED_TOKENS: usize = 4_096;

/// How long the result of a check of an access token is used. A token that is revoked, or
/// whose user is signed out, disabled or deleted, is refused after this long at most.
pub const TOKEN_CHECK: Duration = Duration::from_mins(1);

/// How long a check of an access token that failed is not repeated; requests with the
/// token are answered 503 meanwhile.
pub const TOKEN_CHECK_PAUSE: Duration = Duration::from_secs(5);

/// Time for one check of an access token. After it, the check has failed.
pub const TOKEN_CHECK_PATIENCE: Duration = Duration::from_secs(10);

/// How long after it was issued an access token is accepted that cannot be checked
/// completely: one without the scope `aws.cognito.signin.user.admin`.
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

/// Time that an ending server gives to the calls under way on stdio: in all after a
/// signal, and for the next answer after the end of stdin. Over HTTP it is
/// `cognito_emulator::bounds::GRACE`. Calls that are not answered by then are dropped.
pub const LAST_ANSWERS: Duration = Duration::from_millis(700);

/// Time from INT or TERM after which the process ends in any case.
pub const END_TIME: Duration = Duration::from_millis(950);

// Transports: messages.

/// Characters of a request's `id`, and of the protocol version in its `_meta`, which
/// answers repeat. A request with a longer one is answered with the error -32600.
pub const REPEATED_CHARS: usize = 1_000;

// Calls and answers.

/// User pools whose key sets are kept for `verify_token`. When one more comes, another
/// pool's is forgotten, and is fetched again when it is needed.
pub const KEY_SETS: usize = 256;

/// Longest response to any request, in bytes of its JSON. A longer one is not sent: the
/// caller gets an error with the code `AnswerTooLong`,
/// which says whether the call was made. What the server itself publishes (the lists
/// of tools, templates and prompts) is not bounded: no caller makes it grow.
pub const RESPONSE_BYTES: usize = 256 * 1024;

/// Deepest nesting of a response, in levels of JSON. JSON readers refuse more than
/// 128. A deeper response is replaced as one that is longer than [`RESPONSE_BYTES`].
pub const RESPONSE_DEPTH: usize = 100;

/// Longest answer of a call that only reads, in bytes of its JSON: about 8,000 tokens
/// of four bytes, because MCP clients cut or refuse longer ones. The caller gets the
/// error `AnswerTooLong`, which says how to request less.
pub const READ_ANSWER_BYTES: usize = 32_000;

/// Longest answer of a call that writes, in bytes of its JSON. The call is done, so the
/// answer is not refused: its longest members are shortened or left out, and the member
/// `left_out` names them.
pub const WRITE_ANSWER_BYTES: usize = 80_000;

/// Problems that one error describes. The sentence of the error ends with "and N
/// more", its member `problems_total` has the number of all problems, and no retry is
/// offered.
pub const PROBLEMS: usize = 20;

/// Violations of a tool's schema that are examined. Further ones are only counted; see
/// [`PROBLEMS`].
pub const VIOLATIONS: usize = 200;

/// Unknown names in one list or map for which the nearest are searched, and items of a
/// list that was written as text. The meaning of longer ones is not guessed.
pub const MEANT_ITEMS: usize = 200;

/// Longest problems of one error, in bytes of their JSON together. The last ones are left
/// out and counted in `problems_total`.
pub const PROBLEMS_BYTES: usize = 64 * 1024;

/// Longest value that an error repeats as `received` or `allowed`, in bytes of its JSON.
/// A longer list or object loses its last items; an item says how many.
pub const VALUE_BYTES: usize = 2_000;

/// Longest text within a value, a pointer or a problem's message of an error, in
/// characters. A longer one is cut and says how many characters it had.
pub const VALUE_CHARS: usize = 200;

/// Deepest nesting of a value that an error repeats, in levels. Deeper values are shown as
/// an ellipsis.
pub const VALUE_DEPTH: usize = 8;

/// Longest name within a sentence, in characters. A longer one ends in an ellipsis.
pub const NAME_CHARS: usize = 64;

/// Longest message or hint of an error, in characters. A longer one ends in an ellipsis.
pub const SENTENCE_CHARS: usize = 4_000;

/// Longest message of Cognito that is read for advice, in characters. The middle of a
/// longer one is left out.
pub const RAW_SENTENCE_CHARS: usize = 16_000;

/// Longest arguments of a call that an error offers as `retry`, in bytes of their JSON.
/// A call with longer arguments is not offered: shortened arguments would have another
/// effect.
pub const RETRY_BYTES: usize = 16 * 1024;

/// Longest name that is compared with others to find the nearest, in characters. No
/// name is near to a longer one.
pub const SIMILAR_CHARS: usize = 200;

/// Names among which the nearest is searched. Further ones are not compared.
pub const CANDIDATES: usize = 1_000;

/// Longest arguments that the log repeats, in bytes of their JSON. Longer ones lose
/// their last members; a member says how many. The audit log has the whole arguments.
pub const LOGGED_BYTES: usize = 4_000;

/// Requests that a dry run describes one by one. `would_call_total` has the number of
/// all.
pub const DRY_RUN_REQUESTS: usize = 25;

/// Rows of `create_users` for which a correction is looked up, which takes requests.
/// Further rows that fail have only Cognito's sentence.
pub const CORRECTED_ROWS: usize = 25;

/// Longest argument of a prompt, in bytes. A longer one is refused.
pub const PROMPT_ARGUMENT_BYTES: usize = 1_000;

/// Pages that are read for one completion. The answer says that there are more.
pub const COMPLETION_PAGES: usize = 5;

/// Resources that one connection may subscribe to. Further subscriptions are refused,
/// and `subscriptions/listen` accepts the first ones.
pub const SUBSCRIPTIONS: usize = 100;

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

/// Principals (OAuth subjects, the holder of the bearer token, stdio) whose secrets or
/// sign-ins are kept at once. A further one gets `[redacted]` instead of references,
/// until those of another have expired: no principal displaces another's.
pub const PRINCIPALS: usize = 256;

/// Secrets kept for one principal. The one that was not used for longest is forgotten.
pub const SECRETS: usize = 1_000;

/// Longest secret that is kept, in bytes. A longer one has no reference: the answer has
/// `[redacted]`, and no retry is offered that would need the secret.
pub const SECRET_BYTES: usize = 64 * 1024;

/// Secrets kept for one principal, in bytes together. The ones that were not used for
/// longest are forgotten.
pub const SECRETS_BYTES: usize = 2 * 1024 * 1024;

/// Time for which an unused secret is kept. Of Cognito's own secrets, only refresh tokens
/// last longer.
pub const SECRET_LIFETIME: Duration = Duration::from_hours(24);

/// Files in the folder that `--secrets-dir` names. A further secret has a reference and
/// no file; `secret_files` says why.
pub const SECRET_FILES: usize = 10_000;

/// Sign-ins in progress of one principal. The oldest is forgotten; sign-ins last for
/// minutes.
pub const SIGN_INS: usize = 1_000;

/// Time after which a sign-in in progress is forgotten. Cognito's sessions last for 15
/// minutes at most.
pub const SIGN_IN_LIFETIME: Duration = Duration::from_hours(1);

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
/// Later the approval has expired, and the next call gets a new code.
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
/// Further codes are refused unread until the oldest of them is older than that.
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
/// The list of all requests fits: [`APPROVALS`] questions of a few hundred bytes. A longer
/// answer is not shown.
pub const APPROVAL_ANSWER: u64 = 4 * 1024 * 1024;
