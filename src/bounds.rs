//! Bounds: everything that a caller of the MCP server can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. `docs/bounds.md` shows the same values in one table; the
//! emulator's own bounds are in `cognito_emulator::bounds`.

use std::time::Duration;

// TLS of the emulator.

/// Bytes of a PEM file with certificates or a private key. A longer file is refused at start.
pub const PEM_BYTES: u64 = 1024 * 1024;

/// Certificates of the local authority for names under `localhost` that are kept. When one more is
/// needed, all are dropped, and signed again when a client names them.
pub const LOCAL_CERTIFICATES: usize = 256;

// Delivery of the emulator's messages.

/// Messages that wait for the SMTP server or the webhook, each. Further ones are not sent and
/// are only in the outbox.
pub const DELIVERY_QUEUE: usize = 1_000;

/// Time for each step of sending an e-mail: the connection, and each answer of the SMTP server.
/// After it, the message is given up.
pub const SMTP_WAIT: Duration = Duration::from_secs(10);

/// Time for which messages in the queue are sent when the program ends. Then they are dropped.
pub const LAST_MESSAGES: Duration = Duration::from_millis(100);

// Rehearsals.

/// Calls of one `plan_change`. A longer list is refused.
pub const REHEARSED_CALLS: u32 = 50;

/// Users in the copy of one `plan_change`. A pool with more is refused if all of them are requested,
/// and further users that the calls name are left out, which the answer reports.
pub const REHEARSED_USERS: usize = 1_000;

// Transports: HTTP (bounds of the listener: `cognito_emulator::bounds`).

/// Bytes of a request body. A longer body is answered with 413. The longest useful
/// body, a thousand new users, is far shorter.
pub const BODY_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of request bodies that are held at the same time, without the first
/// `SMALL_BODY` of each. A body that exceeds this waits, and is then answered with 503.
pub const BODIES: usize = 64 * 1024 * 1024;

/// Concurrent requests whose bodies have arrived, including streams that stay open.
/// Further requests are answered with 503.
pub const REQUESTS: usize = 128;

/// Concurrent sessions, for the MCP revisions before 2026-07-28. Each has 131 KB. If
/// another session is opened, a session without a request is closed: of the principal
/// with the most sessions, the one that was idle longest. Its client is answered with
/// 404 and opens another session. The bound is greater than [`REQUESTS`], so that a
/// session without a request always exists.
pub const SESSIONS: usize = 512;

/// Concurrent sessions of one principal. If it opens another session, its session that
/// was idle longest is closed.
pub const SESSIONS_OF_ONE: usize = 256;

/// Principals whose sessions replicas share. A session of a further principal is answered with 404,
/// until the sessions of another principal have ended. A session has about 0.7 KB in the store.
pub const SESSION_PRINCIPALS: usize = 4_096;

/// The shortest time between two notifications of a subscription. Changes within it are reported
/// together.
pub const NOTIFICATIONS: Duration = Duration::from_millis(200);

/// Browsers that have access to the console of one server. If another one gets access, the one
/// that got it first loses it.
pub const CONSOLE_BROWSERS: usize = 16;

/// Time for which a session is kept without a request or an open stream. Then it is
/// closed.
pub const SESSION_IDLE: Duration = Duration::from_mins(15);

/// Bytes of a request header that the response repeats
/// (`Access-Control-Request-Headers`). A longer header is not repeated, and the browser
/// does not send its request.
pub const MIRRORED_BYTES: usize = 1024;

/// Access tokens whose last check with Cognito is remembered. If another token is sent,
/// the token that was checked longest ago is forgotten. It is checked again when it is
/// sent again.
pub const CHECKED_TOKENS: usize = 4_096;

/// Time for which the result of a check of an access token is used. A token that is
/// revoked, or whose user is signed out, disabled or deleted, is refused after this
/// time at most.
pub const TOKEN_CHECK_INTERVAL: Duration = Duration::from_mins(1);

/// Time for which a failed check of an access token is not repeated. Meanwhile,
/// requests with the token are answered with 503.
pub const TOKEN_CHECK_PAUSE: Duration = Duration::from_secs(5);

