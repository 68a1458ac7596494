//! Users: create, read, list, change, shut out, delete.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lc_rs::digest;
use aws_sdk_cognitoidentityprovider::primitives::DateTime;
use aws_sdk_cognitoidentityprovider::types::{DeliveryMediumType, MessageActionType, UserType};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Done, Effect, Entry, InPool, Tool};
use crate::answer::{self, User};
use crate::context::Cx;
use crate::error::{NextCall, Result, ToolError};
use crate::server;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<CreateUser>(),
        Entry::of::<CreateUsers>(),
        Entry::of::<GetUser>(),
        Entry::of::<ListUsers>(),
        Entry::of::<UpdateUser>(),
        Entry::of::<DisableUser>(),
        Entry::of::<EnableUser>(),
        Entry::of::<DeleteUser>(),
        Entry::of::<ConfirmUser>(),
        Entry::of::<SignOutUser>(),
    ]
}

/// Create a user as an administrator, with a temporary password and an invitation. The user must choose a new password at the first sign-in; to skip that, call `reset_password` afterwards.
#[derive(Deserialize, JsonSchema)]
struct CreateUser {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    user: NewUser,
    /// SUPPRESS sends no invitation; RESEND sends it again to a user that exists already, with a new temporary password. Absent: the invitation is sent.
    message_action: Option<MessageAction>,
}

/// What a new user has.
#[derive(Deserialize, JsonSchema)]
struct NewUser {
    /// Username; an e-mail address or phone number where the pool signs users in by those.
    #[schemars(length(min = 1, max = 128))]
    username: String,
    /// E-mail address; the invitation goes there.
    email: Option<String>,
    /// Phone number in E.164 form, as in +15555550100; without an e-mail address the invitation goes there.
    phone_number: Option<String>,
    /// Temporary password that keeps the pool's policy. Absent: Cognito makes one and sends it.
    #[schemars(extend("writeOnly" = true))]
    temporary_password: Option<String>,
    /// Further attributes by name, as in `{"given_name": "Ana", "custom:team": "a", "email_verified": "true"}`.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Groups to put the user into; they must exist.
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
}

impl Tool for CreateUser {
    const NAME: &'static str = "create_user";
    const TITLE: &'static str = "Create user";
    const EFFECT: Effect = Effect::Add;
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["AdminCreateUser", "AdminAddUserToGroup", "GetGroup"];
    type Answer = Created;

    fn example() -> Value {
        json!({ "username": "ana", "email": "ana@example.com", "temporary_password": "Correct-Horse-7" })
    }

    async fn call(self, cx: &Cx) -> Result<Created> {
        let pool = cx.pool(&self.pool).await?;
        // A missing group is found before the user is made.
        for group in &self.user.groups {
            let request = cx.cognito().get_group();
            let request = request.user_pool_id(&pool).group_name(group);
            request.send().await?;
        }
        // One caller can wait by itself.
        let created = create(cx, &pool, self.user, self.message_action, 0).await;
        created.map_err(|failed| failed.error)
    }
}

/// A creation that failed, perhaps half way.
struct CreationFailed {
    /// Whether the user was made.
    made: bool,
    error: Box<ToolError>,
}

/// Creates one user and puts it into its groups; waits so often where Cognito
/// throttles.
async fn create(
    cx: &Cx,
    pool: &str,
    new: NewUser,
    message_action: Option<MessageAction>,
    waits: u32,
) -> std::result::Result<Created, CreationFailed> {
    let medium = match (&new.email, &new.phone_number) {
        (Some(_), _) => Some(DeliveryMediumType::Email),
        (None, Some(_)) => Some(DeliveryMediumType::Sms),
        (None, None) => None,
    };
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
        // Cognito's own default is SMS, whatever the user has.
        .set_desired_delivery_mediums(medium.map(|medium| vec![medium]));
    let answer = patiently(cx, waits, || async { Ok(request.clone().send().await?) })
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
        cx.wait(cx.pace()).await;
        let added = patiently(cx, waits, || async {
            if cx.cancel.is_cancelled() {
                return Err(ToolError::new("Cancelled", "the call was cancelled"));
            }
            Ok(request.clone().send().await?)
        });
        if let Err(mut error) = added.await {
            error.message = format!(
                "The user was created, but could not be put into group {group}: {}",
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
        user,
        groups: new.groups,
    })
}

