//! Codes that users get and enter: a forgotten password, another code for a sign-up, and the code
//! of an authenticator app.

use aws_sdk_cognitoidentityprovider::primitives::DateTime;
use cognito_emulator::auth::totp;
use cognito_emulator::world::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ByClient, Done, Entry, InPool, Tool};
use crate::call::context::Cx;
use crate::cognito::time;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::secrets::Secret;
use crate::tools::answer::Delivery;

pub(super) fn tools() -> [Entry; 4] {
    [
        Entry::of::<ForgotPassword>(),
        Entry::of::<ConfirmForgotPassword>(),
        Entry::of::<ResendCode>(),
        Entry::of::<TotpCode>(),
    ]
}

/// A user at an app client.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
struct AtClient {
    #[serde(flatten)]
    client: ByClient,
    #[serde(flatten)]
    pool: InPool,
    /// Username, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
}

impl AtClient {
    /// The id of the client, and the hash of its secret if it has one.
    async fn client(&self, cx: &Cx) -> ToolResult<(String, Option<String>)> {
        let client = cx.client(&self.client, &self.pool).await?;
        let hash = cx.secret_hash(&self.pool, &client, &self.username).await?;
        Ok((client, hash))
    }

    /// A call of `tool` with a code for the same user.
    fn with_code(&self, tool: &str, new_password: Option<&str>) -> NextCall {
        let arguments = json!({
            "client_id": self.client.client_id,
            "user_pool_id": self.pool.user_pool_id,
            "username": self.username,
            "code": "<the code sent>",
            "new_password": new_password,
        });
        NextCall::new(tool, arguments)
    }
}

/// A code that was sent. If the client hides which users exist, the answer is the same for an
/// unknown user, and nothing was sent.
#[derive(Serialize, JsonSchema)]
struct CodeSent {
    /// Where the code was sent.
    code_sent: Option<Delivery>,
    /// The call that uses the code.
    next: NextCall,
}

/// Send a user who forgot the password a code for `confirm_forgot_password`. The present password stays valid until then.
#[derive(Deserialize, JsonSchema)]
struct ForgotPassword {
    #[serde(flatten)]
    user: AtClient,
}

impl Tool for ForgotPassword {
    const NAME: &'static str = "forgot_password";
    const TITLE: &'static str = "Forgot password";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["ForgotPassword", "DescribeUserPoolClient"];
    type Answer = CodeSent;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<CodeSent> {
        let (client, hash) = self.user.client(cx).await?;
        let request = cx.cognito().forgot_password().client_id(client);
        let request = request.set_secret_hash(hash).username(&self.user.username);
        let answer = request.send().await?;
        let password = Some("<a password that satisfies the pool's policy>");
        Ok(CodeSent {
            code_sent: answer.code_delivery_details.map(Delivery::from),
            next: self.user.with_code(ConfirmForgotPassword::NAME, password),
        })
    }
}

/// Set a new password with the code of `forgot_password` or `require_password_reset`.
#[derive(Deserialize, JsonSchema)]
struct ConfirmForgotPassword {
    #[serde(flatten)]
    user: AtClient,
    /// The code from the message.
    #[schemars(length(min = 1, max = 2048), extend("writeOnly" = true))]
    code: String,
    /// The new password; it must satisfy the pool's policy.
    #[schemars(length(min = 1, max = 256), extend("writeOnly" = true))]
    new_password: String,
}

impl Tool for ConfirmForgotPassword {
    const NAME: &'static str = "confirm_forgot_password";
    const TITLE: &'static str = "Confirm forgotten password";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["ConfirmForgotPassword", "DescribeUserPoolClient"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana", "code": "123456", "new_password": "Correct-Horse-7" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let (client, hash) = self.user.client(cx).await?;
        let request = cx.cognito().confirm_forgot_password().client_id(client);
        let request = request.set_secret_hash(hash).username(&self.user.username);
        let request = request.confirmation_code(self.code);
        request.password(self.new_password).send().await?;
        Ok(Done::new(format!(
            "{} has the new password",
            self.user.username
        )))
    }
}

