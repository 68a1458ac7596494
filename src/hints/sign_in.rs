//! Hints for sign-ins, their sessions and codes.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::ExplicitAuthFlowsType;
use serde_json::json;

use super::refusal::{Case, LookedUp};
use super::{Finding, not_found, status};
use crate::cognito::flows;
use crate::error::NextCall;
use crate::guard::untrusted;

/// The flows of `sign_in`.
const FLOWS: [&str; 4] = [
    "ADMIN_USER_PASSWORD_AUTH",
    "USER_PASSWORD_AUTH",
    "USER_SRP_AUTH",
    "USER_AUTH",
];
/// The number of clients to search for one that allows a flow.
const CLIENTS: usize = 20;
/// The longest lockout: "about 15 minutes", after which the count is reset.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior>
const LONGEST_LOCK: Duration = Duration::from_mins(15);
/// The emulator's tool that ends a lockout.
const UNLOCK: &str = "unlock_user";
/// The first lockout.
const SHORTEST_LOCK: Duration = Duration::from_secs(1);
/// The period of the limits per user.
const LIMIT: Duration = Duration::from_hours(1);
/// The period in which an authenticator app shows one code.
const TOTP_STEP: Duration = Duration::from_secs(30);

/// Returns the hint for a flow that the client does not allow.
pub(super) async fn flow_not_enabled(case: &Case<'_>) -> Finding {
    let Some(pool) = case.users_pool().await else {
        return Finding::default();
    };
    let Some(client) = case.client().await else {
        return Finding::default();
    };
    if case.tool() == "get_client_token" {
        return Finding::new(format!(
            "Client `{client}` may not get tokens for itself: give it the `oauth_flows` \
             client_credentials and `scopes` of a resource server with `update_client`. A client \
             with the grants code or implicit cannot have it: create one for machines with \
             `create_client`"
        ));
    }
    let refused = case.text("flow").unwrap_or_else(|| {
        if case.message().contains("USER_AUTH flow") {
            "USER_AUTH"
        } else if case.message().contains("USER_PASSWORD_AUTH flow") {
            "USER_PASSWORD_AUTH"
        } else {
            "ADMIN_USER_PASSWORD_AUTH"
        }
    });
    let setting = format!(
        "Client `{client}` does not allow {refused}: its `ExplicitAuthFlows` does not have \
         `ALLOW_{refused}`"
    );
    if let Some(flow) = allowed_flow(case, &pool, &client).await {
        return Finding::new(format!("{setting}. It allows {flow}"))
            .retry(case.again(json!({ "flow": flow })));
    }
    for other in case.clients(&pool).await.into_iter().take(CLIENTS) {
        let Some(other) = other.client_id else {
            continue;
        };
        if let Some(flow) = allowed_flow(case, &pool, &other).await {
            let finding = Finding::new(format!(
                "{setting}. Client `{other}` of the pool allows {flow}"
            ));
            // A retry does not replace a client that the caller named.
            let is_named = case.text("client_id").is_some();
            let retry = || case.again(json!({ "client_id": other, "flow": flow }));
            return finding.retry((!is_named).then(retry));
        }
    }
    Finding::new(format!(
        "{setting}. No client of the pool allows a sign-in by password"
    ))
}