/// Time for one check of an access token. A check that takes longer fails.
pub const TOKEN_CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// Time after its issue for which an access token without the scope
/// `aws.cognito.signin.user.admin` is accepted. Such a token cannot be checked
/// completely.
pub const UNCHECKED_TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// Maximum difference between the clocks of this machine and of the issuer of an access
/// token.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

// Transports: stdio.

/// Bytes of a line on stdin. A longer line is answered with an error and skipped.
pub const LINE_BYTES: usize = 4 * 1024 * 1024;

/// Concurrent requests on stdio, until their answers are written. Further requests
/// wait.
pub const CALLS: usize = 64;

/// Bytes of the lines of all concurrent requests on stdio. A single request may have
/// more. Further requests wait.
pub const CALLS_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of all requests that wait on stdio. A single request may have more. At this
/// bound, stdin is not read until a waiting request starts.
pub const WAITING_BYTES: usize = 1024 * 1024;

/// Concurrent subscriptions (`subscriptions/listen`) on stdio. A further one is
/// answered with an error.
pub const LISTENERS: usize = 32;

// Transports: shutdown.

/// Time that a server waits for running calls on stdio when it ends: in all after a
/// signal, and for the next response after the end of stdin. Over HTTP it is
/// `cognito_emulator::bounds::GRACE`. Calls without a response are then dropped.
pub const LAST_RESPONSES: Duration = Duration::from_millis(700);

/// Time after SIGINT or SIGTERM until the process ends in any case. `--http-drain` adds its own time.
pub const END_TIME: Duration = Duration::from_millis(950);

/// Time without a new call after which a server with `--http-drain` ends, if none is under way. Load
/// balancers have to see in this time that `/ready` answers 503.
pub const DRAIN_QUIET: Duration = Duration::from_secs(5);

/// Interval at which a server with `--http-drain` checks whether it may end.
pub const DRAIN_CHECK: Duration = Duration::from_millis(100);

// Transports: messages.

/// Characters of a request's `id`, and of the protocol version in its `_meta`, which
/// answers repeat. A request with more characters is answered with the error -32600.
pub const REPEATED_CHARS: usize = 1_000;

// Calls and answers.

/// User pools whose key sets are kept for `verify_token`. If another key set is
/// fetched, the key set of another pool is forgotten. It is fetched again when it is
/// needed.
pub const KEY_SETS: usize = 256;

/// Longest response to any request, in bytes of its JSON. A longer response is not
/// sent. The caller gets an error with the code `AnswerTooLong`, which says whether the
/// call was made. Lists that the server itself publishes (tools, templates and prompts)
/// have no bound, because no caller can make them grow.
pub const RESPONSE_BYTES: usize = 256 * 1024;

/// Deepest nesting of a response, in levels of JSON. JSON readers refuse more than 128.
/// A deeper response is replaced like a response that is longer than
/// [`RESPONSE_BYTES`].
pub const RESPONSE_DEPTH: usize = 100;

/// Longest answer of a call that only reads, in bytes of its JSON: about 8,000 tokens
/// of four bytes, because MCP clients cut or refuse longer ones. The caller gets the
/// error `AnswerTooLong`, which says how to request less.
pub const READ_ANSWER_BYTES: usize = 32_000;

/// Longest answer of a call of the console that only reads, in bytes of its JSON. No model reads
/// it, and a page shows long lists.
pub const CONSOLE_ANSWER_BYTES: usize = 1_000_000;

/// Longest response to a call of the console, in bytes of its JSON: the answer
/// ([`CONSOLE_ANSWER_BYTES`]), the requests of the call ([`SHOWN_REQUESTS_BYTES`]), and what is
/// around them.
pub const CONSOLE_RESPONSE_BYTES: usize = 1_200_000;

/// Longest answer of a call that writes, in bytes of its JSON. The call is done, so the
/// answer is not refused. Its longest members are shortened or left out, and the member
/// `left_out` names them.
pub const WRITE_ANSWER_BYTES: usize = 80_000;

/// Problems that one error describes. If there are more, the sentence of the error ends
/// with "and N more", its member `problems_total` has the total number, and no retry is
/// offered.
pub const PROBLEMS: usize = 20;

/// Violations of a tool's schema that are examined. Further violations are only
/// counted; see [`PROBLEMS`].
pub const VIOLATIONS: usize = 200;

