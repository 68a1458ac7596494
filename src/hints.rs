//! Hints: the advice and the suggested call after an error.
//!
//! One `table` is used for both backends, because the emulator has Cognito's sentences. For
//! an exception and a part of its sentence, the table has advice and, if the state of the
//! pool matters, a function that reads the state through the SDK. The other files of this
//! module contain these functions.

mod attributes;
mod by_operation;
mod candidates;
mod filter;
mod iam;
mod not_found;
mod passwords;
mod pool_resources;
mod refusal;
mod settings;
mod sign_in;
mod status;
mod table;
mod violations;

use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;

pub(crate) use self::iam::Denied;
use self::refusal::Case;
use crate::bounds;
use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::definition::added;
use crate::error::{NextCall, Problem, ToolError};
use crate::guard::untrusted;
use crate::size;

/// The hints of one exception.
pub struct Exception {
    /// The exception's name, or one of the server's own codes.
    pub name: &'static str,
    /// The hints for the exception. Those for a part of the message come first.
    pub hints: &'static [Hint],
}

/// Advice for one message of an exception, or for all of them.
pub struct Hint {
    /// Part of the message; none for any message.
    pub says: Option<&'static str>,
    /// The advice if the state of the pool cannot be read.
    pub advice: &'static str,
    next: Next,
}

/// The source of the suggested call.
enum Next {
    /// There is no suggested call.
    Nothing,
    /// A call of this tool, with the arguments of the failed call that the tool accepts.
    Tool(&'static str),
    /// A function that reads the error and the failed call.
    FromError(fn(&Case<'_>) -> Finding),
    /// A function that also reads the state of the pool.
    FromState(ReadState),
}

/// A function that reads the state of the pool.
type ReadState = for<'a> fn(&'a Case<'a>) -> Reading<'a>;
type Reading<'a> = Pin<Box<dyn Future<Output = Finding> + Send + 'a>>;

/// Additions to a hint, from the error or the state of the pool.
#[derive(Default)]
struct Finding {
    /// Advice in place of the table's.
    advice: Option<String>,
    /// One problem for each invalid argument.
    problems: Vec<Problem>,
    /// The suggested call.
    retry: Option<NextCall>,
    /// Time until the same call can succeed.
    wait: Option<Duration>,
}

impl Finding {
    fn new(advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..Self::default()
        }
    }

    fn retry(mut self, retry: impl Into<Option<NextCall>>) -> Self {
        self.retry = retry.into();
        self
    }

    fn problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }
}

/// A hint for messages that contain `part`.
const fn says(part: &'static str, advice: &'static str) -> Hint {
    Hint {
        says: Some(part),
        advice,
        next: Next::Nothing,
    }
}

/// A hint for any message of the exception.
const fn any(advice: &'static str) -> Hint {
    Hint {
        says: None,
        advice,
        next: Next::Nothing,
    }
}

impl Hint {
    /// Whether the hint is for this message.
    fn is_for(&self, message: &str) -> bool {
        self.says.is_none_or(|part| message.contains(part))
    }

    const fn tool(mut self, tool: &'static str) -> Self {
        self.next = Next::Tool(tool);
        self
    }

    const fn refine(mut self, refine: fn(&Case<'_>) -> Finding) -> Self {
        self.next = Next::FromError(refine);
        self
    }

    const fn read_state(mut self, read_state: ReadState) -> Self {
        self.next = Next::FromState(read_state);
        self
    }

    /// Describes the source of the suggested call, for the snapshot of the table.
    #[must_use]
    pub fn next(&self) -> &'static str {
        match self.next {
            Next::Nothing => "no call",
            Next::Tool(tool) => tool,
            Next::FromError(_) => "from the error",
            Next::FromState(_) => "from the state of the pool",
        }
    }
}

/// Every hint with the name of its exception, specific ones before general ones.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Hint)> {
    let hints = |exception: &'static Exception| {
        let named = move |hint| (exception.name, hint);
        exception.hints.iter().map(named)
    };
    table::HINTS.iter().flat_map(hints)
}

/// The hint for a message of an exception.
#[must_use]
pub fn find(exception: &str, message: &str) -> Option<&'static Hint> {
    let index = table::HINTS.binary_search_by(|row| row.name.cmp(exception));
    let hints = table::HINTS[index.ok()?].hints;
    hints.iter().find(|hint| hint.is_for(message))
}

/// Completes an error for its answer: adds the advice and the retry, and removes secrets.
pub(crate) async fn explain(cx: &Cx, mut error: Box<ToolError>) -> Box<ToolError> {
    error.bound_raw();
    // Secrets are removed before the sentence changes: a changed secret is harder to find.
    cx.cover_secrets(&mut error);
    Box::pin(cx.for_hints(advise(cx, &mut error))).await;
    conclude(cx, error)
}

