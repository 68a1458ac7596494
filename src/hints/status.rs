//! Hints for users whose status does not allow the call.

use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserOutput;
use serde_json::json;

use super::refusal::Case;
use super::{Finding, passwords};
use crate::error::NextCall;
use crate::guard::untrusted;

/// The goal of the call.
#[derive(Clone, Copy, PartialEq)]
enum Wish {
    Confirm,
    Reset,
    Invite,
    SignIn,
}

/// The suggested step.
#[derive(Clone, Copy)]
enum Step {
    Confirm,
    SetPassword,
    SetTemporaryPassword,
    /// No change is needed: read the user.
    Read,
    /// The caller has to choose.
    Ask,
}

/// For each goal and status, the step that Cognito accepts, with the reason.
fn step(wish: Wish, status: &str, reachable: bool) -> (Step, &'static str) {
    match (wish, status) {
        (Wish::Confirm, "CONFIRMED") => (Step::Read, "there is nothing to confirm"),
        (_, "EXTERNAL_PROVIDER") => (
            Step::Read,
            "the identity provider keeps the password; the user signs in there",
        ),
        (Wish::Confirm, _) => (
            Step::SetPassword,
            "a permanent password makes the user CONFIRMED",
        ),
        (_, "UNCONFIRMED") => (
            Step::Confirm,
            "the user confirms with the code that was sent, in `confirm_sign_up`; \
             `resend_code` sends another one. An administrator confirms without a code, with \
             `confirm_user`",
        ),
        (Wish::Invite, "CONFIRMED" | "RESET_REQUIRED") if reachable => (
            Step::Ask,
            "the user has accepted the invitation and has a password. If it is lost, \
             `require_password_reset` sends a code for a new one, and the old one is void",
        ),
        (Wish::Invite | Wish::Reset, "FORCE_CHANGE_PASSWORD") => (
            Step::SetTemporaryPassword,
            "the user must choose a new password anyway; a new temporary one allows the \
             sign-in",
        ),
        (Wish::Invite | Wish::Reset, _) => (
            Step::SetTemporaryPassword,
            "no code can reach the user; a temporary password makes them choose a new one",
        ),
        (Wish::SignIn, "FORCE_CHANGE_PASSWORD") => (
            Step::SetTemporaryPassword,
            "a new temporary password allows the sign-in",
        ),
        (Wish::SignIn, _) => (
            Step::Ask,
            "the old password is void. The user chooses a new one with the code that was sent: \
             `confirm_forgot_password`; `forgot_password` sends another code. An administrator can \
             set one with `reset_password`",
        ),
    }
}

/// Returns the hint for a user that cannot be confirmed.
pub(super) async fn not_confirmable(case: &Case<'_>) -> Finding {
    move_on(case, Wish::Confirm).await
}

/// Returns the hint for a password that cannot be reset by code.
pub(super) async fn not_resettable(case: &Case<'_>) -> Finding {
    move_on(case, Wish::Reset).await
}

/// Returns the hint for an invitation that cannot be sent again.
pub(super) async fn not_invitable(case: &Case<'_>) -> Finding {
    move_on(case, Wish::Invite).await
}

/// Returns the hint for a user whose status prevents the sign-in.
pub(super) async fn not_ready(case: &Case<'_>) -> Finding {
    move_on(case, Wish::SignIn).await
}

/// Returns the hint for a code for a sign-up of which the user is past.
pub(super) async fn no_code_due(case: &Case<'_>) -> Finding {
    let again = match case.user().await {
        Some(user) if case.tool() == "resend_code" => match status(&user) {
            "FORCE_CHANGE_PASSWORD" => {
                let again = json!({ "message_action": "RESEND" });
                Some(("the invitation", case.for_user("create_user", again)))
            }
            "RESET_REQUIRED" => {
                let retry = case.carry_over("forgot_password");
                retry.map(|retry| ("the code for a new password", retry))
            }
            _ => None,
        },
        _ => None,
    };
    match again {
        Some((what, retry)) => Finding::new(format!(
            "The user is past the sign-up. `{}` sends {what} again",
            retry.tool
        ))
        .retry(retry),
        None => Finding::new(
            "There is nothing to confirm. A user who forgot the password gets a code by \
             `forgot_password`",
        )
        .retry(case.for_user("get_user", json!({}))),
    }
}