/// Send another code to a user who has signed up and is not confirmed, for `confirm_sign_up`.
#[derive(Deserialize, JsonSchema)]
struct ResendCode {
    #[serde(flatten)]
    user: AtClient,
}

impl Tool for ResendCode {
    const NAME: &'static str = "resend_code";
    const TITLE: &'static str = "Resend code";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["ResendConfirmationCode", "DescribeUserPoolClient"];
    type Answer = CodeSent;

    fn example() -> Value {
        json!({ "username": "dora" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<CodeSent> {
        let (client, hash) = self.user.client(cx).await?;
        let request = cx.cognito().resend_confirmation_code().client_id(client);
        let request = request.set_secret_hash(hash).username(&self.user.username);
        let answer = request.send().await?;
        Ok(CodeSent {
            code_sent: answer.code_delivery_details.map(Delivery::from),
            next: self.user.with_code(super::ConfirmSignUp::NAME, None),
        })
    }
}

/// Compute the code that an authenticator app with this secret shows now: by the emulator's clock, or real time on AWS. Each code works once.
#[derive(Deserialize, JsonSchema)]
struct TotpCode {
    /// The app's secret (base32), the reference to it, or an otpauth:// URI.
    #[schemars(length(min = 1, max = 2048), extend("writeOnly" = true))]
    secret_code: String,
}

/// The code of an authenticator app.
#[derive(Serialize, JsonSchema)]
struct AppCode {
    /// The 6 digits.
    code: Secret,
    /// When the app shows the next code, RFC 3339. Cognito also accepts this code for 30 seconds longer.
    expires_at: Option<String>,
}

impl Tool for TotpCode {
    const NAME: &'static str = "totp_code";
    const TITLE: &'static str = "Code of authenticator app";
    const IDEMPOTENT: bool = true;
    // The tool sends no request to Cognito.
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = AppCode;

    fn example() -> Value {
        json!({ "secret_code": "JBSWY3DPEHPK3PXP" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<AppCode> {
        /// The seconds for which an app shows a code (RFC 6238, section 4.1).
        const STEP: i64 = 30;
        let secret = secret(&self.secret_code).ok_or_else(|| {
            ToolError::argument(
                "/secret_code",
                "is not a secret of an authenticator app: it has the letters A to Z and the \
                 digits 2 to 7, at most 52 of them",
            )
            .hint("Nothing was called. Give `secret_code` of the answer that set the app up")
        })?;
        let now = DateTime::from(cx.now()).secs();
        let next = (now.div_euclid(STEP) + 1) * STEP;
        Ok(AppCode {
            code: cx.conceal("code", secret.password_at(Time(now * 1000))),
            expires_at: time::rfc3339_of_milliseconds(next * 1000),
        })
    }
}

/// The secret in `text`, which is base32 as people write it, or the URI of a QR code.
///
/// <https://github.com/google/google-authenticator/wiki/Key-Uri-Format>
fn secret(text: &str) -> Option<totp::Secret> {
    let text = match text.strip_prefix("otpauth://") {
        Some(uri) => {
            let (_, query) = uri.split_once('?')?;
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == "secret")?.1
        }
        None => text,
    };
    let is_filler = |c: char| c.is_whitespace() || matches!(c, '-' | '=');
    let text: String = text.chars().filter(|c| !is_filler(*c)).collect();
    totp::Secret::from_short_code(&text.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six of the eight digits at 59 s.
    #[test]
    fn a_secret_is_read_in_every_form() {
        let plain = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for text in [
            plain,
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
            "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ",
            "otpauth://totp/Shop:ana?issuer=Shop&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=6",
        ] {
            let secret = secret(text).unwrap();
            assert_eq!(secret.password_at(Time(59_000)), "287082", "{text}");
        }
        for text in ["", "1", "not base32!", "otpauth://totp/a", &plain.repeat(2)] {
            assert!(secret(text).is_none(), "{text}");
        }
    }
}