/// A flow of `sign_in` that `client` allows.
async fn allowed_flow(case: &Case<'_>, pool: &str, client: &str) -> Option<&'static str> {
    let client = case.client_in(pool, client).await?;
    let settings = client.explicit_auth_flows().iter();
    let settings: Vec<&str> = settings.map(ExplicitAuthFlowsType::as_str).collect();
    FLOWS
        .into_iter()
        .find(|flow| flows::allows(&settings, flow))
}

/// Returns the hint for a hash of the client's secret that is missing, wrong or unexpected.
pub(super) async fn secret_hash(case: &Case<'_>) -> Finding {
    let Some(client) = case.client().await else {
        return Finding::default();
    };
    // A call whose only write was refused has already run again (`run::execute`).
    let changed = case.cx.forget_earlier_secrets();
    let pool = case.pool_of(&client).await;
    match pool {
        Some(other) if case.pool().as_ref() != Some(&other) => Finding::new(format!(
            "`{client}` is a client of pool `{other}`; with that `user_pool_id` the server reads \
             its secret and computes the hash"
        ))
        .retry(case.again(json!({ "user_pool_id": other }))),
        Some(_) if changed => Finding {
            wait: Some(Duration::ZERO),
            ..Finding::new("The client's secret had changed; the next call reads it again")
        },
        _ => Finding::default(),
    }
}

/// Returns the hint for a wrong password, or a user that does not exist or is disabled.
pub(super) async fn bad_credentials(case: &Case<'_>) -> Finding {
    if case.tool() != "sign_in" {
        return Finding::new("The session belongs to another user; begin again with `sign_in`");
    }
    let user = match case.looked_up().await {
        Some(LookedUp::Found(user)) => user,
        Some(LookedUp::Absent) => return not_found::no_user(case).await,
        // It is not known whether the user exists.
        None => return Finding::default(),
    };
    let state = status::state(&user);
    let username = user.username();
    let who = untrusted::bare(username);
    if !user.enabled {
        return Finding::new(format!(
            "{who} is {state}, and the password may be wrong too: enable the user first"
        ))
        .retry(case.for_user("enable_user", json!({ "username": username })));
    }
    // There is no retry with a new password, because it would change the user's account.
    Finding::new(format!(
        "{who} exists ({state}), so the password is wrong: ask for the right one, or set \
         another with `reset_password`; the fifth wrong password locks the user for a while"
    ))
}

/// Returns the hint for a lock after wrong passwords. Only the emulator reports its
/// duration.
pub(super) async fn locked(case: &Case<'_>) -> Finding {
    const RULE: &str = "the fifth wrong password locks the user for 1 second, and each further \
                        one for twice as long, up to 15 minutes. Attempts during a lock do not \
                        extend it";
    let known = match (case.users_pool().await, case.user().await) {
        (Some(pool), Some(user)) => {
            let emulator = case.cx.emulator().ok();
            emulator.and_then(|emulator| emulator.locked_for(&pool, user.username()))
        }
        _ => None,
    };
    let (time, advice) = match known {
        Some(left) => {
            let seconds = left.as_millis().div_ceil(1000);
            let advice = format!("The user is locked for {seconds} s more: {RULE}");
            let seconds = u64::try_from(seconds).unwrap_or(LONGEST_LOCK.as_secs());
            (Duration::from_secs(seconds), advice)
        }
        None => (
            SHORTEST_LOCK,
            format!(
                "The user is locked after wrong passwords: {RULE}. Repeat the call after 1 s, \
                 then after 2 s, 4 s and so on"
            ),
        ),
    };
    // The emulator can end the lock of this user alone; the clock is everyone's.
    match (case.cx.is_enabled(UNLOCK), case.user().await) {
        (true, Some(user)) => {
            let finding = Finding::new(format!("{advice}; unlock the user, then repeat the call"));
            finding.retry(case.for_user(UNLOCK, json!({ "username": user.username() })))
        }
        _ => wait(case, time, &advice),
    }
}

/// Returns the hint for a limit per user and hour.
pub(super) fn limited(case: &Case<'_>) -> Finding {
    wait(case, LIMIT, "This user's attempts for the hour are used up")
}

/// Returns the hint for a code of an authenticator app that was already used.
pub(super) fn code_used(case: &Case<'_>) -> Finding {
    wait(
        case,
        TOTP_STEP,
        "Each code of the app works once: use the next one that it shows, within 30 seconds",
    )
}

/// Returns the hint to wait. On the emulator, the caller can advance the clock instead.
fn wait(case: &Case<'_>, time: Duration, advice: &str) -> Finding {
    let clock = NextCall::new("advance_clock", json!({ "seconds": time.as_secs() }));
    if case.cx.is_enabled(&clock.tool) {
        return Finding::new(format!(
            "{advice}; move the emulator's clock, which moves the time of every pool, then repeat \
             the call"
        ))
        .retry(clock);
    }
    Finding {
        wait: Some(time),
        ..Finding::new(advice)
    }
}

/// Returns the hint for a wrong code.
pub(super) async fn wrong_code(case: &Case<'_>) -> Finding {
    match outbox(case).await {
        Some(outbox) => {
            Finding::new("The newest message to the user has the right code").retry(outbox)
        }
        None => Finding::new(
            "Take the code from the newest message to the user; older ones are no longer \
             valid",
        ),
    }
}

/// Returns the hint for a code that is too old, was used, or was never sent.
pub(super) async fn expired_code(case: &Case<'_>) -> Finding {
    let sender = match case.tool() {
        "confirm_forgot_password" => "forgot_password",
        "confirm_sign_up" => "resend_code",
        _ => {
            return Finding::new(
                "The code is too old: begin again with `sign_in`, which sends another",
            );
        }
    };
    if sender == "forgot_password" {
        return Finding::new(
            "The code is no longer valid, or none was sent: `forgot_password` sends the user \
             another one",
        )
        .retry(case.carry_over(sender));
    }
    let waits = case.user().await.is_some_and(|user| {
        user.enabled
            && user
                .user_status()
                .is_some_and(|is| is.as_str() == "UNCONFIRMED")
    });
    let finding = Finding::new(
        "The code is no longer valid. `resend_code` sends the user another one; an administrator \
         confirms the user without a code, with `confirm_user`",
    );
    if waits && case.cx.is_enabled(sender) {
        return finding.retry(case.carry_over(sender));
    }
    finding.retry(case.for_user(
        "confirm_user",
        json!({ "user_pool_id": case.users_pool().await }),
    ))
}

/// The messages to the call's user, if they can be read.
async fn outbox(case: &Case<'_>) -> Option<NextCall> {
    if !case.cx.is_enabled("read_outbox") {
        return None;
    }
    // Messages have the username, even if the call used an alias.
    let username = match case.user().await {
        Some(user) => user.username,
        None => case.username()?.to_owned(),
    };
    Some(NextCall::new(
        "read_outbox",
        json!({ "username": username, "limit": 1 }),
    ))
}

/// Returns the hint for a session that has ended or is unknown.
pub(super) fn session_over(case: &Case<'_>) -> Finding {
    let who = case.username().map_or_else(String::new, |username| {
        format!(" for {}", untrusted::bare(username))
    });
    // A complete call requires the password, which is not known here.
    Finding::new(format!(
        "Begin again with `sign_in`{who} and the password, and answer with the new `session`"
    ))
}

/// Returns the hint for a sign-up in a pool in which only administrators create users.
pub(super) async fn sign_up_closed(case: &Case<'_>) -> Finding {
    let pool = case.users_pool().await;
    let mut call = case.carry_over("create_user");
    if let Some(call) = &mut call
        && let Some(pool) = pool
        && case.pool().as_ref() != Some(&pool)
    {
        call.arguments
            .insert("user_pool_id".to_owned(), pool.into());
    }
    Finding::new("Only administrators create users in this pool: use `create_user`").retry(call)
}
