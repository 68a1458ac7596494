//! Deleted and renamed groups.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::types::GroupType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::definition::added::AFFECTS;
use crate::directory::scan::Budget;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::tools::answer::Group;
use crate::tools::rows::WAITS;
use crate::tools::settings::{self, Change};
use crate::tools::{Done, Entry, InPool, Tool};

pub(super) fn tools() -> [Entry; 3] {
    [
        Entry::of::<UpdateGroup>(),
        Entry::of::<DeleteGroup>(),
        Entry::of::<RenameGroup>(),
    ]
}

/// Change a group. What is not named stays unchanged; see `rename_group` for its name.
#[derive(Deserialize, JsonSchema)]
struct UpdateGroup {
    #[serde(flatten)]
    pool: InPool,
    /// Group name.
    #[schemars(length(min = 1, max = 128))]
    group: String,
    /// What the group is for.
    #[schemars(length(min = 1, max = 2048))]
    description: Option<String>,
    /// Rank among a user's groups; the lowest number wins.
    #[schemars(range(min = 0))]
    precedence: Option<i32>,
    /// ARN of the IAM role of its members.
    role_arn: Option<String>,
}

/// The changed group.
#[derive(Serialize, JsonSchema)]
struct Updated {
    #[serde(flatten)]
    group: Group,
    /// Settings that changed, each with its old and new value.
    changed: Vec<Change>,
}

impl Tool for UpdateGroup {
    const NAME: &'static str = "update_group";
    const TITLE: &'static str = "Change group";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["GetGroup", "UpdateGroup"];
    type Answer = Updated;

