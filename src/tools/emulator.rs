//! Toolset `emulator`: controls of the emulator for tests.

use std::time::Duration;

use cognito_emulator::layers::faults::{Fault, FaultEffect as Strike, Target, When};
use cognito_emulator::layers::journal;
use cognito_emulator::stack::{OutboxFilter, SavedAs, Stack};
use cognito_emulator::world::{Message, Purpose, TokenClock};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Done, Effect, Entry, OneUser, Page, Tool, raw};
use crate::arguments::nearest;
use crate::call::context::Cx;
use crate::cognito::operations;
use crate::cognito::time;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::secrets::Secret;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<ReadOutbox>(),
        Entry::of::<GetClock>(),
        Entry::of::<AdvanceClock>(),
        Entry::of::<UnlockUser>(),
        Entry::of::<InjectFault>(),
        Entry::of::<ReadJournal>(),
        Entry::of::<SaveState>(),
        Entry::of::<RestoreState>(),
        Entry::of::<ResetEmulator>(),
    ]
}

/// Read the messages that Cognito would have sent by e-mail and SMS, newest first: verification codes, second factors, temporary passwords.
#[derive(Deserialize, JsonSchema)]
struct ReadOutbox {
    /// Only messages to this e-mail address or phone number.
    recipient: Option<String>,
    /// Only messages for this user.
    username: Option<String>,
    /// Only messages of this pool.
    user_pool_id: Option<String>,
    #[serde(flatten)]
    page: Page<10, 60>,
}

/// Keeps the newest `limit` of `items`, newest first. `items` are sorted oldest first. With a
/// `cursor`, only items before it are considered. Returns the number of older items, and the
/// cursor to them, which stays valid when newer items are added.
fn newest<T>(
    items: &mut Vec<T>,
    limit: usize,
    cursor: Option<&str>,
) -> ToolResult<(usize, Option<String>)> {
    if let Some(cursor) = cursor {
        let before = cursor.parse().ok().filter(|before| *before <= items.len());
        let before = before.ok_or_else(|| {
            ToolError::argument("/cursor", "is not one that the list returned: omit it")
        })?;
        items.truncate(before);
    }
    let older = items.len().saturating_sub(limit);
    items.drain(..older);
    items.reverse();
    Ok((older, (older > 0).then(|| older.to_string())))
}

/// A page of the outbox.
#[derive(Serialize, JsonSchema)]
struct OutboxPage {
    /// The messages, newest first.
    messages: Vec<OutboxMessage>,
    /// Older messages that match and were left out.
    older: usize,
    /// Where the older ones begin; absent if there are none.
    cursor: Option<String>,
    /// The call that returns them.
    next: Option<NextCall>,
}

/// A message.
#[derive(Serialize, JsonSchema)]
struct OutboxMessage {
    /// The code, or the temporary password of an invitation.
    code: Secret,
    /// Why it was sent: `Invitation`, `SignUp`, `PasswordReset`, `AttributeVerification` or `SignIn`.
    purpose: String,
    /// The user that it is for.
    username: String,
    /// The address or number.
    destination: String,
    /// `EMAIL` or `SMS`.
    medium: String,
    /// Subject of an e-mail.
    subject: String,
    /// The text.
    body: String,
    /// The link that confirms a sign-up.
    link: Option<String>,
    /// The pool that sent it.
    user_pool_id: String,
    /// When it was sent, RFC 3339.
    sent_at: Option<String>,
}

impl Tool for ReadOutbox {
    const NAME: &'static str = "read_outbox";
    const TITLE: &'static str = "Read outbox";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = OutboxPage;

