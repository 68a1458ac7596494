//! Who destroys is asked first.
//!
//! Before a call that deletes or disables, it is rehearsed: what it would
//! destroy is read off the very request that it would make, and its name from
//! Cognito. Then whoever can answer is asked, the person before the model:
//!
//! 1. A client of the stateless protocol that can ask its user gets the question
//!    as `input_required`, with a sealed state that it hands back.
//! 2. A client of the older protocols that can do so is asked by
//!    `elicitation/create`.
//! 3. Any other has to repeat the exact name as the argument `confirm`.
//!
//! What is sealed holds for one principal, one tool, the same arguments, the
//! same victim, ten minutes, and one use.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use aws_smithy_async::time::SharedTimeSource;
use axum::http::request::Parts;
use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationSchema, InputRequest, InputRequests, InputRequiredResult, JsonObject,
    RequestStateCodec, SealOptions,
};
use rmcp::service::RequestContext;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::backend::StartError;
use crate::context::Cx;
use crate::dry_run::{self, Rehearsal};
use crate::error::{Result, ToolError};
use crate::operations::{self, Effect};
use crate::tools::Entry;
use crate::untrusted::bare;
use crate::watch::Request;

/// The argument that repeats a name.
pub(crate) const ARGUMENT: &str = "confirm";

/// How long a question may stay open.
const OPEN: Duration = Duration::from_mins(10);

/// The name of the one question in `inputRequests`, and of its one answer.
const QUESTION: &str = "confirm";

/// Who calls, where the transport knows: put it into the extensions of an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

/// What is to become of a call that destroys.
pub(crate) enum Verdict {
    /// It may go on.
    Confirmed,
    /// It destroys nothing, and this is its answer.
    Answered(Value),
    /// The client has to ask its user.
    Ask(Box<InputRequiredResult>),
}

/// What a client said to the question, and who it is.
pub(crate) struct Said {
    /// The argument `confirm`.
    argument: Option<String>,
    /// The sealed state that came back.
    state: Option<String>,
    /// The answer to the question.
    answer: Option<Value>,
    principal: String,
}

impl Said {
    /// What `call` says; takes the argument `confirm` out of `arguments`.
    pub(crate) fn take(
        call: &CallToolRequestParams,
        arguments: &mut JsonObject,
        request: &RequestContext<RoleServer>,
    ) -> Self {
        let argument = arguments.shift_remove(ARGUMENT);
        let answers = call.input_responses.as_ref();
        Self {
            argument: argument.and_then(|name| name.as_str().map(ToOwned::to_owned)),
            state: call.request_state.clone(),
            answer: answers.and_then(|answers| answers.get(QUESTION).cloned()),
            principal: principal(request),
        }
    }
}

/// The transport's principal, and the program that speaks for it.
fn principal(request: &RequestContext<RoleServer>) -> String {
    let http = request.extensions.get::<Parts>();
    let known = http.and_then(|http| http.extensions.get::<Principal>());
    let known = known.map_or("", |principal| &principal.0);
    let client = request.client_info().map(|client| client.name);
    json!([known, client]).to_string()
}

/// The questions that are open.
pub(crate) struct Confirmations {
    codec: RequestStateCodec,
    clock: SharedTimeSource,
    /// Those that have been answered, and when they end.
    used: Mutex<BTreeMap<String, u64>>,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct State {
    /// What makes it the only one of its kind.
    nonce: String,
    /// When it ends, in milliseconds.
    ends: u64,
}

/// Why a state is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It was altered, or given for another call, by another server, or to somebody else.
    NotOfThisCall,
    Expired,
    Used,
}

impl Confirmations {
    pub(crate) fn new(clock: SharedTimeSource) -> std::result::Result<Self, StartError> {
        let key = random::<32>()
            .and_then(|key| RequestStateCodec::try_new(key).ok())
            .ok_or_else(|| StartError("The system has no randomness to give.".to_owned()))?;
        Ok(Self {
            codec: key,
            clock,
            used: Mutex::default(),
        })
    }

