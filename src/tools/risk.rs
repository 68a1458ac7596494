//! Toolset `risk`: sign-in events of users, and the settings of threat protection.
//!
//! Threat protection is part of the feature plan PLUS.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html>

use aws_sdk_cognitoidentityprovider::types::{AuthEventType, FeedbackValueType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{After, Done, Entry, InPool, OneUser, Page, Tool};
use crate::call::context::Cx;
use crate::cognito::time;
use crate::error::ToolResult;
use crate::tools::settings::{self, Change};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<ListSignInEvents>(),
        Entry::of::<GiveEventFeedback>(),
        Entry::of::<GetRiskConfig>(),
        Entry::of::<SetRiskConfig>(),
    ]
}

/// List a user's sign-in events, the latest first: when, from where, with what result, challenge and risk. The pool must have threat protection (plan PLUS).
#[derive(Deserialize, JsonSchema)]
struct ListSignInEvents {
    #[serde(flatten)]
    user: OneUser,
    #[serde(flatten)]
    page: Page<20, 60>,
}

/// A page of events.
#[derive(Serialize, JsonSchema)]
struct EventPage {
    /// The events, the latest first.
    events: Vec<Event>,
    #[serde(flatten)]
    after: After,
}

/// An event.
#[expect(clippy::struct_field_names, reason = "the API's name")]
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Event {
    /// Its id, for `give_event_feedback`.
    event_id: String,
    /// When it was, RFC 3339.
    at: Option<String>,
    /// `SignIn`, `SignUp`, `ForgotPassword`, `PasswordChange` or `ResendCode`.
    kind: String,
    /// `Pass`, `Fail` or `InProgress`.
    result: Option<String>,
    /// The decision about the risk: `NoRisk`, `AccountTakeover` or `Block`.
    risk: Option<String>,
    /// Level of the risk: `Low`, `Medium` or `High`.
    risk_level: Option<String>,
    /// Whether the password is compromised (known from a leak).
    compromised_credentials: Option<bool>,
    /// Challenges with their results, as in `Mfa: Success`.
    challenges: Vec<String>,
    /// The IP address of the request.
    ip_address: Option<String>,
    /// The country of that address.
    country: Option<String>,
    /// The city of that address.
    city: Option<String>,
    /// The device or program.
    device: Option<String>,
    /// Its time zone.
    timezone: Option<String>,
    /// `Valid` (it was the user) or `Invalid`, if feedback was given.
    feedback: Option<String>,
    /// Who gave the feedback.
    feedback_by: Option<String>,
}

impl From<AuthEventType> for Event {
    fn from(event: AuthEventType) -> Self {
        let at = time::rfc3339(event.creation_date());
        let risk = event.event_risk;
        let context = event.event_context_data.unwrap_or_else(|| {
            aws_sdk_cognitoidentityprovider::types::EventContextDataType::builder().build()
        });
        let challenges = event.challenge_responses.unwrap_or_default();
        let feedback = event.event_feedback;
        Self {
            event_id: event.event_id.unwrap_or_default(),
            at,
            kind: event
                .event_type
                .map(|kind| kind.to_string())
                .unwrap_or_default(),
            result: event.event_response.map(|result| result.to_string()),
            compromised_credentials: risk
                .as_ref()
                .and_then(|risk| risk.compromised_credentials_detected),
            risk_level: risk
                .as_ref()
                .and_then(|risk| Some(risk.risk_level.as_ref()?.to_string())),
            risk: risk.and_then(|risk| Some(risk.risk_decision?.to_string())),
            challenges: challenges
                .into_iter()
                .map(|challenge| {
                    let name = challenge.challenge_name.map(|name| name.to_string());
                    let answered = challenge.challenge_response.map(|is| is.to_string());
                    format!(
                        "{}: {}",
                        name.unwrap_or_default(),
                        answered.unwrap_or_default()
                    )
                })
                .collect(),
            ip_address: context.ip_address,
            country: context.country,
            city: context.city,
            device: context.device_name,
            timezone: context.timezone,
            feedback_by: feedback.as_ref().map(|feedback| feedback.provider.clone()),
            feedback: feedback.map(|feedback| feedback.feedback_value.to_string()),
        }
    }
}

