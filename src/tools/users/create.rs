//! Creation of users: one, or many with an outcome for each row.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{DeliveryMediumType, MessageActionType};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::context::Cx;
use crate::error::{ToolError, ToolResult};
use crate::tools::answer::{self, User};
use crate::tools::rows::{self, RowError};
use crate::tools::{Entry, InPool, Tool};

pub(super) fn tools() -> [Entry; 2] {
    [Entry::of::<CreateUser>(), Entry::of::<CreateUsers>()]
}

/// Create a user as an administrator, with a temporary password and an invitation. The user must choose a new password at the first sign-in; to skip that, call `reset_password` afterwards.
#[derive(Deserialize, JsonSchema)]
struct CreateUser {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    user: NewUser,
    /// SUPPRESS sends no invitation; RESEND sends it again to an existing user, with a new temporary password. Absent: it is sent.
    message_action: Option<MessageAction>,
}

// The members of a new user are documented, so the schema needs no description.
#[derive(Deserialize, JsonSchema)]
struct NewUser {
    /// Username; an e-mail address or phone number if users sign in by those.
    #[schemars(length(min = 1, max = 128))]
    username: String,
    /// E-mail address; the invitation is sent there.
    email: Option<String>,
    /// Phone number, as in +15555550100; without e-mail the invitation is sent there.
    phone_number: Option<String>,
    /// Temporary password; absent: Cognito generates one and sends it.
    #[schemars(extend("writeOnly" = true))]
    temporary_password: Option<String>,
    /// Further attributes by name, as in `{"given_name": "Ana", "email_verified": "true"}`.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Groups to join; they must exist.
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum MessageAction {
    Suppress,
    Resend,
}

/// The user created.
#[derive(Serialize, JsonSchema)]
struct Created {
    #[serde(flatten)]
    user: User,
    /// Groups the user was put into.
    groups: Vec<String>,
    /// What the user needs before a sign-in, if no invitation was sent.
    still_needed: Option<String>,
}

impl Tool for CreateUser {
    const NAME: &'static str = "create_user";
    const TITLE: &'static str = "Create user";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["AdminCreateUser", "AdminAddUserToGroup", "GetGroup"];
    type Answer = Created;