    /// Seals a question about `subject`; nothing where the system has no randomness.
    fn seal(&self, subject: &str) -> Option<String> {
        let nonce = random::<16>()?;
        let state = State {
            nonce: aws_smithy_types::base64::encode(nonce),
            ends: self.now() + u64::try_from(OPEN.as_millis()).ok()?,
        };
        let options = SealOptions::new().associated_data(subject.as_bytes());
        self.codec.seal_json_with(&state, &options).ok()
    }

    /// Opens what was sealed for `subject`, once.
    fn redeem(&self, sealed: &str, subject: &str) -> std::result::Result<(), Refused> {
        let state: State = self
            .codec
            .open_json_with(sealed, subject.as_bytes())
            .map_err(|_| Refused::NotOfThisCall)?;
        let now = self.now();
        if state.ends <= now {
            return Err(Refused::Expired);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // What has ended is refused without being remembered.
        used.retain(|_, ends| *ends > now);
        match used.insert(state.nonce, state.ends) {
            None => Ok(()),
            Some(_) => Err(Refused::Used),
        }
    }

    fn now(&self) -> u64 {
        let now: SystemTime = self.clock.now();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Asks whoever can answer whether the call may destroy what it would.
pub(crate) async fn judge(
    entry: &Entry,
    cx: &Cx,
    confirmations: &Confirmations,
    said: &Said,
    request: &RequestContext<RoleServer>,
) -> Result<Verdict> {
    let Rehearsal { answer, held_back } = dry_run::rehearse(entry, cx).await;
    if held_back.is_empty() {
        // It failed before it would have destroyed anything, or has nothing to destroy.
        return answer.map(Verdict::Answered);
    }
    let victims = victims(entry, cx, &held_back).await?;
    let question = Question::new(entry, cx, &victims).await;
    let asks = request
        .client_capabilities()
        .and_then(|capabilities| capabilities.elicitation)
        // One that declares neither mode can show forms.
        .is_some_and(|modes| modes.form.is_some() || modes.url.is_none());
    let stateless = request
        .protocol_version()
        .is_some_and(|version| !version.has_initialize());
    if asks && stateless {
        let subject = question.subject(entry, cx, &said.principal);
        return question.by_state(confirmations, said, &subject);
    }
    if asks && let Some(verdict) = question.by_elicitation(request).await {
        return verdict;
    }
    question.by_argument(said)
}

/// One thing that a call would destroy.
struct Victim {
    /// What it is and what becomes of it, as in `delete user ana`.
    told: String,
    /// Its exact name.
    name: String,
}

/// What the requests that were held back would destroy.
async fn victims(entry: &Entry, cx: &Cx, held_back: &[Request]) -> Result<Vec<Victim>> {
    let destroys = |name: &str| operations::effect_of(&[name]) == Effect::Destroy;
    let mut victims = Vec::new();
    for request in held_back.iter().filter(|held| destroys(&held.operation)) {
        let input = request.input.clone().unwrap_or_default();
        let found = Box::pin(victim(cx, &request.operation, &input)).await?;
        victims.extend(found);
    }
    if victims.is_empty() {
        // Something else comes first, and what follows is read off that.
        let first = held_back.first().and_then(|held| held.input.clone());
        let input = first.unwrap_or_default();
        let operations = entry.operations_with(&cx.arguments);
        for operation in operations.iter().filter(|name| destroys(name)) {
            victims.extend(Box::pin(victim(cx, operation, &input)).await?);
        }
    }
    if victims.is_empty() {
        victims.push(Victim {
            told: format!("do what {} does", entry.name()),
            name: entry.name().to_owned(),
        });
    }
    Ok(victims)
}

/// What each operation destroys, and the member of its input that names it.
const VICTIMS: &[(&str, &str, &str)] = &[
    (
        "AdminDeleteSoftwareToken",
        "delete the authenticator app of user",
        "/Username",
    ),
    ("AdminDeleteUser", "delete user", "/Username"),
    (
        "AdminDisableProviderForUser",
        "cut off the federated identity",
        "/User/ProviderAttributeValue",
    ),
    ("AdminDisableUser", "disable user", "/Username"),
    ("DeleteGroup", "delete group", "/GroupName"),
    (
        "DeleteIdentityProvider",
        "delete identity provider",
        "/ProviderName",
    ),
    (
        "DeleteManagedLoginBranding",
        "delete managed login style",
        "/ManagedLoginBrandingId",
    ),
    (
        "DeleteResourceServer",
        "delete resource server",
        "/Identifier",
    ),
    ("DeleteTerms", "delete terms", "/TermsId"),
    (
        "DeleteUser",
        "delete the user who is signed in:",
        "/AccessToken",
    ),
    ("DeleteUserPool", "delete user pool", "/UserPoolId"),
    ("DeleteUserPoolClient", "delete app client", "/ClientId"),
    (
        "DeleteUserPoolClientSecret",
        "delete client secret",
        "/ClientSecretId",
    ),
    ("DeleteUserPoolDomain", "delete domain", "/Domain"),
    (
        "DeleteUserPoolReplica",
        "delete the pool's replica in",
        "/RegionName",
    ),
    (
        "DeleteWebAuthnCredential",
        "delete passkey",
        "/CredentialId",
    ),
];

async fn victim(cx: &Cx, operation: &str, input: &Value) -> Result<Option<Victim>> {
    let Some((_, does, member)) = VICTIMS.iter().find(|(name, ..)| *name == operation) else {
        return Ok(None);
    };
    let Some(id) = input.pointer(member).and_then(Value::as_str) else {
        return Ok(None);
    };
    let pool = input.pointer("/UserPoolId").and_then(Value::as_str);
    let name = match *member {
        "/Username" => cx.looking(user_name(cx, pool, id)).await?,
        "/UserPoolId" => cx.looking(pool_name(cx, id)).await?,
        "/ClientId" => cx.looking(client_name(cx, pool, id)).await?,
        "/AccessToken" => token_name(id),
        _ => id.to_owned(),
    };
    let shown = if name == id || *member == "/AccessToken" {
        bare(&name)
    } else {
        format!("{} ({})", bare(&name), bare(id))
    };
    Ok(Some(Victim {
        told: format!("{does} {shown}"),
        name,
    }))
}

/// The user's own name, whatever alias the call goes by.
async fn user_name(cx: &Cx, pool: Option<&str>, id: &str) -> Result<String> {
    let request = cx.cognito().admin_get_user();
    let request = request.set_user_pool_id(pool.map(ToOwned::to_owned));
    known(request.username(id).send().await, id, |user| {
        Some(user.username)
    })
}

async fn pool_name(cx: &Cx, id: &str) -> Result<String> {
    let request = cx.cognito().describe_user_pool().user_pool_id(id);
    known(request.send().await, id, |answer| answer.user_pool?.name)
}

async fn client_name(cx: &Cx, pool: Option<&str>, id: &str) -> Result<String> {
    let request = cx.cognito().describe_user_pool_client();
    let request = request.set_user_pool_id(pool.map(ToOwned::to_owned));
    known(request.client_id(id).send().await, id, |answer| {
        answer.user_pool_client?.client_name
    })
}

/// The name in an answer. Where the server may not look, the id has to do;
/// where there is no such thing, that is the answer.
fn known<T, E>(
    answer: std::result::Result<T, E>,
    id: &str,
    name: impl FnOnce(T) -> Option<String>,
) -> Result<String>
where
    Box<ToolError>: From<E>,
{
    match answer {
        Ok(answer) => Ok(name(answer).unwrap_or_else(|| id.to_owned())),
        Err(error) => {
            let error: Box<ToolError> = error.into();
            if error.code.starts_with("AccessDenied") {
                return Ok(id.to_owned());
            }
            Err(error)
        }
    }
}

/// The user that an access token names.
fn token_name(token: &str) -> String {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&payload).unwrap_or_default();
    claims["username"].as_str().unwrap_or("me").to_owned()
}

/// Whether to go on.
struct Question {
    /// What would be done, and where.
    told: String,
    /// What has to be repeated, where the model is asked.
    names: String,
}

impl Question {
    async fn new(entry: &Entry, cx: &Cx, victims: &[Victim]) -> Self {
        let list = |of: fn(&Victim) -> &str| {
            let all: Vec<&str> = victims.iter().map(of).collect();
            all.join(", ")
        };
        let place = cx.place().await;
        let account = place
            .account
            .map(|account| format!(" in account {account}"));
        let pool = place.user_pool_id.map(|pool| format!(", pool {pool}"));
        let on = match place.backend.as_str() {
            "aws" => "Amazon Cognito",
            _ => "the emulator",
        };
        Self {
            told: format!(
                "{} would {}, on {on}{}, Region {}{}",
                entry.name(),
                list(|victim| &victim.told),
                account.unwrap_or_default(),
                place.region,
                pool.unwrap_or_default()
            ),
            names: list(|victim| &victim.name),
        }
    }

    /// What a sealed state is about.
    fn subject(&self, entry: &Entry, cx: &Cx, principal: &str) -> String {
        let arguments = sorted(&Value::Object(cx.arguments.clone()));
        json!([principal, entry.name(), arguments, self.told, self.names]).to_string()
    }

    /// The form that a client shows its user.
    fn form(&self) -> ElicitRequestParams {
        let schema = ElicitationSchema::builder()
            .required_bool_with(QUESTION, |confirm| {
                confirm
                    .title("Confirm")
                    .description("It cannot be taken back.")
                    .with_default(false)
            })
            .build_unchecked();
        ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: format!("{}. Should it?", self.told),
            requested_schema: schema,
        }
    }

    /// The first rung: the client asks, and comes back with what it was given.
    fn by_state(
        &self,
        confirmations: &Confirmations,
        said: &Said,
        subject: &str,
    ) -> Result<Verdict> {
        let Some(sealed) = &said.state else {
            let sealed = confirmations.seal(subject).ok_or_else(|| {
                ToolError::new("InternalError", "The system has no randomness to give")
            })?;
            let question = InputRequest::Elicitation(ElicitRequest::new(self.form()));
            let questions = InputRequests::from([(QUESTION.to_owned(), question)]);
            let ask = InputRequiredResult::new(Some(questions), Some(sealed));
            return Ok(Verdict::Ask(Box::new(ask)));
        };
        confirmations.redeem(sealed, subject).map_err(refused)?;
        let answer = said.answer.clone().unwrap_or_default();
        let answer: Option<ElicitResult> = serde_json::from_value(answer).ok();
        self.answered(answer.as_ref())
    }

    /// The second rung: the client is asked; nothing where it cannot answer.
    async fn by_elicitation(
        &self,
        request: &RequestContext<RoleServer>,
    ) -> Option<Result<Verdict>> {
        let asked = request
            .peer
            .create_elicitation_with_timeout(self.form(), Some(OPEN));
        let answer = request.ct.run_until_cancelled(asked).await;
        match answer {
            Some(Ok(answer)) => Some(self.answered(Some(&answer))),
            Some(Err(error)) => {
                tracing::debug!(%error, "the client did not ask its user");
                None
            }
            None => Some(Err(ToolError::new("Cancelled", "The call was cancelled"))),
        }
    }

    fn answered(&self, answer: Option<&ElicitResult>) -> Result<Verdict> {
        let confirmed = answer.is_some_and(|answer| {
            let content = answer.content.as_ref();
            answer.action == ElicitationAction::Accept
                && content.is_some_and(|content| content[QUESTION] == true)
        });
        if confirmed {
            return Ok(Verdict::Confirmed);
        }
        let error = ToolError::new(
            "ConfirmationDeclined",
            format!(
                "The user did not confirm, so nothing was done: {}",
                self.told
            ),
        );
        Err(error.hint("Do not call it again unless the user asks for it"))
    }

    /// The third rung: the caller repeats the name.
    fn by_argument(&self, said: &Said) -> Result<Verdict> {
        if said.argument.as_deref() == Some(&self.names) {
            return Ok(Verdict::Confirmed);
        }
        let wrong = match &said.argument {
            Some(_) => ". `confirm` does not repeat its exact name",
            None => "",
        };
        let error = ToolError::new("ConfirmationRequired", format!("{}{wrong}", self.told));
        // In words: a call to copy would be made unread.
        Err(error.hint(format!(
            "Nothing was done. If that is what the user wants, call it again with the same \
             arguments and `confirm`, which has to repeat this name exactly: `{}`",
            self.names
        )))
    }
}

fn refused(why: Refused) -> Box<ToolError> {
    let (code, message) = match why {
        Refused::NotOfThisCall => (
            "ConfirmationInvalid",
            "The confirmation is not one for this call: it was altered, or asked for by somebody \
             else, or for other arguments",
        ),
        Refused::Expired => (
            "ConfirmationExpired",
            "The confirmation has expired: it holds for ten minutes",
        ),
        Refused::Used => (
            "ConfirmationUsed",
            "The confirmation was used already: each holds for one call",
        ),
    };
    let error = ToolError::new(code, message);
    error.hint("Nothing was done. Call again without requestState, and the user is asked anew")
}

/// `value` with the members of all objects in order of their names.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> = members
                .iter()
                .map(|(name, member)| (name, sorted(member)))
                .collect();
            json!(members)
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_smithy_async::time::TimeSource;