impl Tool for ListSignInEvents {
    const NAME: &'static str = "list_sign_in_events";
    const TITLE: &'static str = "List sign-in events";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminListUserAuthEvents"];
    const DETAILS: &'static [&'static str] = &["/events/*/timezone", "/events/*/feedback_by"];
    type Answer = EventPage;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<EventPage> {
        let pool = cx.pool(&self.user.pool).await?;
        let request = cx.cognito().admin_list_user_auth_events();
        let page = request
            .user_pool_id(pool)
            .username(self.user.username)
            .max_results(self.page.limit)
            .set_next_token(self.page.cursor)
            .send()
            .await?;
        Ok(EventPage {
            events: page
                .auth_events
                .unwrap_or_default()
                .into_iter()
                .map(Event::from)
                .collect(),
            after: cx.after(page.next_token),
        })
    }
}

/// The newest `most` events of a user, the latest first.
pub(super) async fn sign_in_events(
    cx: &Cx,
    pool: &str,
    username: &str,
    most: i32,
) -> ToolResult<Vec<Event>> {
    let request = cx.cognito().admin_list_user_auth_events();
    let request = request
        .user_pool_id(pool)
        .username(username)
        .max_results(most);
    let events = request.send().await?.auth_events.unwrap_or_default();
    Ok(events.into_iter().map(Event::from).collect())
}

/// Give feedback on whether a sign-in event was caused by the user. Threat protection learns from it.
#[derive(Deserialize, JsonSchema)]
struct GiveEventFeedback {
    #[serde(flatten)]
    user: OneUser,
    /// Id of the event (see `list_sign_in_events`).
    #[schemars(length(min = 1, max = 50))]
    event_id: String,
    /// `valid`: it was the user; `invalid`: it was another person.
    feedback: Feedback,
}

#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Feedback {
    Valid,
    Invalid,
}

impl Tool for GiveEventFeedback {
    const NAME: &'static str = "give_event_feedback";
    const TITLE: &'static str = "Give feedback on event";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminUpdateAuthEventFeedback"];
    type Answer = Done;

