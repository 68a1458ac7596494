//! What threat protection remembers of a user: sign-ins and the like, and what
//! became of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::pool::Pool;
use super::user::User;
use super::users::UserId;
use crate::auth::digest;
use crate::bounds::{EVENT_CHALLENGES, EVENTS};
use crate::error::{Error, Result};
use crate::world::Time;

/// The guide: the history is kept for two years.
const LIFETIME: Duration = Duration::from_hours(2 * 365 * 24);

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// A UUID, which the tokens of a sign-in carry as `event_id`.
    pub id: SmolStr,
    /// What happened.
    pub kind: EventType,
    /// The client through which it did.
    pub client_id: SmolStr,
    /// When it began.
    pub at: Time,
    /// How far it got.
    pub outcome: EventResponse,
    /// Whether the caller's address was blocked.
    pub blocked: bool,
    /// What the user was asked for, and whether the answer was right.
    pub challenges: Vec<(Challenge, bool)>,
    /// Where it came from.
    pub context: Context,
    /// What somebody said of it.
    pub feedback: Option<Feedback>,
    /// The digest of the token with which the user may say it.
    pub feedback_token: Option<[u8; 32]>,
    /// The digest of the session that goes on with it.
    pub session: Option<[u8; 32]>,
    /// Whether a call is at work on it.
    pub under_call: bool,
}

/// `EventType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum EventResponse {
    /// It succeeded.
    Pass,
    /// It was refused.
    Fail,
    /// A challenge is open.
    InProgress,
}

/// `ChallengeName` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Challenge {
    /// The password, in whatever form.
    Password,
    /// A code.
    Mfa,
}

/// What a request tells of the user's device.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Its address.
    pub address: Option<Box<str>>,
    /// Browser and system.
    pub device: Option<Box<str>>,
    /// As the device spells it.
    pub timezone: Option<Box<str>>,
}

impl std::fmt::Debug for Context {
    /// Without what the model marks sensitive: where the user is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

/// `FeedbackValueType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeedbackValue {
    /// It was the user.
    Valid,
    /// It was somebody else.
    Invalid,
}

/// `EventFeedbackType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Feedback {
    /// What was said.
    #[serde(rename = "FeedbackValue")]
    pub verdict: FeedbackValue,
    /// By whom: `Admin`, says the reference of the console; of the user's own
    /// word, `User` is inferred.
    pub provider: &'static str,
    /// When.
    #[serde(rename = "FeedbackDate")]
    pub at: Time,
}

impl Event {
    /// Adds a challenge that was answered.
    pub fn answered(&mut self, challenge: Option<Challenge>, right: bool) {
        if self.challenges.len() < EVENT_CHALLENGES {
            self.challenges.extend(challenge.map(|it| (it, right)));
        }
    }
}

impl User {
    /// Keeps `event` as the latest, and forgets the oldest.
    pub fn keep_event(&mut self, event: Event) {
        let now = event.at;
        self.events.retain(|kept| now < kept.at.plus(LIFETIME));
        while self.events.len() >= EVENTS {
            self.events.remove(0);
        }
        self.events.push(event);
    }

    /// The sign-in through a client that a call is at work on: its tokens carry
    /// its id.
    #[must_use]
    pub fn sign_in_under_call(&self, client_id: &str) -> Option<&str> {
        let mut latest = self.events.iter().rev();
        let event = latest.find(|event| event.under_call && event.client_id == client_id);
        event.map(|event| event.id.as_str())
    }
}

impl Pool {
    /// Takes in what somebody says of an event of the user at `id`: whoever
    /// brings a token, by the right one.
    pub fn give_feedback(
        &mut self,
        id: UserId,
        event: &str,
        token: Option<&str>,
        feedback: Feedback,
    ) -> Result<()> {
        let given = self.users.touch(id, |user| {
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
    fn an_event_has_so_many_challenges() {
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
