//! Error of a tool, with its correction.
//!
//! A failed result is one text block without structured content, because clients
//! validate structured content against the tool's output schema and would drop the
//! correction. The first line of the text is a sentence, the second a JSON object.

use std::borrow::Cow;
use std::time::Duration;

use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::bounds;
use crate::size;

/// The result of a tool.
pub type ToolResult<T> = Result<T, Box<ToolError>>;

/// A failed tool call.
///
/// Tools and the SDK report the failure; the table of hints adds the correction.
#[derive(Clone, Debug, Default)]
pub struct ToolError {
    /// Cognito's exception name, as in `UserNotFoundException`, or one of the
    /// server's own codes, as in `InvalidArguments`.
    pub code: String,
    /// Cognito's message, or the server's.
    pub message: String,
    /// The problems of the arguments: the first [`bounds::PROBLEMS`].
    pub problems: Vec<Problem>,
    /// Number of further problems.
    pub more_problems: usize,
    /// The Cognito operation that failed, as in `AdminGetUser`.
    pub operation: Option<String>,
    /// The correction, one or two sentences.
    pub hint: Option<String>,
    /// A call that helps. It can be executed unchanged.
    pub retry: Option<NextCall>,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// How long to wait before the same call.
    pub retry_after: Option<Duration>,
    /// Cognito's request id.
    pub request_id: Option<String>,
}

/// The code in the facts of a failed call.
pub(crate) fn code_of(result: &CallToolResult) -> Option<String> {
    let text = &result.content.first()?.as_text()?.text;
    let facts: Value = serde_json::from_str(text.split_once('\n')?.1).ok()?;
    Some(facts["code"].as_str()?.to_owned())
}

/// A problem of the arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Problem {
    /// The kind, which the message also states.
    #[serde(skip)]
    pub kind: Kind,
    /// JSON pointer to the argument.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What was received; secrets are redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Value>,
    /// What is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Value>,
    /// The most similar allowed name or value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// The value that the caller meant, if it was sent in another form. It may be a
    /// secret.
    #[serde(skip)]
    pub meant: Option<Value>,
    /// Whether the correction is the only possible one: `meant`, `nearest`, or, without
    /// both, the call without the argument. Only then is the correction used in a
    /// retry.
    #[serde(skip)]
    pub certain: bool,
}

/// The kind of a [`Problem`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A required argument is missing.
    Missing,
    /// The argument is unknown.
    Unknown,
    /// The value is not allowed.
    #[default]
    Value,
}

/// Problems of one call: the first ones, and the number of further ones.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    first: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Adds a problem. Only the first problems are described.
    pub(crate) fn add(&mut self, describe: impl FnOnce() -> Problem) {
        if self.first.len() < bounds::PROBLEMS {
            self.first.push(describe());
        } else {
            self.more += 1;
        }
    }

    /// Adds the number of problems that are not described.
    pub(crate) fn add_more(&mut self, more: usize) {
        self.more += more;
    }

    /// Whether there is no problem.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty() && self.more == 0
    }

    /// Number of problems that are not described.
    pub(crate) fn more(&self) -> usize {
        self.more
    }

    /// The problems that are described.
    pub(crate) fn first(&self) -> &[Problem] {
        &self.first
    }

    /// The problems that are described, mutable.
    pub(crate) fn first_mut(&mut self) -> &mut [Problem] {
        &mut self.first
    }

    /// Returns the problems that are described.
    pub(crate) fn into_first(self) -> Vec<Problem> {
        self.first
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut all = Self::default();
        for problem in problems {
            all.add(|| problem);
        }
        all
    }
}

/// A tool call to make next.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NextCall {
    /// Tool name.
    pub tool: String,
    /// Its arguments.
    pub arguments: JsonObject,
}

impl NextCall {
    /// A call of `tool`; `arguments` is a JSON object.
    #[must_use]
    pub fn new(tool: &str, arguments: Value) -> Self {
        let Value::Object(mut arguments) = arguments else {
            unreachable!("arguments are written as objects")
        };
        arguments.retain(|_, value| !value.is_null());
        Self {
            tool: tool.to_owned(),
            arguments,
        }
    }
}

