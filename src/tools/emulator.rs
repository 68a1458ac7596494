//! Toolset `emulator`: controls of the emulator for tests.

use std::collections::BTreeMap;
use std::time::Duration;

use cognito_emulator::layers::faults::{Fault, FaultEffect as Strike, Target, When};
use cognito_emulator::layers::throttle::Throttle;
use cognito_emulator::layers::{Invalid, journal};
use cognito_emulator::pool_file::{self, Mistake};
use cognito_emulator::stack::{OutboxFilter, SavedAs, Stack};
use cognito_emulator::state::expiring::Expiring;
use cognito_emulator::wire::Service as _;
use cognito_emulator::world::{Message, Purpose, TokenClock};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Done, Effect, Entry, OneUser, Page, Tool, raw};
use crate::arguments::nearest;
use crate::call::context::Cx;
use crate::cognito::operations;
use crate::cognito::pools::{self, Elsewhere};
use crate::cognito::time;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::secrets::Secret;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<ReadOutbox>(),
        Entry::of::<GetClock>(),
        Entry::of::<GetEmulator>(),
        Entry::of::<SetThrottle>(),
        Entry::of::<LoadPoolFile>(),
        Entry::of::<RepeatRequest>(),
        Entry::of::<AdvanceClock>(),
        Entry::of::<UnlockUser>(),
        Entry::of::<InjectFault>(),
        Entry::of::<ReadJournal>(),
        Entry::of::<SaveState>(),
        Entry::of::<RestoreState>(),
        Entry::of::<ResetEmulator>(),
    ]
}

/// The deletion of saved states, which is not a part of the default toolset: tests save over a state.
pub(super) fn deletion() -> Vec<Entry> {
    vec![Entry::of::<DeleteState>()]
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
    /// Its name, unless it was deleted.
    user_pool_name: Option<String>,
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
            user_pool_name: cx
                .emulator()
                .ok()
                .and_then(|emulator| emulator.pool_name(&message.user_pool_id)),
            user_pool_id: message.user_pool_id,
        }
    }
}

/// Read the emulator's clock. With a time, also count what `advance_clock` by it would expire.
#[derive(Deserialize, JsonSchema)]
struct GetClock {
    #[serde(flatten)]
    ahead: Span,
}

/// A time.
#[derive(Deserialize, JsonSchema)]
struct Span {
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
}

impl Span {
    fn duration(&self) -> Duration {
        let Self {
            days,
            hours,
            minutes,
            seconds,
        } = self;
        Duration::from_secs(days * 86_400 + hours * 3_600 + minutes * 60 + seconds)
    }
}

impl Tool for GetClock {
    const NAME: &'static str = "get_clock";
    const TITLE: &'static str = "Get clock";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = ClockNow;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<ClockNow> {
        let stack = cx.emulator()?.stack();
        let ahead = Some(self.ahead.duration()).filter(|ahead| !ahead.is_zero());
        Ok(ClockNow {
            now: Now::of(stack),
            would_expire: ahead.map(|ahead| WouldExpire::from(stack.expiring(ahead))),
        })
    }
}

/// The emulator's time, and what would expire.
#[derive(Serialize, JsonSchema)]
struct ClockNow {
    #[serde(flatten)]
    now: Now,
    /// What would expire, if the call has a time.
    would_expire: Option<WouldExpire>,
}

/// The numbers of things that would expire, in all pools. Access and ID tokens are not counted, because Cognito does not keep them.
#[derive(Serialize, JsonSchema)]
struct WouldExpire {
    /// Codes that were sent.
    codes: usize,
    /// Sign-ins that wait for the answer to a challenge.
    challenges: usize,
    /// Sign-ins whose refresh tokens expire.
    refresh_tokens: usize,
    /// Temporary passwords.
    temporary_passwords: usize,
    /// Locks of users after wrong passwords.
    locks: usize,
}

