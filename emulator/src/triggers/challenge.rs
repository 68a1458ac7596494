//! `DefineAuthChallenge`, `CreateAuthChallenge` and
//! `VerifyAuthChallengeResponse`: sign-ins that a pool's functions direct.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Event, EventUser, Metadata, Trigger, user_attributes};
use crate::state::pool::Pool;
use crate::state::session::{Custom, Step};

/// The app client and the `ClientMetadata` of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallContext<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) metadata: &'a Metadata,
}

/// The response of `DefineAuthChallenge`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Decision {
    pub(crate) challenge_name: Option<String>,
    pub(crate) issue_tokens: Option<bool>,
    pub(crate) fail_authentication: Option<bool>,
}

/// The response of `CreateAuthChallenge`: the public parameters, and data for
/// the check of the answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    #[serde(rename = "publicChallengeParameters")]
    pub(crate) public: Option<BTreeMap<String, String>>,
    #[serde(rename = "privateChallengeParameters")]
    pub(crate) private: Option<BTreeMap<String, String>>,
    pub(crate) challenge_metadata: Option<String>,
}

/// The response of `VerifyAuthChallengeResponse`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnswerVerification {
    pub(crate) answer_correct: Option<bool>,
}

/// The event that requests a decision about the next step.
pub(crate) fn define(pool: &Pool, custom: &Custom, call: CallContext<'_>) -> Option<Event> {
    let request = json!({ "session": session(&custom.history) });
    let response =
        json!({ "challengeName": null, "issueTokens": null, "failAuthentication": null });
    event(
        pool,
        custom,
        call,
        Trigger::DefineAuthChallenge,
        request,
        response,
    )
}

/// The event that requests a custom challenge.
pub(crate) fn create(pool: &Pool, custom: &Custom, call: CallContext<'_>) -> Option<Event> {
    let request = json!({
        "challengeName": "CUSTOM_CHALLENGE",
        "session": session(&custom.history),
    });
    let response = json!({
        "publicChallengeParameters": null,
        "privateChallengeParameters": null,
        "challengeMetadata": null,
    });
    event(
        pool,
        custom,
        call,
        Trigger::CreateAuthChallenge,
        request,
        response,
    )
}

/// The event that requests a check of `answer`.
pub(crate) fn verify(
    pool: &Pool,
    custom: &Custom,
    call: CallContext<'_>,
    private: &BTreeMap<String, String>,
    answer: &str,
) -> Option<Event> {
    let request = json!({
        "privateChallengeParameters": private,
        "challengeAnswer": answer,
    });
    let response = json!({ "answerCorrect": null });
    let trigger = Trigger::VerifyAuthChallengeResponse;
    event(pool, custom, call, trigger, request, response)
}

fn session(history: &[Step]) -> Value {
    let step = |step: &Step| {
        json!({
            "challengeName": step.challenge,
            "challengeResult": step.passed,
            "challengeMetadata": step.metadata,
        })
    };
    history.iter().map(step).collect()
}

fn event(
    pool: &Pool,
    custom: &Custom,
    call: CallContext<'_>,
    trigger: Trigger,
    more: Value,
    response: Value,
) -> Option<Event> {
    let user = custom.user.and_then(|id| pool.users.get(id));
    let about = EventUser {
        pool,
        username: user.map_or(&custom.username, |user| &user.username),
        client_id: Some(call.client_id),
    };
    let source = format!("{}_Authentication", trigger.name());
    let request = || {
        let mut request = json!({
            "userAttributes": user.map_or_else(|| json!({}), |user| user_attributes(pool, user)),
        });
        if let (Value::Object(request), Value::Object(more)) = (&mut request, more) {
            request.extend(more);
        }
        if !call.metadata.is_empty() {
            request["clientMetadata"] = json!(call.metadata);
        }
        // In a capture of 2024, this member is present whether or not the client hides
        // users.
        request["userNotFound"] = Value::from(user.is_none());
        request
    };
    Event::new(about, trigger, &source, request, || response)
}
