//! Remembers the last calls and their answers, and tells of them without their
//! secrets.
//!
//! Calls are kept as they came, where nothing prints them, and their secrets are
//! taken out when somebody asks: most calls are never asked for. What is kept of
//! a call lies close together: the journal writes over memory that the
//! processor's caches have forgotten, and that is most of what it costs.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use smol_str::SmolStr;

use crate::layers::milliseconds;
use crate::model::Model;
use crate::validate;
use crate::wire::{Body, Call, Cut, Reply, Scope, Service};
use crate::world::{Time, World};

/// One call and its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// When it came.
    pub time: Time,
    /// The operation's name as the caller gave it.
    pub operation: String,
    /// Region that it went to.
    pub region: String,
    /// Account of the caller.
    pub account: String,
    /// The request without its secrets, and shortened where it is long.
    pub request: Value,
    /// HTTP status; `None` where the connection was cut before there was one.
    pub status: Option<u16>,
    /// The exception's name, where the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The exception's sentence, without the secrets that it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// As the caller got it in `x-amzn-requestid`.
    pub request_id: String,
    /// A success's body, as the request.
    pub response: Value,
    /// How long the mount held the answer back, in milliseconds.
    #[serde(rename = "delay_ms", serialize_with = "milliseconds::serialize")]
    pub delay: Duration,
    /// Whether a fault cut the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
}

/// Entries kept; older ones are dropped first.
const LIMIT: usize = 10_000;
/// Bytes kept of requests and answers: long ones make the journal shorter.
const WEIGHT_LIMIT: usize = 16 << 20;

/// The layer.
pub struct Journal<S> {
    pub(crate) inner: S,
    world: Arc<World>,
    kept: Mutex<Kept>,
}

impl<S: fmt::Debug> fmt::Debug for Journal<S> {
    /// Without the calls.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Kept {
    calls: VecDeque<Arc<Raw>>,
    weight: usize,
}

/// A call as it came and as it was answered.
struct Raw {
    time: Time,
    operation: SmolStr,
    scope: Arc<Scope>,
    /// The request, empty where it was no JSON, the answer and the request's id.
    texts: Box<[u8]>,
    /// Where the first two of them end.
    ends: [usize; 2],
    status: u16,
    cut: Option<Cut>,
    delay: Duration,
    /// The exception's name and sentence.
    refusal: Option<Box<(String, Option<String>)>>,
    entry: OnceLock<Arc<Entry>>,
}

impl<S> Journal<S> {
    /// A layer around `inner`, with nothing written yet.
    pub fn new(world: Arc<World>, inner: S) -> Self {
        Self {
            inner,
            world,
            kept: Mutex::default(),
        }
    }

    /// The last calls, oldest first.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        let calls: Vec<_> = self.kept.lock().calls.iter().cloned().collect();
        calls.iter().map(|raw| raw.entry()).collect()
    }

    /// Forgets every call.
    pub fn clear(&self) {
        *self.kept.lock() = Kept::default();
    }
}

impl<S: Service> Service for Journal<S> {
    fn call(&self, call: &Call) -> Reply {
        let time = self.world.now();
        let reply = self.inner.call(call);
        let raw = Arc::new(Raw::of(time, call, &reply));
        // Outlive the lock, so that the oldest are freed after it.
        let mut dropped = Vec::new();
        let mut kept = self.kept.lock();
        kept.weight += raw.texts.len();
        kept.calls.push_back(raw);
        while kept.calls.len() > LIMIT || kept.weight > WEIGHT_LIMIT {
            let Some(oldest) = kept.calls.pop_front() else {
                break;
            };
            kept.weight -= oldest.texts.len();
            dropped.push(oldest);
        }
        drop(kept);
        drop(dropped);
        reply
    }
}

impl Raw {
    fn of(time: Time, call: &Call, reply: &Reply) -> Self {
        let request = call.input.as_ref().map(Body::text).unwrap_or_default();
        let answer = reply.body.text();
        let refusal = |code: &String| Box::new((code.clone(), reply.message.clone()));
        Self {
            time,
            operation: call.operation.clone(),
            scope: Arc::clone(&call.scope),
            texts: [&request, &answer, reply.request_id.as_bytes()]
                .concat()
                .into(),
            ends: [request.len(), request.len() + answer.len()],
            status: reply.status,
            cut: reply.cut,
            delay: reply.delay,
            refusal: reply.code.as_ref().map(refusal),
            entry: OnceLock::new(),
        }
    }

    fn entry(&self) -> Arc<Entry> {
        Arc::clone(self.entry.get_or_init(|| Arc::new(self.told())))
    }