/// Items of a list that was sent in another form, and unknown names in one list or map
/// for which the nearest names are searched. Longer lists and maps are not corrected.
pub const MEANT_ITEMS: usize = 200;

/// Bytes of the JSON of all problems of one error. The last problems are left out and
/// counted in `problems_total`.
pub const PROBLEMS_BYTES: usize = 64 * 1024;

/// Longest value that an error repeats as `received` or `allowed`, in bytes of its
/// JSON. The last items of a longer list or object are left out, and one item says how
/// many.
pub const VALUE_BYTES: usize = 2_000;

/// Longest text within a value, a pointer or a problem's message of an error, in
/// characters. A longer text is cut, and says how many characters it had.
pub const VALUE_CHARS: usize = 200;

/// Deepest nesting of a value that an error repeats, in levels. Deeper values are shown as
/// an ellipsis.
pub const VALUE_DEPTH: usize = 8;

/// Longest name within a sentence, in characters. A longer name ends in an ellipsis.
pub const NAME_CHARS: usize = 64;

/// Longest message or hint of an error, in characters. A longer text ends in an
/// ellipsis.
pub const SENTENCE_CHARS: usize = 4_000;

/// Longest message of Cognito that is read for advice, in characters. The middle of a
/// longer message is left out.
pub const RAW_SENTENCE_CHARS: usize = 16_000;

/// Longest arguments of a call that an error offers as `retry`, in bytes of their JSON.
/// A call with longer arguments is not offered, because shortened arguments would have
/// another effect.
pub const RETRY_BYTES: usize = 16 * 1024;

/// Longest name for which the nearest name is searched, in characters. For a longer
/// name, none is found.
pub const SIMILAR_CHARS: usize = 200;

/// Names among which the nearest name is searched. Further names are not compared.
pub const CANDIDATES: usize = 1_000;

/// Longest arguments that the log repeats, in bytes of their JSON. The last members of
/// longer arguments are left out, and one member says how many. The audit log has the
/// complete arguments.
pub const LOGGED_BYTES: usize = 4_000;

/// Requests that a dry run describes one by one. `would_call_total` has the total
/// number.
pub const DRY_RUN_REQUESTS: usize = 25;

/// Requests of a call that its result lists for the console, which shows them as commands of the
/// AWS CLI. The first ones are kept: a scan of many users sends the same request for every page.
pub const SHOWN_REQUESTS: usize = 25;

/// Longest list of such requests, in bytes of its JSON. A longer one is left out.
pub const SHOWN_REQUESTS_BYTES: usize = 64 * 1024;

/// Failed rows of `create_users` or `update_users` for which a correction is looked up. Each look-up
/// sends requests. Further failed rows have only Cognito's message.
pub const CORRECTED_ROWS: usize = 25;

/// Conditions of one search. A longer list is refused.
pub const CONDITIONS: usize = 20;

/// Members and attributes that one search can name in `fields`. A longer list is refused.
pub const FIELDS: usize = 50;

/// Size of the compiled pattern of a search, in bytes. A larger pattern is refused. Patterns
/// take linear time, whatever the text.
pub const PATTERN_BYTES: usize = 256 * 1024;

/// Time for which one call searches or changes users. Then it returns a cursor, with which
/// another call continues. The time limit of calls, if it is shorter, has three quarters.
pub const DIRECTORY_TIME: Duration = Duration::from_secs(45);

/// Usernames of one call of `update_users`. A longer list is refused.
pub const SELECTED_NAMES: usize = 1_000;

/// Members of a group that are read to find users that are in it already. In a larger group,
/// the request is sent for every user, and changes nothing for its members.
pub const GROUP_MEMBERS: usize = 10_000;

/// Users that were already so that an answer of `update_users` lists. Further ones are counted.
pub const ROWS_ALREADY_SO: usize = 100;

/// Sets of users that an answer of `find_duplicate_users` lists, the largest first. Further ones
/// are counted.
pub const DUPLICATE_SETS: usize = 50;

/// Users of a state that an answer of `find_stuck_users` names, the oldest first.
pub const STUCK_NAMES: usize = 10;