/// Makes a call again that Cognito throttles, `waits` times at most and each
/// time after the wait that it told, or a second; a cancelled call is not made again.
async fn patiently<T, F>(cx: &Cx, waits: u32, call: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut answer = call().await;
    for _ in 0..waits {
        let Err(error) = &answer else { break };
        if !error.is_throttled() {
            break;
        }
        // Rates are counted by the second; Cognito itself does not say how long.
        let wait = error.retry_after.unwrap_or(Duration::from_secs(1));
        cx.wait(wait).await;
        if cx.cancel.is_cancelled() {
            break;
        }
        answer = call().await;
    }
    answer
}

/// Create up to 1000 users. Each row's outcome is reported, a row that fails does not stop the others, and the pace stays below Cognito's quota. Progress is notified; a cancelled call stops before its next write.
#[derive(Deserialize, JsonSchema)]
struct CreateUsers {
    #[serde(flatten)]
    pool: InPool,
    /// The users, one row each.
    #[schemars(length(min = 1, max = 1000))]
    users: Vec<NewUser>,
    /// SUPPRESS sends no invitations; RESEND sends them again to users that exist already. Absent: invitations are sent.
    message_action: Option<MessageAction>,
}

/// What became of the rows.
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
}

/// What became of one row.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// The username given.
    username: String,
    /// What became of it. `created_without_groups`: the user exists, but a group was not joined.
    outcome: Outcome,
    /// Why it failed.
    error: Option<RowError>,
}

/// Why a row failed.
#[derive(Serialize, JsonSchema)]
struct RowError {
    /// Cognito's exception, as in `UsernameExistsException`.
    code: String,
    /// Cognito's sentence.
    message: String,
    /// The correction; of the first 25 rows that failed.
    hint: Option<String>,
    /// The call that mends the row.
    retry: Option<NextCall>,
}

#[derive(Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Created,
    CreatedWithoutGroups,
    Failed,
    NotTried,
}

/// Waits for a row that Cognito throttles, beyond the SDK's own.
const WAITS: u32 = 5;

/// Rows whose correction is looked up, which takes calls. When more fail, most
/// fail alike.
const CORRECTED: usize = 25;

impl Tool for CreateUsers {
    const NAME: &'static str = "create_users";
    const TITLE: &'static str = "Create many users";
    const EFFECT: Effect = Effect::Add;
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["AdminCreateUser", "AdminAddUserToGroup", "GetGroup"];
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