    fn example() -> Value {
        json!({ "username": "ana", "limit": 1 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<OutboxPage> {
        let filter = OutboxFilter {
            recipient: self.recipient,
            username: self.username,
            pool: self.user_pool_id,
            ..OutboxFilter::default()
        };
        let stack = cx.emulator()?.stack();
        let mut messages = stack.outbox(&filter);
        // Messages of deleted pools are kept.
        if let Some(pool) = filter.pool.as_ref().filter(|_| messages.is_empty())
            && stack.issuer_of(pool).is_none()
        {
            let message = format!("User pool {pool} does not exist.");
            return Err(ToolError::new("ResourceNotFoundException", message));
        }
        let (older, cursor) = newest(
            &mut messages,
            self.page.count(),
            self.page.cursor.as_deref(),
        )?;
        Ok(OutboxPage {
            next: cx.next_page(cursor.as_deref()),
            cursor,
            messages: messages
                .into_iter()
                .map(|message| OutboxMessage::new(cx, message))
                .collect(),
            older,
        })
    }
}

impl OutboxMessage {
    fn new(cx: &Cx, message: Message) -> Self {
        let kind = match message.purpose {
            Purpose::Invitation => "temporary_password",
            Purpose::Notification => "feedback_token",
            _ => "code",
        };
        let code = cx.conceal(kind, &message.code);
        // The text contains the code.
        let covered = |text: String| text.replace(&message.code, &code.to_string());
        Self {
            purpose: format!("{:?}", message.purpose),
            medium: format!("{:?}", message.medium).to_uppercase(),
            sent_at: time::rfc3339_of_milliseconds(message.sent_at.0),
            username: message.username,
            destination: message.destination,
            subject: covered(message.subject),
            body: covered(message.body),
            link: message.link.map(covered),
            code,
            user_pool_id: message.user_pool_id,
        }
    }
}

/// Read the emulator's clock.
#[derive(Deserialize, JsonSchema)]
struct GetClock {}

impl Tool for GetClock {
    const NAME: &'static str = "get_clock";
    const TITLE: &'static str = "Get clock";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Now;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<Now> {
        Ok(Now::of(cx.emulator()?.stack()))
    }
}

/// Move the emulator's clock forward, so that tokens, codes, sessions and locks expire now. The time of every pool moves, for all callers. It never goes back.
#[derive(Deserialize, JsonSchema)]
struct AdvanceClock {
    /// Days to add (default 0, like the others).
    #[serde(default)]
    #[schemars(range(max = 36_500))]
    days: u64,
    /// Hours to add.
    #[serde(default)]
    #[schemars(range(max = 876_000))]
    hours: u64,
    /// Minutes to add.
    #[serde(default)]
    #[schemars(range(max = 52_560_000))]
    minutes: u64,
    /// Seconds to add.
    #[serde(default)]
    #[schemars(range(max = 3_153_600_000_u64))]
    seconds: u64,
    /// The clock of the times in new tokens, from now on: `real` if an application with the real clock verifies them. Codes and limits follow the emulator's clock.
    token_clock: Option<TokenTime>,
    /// Age in seconds that new tokens have when they are issued, from now on: 90000 makes expired tokens, 0 current ones.
    #[schemars(range(max = 3_153_600_000_u64))]
    token_age: Option<u64>,
}

/// The clock that the times in tokens follow.
#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TokenTime {
    Emulator,
    Real,
}

/// The emulator's time.
#[derive(Serialize, JsonSchema)]
struct Now {
    /// The time now, RFC 3339.
    #[serde(rename = "now")]
    time: Option<String>,
    /// The clock that the times in new tokens follow: `emulator` or `real`.
    token_clock: TokenTime,
    /// Age in seconds that new tokens have when they are issued.
    token_age: u64,
}

impl Now {
    fn of(stack: &Stack) -> Self {
        let times = stack.world().clock.token_times();
        Self {
            time: time::rfc3339_of_milliseconds(stack.world().now().0),
            token_clock: match times.clock {
                TokenClock::Emulator => TokenTime::Emulator,
                TokenClock::Real => TokenTime::Real,
            },
            token_age: times.age.as_secs(),
        }
    }
}

impl Tool for AdvanceClock {
    const NAME: &'static str = "advance_clock";
    const TITLE: &'static str = "Advance clock";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Now;