/// Time for which `update_users` sends no second invitation to a user.
pub const INVITATION_PAUSE: Duration = Duration::from_hours(1);

/// Users whose planned change one confirmation can cover. If a selection has more, the rest
/// is confirmed by another call.
pub const PLANNED_USERS: usize = 100_000;

/// Time for which the confirmation of a change of many users covers the calls that continue
/// it. Cognito's page tokens last as long.
pub const PLAN_LIFETIME: Duration = Duration::from_hours(1);

/// Confirmed changes of many users that are not finished. The oldest is forgotten: the call
/// that continues it is confirmed again.
pub const OPEN_PLANS: usize = 100;

/// Tasks that run at the same time. A further call is answered without a task, and its `next`
/// continues it.
pub const TASKS: usize = 16;

/// Time for which a task runs at most, and for which its result is kept.
pub const TASK_LIFETIME: Duration = Duration::from_hours(24);

/// Time between two polls of a task that the server suggests.
pub const TASK_POLL: Duration = Duration::from_secs(5);

/// Rows that failed in the answer of a task. Further ones are counted.
pub const TASK_FAILURES: usize = 500;

/// Longest argument of a prompt, in bytes. A longer argument is refused.
pub const PROMPT_ARGUMENT_BYTES: usize = 1_000;

/// Pages that are read for one completion. The answer says if there are more.
pub const COMPLETION_PAGES: usize = 5;

/// Resources that one connection may subscribe to. Further subscriptions are refused,
/// and `subscriptions/listen` accepts the first ones.
pub const SUBSCRIPTIONS: usize = 100;

// Secrets and files.

/// Longest `.env` file that is read, in bytes. If the file is longer, the program does
/// not start.
pub const DOTENV_BYTES: u64 = 64 * 1024;

/// Ignored names of a `.env` file that are reported at start. Further names are only
/// counted.
pub const DOTENV_NAMES: usize = 40;

/// Longest file with the token of MCP over HTTP, in bytes. If the file is longer, the
/// program does not start.
pub const TOKEN_FILE_BYTES: u64 = 4 * 1024;

/// Longest settings file of an MCP client that `init` edits, in bytes. A longer file is
/// refused.
pub const SETTINGS_BYTES: u64 = 64 * 1024 * 1024;

/// Backups of a client's settings that `init` keeps: the first backup, which is the
/// file before the first change by `init`, and the newest ones. Older backups are
/// deleted.
pub const BACKUPS: usize = 6;

/// Principals (OAuth subjects, the holder of the bearer token, stdio) whose secrets or
/// sign-ins are kept at the same time. A further principal gets `[redacted]` instead of
/// references, until the secrets and sign-ins of another principal have expired. So a
/// principal cannot displace another.
pub const PRINCIPALS: usize = 256;

/// Secrets kept for one principal. The secret that was not used for the longest time is
/// forgotten.
pub const SECRETS: usize = 1_000;

/// Longest secret that is kept, in bytes. A longer secret has no reference: the answer
/// has `[redacted]`, and no retry that needs the secret is offered.
pub const SECRET_BYTES: usize = 64 * 1024;

/// Bytes of all secrets kept for one principal. The secrets that were not used for the
/// longest time are forgotten.
pub const SECRETS_BYTES: usize = 2 * 1024 * 1024;

/// Time for which an unused secret is kept. Of Cognito's own secrets, only refresh tokens
/// last longer.
pub const SECRET_LIFETIME: Duration = Duration::from_hours(24);

/// Files in the folder that `--secrets-dir` names. A further secret has a reference but
/// no file, and `secret_files` says why.
pub const SECRET_FILES: usize = 10_000;

/// Sign-ins in progress of one principal. The oldest is forgotten. A sign-in usually
/// takes minutes.
pub const SIGN_INS: usize = 1_000;

/// Time after which a sign-in in progress is forgotten. Cognito's sessions last for 15
/// minutes at most.
pub const SIGN_IN_LIFETIME: Duration = Duration::from_hours(1);

// Confirmations of destructive calls.

/// How long a confirmation by the client's user may take.
///
/// If the user does not answer in this time, the call is not made, and the next call
/// requests confirmation again.
pub const CONFIRMATION_ANSWER: Duration = Duration::from_mins(10);