    async fn call(self, cx: &Cx) -> Result<CreatedUsers> {
        let pool = cx.pool(&self.pool).await?;
        let total = u32::try_from(self.users.len()).ok();
        let mut run = Run {
            cx,
            pool: &pool,
            message_action: self.message_action,
            groups: BTreeMap::new(),
            stopped: false,
        };
        let mut answer = CreatedUsers {
            created: 0,
            failed: 0,
            not_tried: 0,
            rows: Vec::with_capacity(self.users.len()),
        };
        let mut failures = Vec::new();
        for (user, row) in self.users.into_iter().zip(0..) {
            let username = user.username.clone();
            if row > 0 && !run.stopped {
                cx.wait(cx.pace()).await;
            }
            let outcome = if run.stopped || cx.cancel.is_cancelled() {
                answer.not_tried += 1;
                Outcome::NotTried
            } else {
                let (outcome, failure) = run.create(user).await;
                match outcome {
                    Outcome::Failed => answer.failed += 1,
                    _ => answer.created += 1,
                }
                failures.extend(failure.map(|failure| (answer.rows.len(), failure)));
                let told = format!(
                    "{} created, {} failed, {username} last",
                    answer.created, answer.failed
                );
                cx.progress(row + 1, total, &told).await;
                outcome
            };
            answer.rows.push(Row {
                username,
                outcome,
                error: None,
            });
        }
        for (number, (row, failure)) in failures.into_iter().enumerate() {
            let failure = if number < CORRECTED && !cx.cancel.is_cancelled() {
                server::explain(&cx.for_call(CreateUser::NAME, row_alone(cx, row)), failure).await
            } else {
                failure
            };
            answer.rows[row].error = Some((*failure).into());
        }
        if answer.not_tried > 0 {
            // A client that cancelled reads no answer; the log tells what was done.
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

/// What `create_user` takes to create this row alone.
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

impl From<ToolError> for RowError {
    fn from(error: ToolError) -> Self {
        Self {
            code: error.code,
            message: error.message,
            hint: error.hint,
            retry: error.retry,
        }
    }
}

/// Rows under way.
struct Run<'a> {
    cx: &'a Cx,
    pool: &'a str,
    message_action: Option<MessageAction>,
    /// Groups that rows named, and why one is no use.
    groups: BTreeMap<String, Option<Box<ToolError>>>,
    /// Whether Cognito throttled a row after all waits: it would do so to the next.
    stopped: bool,
}

impl Run<'_> {
    async fn create(&mut self, user: NewUser) -> (Outcome, Option<Box<ToolError>>) {
        let created = match self.missing_group(&user.groups).await {
            Some(error) => Err(CreationFailed { made: false, error }),
            None => create(self.cx, self.pool, user, self.message_action, WAITS).await,
        };
        let Err(CreationFailed { made, error }) = created else {
            return (Outcome::Created, None);
        };
        self.stopped = error.is_throttled();
        let outcome = if made {
            Outcome::CreatedWithoutGroups
        } else {
            Outcome::Failed
        };
        (outcome, Some(error))
    }

    /// Why the user cannot join one of `groups`, found before the user is made.
    async fn missing_group(&mut self, groups: &[String]) -> Option<Box<ToolError>> {
        for group in groups {
            if !self.groups.contains_key(group) {
                let request = self.cx.cognito().get_group();
                let request = request.user_pool_id(self.pool).group_name(group);
                let found = patiently(self.cx, WAITS, || async {
                    Ok(request.clone().send().await?)
                });
                self.groups.insert(group.clone(), found.await.err());
            }
            if let Some(error) = &self.groups[group] {
                return Some(error.clone());
            }
        }
        None
    }
}

/// Read one user: status, attributes, groups and second factors.
#[derive(Deserialize, JsonSchema)]
struct GetUser {
    #[serde(flatten)]
    pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
}

/// A user in full.
#[derive(Serialize, JsonSchema)]
struct UserInFull {
    #[serde(flatten)]
    user: User,
    /// Names of the user's groups.
    groups: Vec<String>,
    /// Second factors that are set up, as in `SOFTWARE_TOKEN_MFA`.
    mfa: Vec<String>,
    /// The second factor that is asked for first.
    preferred_mfa: Option<String>,
}

impl Tool for GetUser {
    const NAME: &'static str = "get_user";
    const TITLE: &'static str = "Get user";
    const EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminGetUser", "AdminListGroupsForUser"];
    type Answer = UserInFull;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> Result<UserInFull> {
        let pool = cx.pool(&self.pool).await?;
        let mut found = cx
            .cognito()
            .admin_get_user()
            .user_pool_id(&pool)
            .username(&self.username)
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
        Ok(UserInFull {
            groups,
            mfa: found.user_mfa_setting_list.take().unwrap_or_default(),
            preferred_mfa: found.preferred_mfa_setting.take(),
            user: found.into(),
        })
    }
}

/// List users, filtered and sorted. The last 5 users created: {"sort": "created", "limit": 5}.
#[derive(Deserialize, JsonSchema)]
struct ListUsers {
    #[serde(flatten)]
    pool: InPool,
    /// Cognito filter on one attribute: `email = "ana@example.com"` or, for a prefix, `email ^= "ana"`. Attributes: username, email, `phone_number`, name, `given_name`, `family_name`, `preferred_username`, `cognito:user_status`, status, sub.
    #[schemars(length(max = 256))]
    filter: Option<String>,
    /// Only users with this status.
    status: Option<Status>,
    /// Only members of this group.
    #[schemars(length(min = 1, max = 128))]
    group: Option<String>,
    /// Sort by time of creation or of the last modification, newest first. Every user that matches is read for it. Absent: Cognito's own order.
    sort: Option<Sort>,
    /// Most users to return at once (default 10).
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 60))]
    limit: u32,
    /// `cursor` of the answer before, to go on from there with the other arguments unchanged.
    cursor: Option<String>,
}