/// Returns the hint for a pool that sends no codes at sign-up.
pub(super) async fn sends_no_codes(case: &Case<'_>) -> Finding {
    match case.user().await {
        Some(user) if status(&user) == "UNCONFIRMED" => {
            Finding::new("The pool sends no codes at sign-up: confirm the user without one")
                .retry(case.for_user("confirm_user", json!({})))
        }
        Some(_) => no_code_due(case).await,
        None => Finding::new("The pool sends no codes at sign-up"),
    }
}

/// Returns the hint for a disabled user.
pub(super) fn disabled(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.for_user("enable_user", json!({})))
}

/// Returns the hint for a user that exists already.
pub(super) async fn exists(case: &Case<'_>) -> Finding {
    let Some(user) = case.user().await else {
        return Finding::default().retry(case.for_user("get_user", json!({})));
    };
    let more = match status(&user) {
        "FORCE_CHANGE_PASSWORD" if case.tool() == "create_user" => {
            "; `message_action` RESEND sends the invitation again"
        }
        "UNCONFIRMED" => "; `confirm_user` confirms the sign-up",
        _ => "",
    };
    let username = user.username();
    Finding::new(format!(
        "{} exists already, {}: choose another username, or change this user with \
         `update_user`{more}",
        untrusted::bare(username),
        state(&user)
    ))
    .retry(case.for_user("get_user", json!({ "username": username })))
}

async fn move_on(case: &Case<'_>, wish: Wish) -> Finding {
    let Some(user) = case.user().await else {
        return Finding::default().retry(case.for_user("get_user", json!({})));
    };
    let reachable = ["email_verified", "phone_number_verified"]
        .iter()
        .any(|flag| attribute(&user, flag) == Some("true"));
    let (step, why) = step(wish, status(&user), reachable);
    let retry = call(case, step).await;
    let has_password = |retry: &NextCall| retry.arguments.contains_key("new_password");
    let generated = if retry.as_ref().is_some_and(has_password) {
        format!(". {}", passwords::GENERATED)
    } else {
        String::new()
    };
    let advice = format!("{} is {}: {why}{generated}", user.username(), state(&user));
    Finding::new(advice).retry(retry)
}

async fn call(case: &Case<'_>, step: Step) -> Option<NextCall> {
    let call = match step {
        Step::Ask => return None,
        Step::Confirm => case.for_user("confirm_user", json!({})),
        Step::SetPassword => case.for_user(
            "reset_password",
            json!({ "new_password": passwords::fresh(case).await, "permanent": true }),
        ),
        Step::SetTemporaryPassword => case.for_user(
            "reset_password",
            json!({ "new_password": passwords::fresh(case).await, "permanent": false }),
        ),
        Step::Read => case.for_user("get_user", json!({})),
    };
    Some(call)
}

/// The status of `user`, for example `CONFIRMED`, or `CONFIRMED and disabled`.
pub(super) fn state(user: &AdminGetUserOutput) -> String {
    let disabled = if user.enabled { "" } else { " and disabled" };
    format!("{}{disabled}", status(user))
}

fn status(user: &AdminGetUserOutput) -> &str {
    user.user_status()
        .map_or("UNKNOWN", |status| status.as_str())
}

fn attribute<'a>(user: &'a AdminGetUserOutput, name: &str) -> Option<&'a str> {
    let mut attributes = user.user_attributes().iter();
    attributes.find(|attribute| attribute.name == name)?.value()
}
