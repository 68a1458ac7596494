//! Events of threat protection: sign-ins and other events of a user, with their
//! outcomes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::pool::Pool;
use super::user::User;
use super::users::UserId;
use crate::auth::digest;
use crate::bounds::{EVENT_CHALLENGES, EVENTS};
use crate::encoded;
use crate::error::{Error, Result};
use crate::world::Time;

/// The time for which events are kept: two years, according to the developer guide.
const LIFETIME: Duration = Duration::from_hours(2 * 365 * 24);

/// One event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// A UUID. The tokens of a sign-in have it as `event_id`.
    pub id: SmolStr,
    /// The type of the event.
    pub kind: EventType,
    /// The app client.
    pub client_id: SmolStr,
    /// The start of the event.
    pub at: Time,
    /// The outcome so far.
    pub outcome: EventResponse,
    /// Whether the caller's address was blocked.
    pub blocked: bool,
    /// The answered challenges, and whether each answer was right.
    pub challenges: Vec<(Challenge, bool)>,
    /// The caller's address and device.
    pub context: Context,
    /// Feedback on the event.
    pub feedback: Option<Feedback>,
    /// The digest of the token with which the user can give feedback.
    #[serde(
        with = "encoded::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub feedback_token: Option<[u8; 32]>,
    /// The digest of the session that continues the sign-in.
    #[serde(
        with = "encoded::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub session: Option<[u8; 32]>,
    /// Whether a call is changing the event.
    pub under_call: bool,
}

/// `EventType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventType {
    /// A sign-in.
    SignIn,
    /// A sign-up.
    SignUp,
    /// A forgotten password.
    ForgotPassword,
    /// A new password.
    PasswordChange,
    /// Another code.
    ResendCode,
}

/// `EventResponseType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventResponse {
    /// The event succeeded.
    Pass,
    /// The event failed.
    Fail,
    /// A challenge is open.
    InProgress,
}

/// `ChallengeName` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Challenge {
    /// The password, in any form.
    Password,
    /// A code as second factor.
    Mfa,
}

/// The user's device, as the request describes it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The IP address.
    pub address: Option<Box<str>>,
    /// Browser and system.
    pub device: Option<Box<str>>,
    /// The time zone, as the device wrote it.
    pub timezone: Option<Box<str>>,
}

impl std::fmt::Debug for Context {
    /// Omits the members that the model marks sensitive: the user's location.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

/// `FeedbackValueType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeedbackValue {
    /// The user caused the event.
    Valid,
    /// Another person caused the event.
    Invalid,
}

/// The source of feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Provider {
    /// An administrator.
    Admin,
    /// The user.
    User,
}

/// `EventFeedbackType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Feedback {
    /// The feedback.
    #[serde(rename = "FeedbackValue")]
    pub verdict: FeedbackValue,
    /// The source of the feedback: `Admin`, according to the reference of the
    /// console. `User` for the user's own feedback is inferred.
    pub provider: Provider,
    /// Date of the feedback.
    #[serde(rename = "FeedbackDate")]
    pub at: Time,
}

impl Event {
    /// Adds an answered challenge.
    pub fn answered(&mut self, challenge: Option<Challenge>, right: bool) {
        if self.challenges.len() < EVENT_CHALLENGES {
            self.challenges.extend(challenge.map(|it| (it, right)));
        }
    }
}

impl User {
    /// Adds `event` as the latest and removes the oldest ones.
    pub fn keep_event(&mut self, event: Event) {
        let now = event.at;
        self.events.retain(|kept| now < kept.at.plus(LIFETIME));
        while self.events.len() >= EVENTS {
            self.events.remove(0);
        }
        self.events.push(event);
    }

    /// The id of the sign-in at an app client that the present call is changing. The
    /// tokens of the sign-in have this id.
    #[must_use]
    pub fn sign_in_under_call(&self, client_id: &str) -> Option<&str> {
        let mut latest = self.events.iter().rev();
        let event = latest.find(|event| event.under_call && event.client_id == client_id);
        event.map(|event| event.id.as_str())
    }
}

impl Pool {
    /// Stores feedback on an event of the user at `id`. `token`, if given, must
    /// be the event's token.
    pub fn give_feedback(
        &mut self,
        id: UserId,
        event: &str,
        token: Option<&str>,
        feedback: Feedback,
    ) -> Result<()> {
        let given = self.users.edit_unindexed(id, |user| {
            let found = user.events.iter_mut().find(|kept| kept.id == event);
            let found = found.ok_or_else(|| Error::AuthEventNotFound {
                event: event.to_owned(),
            })?;
            if token.is_some_and(|token| found.feedback_token != Some(digest(token))) {
                return Err(Error::FeedbackTokenInvalid);
            }
            found.feedback = Some(feedback);
            Ok(())
        });
        given.unwrap_or(Err(Error::UserNotFound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_of_an_event_are_bounded() {
        let mut event = Event {
            id: "".into(),
            kind: EventType::SignIn,
            client_id: "".into(),
            at: Time(0),
            outcome: EventResponse::InProgress,
            blocked: false,
            challenges: Vec::new(),
            context: Context::default(),
            feedback: None,
            feedback_token: None,
            session: None,
            under_call: false,
        };
        for _ in 0..2 * EVENT_CHALLENGES {
            event.answered(Some(Challenge::Mfa), false);
            event.answered(None, true);
        }
        assert_eq!(event.challenges.len(), EVENT_CHALLENGES);
    }
}
