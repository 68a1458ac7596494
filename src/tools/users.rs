//! Toolset `users`: create, read, list, change, disable, delete.

mod create;
mod list;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Done, Entry, OneUser, Tool};
use crate::call::context::Cx;
use crate::cognito::user_status;
use crate::error::{ToolError, ToolResult};
use crate::tools::answer::{self, User};
use crate::tools::settings::{self, Change};

pub(super) fn tools() -> Vec<Entry> {
    let mut tools = vec![
        Entry::of::<GetUser>(),
        Entry::of::<UpdateUser>(),
        Entry::of::<DisableUser>(),
        Entry::of::<EnableUser>(),
        Entry::of::<DeleteUser>(),
        Entry::of::<ConfirmUser>(),
        Entry::of::<SignOutUser>(),
    ];
    tools.extend(create::tools());
    tools.extend(list::tools());
    tools
}

/// Read one user: status, attributes, groups and second factors.
#[derive(Deserialize, JsonSchema)]
struct GetUser {
    #[serde(flatten)]
    user: OneUser,
}

/// A user in full.
#[derive(Serialize, JsonSchema)]
struct UserInFull {
    #[serde(flatten)]
    user: User,
    /// What the status means for the next sign-in, and which call changes it.
    explanation: Option<String>,
    /// Names of the user's groups.
    groups: Vec<String>,
    /// Second factors that are set up, as in `SOFTWARE_TOKEN_MFA`.
    mfa: Vec<String>,
    /// The second factor that a sign-in requests first.
    preferred_mfa: Option<String>,
}

impl Tool for GetUser {
    const NAME: &'static str = "get_user";
    const TITLE: &'static str = "Get user";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminGetUser", "AdminListGroupsForUser"];
    type Answer = UserInFull;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<UserInFull> {
        let pool = cx.pool(&self.user.pool).await?;
        let mut found = cx
            .cognito()
            .admin_get_user()
            .user_pool_id(&pool)
            .username(&self.user.username)
            .send()
            .await?;
        let mut groups = Vec::new();
        let mut next = None;
        loop {
            let page = cx
                .cognito()
                .admin_list_groups_for_user()
                .user_pool_id(&pool)
                .username(&found.username)
                .set_next_token(next)
                .send()
                .await?;
            let names = page.groups.unwrap_or_default().into_iter();
            groups.extend(names.filter_map(|group| group.group_name));
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        let status = found
            .user_status
            .as_ref()
            .map_or("", |status| status.as_str());
        let explanation = user_status::explanation(status, found.enabled);
        Ok(UserInFull {
            explanation,
            groups,
            mfa: found.user_mfa_setting_list.take().unwrap_or_default(),
            preferred_mfa: found.preferred_mfa_setting.take(),
            user: found.into(),
        })
    }
}

/// Set and remove attributes of a user. Attributes that are not named stay unchanged.
#[derive(Deserialize, JsonSchema)]
struct UpdateUser {
    #[serde(flatten)]
    user: OneUser,
    /// Attributes to set, by name. A changed e-mail address or phone number is unverified unless `{"email_verified": "true"}` or `{"phone_number_verified": "true"}` is set too.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Names of attributes to remove.
    #[serde(default)]
    remove_attributes: Vec<String>,
}

impl Tool for UpdateUser {
    const NAME: &'static str = "update_user";
    const TITLE: &'static str = "Update user";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "AdminUpdateUserAttributes",
        "AdminDeleteUserAttributes",
        "AdminGetUser",
    ];
    type Answer = UpdatedUser;

    fn example() -> Value {
        json!({ "username": "ana", "attributes": { "given_name": "Ana" }, "remove_attributes": ["nickname"] })
    }

    async fn call(self, cx: &Cx) -> ToolResult<UpdatedUser> {
        if self.attributes.is_empty() && self.remove_attributes.is_empty() {
            return Err(ToolError::argument(
                "/attributes",
                "or remove_attributes must name an attribute",
            )
            .hint(format!("Valid arguments look like {}", Self::example())));
        }
        let pool = cx.pool(&self.user.pool).await?;
        let before = attributes_of(cx, &pool, &self.user.username).await;
        if let Some(before) = &before {
            let expected = self.expected(before.clone());
            cx.foresee(
                "changed",
                settings::changes(&json!(before), &json!(expected)),
            );
        }
        if !self.attributes.is_empty() {
            cx.cognito()
                .admin_update_user_attributes()
                .user_pool_id(&pool)
                .username(&self.user.username)
                .set_user_attributes(Some(answer::attribute_list(self.attributes)))
                .send()
                .await?;
        }
        if !self.remove_attributes.is_empty() {
            cx.cognito()
                .admin_delete_user_attributes()
                .user_pool_id(&pool)
                .username(&self.user.username)
                .set_user_attribute_names(Some(self.remove_attributes))
                .send()
                .await?;
        }
        let user = cx
            .cognito()
            .admin_get_user()
            .user_pool_id(&pool)
            .username(&self.user.username)
            .send()
            .await?;
        let user = User::from(user);
        let after = json!(user.attributes);
        let changed = before.map(|before| settings::changes(&json!(before), &after));
        Ok(UpdatedUser { user, changed })
    }
}

