//! The Lambda functions that the corpus names, for the emulator in process.

use cognito_emulator::stack::Stack;
use cognito_emulator::world::functions::{Failure, Function};
use serde_json::{Value, json};

/// Registers the functions that `fidelity/triggers.toml` names.
pub fn bring_functions(stack: &Stack) {
    let functions = &stack.world().functions;
    functions.insert("verify", |event: &Value| Ok(event.clone()));
    functions.insert("verify-confirms", |event: &Value| {
        Ok(answered(event, json!({ "autoConfirmUser": true })))
    });
    functions.insert("verify-challenges", |event: &Value| Ok(challenge(event)));
    functions.insert("verify-migrates", |event: &Value| {
        let user = json!({
            "userAttributes": { "email": "migrated@example.com", "email_verified": "true" },
            "finalUserStatus": "CONFIRMED",
            "messageAction": "SUPPRESS",
        });
        Ok(answered(event, user))
    });
    functions.insert("verify-names", |event: &Value| {
        let user = json!({
            "userAttributes": {
                "username": "migrated-name",
                "email": "migrated@example.com",
                "email_verified": "true",
            },
            "finalUserStatus": "CONFIRMED",
            "messageAction": "SUPPRESS",
        });
        Ok(answered(event, user))
    });
    functions.insert("verify-claims", |event: &Value| {
        let claims = json!({ "claimsToAddOrOverride": { "team": "red" } });
        Ok(answered(event, json!({ "claimsOverrideDetails": claims })))
    });
    functions.insert("verify-throws", |_: &Value| {
        Err("placeholder is not defined".to_owned())
    });
    functions.insert("verify-forbidden", Forbidden);
    functions.insert("verify-renames", |event: &Value| {
        let mut event = event.clone();
        event["userName"] = json!("another-name");
        Ok(event)
    });
    functions.insert("verify-text", |_: &Value| Ok(json!("a string")));
    functions.insert("verify-nothing", |_: &Value| Ok(Value::Null));
}

/// `event` with the function's response.
fn answered(event: &Value, response: Value) -> Value {
    let mut event = event.clone();
    event["response"] = response;
    event
}

/// One challenge with the answer 42.
fn challenge(event: &Value) -> Value {
    let session = event["request"]["session"].as_array();
    let last = session.and_then(|session| session.last());
    let response = match event["triggerSource"].as_str().unwrap_or_default() {
        "DefineAuthChallenge_Authentication" => match last {
            Some(challenge) if challenge["challengeResult"] == true => {
                json!({ "issueTokens": true, "failAuthentication": false })
            }
            Some(_) => json!({ "issueTokens": false, "failAuthentication": true }),
            None => json!({
                "challengeName": "CUSTOM_CHALLENGE",
                "issueTokens": false,
                "failAuthentication": false,
            }),
        },
        "CreateAuthChallenge_Authentication" => json!({
            "publicChallengeParameters": { "question": "six times seven" },
            "privateChallengeParameters": { "answer": "42" },
        }),
        _ => json!({ "answerCorrect": event["request"]["challengeAnswer"] == "42" }),
    };
    answered(event, response)
}

/// A function that Cognito may not invoke.
struct Forbidden;

impl Function for Forbidden {
    fn invoke(&self, _: &Value) -> Result<Value, Failure> {
        Err(Failure::Refused("AccessDeniedException".to_owned()))
    }
}
