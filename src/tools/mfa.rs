//! Toolset `mfa`: second factors of users and of pools.

use aws_sdk_cognitoidentityprovider::types::{
    EmailMfaSettingsType, SmsMfaSettingsType, SoftwareTokenMfaSettingsType,
    VerifySoftwareTokenResponseType, WebAuthnCredentialDescription, WebAuthnMfaSettingsType,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Done, Entry, InPool, OneUser, Page, Tool};
use crate::call::context::Cx;
use crate::cognito::{time, user_status};
use crate::diagnosis::second_factor::{self, SecondFactorSettings, SecondStep, TWO_FACTORS};
use crate::directory::person;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::secrets::Secret;
use crate::tools::settings::{self, Change};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<GetUserFactors>(),
        Entry::of::<SetMfaPreference>(),
        Entry::of::<RemoveAuthenticatorApp>(),
        Entry::of::<GetMfaConfig>(),
        Entry::of::<SetMfaConfig>(),
        Entry::of::<SetUpAuthenticatorApp>(),
        Entry::of::<ListPasskeys>(),
        Entry::of::<DeletePasskey>(),
    ]
}

/// A second factor, as Cognito names it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Factor {
    EmailOtp,
    SmsMfa,
    SoftwareTokenMfa,
    WebAuthn,
}

impl Factor {
    const ALL: [Self; 4] = [
        Self::EmailOtp,
        Self::SmsMfa,
        Self::SoftwareTokenMfa,
        Self::WebAuthn,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::EmailOtp => "EMAIL_OTP",
            Self::SmsMfa => "SMS_MFA",
            Self::SoftwareTokenMfa => "SOFTWARE_TOKEN_MFA",
            Self::WebAuthn => "WEB_AUTHN",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.name() == name)
    }
}

/// Describe how a user may sign in: second factors and the preferred one, first factors (password, passkey, …), the pool's requirements.
#[derive(Deserialize, JsonSchema)]
struct GetUserFactors {
    #[serde(flatten)]
    user: OneUser,
}

/// A user's factors.
#[expect(clippy::struct_field_names, reason = "of several kinds")]
#[derive(Serialize, JsonSchema)]
struct Factors {
    /// Username.
    username: String,
    /// The steps of a sign-in, in words.
    explanation: String,
    /// Second factors that are enabled for the user, as in `SOFTWARE_TOKEN_MFA`.
    second_factors: Vec<String>,
    /// The one that a sign-in requests first.
    preferred: Option<String>,
    /// Factors that the user has, as in `PASSWORD` or `WEB_AUTHN` (a passkey).
    configured: Vec<String>,
    /// Whether the user has a passkey; only the user can list them (`list_passkeys`).
    has_passkey: bool,
    /// Addresses to which codes can be sent, and whether they are verified.
    addresses: Vec<Address>,
    /// Whether the pool requires a second factor: `OFF`, `OPTIONAL` or `ON`.
    pool_mfa: String,
    /// Second factors that the pool offers.
    pool_factors: Vec<String>,
}

/// An address to which codes can be sent.
#[derive(Serialize, JsonSchema)]
struct Address {
    /// `email` or `phone_number`.
    attribute: String,
    /// Whether it is verified.
    verified: bool,
}

impl Tool for GetUserFactors {
    const NAME: &'static str = "get_user_factors";
    const TITLE: &'static str = "Get user's factors";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "AdminGetUser",
        "AdminGetUserAuthFactors",
        "GetUserPoolMfaConfig",
    ];
    type Answer = Factors;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Factors> {
        let pool = cx.pool(&self.user.pool).await?;
        factors(cx, &pool, &self.user.username).await
    }
}