    fn told(&self) -> Entry {
        let [request_end, answer_end] = self.ends;
        let json = |text| serde_json::from_slice::<Value>(text).ok();
        let operation = Model::get().operation(&self.operation);
        let input = json(&self.texts[..request_end]);
        let request = match (&input, operation) {
            (Some(input), Some(operation)) => named(
                brief(input, 100, |input| validate::redact(operation, input)),
                input,
            ),
            _ => Value::Null,
        };
        let answer = operation
            .filter(|_| self.refusal.is_none())
            .and_then(|operation| Some((operation, json(&self.texts[request_end..answer_end])?)));
        let response = answer.map_or(Value::Null, |(operation, body)| {
            brief(&body, 5, |body| validate::redact_response(operation, body))
        });
        let (code, message) = self.refusal.as_deref().cloned().unzip();
        let message = match (&input, operation, message.flatten()) {
            (Some(input), Some(operation), Some(message)) => {
                Some(validate::redact_message(operation, input, &message))
            }
            (_, _, message) => message,
        };
        let Scope { region, account } = Scope::clone(&self.scope);
        Entry {
            time: self.time,
            operation: short(&self.operation),
            region,
            account,
            request,
            status: (self.cut != Some(Cut::BeforeEffects)).then_some(self.status),
            code,
            message,
            request_id: String::from_utf8_lossy(&self.texts[answer_end..]).into_owned(),
            response,
            delay: self.delay,
            cut: self.cut,
        }
    }
}

/// What names the user and the client of a call: the model marks it sensitive,
/// but it gives nobody access, and without it the journal tells little.
const NAMES: [&str; 4] = [
    "/ClientId",
    "/Username",
    "/AuthParameters/USERNAME",
    "/ChallengeResponses/USERNAME",
];

/// `redacted`, with the names that `input` has.
fn named(mut redacted: Value, input: &Value) -> Value {
    for pointer in NAMES {
        if let (Some(place), Some(Value::String(name))) =
            (redacted.pointer_mut(pointer), input.pointer(pointer))
        {
            *place = Value::String(short(name));
        }
    }
    redacted
}

/// `value` redacted, with `most` elements of each list, so that ten thousand
/// entries stay small and a long answer costs little to write down.
fn brief(value: &Value, most: usize, redact: impl Fn(&Value) -> Value) -> Value {
    let mut brief = redact(&shortened(value, most));
    count(&mut brief, value);
    brief
}

