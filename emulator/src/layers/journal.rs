//! Journal of the last calls and their responses. Its entries have no secrets.
//!
//! The journal stores calls and responses unchanged, and omits them from its
//! debug output. It removes secrets only when an entry is read, because most
//! calls are never read. Entries are built one at a time and not stored, so
//! reading does not increase the size of the journal. The texts of a call are in
//! one allocation, because most of the journal's cost is writing to memory that
//! is not in a processor cache.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smol_str::SmolStr;

use crate::bounds::{JOURNAL_BYTES, JOURNAL_CALLS};
use crate::layers::milliseconds;
use crate::model::Model;
use crate::validate;
use crate::wire::{Body, Call, Cut, Reply, Scope, Service};
use crate::world::{Time, World};

/// A call and its response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The time of the call.
    pub time: Time,
    /// The operation's name as the caller gave it.
    pub operation: String,
    /// The Region of the call.
    pub region: String,
    /// The caller's account.
    pub account: String,
    /// The request without its secrets. Long values are shortened.
    pub request: Value,
    /// The HTTP status. `None` if a fault cut the connection before the operation
    /// ran.
    pub status: Option<u16>,
    /// The exception's name, if the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The exception's message, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The value of `x-amzn-requestid` in the response.
    pub request_id: String,
    /// The body of a successful response, without secrets and shortened.
    pub response: Value,
    /// The delay of the response in milliseconds.
    #[serde(rename = "delay_ms", serialize_with = "milliseconds::serialize")]
    pub delay: Duration,
    /// The moment at which a fault cut the connection, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// Whether a tool of the MCP server read this for its own use.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lookup: bool,
}

/// A selection of calls. A call must match every field that is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalFilter {
    /// The operation's name.
    pub operation: Option<String>,
    /// The caller's account.
    pub account: Option<String>,
    /// The maximum number of calls. The latest calls are selected.
    pub last: Option<usize>,
    /// Whether the look-ups of tools are left out.
    pub without_lookups: bool,
    /// Whether only calls that were refused or cut are selected.
    #[serde(skip)]
    pub failed: bool,
}

impl JournalFilter {
    fn admits(&self, raw: &Raw) -> bool {
        let operation = self.operation.as_deref();
        let account = self.account.as_deref();
        operation.is_none_or(|name| name == raw.operation)
            && account.is_none_or(|account| account == raw.scope.account)
            && (!self.failed || raw.is_refusal || raw.cut.is_some())
            && !(self.without_lookups && raw.is_lookup)
    }
}

/// The prefix of the operations of a domain's pages.
const PAGES: &str = "domain/";

/// A call in the journal. Its entry is built on demand.
#[derive(Clone, Debug)]
pub struct Recorded(Arc<Raw>);

impl Recorded {
    /// Builds the entry. The entry uses many times the memory of the stored call.
    #[must_use]
    pub fn entry(&self) -> Entry {
        self.0.entry()
    }
}

/// The layer that records calls.
pub struct Journal<S> {
    pub(crate) inner: S,
    world: Arc<World>,
    kept: Mutex<Kept>,
    listener: OnceLock<Listener>,
}

/// Runs after a call was recorded.
type Listener = Box<dyn Fn() + Send + Sync>;

impl<S: fmt::Debug> fmt::Debug for Journal<S> {
    /// Omits the calls.
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

/// A call as it arrived, and its response.
struct Raw {
    /// The memory that the call uses, in bytes.
    weight: usize,
    time: Time,
    operation: SmolStr,
    scope: Arc<Scope>,
    /// The request (empty if it was not JSON), the response, and the request
    /// id.
    texts: Box<[u8]>,
    /// The ends of the first two texts.
    ends: [usize; 2],
    status: u16,
    cut: Option<Cut>,
    delay: Duration,
    /// Whether the response is an exception. Its body then contains the
    /// exception's name and message.
    is_refusal: bool,
    is_lookup: bool,
}

impl fmt::Debug for Raw {
    /// Omits the texts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

impl<S> Journal<S> {
    /// Creates a layer with an empty journal around `inner`.
    pub fn new(world: Arc<World>, inner: S) -> Self {
        Self {
            inner,
            world,
            kept: Mutex::default(),
            listener: OnceLock::new(),
        }
    }