impl From<Expiring> for WouldExpire {
    fn from(expiring: Expiring) -> Self {
        let Expiring {
            codes,
            challenges,
            refresh_tokens,
            temporary_passwords,
            locks,
        } = expiring;
        Self {
            codes,
            challenges,
            refresh_tokens,
            temporary_passwords,
            locks,
        }
    }
}

/// Read the emulator's clock, throttle, faults, saved states, triggers and counts.
#[derive(Deserialize, JsonSchema)]
struct GetEmulator {}

/// The state of the emulator itself.
#[derive(Serialize, JsonSchema)]
struct EmulatorState {
    #[serde(flatten)]
    now: Now,
    /// `off`, `aws` for the request rates of AWS, or a percentage of them.
    throttle: String,
    #[serde(flatten)]
    faults: FaultsUnderWay,
    /// The states that `save_state` saved, by name.
    saved_states: Vec<SavePoint>,
    /// The Lambda functions that are mapped, with their addresses.
    triggers: BTreeMap<String, String>,
    /// User pools.
    pools: usize,
    /// Users of all pools.
    users: usize,
    /// Messages in the outbox.
    messages: usize,
    /// Calls in the journal.
    calls: usize,
}

impl Tool for GetEmulator {
    const NAME: &'static str = "get_emulator";
    const TITLE: &'static str = "Get emulator";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = EmulatorState;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<EmulatorState> {
        let stack = cx.emulator()?.stack();
        let handles = stack.inspect(|emulator| emulator.state().pool_handles());
        let saved = stack.saved_states();
        Ok(EmulatorState {
            now: Now::of(stack),
            throttle: stack.throttle().to_string(),
            faults: FaultsUnderWay::of(stack),
            saved_states: saved.into_iter().map(SavePoint::from).collect(),
            triggers: stack.world().functions.list(),
            pools: handles.len(),
            users: handles.iter().map(|handle| handle.read().users.len()).sum(),
            messages: stack.outbox(&OutboxFilter::default()).len(),
            calls: stack.journal_len(),
        })
    }
}

/// Set the request rates above which calls get `TooManyRequestsException`.
#[derive(Deserialize, JsonSchema)]
struct SetThrottle {
    /// `off`, `aws` for the request rates of AWS, or a percentage of them such as `10%`.
    rate: String,
}

/// The throttle.
#[derive(Serialize, JsonSchema)]
struct ThrottleNow {
    /// The setting.
    throttle: String,
    /// The setting before.
    before: String,
}

impl Tool for SetThrottle {
    const NAME: &'static str = "set_throttle";
    const TITLE: &'static str = "Set throttle";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = ThrottleNow;

