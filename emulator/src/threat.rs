//! Threat protection: refuses addresses that the pool blocks, and records
//! users' events.
//!
//! It wraps the operations, which do not refer to it. It therefore reads the pool, the
//! client and the username from the JSON input, and the operation reads them again. A
//! pool without `AdvancedSecurityMode` costs one lookup in its settings.
//!
//! Cognito's rating of risks is not known. In the emulator, only a blocked address is a
//! risk, and no password is compromised.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-adaptive-authentication.html>

mod device;
mod notice;

use serde_json::Value;

use self::notice::Notice;

use crate::auth::{digest, jwt};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::event::{Challenge, Context, Event, EventResponse, EventType};
use crate::state::pool::Pool;
use crate::state::risk::Listed;
use crate::state::users::UserId;
use crate::triggers::message;
use crate::wire::Body;

/// A call that threat protection applies to.
struct WatchedCall<'a> {
    handle: PoolHandle,
    client_id: String,
    /// The user's name in the request.
    name: String,
    context: Context,
    input: &'a Value,
    step: Step,
}

/// The kind of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Starts a sign-in.
    Start,
    /// Continues a sign-in.
    Respond,
    /// Another recorded event.
    Other(EventType),
    /// Not recorded. Only the caller's address is checked.
    Unrecorded,
}

/// Calls `run`, which runs `operation`, with threat protection.
pub(crate) fn watched(
    cx: &Cx<'_>,
    operation: &str,
    input: &Value,
    run: impl FnOnce() -> Result<Body>,
) -> Result<Body> {
    let Some(call) = WatchedCall::of(cx, operation, input) else {
        return run();
    };
    call.check_address(cx)?;
    let under_call = call.begin(cx);
    let answer = run();
    call.end(cx, under_call, &answer);
    answer
}

impl<'a> WatchedCall<'a> {
    /// Parses a call of an operation with `UserContextData` or `ContextData`, or of
    /// `ChangePassword`. Returns `None` for other operations, and if the pool has no
    /// threat protection.
    fn of(cx: &Cx<'_>, operation: &str, input: &'a Value) -> Option<Self> {
        let text = |pointer: &str| input.pointer(pointer).and_then(Value::as_str);
        let step = match operation {
            "InitiateAuth" | "AdminInitiateAuth" => match text("/AuthFlow") {
                // A refresh of tokens is not an event (inferred).
                Some("REFRESH_TOKEN" | "REFRESH_TOKEN_AUTH") => return None,
                _ => Step::Start,
            },
            "RespondToAuthChallenge" | "AdminRespondToAuthChallenge" => Step::Respond,
            "SignUp" => Step::Other(EventType::SignUp),
            "ForgotPassword" => Step::Other(EventType::ForgotPassword),
            "ResendConfirmationCode" => Step::Other(EventType::ResendCode),
            "ConfirmForgotPassword" | "ChangePassword" => Step::Other(EventType::PasswordChange),
            "ConfirmSignUp" => Step::Unrecorded,
            _ => return None,
        };
        let (handle, client_id, name) = if operation == "ChangePassword" {
            // The operation verifies the token.
            let claims = jwt::decode(text("/AccessToken")?).ok()?.claims;
            let claim = |name: &str| Some(claims.get(name)?.as_str()?.to_owned());
            let client_id = claim("client_id")?;
            let handle = cx.state.pool_handle_of_client(&client_id)?;
            (handle, client_id, claim("sub")?)
        } else {
            let client_id = text("/ClientId")?.to_owned();
            let handle = match text("/UserPoolId") {
                Some(pool) => cx.pool_handle(pool).ok()?,
                None => cx.state.pool_handle_of_client(&client_id)?,
            };
            let name = text("/Username")
                .or_else(|| text("/AuthParameters/USERNAME"))
                .or_else(|| text("/ChallengeResponses/USERNAME"));
            (handle, client_id, name?.to_owned())
        };
        let is_custom = text("/AuthFlow") == Some("CUSTOM_AUTH");
        if !protects(&handle.read(), is_custom) {
            return None;
        }
        Some(Self {
            handle,
            client_id,
            name,
            context: device::context(input),
            input,
            step,
        })
    }

    /// Refuses an address that the pool blocks.
    ///
    /// Observed live at sign-in and `ForgotPassword` (public code); documented for
    /// "authentication requests". The position of this check, before the operation's own
    /// checks, is inferred.
    fn check_address(&self, cx: &Cx<'_>) -> Result<()> {
        let mut pool = self.handle.write();
        let address = self.context.address.as_deref();
        if pool.list_of_address(&self.client_id, address) != Some(Listed::Blocked) {
            return Ok(());
        }
        let kind = match self.step {
            Step::Start | Step::Respond => Some(EventType::SignIn),
            Step::Other(kind) => Some(kind),
            Step::Unrecorded => None,
        };
        if let (Some(kind), Some(id)) = (kind, pool.users.find(&self.name)) {
            let mut event = self.event(cx, kind, EventResponse::Fail);
            event.blocked = true;
            let notice = (kind == EventType::SignIn)
                .then(|| notice::write(cx.world, &pool, id, &mut event))
                .flatten();
            pool.users.edit_unindexed(id, |user| user.keep_event(event));
            if let Some(Notice { draft, facts }) = notice {
                message::notify(cx.world, pool, draft, &self.client_id, &facts);
            }
        }
        Err(Error::AddressBlocked)
    }