/// How long a code for `cognito-mcp approve` may be approved after it was issued.
///
/// After that, the code is unknown or expired, and the next call gets a new code.
pub const APPROVAL_CODE: Duration = Duration::from_mins(10);

/// How long an approved call may be repeated after the approval.
///
/// After that, the approval has expired, and the next call gets a new code.
pub const APPROVAL_USE: Duration = Duration::from_mins(10);

/// How many calls of one principal may wait for an approval at a time.
///
/// Another call is refused without a code until one of them is approved, is declined,
/// or expires.
pub const APPROVALS_PER_PRINCIPAL: usize = 20;

/// How many calls of all principals may wait for an approval at a time.
///
/// A further call is refused as for [`APPROVALS_PER_PRINCIPAL`].
pub const APPROVALS: usize = 200;

/// How many codes that were used, were declined or have expired are remembered, so that
/// `cognito-mcp approve` can report that.
///
/// The oldest code is forgotten first, and is then unknown.
pub const ENDED_APPROVALS: usize = 200;

/// How many unknown codes `cognito-mcp approve` may send within
/// [`WRONG_CODES_WITHIN`].
///
/// Further codes are refused without a check, until the oldest unknown code is older
/// than that.
pub const WRONG_CODES: usize = 20;

/// The time for which [`WRONG_CODES`] are counted.
pub const WRONG_CODES_WITHIN: Duration = Duration::from_mins(1);

/// How many connections of `cognito-mcp approve` and `cognito-mcp secret` are served at a time.
///
/// Further connections wait until one is closed.
pub const APPROVAL_CONNECTIONS: usize = 8;

/// How long a connection of `cognito-mcp approve` or `cognito-mcp secret` may take to send its request and read
/// the answer.
///
/// After that, the server closes the connection.
pub const APPROVAL_CONNECTION: Duration = Duration::from_secs(5);

/// Bytes of the longest request of `cognito-mcp approve` or `cognito-mcp secret`.
///
/// A longer request is not read, and the connection is closed.
pub const APPROVAL_REQUEST: u64 = 256;

/// Bytes of the longest answer that `cognito-mcp approve` or `cognito-mcp secret` reads from a server.
///
/// The list of all requests fits: [`APPROVALS`] questions of a few hundred bytes. A longer
/// answer is not shown.
pub const APPROVAL_ANSWER: u64 = 4 * 1024 * 1024;

/// Bytes of the file with the keys of the shared state, and of the file with its password. A
/// longer file is refused at start.
pub const SHARED_KEY_FILE: u64 = 4096;

/// Keys of the shared state: the newest one, and older ones that still decrypt. A file with more is
/// refused at start.
pub const SHARED_KEYS: usize = 8;

/// Time in which the shared state must answer. A call that needs it then fails.
pub const STORE_ANSWER: Duration = Duration::from_secs(1);

/// Time in which a connection to the shared state must be open. A call that needs it then fails.
pub const STORE_CONNECT: Duration = Duration::from_secs(1);

/// Pause after the shared state could not be reached. During it, calls that need the state fail
/// at once.
pub const STORE_PAUSE: Duration = Duration::from_millis(500);

/// Attempts to edit a document of the shared state that other replicas edit too. The call then
/// fails.
pub const STORE_EDITS: usize = 20;

/// Time between two reports of a replica to the others.
pub const REPLICA_BEAT: Duration = Duration::from_secs(3);

/// Time after its last report in which a replica counts. The replicas share the rate of requests
/// while the shared state cannot be used.
pub const REPLICA_LIFETIME: Duration = Duration::from_secs(10);

/// Open questions of one principal, whose answers the server waits for. The oldest is forgotten: its
/// answer is refused, and the user is asked again.
pub const QUESTIONS: usize = 1_000;

/// Codes of errors that metrics count one by one. Further codes count as `other`.
pub const METRIC_CODES: usize = 200;

/// Time between two reports of a running task to other replicas. A cancellation at another replica is
/// seen after this time.
pub const TASK_BEAT: Duration = Duration::from_secs(1);

/// Time after which a running task is unknown to other replicas, if its own replica has ended.
pub const TASK_LEASE: Duration = Duration::from_secs(30);