fn default_limit() -> u32 {
    10
}

#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Archived,
    Compromised,
    Confirmed,
    ExternalProvider,
    ForceChangePassword,
    ResetRequired,
    Unconfirmed,
    Unknown,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Archived => "ARCHIVED",
            Self::Compromised => "COMPROMISED",
            Self::Confirmed => "CONFIRMED",
            Self::ExternalProvider => "EXTERNAL_PROVIDER",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ResetRequired => "RESET_REQUIRED",
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Created,
    Modified,
}

/// A page of users.
#[derive(Serialize, JsonSchema)]
pub(super) struct UserPage {
    /// The users.
    pub(super) users: Vec<User>,
    /// Users read to find them.
    pub(super) scanned: u32,
    /// Where the next page begins; absent on the last one.
    pub(super) cursor: Option<String>,
    /// The call that answers the next page.
    pub(super) next: Option<NextCall>,
}

impl Tool for ListUsers {
    const NAME: &'static str = "list_users";
    const TITLE: &'static str = "List users";
    const EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListUsers", "ListUsersInGroup"];
    type Answer = UserPage;

    fn example() -> Value {
        json!({ "filter": "email ^= \"ana\"", "status": "CONFIRMED", "sort": "created", "limit": 5 })
    }

    async fn call(self, cx: &Cx) -> Result<UserPage> {
        let pool = cx.pool(&self.pool).await?;
        let begin = || cx.arguments_with(json!({ "cursor": null }));
        let of = self.fingerprint(&pool);
        let cursor = self.cursor.as_deref().map(|text| Cursor::read(text, &of));
        let cursor = cursor.transpose().map_err(|error| {
            error
                .hint("Begin again without a cursor")
                .retry(Self::NAME, begin())
        })?;
        let listing = Listing::new(cx, &pool, &self).await?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let (users, scanned, cursor) = match (self.sort, cursor) {
            (None, Some(Position::At { token, skip })) => {
                listing.in_order(limit, token, skip).await?
            }
            (Some(sort), Some(Position::After { time, username })) => {
                listing.sorted(sort, limit, Some((time, username))).await?
            }
            (Some(sort), _) => listing.sorted(sort, limit, None).await?,
            (None, _) => listing.in_order(limit, None, 0).await?,
        };
        let cursor = cursor.map(|at| Cursor { of, at }.write());
        Ok(UserPage {
            users: users.into_iter().map(User::from).collect(),
            scanned,
            next: cx.next_page(cursor.as_deref()),
            cursor,
        })
    }
}

impl ListUsers {
    /// Of the arguments that all pages of one listing share.
    fn fingerprint(&self, pool: &str) -> String {
        let query = json!([pool, self.filter, self.status, self.group, self.sort]);
        let digest = digest::digest(&digest::SHA256, query.to_string().as_bytes());
        aws_smithy_types::base64::encode(&digest.as_ref()[..6])
    }
}

/// Where a listing goes on. Opaque to callers.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// The listing's fingerprint: on another one the position means nothing.
    of: String,
    at: Position,
}