    /// Marks the sign-in event of this call, so that its tokens get the event's
    /// id.
    fn begin(&self, cx: &Cx<'_>) -> Option<UserId> {
        let mut pool = self.handle.write();
        let id = pool.users.find(&self.name)?;
        pool.users.edit_unindexed(id, |user| match self.step {
            Step::Start => {
                let mut event = self.event(cx, EventType::SignIn, EventResponse::InProgress);
                event.under_call = true;
                user.keep_event(event);
                Some(id)
            }
            Step::Respond => {
                // A password proof by SRP has no session.
                let session = self.input["Session"].as_str().map(digest);
                let event = user.events.iter_mut().rev().find(|event| {
                    event.outcome == EventResponse::InProgress
                        && event.client_id == self.client_id
                        && (session.is_none() || event.session == session)
                });
                event.map(|event| {
                    event.under_call = true;
                    id
                })
            }
            Step::Other(_) | Step::Unrecorded => None,
        })?
    }

    /// Records the result of the call.
    fn end(&self, cx: &Cx<'_>, under_call: Option<UserId>, answer: &Result<Body>) {
        let mut pool = self.handle.write();
        match self.step {
            Step::Start | Step::Respond => {
                let Some(id) = under_call else { return };
                pool.users.edit_unindexed(id, |user| {
                    let events = &mut user.events;
                    let at = events
                        .iter()
                        .rposition(|event| event.under_call && event.client_id == self.client_id);
                    let Some(at) = at else { return };
                    events[at].under_call = false;
                    if !self.update(&mut events[at], answer) {
                        events.remove(at);
                    }
                });
            }
            Step::Other(kind) => {
                let outcome = match answer {
                    Ok(_) => EventResponse::Pass,
                    Err(error) if is_attempt(error) => EventResponse::Fail,
                    Err(_) => return,
                };
                if let Some(id) = pool.users.find(&self.name) {
                    let event = self.event(cx, kind, outcome);
                    pool.users.edit_unindexed(id, |user| user.keep_event(event));
                }
            }
            Step::Unrecorded => {}
        }
    }

    /// Updates the event of a sign-in with the result. Returns whether the event is to be
    /// recorded.
    fn update(&self, event: &mut Event, answer: &Result<Body>) -> bool {
        let challenge = self.answered();
        match answer {
            Ok(body) => {
                event.answered(challenge, true);
                event.session = body["Session"].as_str().map(digest);
                event.outcome = match body.get("AuthenticationResult") {
                    Some(_) => EventResponse::Pass,
                    None => EventResponse::InProgress,
                };
                true
            }
            // The session stays open for another attempt.
            Err(Error::SignInCodeMismatch | Error::TotpMismatch | Error::TotpReused) => {
                event.answered(challenge, false);
                true
            }
            Err(error) if is_attempt(error) => {
                let wrong = challenge.filter(|_| *error == Error::BadCredentials);
                event.answered(wrong, false);
                event.outcome = EventResponse::Fail;
                true
            }
            // A request that could not have succeeded is not an event of the
            // user.
            Err(_) => self.step == Step::Respond,
        }
    }

    /// The challenge that the call answers.
    fn answered(&self) -> Option<Challenge> {
        let text = |pointer: &str| self.input.pointer(pointer).and_then(Value::as_str);
        let by_password = |named: Option<&str>, pointer: &str| {
            (named == Some("PASSWORD") && text(pointer).is_some()).then_some(Challenge::Password)
        };
        if self.step == Step::Start {
            let parameters = "/AuthParameters/PASSWORD";
            return match text("/AuthFlow") {
                Some("USER_AUTH") => {
                    by_password(text("/AuthParameters/PREFERRED_CHALLENGE"), parameters)
                }
                _ => text(parameters).map(|_| Challenge::Password),
            };
        }
        match text("/ChallengeName")? {
            "PASSWORD" | "PASSWORD_VERIFIER" => Some(Challenge::Password),
            "SELECT_CHALLENGE" => by_password(
                text("/ChallengeResponses/ANSWER"),
                "/ChallengeResponses/PASSWORD",
            ),
            // Codes of a first factor count as MFA (inferred).
            "SMS_MFA" | "SOFTWARE_TOKEN_MFA" | "EMAIL_OTP" | "SMS_OTP" => Some(Challenge::Mfa),
            _ => None,
        }
    }

    fn event(&self, cx: &Cx<'_>, kind: EventType, outcome: EventResponse) -> Event {
        Event {
            // An event has the id of its request (inferred from `event_id`).
            id: cx.request_id.into(),
            kind,
            client_id: self.client_id.as_str().into(),
            at: cx.now(),
            outcome,
            blocked: false,
            challenges: Vec::new(),
            context: self.context.clone(),
            feedback: None,
            feedback_token: None,
            session: None,
            under_call: false,
        }
    }
}

/// Whether `pool` has threat protection. Custom sign-ins have their own setting.
fn protects(pool: &Pool, is_custom: bool) -> bool {
    if !is_custom {
        return pool.advanced_security_mode() != "OFF";
    }
    let add_ons = pool.settings.user_pool_add_ons.as_ref();
    let flows = add_ons.and_then(|add_ons| add_ons.get("AdvancedSecurityAdditionalFlows"));
    flows.is_some_and(|flows| flows.get("CustomAuthMode").is_some())
}

/// Whether a refusal is about the user, not about the request (inferred).
fn is_attempt(error: &Error) -> bool {
    matches!(
        error,
        Error::BadCredentials
            | Error::CodeExpired
            | Error::CodeMismatch
            | Error::NotConfirmed
            | Error::PasswordAttemptsExceeded
            | Error::PasswordResetRequired
            | Error::TemporaryPasswordExpired
            | Error::UserDisabled
    )
}
