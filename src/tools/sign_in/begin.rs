//! Begin of a sign-in: by password, by SRP, or with a choice of the first factor.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ByClient, FirstFactor, InPool, Session, Setup, SignInState, Step, Tool, answer_with};
use crate::call::context::Cx;
use crate::cognito::failure::UNREADABLE;
use crate::cognito::srp;
use crate::error::{ToolError, ToolResult};

/// Sign a user in with username and password, or by a code that is sent (flow `USER_AUTH`). The answer has the signed-in user, or a challenge with the next call to make.
#[derive(Deserialize, JsonSchema)]
pub(super) struct SignIn {
    #[serde(flatten)]
    client: ByClient,
    #[serde(flatten)]
    pool: InPool,
    /// Username, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
    /// Password; only a sign-in by `USER_AUTH` can begin without.
    #[schemars(length(min = 1, max = 256), extend("writeOnly" = true))]
    password: Option<String>,
    /// Sign-in flow; the client must allow it. Absent: `ADMIN_USER_PASSWORD_AUTH` if the pool is known, else `USER_PASSWORD_AUTH`.
    flow: Option<Flow>,
    /// `USER_AUTH`: the first factor. Absent: PASSWORD if one is given, else the user's choices are shown.
    first_factor: Option<FirstFactor>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(clippy::enum_variant_names, reason = "the API's names")]
enum Flow {
    AdminUserPasswordAuth,
    UserAuth,
    UserPasswordAuth,
    UserSrpAuth,
}

impl Tool for SignIn {
    const NAME: &'static str = "sign_in";
    const TITLE: &'static str = "Sign in";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[
        "AdminInitiateAuth",
        "InitiateAuth",
        "RespondToAuthChallenge",
        "DescribeUserPoolClient",
    ];
    type Answer = SignInState;

    fn example() -> Value {
        json!({ "username": "ana", "password": "Demo-Passw0rd" })
    }

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        let text = |name: &str| arguments.get(name).and_then(Value::as_str);
        let chooses = text("flow") == Some("USER_AUTH");
        let factor = text("first_factor");
        if factor.is_some() && !chooses {
            let error = ToolError::argument("/first_factor", "requires the flow USER_AUTH")
                .hint("Nothing was called. Give `flow` USER_AUTH, or leave `first_factor` out");
            if text("flow").is_some() {
                return Err(error);
            }
            // Without a flow, only this one is possible.
            arguments.insert("flow".to_owned(), "USER_AUTH".into());
            return Self::validate(arguments);
        }
        let is_code = matches!(factor, None | Some("EMAIL_OTP" | "SMS_OTP"));
        if text("password").is_none() && !(chooses && is_code) {
            return Err(ToolError::argument("/password", "is required").hint(
                "Nothing was called. Only the flow USER_AUTH can begin without a password: with \
                 `first_factor` EMAIL_OTP or SMS_OTP a code is sent",
            ));
        }
        Ok(())
    }

    async fn call(self, cx: &Cx) -> ToolResult<SignInState> {
        let client = cx.client(&self.client, &self.pool).await?;
        let known = cx.known_pool(&self.pool);
        let flow = match (self.flow, &known) {
            (Some(flow), _) => flow,
            (None, Some(_)) => Flow::AdminUserPasswordAuth,
            (None, None) => Flow::UserPasswordAuth,
        };
        let (parameters, srp) = self.parameters(flow)?;
        let hash = cx.secret_hash(&self.pool, &client, &self.username).await?;
        let mut parameters: BTreeMap<String, String> = parameters.into_iter().collect();
        parameters.extend(hash.map(|hash| ("SECRET_HASH".to_owned(), hash)));
        let admin = flow == Flow::AdminUserPasswordAuth;
        // The proof of SRP contains the name of the pool.
        let is_needed = admin || srp.is_some();
        let mut session = Session {
            token: String::new(),
            challenge: String::new(),
            user_pool_id: if is_needed {
                Some(cx.pool(&self.pool).await?)
            } else {
                known
            },
            client_id: client,
            username: self.username,
            admin,
            resolved: false,
            setup: Setup::Begun,
        };
        let step = initiate(cx, &session, flow, parameters).await?;
        let step = match (srp, &self.password) {
            (Some(srp), Some(password)) => srp.prove(cx, step, &mut session, password).await?,
            _ => step,
        };
        step.state(cx, session).await
    }
}

/// A parameter of a sign-in, by its name in the API.
type Parameter = (String, String);

