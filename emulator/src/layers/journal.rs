//! Remembers the last calls and their answers, without their secrets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::model::{Kind, Model, Shape};
use crate::wire::{Call, Cut, Reply, Scope, Service};
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
    /// The request; secrets are replaced and what is long is shortened.
    pub request: Value,
    /// HTTP status; `None` where the connection was cut before there was one.
    pub status: Option<u16>,
    /// The exception's name, where the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The exception's sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// As the caller got it in `x-amzn-requestid`.
    pub request_id: String,
    /// A success's body, as the request.
    pub response: Value,
    /// How long the mount held the answer back, in milliseconds.
    #[serde(rename = "delay_ms", serialize_with = "milliseconds")]
    pub delay: Duration,
    /// Whether a fault cut the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn milliseconds<S: serde::Serializer>(delay: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
}

/// Entries kept; older ones are dropped first.
const LIMIT: usize = 10_000;

/// The layer.
#[derive(Debug)]
pub struct Journal<S> {
    pub(crate) inner: S,
    world: Arc<World>,
    entries: Mutex<VecDeque<Entry>>,
}

impl<S> Journal<S> {
    /// A layer around `inner`, with nothing written yet.
    pub fn new(world: Arc<World>, inner: S) -> Self {
        Self {
            inner,
            world,
            entries: Mutex::default(),
        }
    }

    /// The last calls, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().iter().cloned().collect()
    }

    /// Forgets every call.
    pub fn clear(&self) {
        self.entries.lock().clear();
    }
}

impl<S: Service> Service for Journal<S> {
    fn call(&self, call: &Call) -> Reply {
        let time = self.world.now();
        let reply = self.inner.call(call);
        let entry = entry(time, call, &reply);
        let mut entries = self.entries.lock();
        if entries.len() >= LIMIT {
            entries.pop_front();
        }
        entries.push_back(entry);
        reply
    }
}

fn entry(time: Time, call: &Call, reply: &Reply) -> Entry {
    let operation = Model::get().operation(&call.operation);
    let Scope { region, account } = call.scope.clone();
    let request = match (&call.input, operation) {
        (None, _) => Value::Null,
        (Some(input), Some(operation)) => redact(operation.input(), input),
        (Some(_), None) => hidden(),
    };
    let output = operation.and_then(|found| found.output());
    let response = match output {
        Some(shape) if reply.is_ok() => redact(shape, &reply.body),
        _ => Value::Null,
    };
    Entry {
        time,
        operation: shortened(&call.operation),
        region,
        account,
        request,
        status: (reply.cut != Some(Cut::BeforeEffects)).then_some(reply.status),
        code: reply.code.clone(),
        message: reply.message.clone(),
        request_id: reply.request_id.clone(),
        response,
        delay: reply.delay,
        cut: reply.cut,
    }
}

fn hidden() -> Value {
    json!("[hidden]")
}

/// Sensitive shapes that name or describe a user and give nobody access; the
/// journal is of little use without them.
const SHOWN: [&str; 3] = ["AttributeValueType", "ClientIdType", "UsernameType"];

/// Secret members that the model has as plain text: what proves a device, what
/// fingerprints a user, an upload's signed address, one-time codes.
const SECRET_MEMBERS: [&str; 6] = [
    "Code",
    "ConfirmationCode",
    "EncodedData",
    "PasswordVerifier",
    "PreSignedUrl",
    "Salt",
];

/// Words in the keys of maps whose values are secret, as in `client_secret` of
/// an identity provider.
const SECRET_WORDS: [&str; 5] = ["code", "password", "private_key", "secret", "token"];

