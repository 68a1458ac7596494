//! Advice for each way that Cognito refuses.
//!
//! One table serves both backends, because the emulator refuses in Cognito's words.

use serde_json::Value;

use crate::context::Cx;
use crate::error::{NextCall, ToolError};
use crate::tools;

/// Advice for one sentence, or for all of one exception.
struct Hint {
    /// Exception name.
    code: &'static str,
    /// Part of the sentence; empty for any.
    says: &'static str,
    /// What to do, without a full stop at its end.
    advice: &'static str,
    /// The tool that helps, where one does.
    next: Option<&'static str>,
}

/// Specific sentences stand above general ones: the first match wins.
const HINTS: &[Hint] = &[
    Hint {
        code: "InvalidParameterException",
        says: "parsing filter",
        advice: "Write the filter as attribute = \"value\", or attribute ^= \"prefix\"; one attribute only",
        next: None,
    },
    Hint {
        code: "UserNotFoundException",
        says: "",
        advice: "Look the user up first; usernames are exact",
        next: Some("list_users"),
    },
    Hint {
        code: "ResourceNotFoundException",
        says: "User pool client",
        advice: "List the pool's clients; ids are exact",
        next: Some("list_clients"),
    },
    Hint {
        code: "ResourceNotFoundException",
        says: "User pool",
        advice: "List the pools of this account and Region; ids are exact",
        next: Some("list_pools"),
    },
    Hint {
        code: "ResourceNotFoundException",
        says: "Group",
        advice: "List the pool's groups; names are exact",
        next: Some("list_groups"),
    },
    Hint {
        code: "UsernameExistsException",
        says: "",
        advice: "The user is there already: read it, or choose another username",
        next: Some("get_user"),
    },
    Hint {
        code: "InvalidPasswordException",
        says: "",
        advice: "Read the pool's password policy and choose a password that keeps every rule",
        next: Some("describe_pool"),
    },
    Hint {
        code: "TooManyRequestsException",
        says: "",
        advice: "The account's request rate is used up; wait, then repeat the call",
        next: None,
    },
    Hint {
        code: "LimitExceededException",
        says: "",
        advice: "A limit per user or per resource is reached; repeating the call at once does not help",
        next: None,
    },
];

/// Completes `error` with a correction and, where another call can help, that call.
#[expect(
    clippy::unused_async,
    reason = "hints that read the pool's state await it"
)]
pub(crate) async fn advise(_cx: &Cx, error: &mut ToolError) {
    if error.hint.is_some() {
        return;
    }
    let Some(hint) = find(&error.code, &error.message) else {
        return;
    };
    error.hint = Some(hint.advice.to_owned());
    if error.retry.is_none() {
        error.retry = hint.next.and_then(|next| carry_over(next, error));
    }
}

fn find(code: &str, message: &str) -> Option<&'static Hint> {
    HINTS
        .iter()
        .find(|hint| hint.code == code && message.contains(hint.says))
}

/// A call of `tool` with those of the failed arguments that it takes, if that is enough.
fn carry_over(tool: &str, error: &ToolError) -> Option<NextCall> {
    let entry = tools::all().iter().find(|entry| entry.name() == tool)?;
    let properties = entry
        .published
        .input_schema
        .get("properties")
        .and_then(Value::as_object);
    let mut arguments = error.arguments.0.clone();
    arguments.retain(|name, _| properties.is_some_and(|known| known.contains_key(name)));
    entry.judge(&mut arguments).ok()?;
    Some(NextCall {
        tool: tool.to_owned(),
        arguments,
    })
}
