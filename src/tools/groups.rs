//! Toolset `groups`: groups and their members.

mod change;

use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{After, Done, Entry, InPool, OneUser, Page, Tool};
use crate::call::context::Cx;
use crate::error::ToolResult;
use crate::tools::answer::{self, Group, User};

pub(super) fn tools() -> Vec<Entry> {
    let mut tools = vec![
        Entry::of::<CreateGroup>(),
        Entry::of::<ListGroups>(),
        Entry::of::<AddUserToGroup>(),
        Entry::of::<RemoveUserFromGroup>(),
        Entry::of::<ListGroupMembers>(),
    ];
    tools.extend(change::tools());
    tools
}

/// Create a group of users.
#[derive(Deserialize, JsonSchema)]
struct CreateGroup {
    #[serde(flatten)]
    pool: InPool,
    /// Name of the new group.
    #[schemars(length(min = 1, max = 128))]
    group: String,
    /// What the group is for.
    #[schemars(length(max = 2048))]
    description: Option<String>,
    /// Rank among a user's groups; the lowest number wins. Absent: none, which ranks last.
    #[schemars(range(min = 0))]
    precedence: Option<i32>,
    /// ARN of the IAM role that members get through an identity pool.
    role_arn: Option<String>,
}

impl Tool for CreateGroup {
    const NAME: &'static str = "create_group";
    const TITLE: &'static str = "Create group";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["CreateGroup"];
    type Answer = Group;

    fn example() -> Value {
        json!({ "group": "admins", "description": "May do everything", "precedence": 1 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Group> {
        let answer = cx
            .cognito()
            .create_group()
            .user_pool_id(cx.pool(&self.pool).await?)
            .group_name(self.group)
            .set_description(self.description)
            .set_precedence(self.precedence)
            .set_role_arn(self.role_arn)
            .send()
            .await?;
        Ok(answer.group.map(Group::from).unwrap_or_default())
    }
}

/// List a pool's groups.
#[derive(Deserialize, JsonSchema)]
struct ListGroups {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    page: Page<60, 60>,
}

/// A page of groups.
#[derive(Serialize, JsonSchema)]
struct GroupPage {
    /// The groups.
    groups: Vec<Group>,
    #[serde(flatten)]
    after: After,
}

impl Tool for ListGroups {
    const NAME: &'static str = "list_groups";
    const TITLE: &'static str = "List groups";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListGroups"];
    type Answer = GroupPage;

    fn example() -> Value {
        json!({ "limit": 20 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<GroupPage> {
        let page = cx
            .cognito()
            .list_groups()
            .user_pool_id(cx.pool(&self.pool).await?)
            .limit(self.page.limit)
            .set_next_token(self.page.cursor)
            .send()
            .await?;
        Ok(GroupPage {
            groups: page
                .groups
                .unwrap_or_default()
                .into_iter()
                .map(Group::from)
                .collect(),
            after: cx.after(page.next_token),
        })
    }
}

/// Add a user to a group. If the user is a member already, nothing changes.
#[derive(Deserialize, JsonSchema)]
struct AddUserToGroup {
    #[serde(flatten)]
    user: OneUser,
    /// Group name.
    #[schemars(length(min = 1, max = 128))]
    group: String,
}

impl Tool for AddUserToGroup {
    const NAME: &'static str = "add_user_to_group";
    const TITLE: &'static str = "Add user to group";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminAddUserToGroup"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana", "group": "admins" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .admin_add_user_to_group()
            .user_pool_id(cx.pool(&self.user.pool).await?)
            .username(&self.user.username)
            .group_name(&self.group)
            .send()
            .await?;
        Ok(Done::new(format!(
            "{} is in group {}",
            self.user.username, self.group
        )))
    }
}

/// Remove a user from a group. If the user is not a member, nothing changes.
#[derive(Deserialize, JsonSchema)]
struct RemoveUserFromGroup {
    #[serde(flatten)]
    user: OneUser,
    /// Group name.
    #[schemars(length(min = 1, max = 128))]
    group: String,
}

impl Tool for RemoveUserFromGroup {
    const NAME: &'static str = "remove_user_from_group";
    const TITLE: &'static str = "Remove user from group";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminRemoveUserFromGroup", "GetGroup"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana", "group": "admins" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.user.pool).await?;
        // Cognito accepts the removal from a group that does not exist.
        require_group(cx, &pool, &self.group).await?;
        cx.cognito()
            .admin_remove_user_from_group()
            .user_pool_id(pool)
            .username(&self.user.username)
            .group_name(&self.group)
            .send()
            .await?;
        Ok(Done::new(format!(
            "{} is not in group {}",
            self.user.username, self.group
        )))
    }
}

/// Refuses the name of a group that does not exist. If the group cannot be read for another
/// reason, the call goes on.
pub(crate) async fn require_group(cx: &Cx, pool: &str, group: &str) -> ToolResult<()> {
    let request = cx.cognito().get_group();
    let read = request.user_pool_id(pool).group_name(group).send().await;
    match read {
        Err(refused)
            if refused.code() == Some("InvalidParameterException")
                || refused.code() == Some("ResourceNotFoundException")
                    && refused
                        .message()
                        .is_some_and(|message| message.contains("Group")) =>
        {
            Err(refused.into())
        }
        _ => Ok(()),
    }
}

/// List the members of a group. To sort or filter them, call `list_users` with `group`.
#[derive(Deserialize, JsonSchema)]
struct ListGroupMembers {
    #[serde(flatten)]
    pool: InPool,
    /// Group name.
    #[schemars(length(min = 1, max = 128))]
    group: String,
    #[serde(flatten)]
    page: Page<10, 60>,
}

/// A page of members.
#[derive(Serialize, JsonSchema)]
struct Members {
    /// The members.
    users: Vec<User>,
    #[serde(flatten)]
    after: After,
}

impl Tool for ListGroupMembers {
    const NAME: &'static str = "list_group_members";
    const TITLE: &'static str = "List group members";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListUsersInGroup"];
    const DETAILS: &'static [&'static str] = answer::USER_DETAILS;
    type Answer = Members;

    fn example() -> Value {
        json!({ "group": "admins", "limit": 20 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Members> {
        let page = cx
            .cognito()
            .list_users_in_group()
            .user_pool_id(cx.pool(&self.pool).await?)
            .group_name(self.group)
            .limit(self.page.limit)
            .set_next_token(self.page.cursor)
            .send()
            .await?;
        Ok(Members {
            users: page
                .users
                .unwrap_or_default()
                .into_iter()
                .map(User::from)
                .collect(),
            after: cx.after(page.next_token),
        })
    }
}