    fn example() -> Value {
        json!({
            "username": "ana", "event_id": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", "feedback": "invalid",
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let (value, words) = match self.feedback {
            Feedback::Valid => (FeedbackValueType::Valid, "was"),
            Feedback::Invalid => (FeedbackValueType::Invalid, "was not"),
        };
        cx.cognito()
            .admin_update_auth_event_feedback()
            .user_pool_id(cx.pool(&self.user.pool).await?)
            .username(&self.user.username)
            .event_id(&self.event_id)
            .feedback_value(value)
            .send()
            .await?;
        Ok(Done::new(format!(
            "Event {} {words} caused by {}",
            self.event_id, self.user.username
        )))
    }
}

/// Describe the settings of threat protection of a pool or of one app client. The pool must have it (plan PLUS).
#[derive(Deserialize, JsonSchema)]
struct GetRiskConfig {
    #[serde(flatten)]
    pool: InPool,
    /// App client whose settings to read; absent: the pool's settings.
    client_id: Option<String>,
}

/// Settings of threat protection.
#[derive(Serialize, JsonSchema)]
struct RiskConfig {
    /// The pool or app client that has these settings, in words.
    of: String,
    /// The action for compromised passwords.
    compromised_credentials: Option<String>,
    /// The events at which passwords are checked.
    compromised_credentials_events: Vec<String>,
    /// The action for a sign-in of low risk.
    low_risk: Option<String>,
    /// The action for a sign-in of medium risk.
    medium_risk: Option<String>,
    /// The action for a sign-in of high risk.
    high_risk: Option<String>,
    /// Levels of risk at which the user is notified.
    notifies_when: Vec<String>,
    /// The SES identity that sends notifications.
    notify_from_arn: Option<String>,
    /// Address ranges that are always refused.
    blocked_ip_ranges: Vec<String>,
    /// Address ranges without risk assessment.
    always_allowed_ip_ranges: Vec<String>,
    /// When it was last modified, RFC 3339; absent if these are the defaults.
    modified_at: Option<String>,
}

const COMPROMISED: &str = "CompromisedCredentialsRiskConfiguration";
const TAKEOVER: &str = "AccountTakeoverRiskConfiguration";
const EXCEPTION: &str = "RiskExceptionConfiguration";
const LEVELS: [(&str, &str); 3] = [
    ("low", "LowAction"),
    ("medium", "MediumAction"),
    ("high", "HighAction"),
];

impl RiskConfig {
    fn of(risk: &Value, client: Option<&str>) -> Self {
        let text = |pointer: &str| Some(risk.pointer(pointer)?.as_str()?.to_owned());
        let list = |pointer: &str| -> Vec<String> {
            let items = risk.pointer(pointer).and_then(Value::as_array);
            let items = items.into_iter().flatten();
            items
                .filter_map(|item| Some(item.as_str()?.to_owned()))
                .collect()
        };
        let action = |level: &str| text(&format!("/{TAKEOVER}/Actions/{level}/EventAction"));
        let [low, medium, high] = LEVELS.map(|(_, level)| action(level));
        let notifies = |level: &str| {
            let pointer = format!("/{TAKEOVER}/Actions/{level}/Notify");
            risk.pointer(&pointer) == Some(&json!(true))
        };
        Self {
            of: match client {
                Some(client) if risk.get("ClientId").is_some() => format!("App client {client}"),
                Some(client) => {
                    format!("The pool, as app client {client} has no settings of its own")
                }
                None => "The pool".to_owned(),
            },
            compromised_credentials: text(&format!("/{COMPROMISED}/Actions/EventAction")),
            compromised_credentials_events: list(&format!("/{COMPROMISED}/EventFilter")),
            low_risk: low,
            medium_risk: medium,
            high_risk: high,
            notifies_when: LEVELS
                .iter()
                .filter(|(_, level)| notifies(level))
                .map(|(name, _)| (*name).to_owned())
                .collect(),
            notify_from_arn: text(&format!("/{TAKEOVER}/NotifyConfiguration/SourceArn")),
            blocked_ip_ranges: list(&format!("/{EXCEPTION}/BlockedIPRangeList")),
            always_allowed_ip_ranges: list(&format!("/{EXCEPTION}/SkippedIPRangeList")),
            modified_at: text("/LastModifiedDate"),
        }
    }
}

async fn described(cx: &Cx, pool: &str, client: Option<&str>) -> ToolResult<Value> {
    let input = json!({ "UserPoolId": pool, "ClientId": client });
    let mut answer = cx.ask("DescribeRiskConfiguration", input).await?;
    Ok(answer["RiskConfiguration"].take())
}

impl Tool for GetRiskConfig {
    const NAME: &'static str = "get_risk_config";
    const TITLE: &'static str = "Get risk configuration";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DescribeRiskConfiguration"];
    type Answer = RiskConfig;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<RiskConfig> {
        let pool = cx.pool(&self.pool).await?;
        let risk = described(cx, &pool, self.client_id.as_deref()).await?;
        Ok(RiskConfig::of(&risk, self.client_id.as_deref()))
    }
}

/// Change the settings of threat protection of a pool or of one app client. Settings that are not named stay unchanged.
#[derive(Deserialize, JsonSchema)]
struct SetRiskConfig {
    #[serde(flatten)]
    pool: InPool,
    /// App client to set it for; absent: the pool.
    client_id: Option<String>,
    /// Action for compromised passwords.
    compromised_credentials: Option<Compromised>,
    /// Action for sign-ins of low risk.
    low_risk: Option<Action>,
    /// Action for sign-ins of medium risk.
    medium_risk: Option<Action>,
    /// Action for sign-ins of high risk.
    high_risk: Option<Action>,
    /// Levels at which the user is notified by e-mail.
    notify_at: Option<Vec<Level>>,
    /// SES identity that sends notifications.
    notify_from_arn: Option<String>,
    /// Address ranges that are always refused, as in 192.0.2.0/24.
    blocked_ip_ranges: Option<Vec<String>>,
    /// Address ranges without risk assessment.
    always_allowed_ip_ranges: Option<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Compromised {
    Block,
    NoAction,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(clippy::enum_variant_names, reason = "the API's names")]
enum Action {
    Block,
    MfaIfConfigured,
    MfaRequired,
    NoAction,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    Low,
    Medium,
    High,
}

/// What was changed.
#[derive(Serialize, JsonSchema)]
struct Updated {
    /// Settings that changed, each with its old and new value.
    changed: Vec<Change>,
    /// The settings now.
    config: RiskConfig,
}

impl Tool for SetRiskConfig {
    const NAME: &'static str = "set_risk_config";
    const TITLE: &'static str = "Set risk configuration";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] =
        &["DescribeRiskConfiguration", "SetRiskConfiguration"];
    type Answer = Updated;

    fn example() -> Value {
        json!({ "compromised_credentials": "BLOCK", "high_risk": "MFA_REQUIRED" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Updated> {
        let pool = cx.pool(&self.pool).await?;
        let client = self.client_id.as_deref();
        let before = described(cx, &pool, client).await?;
        let kept = settings::kept("SetRiskConfiguration", &before);
        let mut input = kept.clone();
        self.change(&mut input);
        settings::merge(
            &mut input,
            settings::present(json!({ "UserPoolId": pool, "ClientId": client })),
        );
        cx.foresee("changed", settings::changes(&kept, &input));
        let mut answer = cx.ask("SetRiskConfiguration", input).await?;
        let after = answer["RiskConfiguration"].take();
        Ok(Updated {
            changed: settings::changes(&before, &after),
            config: RiskConfig::of(&after, client),
        })
    }
}

impl SetRiskConfig {
    /// Merges the settings in the arguments into the existing ones.
    fn change(&self, input: &mut Value) {
        if let Some(action) = self.compromised_credentials {
            settings::merge(
                input,
                json!({ COMPROMISED: { "Actions": { "EventAction": action } } }),
            );
        }
        let levels = [
            (Level::Low, self.low_risk),
            (Level::Medium, self.medium_risk),
            (Level::High, self.high_risk),
        ];
        for ((level, action), (_, name)) in levels.into_iter().zip(LEVELS) {
            let notify = self
                .notify_at
                .as_ref()
                .map(|levels| levels.contains(&level));
            let pointer = format!("/{TAKEOVER}/Actions/{name}");
            let there = input.pointer(&pointer).is_some();
            // Cognito requires both members at each level. A level without settings has
            // no action.
            if action.is_none() && !there && notify != Some(true) {
                continue;
            }
            let mut change = json!({});
            if !there {
                change = json!({ "EventAction": "NO_ACTION", "Notify": false });
            }
            let given = json!({ "EventAction": action, "Notify": notify });
            settings::merge(&mut change, settings::present(given));
            settings::merge(input, json!({ TAKEOVER: { "Actions": { name: change } } }));
        }
        if let Some(arn) = &self.notify_from_arn {
            settings::merge(
                input,
                json!({ TAKEOVER: { "NotifyConfiguration": { "SourceArn": arn } } }),
            );
            if input[TAKEOVER].get("Actions").is_none() {
                input[TAKEOVER]["Actions"] = json!({});
            }
        }
        let ranges = settings::present(json!({
            "BlockedIPRangeList": self.blocked_ip_ranges,
            "SkippedIPRangeList": self.always_allowed_ip_ranges,
        }));
        if ranges != json!({}) {
            settings::merge(input, json!({ EXCEPTION: ranges }));
        }
    }
}