impl SignIn {
    /// The parameters of `flow`, without the hash of the client's secret.
    fn parameters(&self, flow: Flow) -> ToolResult<(Vec<Parameter>, Option<Srp>)> {
        let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let password = self.password.as_deref();
        let mut all = vec![parameter("USERNAME", &self.username)];
        let chosen = match flow {
            Flow::UserAuth => {
                let given = password.map(|_| FirstFactor::Password);
                let chosen = self.first_factor.or(given);
                all.extend(chosen.map(|chosen| parameter("PREFERRED_CHALLENGE", chosen.name())));
                chosen
            }
            Flow::UserSrpAuth => Some(FirstFactor::PasswordSrp),
            Flow::AdminUserPasswordAuth | Flow::UserPasswordAuth => Some(FirstFactor::Password),
        };
        let mut srp = None;
        match chosen {
            Some(FirstFactor::Password) => {
                all.extend(password.map(|password| parameter("PASSWORD", password)));
            }
            Some(FirstFactor::PasswordSrp) => {
                let new = Srp::new()?;
                all.push(new.parameter());
                srp = Some(new);
            }
            Some(FirstFactor::EmailOtp | FirstFactor::SmsOtp) | None => {}
        }
        Ok((all, srp))
    }
}

async fn initiate(
    cx: &Cx,
    session: &Session,
    flow: Flow,
    parameters: BTreeMap<String, String>,
) -> ToolResult<Step> {
    let flow = match flow {
        Flow::AdminUserPasswordAuth => {
            let request = cx.cognito().admin_initiate_auth();
            let request = request.set_user_pool_id(session.user_pool_id.clone());
            let request = request.client_id(&session.client_id);
            let request = request.auth_flow(AuthFlowType::AdminUserPasswordAuth);
            let answer = request
                .set_auth_parameters(Some(parameters.into_iter().collect()))
                .send();
            return Ok(answer.await?.into());
        }
        Flow::UserAuth => AuthFlowType::UserAuth,
        Flow::UserPasswordAuth => AuthFlowType::UserPasswordAuth,
        Flow::UserSrpAuth => AuthFlowType::UserSrpAuth,
    };
    let request = cx.cognito().initiate_auth().client_id(&session.client_id);
    let request = request.auth_flow(flow);
    let answer = request
        .set_auth_parameters(Some(parameters.into_iter().collect()))
        .send();
    Ok(answer.await?.into())
}

/// The client's side of a sign-in by SRP, which sends a proof in place of the password.
pub(super) struct Srp(srp::Client);

impl Srp {
    /// # Errors
    /// If the system has no randomness.
    pub(super) fn new() -> ToolResult<Self> {
        srp::Client::random().map(Self).ok_or_else(|| {
            ToolError::new(
                "NoRandomness",
                "The system of the server has no randomness, which SRP needs",
            )
        })
    }

    /// The parameter that begins the exchange.
    pub(super) fn parameter(&self) -> Parameter {
        ("SRP_A".to_owned(), self.0.public_value())
    }

    /// The step after the challenge for the proof. Any other `step` does not change.
    ///
    /// # Errors
    /// If the challenge is malformed, or Cognito refuses the proof.
    pub(super) async fn prove(
        &self,
        cx: &Cx,
        step: Step,
        session: &mut Session,
        password: &str,
    ) -> ToolResult<Step> {
        const CHALLENGE: &str = "PASSWORD_VERIFIER";
        let asked = step.challenge.as_ref();
        if asked.is_none_or(|challenge| challenge.as_str() != CHALLENGE) {
            return Ok(step);
        }
        let parameter = |name: &str| step.parameters.get(name).map_or("", String::as_str);
        let pool = InPool {
            user_pool_id: session.user_pool_id.clone(),
        };
        let pool = cx.pool(&pool).await?;
        let username = parameter("USER_ID_FOR_SRP");
        let challenge = srp::Challenge {
            group: &pool,
            username,
            password,
            salt: parameter("SALT"),
            srp_b: parameter("SRP_B"),
            block: parameter("SECRET_BLOCK"),
        };
        let claim = self.0.prove(&challenge, cx.now());
        let claim = claim.map_err(|why| {
            ToolError::new(
                UNREADABLE,
                format!("Cognito's challenge cannot be answered: {why}"),
            )
        })?;
        CHALLENGE.clone_into(&mut session.challenge);
        session.token = step.session.clone().unwrap_or_default();
        username.clone_into(&mut session.username);
        session.resolved = true;
        let responses = [
            ("USERNAME", username.to_owned()),
            (
                "PASSWORD_CLAIM_SECRET_BLOCK",
                parameter("SECRET_BLOCK").to_owned(),
            ),
            ("PASSWORD_CLAIM_SIGNATURE", claim.signature),
            ("TIMESTAMP", claim.timestamp),
        ];
        let responses = responses.map(|(name, value)| (name.to_owned(), value));
        answer_with(cx, session, responses.into()).await
    }
}
