//! Lambda triggers: what a pool tells its functions, and what it makes of their
//! answers.
//!
//! An [`Event`] is made under the pool's lock and is data alone; [`Event::run`]
//! invokes the function without it. What an answer is judged against may have
//! changed meanwhile, so whoever runs an event locks and judges again.
//!
//! One file for each family of sources. A pool without the trigger makes no
//! event, and costs one look into its settings.
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
use crate::state::pool::Pool;
use crate::state::user::User;
use crate::world::World;
use crate::world::functions::Failure;

/// `ClientMetadata`: passed on to functions as it is.
pub(crate) type Metadata = BTreeMap<String, String>;

/// A trigger, named as in `LambdaConfig` and in errors.
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

    /// The function that `pool` has for it.
    fn arn(self, pool: &Pool) -> Option<&str> {
        let function = pool.settings.lambda_config.get(self.name())?;
        // Senders have a version beside their function.
        function.get("LambdaArn").unwrap_or(function).as_str()
    }
}

/// Whom an event is about, and who caused it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) username: &'a str,
    /// `None` where an administrator's call names no client.
    pub(crate) client_id: Option<&'a str>,
}

/// An event that waits to be handled.
#[must_use = "an event does nothing until it runs"]
pub(crate) struct Event {
    trigger: Trigger,
    arn: String,
    body: Value,
}

impl Event {
    /// The event of `trigger`; `None` where the pool has no such trigger.
    ///
    /// `response` holds the members that the function may fill in: they are
    /// there, empty, in live events.
    fn new(
        occasion: Occasion<'_>,
        trigger: Trigger,
        source: &str,
        request: impl FnOnce() -> Value,
        response: impl FnOnce() -> Value,
    ) -> Option<Self> {
        let Occasion {
            pool,
            username,
            client_id,
        } = occasion;
        let arn = trigger.arn(pool)?.to_owned();
        let body = json!({
            "version": "1",
            "region": pool.scope.region,
            "userPoolId": pool.id,
            "userName": username,
            "callerContext": {
                // What live events show where the caller is no SDK that Cognito knows.
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": client_id.unwrap_or("CLIENT_ID_NOT_APPLICABLE"),
            },
            "triggerSource": source,
            "request": request(),
            "response": response(),
        });
        Some(Self { trigger, arn, body })
    }

    /// Invokes the function, and reads its response (R204 to R207).
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
            // What Lambda itself says when it fails (inferred).
            Failure::Unreachable(_) => Error::LambdaNotInvoked {
                trigger,
                reason: "ServiceException".to_owned(),
            },
        })?;
        if output.is_null() {
            return Err(Error::LambdaOutputNotJson);
        }
        // The whole event comes back; what is judged is its response.
        let response = output.get("response").filter(|value| value.is_object());
        let response = response.ok_or(Error::LambdaOutputUnrecognizable)?;
        R::deserialize(response).map_err(|_| Error::LambdaOutputUnrecognizable)
    }
}

impl std::fmt::Debug for Event {
    /// Without the body, which may hold a password or a code.
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

/// A user's attributes as events show them: `sub` and status among them.
fn user_attributes(user: &User) -> Value {
    let own = [
        ("sub", Value::from(&*user.sub)),
        ("cognito:user_status", Value::from(user.status.as_str())),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    let rest = user.attributes.iter();
    let rest = rest.map(|(name, value)| (name.to_owned(), Value::from(value)));
    own.into_iter().chain(rest).collect::<Map<_, _>>().into()
}