    fn example() -> Value {
        json!({ "username": "ana", "email": "ana@example.com", "temporary_password": "Correct-Horse-7" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Created> {
        let pool = cx.pool(&self.pool).await?;
        // A missing group is found before the user is created.
        for group in &self.user.groups {
            let request = cx.cognito().get_group();
            let request = request.user_pool_id(&pool).group_name(group);
            request.send().await?;
        }
        // For a single user, the caller can wait.
        let created = create(cx, &pool, self.user, self.message_action, 0).await;
        created.map_err(|failed| failed.error)
    }
}

/// A creation that failed, possibly after the user was created.
struct CreationFailed {
    /// Whether the user was created.
    made: bool,
    error: Box<ToolError>,
}

/// Creates one user and adds it to its groups. If Cognito throttles, waits and retries
/// at most `waits` times.
async fn create(
    cx: &Cx,
    pool: &str,
    new: NewUser,
    message_action: Option<MessageAction>,
    waits: u32,
) -> Result<Created, CreationFailed> {
    let has =
        |given: Option<&String>, name: &str| given.is_some() || new.attributes.contains_key(name);
    let medium = if has(new.email.as_ref(), "email") {
        Some(DeliveryMediumType::Email)
    } else {
        has(new.phone_number.as_ref(), "phone_number").then_some(DeliveryMediumType::Sms)
    };
    let has_password = new.temporary_password.is_some();
    let mut attributes = new.attributes;
    attributes.extend(new.email.map(|email| ("email".to_owned(), email)));
    attributes.extend(
        new.phone_number
            .map(|number| ("phone_number".to_owned(), number)),
    );
    let request = cx
        .cognito()
        .admin_create_user()
        .user_pool_id(pool)
        .username(&new.username)
        .set_user_attributes(
            Some(answer::attribute_list(attributes)).filter(|list| !list.is_empty()),
        )
        .set_temporary_password(new.temporary_password)
        .set_message_action(message_action.map(|action| match action {
            MessageAction::Suppress => MessageActionType::Suppress,
            MessageAction::Resend => MessageActionType::Resend,
        }))
        // Cognito's own default is SMS, even for a user without a phone number.
        .set_desired_delivery_mediums(medium.map(|medium| vec![medium]));
    let answer = cx
        .patiently(waits, || async { Ok(request.clone().send().await?) })
        .await
        .map_err(|error| CreationFailed { made: false, error })?;
    let user = answer.user.map(User::from).unwrap_or_default();
    for group in &new.groups {
        let request = cx
            .cognito()
            .admin_add_user_to_group()
            .user_pool_id(pool)
            .username(&user.username)
            .group_name(group);
        let added = cx.patiently(waits, || async {
            if cx.cancel.is_cancelled() {
                return Err(ToolError::new("Cancelled", "the call was cancelled"));
            }
            Ok(request.clone().send().await?)
        });
        if let Err(mut error) = added.await {
            error.message = format!(
                "The user was created, but could not be added to group {group}: {}",
                error.message
            );
            let retry = json!({ "user_pool_id": pool, "username": user.username, "group": group });
            return Err(CreationFailed {
                made: true,
                error: error.retry("add_user_to_group", retry),
            });
        }
    }
    Ok(Created {
        still_needed: still_needed(&user, message_action, has_password),
        user,
        groups: new.groups,
    })
}

/// What a new user needs before a sign-in. None if an invitation was sent, or if the user needs
/// no password.
fn still_needed(
    user: &User,
    message_action: Option<MessageAction>,
    has_password: bool,
) -> Option<String> {
    let addresses = ["email", "phone_number"];
    let has_address = || {
        addresses
            .iter()
            .any(|name| user.attributes.contains_key(*name))
    };
    let why = match message_action {
        _ if user.status != "FORCE_CHANGE_PASSWORD" => return None,
        Some(MessageAction::Suppress) => "as requested",
        _ if has_address() => return None,
        _ => "because the user has no address",
    };
    Some(if has_password {
        format!("No invitation was sent, {why}: give the user the temporary password")
    } else {
        format!(
            "No invitation was sent, {why}, so no person knows the temporary password: set one \
             with `reset_password`"
        )
    })
}

/// Create up to 1000 users. The outcome of each row is reported; a row that fails does not stop the others.
#[derive(Deserialize, JsonSchema)]
struct CreateUsers {
    #[serde(flatten)]
    pool: InPool,
    /// The users, one row each.
    #[schemars(length(min = 1, max = 1000))]
    users: Vec<NewUser>,
    /// SUPPRESS sends no invitations; RESEND sends them again to existing users.
    message_action: Option<MessageAction>,
}

/// The outcomes of the rows.
#[derive(Serialize, JsonSchema)]
struct CreatedUsers {
    /// Rows whose user was created.
    created: usize,
    /// Rows that failed.
    failed: usize,
    /// Rows that were not tried, because the call was cancelled or Cognito throttled it for too long; create them with another call.
    not_tried: usize,
    /// Every row in the order given.
    rows: Vec<Row>,
    /// What users without an invitation need before a sign-in.
    still_needed: Option<String>,
}

/// The outcome of one row.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// The username given.
    username: String,
    /// The outcome. `created_without_groups`: the user exists, but was not added to a group.
    outcome: Outcome,
    /// Why it failed.
    error: Option<RowError>,
}

#[derive(Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Created,
    CreatedWithoutGroups,
    Failed,
    NotTried,
}

impl Tool for CreateUsers {
    const NAME: &'static str = "create_users";
    const TITLE: &'static str = "Create many users";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["AdminCreateUser", "AdminAddUserToGroup", "GetGroup"];
    const REPORTS_PROGRESS: bool = true;
    type Answer = CreatedUsers;

