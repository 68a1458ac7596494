//! `DefineAuthChallenge`, `CreateAuthChallenge` and `VerifyAuthChallengeResponse`:
//! sign-ins that a pool's functions direct.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Event, Metadata, Occasion, Trigger, user_attributes};
use crate::state::pool::Pool;
use crate::state::session::{Custom, Step};

/// What is known of the call and of who signs in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) metadata: &'a Metadata,
}

/// What `DefineAuthChallenge` decides.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Decision {
    pub(crate) challenge_name: Option<String>,
    pub(crate) issue_tokens: Option<bool>,
    pub(crate) fail_authentication: Option<bool>,
}

/// What `CreateAuthChallenge` asks, and what it keeps for the answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    #[serde(rename = "publicChallengeParameters")]
    pub(crate) public: Option<BTreeMap<String, String>>,
    #[serde(rename = "privateChallengeParameters")]
    pub(crate) private: Option<BTreeMap<String, String>>,
    pub(crate) challenge_metadata: Option<String>,
}

/// What `VerifyAuthChallengeResponse` finds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    pub(crate) answer_correct: Option<bool>,
}

/// Asks what comes next.
pub(crate) fn define(pool: &Pool, custom: &Custom, turn: Turn<'_>) -> Option<Event> {
    let request = json!({ "session": session(&custom.history) });
    let response =
        json!({ "challengeName": null, "issueTokens": null, "failAuthentication": null });
    event(
        pool,
        custom,
        turn,
        Trigger::DefineAuthChallenge,
        request,
        response,
    )
}

/// Asks for a custom challenge.
pub(crate) fn create(pool: &Pool, custom: &Custom, turn: Turn<'_>) -> Option<Event> {
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
        turn,
        Trigger::CreateAuthChallenge,
        request,
        response,
    )
}

/// Asks whether `answer` is right.
pub(crate) fn verify(
    pool: &Pool,
    custom: &Custom,
    turn: Turn<'_>,
    private: &BTreeMap<String, String>,
    answer: &str,
) -> Option<Event> {
    let request = json!({
        "privateChallengeParameters": private,
        "challengeAnswer": answer,
    });
    let response = json!({ "answerCorrect": null });
    let trigger = Trigger::VerifyAuthChallengeResponse;
    event(pool, custom, turn, trigger, request, response)
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
    turn: Turn<'_>,
    trigger: Trigger,
    more: Value,
    response: Value,
) -> Option<Event> {
    let user = custom.user.and_then(|id| pool.users.get(id));
    let occasion = Occasion {
        pool,
        username: user.map_or(&custom.username, |user| &user.username),
        client_id: Some(turn.client_id),
    };
    let source = format!("{}_Authentication", trigger.name());
    let request = || {
        let mut request = json!({
            "userAttributes": user.map_or_else(|| json!({}), user_attributes),
        });
        if let (Value::Object(request), Value::Object(more)) = (&mut request, more) {
            request.extend(more);
        }
        if !turn.metadata.is_empty() {
            request["clientMetadata"] = json!(turn.metadata);
        }
        if pool
            .client(turn.client_id)
            .is_ok_and(|client| client.settings.hides_users())
        {
            request["userNotFound"] = Value::from(user.is_none());
        }
        request
    };
    Event::new(occasion, trigger, &source, request, || response)
}