    fn example() -> Value {
        json!({ "rate": "10%" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<ThrottleNow> {
        let stack = cx.emulator()?.stack();
        let rate: Throttle = self
            .rate
            .parse()
            .map_err(|invalid: Invalid| not_a_rate(invalid.0))?;
        let before = stack.throttle().to_string();
        stack.set_throttle(rate);
        Ok(ThrottleNow {
            throttle: rate.to_string(),
            before,
        })
    }
}

fn not_a_rate(sentence: String) -> Box<ToolError> {
    ToolError::argument("/rate", sentence).hint("Give `off`, `aws` or a percentage such as `10%`")
}

/// A mistake in `content`, without the texts of `content` that it quotes: they may be secrets.
fn without_quotes(mistake: &Mistake, content: &str) -> String {
    let parts = mistake.message.split('`').enumerate();
    let shown = parts.map(|(at, part)| {
        let is_quoted = at % 2 == 1;
        if is_quoted && content.contains(part) {
            "…"
        } else {
            part
        }
    });
    let message: Vec<&str> = shown.collect();
    let (line, column) = (mistake.line, mistake.column);
    format!("line {line}, column {column}: {}", message.join("`"))
}

/// Why `what` is refused on a server that works only on some pools.
fn outside(what: &str) -> Elsewhere {
    let sentence = "is not limited to the user pools that this server works on";
    Elsewhere(format!("{what} {sentence}"))
}

/// Add the user pools of a pool file, as `export_pool` writes it, to the emulator.
#[derive(Deserialize, JsonSchema)]
struct LoadPoolFile {
    /// The pool file, YAML or JSON.
    #[schemars(extend("writeOnly" = true))]
    content: String,
}

/// The loaded pools.
#[derive(Serialize, JsonSchema)]
struct LoadedPools {
    /// The pools of the file.
    pools: Vec<LoadedPool>,
    /// What the file has and the emulator left out.
    warnings: Vec<String>,
}

/// A pool of a pool file.
#[derive(Serialize, JsonSchema)]
struct LoadedPool {
    /// User pool id.
    user_pool_id: String,
    /// Its name.
    name: String,
    /// Its app clients.
    client_ids: Vec<String>,
    /// The number of its users.
    users: usize,
}

impl Tool for LoadPoolFile {
    const NAME: &'static str = "load_pool_file";
    const TITLE: &'static str = "Load pool file";
    const EMULATED: Option<Effect> = Some(Effect::Add);
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = LoadedPools;

    fn example() -> Value {
        json!({ "content": "Version: 1\nUserPools:\n  - PoolName: staff\n" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<LoadedPools> {
        let shown = |mistake: &Mistake| without_quotes(mistake, &self.content);
        let mistaken = |mistake: Mistake| {
            let hint = "Correct the file at that place; export_pool returns files of this form";
            ToolError::argument("/content", shown(&mistake)).hint(hint)
        };
        // The pools of the file are not among those that the tools reach.
        if !cx.pools().is_open() {
            return Err(pools::refusal(&outside("A pool file")));
        }
        let emulated = cx.emulator()?;
        let scope = emulated.stack().scope();
        let file = pool_file::parse_in("content", &self.content, scope).map_err(mistaken)?;
        let loaded = emulated.load_file(file).map_err(mistaken)?;
        let mut warnings: Vec<String> = loaded.notes.iter().map(shown).collect();
        let unreached = loaded.pools.iter().map(|pool| pool.id.as_str());
        let unreached: Vec<&str> = unreached.filter(|id| !emulated.reaches(id)).collect();
        if !unreached.is_empty() {
            warnings.push(format!(
                "Tools do not reach {}: this server works in Region {} and account {}. Applications \
                 reach a pool with its own Region, and its account as access key id",
                unreached.join(", "),
                scope.region,
                scope.account
            ));
        }
        Ok(LoadedPools {
            pools: loaded
                .pools
                .into_iter()
                .map(|pool| LoadedPool {
                    user_pool_id: pool.id,
                    name: pool.name,
                    client_ids: pool.clients.into_iter().map(|(id, _)| id).collect(),
                    users: pool.users,
                })
                .collect(),
            warnings,
        })
    }
}

/// Send a request of the journal again, with its secrets; not one that deletes or disables.
#[derive(Deserialize, JsonSchema)]
struct RepeatRequest {
    /// `request_id` of the call in `read_journal`.
    request_id: String,
}

impl Tool for RepeatRequest {
    const NAME: &'static str = "repeat_request";
    const TITLE: &'static str = "Repeat request";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Answered;

    fn example() -> Value {
        json!({ "request_id": "87cb50b2-635c-454a-a157-82cd2b9c6ca2" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Answered> {
        let stack = cx.emulator()?.stack().clone();
        let Some(call) = stack.recorded_call(&self.request_id) else {
            let message = "The journal has no request with this id, or it is one for a web page";
            return Err(ToolError::new("RequestNotFound", message)
                .hint("Give the request_id of a call that read_journal returns"));
        };
        let operation = call.operation.to_string();
        if operations::effect_of(&[&operation]) == Effect::Destroy {
            let message = format!("{operation} deletes or disables, so it is not repeated");
            return Err(ToolError::new("DestructionNotRepeated", message)
                .hint("Use the tool for it, or call_operation"));
        }
        if !cx.pools().is_open() {
            let pool = stack.inspect(|emulator| emulator.pool_of(&call));
            let in_scope = match pool {
                Some(pool) => cx.pools().check_id(&pool),
                None => Err(outside(&operation)),
            };
            in_scope.map_err(|elsewhere| pools::refusal(&elsewhere))?;
        }
        // A trigger may wait for its function.
        let run = tokio::task::spawn_blocking(move || {
            let reply = stack.call(&call);
            let filter = journal::JournalFilter {
                operation: Some(operation),
                ..journal::JournalFilter::default()
            };
            let calls = stack.read_journal(&filter);
            let mut latest = calls.iter().rev().map(journal::Recorded::entry);
            latest.find(|entry| entry.request_id == reply.request_id)
        });
        let entry = run.await.ok().flatten().ok_or_else(|| {
            let message = "The request was sent, and the journal does not have its response";
            ToolError::new("ResponseNotFound", message)
        })?;
        Ok(entry.into())
    }
}

/// Move the emulator's clock forward, so that tokens, codes, sessions and locks expire now. The time of every pool moves, for all callers.
#[derive(Deserialize, JsonSchema)]
struct AdvanceClock {
    #[serde(flatten)]
    by: Span,
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
        let stack = cx.emulator()?.stack();
        let clock = self.token_clock.map(|clock| match clock {
            TokenTime::Emulator => TokenClock::Emulator,
            TokenTime::Real => TokenClock::Real,
        });
        stack.set_token_times(clock, self.token_age.map(Duration::from_secs));
        stack.advance(self.by.duration());
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

/// Make calls of Cognito operations fail, come late or lose their connection. SDKs retry throttling, internal errors and cuts: with `callers: 1` every try of one call fails.
#[derive(Deserialize, JsonSchema)]
struct InjectFault {
    /// The operation, as in `AdminCreateUser`. Default: every operation.
    operation: Option<String>,
    /// Its quota category, as in `UserRead`.
    category: Option<String>,
    /// Required, unless the call only ends faults.
    effect: Option<FaultEffect>,
    /// effect exception: one that the operation declares.
    code: Option<String>,
    /// effect exception: its sentence.
    message: Option<String>,
    /// effect delay: milliseconds.
    #[schemars(range(min = 1, max = 3_600_000))]
    delay_ms: Option<u64>,
    /// Only so many calls, each with all retries of its SDK. Default: every call.
    #[schemars(range(min = 1, max = 1_000))]
    callers: Option<u64>,
    /// Only so many requests; retries count.
    #[schemars(range(min = 1))]
    first: Option<u64>,
    /// Only this request; 1 is the next.
    #[schemars(range(min = 1))]
    nth: Option<u64>,
    /// Each call with this probability.
    #[schemars(range(min = 0.0, max = 1.0))]
    share: Option<f64>,
    /// End all active faults first (default false).
    #[serde(default)]
    clear: bool,
    /// End the fault with this `id` first.
    remove: Option<u64>,
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
    /// Every fault under way, oldest first: `id`, `on`, `when`, `effect`, the requests that it `concerned` and `struck`, and `callers_struck` if it counts callers.
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
        if let Some(id) = self.remove.filter(|id| !stack.remove_fault(*id)) {
            let message = format!("No active fault has the id {id}");
            return Err(ToolError::new("FaultNotFound", message)
                .hint("Give the id of a fault that get_emulator returns"));
        }
        if self.clear {
            stack.clear_faults();
        }
        if let Some(fault) = fault {
            stack
                .inject(fault)
                .map_err(|invalid| not_valid(invalid.0))?;
        }
        Ok(FaultsUnderWay::of(stack))
    }
}

impl FaultsUnderWay {
    fn of(stack: &Stack) -> Self {
        let faults = stack.faults();
        let faults = faults
            .iter()
            .filter_map(|fault| object(serde_json::to_value(fault).ok()?));
        Self {
            faults: faults.collect(),
        }
    }
}

impl InjectFault {
    /// The requested fault; none if the call only ends faults.
    fn fault(&self) -> ToolResult<Option<Fault>> {
        let Some(effect) = self.effect else {
            return if self.clear || self.remove.is_some() {
                Ok(None)
            } else {
                Err(ToolError::argument(
                    "/effect",
                    "is required, unless `clear` or `remove` ends faults",
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

/// Save the emulator's state under a name: pools, users, messages and the clock. `restore_state` returns to it.
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
        let restored = stack.restore_state(&self.name);
        let restored = restored.map_err(|invalid| not_saved(stack, &self.name, invalid))?;
        cx.start_over().await;
        Ok(restored.into())
    }

    fn loses(cx: &Cx) -> Option<String> {
        let stack = cx.emulator().ok()?.stack();
        let saved = saved_as(cx, stack)?;
        let (pools, users) = (saved.pools, saved.users);
        let saved = format!("{} with {}", counted(pools, "pool"), counted(users, "user"));
        Some(format!("Now lost: {}. Saved: {saved}", present(stack)))
    }
}

/// The error for a name under which no state is saved.
fn not_saved(stack: &Stack, name: &str, invalid: Invalid) -> Box<ToolError> {
    let saved = stack.saved_states();
    let names = saved.iter().map(|saved| saved.name.as_str());
    let nearest = nearest(name.trim(), names);
    let nearest = nearest.map_or_else(String::new, |name| {
        format!("; the most similar one is `{name}`")
    });
    ToolError::new("StateNotFound", invalid.0).hint(format!(
        "Give one of those names, or save the present state with save_state first{nearest}"
    ))
}

/// The saved state that the argument `name` names.
fn saved_as(cx: &Cx, stack: &Stack) -> Option<SavedAs> {
    let name = cx.arguments.get("name")?.as_str()?;
    let mut saved = stack.saved_states().into_iter();
    saved.find(|saved| saved.name == name)
}

/// `1 user`, `2 users`.
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// What the emulator has now, in words.
fn present(stack: &Stack) -> String {
    let handles = stack.inspect(|emulator| emulator.state().pool_handles());
    let users = handles.iter().map(|handle| handle.read().users.len()).sum();
    format!(
        "{} with {}, {} and {}",
        counted(handles.len(), "pool"),
        counted(users, "user"),
        counted(stack.outbox(&OutboxFilter::default()).len(), "message"),
        counted(stack.journal_len(), "recorded request")
    )
}

/// Delete a state that `save_state` saved.
#[derive(Deserialize, JsonSchema)]
struct DeleteState {
    /// Its name.
    name: String,
}

impl Tool for DeleteState {
    const NAME: &'static str = "delete_state";
    const TITLE: &'static str = "Delete saved state";
    const EMULATED: Option<Effect> = Some(Effect::Destroy);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Done;

    fn example() -> Value {
        json!({ "name": "fixture" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let stack = cx.emulator()?.stack();
        let deleted = stack.delete_state(&self.name);
        deleted.map_err(|invalid| not_saved(stack, &self.name, invalid))?;
        Ok(Done::new(format!("The state {} is deleted", self.name)))
    }

    fn loses(cx: &Cx) -> Option<String> {
        let saved = saved_as(cx, cx.emulator().ok()?.stack())?;
        let (pools, users) = (saved.pools, saved.users);
        let saved = format!("{} with {}", counted(pools, "pool"), counted(users, "user"));
        Some(format!("It has {saved}"))
    }
}

/// Reset the emulator to its initial state: pools, users, messages, faults and the clock.
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

    fn loses(cx: &Cx) -> Option<String> {
        let stack = cx.emulator().ok()?.stack();
        Some(format!("Now lost: {}", present(stack)))
    }
}
