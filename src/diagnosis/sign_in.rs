//! Checks of a sign-in: what the pool, its app client and the user allow.

mod client;
mod factors;
mod history;
mod user;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::user::attribute_like;
use super::second_factor::{self, SecondFactorSettings, SecondStep};
use super::{ResponseView, call};
use crate::cognito::flows;
use crate::error::NextCall;

/// A sign-in flow of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(clippy::enum_variant_names, reason = "the API's names")]
pub(crate) enum Flow {
    AdminUserPasswordAuth,
    UserPasswordAuth,
    UserSrpAuth,
    UserAuth,
    CustomAuth,
}

impl Flow {
    /// Every flow, in the order of preference. `USER_AUTH` and `CUSTOM_AUTH` are last: the settings
    /// alone do not determine their challenges.
    const ALL: [Self; 5] = [
        Self::AdminUserPasswordAuth,
        Self::UserPasswordAuth,
        Self::UserSrpAuth,
        Self::UserAuth,
        Self::CustomAuth,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AdminUserPasswordAuth => "ADMIN_USER_PASSWORD_AUTH",
            Self::UserPasswordAuth => "USER_PASSWORD_AUTH",
            Self::UserSrpAuth => "USER_SRP_AUTH",
            Self::UserAuth => "USER_AUTH",
            Self::CustomAuth => "CUSTOM_AUTH",
        }
    }

    /// Whether the flow needs a password and nothing else before a second factor.
    fn needs_password(self) -> bool {
        !matches!(self, Self::UserAuth | Self::CustomAuth)
    }

    /// The first flow that `client` allows. If there is none, the default of the tool `sign_in`.
    pub(crate) fn default_flow(client: Option<&ResponseView>) -> Self {
        let allowed = |flow: &Self| {
            client.is_some_and(|client| {
                flows::allows(&client.list("/ExplicitAuthFlows"), flow.name())
            })
        };
        let first = Self::ALL.into_iter().find(allowed);
        first.unwrap_or(Self::AdminUserPasswordAuth)
    }
}

/// The facts on which the checks work: what is known of a user, the pool and the app client.
#[derive(Clone, Debug)]
pub(crate) struct SignInFacts {
    /// The id of the pool.
    pub(crate) pool_id: String,
    /// The username as the caller gave it.
    pub(crate) given: String,
    /// The flow that is checked.
    pub(crate) flow: Flow,
    /// `DescribeUserPool`.
    pub(crate) pool: ResponseView,
    /// `GetUserPoolMfaConfig`.
    pub(crate) mfa: Option<ResponseView>,
    /// `DescribeUserPoolClient`.
    pub(crate) client: Option<ResponseView>,
    /// `AdminGetUser`.
    pub(crate) user: User,
    /// `AdminGetUserAuthFactors`.
    pub(crate) factors: Option<ResponseView>,
    /// The number of the user's devices.
    pub(crate) devices: Option<usize>,
    /// `DescribeRiskConfiguration`.
    pub(crate) risk: Option<ResponseView>,
    /// The user's sign-in events, the latest first, as `list_sign_in_events` shows them.
    pub(crate) events: Vec<ResponseView>,
    /// The remaining time of the lock after wrong passwords. Only the emulator reports it.
    pub(crate) locked: Option<Duration>,
    /// The refused sign-ins of the user in the emulator's journal, the latest first.
    pub(crate) refusals: Vec<Refusal>,
    /// The time in milliseconds since the Unix epoch.
    pub(crate) now: i64,
}

/// The result of the search for the user.
#[derive(Clone, Debug)]
pub(crate) enum User {
    /// The user exists.
    Found(ResponseView),
    /// No user has the name.
    Absent {
        /// Users whose e-mail address, phone number or preferred username is the given name, from
        /// `ListUsers`.
        with_attribute: Vec<ResponseView>,
        /// The username that is more similar to the given one than all others, if there is one.
        nearest: Option<String>,
    },
    /// The server is not permitted to read the user.
    Unknown,
}

/// A refused call of a sign-in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Refusal {
    /// The time of the refusal (RFC 3339).
    pub(crate) at: Option<String>,
    /// The operation.
    pub(crate) operation: String,
    /// The exception's name.
    pub(crate) code: String,
    /// The exception's message.
    pub(crate) message: String,
}

/// A check of a sign-in.
pub(crate) struct Check {
    /// The id of its finding.
    pub(crate) id: &'static str,
    pub(crate) run: fn(&SignInFacts) -> Option<Finding>,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Finding {
    /// The influence on the sign-in.
    pub(crate) impact: Impact,
    /// What the check found in the pool, the client or the user.
    pub(crate) seen: String,
    /// The consequence, and what to do.
    pub(crate) means: String,
    /// The administrator's call that fixes it.
    pub(crate) fix: Option<NextCall>,
    /// The call that the user, or the application, makes. Values that only they know are in
    /// angle brackets.
    pub(crate) user_call: Option<NextCall>,
}

/// The influence of a finding on the sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Impact {
    /// The finding prevents the sign-in.
    Blocks,
    /// The finding may prevent the sign-in.
    Uncertain,
    /// The finding does not prevent the sign-in.
    #[default]
    Informs,
}

