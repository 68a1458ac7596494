//! Checks of the app client, of its flows, and of the pool's functions.

use serde_json::json;

use super::{Finding, Flow, SignInFacts, User};
use crate::cognito::flows;

/// Without a client, the checks of this file know nothing.
pub(super) fn not_given(facts: &SignInFacts) -> Option<Finding> {
    if facts.client.is_some() {
        return None;
    }
    Some(
        Finding::informs(
            "No app client was given, and the pool does not have exactly one that can be read",
            "The flows and the secret of the application's client were not checked; name it as \
             `client_id`",
        )
        .fix(facts.call_on_pool("list_clients", json!({}))),
    )
}

/// A client with a secret.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash>
pub(super) fn secret_hash(facts: &SignInFacts) -> Option<Finding> {
    facts.client.as_ref()?.0.get("ClientSecret")?;
    Some(
        Finding::informs(
            "The app client has a secret",
            "Each request of the application must have SECRET_HASH; `sign_in` computes it. A \
             browser or mobile app cannot keep a secret and needs a client without one",
        )
        .user_call(facts.sign_in_as(&facts.given)),
    )
}

/// A flow that the client does not allow.
pub(super) fn flow(facts: &SignInFacts) -> Option<Finding> {
    facts.client.as_ref()?;
    let settings = facts.client_flows();
    let flow = facts.flow.name();
    if flows::allows(&settings, flow) {
        return None;
    }
    let allowed = Flow::ALL.map(Flow::name);
    let allowed: Vec<&str> = allowed
        .into_iter()
        .filter(|flow| flows::allows(&settings, flow))
        .collect();
    let seen = if allowed.is_empty() {
        "The app client allows no sign-in flow".to_owned()
    } else {
        format!(
            "The app client allows only {}",
            super::super::listed(&allowed)
        )
    };
    let change = json!({ "flows": flows::with(&settings, flow) });
    let found = Finding::blocks(
        seen,
        format!("{flow} is refused: `ExplicitAuthFlows` does not have ALLOW_{flow}"),
    )
    .fix(facts.call_on_client("update_client", change));
    // The tool `sign_in` does not have `CUSTOM_AUTH`.
    let other = allowed.into_iter().find(|flow| *flow != "CUSTOM_AUTH");
    let sign_in = other.map(|other| {
        let mut call = facts.sign_in_as(&facts.given);
        call.arguments.insert("flow".to_owned(), other.into());
        call
    });
    Some(found.user_call(sign_in))
}

/// `USER_AUTH` in the plan LITE.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/feature-plans-features-essentials.html>
pub(super) fn choice_plan(facts: &SignInFacts) -> Option<Finding> {
    if facts.flow != Flow::UserAuth || facts.pool.text("/UserPoolTier") != "LITE" {
        return None;
    }
    Some(
        Finding::blocks(
            "The pool has the feature plan LITE",
            "USER_AUTH needs ESSENTIALS or PLUS, which cost more per active user",
        )
        .fix(facts.call_on_pool("update_pool", json!({ "tier": "ESSENTIALS" }))),
    )
}

/// `CUSTOM_AUTH` without its functions.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html>
pub(super) fn custom_challenge(facts: &SignInFacts) -> Option<Finding> {
    if facts.flow != Flow::CustomAuth {
        return None;
    }
    let needed = [
        "DefineAuthChallenge",
        "CreateAuthChallenge",
        "VerifyAuthChallengeResponse",
    ];
    let missing: Vec<&str> = needed
        .into_iter()
        .filter(|trigger| facts.function_arn(trigger).is_empty())
        .collect();
    if missing.is_empty() {
        return Some(Finding::uncertain(
            "CUSTOM_AUTH is directed by the pool's functions",
            format!(
                "DefineAuthChallenge ({}) decides whether the sign-in succeeds",
                facts.function_arn("DefineAuthChallenge")
            ),
        ));
    }
    Some(Finding::blocks(
        format!(
            "The pool has no function for {}",
            super::super::listed(&missing)
        ),
        "CUSTOM_AUTH needs these triggers: deploy the functions and set them as LambdaConfig with \
         `update_pool`, or use another flow",
    ))
}

/// A client that hides which users exist.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html>
pub(super) fn reasons_hidden(facts: &SignInFacts) -> Option<Finding> {
    let client = facts.client.as_ref()?;
    let hides = client.text("/PreventUserExistenceErrors") == "ENABLED";
    let differs = match &facts.user {
        User::Found(_) => matches!(facts.status(), "UNCONFIRMED" | "RESET_REQUIRED"),
        User::Absent { .. } => true,
        User::Unknown => false,
    };
    (hides && differs).then(|| {
        Finding::informs(
            "The app client hides which users exist",
            "The application sees `Incorrect username or password` in place of the reason, unless \
             the password is right",
        )
    })
}

/// Functions that run at a sign-in and can refuse it or change it.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
pub(super) fn functions(facts: &SignInFacts) -> Option<Finding> {
    const AT_SIGN_IN: [&str; 5] = [
        "PreAuthentication",
        "PostAuthentication",
        "PreTokenGeneration",
        "CustomMessage",
        "DefineAuthChallenge",
    ];
    let mut named: Vec<String> = AT_SIGN_IN
        .into_iter()
        .filter(|trigger| *trigger != "DefineAuthChallenge" || facts.flow == Flow::CustomAuth)
        .filter(|trigger| !facts.function_arn(trigger).is_empty())
        .map(|trigger| format!("{trigger} ({})", facts.function_arn(trigger)))
        .collect();
    let newer = facts
        .pool
        .text("/LambdaConfig/PreTokenGenerationConfig/LambdaArn");
    if !newer.is_empty() && facts.function_arn("PreTokenGeneration").is_empty() {
        named.push(format!("PreTokenGeneration ({newer})"));
    }
    (!named.is_empty()).then(|| {
        Finding::informs(
            format!(
                "Functions run at this sign-in: {}",
                super::super::listed(&named)
            ),
            "Each can refuse the sign-in or fail; its log is in CloudWatch",
        )
    })
}