    use super::*;

    /// A clock that somebody winds.
    #[derive(Clone, Debug)]
    struct Wound(Arc<Mutex<SystemTime>>);

    impl TimeSource for Wound {
        fn now(&self) -> SystemTime {
            *self.0.lock().unwrap()
        }
    }

    impl Wound {
        fn advance(&self, by: Duration) {
            *self.0.lock().unwrap() += by;
        }
    }

    #[test]
    fn every_operation_that_destroys_has_a_victim() {
        use cognito_emulator::model::Model;
        let destroys = operations::all().filter(|operation| operation.effect == Effect::Destroy);
        let destroys: Vec<&str> = destroys.map(|operation| operation.name).collect();
        let told: Vec<&str> = VICTIMS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(told, destroys);
        for (name, _, member) in VICTIMS {
            let mut shape = Model::get().operation(name).unwrap().input();
            for member in member.split('/').skip(1) {
                shape = shape.member(member).unwrap().shape();
            }
        }
    }

    fn confirmations() -> (Confirmations, Wound) {
        let start = UNIX_EPOCH + Duration::from_hours(500_000);
        let clock = Wound(Arc::new(Mutex::new(start)));
        let confirmations = Confirmations::new(SharedTimeSource::new(clock.clone())).unwrap();
        (confirmations, clock)
    }

