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
mod encryption;
pub(crate) mod inbound_federation;
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
    InboundFederation,
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
            Self::InboundFederation => "InboundFederation",
        }
    }

    /// Whether `triggerSource` is the second member of the event, as in live events of
    /// 2021 to 2025. Otherwise it is the member before `request`.
    fn source_comes_second(self) -> bool {
        matches!(
            self,
            Self::PreTokenGeneration | Self::CustomEmailSender | Self::CustomSmsSender
        )
    }

    /// The function that `pool` has for the trigger.
    fn arn(self, pool: &Pool) -> Option<&str> {
        let function = pool.settings.lambda_config.get(self.name())?;
        // The settings of senders have a version in addition to the function.
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
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("version", json!("1"));
        if trigger.source_comes_second() {
            put("triggerSource", json!(source));
        }
        put("region", json!(pool.scope.region));
        put("userPoolId", json!(pool.id));
        put("userName", json!(username));
        put(
            "callerContext",
            json!({
                // Live events have this value if Cognito does not know the caller's SDK.
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": client_id.unwrap_or("CLIENT_ID_NOT_APPLICABLE"),
            }),
        );
        if !trigger.source_comes_second() {
            put("triggerSource", json!(source));
        }
        put("request", request());
        put("response", response());
        let body = Value::Object(body);
        Some(Self { trigger, arn, body })
    }

    /// Invokes the function and parses its response (R204 to R207). That every trigger
    /// refuses another `userName` is inferred.
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
        // The function returns the whole event. Of it, the name and the response are read.
        let name = output.get("userName").filter(|name| name.is_string());
        if name.is_some_and(|name| *name != self.body["userName"]) {
            return Err(Error::LambdaUserNameChanged);
        }
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

/// The value, in events and ID tokens, of a required attribute that an administrator
/// omitted. The sources are captures of 2020 and 2023, and for the claim three
/// applications of 2026.
pub(crate) const DEFAULT_VALUE: &str = "cognito:default_val";

/// A user's attributes as events show them, with `sub`, the status, and Cognito's own
/// attributes, in the order of a map (live in ten captures, 2018 to 2025).
fn user_attributes(pool: &Pool, user: &User) -> Value {
    let own = [
        // The time of the last global sign-out, in milliseconds: captures of 2019
        // and 2024.
        (
            "cognito:token_nbf",
            user.signed_out_at.map(|at| at.0.to_string()),
        ),
        ("cognito:email_alias", alias(pool, user, "email")),
        (
            "cognito:phone_number_alias",
            alias(pool, user, "phone_number"),
        ),
    ];
    let own = own
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    let mut all = Map::new();
    all.insert("sub".to_owned(), Value::from(&*user.sub));
    let given = user.attributes.iter();
    all.extend(given.map(|(name, value)| (name.to_owned(), Value::from(value))));
    let missing = pool.missing_attributes(user);
    all.extend(missing.map(|name| (name.to_owned(), Value::from(DEFAULT_VALUE))));
    all.extend(own);
    // The status is inserted last: in the captures it is after `email_verified`, whose
    // hash collides with its own.
    let status = Value::from(user.status.as_str());
    all.insert("cognito:user_status".to_owned(), status);
    hash_order::map(all).into()
}

/// The verified address or number of `user`, if it is an alias of the pool. Live events
/// of 2024 and 2025 show it only in pools with `AliasAttributes`.
fn alias(pool: &Pool, user: &User, name: &str) -> Option<String> {
    let mut aliases = pool.users.naming().alias_attributes.iter();
    let is_alias = aliases.any(|alias| alias == name) && user.has_verified(name);
    is_alias
        .then(|| user.attribute(name).map(str::to_owned))
        .flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Fixture;

    const SIGN_IN: &str = r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;

    /// The events of one sign-in.
    fn events(fixture: &mut Fixture) -> Vec<Value> {
        fixture.run(SIGN_IN);
        let events = fixture.run("events");
        events
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn fixture(pool: Value, attributes: Value) -> Fixture {
        Fixture::with_pool(pool)
            .and_user("ana", attributes)
            .and_trigger("PreTokenGeneration", |event| Ok(event.clone()))
            .and_trigger("PostAuthentication", |event| Ok(event.clone()))
    }

    /// The two orders of live events.
    #[test]
    fn the_source_is_second_in_some_events() {
        let events = events(&mut fixture(json!({}), json!([])));
        let members = |event: &Value| {
            let members = event.as_object().unwrap().keys();
            members.cloned().collect::<Vec<_>>().join(" ")
        };
        let of = |source: &str| {
            let named = |event: &&Value| event["triggerSource"] == source;
            members(events.iter().find(named).unwrap())
        };
        assert_eq!(
            of("PostAuthentication_Authentication"),
            "version region userPoolId userName callerContext triggerSource request response"
        );
        assert_eq!(
            of("TokenGeneration_Authentication"),
            "version triggerSource region userPoolId userName callerContext request response"
        );
    }

    /// Cognito's own attributes, as in live events.
    #[test]
    fn attributes_of_cognito() {
        let verified = json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ]);
        let alias = "cognito:email_alias";
        let nbf = "cognito:token_nbf";
        let shown = |fixture: &mut Fixture| events(fixture)[0]["request"]["userAttributes"].clone();

        // After a global sign-out, its time in milliseconds.
        let mut plain = fixture(json!({}), verified.clone());
        assert_eq!(shown(&mut plain).get(nbf), None);
        plain.run(r#"AdminUserGlobalSignOut {"UserPoolId":"$pool","Username":"ana"}"#);
        assert_eq!(shown(&mut plain)[nbf], "1700000000000");

        // A verified alias, only in a pool with aliases.
        assert_eq!(shown(&mut plain).get(alias), None);
        let pool = json!({"AliasAttributes": ["email"]});
        let mut aliases = fixture(pool.clone(), verified.clone());
        assert_eq!(shown(&mut aliases)[alias], "ana@example.com");
        let unverified = json!([{"Name": "email", "Value": "ana@example.com"}]);
        assert_eq!(shown(&mut fixture(pool, unverified)).get(alias), None);

        // A required attribute that the administrator omitted, also as a claim.
        let pool = json!({"Schema": [{"Name": "given_name", "Required": true}]});
        let mut lacking = fixture(pool, verified);
        assert_eq!(shown(&mut lacking)["given_name"], super::DEFAULT_VALUE);
        let claims: Value = serde_json::from_str(&lacking.run("claims id")).unwrap();
        assert_eq!(claims["given_name"], super::DEFAULT_VALUE);
    }
}
