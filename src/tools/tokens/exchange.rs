//! The exchange of an authorization code for the tokens of a user.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ByClient, Claims, InPool, Tool};
use crate::call::context::Cx;
use crate::cognito::jwt::Token;
use crate::cognito::operations::Effect;
use crate::error::{ToolError, ToolResult};
use crate::guard::secrets::Secret;
use crate::tools::token_endpoint;

/// The grant of RFC 6749, section 4.1.
const GRANT: &str = "authorization_code";

/// Exchange the code of a sign-in page for tokens, at the token endpoint of the pool's domain. Every try uses the code up.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ExchangeCode {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// `code` in the address to which the browser was sent.
    #[schemars(length(min = 1), extend("writeOnly" = true))]
    code: String,
    /// The redirect URI of the sign-in, unchanged.
    redirect_uri: String,
    /// PKCE: the verifier, if the sign-in had a challenge.
    #[schemars(extend("writeOnly" = true))]
    code_verifier: Option<String>,
}

/// The tokens of a user.
#[derive(Serialize, JsonSchema)]
pub(super) struct Exchanged {
    /// Access token.
    access_token: Secret,
    /// ID token, if the sign-in had the scope `openid`.
    id_token: Option<Secret>,
    /// Refresh token.
    refresh_token: Option<Secret>,
    /// How many seconds the access token is valid.
    expires_in: i64,
    /// The claims of the access token.
    user: Option<Claims>,
}

/// The response of the token endpoint.
#[derive(Deserialize)]
struct Issued {
    access_token: String,
    id_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: i64,
}

impl Tool for ExchangeCode {
    const NAME: &'static str = "exchange_code";
    const TITLE: &'static str = "Exchange authorization code";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserPool", "DescribeUserPoolClient"];
    /// The request to the token endpoint issues tokens.
    const OTHER_EFFECT: Effect = Effect::Add;
    type Answer = Exchanged;

    fn example() -> Value {
        json!({
            "code": "9f1c4b7e-0000-4000-8000-000000000000",
            "redirect_uri": "https://example.com/callback",
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Exchanged> {
        let pool = cx.pool(&self.pool).await?;
        let client = cx.client(&self.client, &self.pool).await?;
        let secret = cx.client_secret(&self.pool, &client).await?;
        if secret.is_none() {
            require_client(cx, &pool, &client).await?;
        }
        let url = token_endpoint::url(cx, &pool, GRANT).await?;
        let shown = json!({
            "grant_type": GRANT, "client_id": client, "redirect_uri": self.redirect_uri,
            "code": "***", "code_verifier": self.code_verifier.as_ref().map(|_| "***"),
        });
        let mut fields = vec![
            ("grant_type", GRANT),
            ("client_id", &*client),
            ("code", self.code.trim()),
            ("redirect_uri", &*self.redirect_uri),
        ];
        fields.extend(
            self.code_verifier
                .as_deref()
                .map(|it| ("code_verifier", it)),
        );
        fields.extend(secret.as_deref().map(|it| ("client_secret", it)));
        let issued: Issued = match token_endpoint::request(cx, &url, shown, fields).await? {
            Ok(issued) => issued,
            Err(refusal) => {
                let changed = refusal.code == "invalid_client" && cx.forget_earlier_secrets();
                let advice = if changed {
                    "The client's secret had changed; the next call reads it again"
                } else {
                    advice(&refusal.code)
                };
                return Err(refusal.error.hint(advice));
            }
        };
        let secret = |name: &str, token: Option<String>| Some(cx.conceal(name, token?));
        let user = Token::read(&issued.access_token).ok();
        Ok(Exchanged {
            user: user.map(|token| Claims::from(&token)),
            access_token: cx.conceal("access_token", issued.access_token),
            id_token: secret("id_token", issued.id_token),
            refresh_token: secret("refresh_token", issued.refresh_token),
            expires_in: issued.expires_in,
        })
    }
}

/// Refuses a client that does not exist. The token endpoint does not say so, and the error of the
/// API has the nearest id.
async fn require_client(cx: &Cx, pool: &str, client: &str) -> ToolResult<()> {
    let request = cx.cognito().describe_user_pool_client();
    let described = request.user_pool_id(pool).client_id(client).send().await;
    match described.map_err(Box::<ToolError>::from) {
        Err(error)
            if matches!(
                error.code.as_str(),
                "ResourceNotFoundException" | "InvalidParameterException"
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// What to do after a refusal.
fn advice(code: &str) -> &'static str {
    match code {
        // O72, O73.
        "invalid_grant" => {
            "The code is unknown, used or expired, belongs to another app client, or the \
             `code_verifier` is not that of the sign-in; or the client may not read the attributes \
             of a scope. Sign in again for a new code"
        }
        "unauthorized_client" => {
            "The `redirect_uri` must be that of the sign-in, character by character, and the app \
             client must have the grant `code`. The code is used up: sign in again"
        }
        "invalid_client" => {
            "The app client does not exist, or its secret cannot be read by this server"
        }
        _ => "The code may be used up (a failed exchange can do that): sign in again for a new one",
    }
}