impl ToolError {
    /// An error of the server itself.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            code: code.to_owned(),
            message: message.into(),
            ..Self::default()
        })
    }

    /// An error for an argument that is wrong only in the current state of the pool.
    #[must_use]
    pub fn argument(pointer: &str, message: impl Into<String>) -> Box<Self> {
        let message = message.into();
        let mut error = Self::new("InvalidArguments", format!("{pointer}: {message}"));
        error.problems.push(Problem {
            pointer: pointer.to_owned(),
            message,
            ..Problem::default()
        });
        error
    }

    /// Adds a correction.
    #[must_use]
    pub fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Self> {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a call that helps; `arguments` is a JSON object.
    #[must_use]
    pub fn retry(mut self: Box<Self>, tool: &str, arguments: Value) -> Box<Self> {
        self.retry = Some(NextCall::new(tool, arguments));
        self
    }

    /// Shortens texts that are far too long, before secrets and untrusted text are
    /// searched in them. The texts stay longer than [`Self::bound`] allows, so that
    /// marks of this step are not shown.
    pub(crate) fn bound_raw(&mut self) {
        let sentences = [Some(&mut self.message), self.hint.as_mut()];
        for sentence in sentences.into_iter().flatten() {
            if let Cow::Owned(cut) = size::middle(sentence, bounds::RAW_SENTENCE_CHARS) {
                *sentence = cut;
            }
        }
        self.more_problems += self.problems.len().saturating_sub(bounds::PROBLEMS);
        self.problems.truncate(bounds::PROBLEMS);
        self.cut_problems(4);
    }

    /// Shortens problems that are too long.
    pub(crate) fn bound(&mut self) {
        self.cut_problems(1);
    }

    fn cut_problems(&mut self, times: usize) {
        let (bytes, chars) = (bounds::VALUE_BYTES * times, bounds::VALUE_CHARS * times);
        for problem in &mut self.problems {
            let texts = [&mut problem.pointer, &mut problem.message];
            for text in texts.into_iter().chain(problem.nearest.as_mut()) {
                if let Cow::Owned(cut) = size::text(text, chars) {
                    *text = cut;
                }
            }
            for value in [&mut problem.received, &mut problem.allowed]
                .into_iter()
                .flatten()
            {
                size::cut_to(value, bytes, chars);
            }
        }
    }

    /// Removes the last problems until the rest is short enough.
    pub(crate) fn drop_problems(&mut self) {
        while size::bytes(&self.problems) > bounds::PROBLEMS_BYTES {
            self.problems.pop();
            self.more_problems += 1;
        }
    }

    /// Whether the rate of calls was too high.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ThrottlingException" | "TooManyRequestsException"
        )
    }

    /// The result for the client.
    #[must_use]
    pub fn to_result(&self) -> CallToolResult {
        let text = format!("{}\n{}", self.sentence(), self.facts());
        CallToolResult::error(vec![ContentBlock::text(text)])
    }

    /// `Error: … Please retry with …`
    fn sentence(&self) -> String {
        let mut sentence = format!("Error: {}", full_stop(&self.message));
        if let Some(hint) = &self.hint {
            sentence = format!("{sentence} {}", full_stop(hint));
        }
        let wait = self.retry_after.map_or_else(String::new, |wait| {
            format!(" after {} ms", wait.as_millis())
        });
        if let Some(NextCall { tool, arguments }) = &self.retry {
            let arguments = Value::from(arguments.clone());
            sentence = format!("{sentence} Please retry with {tool} {arguments}{wait}.");
        } else if self.retryable {
            sentence = format!("{sentence} Please retry with the same arguments{wait}.");
        }
        sentence.replace('\n', " ")
    }

    fn facts(&self) -> Value {
        let mut facts = json!({
            "code": self.code,
            "message": self.message,
            "problems": self.problems,
            "problems_total": (self.more_problems > 0).then(|| self.problems.len() + self.more_problems),
            "hint": self.hint,
            "retry": self.retry,
            "retryable": self.retryable,
            "retry_after_ms": self.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            "request_id": self.request_id,
        });
        if let Value::Object(facts) = &mut facts {
            facts.retain(|_, value| !value.is_null());
        }
        facts
    }
}

fn full_stop(sentence: &str) -> String {
    let sentence = sentence.trim();
    if sentence.is_empty() || sentence.ends_with(['.', '!', '?', ':']) {
        sentence.to_owned()
    } else {
        format!("{sentence}.")
    }
}