/// Prepares an error for its answer: removes the caller's secrets, escapes the text of users,
/// and applies the bounds.
pub(crate) fn conclude(cx: &Cx, mut error: Box<ToolError>) -> Box<ToolError> {
    error.bound_raw();
    cx.cover_secrets(&mut error);
    error.bound();
    untrusted::error(&mut error);
    error.drop_problems();
    settle(cx, &mut error);
    cx.add_secret_files(&mut error);
    tracing::info!(
        tool = cx.tool(),
        code = error.code,
        request_id = error.request_id,
        "refused"
    );
    error
}

/// Adds the advice to `error` and, if another call can help, that call.
async fn advise(cx: &Cx, error: &mut ToolError) {
    if error.hint.is_none()
        && let Some(hint) = find(&error.code, &error.message)
    {
        let case = Case::new(cx, error).await;
        let found = match hint.next {
            Next::Nothing => Finding::default(),
            Next::Tool(tool) => Finding::default().retry(case.carry_over(tool)),
            Next::FromError(refine) => refine(&case),
            Next::FromState(read_state) => read_state(&case).await,
        };
        error.hint = Some(found.advice.unwrap_or_else(|| hint.advice.to_owned()));
        let problems = found.problems.into_iter();
        let problems = problems.filter(|problem| is_of_the_call(cx, problem));
        error.problems.extend(problems);
        error.retry = error.retry.take().or(found.retry);
        if let Some(wait) = found.wait {
            error.retryable = true;
            error.retry_after.get_or_insert(wait);
        }
    }
    if error.code == "InvalidArguments" && error.retry.is_none() {
        Box::pin(candidates::complete(cx, error)).await;
    }
    resolve_names(cx, error).await;
}

/// Whether a problem concerns an argument of the call, or a missing one. Other problems
/// concern defaults of the server, which the caller did not send.
fn is_of_the_call(cx: &Cx, problem: &Problem) -> bool {
    let arguments = Value::from(cx.arguments.clone());
    problem.message.contains("is required") || arguments.pointer(&problem.pointer).is_some()
}

/// Replaces names by ids in the retry of a call with invalid arguments, so that one retry
/// corrects both errors.
async fn resolve_names(cx: &Cx, error: &mut ToolError) {
    if error.code != "InvalidArguments" {
        return;
    }
    if let Some(mut retry) = error.retry.take() {
        not_found::resolve_names(&Case::new(cx, error).await, &mut retry).await;
        error.retry = Some(retry);
    }
}

/// The username of the user that `given` most likely means. None if no name is clearly nearest.
pub(crate) async fn nearest_user(cx: &Cx, pool: &str, given: &str) -> Option<String> {
    let meant = not_found::nearest_user(cx, pool, given).await;
    meant.map(|meant| meant.id)
}

/// Keeps a retry only if it is valid, short enough to be shown whole, and contains no secret.
fn settle(cx: &Cx, error: &mut ToolError) {
    let Some(mut retry) = error.retry.take() else {
        return;
    };
    // References are shorter than secrets, so a retry can be shorter in the answer. A retry
    // that is much too long is dropped without further checks.
    let is_long = |retry: &NextCall, most| size::bytes(&retry.arguments) > most;
    if is_long(&retry, bounds::RETRY_BYTES + bounds::SECRET_BYTES) {
        return;
    }
    let same = retry.tool == cx.tool() && retry.arguments == cx.arguments;
    if same && !error.retryable {
        return;
    }
    let Some(tool) = cx.definition_of(&retry.tool) else {
        return;
    };
    if cx.is_dry() && tool.effect > Effect::Read {
        // The retry of a dry run is also a dry run, so that a caller that follows the
        // advice does not write.
        let dry_run = (added::DRY_RUN.to_owned(), Value::Bool(true));
        retry.arguments.extend([dry_run]);
    }
    if cx.is_enabled(tool.name()) {
        error.retry = executable(cx, retry);
    }
}

/// `call` as an answer shows it, without a pool id that the server has anyway. None if it
/// cannot be executed without changes: it is not valid, reaches another pool, would repeat a
/// secret, or is changed or shortened in an answer.
pub(crate) fn executable(cx: &Cx, mut call: NextCall) -> Option<NextCall> {
    let tool = cx.definition_of(&call.tool)?;
    if let Some(only) = cx.pools().only() {
        let named = call.arguments.shift_remove("user_pool_id");
        if named.is_some_and(|named| named != only) {
            return None;
        }
    }
    tool.validate(&mut call.arguments.clone()).ok()?;
    // The caller has the secret that was sent; an answer does not repeat it.
    if !cx.vault().refer(cx.owner(), tool, &mut call.arguments) {
        return None;
    }
    // If the answer would show the call in changed form, the caller could not repeat it.
    let is_short = size::bytes(&call.arguments) <= bounds::RETRY_BYTES;
    (is_short && !untrusted::is_no_correction(&call.arguments)).then_some(call)
}