fn shortened(value: &Value, most: usize) -> Value {
    match value {
        Value::String(text) => Value::String(short(text)),
        Value::Array(elements) => elements
            .iter()
            .take(most)
            .map(|element| shortened(element, most))
            .collect(),
        Value::Object(members) => {
            let shortened = |(name, value): (&String, _)| (name.clone(), shortened(value, most));
            members.iter().map(shortened).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Says at the end of each list how many elements of `full` it lacks.
fn count(brief: &mut Value, full: &Value) {
    match (brief, full) {
        (Value::Array(kept), Value::Array(all)) => {
            kept.iter_mut()
                .zip(all)
                .for_each(|(brief, full)| count(brief, full));
            if let more @ 1.. = all.len() - kept.len() {
                kept.push(json!(format!("… {more} more")));
            }
        }
        (Value::Object(kept), Value::Object(all)) => {
            kept.values_mut()
                .zip(all.values())
                .for_each(|(brief, full)| count(brief, full));
        }
        _ => {}
    }
}

/// Characters kept of a text.
const CHARACTERS: usize = 200;

fn short(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::wire::Body;
    use crate::world::Clock;

    /// Answers with what it is given.
    struct Says(Reply);

    impl Service for Says {
        fn call(&self, _: &Call) -> Reply {
            self.0.clone()
        }
    }

    fn journal(reply: Reply) -> Journal<Says> {
        Journal::new(
            Arc::new(World::new(Clock::fixed(1_800_000_000), 7)),
            Says(reply),
        )
    }

    fn written(reply: Reply, operation: &str, input: Value) -> Value {
        let journal = journal(reply);
        journal.call(&Call::new(operation, input));
        serde_json::to_value(&*journal.entries()[0]).unwrap()
    }

    #[test]
    fn a_sign_in_is_written_without_its_secrets() {
        let tokens = json!({ "AccessToken": "S3cret", "IdToken": "S3cret", "RefreshToken": "S3cret", "ExpiresIn": 3600 });
        let mut reply = Reply::ok(Body::of(&json!({
            "AuthenticationResult": tokens,
            "Session": "S3cret",
            "ChallengeParameters": { "USER_ID_FOR_SRP": "ana", "SECRET_BLOCK": "S3cret" },
        })));
        reply.request_id = "id".to_owned();
        let input = json!({
            "ClientId": "client",
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "ana", "PASSWORD": "S3cret", "SECRET_HASH": "S3cret" },
            "UserContextData": { "EncodedData": "S3cret" },
            "Pasword": "S3cret",
        });
        assert_eq!(
            written(reply, "InitiateAuth", input),
            json!({
                "time": 1_800_000_000.0,
                "operation": "InitiateAuth",
                "region": "us-east-1",
                "account": "123456789012",
                "request": {
                    "ClientId": "client",
                    "AuthFlow": "USER_PASSWORD_AUTH",
                    "AuthParameters": { "USERNAME": "ana", "PASSWORD": "***", "SECRET_HASH": "***" },
                    "UserContextData": { "EncodedData": "***" },
                    "Pasword": "***",
                },
                "status": 200,
                "request_id": "id",
                "response": {
                    "AuthenticationResult": {
                        "AccessToken": "***", "IdToken": "***", "RefreshToken": "***", "ExpiresIn": 3600,
                    },
                    "Session": "***",
                    "ChallengeParameters": { "USER_ID_FOR_SRP": "***", "SECRET_BLOCK": "***" },
                },
                "delay_ms": 0,
            })
        );
    }

    #[test]
    fn a_refusal_is_written_in_its_words() {
        let input = json!({
            "UserPoolId": "us-east-1_a",
            "Username": "ana",
            "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
            "TemporaryPassword": "S3cret",
            "DesiredDeliveryMediums": ["EMAIL"],
        });
        let entry = written(Reply::error(&Error::UserExists), "AdminCreateUser", input);
        assert_eq!(
            entry["request"],
            json!({
                "UserPoolId": "us-east-1_a",
                "Username": "ana",
                "UserAttributes": [{ "Name": "email", "Value": "***" }],
                "TemporaryPassword": "***",
                "DesiredDeliveryMediums": ["EMAIL"],
            })
        );
        assert_eq!(entry["status"], 400);
        assert_eq!(entry["code"], "UsernameExistsException");
        assert_eq!(entry["message"], "User already exists");
        assert_eq!(entry["response"], Value::Null);
    }

    /// Whatever the place, a value that no harmless shape covers is hidden.
    #[test]
    fn what_the_model_does_not_know_is_hidden() {
        for (operation, input) in [
            ("NoSuchOperation", json!({ "Password": "S3cret" })),
            (
                "AdminSetUserPassword",
                json!({ "Password": { "x": "S3cret" } }),
            ),
            (
                "AdminSetUserPassword",
                json!({ "Password": ["S3cret"], "Username": { "x": "S3cret" } }),
            ),
            ("AdminGetUser", json!({ "UserPoolId": ["S3cret"] })),
            (
                "CreateIdentityProvider",
                json!({ "ProviderDetails": { "client_secret": "S3cret" } }),
            ),
            (
                "ConfirmForgotPassword",
                json!({ "ConfirmationCode": "S3cret", "Password": "S3cret" }),
            ),
            (
                "CompleteWebAuthnRegistration",
                json!({ "Credential": { "id": "S3cret" } }),
            ),
            (
                "ConfirmDevice",
                json!({ "DeviceSecretVerifierConfig": { "Salt": "S3cret" } }),
            ),
        ] {
            let entry = written(Reply::ok(Body::of(&json!({}))), operation, input).to_string();
            assert!(!entry.contains("S3cret"), "{entry}");
        }
    }

    #[test]
    fn long_values_are_shortened() {
        let names: Vec<_> = (0..150).map(|n| n.to_string()).collect();
        let input = json!({ "UserPoolId": "é".repeat(300), "AttributesToGet": names });
        let users: Vec<_> = (0..60).map(|_| json!({ "Enabled": true })).collect();
        let entry = written(
            Reply::ok(Body::of(&json!({ "Users": users }))),
            "ListUsers",
            input,
        );
        let id = entry["request"]["UserPoolId"].as_str().unwrap();
        assert_eq!(id, format!("{}… (600 bytes)", "é".repeat(200)));
        assert_eq!(
            entry["request"]["AttributesToGet"]
                .as_array()
                .unwrap()
                .len(),
            101
        );
        assert_eq!(entry["request"]["AttributesToGet"][100], "… 50 more");
        let enabled = json!({ "Enabled": true });
        let shown = json!([enabled, enabled, enabled, enabled, enabled, "… 55 more"]);
        assert_eq!(entry["response"], json!({ "Users": shown }));
    }

    #[test]
    fn a_cut_before_effects_had_no_status() {
        let cut = |cut| Reply {
            cut: Some(cut),
            ..Reply::ok(Body::of(&json!({})))
        };
        let entry = written(cut(Cut::BeforeEffects), "AdminGetUser", json!({}));
        assert_eq!(
            (&entry["status"], &entry["cut"]),
            (&Value::Null, &json!("before_effects"))
        );
        let entry = written(cut(Cut::AfterEffects), "AdminGetUser", json!({}));
        assert_eq!(
            (&entry["status"], &entry["cut"]),
            (&json!(200), &json!("after_effects"))
        );
    }

    #[test]
    fn the_last_ten_thousand_are_kept() {
        let journal = journal(Reply::ok(Body::of(&json!({}))));
        journal.call(&Call::new("First", json!({})));
        for _ in 0..LIMIT {
            journal.call(&Call::new("Later", json!({})));
        }
        assert_eq!(journal.entries().len(), LIMIT);
        assert_eq!(journal.entries()[0].operation, "Later");
        journal.clear();
        assert!(journal.entries().is_empty());
    }

    #[test]
    fn long_answers_make_it_shorter() {
        let journal = journal(Reply::ok(Body::of(&"x".repeat(WEIGHT_LIMIT / 4))));
        for _ in 0..5 {
            journal.call(&Call::new("Any", json!({})));
        }
        assert_eq!(journal.entries().len(), 3);
    }
}
