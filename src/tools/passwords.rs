//! Passwords that an administrator sets. The tools belong to the toolset `users`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Entry, OneUser, Tool};
use crate::call::context::Cx;
use crate::error::ToolResult;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<ResetPassword>(),
        Entry::of::<RequirePasswordReset>(),
    ]
}

/// Set a user's password. Permanent by default: the user is then CONFIRMED and can sign in with it. No message is sent.
#[derive(Deserialize, JsonSchema)]
struct ResetPassword {
    #[serde(flatten)]
    user: OneUser,
    /// The password; it must satisfy the pool's policy (see `describe_pool`).
    #[schemars(length(min = 1, max = 256), extend("writeOnly" = true))]
    new_password: String,
    /// Whether it lasts (default true); false makes it temporary, to be changed at the next sign-in.
    #[serde(default = "yes")]
    permanent: bool,
}

fn yes() -> bool {
    true
}

impl Tool for ResetPassword {
    const NAME: &'static str = "reset_password";
    const TITLE: &'static str = "Reset password";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminSetUserPassword"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana", "new_password": "Correct-Horse-7", "permanent": true })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        cx.cognito()
            .admin_set_user_password()
            .user_pool_id(pool)
            .username(&self.user.username)
            .password(self.new_password)
            .permanent(self.permanent)
            .send()
            .await?;
        let kind = if self.permanent {
            "permanent"
        } else {
            "temporary"
        };
        Ok(Done::new(format!(
            "{} has a new {kind} password",
            self.user.username
        )))
    }
}

/// Make a user choose a new password: the current one becomes invalid, and a code is sent to the verified e-mail address or phone number.
#[derive(Deserialize, JsonSchema)]
struct RequirePasswordReset {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for RequirePasswordReset {
    const NAME: &'static str = "require_password_reset";
    const TITLE: &'static str = "Require password reset";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["AdminResetUserPassword"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        cx.cognito()
            .admin_reset_user_password()
            .user_pool_id(pool)
            .username(&self.user.username)
            .send()
            .await?;
        Ok(Done::new(format!(
            "{} must reset the password; a code was sent",
            self.user.username
        )))
    }
}