    /// Runs `listener` after each call that is recorded and is not a tool's look-up. It must not
    /// block. There can be one; a second one is ignored.
    pub fn listen(&self, listener: impl Fn() + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// The newest call with this request id, as it arrived; its signature and its address were
    /// not kept. None for requests to the pages of a domain.
    pub fn recorded_call(&self, request_id: &str) -> Option<Call> {
        let kept = self.kept.lock();
        let mut latest = kept.calls.iter().rev();
        let raw = latest.find(|raw| raw.request_id() == request_id.as_bytes())?;
        let is_page = raw.operation.starts_with(PAGES);
        let text = &raw.texts[..raw.ends[0]];
        let input = (!is_page).then(|| serde_json::from_slice(text).ok())??;
        let mut call = Call::new(&raw.operation, input);
        call.scope = Arc::clone(&raw.scope);
        Some(call)
    }

    /// The calls that `filter` selects, oldest first.
    pub fn read(&self, filter: &JournalFilter) -> Vec<Recorded> {
        let mut calls: Vec<_> = {
            let kept = self.kept.lock();
            let latest = kept.calls.iter().rev().filter(|raw| filter.admits(raw));
            let most = filter.last.unwrap_or(usize::MAX);
            latest.take(most).cloned().map(Recorded).collect()
        };
        calls.reverse();
        calls
    }

    /// Removes every call.
    pub fn clear(&self) {
        *self.kept.lock() = Kept::default();
    }
}

impl<S: Service> Service for Journal<S> {
    fn call(&self, call: &Call) -> Reply {
        let time = self.world.now();
        let reply = self.inner.call(call);
        let raw = Arc::new(Raw::of(time, call, &reply));
        // The oldest calls are freed after the lock is released, so that other
        // calls do not wait for this.
        let mut dropped = Vec::new();
        let mut kept = self.kept.lock();
        kept.weight += raw.weight;
        kept.calls.push_back(raw);
        while kept.calls.len() > JOURNAL_CALLS || kept.weight > JOURNAL_BYTES {
            let Some(oldest) = kept.calls.pop_front() else {
                break;
            };
            kept.weight -= oldest.weight;
            dropped.push(oldest);
        }
        drop(kept);
        drop(dropped);
        if let Some(listener) = self.listener.get().filter(|_| !call.is_lookup) {
            listener();
        }
        reply
    }
}

impl Raw {
    fn of(time: Time, call: &Call, reply: &Reply) -> Self {
        let request = call.input.as_ref().map(Body::text).unwrap_or_default();
        let answer = reply.body.text();
        let texts = request.len() + answer.len() + reply.request_id.len();
        Self {
            weight: size_of::<Self>() + texts + call.operation.len(),
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
            is_refusal: reply.code.is_some(),
            is_lookup: call.is_lookup,
        }
    }

    fn request_id(&self) -> &[u8] {
        &self.texts[self.ends[1]..]
    }

    fn entry(&self) -> Entry {
        let [request_end, answer_end] = self.ends;
        let json = |text| serde_json::from_slice::<Value>(text).ok();
        let operation = Model::get().operation(&self.operation);
        let input = json(&self.texts[..request_end]);
        let answer = json(&self.texts[request_end..answer_end]);
        // The calls of a domain's pages have no secrets, and are not in the model.
        let is_page = self.operation.starts_with(PAGES);
        let request = match (&input, operation) {
            (Some(input), Some(operation)) => named(
                brief(input, 100, |input| validate::redact(operation, input)),
                input,
            ),
            (Some(input), None) if is_page => input.clone(),
            _ => Value::Null,
        };
        let response = match (&answer, operation) {
            _ if self.is_refusal => Value::Null,
            (Some(body), Some(operation)) => {
                brief(body, 5, |body| validate::redact_response(operation, body))
            }
            (Some(body), None) if is_page => body.clone(),
            _ => Value::Null,
        };
        let refusal = answer.filter(|_| self.is_refusal).unwrap_or_default();
        let text = |member| refusal.get(member)?.as_str().map(ToOwned::to_owned);
        let code = text("__type");
        let message = match (&input, operation, text("message")) {
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
            request_id: String::from_utf8_lossy(self.request_id()).into_owned(),
            response,
            delay: self.delay,
            cut: self.cut,
            lookup: self.is_lookup,
        }
    }
}

/// Members that name the user and the client of a call. The service model marks
/// them as sensitive. Entries contain them nevertheless, because they identify
/// the call and give no access.
const NAMES: [&str; 4] = [
    "/ClientId",
    "/Username",
    "/AuthParameters/USERNAME",
    "/ChallengeResponses/USERNAME",
];

/// Copies the names from `input` to `redacted`.
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

/// Redacts `value` and keeps at most `most` elements of each list. This keeps
/// entries small, and makes entries of long responses fast to write.
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

/// Adds to the end of each list the number of elements of `full` that it omits.
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

/// Maximum length of a text, in characters.
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

    /// A service that returns a fixed reply.
    struct FixedReply(Reply);

    impl Service for FixedReply {
        fn call(&self, _: &Call) -> Reply {
            self.0.clone()
        }
    }

    fn journal(reply: Reply) -> Journal<FixedReply> {
        Journal::new(
            Arc::new(World::new(Clock::fixed(1_800_000_000), 7)),
            FixedReply(reply),
        )
    }

    fn all(journal: &Journal<FixedReply>) -> Vec<Recorded> {
        journal.read(&JournalFilter::default())
    }

    fn written(reply: Reply, operation: &str, input: Value) -> Value {
        let journal = journal(reply);
        journal.call(&Call::new(operation, input));
        serde_json::to_value(all(&journal)[0].entry()).unwrap()
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
    fn a_refusal_is_written_with_its_message() {
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

    /// The secrets are in unknown operations, in members of the wrong type, in
    /// nested members and in the members that the model marks as sensitive.
    #[test]
    fn secrets_are_hidden_in_every_position() {
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
    fn a_cut_before_effects_has_no_status() {
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
    fn the_last_ten_thousand_calls_are_kept() {
        let journal = journal(Reply::ok(Body::of(&json!({}))));
        journal.call(&Call::new("First", json!({})));
        for _ in 0..JOURNAL_CALLS {
            journal.call(&Call::new("Later", json!({})));
        }
        assert_eq!(all(&journal).len(), JOURNAL_CALLS);
        assert_eq!(all(&journal)[0].entry().operation, "Later");
        journal.clear();
        assert_eq!(all(&journal).len(), 0);
    }

    #[test]
    fn long_responses_reduce_the_number_of_kept_calls() {
        let journal = journal(Reply::ok(Body::of(&"x".repeat(JOURNAL_BYTES / 4))));
        for _ in 0..5 {
            journal.call(&Call::new("Any", json!({})));
        }
        assert_eq!(all(&journal).len(), 3);
    }
}
