//! Confirmation of destructive calls.
//!
//! A call that deletes or disables is rehearsed first. The rehearsal shows the request that
//! the call would send, and so what it would destroy. The name of the victim is read from
//! Cognito. Then the call is confirmed in one of four ways:
//!
//! 1. A client of the stateless protocol that can ask its user gets the question as
//!    `input_required`, with a sealed state that it sends back with the answer.
//! 2. A client of the older protocols that can ask its user is asked by
//!    `elicitation/create`.
//! 3. Any other client must repeat the exact name as the argument `confirm`. No
//!    person is asked then, and the answer of the tool says so.
//! 4. With `--confirm person`, such a client gets a one-time code instead, and a person
//!    approves the code with `cognito-mcp approve`.
//!
//! If a client can ask its user, only the user's explicit yes confirms. An error, an
//! unreadable answer, a closed connection and silence refuse the call, and the argument
//! `confirm` is ignored.
//!
//! A sealed state and a code are valid for one principal, one tool, the same arguments, the
//! same victim, ten minutes, and one use.

#[cfg_attr(
    not(unix),
    allow(dead_code, reason = "approvals are received on a Unix domain socket")
)]
pub(super) mod approvals;
mod client;
mod phrase;
mod plans;
mod victims;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_async::time::SharedTimeSource;
use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, ElicitRequest, ElicitRequestParams, ElicitationSchema, InputRequest,
    InputRequests, InputRequiredResult, JsonObject, RequestStateCodec, SealOptions,
};
use rmcp::service::RequestContext;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::approvals::minutes;
use self::approvals::{Approvals, Asking, Standing};
#[cfg(unix)]
pub(crate) use self::approvals::{Listed, State as RequestState, WrongCode, normalized};
use self::client::No;
use self::plans::Plans;
use self::victims::{Victim, victims};
use crate::bounds::{
    APPROVAL_CODE, APPROVALS_PER_PRINCIPAL, CONFIRMATION_ANSWER, PRINCIPALS, QUESTIONS,
};
use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::config::{Config, Confirm};
use crate::definition::added;
use crate::error::{ToolError, ToolResult};
use crate::guard::untrusted::{bare, line};
use crate::principal::Principal;
use crate::record::audit::{self, ConfirmedBy};
use crate::run::dry_run::{self, Rehearsal};
#[cfg(unix)]
use crate::run::operator;
use crate::shared_state::{State, StoreResult, Table};
use crate::start::selection;
use crate::start_error::StartError;
use crate::tools::Entry;

/// The name of the question in `inputRequests`, and of its answer.
const QUESTION: &str = "confirm";

/// The result of the check of a destructive call.
pub(crate) enum Decision {
    /// It is confirmed, for the number of users of its plan if it has one.
    Confirmed(ConfirmedBy, Option<u32>),
    /// The call would destroy nothing. This is its answer.
    Answered(Value),
    /// The client must ask its user.
    Ask(Box<InputRequiredResult>),
}

/// The confirmation that a client sent with a call, and the identity of the client.
pub(crate) struct ConfirmationInput {
    /// The argument `confirm`.
    argument: Option<String>,
    /// The sealed state that the client sent back.
    state: Option<String>,
    /// The answer to the question.
    answer: Option<Value>,
    /// The principal of the transport; empty if there is none.
    principal: String,
    /// The name of the client; empty if it has none.
    client: String,
}

impl ConfirmationInput {
    /// Reads the confirmation of `call`, and removes the argument `confirm` from `arguments`.
    pub(crate) fn take(
        call: &CallToolRequestParams,
        arguments: &mut JsonObject,
        request: &RequestContext<RoleServer>,
    ) -> Self {
        let argument = arguments.shift_remove(added::CONFIRM);
        let answers = call.input_responses.as_ref();
        Self {
            argument: argument.and_then(|name| name.as_str().map(ToOwned::to_owned)),
            state: call.request_state.clone(),
            answer: answers.and_then(|answers| answers.get(QUESTION).cloned()),
            principal: Principal::of(request).map_or_else(String::new, |known| known.0.clone()),
            client: request
                .client_info()
                .map(|client| client.name)
                .unwrap_or_default(),
        }
    }

    /// A description of the caller, for a person.
    fn caller(&self) -> String {
        let client = match &*self.client {
            "" => "a client without a name".to_owned(),
            name => format!("client {}", bare(name)),
        };
        match &*self.principal {
            "" => client,
            principal => format!("{client}, {}", line(principal)),
        }
    }
}