/// How far a listing is.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Position {
    /// In Cognito's order: the page, and how many of its users were answered.
    At { token: Option<String>, skip: usize },
    /// Sorted: the last user answered, by time in milliseconds and username.
    After { time: i64, username: String },
}

impl Cursor {
    fn write(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        aws_smithy_types::base64::encode(text)
    }

    fn read(cursor: &str, of: &str) -> Result<Position> {
        let cursor: Self = aws_smithy_types::base64::decode(cursor)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .ok_or_else(|| ToolError::argument("/cursor", "is not a cursor of list_users"))?;
        if cursor.of != of {
            return Err(ToolError::argument(
                "/cursor",
                "belongs to a listing with another pool, filter, status, group or sort",
            ));
        }
        Ok(cursor.at)
    }
}

/// One way through a pool's users.
struct Listing<'a> {
    cx: &'a Cx,
    pool: &'a str,
    filter: Option<String>,
    group: Option<&'a str>,
    /// Checked here, because Cognito takes one condition only.
    status: Option<Status>,
    /// As `group`, where a filter is there too.
    members: Option<BTreeSet<String>>,
}

/// What a listing finds: users, how many were read, where to go on.
type Found = (Vec<UserType>, u32, Option<Position>);

/// The most that Cognito answers at once.
const PAGE: i32 = 60;

impl<'a> Listing<'a> {
    async fn new(cx: &'a Cx, pool: &'a str, arguments: &'a ListUsers) -> Result<Self> {
        let mut listing = Self {
            cx,
            pool,
            filter: arguments.filter.clone(),
            group: arguments.group.as_deref(),
            status: arguments.status,
            members: None,
        };
        if listing.filter.is_some() && listing.group.is_some() {
            // A group cannot be listed by filter: who is in it is found out first.
            let filter = listing.filter.take();
            let status = listing.status.take();
            let mut members = BTreeSet::new();
            let mut token = None;
            loop {
                let (users, next) = listing.page(token, PAGE).await?;
                members.extend(users.into_iter().filter_map(|user| user.username));
                token = next;
                if token.is_none() {
                    break;
                }
            }
            listing = Self {
                filter,
                status,
                group: None,
                members: Some(members),
                ..listing
            };
        } else if listing.filter.is_none() && listing.group.is_none() {
            // The one condition that Cognito takes is free.
            listing.filter = listing
                .status
                .take()
                .map(|status| format!("cognito:user_status = \"{}\"", status.name()));
        }
        Ok(listing)
    }

    /// Users as Cognito lists them.
    async fn in_order(
        &self,
        limit: usize,
        mut token: Option<String>,
        mut skip: usize,
    ) -> Result<Found> {
        // Without a condition of our own, a page of the wanted size is exact.
        let selective = self.status.is_some() || self.members.is_some();
        let size = if selective {
            PAGE
        } else {
            i32::try_from(limit).unwrap_or(PAGE)
        };
        let (mut found, mut scanned) = (Vec::new(), 0);
        loop {
            let (users, next) = self.page(token.clone(), size).await?;
            let read = users.len();
            for (position, user) in users.into_iter().enumerate().skip(skip) {
                if found.len() == limit {
                    return Ok((
                        found,
                        scanned,
                        Some(Position::At {
                            token,
                            skip: position,
                        }),
                    ));
                }
                scanned += 1;
                if self.matches(&user) {
                    found.push(user);
                }
            }
            skip = skip.saturating_sub(read);
            match next {
                None => return Ok((found, scanned, None)),
                Some(next) if found.len() == limit => {
                    return Ok((
                        found,
                        scanned,
                        Some(Position::At {
                            token: Some(next),
                            skip: 0,
                        }),
                    ));
                }
                Some(next) => token = Some(next),
            }
            self.go_on(scanned).await?;
        }
    }