impl Finding {
    fn new(impact: Impact, seen: impl Into<String>, means: impl Into<String>) -> Self {
        Self {
            impact,
            seen: seen.into(),
            means: means.into(),
            ..Self::default()
        }
    }

    fn blocks(seen: impl Into<String>, means: impl Into<String>) -> Self {
        Self::new(Impact::Blocks, seen, means)
    }

    fn uncertain(seen: impl Into<String>, means: impl Into<String>) -> Self {
        Self::new(Impact::Uncertain, seen, means)
    }

    fn informs(seen: impl Into<String>, means: impl Into<String>) -> Self {
        Self::new(Impact::Informs, seen, means)
    }

    fn fix(mut self, call: impl Into<Option<NextCall>>) -> Self {
        self.fix = call.into();
        self
    }

    fn user_call(mut self, call: impl Into<Option<NextCall>>) -> Self {
        self.user_call = call.into();
        self
    }
}

const fn check(id: &'static str, run: fn(&SignInFacts) -> Option<Finding>) -> Check {
    Check { id, run }
}

/// Every check, in the order of a sign-in: the app client, the user, the password, earlier refusals,
/// functions, factors.
pub(crate) const CHECKS: &[Check] = &[
    check("client_not_given", client::not_given),
    check("secret_hash_required", client::secret_hash),
    check("flow_not_enabled", client::flow),
    // `USER_AUTH` requires a feature plan above LITE.
    check("choice_not_in_plan", client::choice_plan),
    check("custom_challenge_not_configured", client::custom_challenge),
    // PreventUserExistenceErrors hides the reason of a refusal from the application.
    check("reasons_hidden", client::reasons_hidden),
    check("user_not_found", user::not_found),
    check("alias_not_enabled", user::alias_not_enabled),
    check("alias_not_verified", user::alias_not_verified),
    check("username_case_differs", user::case_differs),
    check("user_migration", user::migration),
    check("user_disabled", user::disabled),
    check("user_unconfirmed", user::unconfirmed),
    check("password_reset_required", user::reset_required),
    check("external_provider", user::external_provider),
    check("linked_providers", user::linked_providers),
    check("no_password", user::no_password),
    check(
        "temporary_password_expired",
        user::temporary_password_expired,
    ),
    check("temporary_password", user::temporary_password),
    check("required_attributes_missing", user::required_attributes),
    check("no_verified_address", user::no_verified_address),
    check("user_locked", history::locked),
    check("wrong_passwords", history::wrong_passwords),
    check("password_compromised", history::compromised),
    check("sign_in_blocked", history::blocked),
    // Addresses of the network, not of users.
    check("addresses_blocked", history::blocked_addresses),
    check("function_failed", history::function_failed),
    check("functions", client::functions),
    check("no_first_factor", factors::no_first_factor),
    check("second_factor_unreachable", factors::unreachable),
    check("second_factor_cannot_be_set_up", factors::cannot_be_set_up),
    check("second_factor_to_set_up", factors::to_set_up),
    check("second_factor_required", factors::required),
    check("second_factor_not_offered", factors::not_offered),
    check("devices", factors::devices),
];

/// Accessors that several checks share.
impl SignInFacts {
    /// The user, if one was found.
    fn found_user(&self) -> Option<&ResponseView> {
        match &self.user {
            User::Found(user) => Some(user),
            _ => None,
        }
    }

    /// The username as Cognito keeps it.
    pub(crate) fn username(&self) -> &str {
        self.found_user()
            .map_or(&self.given, |user| user.text("/Username"))
    }

    /// The status of the user; empty if no user was found.
    pub(crate) fn status(&self) -> &str {
        self.found_user()
            .map_or("", |user| user.text("/UserStatus"))
    }

    /// Whether the user is enabled.
    pub(crate) fn enabled(&self) -> bool {
        self.found_user().is_some_and(|user| user.is("/Enabled"))
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        attribute(self.found_user()?, "/UserAttributes", name)
    }

    /// A call of `tool` with the ids of the pool and the user, and `arguments`.
    fn call_on_user(&self, tool: &str, arguments: Value) -> NextCall {
        let target = json!({ "user_pool_id": self.pool_id, "username": self.username() });
        call(tool, &target, arguments)
    }

    /// A call of `tool` with the id of the pool, and `arguments`.
    fn call_on_pool(&self, tool: &str, arguments: Value) -> NextCall {
        call(tool, &json!({ "user_pool_id": self.pool_id }), arguments)
    }