/// The open questions, and the settings of confirmations.
pub(crate) struct Confirmations {
    /// Whether the calls of every caller are confirmed, or only those of persons at the console.
    of_all: bool,
    /// Whether only a person confirms.
    by_person: bool,
    /// The calls that wait for `cognito-mcp approve`.
    approvals: Arc<Approvals>,
    /// Whether this process receives approvals.
    receives: AtomicBool,
    /// The codecs of sealed states. The first seals, and each opens.
    codecs: Vec<RequestStateCodec>,
    clock: SharedTimeSource,
    /// Keeps the open questions.
    state: Arc<State>,
    plans: Plans,
}

/// The nonces of questions that are not answered yet. One that is taken, or that the state of the
/// server has lost, confirms nothing.
const OPEN: Table = Table {
    name: "question",
    lifetime: CONFIRMATION_ANSWER,
    renews: false,
    items: QUESTIONS,
    bytes: usize::MAX,
    owners: PRINCIPALS,
    one_run: true,
};

/// The sealed state of a question.
#[derive(Serialize, Deserialize)]
struct Sealed {
    /// Makes the state unique.
    nonce: String,
    /// When it expires, in milliseconds since 1970.
    ends: u64,
}

/// Why a state is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidState {
    /// It was altered, or sealed for another call, by another server, or for another caller.
    NotOfThisCall,
    Expired,
    Used,
}

impl Confirmations {
    /// The confirmations of a server with this value of `--confirm`. `of_all` says whether the
    /// calls of every caller are confirmed, or only those of persons at the console.
    ///
    /// # Errors
    /// If the keys of `state` cannot seal.
    pub(crate) fn new(
        confirm: Confirm,
        of_all: bool,
        clock: SharedTimeSource,
        state: Arc<State>,
    ) -> Result<Self, StartError> {
        let keys = state.question_keys().into_iter();
        let codecs: Result<_, _> = keys.map(RequestStateCodec::try_new).collect();
        Ok(Self {
            of_all,
            by_person: confirm == Confirm::Person,
            approvals: Arc::new(Approvals::new(Arc::clone(&state))),
            receives: AtomicBool::new(false),
            codecs: codecs
                .map_err(|error| StartError(format!("Cannot seal questions: {error}.")))?,
            clock,
            plans: Plans::new(Arc::clone(&state)),
            state,
        })
    }

    /// Whether a destructive call in `request` must be confirmed.
    pub(crate) fn are_required(&self, request: &RequestContext<RoleServer>) -> bool {
        let at_console = || Principal::of(request).is_some_and(Principal::is_console);
        self.of_all || at_console() && can_ask(request)
    }

    /// Remembers, after a call that was confirmed for `users` users and returned `answer`, how
    /// many of them the calls that continue it may still change.
    pub(crate) async fn spend(
        &self,
        cx: &Cx,
        input: &ConfirmationInput,
        (by, users): (ConfirmedBy, u32),
        answer: &ToolResult<Value>,
    ) {
        let left = match answer {
            Ok(answer) if answer.get("cursor").is_some() => {
                let done = answer["done"].as_u64();
                let done = done.and_then(|done| u32::try_from(done).ok());
                users.saturating_sub(done.unwrap_or(users))
            }
            // Nothing is known of the users that the call changed before it failed.
            Err(_) if cx.arguments.contains_key("cursor") => users,
            Ok(_) | Err(_) => 0,
        };
        let (key, now) = (plans::key(cx, input), self.clock.now());
        self.plans.keep(&input.principal, &key, by, left, now).await;
    }

    /// Seals a question about `subject` to `principal`.
    ///
    /// # Errors
    /// If the system has no randomness, or the question cannot be kept.
    async fn seal(&self, principal: &str, subject: &str) -> ToolResult<String> {
        let nonce = random::<16>().ok_or_else(no_randomness)?;
        let lifetime = u64::try_from(CONFIRMATION_ANSWER.as_millis()).unwrap_or(u64::MAX);
        let question = Sealed {
            nonce: aws_smithy_types::base64::encode(nonce),
            ends: self.now().saturating_add(lifetime),
        };
        let options = SealOptions::new().associated_data(subject.as_bytes());
        let sealed = self.codecs.first().ok_or_else(no_randomness)?;
        let sealed = sealed
            .seal_json_with(&question, &options)
            .map_err(|_| no_randomness())?;
        let state = &self.state;
        if !state.put(&OPEN, principal, &question.nonce, &()).await? {
            return Err(too_many_questions());
        }
        Ok(sealed)
    }

