//! What AWS refuses before Cognito is asked.

use std::time::Duration;

use super::Finding;
use super::case::Case;

/// The caller may not call the operation: names the action and the resource to allow.
pub(super) fn denied(case: &Case<'_>) -> Finding {
    let message = case.message();
    let action = word_after(message, "perform: ")
        .map(ToOwned::to_owned)
        .or_else(|| Some(format!("cognito-idp:{}", case.error.operation.as_ref()?)));
    let Some(action) = action else {
        return Finding::default();
    };
    let resource = word_after(message, "resource: ")
        .map(ToOwned::to_owned)
        .or_else(|| {
            Some(format!(
                "arn:aws:cognito-idp:{}:*:userpool/{}",
                case.cx.region(),
                case.pool()?
            ))
        })
        .unwrap_or_else(|| "*".to_owned());
    let who = word_after(message, "User: ").unwrap_or("the server's credentials");
    let denied = if message.contains("explicit deny") {
        ", and take away the statement that denies it"
    } else {
        ""
    };
    Finding::new(format!(
        "Ask the account's administrator to allow {who} the IAM action `{action}` on `{resource}`\
         {denied}"
    ))
}

/// The word that follows `lead`, as AWS writes ARNs and actions in its sentences.
fn word_after<'a>(message: &'a str, lead: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(lead)?;
    let word = rest.split_whitespace().next()?;
    Some(word.trim_end_matches(['.', ','])).filter(|word| !word.is_empty())
}

/// Calls are too fast, or Cognito stumbled.
pub(super) fn later(_: &Case<'_>) -> Finding {
    Finding {
        wait: Some(Duration::from_secs(1)),
        ..Finding::default()
    }
}
