//! Bounds: everything that a caller of the MCP server can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. `docs/bounds.md` shows the same values in one table; the
//! emulator's own bounds are in `cognito_emulator::bounds`.

use std::time::Duration;

// Transports: HTTP.

// Transports: stdio.

// Calls and answers.

/// Longest response to a request, in bytes of its JSON, whatever was asked for. A
/// longer one is not sent: the caller gets an error with the code `AnswerTooLong`,
/// which says whether the call was made. What the server itself publishes (the lists
/// of tools, templates and prompts) is not bounded: no caller makes it grow.
pub const RESPONSE_BYTES: usize = 256 * 1024;

/// Deepest nesting of a response, in levels of JSON. JSON readers refuse more than
/// 128. A deeper response is replaced as one that is longer than [`RESPONSE_BYTES`].
pub const RESPONSE_DEPTH: usize = 100;

/// Longest answer of a call that only reads, in bytes of its JSON: about 8,000 tokens
/// of four bytes, because MCP clients cut or refuse longer ones. The caller gets the
/// error `AnswerTooLong`, which says how to ask for less.
pub const READ_ANSWER_BYTES: usize = 32_000;

/// Longest answer of a call that writes, in bytes of its JSON. What was written is
/// written, so the answer is not refused: its longest members are shortened or left
/// out, and the member `left_out` names them.
pub const WRITE_ANSWER_BYTES: usize = 80_000;

/// Problems that one error describes. The sentence of the error ends with "and N
/// more", its member `problems_total` has the number of all problems, and no retry is
/// offered.
pub const PROBLEMS: usize = 20;

/// Violations of a tool's schema that are examined. Further ones are only counted; see
/// [`PROBLEMS`].
pub const VIOLATIONS: usize = 200;

/// Unknown names in one list or map for which the nearest are looked for, and items of
/// a list that was written as text. What was meant by longer ones is not guessed.
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

/// Deepest nesting of a value that an error repeats, in levels. What is deeper is shown
/// as an ellipsis.
pub const VALUE_DEPTH: usize = 8;

/// Longest name within a sentence, in characters. A longer one ends in an ellipsis.
pub const NAME_CHARS: usize = 64;

/// Longest message or hint of an error, in characters. A longer one ends in an ellipsis.
pub const SENTENCE_CHARS: usize = 4_000;

/// Longest message of Cognito that is read for advice, in characters. The middle of a
/// longer one is left out.
pub const RAW_SENTENCE_CHARS: usize = 16_000;

/// Longest arguments of a call that an error offers as `retry`, in bytes of their JSON.
/// A call with longer arguments is not offered: cut arguments would do something else.
pub const RETRY_BYTES: usize = 16 * 1024;

/// Longest name that is compared with others to find the nearest, in characters. No
/// name is near to a longer one.
pub const SIMILAR_CHARS: usize = 200;

/// Names among which the nearest is looked for. Further ones are not compared.
pub const CANDIDATES: usize = 1_000;

/// Longest arguments that the log repeats, in bytes of their JSON. Longer ones lose
/// their last members; a member says how many. The audit log has the whole arguments.
pub const LOGGED_BYTES: usize = 4_000;

/// Requests that a dry run describes one by one. `would_call_total` has the number of
/// all.
pub const DRY_RUN_REQUESTS: usize = 25;

/// Rows of `create_users` for which a correction is looked up, which takes requests.
/// Further rows that fail have Cognito's sentence alone.
pub const CORRECTED_ROWS: usize = 25;

/// Longest argument of a prompt, in bytes. A longer one is refused.
pub const PROMPT_ARGUMENT_BYTES: usize = 1_000;

/// Pages that are read for one completion. The answer says that there are more.
pub const COMPLETION_PAGES: usize = 5;

/// Resources that one connection may subscribe to. Further subscriptions are refused,
/// and `subscriptions/listen` accepts the first ones.
pub const SUBSCRIPTIONS: usize = 100;

// Secrets and files.

/// Principals (OAuth subjects, the holder of the bearer token, stdio) whose secrets or
/// sign-ins are kept at once. A further one gets no references, and shown is
/// `[redacted]`, until those of another have expired: no principal pushes out another's.
pub const PRINCIPALS: usize = 256;

/// Secrets kept for one principal. The one that was not used for longest is forgotten.
pub const SECRETS: usize = 1_000;

/// Longest secret that is kept, in bytes. A longer one has no reference: shown is
/// `[redacted]`, and no retry is offered that would need it.
pub const SECRET_BYTES: usize = 64 * 1024;

/// Secrets kept for one principal, in bytes together. The ones that were not used for
/// longest are forgotten.
pub const SECRETS_BYTES: usize = 2 * 1024 * 1024;

/// Time for which a secret is kept that is not used. Of Cognito's own, only refresh
/// tokens last longer.
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
