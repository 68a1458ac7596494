//! Hints for refusals by IAM, and for errors to retry later.

use std::time::Duration;

use super::Finding;
use super::refusal::Case;
use crate::ids::PoolId;

/// A denied action: the identity, the action and the resource, from IAM's sentence or from
/// the call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    who: Option<String>,
    action: String,
    resource: String,
    /// Whether an explicit deny applies, so that an allow statement would not help.
    explicitly: bool,
}

impl Denied {
    /// Parses IAM's sentence, in which every part may be missing.
    pub(crate) fn read(message: &str, action: &str, region: &str, pool: Option<&str>) -> Self {
        // Text of the caller that is not a pool id must not become part of an ARN.
        let pool = pool.and_then(|pool| PoolId::parse(pool).ok()).map(|pool| {
            let partition = pool.region().partition();
            format!("arn:{partition}:cognito-idp:{region}:*:userpool/{pool}")
        });
        let after = |lead| word_after(message, lead).map(ToOwned::to_owned);
        Self {
            who: after("User: "),
            action: after("perform: ").unwrap_or_else(|| action.to_owned()),
            resource: after("resource: ")
                .or(pool)
                .unwrap_or_else(|| "*".to_owned()),
            explicitly: message.contains("explicit deny"),
        }
    }

    /// The permission to request, and the command that prints the policy.
    pub(crate) fn advice(&self, policy: Option<&str>) -> String {
        let who = self.who.as_deref().unwrap_or("the server's credentials");
        let Self {
            action, resource, ..
        } = self;
        let denied = if self.explicitly {
            ", and to remove the statement that denies it"
        } else {
            ""
        };
        let policy = policy.unwrap_or("cognito-mcp policy");
        format!(
            "Ask the account's administrator to allow {who} the IAM action `{action}` on `{resource}`\
             {denied}; `{policy}` prints the policy that the server needs"
        )
    }
}

/// Returns the hint for a missing permission: the action and the resource to allow.
pub(super) fn denied(case: &Case<'_>) -> Finding {
    let operation = case.error.operation.as_deref();
    let action = operation.map(|operation| format!("cognito-idp:{operation}"));
    let message = case.message();
    let Some(action) = action.or_else(|| word_after(message, "perform: ").map(ToOwned::to_owned))
    else {
        return Finding::default();
    };
    let pool = case.pool();
    let denied = Denied::read(message, &action, case.cx.region(), pool.as_deref());
    Finding::new(denied.advice(None))
}

/// The word after `lead` in a sentence of AWS, such as an ARN or an action.
fn word_after<'a>(message: &'a str, lead: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(lead)?;
    let word = rest.split_whitespace().next()?;
    Some(word.trim_end_matches(['.', ','])).filter(|word| !word.is_empty())
}

/// Returns the hint for an exceeded request rate, or an internal error of Cognito.
pub(super) fn later(_: &Case<'_>) -> Finding {
    Finding {
        wait: Some(Duration::from_secs(1)),
        ..Finding::default()
    }
}