    #[test]
    fn a_state_holds_once_and_for_ten_minutes() {
        let (confirmations, clock) = confirmations();
        let [first, second] = [(); 2].map(|()| confirmations.seal("this").unwrap());
        assert_eq!(confirmations.redeem(&first, "this"), Ok(()));
        assert_eq!(confirmations.redeem(&first, "this"), Err(Refused::Used));
        clock.advance(OPEN.saturating_sub(Duration::from_millis(1)));
        assert_eq!(confirmations.redeem(&first, "this"), Err(Refused::Used));
        clock.advance(Duration::from_millis(1));
        assert_eq!(confirmations.redeem(&second, "this"), Err(Refused::Expired));
        // What has ended is not remembered for ever.
        let third = confirmations.seal("this").unwrap();
        assert_eq!(confirmations.redeem(&third, "this"), Ok(()));
        assert_eq!(confirmations.used.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_state_is_about_one_thing_and_cannot_be_altered() {
        let (confirmations, _) = confirmations();
        let sealed = confirmations.seal("this").unwrap();
        let wrong = Err(Refused::NotOfThisCall);
        assert_eq!(confirmations.redeem(&sealed, "that"), wrong);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            // The last letter of an encoding has bits that mean nothing.
            if at + 1 < sealed.len() {
                assert_eq!(confirmations.redeem(&altered, "this"), wrong, "{altered}");
            }
        }
        let another = self::confirmations().0;
        assert_eq!(another.redeem(&sealed, "this"), wrong);
        assert_eq!(confirmations.redeem("", "this"), wrong);
        assert_eq!(confirmations.redeem(&sealed, "this"), Ok(()));
    }

    #[test]
    fn arguments_are_the_same_in_any_order() {
        let one: Value = serde_json::from_str(r#"{"a":[{"x":1,"y":2}],"b":3}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"b":3,"a":[{"y":2,"x":1}]}"#).unwrap();
        assert_eq!(sorted(&one).to_string(), sorted(&other).to_string());
        assert_ne!(
            sorted(&one),
            sorted(&json!({ "a": [{ "x": 1, "y": 2 }], "b": 4 }))
        );
    }
}