    fn example() -> Value {
        json!({
            "users": [
                { "username": "ana", "email": "ana@example.com" },
                { "username": "ben", "email": "ben@example.com", "groups": ["admins"] }
            ],
            "message_action": "SUPPRESS"
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<CreatedUsers> {
        let pool = cx.pool(&self.pool).await?;
        let total = u32::try_from(self.users.len()).ok();
        let mut run = Run {
            cx,
            pool: &pool,
            message_action: self.message_action,
            groups: BTreeMap::new(),
            stopped: false,
            uninvited: BTreeMap::new(),
        };
        let mut answer = CreatedUsers {
            created: 0,
            failed: 0,
            not_tried: 0,
            rows: Vec::with_capacity(self.users.len()),
            still_needed: None,
        };
        let mut failures = Vec::new();
        for (user, row) in self.users.into_iter().zip(0..) {
            let username = user.username.clone();
            let outcome = if run.stopped || cx.cancel.is_cancelled() {
                answer.not_tried += 1;
                Outcome::NotTried
            } else {
                let (mut outcome, mut failure) = run.create(user).await;
                match outcome {
                    // The call was cancelled while the row waited for its turn.
                    Outcome::Failed if cx.cancel.is_cancelled() => {
                        answer.not_tried += 1;
                        (outcome, failure) = (Outcome::NotTried, None);
                    }
                    Outcome::Failed => answer.failed += 1,
                    _ => answer.created += 1,
                }
                failures.extend(failure.map(|failure| (answer.rows.len(), failure)));
                let state = format!(
                    "{} created, {} failed, {username} last",
                    answer.created, answer.failed
                );
                cx.progress(row + 1, total, &state).await;
                outcome
            };
            answer.rows.push(Row {
                username,
                outcome,
                error: None,
            });
        }
        let alone = |row: usize| (CreateUser::NAME, row_alone(cx, row));
        for (row, error) in rows::explain(cx, failures, alone).await {
            answer.rows[row].error = Some(error);
        }
        answer.still_needed = run.still_needed();
        if answer.not_tried > 0 {
            // A client that cancelled a call receives no answer, so the log records
            // what was done.
            tracing::warn!(
                created = answer.created,
                failed = answer.failed,
                not_tried = answer.not_tried,
                "create_users stopped early"
            );
        }
        Ok(answer)
    }
}

/// Arguments of `create_user` that create only this row.
fn row_alone(cx: &Cx, row: usize) -> JsonObject {
    let rows = cx.arguments.get("users");
    let mut alone = rows
        .and_then(|rows| rows.get(row)?.as_object().cloned())
        .unwrap_or_default();
    for shared in ["user_pool_id", "message_action"] {
        let value = cx.arguments.get(shared).cloned();
        alone.extend(value.map(|value| (shared.to_owned(), value)));
    }
    alone
}

/// The state during the creation of rows.
struct Run<'a> {
    cx: &'a Cx,
    pool: &'a str,
    message_action: Option<MessageAction>,
    /// Groups that rows named, each with the error if it cannot be joined.
    groups: BTreeMap<String, Option<Box<ToolError>>>,
    /// Whether Cognito throttled a row after all waits: it would also throttle the next row.
    stopped: bool,
    /// What users without an invitation need, with the number of users.
    uninvited: BTreeMap<String, usize>,
}

impl Run<'_> {
    fn still_needed(&self) -> Option<String> {
        let lines = self.uninvited.iter();
        let lines = lines.map(|(needed, users)| match users {
            1 => format!("1 user: {needed}"),
            users => format!("{users} users: {needed}"),
        });
        let lines: Vec<String> = lines.collect();
        (!lines.is_empty()).then(|| lines.join(". "))
    }

    async fn create(&mut self, user: NewUser) -> (Outcome, Option<Box<ToolError>>) {
        let created = match self.missing_group(&user.groups).await {
            Some(error) => Err(CreationFailed { made: false, error }),
            None => create(self.cx, self.pool, user, self.message_action, rows::WAITS).await,
        };
        let CreationFailed { made, error } = match created {
            Ok(created) => {
                if let Some(needed) = created.still_needed {
                    *self.uninvited.entry(needed).or_default() += 1;
                }
                return (Outcome::Created, None);
            }
            Err(failed) => failed,
        };
        self.stopped = error.is_throttled();
        let outcome = if made {
            Outcome::CreatedWithoutGroups
        } else {
            Outcome::Failed
        };
        (outcome, Some(error))
    }

    /// The error if the user cannot join one of `groups`. It is found before the user
    /// is created.
    async fn missing_group(&mut self, groups: &[String]) -> Option<Box<ToolError>> {
        for group in groups {
            if !self.groups.contains_key(group) {
                let request = self.cx.cognito().get_group();
                let request = request.user_pool_id(self.pool).group_name(group);
                let found = self
                    .cx
                    .patiently(rows::WAITS, || async { Ok(request.clone().send().await?) });
                self.groups.insert(group.clone(), found.await.err());
            }
            if let Some(error) = &self.groups[group] {
                return Some(error.clone());
            }
        }
        None
    }
}