    fn example() -> Value {
        json!({ "hours": 1, "minutes": 1 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Now> {
        let seconds = self.days * 86_400 + self.hours * 3_600 + self.minutes * 60 + self.seconds;
        let stack = cx.emulator()?.stack();
        let clock = self.token_clock.map(|clock| match clock {
            TokenTime::Emulator => TokenClock::Emulator,
            TokenTime::Real => TokenClock::Real,
        });
        stack.set_token_times(clock, self.token_age.map(Duration::from_secs));
        stack.advance(Duration::from_secs(seconds));
        Ok(Now::of(stack))
    }
}

/// End the lock of a user after wrong passwords. On AWS a lock ends by itself, within 15 minutes.
#[derive(Deserialize, JsonSchema)]
struct UnlockUser {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for UnlockUser {
    const NAME: &'static str = "unlock_user";
    const TITLE: &'static str = "Unlock user";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        let unlocked = cx.emulator()?.unlock(&pool, &self.user.username);
        let (username, was_locked) = unlocked
            .map_err(|error| ToolError::new(error.code(), error.sentence().unwrap_or_default()))?;
        Ok(Done::new(if was_locked {
            format!("{username} is no longer locked")
        } else {
            format!("{username} was not locked; earlier wrong passwords no longer count")
        }))
    }
}

/// Make calls of Cognito operations fail, come late or lose their connection. SDKs retry `TooManyRequestsException`, `InternalErrorException` and cuts: with `callers: 1` every try of one call fails.
#[derive(Deserialize, JsonSchema)]
struct InjectFault {
    /// The operation that fails, as in `AdminCreateUser`. Default: every operation.
    operation: Option<String>,
    /// Its quota category, as in `UserRead`.
    category: Option<String>,
    /// What happens. Required unless the call only clears faults.
    effect: Option<FaultEffect>,
    /// effect exception: its name, one that the operation declares.
    code: Option<String>,
    /// effect exception: its sentence.
    message: Option<String>,
    /// effect delay: milliseconds.
    #[schemars(range(min = 1, max = 3_600_000))]
    delay_ms: Option<u64>,
    /// Only so many calls from now on, each with all retries of its SDK. Default: every call.
    #[schemars(range(min = 1, max = 1_000))]
    callers: Option<u64>,
    /// Only so many requests from now on; retries count.
    #[schemars(range(min = 1))]
    first: Option<u64>,
    /// Only one request; 1 is the next one.
    #[schemars(range(min = 1))]
    nth: Option<u64>,
    /// Each call with this probability, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    share: Option<f64>,
    /// End all active faults first (default false).
    #[serde(default)]
    clear: bool,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FaultEffect {
    Exception,
    Delay,
    CutBeforeEffects,
    CutAfterEffects,
}

/// Faults.
#[derive(Serialize, JsonSchema)]
struct FaultsUnderWay {
    /// Every fault under way, oldest first: `on`, `when`, `effect`, the requests that it `concerned` and `struck`, and `callers_struck` if it counts callers.
    faults: Vec<JsonObject>,
}

impl Tool for InjectFault {
    const NAME: &'static str = "inject_fault";
    const TITLE: &'static str = "Inject fault";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = FaultsUnderWay;

    fn example() -> Value {
        json!({ "operation": "ListUsers", "effect": "exception", "code": "TooManyRequestsException", "callers": 1 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<FaultsUnderWay> {
        check_operation(cx, self.operation.as_deref())?;
        let stack = cx.emulator()?.stack();
        let fault = self.fault()?;
        if let Some(fault) = &fault {
            fault.check().map_err(|invalid| not_valid(invalid.0))?;
        }
        if self.clear {
            stack.clear_faults();
        }
        if let Some(fault) = fault {
            stack
                .inject(fault)
                .map_err(|invalid| not_valid(invalid.0))?;
        }
        let faults = stack.faults();
        let faults = faults
            .iter()
            .filter_map(|fault| object(serde_json::to_value(fault).ok()?));
        Ok(FaultsUnderWay {
            faults: faults.collect(),
        })
    }
}

impl InjectFault {
    /// The requested fault; none if the call only clears faults.
    fn fault(&self) -> ToolResult<Option<Fault>> {
        let Some(effect) = self.effect else {
            return if self.clear {
                Ok(None)
            } else {
                Err(ToolError::argument(
                    "/effect",
                    "is required, unless `clear` is true",
                ))
            };
        };
        let on = match (&self.operation, &self.category) {
            (Some(_), Some(_)) => {
                return Err(ToolError::argument(
                    "/category",
                    "cannot be combined with operation: give one",
                ));
            }
            (Some(operation), None) => Target::Operation(operation.clone()),
            (None, Some(category)) => {
                let category = serde_json::from_value(json!(category))
                    .map_err(|error| ToolError::argument("/category", error.to_string()))?;
                Target::Category(category)
            }
            (None, None) => Target::Any,
        };
        let when = match (self.callers, self.first, self.nth, self.share) {
            (None, None, None, None) => When::Always,
            (Some(callers), None, None, None) => When::Callers(callers),
            (None, Some(first), None, None) => When::First(first),
            (None, None, Some(nth), None) => When::Nth(nth),
            (None, None, None, Some(share)) => When::Share(share),
            _ => {
                let sentence = "Give one of callers, first, nth and share";
                return Err(not_valid(sentence.to_owned()));
            }
        };
        let effect = match (effect, &self.code, self.delay_ms) {
            (FaultEffect::Exception, Some(code), _) => Strike::Exception {
                code: code.clone(),
                message: self.message.clone(),
            },
            (FaultEffect::Exception, None, _) => {
                return Err(ToolError::argument(
                    "/code",
                    "is required for effect exception",
                ));
            }
            (FaultEffect::Delay, _, Some(milliseconds)) => {
                Strike::Delay(Duration::from_millis(milliseconds))
            }
            (FaultEffect::Delay, _, None) => {
                return Err(ToolError::argument(
                    "/delay_ms",
                    "is required for effect delay",
                ));
            }
            (FaultEffect::CutBeforeEffects, ..) => Strike::CutBeforeEffects,
            (FaultEffect::CutAfterEffects, ..) => Strike::CutAfterEffects,
        };
        Ok(Some(Fault { on, when, effect }))
    }
}

/// Checks that the operation exists, if the arguments name one.
fn check_operation(cx: &Cx, name: Option<&str>) -> ToolResult<()> {
    match name.filter(|name| operations::find(name).is_none()) {
        Some(unknown) => Err(raw::no_operation(cx.tool(), unknown, cx.arguments.clone())),
        None => Ok(()),
    }
}

fn not_valid(sentence: String) -> Box<ToolError> {
    ToolError::new("InvalidArguments", sentence).hint(format!(
        "Valid arguments look like {}",
        InjectFault::example()
    ))
}

fn object(value: Value) -> Option<JsonObject> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Read the last calls that the emulator answered, from tools and over HTTP, newest first and without secrets.
#[derive(Deserialize, JsonSchema)]
struct ReadJournal {
    /// Only calls of this operation, as in `AdminCreateUser`.
    operation: Option<String>,
    /// Only calls that failed (default false).
    #[serde(default)]
    failed: bool,
    /// Also what tools read for themselves (default false).
    #[serde(default)]
    lookups: bool,
    #[serde(flatten)]
    page: Page<10, 60>,
}

/// A page of the journal.
#[derive(Serialize, JsonSchema)]
struct JournalPage {
    /// The calls, newest first.
    calls: Vec<Answered>,
    /// Older calls that match and were left out.
    older: usize,
    /// Where the older ones begin; absent if there are none.
    cursor: Option<String>,
    /// The call that returns them.
    next: Option<NextCall>,
}

/// One call and its answer.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// When it arrived, RFC 3339.
    at: Option<String>,
    /// The operation.
    operation: String,
    /// HTTP status; absent if the connection was cut before it was sent.
    status: Option<u16>,
    /// The exception's name, if the call failed.
    code: Option<String>,
    /// The exception's sentence.
    message: Option<String>,
    /// The request without secrets.
    request: Option<JsonObject>,
    /// The response without secrets, if the call succeeded.
    response: Option<JsonObject>,
    /// The request id in the response.
    request_id: String,
    /// Milliseconds by which a fault delayed the response.
    delay_ms: Option<u64>,
    /// `BeforeEffects` or `AfterEffects`, if a fault cut the connection.
    cut: Option<String>,
    /// True if a tool read this for itself, as for a hint or a dry run.
    lookup: Option<bool>,
}

impl Tool for ReadJournal {
    const NAME: &'static str = "read_journal";
    const TITLE: &'static str = "Read journal";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = JournalPage;

    fn example() -> Value {
        json!({ "operation": "AdminCreateUser", "failed": true, "limit": 5 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<JournalPage> {
        check_operation(cx, self.operation.as_deref())?;
        let filter = journal::JournalFilter {
            operation: self.operation,
            failed: self.failed,
            without_lookups: !self.lookups,
            ..journal::JournalFilter::default()
        };
        let mut calls = cx.emulator()?.stack().read_journal(&filter);
        let (older, cursor) = newest(&mut calls, self.page.count(), self.page.cursor.as_deref())?;
        Ok(JournalPage {
            next: cx.next_page(cursor.as_deref()),
            cursor,
            calls: calls
                .iter()
                .map(|call| Answered::from(call.entry()))
                .collect(),
            older,
        })
    }
}

impl From<journal::Entry> for Answered {
    fn from(call: journal::Entry) -> Self {
        Self {
            at: time::rfc3339_of_milliseconds(call.time.0),
            operation: call.operation,
            status: call.status,
            code: call.code,
            message: call.message,
            request: object(call.request),
            response: object(call.response),
            request_id: call.request_id,
            delay_ms: u64::try_from(call.delay.as_millis())
                .ok()
                .filter(|delay| *delay > 0),
            cut: call.cut.map(|cut| format!("{cut:?}")),
            lookup: call.lookup.then_some(true),
        }
    }
}

/// Save the emulator's state under a name: pools, users, messages and the clock. `restore_state` returns to it, as often as needed. It takes milliseconds.
#[derive(Deserialize, JsonSchema)]
struct SaveState {
    /// The name: letters, digits, `-`, `_` and `.`. A state that was saved under this name is replaced.
    name: String,
}

/// A saved state.
#[derive(Serialize, JsonSchema)]
struct SavePoint {
    /// Its name.
    name: String,
    /// When it was saved, by the emulator's clock, RFC 3339.
    saved_at: Option<String>,
    /// The number of its pools.
    pools: usize,
    /// The number of users in all its pools.
    users: usize,
}

impl From<SavedAs> for SavePoint {
    fn from(saved: SavedAs) -> Self {
        Self {
            name: saved.name,
            saved_at: time::rfc3339_of_milliseconds(saved.saved_at.0),
            pools: saved.pools,
            users: saved.users,
        }
    }
}

impl Tool for SaveState {
    const NAME: &'static str = "save_state";
    const TITLE: &'static str = "Save state";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = SavePoint;

    fn example() -> Value {
        json!({ "name": "fixture" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<SavePoint> {
        let saved = cx.emulator()?.stack().save_state(&self.name);
        let saved = saved.map_err(|invalid| ToolError::argument("/name", invalid.0))?;
        Ok(saved.into())
    }
}

/// Return to a state that `save_state` saved: pools, users, messages and the clock. What was changed since then is lost.
#[derive(Deserialize, JsonSchema)]
struct RestoreState {
    /// The name of the saved state.
    name: String,
}

impl Tool for RestoreState {
    const NAME: &'static str = "restore_state";
    const TITLE: &'static str = "Restore state";
    const EMULATED: Option<Effect> = Some(Effect::Destroy);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = SavePoint;

    fn example() -> Value {
        json!({ "name": "fixture" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<SavePoint> {
        let stack = cx.emulator()?.stack();
        let restored = stack.restore_state(&self.name).map_err(|invalid| {
            let saved = stack.saved_states();
            let names = saved.iter().map(|saved| saved.name.as_str());
            let nearest = nearest(self.name.trim(), names);
            let nearest =
                nearest.map_or_else(String::new, |name| format!("; the nearest is `{name}`"));
            ToolError::new("StateNotFound", invalid.0).hint(format!(
                "Give one of those names, or save the present state with save_state first{nearest}"
            ))
        })?;
        cx.start_over().await;
        Ok(restored.into())
    }
}

/// Reset the emulator to its initial state: pools, users, messages, faults and the clock. The demo pool is created again unless the server was started without it.
#[derive(Deserialize, JsonSchema)]
struct ResetEmulator {}

impl Tool for ResetEmulator {
    const NAME: &'static str = "reset_emulator";
    const TITLE: &'static str = "Reset emulator";
    const EMULATED: Option<Effect> = Some(Effect::Destroy);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Done;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.emulator()?.stack().reset();
        cx.start_over().await;
        Ok(Done::new("The emulator is reset"))
    }
}