/// A changed user.
#[derive(Serialize, JsonSchema)]
struct UpdatedUser {
    #[serde(flatten)]
    user: User,
    /// Attributes that changed, each with its old and new value.
    changed: Option<Vec<Change>>,
}

/// The attributes of a user before a change. None if they cannot be read: then the change itself
/// reports why.
async fn attributes_of(cx: &Cx, pool: &str, username: &str) -> Option<BTreeMap<String, String>> {
    let request = cx.cognito().admin_get_user().user_pool_id(pool);
    let user = request.username(username).send().await.ok()?;
    Some(User::from(user).attributes)
}

impl UpdateUser {
    /// The attributes after the call of a user with the attributes `before`.
    fn expected(&self, before: BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut after = before;
        for name in ["email", "phone_number"] {
            let flag = format!("{name}_verified");
            let is_changed = self
                .attributes
                .get(name)
                .is_some_and(|value| after.get(name) != Some(value));
            if is_changed && after.contains_key(&flag) {
                after.insert(flag, "false".to_owned());
            }
        }
        after.extend(self.attributes.clone());
        for name in &self.remove_attributes {
            after.remove(name);
        }
        after
    }
}

/// Disable a user: sessions end at once and sign-in is refused. The profile stays; `enable_user` undoes it.
#[derive(Deserialize, JsonSchema)]
struct DisableUser {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for DisableUser {
    const NAME: &'static str = "disable_user";
    const TITLE: &'static str = "Disable user";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminDisableUser"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        cx.cognito()
            .admin_disable_user()
            .user_pool_id(pool)
            .username(&self.user.username)
            .send()
            .await?;
        Ok(Done::new(format!("{} is disabled", self.user.username)))
    }
}

/// Let a disabled user sign in again.
#[derive(Deserialize, JsonSchema)]
struct EnableUser {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for EnableUser {
    const NAME: &'static str = "enable_user";
    const TITLE: &'static str = "Enable user";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminEnableUser"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        cx.cognito()
            .admin_enable_user()
            .user_pool_id(pool)
            .username(&self.user.username)
            .send()
            .await?;
        Ok(Done::new(format!("{} is enabled", self.user.username)))
    }
}

/// Delete a user permanently, with all attributes and group memberships. If the user does not exist, the call fails and changes nothing.
#[derive(Deserialize, JsonSchema)]
struct DeleteUser {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for DeleteUser {
    const NAME: &'static str = "delete_user";
    const TITLE: &'static str = "Delete user";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminDeleteUser"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        cx.cognito()
            .admin_delete_user()
            .user_pool_id(pool)
            .username(&self.user.username)
            .send()
            .await?;
        Ok(Done::new(format!("{} is deleted", self.user.username)))
    }
}

/// Confirm a user who signed up (status UNCONFIRMED) without the code. E-mail address and phone number stay unverified.
#[derive(Deserialize, JsonSchema)]
struct ConfirmUser {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for ConfirmUser {
    const NAME: &'static str = "confirm_user";
    const TITLE: &'static str = "Confirm user";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminConfirmSignUp"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        cx.cognito()
            .admin_confirm_sign_up()
            .user_pool_id(pool)
            .username(&self.user.username)
            .send()
            .await?;
        Ok(Done::new(format!("{} is confirmed", self.user.username)))
    }
}

/// Sign a user out everywhere: refresh tokens are revoked, and access tokens are refused by Cognito.
#[derive(Deserialize, JsonSchema)]
struct SignOutUser {
    #[serde(flatten)]
    user: OneUser,
}

impl Tool for SignOutUser {
    const NAME: &'static str = "sign_out_user";
    const TITLE: &'static str = "Sign user out";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminUserGlobalSignOut"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        cx.cognito()
            .admin_user_global_sign_out()
            .user_pool_id(pool)
            .username(&self.user.username)
            .send()
            .await?;
        Ok(Done::new(format!(
            "{} is signed out everywhere",
            self.user.username
        )))
    }
}