    /// Redeems a state that was sealed for `principal` and `subject`. A state can be redeemed once.
    ///
    /// # Errors
    /// If the state of the server cannot be used. The inner error is the reason why it is refused.
    async fn redeem(
        &self,
        sealed: &str,
        principal: &str,
        subject: &str,
    ) -> StoreResult<Result<(), InvalidState>> {
        let opened = self
            .codecs
            .iter()
            .find_map(|codec| codec.open_json_with(sealed, subject.as_bytes()).ok());
        let Some(Sealed { nonce, ends }) = opened else {
            return Ok(Err(InvalidState::NotOfThisCall));
        };
        if ends <= self.now() {
            return Ok(Err(InvalidState::Expired));
        }
        let taken = self.state.take::<()>(&OPEN, principal, &nonce).await?;
        Ok(taken.ok_or(InvalidState::Used))
    }

    /// The calls that wait for approvals, which this process receives from now on.
    #[cfg(unix)]
    pub(crate) fn receive(&self) -> Arc<Approvals> {
        self.receives.store(true, Ordering::Relaxed);
        Arc::clone(&self.approvals)
    }

    /// Whether only a person confirms.
    pub(crate) fn by_person(&self) -> bool {
        self.by_person
    }

    fn now(&self) -> u64 {
        let now: SystemTime = self.clock.now();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Describes how a server with these flags confirms destructive calls. None if it requires
/// no confirmation.
///
/// # Errors
/// If it requires approvals and could not receive them.
pub(crate) fn describe(config: &Config) -> Option<Result<String, String>> {
    let destroys = selection::allowed(config) == Effect::Destroy;
    if !destroys || !config.confirms() {
        return None;
    }
    let other = if config.confirm == Confirm::Person {
        match approvals_place() {
            Ok(place) => place,
            Err(why) => return Some(Err(why)),
        }
    } else {
        "the agent of any other client repeats the name, and no person is asked".to_owned()
    };
    Some(Ok(format!(
        "a client that can ask its user asks before a call deletes or disables; {other}"
    )))
}

/// Describes where a server of this user receives approvals.
#[cfg(unix)]
fn approvals_place() -> Result<String, String> {
    let folder = operator::folder()?;
    operator::make_private(&folder)?;
    Ok(format!(
        "a call of any other client waits for `cognito-mcp approve`, which finds the server in {}",
        folder.display()
    ))
}

#[cfg(not(unix))]
fn approvals_place() -> Result<String, String> {
    Ok("any other client cannot delete or disable on this system".to_owned())
}

/// Checks whether the call is confirmed, and requests a confirmation if it is not.
///
/// # Errors
/// If it is not confirmed, or if it fails before it would destroy anything.
pub(crate) async fn check(
    entry: &Entry,
    cx: &Cx,
    confirmations: &Confirmations,
    input: &ConfirmationInput,
    request: &RequestContext<RoleServer>,
) -> ToolResult<Decision> {
    if entry.definition.plans && cx.arguments.contains_key("cursor") {
        let now = confirmations.clock.now();
        let plans = &confirmations.plans;
        let covered = plans
            .take(&input.principal, &plans::key(cx, input), now)
            .await?;
        if let Some((by, users)) = covered {
            audit::confirmed(by);
            return Ok(Decision::Confirmed(by, Some(users)));
        }
    }
    let question = match Question::of(entry, cx, input).await? {
        Ok(question) => question,
        Err(answer) => return Ok(Decision::Answered(answer)),
    };
    let stateless = request
        .protocol_version()
        .is_some_and(|version| !version.has_initialize());
    let decision = match (can_ask(request), stateless) {
        (true, true) => question.by_state(confirmations, input).await?,
        (true, false) => {
            question.by_elicitation(request).await?;
            // The state may have changed, because the question may have been open for
            // minutes.
            match Question::of(entry, cx, input).await? {
                Ok(now) if now.is_same(&question) => {
                    Decision::Confirmed(ConfirmedBy::Person, question.users)
                }
                Ok(now) => return Err(now.changed()),
                Err(answer) => Decision::Answered(answer),
            }
        }
        (false, _) if confirmations.by_person => question.by_approval(confirmations, input).await?,
        (false, _) => question.by_argument(input)?,
    };
    if let Decision::Confirmed(by, _) = decision {
        audit::confirmed(by);
    }
    Ok(decision)
}

/// Whether the client of `request` can ask its user.
fn can_ask(request: &RequestContext<RoleServer>) -> bool {
    let capabilities = request.client_capabilities();
    let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation);
    // A client that declares no mode can show forms.
    elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

/// The question whether a call should proceed.
struct Question {
    /// The effect of the call, and where it would happen.
    described: String,
    /// The text to repeat, if the model confirms.
    phrase: String,
    /// Everything that a confirmation is bound to.
    subject: String,
    /// The number of users, if the call has a plan.
    users: Option<u32>,
}

impl Question {
    /// Whether a confirmation of `other` confirms this call.
    fn is_same(&self, other: &Self) -> bool {
        (&self.subject, self.users) == (&other.subject, other.users)
    }

    /// The question about a call, or the call's answer if it would destroy nothing.
    async fn of(
        entry: &Entry,
        cx: &Cx,
        input: &ConfirmationInput,
    ) -> ToolResult<Result<Self, Value>> {
        let Rehearsal {
            answer,
            held_back,
            foreseen,
        } = dry_run::rehearse(entry, cx).await;
        if held_back.is_empty() {
            // The call failed before it would have destroyed anything, or it destroys nothing.
            return answer.map(Err);
        }
        let plan = answer.as_ref().ok().and_then(plans::victim);
        if let Some((victim, users)) = plan {
            let mut question = Self::new(cx, input, &[victim]).await;
            question.users = Some(users);
            return Ok(Ok(question));
        }
        let victims = victims(cx, &held_back).await?;
        let mut question = Self::new(cx, input, &victims).await;
        // The confirmation is not bound to it: a group may get another member meanwhile.
        if let Some(affects) = foreseen.get(added::AFFECTS).and_then(Value::as_str) {
            question.described = format!("{}. {}", question.described, line(affects));
        }
        Ok(Ok(question))
    }

    async fn new(cx: &Cx, input: &ConfirmationInput, victims: &[Victim]) -> Self {
        let shown: Vec<&str> = victims.iter().map(|victim| &*victim.described).collect();
        let place = cx.place().await;
        let account = place
            .account
            .map(|account| format!(" in account {account}"));
        let pool = place
            .user_pool_id
            .map(|pool| format!(", pool {}", bare(&pool)));
        // The confirmation is not bound to the name, which cannot be read at every time.
        let name = place
            .user_pool_name
            .map(|name| format!(" ({})", bare(&name)));
        let on = match (place.backend.as_str(), cx.endpoint()) {
            ("aws", None) => "Amazon Cognito".to_owned(),
            ("aws", Some(address)) => format!("Cognito at {address}"),
            _ => "the emulator".to_owned(),
        };
        let bound = format!(
            "{} would {}, on {on}{}, Region {}{}",
            cx.tool(),
            shown.join(", "),
            account.unwrap_or_default(),
            place.region,
            pool.unwrap_or_default()
        );
        let names: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
        let subs: Vec<Option<&str>> = victims.iter().map(|victim| victim.sub.as_deref()).collect();
        let arguments = sorted(&Value::Object(cx.arguments.clone()));
        let subject = json!([
            input.principal,
            input.client,
            cx.tool(),
            arguments,
            bound,
            names,
            subs
        ]);
        Self {
            described: bound + &name.unwrap_or_default(),
            phrase: phrase::of(&names),
            subject: subject.to_string(),
            users: None,
        }
    }

    /// The form that a client shows its user.
    fn form(&self) -> ElicitRequestParams {
        let schema = ElicitationSchema::builder()
            .required_bool_with(QUESTION, |confirm| {
                confirm
                    .title("Confirm")
                    .description("It cannot be undone.")
                    .with_default(false)
            })
            .build_unchecked();
        ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: format!(
                "{}. Should it? Without a yes within {}, nothing is done.",
                self.described,
                minutes(CONFIRMATION_ANSWER)
            ),
            requested_schema: schema,
        }
    }

    /// The first way: the client asks its user, and calls again with the answer.
    async fn by_state(
        &self,
        confirmations: &Confirmations,
        input: &ConfirmationInput,
    ) -> ToolResult<Decision> {
        let Some(sealed) = &input.state else {
            let sealed = confirmations.seal(&input.principal, &self.subject).await?;
            let question = InputRequest::Elicitation(ElicitRequest::new(self.form()));
            let questions = InputRequests::from([(QUESTION.to_owned(), question)]);
            let ask = InputRequiredResult::new(Some(questions), Some(sealed));
            return Ok(Decision::Ask(Box::new(ask)));
        };
        confirmations
            .redeem(sealed, &input.principal, &self.subject)
            .await?
            .map_err(refused)?;
        client::brought(input.answer.as_ref()).map_err(|no| self.refusal(&no))?;
        Ok(Decision::Confirmed(ConfirmedBy::Person, self.users))
    }

    /// The second way: the server sends the question to the client.
    async fn by_elicitation(&self, request: &RequestContext<RoleServer>) -> ToolResult<()> {
        let asked = request
            .peer
            .create_elicitation_with_timeout(self.form(), Some(CONFIRMATION_ANSWER));
        match request.ct.run_until_cancelled(asked).await {
            Some(answer) => client::asked(answer).map_err(|no| self.refusal(&no)),
            None => Err(ToolError::new("Cancelled", "The call was cancelled")),
        }
    }

    fn refusal(&self, no: &No) -> Box<ToolError> {
        tracing::debug!(?no, "a call was not confirmed");
        no.refusal(&self.described)
    }

    /// The error for a call whose target changed while the user was asked.
    fn changed(&self) -> Box<ToolError> {
        let message = format!(
            "The target of the call changed while the user was asked. Now {}",
            self.described
        );
        ToolError::new("ConfirmationInvalid", message).hint(
            "Nothing was done. Call again with the same arguments if the user still wants it: the \
             user is asked again",
        )
    }

    /// The third way: the caller repeats the name.
    fn by_argument(&self, input: &ConfirmationInput) -> ToolResult<Decision> {
        if input.argument.as_ref() == Some(&self.phrase) {
            return Ok(Decision::Confirmed(ConfirmedBy::Agent, self.users));
        }
        let wrong = match &input.argument {
            Some(_) => ". `confirm` does not repeat it exactly",
            None => "",
        };
        let message = format!("{}{wrong}", self.described);
        // The hint is text and not a call to copy, so that the model reads the name.
        Err(ToolError::new("ConfirmationRequired", message).hint(phrase::hint(&self.phrase)))
    }

    /// The fourth way: a person approves a code.
    async fn by_approval(
        &self,
        confirmations: &Confirmations,
        input: &ConfirmationInput,
    ) -> ToolResult<Decision> {
        if !confirmations.receives.load(Ordering::Relaxed) {
            let message = format!("{}. A person has to confirm it", self.described);
            return Err(ToolError::new("ConfirmationRequired", message).hint(
                "Nothing was done. This client cannot ask its user, and the server receives no \
                 approvals: ask the person who runs the server, or use a client that can ask its \
                 user",
            ));
        }
        let asking = Asking {
            subject: &self.subject,
            question: &self.described,
            caller: &input.caller(),
            principal: &input.principal,
        };
        match confirmations.approvals.standing(&asking).await? {
            Standing::Approved => Ok(Decision::Confirmed(ConfirmedBy::Operator, self.users)),
            Standing::Waits(code) => Err(self.waits(&code)),
            Standing::Declined => {
                let message = format!("The person who was asked declined: {}", self.described);
                Err(ToolError::new("ConfirmationDeclined", message).hint(
                    "Nothing was done. Ask the user whether it should be. If so, call again with \
                     the same arguments, and there is a new code to approve",
                ))
            }
            Standing::TooMany => {
                let message = format!("Too many calls wait for an approval: {}", self.described);
                Err(ToolError::new("TooManyApprovals", message).hint(format!(
                    "Nothing was done. At most {APPROVALS_PER_PRINCIPAL} calls may wait: ask the \
                     user to approve or decline those first, with `cognito-mcp approve`"
                )))
            }
            Standing::NoCode => Err(no_randomness()),
        }
    }

    fn waits(&self, code: &str) -> Box<ToolError> {
        let message = format!("{}. A person has to approve it first", self.described);
        ToolError::new("ConfirmationRequired", message).hint(format!(
            "Nothing was done. Ask the user to run `cognito-mcp approve {code}` in a terminal of \
             the account that runs this server, within {}. Then call again with the same arguments: \
             the approval is for one call",
            minutes(APPROVAL_CODE)
        ))
    }
}

fn no_randomness() -> Box<ToolError> {
    ToolError::new("InternalError", "The system has no randomness")
}

fn too_many_questions() -> Box<ToolError> {
    ToolError::new(
        "TooManyApprovals",
        "Too many principals have open questions",
    )
    .hint("Nothing was done. Call again in ten minutes")
}

fn refused(why: InvalidState) -> Box<ToolError> {
    let (code, message) = match why {
        InvalidState::NotOfThisCall => (
            "ConfirmationInvalid",
            "The confirmation is not for this call: it was altered, or belongs to another caller, or \
             is for other arguments, or the target of the call has changed"
                .to_owned(),
        ),
        InvalidState::Expired => (
            "ConfirmationExpired",
            format!(
                "The client gave no answer within {}: the question has expired",
                minutes(CONFIRMATION_ANSWER)
            ),
        ),
        InvalidState::Used => (
            "ConfirmationUsed",
            "The confirmation was used already, or the server no longer knows it: each is for one \
             call"
                .to_owned(),
        ),
    };
    ToolError::new(code, message)
        .hint("Nothing was done. Call again without requestState, and the user is asked again")
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
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::guard::untrusted;
    use crate::test_clock::TestClock;

    fn confirmations() -> (Confirmations, TestClock) {
        let start = UNIX_EPOCH + Duration::from_hours(500_000);
        let clock = TestClock::at(start);
        let confirmations = Confirmations::new(
            Confirm::Always,
            true,
            SharedTimeSource::new(clock.clone()),
            Arc::new(State::process()),
        )
        .unwrap();
        (confirmations, clock)
    }

    async fn seal(confirmations: &Confirmations, subject: &str) -> String {
        confirmations.seal("ana", subject).await.unwrap()
    }

    async fn redeem(
        confirmations: &Confirmations,
        sealed: &str,
        subject: &str,
    ) -> Result<(), InvalidState> {
        confirmations.redeem(sealed, "ana", subject).await.unwrap()
    }

    #[tokio::test]
    async fn a_state_is_valid_once_and_for_ten_minutes() {
        let (confirmations, clock) = confirmations();
        let first = seal(&confirmations, "this").await;
        let second = seal(&confirmations, "this").await;
        assert_eq!(redeem(&confirmations, &first, "this").await, Ok(()));
        let used = Err(InvalidState::Used);
        assert_eq!(redeem(&confirmations, &first, "this").await, used);
        clock.advance(CONFIRMATION_ANSWER.saturating_sub(Duration::from_millis(1)));
        assert_eq!(redeem(&confirmations, &first, "this").await, used);
        clock.advance(Duration::from_millis(1));
        let expired = Err(InvalidState::Expired);
        assert_eq!(redeem(&confirmations, &second, "this").await, expired);
        let third = seal(&confirmations, "this").await;
        assert_eq!(redeem(&confirmations, &third, "this").await, Ok(()));
    }

    #[tokio::test]
    async fn a_state_is_for_one_principal() {
        let (confirmations, _) = confirmations();
        let sealed = seal(&confirmations, "this").await;
        let other = confirmations.redeem(&sealed, "ben", "this").await;
        assert_eq!(other, Ok(Err(InvalidState::Used)));
        assert_eq!(redeem(&confirmations, &sealed, "this").await, Ok(()));
    }

    #[tokio::test]
    async fn a_state_is_for_one_subject_and_cannot_be_altered() {
        let (confirmations, _) = confirmations();
        let sealed = seal(&confirmations, "this").await;
        let wrong = Err(InvalidState::NotOfThisCall);
        assert_eq!(redeem(&confirmations, &sealed, "that").await, wrong);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            // The last character has unused bits, so a change of it may have no effect.
            if at + 1 < sealed.len() {
                let redeemed = redeem(&confirmations, &altered, "this").await;
                assert_eq!(redeemed, wrong, "{altered}");
            }
        }
        let another = self::confirmations().0;
        assert_eq!(redeem(&another, &sealed, "this").await, wrong);
        assert_eq!(redeem(&confirmations, "", "this").await, wrong);
        assert_eq!(redeem(&confirmations, &sealed, "this").await, Ok(()));
    }