    fn client_id(&self) -> Option<&str> {
        Some(self.client.as_ref()?.text("/ClientId"))
    }

    /// A call of `tool` with the ids of the pool and the client, and `arguments`.
    fn call_on_client(&self, tool: &str, arguments: Value) -> NextCall {
        let target = json!({ "user_pool_id": self.pool_id, "client_id": self.client_id() });
        call(tool, &target, arguments)
    }

    /// A call of `sign_in` for `username`, with a placeholder for the password, which only the user
    /// knows.
    fn sign_in_as(&self, username: &str) -> NextCall {
        // The tool `sign_in` does not have `CUSTOM_AUTH`.
        let is_default = matches!(self.flow, Flow::AdminUserPasswordAuth | Flow::CustomAuth);
        let flow = (!is_default).then_some(self.flow);
        let arguments = json!({
            "username": username, "password": super::USERS_PASSWORD, "flow": flow.map(Flow::name),
        });
        self.call_on_client("sign_in", arguments)
    }

    /// The flows of the client.
    fn client_flows(&self) -> Vec<&str> {
        let client = self.client.as_ref();
        client.map_or_else(Vec::new, |client| client.list("/ExplicitAuthFlows"))
    }

    /// The ARN of the function for `trigger`; empty if there is none.
    fn function_arn(&self, trigger: &str) -> &str {
        self.pool.text(&format!("/LambdaConfig/{trigger}"))
    }

    /// The first factors that the user has, if that is known: passwords, codes and passkeys.
    fn first_factors(&self) -> Option<Vec<&str>> {
        // In the plan LITE, users cannot choose a factor, and `ConfiguredUserAuthFactors` is not
        // reliable.
        let is_lite = self.pool.text("/UserPoolTier") == "LITE";
        let factors = self.factors.as_ref().filter(|_| !is_lite)?;
        let mut factors = factors.list("/ConfiguredUserAuthFactors");
        factors.retain(|factor| *factor != "SOFTWARE_TOKEN");
        Some(factors)
    }

    /// Whether the flow lets the user sign in without the password.
    fn can_avoid_password(&self) -> bool {
        let others = |factors: Vec<&str>| factors.iter().any(|factor| *factor != "PASSWORD");
        self.flow == Flow::UserAuth && self.first_factors().is_some_and(others)
    }

    /// The step after the first factor. None if the user or the pool's factors are not known.
    fn second_step(&self) -> Option<SecondStep<'_>> {
        self.found_user()?;
        Some(self.second_factor_settings()?.second_step())
    }

    fn second_factor_settings(&self) -> Option<SecondFactorSettings<'_>> {
        let mfa = self.mfa.as_ref()?;
        let user = self.found_user()?;
        Some(SecondFactorSettings {
            mode: match mfa.text("/MfaConfiguration") {
                "" => "OFF",
                mode => mode,
            },
            offered: second_factor::offered(&mfa.0).collect(),
            on: user.list("/UserMFASettingList"),
            preferred: Some(user.text("/PreferredMfaSetting")).filter(|name| !name.is_empty()),
            has_phone: self.attribute("phone_number").is_some(),
            has_email: self.attribute("email").is_some(),
        })
    }

    /// The challenges of the next sign-in, in order, if the user answers each one correctly.
    /// Challenges that do not follow from the settings are left out.
    pub(crate) fn challenges(&self) -> Vec<&str> {
        let mut challenges = Vec::new();
        match self.flow {
            Flow::UserSrpAuth => challenges.push("PASSWORD_VERIFIER"),
            Flow::UserAuth => {
                challenges.push("SELECT_CHALLENGE");
                // Codes and passkeys need no second factor.
                if let Some([only]) = self.first_factors().as_deref()
                    && *only != "PASSWORD"
                {
                    challenges.push(only);
                    return challenges;
                }
            }
            Flow::CustomAuth => return vec!["CUSTOM_CHALLENGE"],
            Flow::AdminUserPasswordAuth | Flow::UserPasswordAuth => {}
        }
        if self.status() == "FORCE_CHANGE_PASSWORD" {
            challenges.push("NEW_PASSWORD_REQUIRED");
        }
        match self.second_step() {
            Some(SecondStep::Ask(factor)) => challenges.push(factor),
            Some(SecondStep::Choose(_)) => challenges.push("SELECT_MFA_TYPE"),
            Some(SecondStep::SetUp) => challenges.push("MFA_SETUP"),
            Some(SecondStep::Nothing) | None => {}
        }
        challenges
    }
}

/// The value of an attribute in the list at `pointer`.
fn attribute<'a>(user: &'a ResponseView, pointer: &str, name: &str) -> Option<&'a str> {
    let list = user.0.pointer(pointer)?.as_array()?;
    let found = list.iter().find(|attribute| attribute["Name"] == name)?;
    found["Value"].as_str()
}

#[cfg(test)]
mod tests;