/// What the journal may show of `value`: scalars of known, harmless shapes.
fn redact(shape: &Shape, value: &Value) -> Value {
    match (&shape.kind, value) {
        (_, Value::Null) => Value::Null,
        (Kind::Map { value: entry, .. }, Value::Object(entries)) => {
            // `AuthParameters` and the like are sensitive but for whom they name.
            members(entries, |key| {
                let key = key.to_ascii_lowercase();
                let secret = SECRET_WORDS.iter().any(|word| key.contains(word));
                (!secret && (!shape.sensitive || key == "username")).then(|| entry.get())
            })
        }
        _ if shape.sensitive && !SHOWN.contains(&shape.name) => hidden(),
        (Kind::Structure(_), Value::Object(given)) => members(given, |name| {
            let member = shape.member(name)?;
            (!SECRET_MEMBERS.contains(&name)).then(|| member.shape())
        }),
        (Kind::List(element), Value::Array(elements)) => {
            let shown = elements
                .iter()
                .take(ELEMENTS)
                .map(|value| redact(element.get(), value));
            let more = elements.len().saturating_sub(ELEMENTS);
            shown
                .chain((more > 0).then(|| json!(format!("… {more} more"))))
                .collect()
        }
        (Kind::String, Value::String(text)) => Value::String(shortened(text)),
        (
            Kind::Boolean | Kind::Integer | Kind::Long | Kind::Timestamp,
            Value::Bool(_) | Value::Number(_),
        ) => value.clone(),
        _ => hidden(),
    }
}

/// An object whose values are redacted by the shapes that `shape` gives, and
/// hidden where it gives none.
fn members<'a>(given: &Map<String, Value>, shape: impl Fn(&str) -> Option<&'a Shape>) -> Value {
    let pairs = given.iter().take(ELEMENTS).map(|(name, value)| {
        (
            shortened(name),
            shape(name).map_or_else(hidden, |shape| redact(shape, value)),
        )
    });
    Value::Object(pairs.collect())
}

/// Elements shown of a list or an object.
const ELEMENTS: usize = 100;

/// Characters shown of a text.
const CHARACTERS: usize = 200;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
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
        serde_json::to_value(&journal.entries()[0]).unwrap()
    }

    #[test]
    fn a_sign_in_is_written_without_its_secrets() {
        let tokens = json!({ "AccessToken": "S3cret", "IdToken": "S3cret", "RefreshToken": "S3cret", "ExpiresIn": 3600 });
        let mut reply = Reply::ok(json!({
            "AuthenticationResult": tokens,
            "Session": "S3cret",
            "ChallengeParameters": { "USER_ID_FOR_SRP": "ana", "SECRET_BLOCK": "S3cret" },
        }));
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
                    "AuthParameters": { "USERNAME": "ana", "PASSWORD": "[hidden]", "SECRET_HASH": "[hidden]" },
                    "UserContextData": "[hidden]",
                    "Pasword": "[hidden]",
                },
                "status": 200,
                "request_id": "id",
                "response": {
                    "AuthenticationResult": {
                        "AccessToken": "[hidden]", "IdToken": "[hidden]", "RefreshToken": "[hidden]", "ExpiresIn": 3600,
                    },
                    "Session": "[hidden]",
                    "ChallengeParameters": { "USER_ID_FOR_SRP": "ana", "SECRET_BLOCK": "[hidden]" },
                },
                "delay_ms": 0,
            })
        );
    }

    #[test]
    fn users_are_written_as_they_are() {
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
                "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
                "TemporaryPassword": "[hidden]",
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
            let entry = written(Reply::ok(json!({})), operation, input).to_string();
            assert!(!entry.contains("S3cret"), "{entry}");
        }
    }

    #[test]
    fn long_values_are_shortened() {
        let names: Vec<_> = (0..150).map(|n| n.to_string()).collect();
        let input = json!({ "UserPoolId": "é".repeat(300), "AttributesToGet": names });
        let entry = written(Reply::ok(json!({})), "ListUsers", input);
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
    }

    #[test]
    fn a_cut_before_effects_had_no_status() {
        let cut = |cut| Reply {
            cut: Some(cut),
            ..Reply::ok(json!({}))
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
        let journal = journal(Reply::ok(json!({})));
        journal.call(&Call::new("First", json!({})));
        for _ in 0..LIMIT {
            journal.call(&Call::new("Later", json!({})));
        }
        assert_eq!(journal.entries().len(), LIMIT);
        assert_eq!(journal.entries()[0].operation, "Later");
        journal.clear();
        assert!(journal.entries().is_empty());
    }
}
