//! Hints: what to do after each error.
//!
//! One `table` serves both backends, because the emulator uses Cognito's sentences: an
//! exception and a part of its sentence have advice and, if the state of the pool matters, a
//! function that reads it through the SDK. The files of this module are families of such
//! functions.

mod attributes;
mod by_operation;
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
    /// Its hints: those for a part of the message first.
    pub hints: &'static [Hint],
}

/// Advice for one message of an exception, or for all of them.
pub struct Hint {
    /// Part of the message; none for any message.
    pub says: Option<&'static str>,
    /// What to do, if nothing is known about the state of the pool.
    pub advice: &'static str,
    next: Next,
}

/// Where the call comes from that helps.
enum Next {
    /// No call of a tool helps.
    Nothing,
    /// This tool helps, with those of the failed call's arguments that it takes.
    Tool(&'static str),
    /// The refusal itself tells.
    Tell(fn(&Case<'_>) -> Finding),
    /// The state of things tells.
    Look(Look),
}

/// Reads the state of things.
type Look = for<'a> fn(&'a Case<'a>) -> Looking<'a>;
type Looking<'a> = Pin<Box<dyn Future<Output = Finding> + Send + 'a>>;

/// What the state of things adds to a hint.
#[derive(Default)]
struct Finding {
    /// Advice in place of the table's.
    advice: Option<String>,
    /// What is wrong, argument by argument.
    problems: Vec<Problem>,
    /// The call that helps.
    retry: Option<NextCall>,
    /// How long until the same call may succeed.
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

    const fn tell(mut self, tell: fn(&Case<'_>) -> Finding) -> Self {
        self.next = Next::Tell(tell);
        self
    }

    const fn look(mut self, look: Look) -> Self {
        self.next = Next::Look(look);
        self
    }

    /// What leads on, for people who review the table.
    #[must_use]
    pub fn next(&self) -> &'static str {
        match self.next {
            Next::Nothing => "no call",
            Next::Tool(tool) => tool,
            Next::Tell(_) => "as the refusal tells",
            Next::Look(_) => "as the state tells",
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

/// Completes an error for its answer: the advice, the retry, and nothing that must not be
/// shown.
pub(crate) async fn explain(cx: &Cx, mut error: Box<ToolError>) -> Box<ToolError> {
    error.bound_raw();
    // Before anything alters the sentence: an altered secret is harder to find.
    cx.cover_secrets(&mut error);
    cx.for_hints(advise(cx, &mut error)).await;
    conclude(cx, error)
}

/// Makes an error presentable: without secrets of the caller, with text of users escaped,
/// and within its bounds.
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

/// Completes `error` with a correction and, if another call can help, that call.
async fn advise(cx: &Cx, error: &mut ToolError) {
    if error.hint.is_none()
        && let Some(hint) = find(&error.code, &error.message)
    {
        let case = Case::new(cx, error);
        let found = match hint.next {
            Next::Nothing => Finding::default(),
            Next::Tool(tool) => Finding::default().retry(case.carry_over(tool)),
            Next::Tell(tell) => tell(&case),
            Next::Look(look) => look(&case).await,
        };
        error.hint = Some(found.advice.unwrap_or_else(|| hint.advice.to_owned()));
        error.problems.extend(found.problems);
        error.retry = error.retry.take().or(found.retry);
        if let Some(wait) = found.wait {
            error.retryable = true;
            error.retry_after.get_or_insert(wait);
        }
    }
}

/// Keeps a retry only if it can be executed as it is, is short enough to be shown whole, and
/// shows no secret.
fn settle(cx: &Cx, error: &mut ToolError) {
    let Some(mut retry) = error.retry.take() else {
        return;
    };
    // Much longer ones would only be examined in vain; references are short.
    let is_long = |retry: &NextCall, most| size::bytes(&retry.arguments) > most;
    if is_long(&retry, bounds::RETRY_BYTES + bounds::SECRET_BYTES) {
        return;
    }
    let enabled = cx.definition_of(&retry.tool);
    let Some(tool) = enabled.filter(|tool| cx.is_enabled(tool.name())) else {
        return;
    };
    let same = retry.tool == cx.tool() && retry.arguments == cx.arguments;
    if same && !error.retryable {
        return;
    }
    if let Some(only) = cx.pools().only() {
        let named = retry.arguments.shift_remove("user_pool_id");
        if named.is_some_and(|named| named != only) {
            return;
        }
    }
    if cx.is_dry() && tool.effect > Effect::Read {
        // Who only wants to know does not write by following advice.
        let dry_run = (added::DRY_RUN.to_owned(), Value::Bool(true));
        retry.arguments.extend([dry_run]);
    }
    if tool.validate(&mut retry.arguments.clone()).is_err() {
        return;
    }
    // The caller has the secret that was sent; an answer does not repeat it.
    if !cx.vault().refer(cx.owner(), tool, &mut retry.arguments) {
        return;
    }
    // What would not be shown as it is is no call to make as it stands.
    if !is_long(&retry, bounds::RETRY_BYTES) && !untrusted::is_no_correction(&retry.arguments) {
        error.retry = Some(retry);
    }
}