    /// Users by time, newest first; equal times by username.
    async fn sorted(
        &self,
        sort: Sort,
        limit: usize,
        after: Option<(i64, String)>,
    ) -> Result<Found> {
        let key = |user: &UserType| {
            let time = match sort {
                Sort::Created => user.user_create_date(),
                Sort::Modified => user.user_last_modified_date(),
            };
            (
                Reverse(time.map_or(i64::MIN, milliseconds)),
                user.username.clone().unwrap_or_default(),
            )
        };
        let after = after.map(|(time, username)| (Reverse(time), username));
        let (mut found, mut scanned, mut token, mut more) = (BTreeMap::new(), 0, None, false);
        loop {
            let (users, next) = self.page(token, PAGE).await?;
            for user in users {
                scanned += 1;
                let key = key(&user);
                if self.matches(&user) && after.as_ref().is_none_or(|after| key > *after) {
                    found.insert(key, user);
                    if found.len() > limit {
                        found.pop_last();
                        more = true;
                    }
                }
            }
            token = next;
            if token.is_none() {
                break;
            }
            self.go_on(scanned).await?;
        }
        let last = found
            .last_key_value()
            .map(|((Reverse(time), username), _)| Position::After {
                time: *time,
                username: username.clone(),
            });
        Ok((
            found.into_values().collect(),
            scanned,
            last.filter(|_| more),
        ))
    }

    fn matches(&self, user: &UserType) -> bool {
        let username = user.username().unwrap_or_default();
        self.members
            .as_ref()
            .is_none_or(|members| members.contains(username))
            && self.status.is_none_or(|status| {
                user.user_status()
                    .is_some_and(|found| found.as_str() == status.name())
            })
    }

    /// Before the next page: tells how far it is, and stops where nobody waits.
    async fn go_on(&self, scanned: u32) -> Result<()> {
        if self.cx.cancel.is_cancelled() {
            return Err(ToolError::new(
                "Cancelled",
                "The call was cancelled; nothing was changed",
            ));
        }
        self.cx.progress(scanned, None, "users read").await;
        Ok(())
    }

    async fn page(
        &self,
        token: Option<String>,
        size: i32,
    ) -> Result<(Vec<UserType>, Option<String>)> {
        if let Some(group) = self.group {
            let page = self
                .cx
                .cognito()
                .list_users_in_group()
                .user_pool_id(self.pool)
                .group_name(group)
                .limit(size)
                .set_next_token(token)
                .send()
                .await?;
            return Ok((page.users.unwrap_or_default(), page.next_token));
        }
        let page = self
            .cx
            .cognito()
            .list_users()
            .user_pool_id(self.pool)
            .set_filter(self.filter.clone())
            .limit(size)
            .set_pagination_token(token)
            .send()
            .await?;
        Ok((page.users.unwrap_or_default(), page.pagination_token))
    }
}

fn milliseconds(time: &DateTime) -> i64 {
    time.to_millis().unwrap_or(i64::MIN)
}

/// Set and remove attributes of a user. Attributes that are not named stay as they are.
#[derive(Deserialize, JsonSchema)]
struct UpdateUser {
    #[serde(flatten)]
    pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
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
    const EFFECT: Effect = Effect::Change;
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "AdminUpdateUserAttributes",
        "AdminDeleteUserAttributes",
        "AdminGetUser",
    ];
    type Answer = User;

    fn example() -> Value {
        json!({ "username": "ana", "attributes": { "given_name": "Ana" }, "remove_attributes": ["nickname"] })
    }

    async fn call(self, cx: &Cx) -> Result<User> {
        if self.attributes.is_empty() && self.remove_attributes.is_empty() {
            return Err(ToolError::argument(
                "/attributes",
                "or remove_attributes must name an attribute",
            )
            .hint(format!("Valid arguments look like {}", Self::example())));
        }
        let pool = cx.pool(&self.pool).await?;
        if !self.attributes.is_empty() {
            cx.cognito()
                .admin_update_user_attributes()
                .user_pool_id(&pool)
                .username(&self.username)
                .set_user_attributes(Some(answer::attribute_list(self.attributes)))
                .send()
                .await?;
        }
        if !self.remove_attributes.is_empty() {
            cx.cognito()
                .admin_delete_user_attributes()
                .user_pool_id(&pool)
                .username(&self.username)
                .set_user_attribute_names(Some(self.remove_attributes))
                .send()
                .await?;
        }
        let user = cx
            .cognito()
            .admin_get_user()
            .user_pool_id(&pool)
            .username(&self.username)
            .send()
            .await?;
        Ok(user.into())
    }
}

