//! Lambda triggers: the events that a pool sends to its functions, and the
//! effect of their responses.
//!
//! An [`Event`] is created under the pool's lock and is only data.
//! [`Event::run`] invokes the function without the lock. The state may change
//! meanwhile, so the caller locks the pool and checks again.
//!
//! There is one file for each family of trigger sources. A pool without the
//! trigger creates no event; the cost is one lookup in its settings.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>

pub(crate) mod authentication;
pub(crate) mod challenge;
pub(crate) mod message;
pub(crate) mod migration;
pub(crate) mod sign_up;
pub(crate) mod token_generation;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::hash_order;
use crate::state::pool::Pool;
use crate::state::user::User;
use crate::world::World;
use crate::world::functions::Failure;

/// `ClientMetadata`: passed on to functions unchanged.
pub(crate) type Metadata = BTreeMap<String, String>;

/// A trigger. Its name is the one in `LambdaConfig` and in errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    PreSignUp,
    PostConfirmation,
    PreAuthentication,
    PostAuthentication,
    PreTokenGeneration,
    DefineAuthChallenge,
    CreateAuthChallenge,
    VerifyAuthChallengeResponse,
    UserMigration,
    CustomMessage,
    CustomEmailSender,
    CustomSmsSender,
}

impl Trigger {
    fn name(self) -> &'static str {
        match self {
            Self::PreSignUp => "PreSignUp",
            Self::PostConfirmation => "PostConfirmation",
            Self::PreAuthentication => "PreAuthentication",
            Self::PostAuthentication => "PostAuthentication",
            Self::PreTokenGeneration => "PreTokenGeneration",
            Self::DefineAuthChallenge => "DefineAuthChallenge",
            Self::CreateAuthChallenge => "CreateAuthChallenge",
            Self::VerifyAuthChallengeResponse => "VerifyAuthChallengeResponse",
            Self::UserMigration => "UserMigration",
            Self::CustomMessage => "CustomMessage",
            Self::CustomEmailSender => "CustomEmailSender",
            Self::CustomSmsSender => "CustomSMSSender",
        }
    }

    /// The function that `pool` has for the trigger.
    fn arn(self, pool: &Pool) -> Option<&str> {
        let function = pool.settings.lambda_config.get(self.name())?;
        // Senders have a version beside the function.
        function.get("LambdaArn").unwrap_or(function).as_str()
    }
}

/// The user that an event is about, and the app client that caused it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventUser<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) username: &'a str,
    /// `None` for an administrator's call, which names no client.
    pub(crate) client_id: Option<&'a str>,
}

/// An event that is ready to be sent to its function.
#[must_use = "an event does nothing until it runs"]
pub(crate) struct Event {
    trigger: Trigger,
    arn: String,
    body: Value,
}

impl Event {
    /// The event of `trigger`; `None` if the pool does not have the trigger.
    ///
    /// `response` has the members that the function can set. Live events have
    /// them too, with empty values.
    fn new(
        about: EventUser<'_>,
        trigger: Trigger,
        source: &str,
        request: impl FnOnce() -> Value,
        response: impl FnOnce() -> Value,
    ) -> Option<Self> {
        let EventUser {
            pool,
            username,
            client_id,
        } = about;
        let arn = trigger.arn(pool)?.to_owned();
        let body = json!({
            "version": "1",
            "region": pool.scope.region,
            "userPoolId": pool.id,
            "userName": username,
            "callerContext": {
                // Live events show this for a caller without an SDK that
                // Cognito knows.
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": client_id.unwrap_or("CLIENT_ID_NOT_APPLICABLE"),
            },
            "triggerSource": source,
            "request": request(),
            "response": response(),
        });
        Some(Self { trigger, arn, body })
    }

    /// Invokes the function and parses its response (R204 to R207).
    pub(crate) fn run<R: DeserializeOwned>(self, world: &World) -> Result<R> {
        let trigger = self.trigger.name().to_owned();
        let output = world.invoke(&self.arn, &self.body);
        let output = output.map_err(|failure| match failure {
            Failure::Threw(message) => Error::LambdaFailed { trigger, message },
            Failure::NotJson => Error::LambdaOutputNotJson,
            Failure::Refused(reason) => Error::LambdaNotInvoked { trigger, reason },
            // <https://github.com/furaiev/amazon-cognito-identity-dart-2/issues/204>
            Failure::TimedOut => Error::LambdaNotInvoked {
                trigger,
                reason: "Socket timeout while invoking Lambda function".to_owned(),
            },
            // The error of Lambda itself (inferred).
            Failure::Unreachable(_) => Error::LambdaNotInvoked {
                trigger,
                reason: "ServiceException".to_owned(),
            },
        })?;
        if output.is_null() {
            return Err(Error::LambdaOutputNotJson);
        }
        // The function returns the whole event. Only its response is read.
        let response = output.get("response").filter(|value| value.is_object());
        let response = response.ok_or(Error::LambdaOutputUnrecognizable)?;
        R::deserialize(response).map_err(|_| Error::LambdaOutputUnrecognizable)
    }
}

impl std::fmt::Debug for Event {
    /// Omits the body, which may contain a password or a code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event")
            .field("trigger", &self.trigger)
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}

/// The response of a trigger that can only refuse.
#[derive(serde::Deserialize)]
pub(crate) struct Nothing {}

/// A user's attributes as events show them, with `sub` and the status, in the
/// order of a map (live in ten captures, 2018 to 2025).
fn user_attributes(user: &User) -> Value {
    // The status is inserted last: the captures have it after `email_verified`, with
    // which it collides.
    let mut all = Map::new();
    all.insert("sub".to_owned(), Value::from(&*user.sub));
    let own = user.attributes.iter();
    all.extend(own.map(|(name, value)| (name.to_owned(), Value::from(value))));
    let status = Value::from(user.status.as_str());
    all.insert("cognito:user_status".to_owned(), status);
    hash_order::map(all).into()
}
