//! Toolset `sign-in`: sign-up, sign-in and challenges, as a user.

mod begin;
mod codes;

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::admin_initiate_auth::AdminInitiateAuthOutput;
use aws_sdk_cognitoidentityprovider::operation::admin_respond_to_auth_challenge::AdminRespondToAuthChallengeOutput;
use aws_sdk_cognitoidentityprovider::operation::initiate_auth::InitiateAuthOutput;
use aws_sdk_cognitoidentityprovider::operation::respond_to_auth_challenge::RespondToAuthChallengeOutput;
use aws_sdk_cognitoidentityprovider::types::{AuthenticationResultType, ChallengeNameType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::begin::Srp;
use super::{ByClient, Done, Entry, InPool, Tool};
use crate::call::context::Cx;
use crate::call::sign_ins::{Session, Setup};
use crate::cognito::jwt::Token;
use crate::cognito::time;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::secrets::Secret;
use crate::tools::answer::{self, Delivery};

pub(super) fn tools() -> Vec<Entry> {
    [
        Entry::of::<SignUp>(),
        Entry::of::<ConfirmSignUp>(),
        Entry::of::<begin::SignIn>(),
        Entry::of::<AnswerChallenge>(),
    ]
    .into_iter()
    .chain(codes::tools())
    .collect()
}

/// Sign up a new user, as the user would. Unless the pool confirms users at once, a code is sent for `confirm_sign_up`.
#[derive(Deserialize, JsonSchema)]
struct SignUp {
    #[serde(flatten)]
    client: ByClient,
    #[serde(flatten)]
    pool: InPool,
    /// Username; an e-mail address or phone number if the pool signs users in by those.
    #[schemars(length(min = 1, max = 128))]
    username: String,
    /// Password that satisfies the pool's policy (see `describe_pool`).
    #[schemars(length(min = 1, max = 256), extend("writeOnly" = true))]
    password: String,
    /// E-mail address.
    email: Option<String>,
    /// Phone number in E.164 form, as in +15555550100.
    phone_number: Option<String>,
    /// Further attributes by name.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// A user who signed up.
#[derive(Serialize, JsonSchema)]
struct SignedUp {
    /// The user's `sub`.
    sub: String,
    /// Whether the user may sign in already.
    confirmed: bool,
    /// Where the code was sent.
    code_sent: Option<Delivery>,
    /// The call that confirms the user.
    next: Option<NextCall>,
}

impl Tool for SignUp {
    const NAME: &'static str = "sign_up";
    const TITLE: &'static str = "Sign up";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["SignUp", "DescribeUserPoolClient"];
    type Answer = SignedUp;

    fn example() -> Value {
        json!({ "username": "dora", "password": "Correct-Horse-7", "email": "dora@example.com" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<SignedUp> {
        let client = cx.client(&self.client, &self.pool).await?;
        let hash = cx.secret_hash(&self.pool, &client, &self.username).await?;
        let mut attributes = self.attributes;
        attributes.extend(self.email.map(|email| ("email".to_owned(), email)));
        attributes.extend(
            self.phone_number
                .map(|number| ("phone_number".to_owned(), number)),
        );
        let answer = cx
            .cognito()
            .sign_up()
            .client_id(&client)
            .set_secret_hash(hash)
            .username(&self.username)
            .password(self.password)
            .set_user_attributes(
                Some(answer::attribute_list(attributes)).filter(|list| !list.is_empty()),
            )
            .send()
            .await?;
        let confirm = json!({
            "client_id": self.client.client_id,
            "user_pool_id": self.pool.user_pool_id,
            "username": self.username,
            "code": "<the code sent>",
        });
        Ok(SignedUp {
            sub: answer.user_sub,
            confirmed: answer.user_confirmed,
            code_sent: answer.code_delivery_details.map(Delivery::from),
            next: (!answer.user_confirmed).then(|| NextCall::new(ConfirmSignUp::NAME, confirm)),
        })
    }
}

/// Confirm a sign-up with the code that was sent.
#[derive(Deserialize, JsonSchema)]
struct ConfirmSignUp {
    #[serde(flatten)]
    client: ByClient,
    #[serde(flatten)]
    pool: InPool,
    /// Exact username.
    #[schemars(length(min = 1, max = 128))]
    username: String,
    /// The code from the message.
    #[schemars(length(min = 1, max = 2048), extend("writeOnly" = true))]
    code: String,
}

impl Tool for ConfirmSignUp {
    const NAME: &'static str = "confirm_sign_up";
    const TITLE: &'static str = "Confirm sign-up";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["ConfirmSignUp", "DescribeUserPoolClient"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "dora", "code": "123456" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let client = cx.client(&self.client, &self.pool).await?;
        let hash = cx.secret_hash(&self.pool, &client, &self.username).await?;
        cx.cognito()
            .confirm_sign_up()
            .client_id(client)
            .set_secret_hash(hash)
            .username(&self.username)
            .confirmation_code(self.code)
            .send()
            .await?;
        Ok(Done::new(format!("{} is confirmed", self.username)))
    }
}

/// The state of a sign-in.
#[derive(Serialize, JsonSchema)]
struct SignInState {
    /// `signed_in`, or `challenge` if Cognito requires more.
    outcome: Outcome,
    /// The state and the next step, in words.
    explanation: String,
    /// The challenge, as in `NEW_PASSWORD_REQUIRED`.
    challenge: Option<String>,
    /// Identifies the sign-in in progress, for `answer_challenge`.
    session: Option<String>,
    /// Values for `mfa_type` or `first_factor`, or factors that can be set up.
    choices: Option<Vec<String>>,
    /// Attributes that must be given with the new password.
    required_attributes: Option<Vec<String>>,
    /// Where a code was sent, masked.
    code_sent_to: Option<String>,
    /// Secret for the authenticator app (base32).
    secret_code: Option<Secret>,
    /// Who signed in.
    user: Option<SignedInUser>,
    /// The tokens.
    tokens: Option<Tokens>,
    /// The call that answers the challenge; replace the text in angle brackets.
    next: Option<NextCall>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    SignedIn,
    Challenge,
}

/// The user in the access token.
#[derive(Default, Serialize, JsonSchema)]
struct SignedInUser {
    /// Username.
    username: String,
    /// The user's `sub`.
    sub: String,
    /// The user's groups.
    groups: Vec<String>,
    /// When the access token expires, RFC 3339.
    expires_at: Option<String>,
}

/// Tokens of a sign-in.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "OAuth's names")]
struct Tokens {
    /// Access token.
    access_token: Option<Secret>,
    /// ID token.
    id_token: Option<Secret>,
    /// Refresh token.
    refresh_token: Option<Secret>,
}

/// Answer the challenge of a sign-in. The challenge determines which argument is required; `next` of the previous answer has it.
#[derive(Deserialize, JsonSchema)]
struct AnswerChallenge {
    /// `session` of the previous answer, as in session-1.
    session: String,
    /// `NEW_PASSWORD_REQUIRED`: a new password that satisfies the pool's policy.
    #[schemars(length(min = 1, max = 256), extend("writeOnly" = true))]
    new_password: Option<String>,
    /// `NEW_PASSWORD_REQUIRED`: required attributes that the user does not have yet, by name.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// `SOFTWARE_TOKEN_MFA`, `SMS_MFA`, `EMAIL_OTP`, `SMS_OTP`, `MFA_SETUP`: the code from the authenticator app or the message. `CUSTOM_CHALLENGE`: the answer. For `MFA_SETUP`, omit it in the first call to get the secret.
    #[schemars(extend("writeOnly" = true))]
    code: Option<String>,
    /// `SELECT_MFA_TYPE`: the factor to use.
    mfa_type: Option<MfaType>,
    /// `SELECT_CHALLENGE`: the first factor to use.
    first_factor: Option<FirstFactor>,
    /// The password, if it is the first factor.
    #[schemars(extend("writeOnly" = true))]
    password: Option<String>,
}

/// A first factor of `USER_AUTH` that needs no browser.
#[derive(Clone, Copy, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum FirstFactor {
    EmailOtp,
    Password,
    PasswordSrp,
    SmsOtp,
}

impl FirstFactor {
    /// The name in the API.
    const fn name(self) -> &'static str {
        match self {
            Self::EmailOtp => "EMAIL_OTP",
            Self::Password => "PASSWORD",
            Self::PasswordSrp => "PASSWORD_SRP",
            Self::SmsOtp => "SMS_OTP",
        }
    }

    const fn is_password(self) -> bool {
        matches!(self, Self::Password | Self::PasswordSrp)
    }
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum MfaType {
    EmailOtp,
    SmsMfa,
    SoftwareTokenMfa,
}

impl Tool for AnswerChallenge {
    const NAME: &'static str = "answer_challenge";
    const TITLE: &'static str = "Answer challenge";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[
        "AdminRespondToAuthChallenge",
        "RespondToAuthChallenge",
        "AssociateSoftwareToken",
        "VerifySoftwareToken",
        "DescribeUserPoolClient",
        "AdminGetUser",
    ];
    type Answer = SignInState;

    fn example() -> Value {
        json!({ "session": "session-1", "new_password": "Correct-Horse-7" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<SignInState> {
        let Some(mut session) = cx.sessions().get(cx.owner(), &self.session).await? else {
            return Err(ToolError::new(
                "UnknownSession",
                format!(
                    "{} is not a sign-in in progress: it has ended, or the server was restarted",
                    self.session
                ),
            ));
        };
        let mut responses = BTreeMap::from([("USERNAME".to_owned(), session.username.clone())]);
        let srp = match self.first_factor {
            Some(FirstFactor::PasswordSrp) => Some(Srp::new()?),
            _ => None,
        };
        if session.challenge == "MFA_SETUP" {
            if let Some(state) = self.set_up(cx, &mut session).await? {
                return Ok(state);
            }
        } else {
            responses.extend(self.responses(&session)?);
        }
        if session.challenge == "SELECT_CHALLENGE" {
            responses.extend(srp.as_ref().map(Srp::parameter));
        }
        let mut step = answer_with(cx, &session, responses).await?;
        cx.sessions().forget(cx.owner(), &self.session).await;
        if let (Some(srp), Some(password)) = (srp, &self.password) {
            step = srp.prove(cx, step, &mut session, password).await?;
        }
        step.state(cx, session).await
    }
}

impl AnswerChallenge {
    /// The responses to the challenge of `session`, as Cognito names them.
    fn responses(&self, session: &Session) -> ToolResult<Vec<(String, String)>> {
        let code = match session.challenge.as_str() {
            "NEW_PASSWORD_REQUIRED" => {
                let password = self.needed("new_password", self.new_password.as_ref(), session)?;
                let attributes = self.attributes.iter();
                let attributes = attributes
                    .map(|(name, value)| (format!("userAttributes.{name}"), value.clone()));
                let password = ("NEW_PASSWORD".to_owned(), password);
                return Ok([password].into_iter().chain(attributes).collect());
            }
            "SELECT_MFA_TYPE" => {
                let chosen = self.mfa_type.map(|mfa| match mfa {
                    MfaType::EmailOtp => "EMAIL_OTP".to_owned(),
                    MfaType::SmsMfa => "SMS_MFA".to_owned(),
                    MfaType::SoftwareTokenMfa => "SOFTWARE_TOKEN_MFA".to_owned(),
                });
                let chosen = self.needed("mfa_type", chosen.as_ref(), session)?;
                return Ok(vec![("ANSWER".to_owned(), chosen)]);
            }
            "SELECT_CHALLENGE" => {
                let chosen = self.first_factor.map(|factor| factor.name().to_owned());
                let chosen = self.needed("first_factor", chosen.as_ref(), session)?;
                let mut responses = vec![("ANSWER".to_owned(), chosen)];
                if self.first_factor.is_some_and(FirstFactor::is_password) {
                    let password = self.needed("password", self.password.as_ref(), session)?;
                    if self.first_factor == Some(FirstFactor::Password) {
                        responses.push(("PASSWORD".to_owned(), password));
                    }
                }
                return Ok(responses);
            }
            "PASSWORD" => {
                let password = self.needed("password", self.password.as_ref(), session)?;
                return Ok(vec![("PASSWORD".to_owned(), password)]);
            }
            "SOFTWARE_TOKEN_MFA" => "SOFTWARE_TOKEN_MFA_CODE",
            "SMS_MFA" => "SMS_MFA_CODE",
            "EMAIL_OTP" => "EMAIL_OTP_CODE",
            "SMS_OTP" => "SMS_OTP_CODE",
            "CUSTOM_CHALLENGE" => "ANSWER",
            other => {
                return Err(ToolError::new(
                    "ChallengeNotSupported",
                    format!("{other} cannot be answered by this tool"),
                ));
            }
        };
        let given = self.needed("code", self.code.as_ref(), session)?;
        Ok(vec![(code.to_owned(), given)])
    }

    /// Sets up an authenticator app. Returns the answer to the caller, or `None` if the
    /// app is verified.
    async fn set_up(&self, cx: &Cx, session: &mut Session) -> ToolResult<Option<SignInState>> {
        match (&self.code, session.setup) {
            (_, Setup::Verified) => Ok(None),
            (None, _) => self.associate(cx, session.clone()).await.map(Some),
            (Some(code), Setup::Associated) => {
                verify(cx, session, code).await?;
                // If a later step fails, the caller can continue with the stored
                // session.
                cx.sessions()
                    .renew(cx.owner(), &self.session, session.clone())
                    .await?;
                Ok(None)
            }
            (Some(_), Setup::Begun) => Err(ToolError::argument(
                "/code",
                "comes from an app with the secret; first get the secret",
            )
            .retry(Self::NAME, json!({ "session": self.session }))),
        }
    }

    /// The argument that the challenge needs. Fails if it is absent.
    fn needed(&self, name: &str, given: Option<&String>, session: &Session) -> ToolResult<String> {
        given.cloned().ok_or_else(|| {
            ToolError::argument(
                &format!("/{name}"),
                format!("is required for {}", session.challenge),
            )
            .hint(format!(
                "Call answer_challenge with session {} and {name}",
                self.session
            ))
        })
    }

    /// Gets a secret for an authenticator app. The next call sends the app's first
    /// code.
    async fn associate(&self, cx: &Cx, session: Session) -> ToolResult<SignInState> {
        let answer = cx
            .cognito()
            .associate_software_token()
            .session(&session.token)
            .send()
            .await?;
        cx.sessions().forget(cx.owner(), &self.session).await;
        let session = Session {
            token: answer.session.unwrap_or(session.token),
            setup: Setup::Associated,
            ..session
        };
        let secret_code = answer.secret_code;
        let secret_code = secret_code.map(|code| cx.conceal("secret_code", code));
        let explanation = if cx.reveals_secrets() {
            "Put secret_code into an authenticator app and answer with its 6-digit code."
        } else {
            "A secret for an authenticator app was created, which this server does not show: a person \
             who can read it puts it into the app. Answer with the app's 6-digit code, which \
             `totp_code` computes from the reference."
        };
        let challenge = session.challenge.clone();
        let reference = cx.sessions().keep(cx.owner(), session).await?;
        Ok(SignInState {
            challenge: Some(challenge),
            secret_code,
            next: Some(NextCall::new(
                Self::NAME,
                json!({ "session": reference, "code": "<6 digits from the app>" }),
            )),
            session: Some(reference),
            ..SignInState::new(Outcome::Challenge, explanation.to_owned())
        })
    }
}

/// Proves that the app has the secret, and updates the session.
async fn verify(cx: &Cx, session: &mut Session, code: &str) -> ToolResult<()> {
    let answer = cx
        .cognito()
        .verify_software_token()
        .session(&session.token)
        .user_code(code)
        .send()
        .await?;
    if let Some(token) = answer.session {
        session.token = token;
    }
    session.setup = Setup::Verified;
    Ok(())
}

async fn answer_with(
    cx: &Cx,
    session: &Session,
    mut responses: BTreeMap<String, String>,
) -> ToolResult<Step> {
    let pool = InPool {
        user_pool_id: session.user_pool_id.clone(),
    };
    let mut hash = cx
        .secret_hash(&pool, &session.client_id, &session.username)
        .await?;
    if hash.is_some()
        && !session.resolved
        && let Some(username) = username(cx, session).await
    {
        // Cognito computes the hash with the username, even if the caller sent an
        // alias.
        hash = cx.secret_hash(&pool, &session.client_id, &username).await?;
    }
    responses.extend(hash.map(|hash| ("SECRET_HASH".to_owned(), hash)));
    let challenge = ChallengeNameType::from(session.challenge.as_str());
    let responses = Some(responses.into_iter().collect());
    let token = Some(session.token.clone()).filter(|token| !token.is_empty());
    if session.admin {
        let answer = cx
            .cognito()
            .admin_respond_to_auth_challenge()
            .set_user_pool_id(session.user_pool_id.clone())
            .client_id(&session.client_id)
            .challenge_name(challenge)
            .set_challenge_responses(responses)
            .set_session(token)
            .send()
            .await?;
        return Ok(answer.into());
    }
    let answer = cx
        .cognito()
        .respond_to_auth_challenge()
        .client_id(&session.client_id)
        .challenge_name(challenge)
        .set_challenge_responses(responses)
        .set_session(token)
        .send()
        .await?;
    Ok(answer.into())
}

/// The username of the name that the caller sent, if it can be looked up.
async fn username(cx: &Cx, session: &Session) -> Option<String> {
    let request = cx.cognito().admin_get_user();
    let request = request
        .user_pool_id(session.user_pool_id.as_ref()?)
        .username(&session.username);
    Some(request.send().await.ok()?.username)
}

/// The common response of the four sign-in operations.
struct Step {
    challenge: Option<ChallengeNameType>,
    session: Option<String>,
    parameters: BTreeMap<String, String>,
    /// First factors that the user can choose.
    first_factors: Vec<String>,
    result: Option<AuthenticationResultType>,
}

macro_rules! step_from {
    ($($output:ty),*) => {$(
        impl From<$output> for Step {
            fn from(output: $output) -> Self {
                Self {
                    challenge: output.challenge_name,
                    session: output.session,
                    parameters: output.challenge_parameters.unwrap_or_default().into_iter().collect(),
                    first_factors: output
                        .available_challenges
                        .unwrap_or_default()
                        .iter()
                        .map(ToString::to_string)
                        .collect(),
                    result: output.authentication_result,
                }
            }
        }
    )*};
}

step_from!(
    AdminInitiateAuthOutput,
    AdminRespondToAuthChallengeOutput,
    InitiateAuthOutput,
    RespondToAuthChallengeOutput
);

impl Step {
    /// The answer to the caller. A challenge is stored as a session.
    async fn state(self, cx: &Cx, before: Session) -> ToolResult<SignInState> {
        match self.challenge.clone() {
            Some(challenge) => self.challenged(cx, challenge.as_str(), before).await,
            None => Ok(self.signed_in(cx)),
        }
    }

    fn signed_in(self, cx: &Cx) -> SignInState {
        let result = self.result;
        let access = result.as_ref().and_then(|result| result.access_token());
        let user = access
            .and_then(claims)
            .map(|claims| SignedInUser::from(&claims));
        let explanation = match &user {
            Some(user) => format!("{} is signed in.", user.username),
            None => "The sign-in is complete.".to_owned(),
        };
        SignInState {
            user,
            tokens: result.map(|result| {
                let secret = |name: &str, token: Option<String>| Some(cx.conceal(name, token?));
                Tokens {
                    access_token: secret("access_token", result.access_token),
                    id_token: secret("id_token", result.id_token),
                    refresh_token: secret("refresh_token", result.refresh_token),
                }
            }),
            ..SignInState::new(Outcome::SignedIn, explanation)
        }
    }

    async fn challenged(
        self,
        cx: &Cx,
        challenge: &str,
        before: Session,
    ) -> ToolResult<SignInState> {
        let code_sent_to = self.parameters.get("CODE_DELIVERY_DESTINATION").cloned();
        let Some(instructions) = self.instructions(challenge, code_sent_to.as_deref()) else {
            let explanation =
                format!("Cognito requires {challenge}, which this tool cannot answer.");
            return Ok(SignInState {
                challenge: Some(challenge.to_owned()),
                code_sent_to,
                ..SignInState::new(Outcome::Challenge, explanation)
            });
        };
        let resolved = self.parameters.get("USER_ID_FOR_SRP");
        let session = Session {
            token: self.session.unwrap_or_default(),
            challenge: challenge.to_owned(),
            resolved: before.resolved || resolved.is_some(),
            username: resolved.cloned().unwrap_or(before.username),
            setup: Setup::Begun,
            ..before
        };
        let reference = cx.sessions().keep(cx.owner(), session).await?;
        let mut next = json!({ "session": reference });
        if let (Value::Object(next), Value::Object(arguments)) = (&mut next, instructions.arguments)
        {
            next.extend(arguments);
        }
        Ok(SignInState {
            challenge: Some(challenge.to_owned()),
            session: Some(reference),
            choices: instructions.choices,
            required_attributes: instructions.required_attributes,
            code_sent_to,
            next: Some(NextCall::new(AnswerChallenge::NAME, next)),
            ..SignInState::new(Outcome::Challenge, instructions.explanation)
        })
    }

    /// A list in the parameters of the challenge.
    fn list(&self, name: &str) -> Vec<String> {
        let text = self.parameters.get(name);
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    /// What the caller needs to answer `challenge`; `None` if this tool cannot answer it.
    fn instructions(&self, challenge: &str, code_sent_to: Option<&str>) -> Option<Instructions> {
        let to = code_sent_to.map_or_else(String::new, |to| format!(" to {to}"));
        Some(match challenge {
            "NEW_PASSWORD_REQUIRED" => self.new_password(),
            "SOFTWARE_TOKEN_MFA" => Instructions::new(
                "A code from the user's authenticator app is required; `totp_code` computes it from \
                 the app's secret.",
                json!({ "code": "<6 digits from the app>" }),
            ),
            "SMS_MFA" | "SMS_OTP" => Instructions::new(
                format!("A code was sent by SMS{to}."),
                json!({ "code": "<the code sent>" }),
            ),
            "EMAIL_OTP" => Instructions::new(
                format!("A code was sent by e-mail{to}."),
                json!({ "code": "<the code sent>" }),
            ),
            "SELECT_CHALLENGE" => Instructions::new(
                "The user can sign in by several first factors: choose one. PASSWORD and \
                 PASSWORD_SRP need the password too; WEB_AUTHN needs a browser.",
                self.first_factor(),
            )
            .with_choices(self.first_factors.clone()),
            "PASSWORD" => Instructions::new(
                "The password is required.",
                json!({ "password": "<the password>" }),
            ),
            "SELECT_MFA_TYPE" => {
                let choices = self.list("MFAS_CAN_CHOOSE");
                Instructions::new(
                    "The user has several second factors: choose one.",
                    json!({ "mfa_type": choices.first() }),
                )
                .with_choices(choices)
            }
            "MFA_SETUP" => Instructions::new(
                "The pool requires a second factor and the user has none: set up an authenticator \
                 app. The next call gets its secret.",
                json!({}),
            )
            .with_choices(self.list("MFAS_CAN_SETUP")),
            "CUSTOM_CHALLENGE" => Instructions::new(
                "The pool's own challenge must be answered.",
                json!({ "code": "<the answer>" }),
            ),
            _ => return None,
        })
    }

    /// The arguments that choose a first factor: a code if one can be sent, because that needs
    /// no further argument.
    fn first_factor(&self) -> Value {
        let is_offered = |name: &&str| self.first_factors.iter().any(|offered| offered == name);
        match ["EMAIL_OTP", "SMS_OTP"].into_iter().find(is_offered) {
            Some(code) => json!({ "first_factor": code }),
            None => json!({ "first_factor": "PASSWORD", "password": "<the password>" }),
        }
    }

    /// The instructions for a new password, with the attributes that the challenge requires.
    fn new_password(&self) -> Instructions {
        // Names are as in `userAttributes.email`.
        let required: Vec<String> = self
            .list("requiredAttributes")
            .iter()
            .map(|name| name.trim_start_matches("userAttributes.").to_owned())
            .collect();
        let values: BTreeMap<&str, &str> = required
            .iter()
            .map(|name| (name.as_str(), "<value>"))
            .collect();
        let mut arguments =
            json!({ "new_password": "<a password that satisfies the pool's policy>" });
        if !required.is_empty() {
            arguments["attributes"] = json!(values);
        }
        let explanation = "The password is temporary: the user must choose a new one.";
        Instructions {
            required_attributes: Some(required),
            ..Instructions::new(explanation, arguments)
        }
    }
}

/// What a caller needs to answer a challenge.
struct Instructions {
    /// The challenge, in words.
    explanation: String,
    /// The arguments of the answer, with placeholders.
    arguments: Value,
    /// The values among which the caller chooses.
    choices: Option<Vec<String>>,
    /// Attributes that must be given with the new password.
    required_attributes: Option<Vec<String>>,
}

impl Instructions {
    fn new(explanation: impl Into<String>, arguments: Value) -> Self {
        Self {
            explanation: explanation.into(),
            arguments,
            choices: None,
            required_attributes: None,
        }
    }

    /// The same, with `choices`.
    fn with_choices(self, choices: Vec<String>) -> Self {
        Self {
            choices: Some(choices),
            ..self
        }
    }
}

impl SignInState {
    /// A state without further data.
    fn new(outcome: Outcome, explanation: String) -> Self {
        Self {
            outcome,
            explanation,
            challenge: None,
            session: None,
            choices: None,
            required_attributes: None,
            code_sent_to: None,
            secret_code: None,
            user: None,
            tokens: None,
            next: None,
        }
    }
}

impl From<&Value> for SignedInUser {
    fn from(claims: &Value) -> Self {
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let groups = claims["cognito:groups"].as_array().into_iter().flatten();
        Self {
            username: text("username"),
            sub: text("sub"),
            groups: groups
                .filter_map(|group| group.as_str().map(ToOwned::to_owned))
                .collect(),
            expires_at: claims["exp"]
                .as_i64()
                .and_then(|seconds| time::rfc3339_of_milliseconds(seconds.checked_mul(1000)?)),
        }
    }
}

/// The claims of a token. The token comes directly from Cognito and is not verified.
fn claims(token: &str) -> Option<Value> {
    Token::parse(token).ok().map(|token| token.claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_from_a_token() {
        // {"sub":"a-1","username":"ana?>","cognito:groups":["admins"],"exp":1700000000}
        let payload = aws_smithy_types::base64::encode(
            r#"{"sub":"a-1","username":"ana?>","cognito:groups":["admins"],"exp":1700000000}"#,
        );
        let payload = payload.replace('+', "-").replace('/', "_");
        let token = format!("e30.{}.c2ln", payload.trim_end_matches('='));
        let user = SignedInUser::from(&claims(&token).unwrap());
        assert_eq!(
            (user.username.as_str(), user.sub.as_str()),
            ("ana?>", "a-1")
        );
        assert_eq!(user.groups, ["admins"]);
        assert_eq!(user.expires_at.unwrap(), "2023-11-14T22:13:20Z");
    }
}