/// Disable a user: sessions end at once and sign-in is refused. The profile stays; `enable_user` undoes it.
#[derive(Deserialize, JsonSchema)]
struct DisableUser {
    #[serde(flatten)]
    pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
}

impl Tool for DisableUser {
    const NAME: &'static str = "disable_user";
    const TITLE: &'static str = "Disable user";
    const EFFECT: Effect = Effect::Destroy;
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminDisableUser"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> Result<Done> {
        let pool = cx.pool(&self.pool).await?;
        cx.cognito()
            .admin_disable_user()
            .user_pool_id(pool)
            .username(&self.username)
            .send()
            .await?;
        Ok(Done::new(format!("{} is disabled", self.username)))
    }
}

/// Let a disabled user sign in again.
#[derive(Deserialize, JsonSchema)]
struct EnableUser {
    #[serde(flatten)]
    pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
}

impl Tool for EnableUser {
    const NAME: &'static str = "enable_user";
    const TITLE: &'static str = "Enable user";
    const EFFECT: Effect = Effect::Change;
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminEnableUser"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> Result<Done> {
        let pool = cx.pool(&self.pool).await?;
        cx.cognito()
            .admin_enable_user()
            .user_pool_id(pool)
            .username(&self.username)
            .send()
            .await?;
        Ok(Done::new(format!("{} is enabled", self.username)))
    }
}

/// Delete a user for ever, with all attributes and group memberships. A user who is gone already is an error that changes nothing.
#[derive(Deserialize, JsonSchema)]
struct DeleteUser {
    #[serde(flatten)]
    pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
}

impl Tool for DeleteUser {
    const NAME: &'static str = "delete_user";
    const TITLE: &'static str = "Delete user";
    const EFFECT: Effect = Effect::Destroy;
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminDeleteUser"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> Result<Done> {
        let pool = cx.pool(&self.pool).await?;
        cx.cognito()
            .admin_delete_user()
            .user_pool_id(pool)
            .username(&self.username)
            .send()
            .await?;
        Ok(Done::new(format!("{} is deleted", self.username)))
    }
}

/// Confirm a user who signed up (status UNCONFIRMED) without the code. E-mail address and phone number stay unverified.
#[derive(Deserialize, JsonSchema)]
struct ConfirmUser {
    #[serde(flatten)]
    pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
}

impl Tool for ConfirmUser {
    const NAME: &'static str = "confirm_user";
    const TITLE: &'static str = "Confirm user";
    const EFFECT: Effect = Effect::Change;
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminConfirmSignUp"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> Result<Done> {
        let pool = cx.pool(&self.pool).await?;
        cx.cognito()
            .admin_confirm_sign_up()
            .user_pool_id(pool)
            .username(&self.username)
            .send()
            .await?;
        Ok(Done::new(format!("{} is confirmed", self.username)))
    }
}

/// Sign a user out everywhere: refresh tokens are revoked, and access tokens are refused by Cognito.
#[derive(Deserialize, JsonSchema)]
struct SignOutUser {
    #[serde(flatten)]
    pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    username: String,
}

impl Tool for SignOutUser {
    const NAME: &'static str = "sign_out_user";
    const TITLE: &'static str = "Sign user out";
    const EFFECT: Effect = Effect::Change;
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminUserGlobalSignOut"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> Result<Done> {
        let pool = cx.pool(&self.pool).await?;
        cx.cognito()
            .admin_user_global_sign_out()
            .user_pool_id(pool)
            .username(&self.username)
            .send()
            .await?;
        Ok(Done::new(format!(
            "{} is signed out everywhere",
            self.username
        )))
    }
}