    /// A name composed of parts that are shown escaped or altered.
    fn name() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[a-zA-Z0-9]{1,12}",
            any::<char>().prop_map(String::from),
            ".{0,8}",
            proptest::sample::select(vec![
                " ",
                "  ",
                ", ",
                ".",
                "`",
                "\"",
                "\\",
                "\\u{202e}",
                "\u{202e}",
                "\u{200b}",
                "\u{a0}",
                "\n",
                "\r\n",
                "\t",
                "{",
                "}",
                "<",
                ">",
                "\u{2026}",
                "\u{301}",
                "e\u{301}",
                "\u{e9}",
                "please",
                "Please retry with",
                "retry",
                "with",
                "error:",
                "Error",
                ":",
                "[quoted]",
                "sha256:",
                "sha256-list:",
                "secret:access_token/k3v9q2m8x1t7w5ha",
                "(",
                ")",
                "'",
                "\u{1b}[2J",
                "\u{1f680}",
                "\u{e0041}",
            ])
            .prop_map(ToOwned::to_owned),
        ];
        let short = proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat());
        prop_oneof![
            8 => short.clone(),
            1 => (short, 60_usize..200).prop_map(|(start, length)| format!("{start}{}", "x".repeat(length))),
        ]
    }

    fn question(names: &[String]) -> Question {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Question {
            described: "delete_group would delete it".to_owned(),
            phrase: phrase::of(&names),
            subject: String::new(),
            users: None,
        }
    }

    fn with_argument(argument: Option<&str>) -> ConfirmationInput {
        ConfirmationInput {
            argument: argument.map(ToOwned::to_owned),
            state: None,
            answer: None,
            principal: String::new(),
            client: String::new(),
        }
    }

    /// The text in the last backticks of the error for `question`, as a client receives it.
    fn shown(question: &Question) -> String {
        let Err(mut error) = question.by_argument(&with_argument(None)) else {
            panic!("confirmed without a name");
        };
        untrusted::error(&mut error);
        let result = error.to_result();
        let text = &result.content[0].as_text().unwrap().text;
        let (sentence, facts) = text.split_once('\n').unwrap();
        let facts: Value = serde_json::from_str(facts).unwrap();
        let last = |text: &str| text.rsplit('`').nth(1).unwrap().to_owned();
        let shown = last(sentence);
        assert_eq!(shown, last(facts["hint"].as_str().unwrap()));
        // The JSON text contains it unescaped.
        assert!(facts.to_string().contains(&format!("`{shown}`")), "{facts}");
        shown
    }

    fn confirms(question: &Question, argument: &str) -> bool {
        question.by_argument(&with_argument(Some(argument))).is_ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// The phrase in the error confirms, and no other form of the name does.
        #[test]
        fn the_shown_phrase_confirms(names in proptest::collection::vec(name(), 1..3)) {
            let question = question(&names);
            let shown = shown(&question);
            prop_assert!(confirms(&question, &shown), "{shown:?}");
            prop_assert!(shown.trim() == shown && !shown.is_empty());
            let all = names.join(", ");
            let forms = [
                all.clone(),
                line(&all).into_owned(),
                untrusted::text(&all).into_owned(),
                untrusted::named(&all),
                bare(&all),
                untrusted::sentence(&all),
                all.trim().to_owned(),
                all.to_lowercase(),
                format!("{shown} "),
                format!("`{shown}`"),
                shown.to_uppercase(),
                String::new(),
            ];
            for form in forms.iter().filter(|form| **form != shown) {
                prop_assert!(!confirms(&question, form), "{form:?} {shown:?}");
            }
        }

        /// The phrase of one victim does not confirm another, however similar their names.
        #[test]
        fn no_two_victims_have_the_same_phrase(
            names in proptest::collection::vec(name(), 1..3),
            other in proptest::collection::vec(name(), 1..3),
        ) {
            let own = question(&names);
            let own_shown = shown(&own);
            let joined = names.join(", ");
            let alike = [
                other,
                vec![joined.clone()],
                vec![line(&joined).into_owned()],
                vec![untrusted::named(&joined)],
                vec![untrusted::sentence(&joined)],
                vec![joined.trim().to_owned()],
                vec![own_shown.clone()],
                vec![json!(names).to_string()],
            ];
            for victims in alike.iter().filter(|victims| **victims != names) {
                let question = question(victims);
                prop_assert!(!confirms(&question, &own_shown), "{names:?} {victims:?}");
            }
        }
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
