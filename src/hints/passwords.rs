//! Hints for passwords that break the policy, with a generated one that satisfies it.

use aws_sdk_cognitoidentityprovider::types::PasswordPolicyType;
use serde_json::{Value, json};

use super::Finding;
use super::refusal::Case;
use crate::cognito::password_policy::{self, DIGITS, LOWERCASE, SYMBOLS, UPPERCASE};
use crate::error::Problem;
use crate::guard::secrets::Secret;

/// Cognito's maximum length of a password.
const LONGEST: usize = 256;

/// Returns the hint for a refused password, with every rule that it breaks. There is no
/// retry, because the user may already know the given password.
pub(super) async fn refused(case: &Case<'_>) -> Finding {
    let Some(argument) = argument(case.tool()) else {
        return Finding::default();
    };
    let policy = policy(case).await;
    let password = case.secret(argument).unwrap_or_default();
    let mut problems = broken(case, policy.as_ref(), argument, &password);
    if case.message().contains("previously been used") {
        problems.push(problem(
            &case.pointer(argument),
            "was used before",
            Value::Null,
        ));
    }
    let messages: Vec<&str> = problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    let advice = match &policy {
        Some(policy) => format!(
            "`{argument}` {}. The pool's policy: {}. Choose a password that satisfies it, \
             or ask for one: the user must know it{}",
            messages.join(", "),
            password_policy::in_words(policy),
            if case.tool() == "create_user" {
                ". Without `temporary_password` Cognito generates one and sends it"
            } else {
                ""
            }
        ),
        None => "The pool's password policy cannot be read; choose a long password with \
                 upper-case and lower-case letters, digits and symbols"
            .to_owned(),
    };
    Finding {
        problems,
        ..Finding::new(advice)
    }
}

/// The advice for a retry with a generated password.
pub(super) const GENERATED: &str = "The retry has a generated password: give it to the user";

/// Returns the hint for a user without a password, who needs an address for codes.
pub(super) async fn none_given(case: &Case<'_>) -> Finding {
    let retry = |new| case.again(json!({ "temporary_password": new }));
    Finding::new(format!(
        "Give `email` or `phone_number`, or a `temporary_password`. {GENERATED}"
    ))
    .retry(fresh(case).await.map(retry))
}

/// The argument of `tool` with the new password.
pub(super) fn argument(tool: &str) -> Option<&'static str> {
    match tool {
        "create_user" => Some("temporary_password"),
        "reset_password" | "answer_challenge" | "confirm_forgot_password" => Some("new_password"),
        "sign_up" => Some("password"),
        _ => None,
    }
}

/// The password policy of the user's pool.
pub(super) async fn policy(case: &Case<'_>) -> Option<PasswordPolicyType> {
    case.described_pool().await?.policies?.password_policy
}

/// Generates a password for the policy of the call's pool, in the form that an answer may
/// show.
pub(super) async fn fresh(case: &Case<'_>) -> Option<Secret> {
    let policy = policy(case).await;
    let least = policy.and_then(|policy| policy.minimum_length);
    case.cx.generate_password(least)
}

/// Characters that `.` of a Java pattern does not match.
const LINE_BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// Every rule that `password` breaks.
pub(super) fn broken(
    case: &Case<'_>,
    policy: Option<&PasswordPolicyType>,
    argument: &str,
    password: &str,
) -> Vec<Problem> {
    let refusal = case.message();
    let mut problems = Vec::new();
    let pointer = case.pointer(argument);
    let mut add =
        |message: &str, allowed: Value| problems.push(problem(&pointer, message, allowed));
    if let Some(policy) = policy {
        // The checks ignore line breaks and outer spaces, which have to be removed.
        let kept = password.replace(LINE_BREAKS, "");
        let kept = kept.trim();
        let least = policy.minimum_length.unwrap_or(8);
        if kept.chars().count() < usize::try_from(least).unwrap_or_default() {
            add(
                &format!("must have {least} characters or more"),
                json!({ "minLength": least }),
            );
        }
        // A space inside the password counts as a symbol.
        let symbol = kept.contains(' ');
        for (required, alphabet, has, what) in [
            (
                policy.require_uppercase,
                UPPERCASE,
                false,
                "an upper-case letter",
            ),
            (
                policy.require_lowercase,
                LOWERCASE,
                false,
                "a lower-case letter",
            ),
            (policy.require_numbers, DIGITS, false, "a digit"),
            (policy.require_symbols, SYMBOLS, symbol, "a symbol"),
        ] {
            if required && !has && !password.contains(|c| alphabet.contains(c)) {
                add(
                    &format!("must have {what}"),
                    json!({ "characters": alphabet }),
                );
            }
        }
    }
    if password.chars().count() > LONGEST {
        add(
            &format!("must have {LONGEST} characters or fewer"),
            json!({ "maxLength": LONGEST }),
        );
    }
    if password.trim() != password {
        add("must not begin or end with a space", Value::Null);
    }
    if password.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        add("must not have line breaks", Value::Null);
    }
    // The published pattern of passwords allows no spaces. Cognito may apply it in operations
    // without a recorded answer.
    if problems.is_empty() && refusal.contains("pattern") && password.contains(char::is_whitespace)
    {
        problems.push(problem(argument, "must not have spaces", Value::Null));
    }
    problems
}

fn problem(pointer: &str, message: &str, allowed: Value) -> Problem {
    Problem {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
        allowed: Some(allowed).filter(|allowed| !allowed.is_null()),
        ..Problem::default()
    }
}