    fn example() -> Value {
        json!({ "group": "admins", "precedence": 1 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Updated> {
        let set = json!({
            "Description": self.description, "Precedence": self.precedence, "RoleArn": self.role_arn,
        });
        let set = settings::present(set);
        if set == json!({}) {
            return Err(ToolError::argument(
                "/description",
                "or precedence or role_arn must be given",
            )
            .hint(format!("Valid arguments look like {}", Self::example())));
        }
        let pool = cx.pool(&self.pool).await?;
        let mut input = json!({ "UserPoolId": pool, "GroupName": self.group });
        let before = cx.ask("GetGroup", input.clone()).await?;
        let mut expected = before["Group"].clone();
        settings::merge(&mut expected, set.clone());
        cx.foresee("changed", settings::changes(&before["Group"], &expected));
        settings::merge(&mut input, set);
        cx.ask("UpdateGroup", input).await?;
        // The response of `UpdateGroup` is not read, because a group in it may lack members.
        let after = get(cx, &pool, &self.group).await?;
        Ok(Updated {
            changed: settings::changes(&before["Group"], &as_json(&after)),
            group: after.into(),
        })
    }
}

/// The settings of `group` as the API has them.
fn as_json(group: &GroupType) -> Value {
    settings::present(json!({
        "GroupName": group.group_name, "UserPoolId": group.user_pool_id,
        "Description": group.description, "Precedence": group.precedence,
        "RoleArn": group.role_arn,
    }))
}

/// Delete a group. Its members stay users of the pool.
#[derive(Deserialize, JsonSchema)]
struct DeleteGroup {
    #[serde(flatten)]
    pool: InPool,
    /// Group name.
    #[schemars(length(min = 1, max = 128))]
    group: String,
}

impl Tool for DeleteGroup {
    const NAME: &'static str = "delete_group";
    const TITLE: &'static str = "Delete group";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DeleteGroup", "GetGroup", "ListUsersInGroup"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "group": "beta" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.pool).await?;
        // A group that does not exist is found before the call is confirmed.
        let request = cx.cognito().get_group().user_pool_id(&pool);
        request.group_name(&self.group).send().await?;
        if cx.is_dry() {
            cx.foresee(AFFECTS, members(cx, &pool, &self.group).await);
        }
        let request = cx.cognito().delete_group().user_pool_id(&pool);
        request.group_name(&self.group).send().await?;
        Ok(Done::new(format!("group {} is deleted", self.group)))
    }
}

/// The number of members of `group`, in words. None if the server may not list them.
async fn members(cx: &Cx, pool: &str, group: &str) -> Option<String> {
    const PAGE: i32 = 60;
    let request = cx.cognito().list_users_in_group().user_pool_id(pool);
    let page = request.group_name(group).limit(PAGE).send().await.ok()?;
    let more = if page.next_token.is_some() {
        "at least "
    } else {
        ""
    };
    Some(match page.users().len() {
        0 => "The group has no members".to_owned(),
        1 => "The group has 1 member".to_owned(),
        users => format!("The group has {more}{users} members"),
    })
}

/// Rename a group: creates the new one with the same settings, adds all members, deletes the old one. If it is interrupted, the same call finishes it. Tokens have the old name until they are refreshed.
#[derive(Deserialize, JsonSchema)]
struct RenameGroup {
    #[serde(flatten)]
    pool: InPool,
    /// The present name.
    #[schemars(length(min = 1, max = 128))]
    group: String,
    /// The new name.
    #[schemars(length(min = 1, max = 128))]
    new_name: String,
}

/// The renamed group.
#[derive(Serialize, JsonSchema)]
struct Renamed {
    /// What was done.
    done: String,
    /// Members that this call added to the new group.
    added: u32,
    /// The call that finishes a long run; absent when the old group is deleted.
    next: Option<NextCall>,
}

impl Tool for RenameGroup {
    const NAME: &'static str = "rename_group";
    const TITLE: &'static str = "Rename group";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "GetGroup",
        "CreateGroup",
        "ListUsersInGroup",
        "AdminAddUserToGroup",
        "DeleteGroup",
    ];
    const REPORTS_PROGRESS: bool = true;
    type Answer = Renamed;

    fn example() -> Value {
        json!({ "group": "beta", "new_name": "early-access" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Renamed> {
        let pool = cx.pool(&self.pool).await?;
        if self.group == self.new_name {
            return Err(ToolError::argument("/new_name", "is the present name")
                .hint("Nothing was changed. Name the group as it should be called"));
        }
        let new = found(get(cx, &pool, &self.new_name).await)?;
        let old = match get(cx, &pool, &self.group).await {
            Err(error) if new.is_some() && is_missing(&error) => {
                // An earlier call deleted the old group, and its answer was lost.
                let done = format!(
                    "group {} exists, and {} does not",
                    self.new_name, self.group
                );
                return Ok(Renamed {
                    done,
                    added: 0,
                    next: None,
                });
            }
            old => old?,
        };
        match &new {
            None => create(cx, &pool, &self.new_name, &old).await?,
            Some(new) => check_same(&self, new, &old)?,
        }
        let mut copy = Copy {
            cx,
            pool: &pool,
            change: &self,
            budget: Budget::new(cx.limit()),
            added: 0,
        };
        let is_complete = copy.run(new.is_some()).await?;
        // A rehearsal always shows that the old group is deleted.
        if is_complete || cx.is_dry() {
            let request = cx.cognito().delete_group().user_pool_id(&pool);
            request.group_name(&self.group).send().await?;
        }
        let (group, new_name, added) = (&self.group, &self.new_name, copy.added);
        let done = if is_complete {
            format!("group {group} is called {new_name}")
        } else {
            format!("{added} members were added to {new_name}; group {group} still exists")
        };
        let next = (!is_complete).then(|| NextCall::new(cx.tool(), cx.arguments_with(json!({}))));
        Ok(Renamed { done, added, next })
    }
}

async fn get(cx: &Cx, pool: &str, group: &str) -> ToolResult<GroupType> {
    let request = cx.cognito().get_group().user_pool_id(pool);
    answered(request.group_name(group).send().await?.group, "group")
}

fn is_missing(error: &ToolError) -> bool {
    error.code == "ResourceNotFoundException" && !error.message.contains("User pool")
}

/// The group, or none if it does not exist.
fn found(group: ToolResult<GroupType>) -> ToolResult<Option<GroupType>> {
    match group {
        Ok(group) => Ok(Some(group)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn create(cx: &Cx, pool: &str, name: &str, like: &GroupType) -> ToolResult<()> {
    let request = cx
        .cognito()
        .create_group()
        .user_pool_id(pool)
        .group_name(name);
    let created = request
        .set_description(like.description.clone())
        .set_precedence(like.precedence)
        .set_role_arn(like.role_arn.clone())
        .send()
        .await;
    held_back(created.map(drop).map_err(Into::into))
}

/// The result of a write, if it is not ended by a dry run: a rehearsal shows all writes.
fn held_back(written: ToolResult<()>) -> ToolResult<()> {
    match written {
        Err(error) if error.code == "DryRun" => Ok(()),
        written => written,
    }
}

/// Refuses a new name that another group has. A group with the same settings is the one that
/// an interrupted call created.
fn check_same(change: &RenameGroup, new: &GroupType, old: &GroupType) -> ToolResult<()> {
    let settings = |group: &GroupType| {
        let role = group.role_arn.clone();
        (group.description.clone(), group.precedence, role)
    };
    if settings(new) == settings(old) {
        return Ok(());
    }
    let message = format!(
        "A group {} exists, and its settings differ from those of {}",
        change.new_name, change.group
    );
    Err(ToolError::new("GroupExistsException", message).hint(
        "Nothing was changed. Choose another name, or add the members to the existing group with \
         `update_users` and delete the old one",
    ))
}

/// The copy of the members.
struct Copy<'a> {
    cx: &'a Cx,
    pool: &'a str,
    change: &'a RenameGroup,
    budget: Budget,
    added: u32,
}

impl Copy<'_> {
    /// Adds the members to the new group. Returns whether all are in it.
    async fn run(&mut self, exists: bool) -> ToolResult<bool> {
        let mut members = BTreeSet::new();
        if exists {
            members.extend(self.members(&self.change.new_name).await?);
        }
        // Members that joined meanwhile are found by another reading.
        loop {
            let mut missing = self.members(&self.change.group).await?;
            missing.retain(|name| !members.contains(name));
            if missing.is_empty() {
                return Ok(true);
            }
            let total = u32::try_from(missing.len()).ok();
            for name in missing {
                if self.budget.is_over() {
                    return Ok(false);
                }
                self.add(&name).await?;
                members.insert(name);
                self.cx.progress(self.added, total, "members added").await;
            }
            if self.cx.is_dry() {
                return Ok(true);
            }
        }
    }

    async fn add(&mut self, name: &str) -> ToolResult<()> {
        let request = self.cx.cognito().admin_add_user_to_group();
        let request = request.user_pool_id(self.pool).username(name);
        let request = request.group_name(&self.change.new_name);
        let sent = async || Ok(request.clone().send().await.map(drop)?);
        let added = self.cx.patiently(WAITS, sent).await;
        match held_back(added) {
            Ok(()) => self.added += 1,
            // The user was deleted meanwhile.
            Err(error) if error.code == "UserNotFoundException" => {}
            Err(error) => {
                return Err(error.hint(format!(
                    "{} members were added, and {} still exists: the same call finishes it",
                    self.added, self.change.group
                )));
            }
        }
        Ok(())
    }

    /// The usernames of the members of `group`.
    async fn members(&self, group: &str) -> ToolResult<Vec<String>> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let request = self.cx.cognito().list_users_in_group();
            let request = request.user_pool_id(self.pool).group_name(group);
            let page = request.limit(60).set_next_token(token).send().await?;
            let users = page.users.unwrap_or_default().into_iter();
            names.extend(users.filter_map(|user| user.username));
            token = page.next_token;
            if token.is_none() {
                return Ok(names);
            }
        }
    }
}