async fn factors(cx: &Cx, pool: &str, username: &str) -> ToolResult<Factors> {
    let user = cx.cognito().admin_get_user();
    let user = user.user_pool_id(pool).username(username).send().await?;
    let factors = cx
        .cognito()
        .admin_get_user_auth_factors()
        .user_pool_id(pool)
        .username(username)
        .send()
        .await?;
    let config = mfa_config(cx, pool).await?;
    let attributes = person::attributes(user.user_attributes);
    let addresses = ["email", "phone_number"].into_iter();
    let addresses = addresses.filter(|name| attributes.contains_key(*name));
    let verified = |name: &str| attributes.get(&format!("{name}_verified"));
    let configured: Vec<String> = factors
        .configured_user_auth_factors()
        .iter()
        .map(ToString::to_string)
        .collect();
    let on = factors.user_mfa_setting_list.unwrap_or_default();
    let pool_factors: Vec<String> = offered(&config)
        .map(|name| name.name().to_owned())
        .collect();
    let pool_mfa = config["MfaConfiguration"].as_str().unwrap_or("OFF");
    let preferred = factors.preferred_mfa_setting;
    let status = user
        .user_status
        .as_ref()
        .map_or("", |status| status.as_str());
    let before = before_factors(status, user.enabled);
    let factors_in_words = in_words(&SecondFactorSettings {
        mode: pool_mfa,
        offered: pool_factors.iter().map(String::as_str).collect(),
        on: on.iter().map(String::as_str).collect(),
        preferred: preferred.as_deref(),
        has_phone: attributes.contains_key("phone_number"),
        has_email: attributes.contains_key("email"),
    });
    Ok(Factors {
        explanation: [before, Some(factors_in_words)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        has_passkey: configured.iter().any(|factor| factor == "WEB_AUTHN"),
        addresses: addresses
            .map(|name| Address {
                attribute: name.to_owned(),
                verified: verified(name).is_some_and(|is| is == "true"),
            })
            .collect(),
        username: user.username,
        second_factors: on,
        preferred,
        configured,
        pool_mfa: pool_mfa.to_owned(),
        pool_factors,
    })
}

/// What the next sign-in requires before a second factor.
fn before_factors(status: &str, enabled: bool) -> Option<String> {
    if !enabled {
        return Some(format!("The user is disabled: {}.", user_status::DISABLED));
    }
    user_status::in_words(status)
        .filter(|_| status != "CONFIRMED")
        .map(|words| format!("The user is {status}: {words}."))
}

fn in_words(settings: &SecondFactorSettings<'_>) -> String {
    match settings.second_step() {
        _ if settings.mode == "OFF" => "The pool does not use second factors.".to_owned(),
        SecondStep::SetUp => {
            "The pool requires a second factor and the user has none enabled: the next \
                          sign-in asks to set one up, if the pool's factors allow that."
                .to_owned()
        }
        SecondStep::Nothing => {
            "The user has no second factor enabled, and signs in without one.".to_owned()
        }
        SecondStep::Ask(factor) => format!("A sign-in requires {factor}."),
        SecondStep::Choose(several) => format!(
            "A sign-in lets the user choose among {}; none is preferred.",
            several.join(", ")
        ),
    }
}

/// Enable or disable a user's second factors, and choose the preferred one. Factors that are not named stay unchanged.
#[derive(Deserialize, JsonSchema)]
struct SetMfaPreference {
    #[serde(flatten)]
    user: OneUser,
    /// Factors to enable. An authenticator app must be set up before; a code needs an address.
    #[serde(default)]
    enable: Vec<Factor>,
    /// Factors to disable.
    #[serde(default)]
    disable: Vec<Factor>,
    /// The factor that a sign-in requests first; it is also enabled.
    prefer: Option<Factor>,
}

impl Tool for SetMfaPreference {
    const NAME: &'static str = "set_mfa_preference";
    const TITLE: &'static str = "Set second factors";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "AdminGetUser",
        "AdminGetUserAuthFactors",
        "AdminSetUserMFAPreference",
        "GetUserPoolMfaConfig",
    ];
    type Answer = Factors;

    fn example() -> Value {
        json!({ "username": "ana", "prefer": "SOFTWARE_TOKEN_MFA" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Factors> {
        let pool = cx.pool(&self.user.pool).await?;
        let mut enable = self.enable;
        enable.extend(self.prefer);
        if let Some(both) = enable.iter().find(|factor| self.disable.contains(factor)) {
            let name = both.name();
            return Err(ToolError::argument(
                "/disable",
                format!("{name} cannot be both enabled and disabled"),
            )
            .hint("Name each factor in `enable` or `disable`, not in both"));
        }
        let now = factors(cx, &pool, &self.user.username).await?;
        let preferred = now.preferred.as_deref().and_then(Factor::named);
        let wanted = self.prefer.or(preferred);
        // Cognito replaces the settings of each factor in the request as a whole,
        // including its preference. So the request must also have the factor that was
        // preferred.
        let wish = |factor: Factor| {
            let demoted = preferred == Some(factor) && wanted != Some(factor);
            let on = match () {
                () if enable.contains(&factor) => true,
                () if self.disable.contains(&factor) => false,
                () if demoted => now.second_factors.iter().any(|on| on == factor.name()),
                () => return None,
            };
            Some((on, on && wanted == Some(factor)))
        };
        let request = cx
            .cognito()
            .admin_set_user_mfa_preference()
            .user_pool_id(&pool)
            .username(&self.user.username)
            .set_sms_mfa_settings(wish(Factor::SmsMfa).map(|(on, first)| {
                let settings = SmsMfaSettingsType::builder();
                settings.enabled(on).preferred_mfa(first).build()
            }))
            .set_software_token_mfa_settings(wish(Factor::SoftwareTokenMfa).map(|(on, first)| {
                let settings = SoftwareTokenMfaSettingsType::builder();
                settings.enabled(on).preferred_mfa(first).build()
            }))
            .set_email_mfa_settings(wish(Factor::EmailOtp).map(|(on, first)| {
                let settings = EmailMfaSettingsType::builder();
                settings.enabled(on).preferred_mfa(first).build()
            }))
            .set_web_authn_mfa_settings(
                wish(Factor::WebAuthn)
                    .map(|(on, _)| WebAuthnMfaSettingsType::builder().enabled(on).build()),
            );
        request.send().await?;
        factors(cx, &pool, &self.user.username).await
    }
}

/// Remove a user's authenticator app, for example after the loss of a phone. The user can set up another one.
#[derive(Deserialize, JsonSchema)]
struct RemoveAuthenticatorApp {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for RemoveAuthenticatorApp {
    const NAME: &'static str = "remove_authenticator_app";
    const TITLE: &'static str = "Remove authenticator app";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminDeleteSoftwareToken"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .admin_delete_software_token()
            .user_pool_id(cx.pool(&self.user.pool).await?)
            .username(&self.user.username)
            .send()
            .await?;
        Ok(Done::new(format!(
            "{} has no authenticator app",
            self.user.username
        )))
    }
}

/// Describe which second factors a pool offers, whether it requires one, and its passkey settings.
#[derive(Deserialize, JsonSchema)]
struct GetMfaConfig {
    #[serde(flatten)]
    pool: InPool,
}

/// A pool's second factors.
#[derive(Serialize, JsonSchema)]
struct MfaConfig {
    /// Whether sign-ins require a second factor: `OFF`, `OPTIONAL` (only of users who have one) or `ON`.
    mode: String,
    /// Enabled factors.
    factors: Vec<String>,
    /// Text of SMS messages.
    sms_message: Option<String>,
    /// Subject of e-mail messages.
    email_subject: Option<String>,
    /// Text of e-mail messages.
    email_message: Option<String>,
    /// The domain that passkeys belong to.
    passkey_relying_party: Option<String>,
    /// Whether passkeys must verify their user: `required` or `preferred`.
    passkey_user_verification: Option<String>,
    /// Whether a passkey that verifies its user counts as two factors.
    passkey_is_two_factors: bool,
}

impl From<&Value> for MfaConfig {
    fn from(config: &Value) -> Self {
        let text = |pointer: &str| Some(config.pointer(pointer)?.as_str()?.to_owned());
        Self {
            mode: text("/MfaConfiguration").unwrap_or_else(|| "OFF".to_owned()),
            factors: offered(config)
                .map(|factor| factor.name().to_owned())
                .collect(),
            sms_message: text("/SmsMfaConfiguration/SmsAuthenticationMessage"),
            email_subject: text("/EmailMfaConfiguration/Subject"),
            email_message: text("/EmailMfaConfiguration/Message"),
            passkey_relying_party: text("/WebAuthnConfiguration/RelyingPartyId"),
            passkey_user_verification: text("/WebAuthnConfiguration/UserVerification"),
            passkey_is_two_factors: text("/WebAuthnConfiguration/FactorConfiguration")
                .is_some_and(|is| is == TWO_FACTORS),
        }
    }
}

/// Second factors that are enabled in a pool.
fn offered(config: &Value) -> impl Iterator<Item = Factor> {
    second_factor::offered(config).filter_map(Factor::named)
}

async fn mfa_config(cx: &Cx, pool: &str) -> ToolResult<Value> {
    let input = json!({ "UserPoolId": pool });
    cx.ask("GetUserPoolMfaConfig", input).await
}

impl Tool for GetMfaConfig {
    const NAME: &'static str = "get_mfa_config";
    const TITLE: &'static str = "Get pool's second factors";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["GetUserPoolMfaConfig"];
    type Answer = MfaConfig;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<MfaConfig> {
        let pool = cx.pool(&self.pool).await?;
        Ok(MfaConfig::from(&mfa_config(cx, &pool).await?))
    }
}

/// Set which second factors a pool offers and whether it requires one. Settings that are not named stay unchanged.
#[derive(Deserialize, JsonSchema)]
struct SetMfaConfig {
    #[serde(flatten)]
    pool: InPool,
    /// Whether sign-ins require a second factor: never, of users who have one, or of all users.
    mode: Option<Mode>,
    /// Codes of authenticator apps.
    authenticator_app: Option<bool>,
    /// Codes by SMS; the pool must be able to send SMS.
    sms: Option<bool>,
    /// Codes by e-mail; the pool must send through SES.
    email: Option<bool>,
    /// Text of SMS messages, with {####}.
    sms_message: Option<String>,
    /// Subject of e-mail messages.
    email_subject: Option<String>,
    /// Text of e-mail messages, with {####}.
    email_message: Option<String>,
    /// The domain that passkeys belong to.
    passkey_relying_party: Option<String>,
    /// Passkeys must verify their user.
    passkey_verifies_user: Option<bool>,
    /// A passkey that verifies its user counts as two factors.
    passkey_is_two_factors: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Mode {
    Off,
    Optional,
    On,
}

/// What was changed.
#[derive(Serialize, JsonSchema)]
struct Updated {
    /// Settings that changed, each with its old and new value.
    changed: Vec<Change>,
    /// What users need before the change has its effect on them.
    still_needed: Option<String>,
    /// The pool's second factors now.
    config: MfaConfig,
}

impl Tool for SetMfaConfig {
    const NAME: &'static str = "set_mfa_config";
    const TITLE: &'static str = "Set pool's second factors";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "DescribeUserPool",
        "GetUserPoolMfaConfig",
        "SetUserPoolMfaConfig",
    ];
    type Answer = Updated;

    fn example() -> Value {
        json!({ "mode": "OPTIONAL", "authenticator_app": true })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Updated> {
        let pool = cx.pool(&self.pool).await?;
        let before = mfa_config(cx, &pool).await?;
        let kept = settings::kept("SetUserPoolMfaConfig", &before);
        let mut input = kept.clone();
        self.change(&mut input);
        if self.sms == Some(true)
            && input["SmsMfaConfiguration"]
                .get("SmsConfiguration")
                .is_none()
        {
            // Cognito enables the factor with the SMS configuration in the request,
            // which is the pool's own.
            let mut described = cx
                .ask("DescribeUserPool", json!({ "UserPoolId": pool }))
                .await?;
            let sms = described["UserPool"]["SmsConfiguration"].take();
            let sms = settings::present(json!({ "SmsConfiguration": sms }));
            settings::merge(&mut input, json!({ "SmsMfaConfiguration": sms }));
        }
        cx.foresee("changed", settings::changes(&kept, &input));
        input["UserPoolId"] = pool.clone().into();
        let after = cx.ask("SetUserPoolMfaConfig", input).await?;
        Ok(Updated {
            changed: settings::changes(&before, &after),
            still_needed: self.still_needed(),
            config: MfaConfig::from(&after),
        })
    }
}

impl SetMfaConfig {
    /// What the mode in the arguments requires of users.
    fn still_needed(&self) -> Option<String> {
        let needed = match self.mode? {
            Mode::Off => return None,
            Mode::Optional => {
                "Sign-ins require a second factor only of users who have one: the others sign in \
                 without, until one is set up (`set_up_authenticator_app`, or \
                 `set_mfa_preference` for SMS and e-mail)"
            }
            Mode::On => {
                "Users without a second factor must set one up at the next sign-in; the challenge \
                 MFA_SETUP guides them, and applications must support it"
            }
        };
        Some(needed.to_owned())
    }

    /// Merges the settings in the arguments into the existing ones.
    fn change(&self, input: &mut Value) {
        const FACTORS: [&str; 3] = [
            "SmsMfaConfiguration",
            "SoftwareTokenMfaConfiguration",
            "EmailMfaConfiguration",
        ];
        if let Some(mode) = self.mode {
            input["MfaConfiguration"] = json!(mode);
        }
        let [sms, app, email] = FACTORS;
        let switch = |input: &mut Value, name: &str, on: Option<bool>, there: Value| match on {
            Some(true) => settings::merge(input, json!({ name: there })),
            Some(false) => settings::merge(input, json!({ name: null })),
            None => {}
        };
        switch(
            input,
            app,
            self.authenticator_app,
            json!({ "Enabled": true }),
        );
        switch(input, sms, self.sms, json!({}));
        switch(input, email, self.email, json!({}));
        let text = |input: &mut Value, factor: &str, name: &str, text: Option<&String>| {
            if let Some(text) = text {
                settings::merge(input, json!({ factor: { name: text } }));
            }
        };
        text(
            input,
            sms,
            "SmsAuthenticationMessage",
            self.sms_message.as_ref(),
        );
        text(input, email, "Subject", self.email_subject.as_ref());
        text(input, email, "Message", self.email_message.as_ref());
        let passkeys = settings::present(json!({
            "RelyingPartyId": self.passkey_relying_party,
            "UserVerification": self.passkey_verifies_user.map(|is| if is { "required" } else { "preferred" }),
            "FactorConfiguration": self.passkey_is_two_factors.map(|is| if is { TWO_FACTORS } else { "SINGLE_FACTOR" }),
        }));
        if passkeys != json!({}) {
            settings::merge(input, json!({ "WebAuthnConfiguration": passkeys }));
        }
        if input["MfaConfiguration"] == "OFF" && self.mode.is_some() {
            // With MFA off, Cognito refuses any factor.
            for factor in FACTORS {
                settings::merge(input, json!({ factor: null }));
            }
        }
    }
}

/// Set up an authenticator app for the signed-in user: without `code` the answer has the app's secret; a call with the app's first code completes the setup.
#[derive(Deserialize, JsonSchema)]
struct SetUpAuthenticatorApp {
    /// The user's access token, or the reference to it.
    #[schemars(length(min = 1), extend("writeOnly" = true))]
    access_token: String,
    /// 6 digits from the app.
    #[schemars(extend("writeOnly" = true))]
    code: Option<String>,
    /// A name for the app's device.
    device_name: Option<String>,
}

/// The state of the setup.
#[derive(Serialize, JsonSchema)]
struct Setup {
    /// Whether the app is set up.
    complete: bool,
    /// The next step, in words.
    explanation: String,
    /// Secret for the app (base32).
    secret_code: Option<Secret>,
    /// The next call; replace the text in angle brackets.
    next: Option<NextCall>,
}

impl Tool for SetUpAuthenticatorApp {
    const NAME: &'static str = "set_up_authenticator_app";
    const TITLE: &'static str = "Set up authenticator app";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["AssociateSoftwareToken", "VerifySoftwareToken", "GetUser"];
    type Answer = Setup;

    fn example() -> Value {
        json!({ "access_token": "secret:access_token/k3v9q2m8x4t7w5ha" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Setup> {
        let Some(code) = self.code else {
            let answer = cx
                .cognito()
                .associate_software_token()
                .access_token(&self.access_token)
                .send()
                .await?;
            let explanation = if cx.reveals_secrets() {
                "Put secret_code into an authenticator app and continue with its 6-digit code."
            } else {
                "A secret for an authenticator app was created, which this server does not show: \
                 a person who can read it puts it into the app. Continue with the app's 6-digit \
                 code, which `totp_code` computes from the reference."
            };
            let arguments = cx.arguments_with(json!({ "code": "<6 digits from the app>" }));
            return Ok(Setup {
                complete: false,
                explanation: explanation.to_owned(),
                secret_code: answer
                    .secret_code
                    .map(|secret| cx.conceal("secret_code", secret)),
                // A token that the caller sent in plain text is not repeated in the
                // answer.
                next: cx
                    .may_repeat(&arguments)
                    .then(|| NextCall::new(Self::NAME, arguments)),
            });
        };
        let answer = cx
            .cognito()
            .verify_software_token()
            .access_token(&self.access_token)
            .user_code(code)
            .set_friendly_device_name(self.device_name)
            .send()
            .await?;
        if answer.status != Some(VerifySoftwareTokenResponseType::Success) {
            return Err(ToolError::new(
                "EnableSoftwareTokenMFAException",
                "Cognito did not accept the code",
            ));
        }
        let user = cx.cognito().get_user().access_token(&self.access_token);
        let user = user.send().await?;
        let prefer = json!({ "username": user.username, "prefer": Factor::SoftwareTokenMfa });
        let next = NextCall::new(SetMfaPreference::NAME, prefer);
        Ok(Setup {
            complete: true,
            explanation: format!(
                "The app of {} is set up. Sign-ins require it once the factor is enabled.",
                user.username
            ),
            secret_code: None,
            next: Some(next).filter(|next| cx.is_enabled(&next.tool)),
        })
    }
}

/// List the passkeys of the signed-in user.
#[derive(Deserialize, JsonSchema)]
struct ListPasskeys {
    /// The user's access token, or the reference to it.
    #[schemars(length(min = 1), extend("writeOnly" = true))]
    access_token: String,
    #[serde(flatten)]
    page: Page<20, 20>,
}

/// A page of passkeys.
#[derive(Serialize, JsonSchema)]
struct PasskeyPage {
    /// The passkeys.
    passkeys: Vec<Passkey>,
    /// Where the next page begins; absent on the last one.
    cursor: Option<String>,
    /// The call that returns the next page.
    next: Option<NextCall>,
}

/// A passkey.
#[derive(Serialize, JsonSchema)]
struct Passkey {
    /// Its id, for `delete_passkey`.
    credential_id: String,
    /// Its name.
    name: String,
    /// The domain that it belongs to.
    relying_party: String,
    /// `platform` (in a device) or `cross-platform` (a key to plug in).
    attachment: Option<String>,
    /// When it was made, RFC 3339.
    created_at: Option<String>,
}

impl From<WebAuthnCredentialDescription> for Passkey {
    fn from(passkey: WebAuthnCredentialDescription) -> Self {
        Self {
            created_at: time::rfc3339(Some(&passkey.created_at)),
            credential_id: passkey.credential_id,
            name: passkey.friendly_credential_name,
            relying_party: passkey.relying_party_id,
            attachment: passkey.authenticator_attachment,
        }
    }
}

impl Tool for ListPasskeys {
    const NAME: &'static str = "list_passkeys";
    const TITLE: &'static str = "List passkeys";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListWebAuthnCredentials"];
    type Answer = PasskeyPage;

    fn example() -> Value {
        json!({ "access_token": "secret:access_token/k3v9q2m8x4t7w5ha" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<PasskeyPage> {
        let page = cx
            .cognito()
            .list_web_authn_credentials()
            .access_token(self.access_token)
            .max_results(self.page.limit)
            .set_next_token(self.page.cursor)
            .send()
            .await?;
        let next = cx.next_page(page.next_token.as_deref());
        let repeats = |next: &NextCall| cx.may_repeat(&Value::Object(next.arguments.clone()));
        Ok(PasskeyPage {
            passkeys: page.credentials.into_iter().map(Passkey::from).collect(),
            next: next.filter(repeats),
            cursor: page.next_token,
        })
    }
}

/// Delete a passkey of the signed-in user. The user can no longer sign in with it.
#[derive(Deserialize, JsonSchema)]
struct DeletePasskey {
    /// The user's access token, or the reference to it.
    #[schemars(length(min = 1), extend("writeOnly" = true))]
    access_token: String,
    /// Id of the passkey (see `list_passkeys`).
    #[schemars(length(min = 1, max = 256))]
    credential_id: String,
}

impl Tool for DeletePasskey {
    const NAME: &'static str = "delete_passkey";
    const TITLE: &'static str = "Delete passkey";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["DeleteWebAuthnCredential"];
    type Answer = Done;

    fn example() -> Value {
        json!({
            "access_token": "secret:access_token/k3v9q2m8x4t7w5ha",
            "credential_id": "KEqeFxg0nVrTqC4PvCnqUw",
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .delete_web_authn_credential()
            .access_token(self.access_token)
            .credential_id(&self.credential_id)
            .send()
            .await?;
        Ok(Done::new(format!(
            "Passkey {} is deleted",
            self.credential_id
        )))
    }
}
