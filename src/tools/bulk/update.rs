//! One change of many users, with an outcome for each.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use aws_sdk_cognitoidentityprovider::types::{DeliveryMediumType, MessageActionType};
use futures_util::stream::{self, StreamExt as _};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{check_conditions, matcher, position};
use crate::arguments;
use crate::bounds::{
    DRY_RUN_REQUESTS, GROUP_MEMBERS, INVITATION_PAUSE, PLANNED_USERS, ROWS_ALREADY_SO,
    SELECTED_NAMES,
};
use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::counted::counted;
use crate::directory::condition::KnownConditions;
use crate::directory::cursor;
use crate::directory::person::Person;
use crate::directory::scan::{Budget, Position, Read, Scan, Source};
use crate::error::{NextCall, Problem, Problems, ToolError, ToolResult};
use crate::tools::answer;
use crate::tools::rows::{self, RowError};
use crate::tools::{Entry, InPool, Tool};

pub(super) fn tools() -> [Entry; 1] {
    [Entry::of::<UpdateUsers>()]
}

/// Change the users that match `where`, or `usernames`. Plan first with `dry_run`. Users that are already so stay unchanged, so a call can be repeated.
#[derive(Deserialize, JsonSchema)]
struct UpdateUsers {
    #[serde(flatten)]
    pool: InPool,
    /// The change.
    action: Action,
    #[serde(flatten)]
    conditions: KnownConditions,
    /// The users, instead of `where`.
    #[serde(default)]
    #[schemars(length(max = SELECTED_NAMES))]
    usernames: Vec<String>,
    /// For `set_attributes`; an empty value removes the attribute.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// For the group actions.
    #[schemars(length(min = 1, max = 128))]
    group: Option<String>,
    /// Most users to change in this call.
    #[serde(default = "default_batch")]
    #[schemars(range(min = 1, max = 1000))]
    batch_size: u32,
    /// `cursor` of the previous answer, to continue.
    cursor: Option<String>,
}

fn default_batch() -> u32 {
    500
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Action {
    SetAttributes,
    AddToGroup,
    RemoveFromGroup,
    Enable,
    Disable,
    SignOut,
    ResendInvitation,
    Confirm,
    Delete,
}

/// The reads of every call, and the writes of an action.
macro_rules! with_reads {
    ($($write:literal),*) => {
        &[
            "AdminGetUser", "AdminListGroupsForUser", "AdminListUserAuthEvents",
            "DescribeUserPool", "GetGroup", "ListUsers", "ListUsersInGroup", $($write),*
        ]
    };
}

impl Action {
    /// The operations of a call.
    fn operations(self) -> &'static [&'static str] {
        match self {
            Self::SetAttributes => {
                with_reads!("AdminUpdateUserAttributes")
            }
            Self::AddToGroup => with_reads!("AdminAddUserToGroup"),
            Self::RemoveFromGroup => with_reads!("AdminRemoveUserFromGroup"),
            Self::Enable => with_reads!("AdminEnableUser"),
            Self::Disable => with_reads!("AdminDisableUser"),
            Self::SignOut => with_reads!("AdminUserGlobalSignOut"),
            Self::ResendInvitation => with_reads!("AdminCreateUser"),
            Self::Confirm => with_reads!("AdminConfirmSignUp"),
            Self::Delete => with_reads!("AdminDeleteUser"),
        }
    }

    /// The action in words, before the users.
    fn in_words(self) -> &'static str {
        match self {
            Self::SetAttributes => "change attributes of",
            Self::AddToGroup => "add to the group",
            Self::RemoveFromGroup => "remove from the group",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::SignOut => "sign out",
            Self::ResendInvitation => "invite again",
            Self::Confirm => "confirm",
            Self::Delete => "delete",
        }
    }

    /// The tool that does it for one user.
    fn for_one(self) -> &'static str {
        match self {
            Self::SetAttributes => "update_user",
            Self::AddToGroup => "add_user_to_group",
            Self::RemoveFromGroup => "remove_user_from_group",
            Self::Enable => "enable_user",
            Self::Disable => "disable_user",
            Self::SignOut => "sign_out_user",
            Self::ResendInvitation => "create_user",
            Self::Confirm => "confirm_user",
            Self::Delete => "delete_user",
        }
    }
}

/// The outcomes.
#[derive(Serialize, JsonSchema)]
struct Updated {
    /// Users changed by this call.
    done: u32,
    /// Users that were already so, and stayed unchanged.
    already: u32,
    /// Users that could not be changed.
    failed: u32,
    /// Users that were not tried, because the call was cancelled or Cognito throttled it for too long; `next` continues with them.
    not_tried: u32,
    /// Users read so far, by all calls of this run.
    read: u32,
    /// The users in the order of the scan; only the first ones that were already so.
    rows: Vec<Row>,
    /// With `dry_run`: the users that the call would change.
    plan: Option<Plan>,
    /// Where to continue; absent when all users are done.
    cursor: Option<String>,
    /// The call that continues.
    next: Option<NextCall>,
}

/// The users that a call would change.
#[derive(Serialize, JsonSchema)]
struct Plan {
    /// Their number.
    users: u32,
    /// What would be done, as in `delete 2 users: ana, ben`.
    described: String,
    /// A digest of their names and ids.
    digest: String,
    /// Whether the selection has further users that were not read in the time of one call.
    partial: bool,
}

/// The outcome for one user.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// The username.
    username: String,
    /// The outcome. `planned`: with `dry_run`, it would be tried.
    outcome: Outcome,
    /// Why it failed.
    error: Option<RowError>,
}

#[derive(Clone, Copy, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Done,
    Already,
    Failed,
    NotTried,
    Planned,
}

impl Tool for UpdateUsers {
    const NAME: &'static str = "update_users";
    const TITLE: &'static str = "Change many users";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = with_reads!(
        "AdminUpdateUserAttributes",
        "AdminAddUserToGroup",
        "AdminRemoveUserFromGroup",
        "AdminEnableUser",
        "AdminDisableUser",
        "AdminUserGlobalSignOut",
        "AdminCreateUser",
        "AdminConfirmSignUp",
        "AdminDeleteUser"
    );
    const LEAST_EFFECT: Option<Effect> = Some(Effect::Add);
    const PLANS: bool = true;
    const REPORTS_PROGRESS: bool = true;
    type Answer = Updated;

    fn example() -> Value {
        json!({
            "action": "add_to_group",
            "group": "beta",
            "where": [{ "field": "email", "op": "ends_with", "value": "@example.com" }],
            "dry_run": true
        })
    }

    fn operation(arguments: &JsonObject) -> Option<&'static [&'static str]> {
        let action = arguments.get("action")?.clone();
        let action: Action = serde_json::from_value(action).ok()?;
        Some(action.operations())
    }

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        super::validate(Self::NAME, arguments, &Self::example())?;
        let problems = problems_of(arguments);
        if problems.is_empty() {
            return Ok(());
        }
        let given = Value::Object(arguments.clone());
        let example = Self::example();
        Err(arguments::refuse(
            Self::NAME,
            &given,
            problems,
            &example,
            |_| false,
        ))
    }

    async fn call(self, cx: &Cx) -> ToolResult<Updated> {
        let pool = cx.pool(&self.pool).await?;
        let shared = json!([
            pool,
            self.action,
            self.conditions.known,
            self.usernames,
            self.attributes,
            self.group
        ]);
        let of = cursor::fingerprint(&shared);
        let position = position(cx, self.cursor.as_deref(), &of, "pool, selection or change")?;
        let matcher = matcher(cx, &self.conditions.known, &Self::example())?;
        let scan = Scan {
            cx,
            pool: &pool,
            source: self.source(&matcher),
            matcher: &matcher,
        };
        check_conditions(&scan, &self.conditions.known, self.cursor.as_deref()).await?;
        let mut run = Run {
            change: &self,
            members: self.members(cx, &pool).await?,
            scan: &scan,
            position,
            most: self.most(cx),
            rows: Vec::new(),
            failures: Vec::new(),
            planned: Planned::default(),
            counts: BTreeMap::new(),
            stopped: false,
        };
        let ended = run.run().await?;
        run.answer(ended, &of).await
    }
}

/// The rules that the schema cannot express.
fn problems_of(arguments: &JsonObject) -> Problems {
    let mut problems = Problems::default();
    let mut add = |pointer: &str, message: String| {
        problems.add(|| Problem {
            pointer: pointer.to_owned(),
            message,
            ..Problem::default()
        });
    };
    let has = |name: &str| {
        arguments.get(name).is_some_and(|value| match value {
            Value::Array(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty(),
            _ => true,
        })
    };
    let action = arguments
        .get("action")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !has("where") && !has("usernames") {
        let every = r#"{"field": "username", "op": "exists"}"#;
        add(
            "/where",
            format!("or `usernames` must name the users; every user is {every}"),
        );
    }
    let of_attributes = action == "set_attributes";
    if of_attributes && !has("attributes") {
        add("/attributes", "must name an attribute".to_owned());
    }
    let of_group = matches!(action, "add_to_group" | "remove_from_group");
    if of_group && !has("group") {
        add("/group", format!("is required for `{action}`"));
    }
    for (name, is_used, by) in [
        ("attributes", of_attributes, "set_attributes"),
        ("group", of_group, "add_to_group` and `remove_from_group"),
    ] {
        if has(name) && !is_used {
            let instead = match name {
                "group" => {
                    "; users of a group are selected by `where`: {\"field\": \"group\", \"value\": …}"
                }
                _ => "",
            };
            add(&format!("/{name}"), format!("is only for `{by}`{instead}"));
        }
    }
    problems
}

impl UpdateUsers {
    fn source(&self, matcher: &crate::directory::matcher::Matcher) -> Source {
        if self.usernames.is_empty() {
            return Source::of(matcher);
        }
        let mut known = BTreeSet::new();
        let names = self.usernames.iter().filter(|name| known.insert(*name));
        Source::Names(names.cloned().collect())
    }

    /// The most users to change in this call.
    fn most(&self, cx: &Cx) -> usize {
        if cx.is_dry() {
            return PLANNED_USERS;
        }
        let most = cx
            .covered()
            .map_or(self.batch_size, |covered| covered.min(self.batch_size));
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// The members of the group that the action names, which must exist. None if it names no
    /// group, or the group has too many: then the request is sent for every user, and changes
    /// nothing for those that are already so.
    async fn members(&self, cx: &Cx, pool: &str) -> ToolResult<Option<BTreeSet<String>>> {
        let Some(group) = &self.group else {
            return Ok(None);
        };
        let request = cx.cognito().get_group().user_pool_id(pool);
        request.group_name(group).send().await?;
        let (mut members, mut token) = (BTreeSet::new(), None);
        loop {
            let request = cx.cognito().list_users_in_group().user_pool_id(pool);
            let request = request.group_name(group).limit(60).set_next_token(token);
            let page = request.send().await?;
            let users = page.users.unwrap_or_default().into_iter();
            members.extend(users.filter_map(|user| user.username));
            token = page.next_token;
            if token.is_none() {
                return Ok(Some(members));
            }
            if members.len() >= GROUP_MEMBERS {
                return Ok(None);
            }
        }
    }

    /// Arguments of the tool that does this for the user `username` alone.
    fn alone(&self, cx: &Cx, username: &str) -> JsonObject {
        let mut arguments = JsonObject::new();
        let pool = cx.arguments.get("user_pool_id").cloned();
        arguments.extend(pool.map(|pool| ("user_pool_id".to_owned(), pool)));
        arguments.insert("username".to_owned(), username.into());
        for name in ["attributes", "group"] {
            let value = cx.arguments.get(name).cloned();
            arguments.extend(value.map(|value| (name.to_owned(), value)));
        }
        if self.action == Action::ResendInvitation {
            arguments.insert("message_action".to_owned(), "RESEND".into());
        }
        arguments
    }
}

/// The users that would be changed.
#[derive(Default)]
struct Planned {
    users: u32,
    first: Vec<String>,
    names: String,
}

impl Planned {
    fn add(&mut self, person: &Person) {
        self.users += 1;
        if self.first.len() < 3 {
            self.first.push(person.username.clone());
        }
        // JSON, so that no two lists have the same text.
        self.names += &json!([person.username, person.sub()]).to_string();
    }

    fn plan(self, action: Action, partial: bool) -> Plan {
        let digest = digest::digest(&digest::SHA256, self.names.as_bytes());
        let [a, b, c, d, ..] = *digest.as_ref() else {
            unreachable!("a digest has 32 bytes")
        };
        let more = self.users as usize - self.first.len();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let names: Vec<String> = self
            .first
            .iter()
            .map(|name| crate::guard::untrusted::bare(name))
            .collect();
        Plan {
            users: self.users,
            described: format!(
                "{} {}: {}{more}",
                action.in_words(),
                counted(self.users, "user"),
                names.join(", ")
            ),
            digest: format!("{a:02x}{b:02x}{c:02x}{d:02x}"),
            partial,
        }
    }
}

/// A run over the users of a scan.
struct Run<'a> {
    change: &'a UpdateUsers,
    scan: &'a Scan<'a>,
    /// Members of the group that the action names.
    members: Option<BTreeSet<String>>,
    position: Position,
    /// Most users to change.
    most: usize,
    rows: Vec<Row>,
    failures: Vec<(usize, Box<ToolError>)>,
    planned: Planned,
    counts: BTreeMap<u8, u32>,
    /// Whether Cognito throttled a row after all waits.
    stopped: bool,
}

/// Writes at the same time. Pacing keeps them below the quotas.
const CONCURRENT: usize = 4;

impl Run<'_> {
    /// Changes users until all are done, the batch is full, or the time is used up. Returns
    /// whether all are done.
    async fn run(&mut self) -> ToolResult<bool> {
        let cx = self.scan.cx;
        let budget = Budget::new(cx.limit());
        loop {
            if cx.cancel.is_cancelled() {
                return Ok(false);
            }
            let (page, next) = self.scan.page(&self.position).await?;
            if !self.page(page, &budget).await {
                return Ok(false);
            }
            if next.is_none() {
                return Ok(true);
            }
            self.position.token = next;
            self.position.seen.clear();
            let state = format!(
                "users read, {} done, {} failed",
                self.count(Outcome::Done),
                self.count(Outcome::Failed)
            );
            cx.progress(self.position.read, None, &state).await;
            if budget.is_over() {
                return Ok(false);
            }
        }
    }

    /// Changes the users of one page. Returns false if users of it are left.
    async fn page(&mut self, page: Vec<Read>, budget: &Budget) -> bool {
        let tried = self
            .rows
            .iter()
            .filter(|row| row.outcome != Outcome::Already)
            .count();
        let tried = tried.max(self.planned.users as usize);
        let mut room = self.most.saturating_sub(tried);
        let mut steps = Vec::new();
        let mut is_whole = true;
        for read in page {
            let step = self.step(&read);
            if matches!(step, Step::Write(_)) {
                if room == 0 {
                    is_whole = false;
                    break;
                }
                room -= 1;
            }
            steps.push((read, step));
        }
        let (cx, change, pool) = (self.scan.cx, self.change, self.scan.pool);
        let stop = std::sync::atomic::AtomicBool::new(false);
        let mut results = stream::iter(steps)
            .map(async |(read, step)| {
                use std::sync::atomic::Ordering::Relaxed;
                let Step::Write(person) = &step else {
                    return (read, step, Ok(()));
                };
                if stop.load(Relaxed) || cx.cancel.is_cancelled() || budget.is_over() {
                    return (read, Step::Leave, Ok(()));
                }
                let written = write(cx, pool, change, person).await;
                if written.as_ref().is_err_and(|error| error.is_throttled()) {
                    stop.store(true, Relaxed);
                }
                (read, step, written)
            })
            .buffered(CONCURRENT)
            .boxed();
        let mut outcomes = Vec::new();
        while let Some(outcome) = results.next().await {
            outcomes.push(outcome);
        }
        drop(results);
        self.stopped = stop.into_inner();
        for (read, step, written) in outcomes {
            is_whole &= self.record(&read, step, written);
        }
        is_whole && !self.stopped
    }

    /// What to do with a user that was read.
    fn step(&self, read: &Read) -> Step {
        match &read.found {
            None => Step::Skip,
            Some(Ok(person)) if self.is_so(person) => Step::Already,
            Some(Ok(person)) => Step::Write(Box::new(person.clone())),
            // A user of the list that is gone is deleted.
            Some(Err(_)) if self.change.action == Action::Delete => Step::Already,
            Some(Err(error)) => Step::Fail(error.clone()),
        }
    }

    /// Whether the user is already as the action would make it.
    fn is_so(&self, person: &Person) -> bool {
        let is_member = |members: &BTreeSet<String>| members.contains(&person.username);
        match self.change.action {
            Action::SetAttributes => {
                let mut attributes = self.change.attributes.iter();
                attributes.all(|(name, value)| {
                    // An empty value removes the attribute.
                    person.attributes.get(name).map_or("", String::as_str) == value
                })
            }
            Action::AddToGroup => self.members.as_ref().is_some_and(is_member),
            Action::RemoveFromGroup => self
                .members
                .as_ref()
                .is_some_and(|members| !is_member(members)),
            Action::Enable => person.enabled,
            Action::Disable => !person.enabled,
            Action::Confirm => person.status == "CONFIRMED",
            Action::ResendInvitation => self.was_invited(person),
            Action::SignOut | Action::Delete => false,
        }
    }

    /// Whether the invitation of a user was sent lately. An invitation sets a new password, so
    /// the user is modified then (inferred; the emulator does the same). So an interrupted run
    /// that is started again sends no invitation twice.
    fn was_invited(&self, person: &Person) -> bool {
        let now = self.scan.cx.now().duration_since(std::time::UNIX_EPOCH);
        let since = now.unwrap_or_default().saturating_sub(INVITATION_PAUSE);
        let since = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        person.status == "FORCE_CHANGE_PASSWORD" && person.modified.is_some_and(|at| at > since)
    }

    /// Records the outcome for a user. Returns false if the user is left for another call.
    fn record(&mut self, read: &Read, step: Step, written: ToolResult<()>) -> bool {
        let is_dry = self.scan.cx.is_dry();
        let (outcome, error) = match (step, written) {
            (Step::Skip, _) => {
                self.position.seen.push(read.mark());
                self.position.read += 1;
                return true;
            }
            (Step::Leave, _) => (Outcome::NotTried, None),
            (Step::Already, _) => (Outcome::Already, None),
            (Step::Write(_), Ok(())) => (Outcome::Done, None),
            (Step::Write(person), Err(error)) if error.code == "DryRun" => {
                self.planned.add(&person);
                (Outcome::Planned, None)
            }
            // The call was cancelled while the user waited for its turn.
            (Step::Write(_), Err(error)) if error.code == "Cancelled" => (Outcome::NotTried, None),
            (Step::Write(_), Err(error))
                if self.change.action == Action::Delete
                    && error.code == "UserNotFoundException" =>
            {
                (Outcome::Already, None)
            }
            (Step::Fail(error), _) | (Step::Write(_), Err(error)) => (Outcome::Failed, Some(error)),
        };
        let is_left = outcome == Outcome::NotTried;
        if !is_left {
            self.position.seen.push(read.mark());
            self.position.read += 1;
            self.position.matched += 1;
        }
        let count = self.counts.entry(outcome as u8).or_default();
        *count += 1;
        let most = match outcome {
            Outcome::Already => ROWS_ALREADY_SO,
            Outcome::Planned => DRY_RUN_REQUESTS,
            _ => usize::MAX,
        };
        if usize::try_from(*count).is_ok_and(|count| count <= most) {
            if let Some(error) = error.filter(|_| !is_dry || outcome == Outcome::Failed) {
                self.failures.push((self.rows.len(), error));
            }
            self.rows.push(Row {
                username: read.name.clone(),
                outcome,
                error: None,
            });
        }
        !is_left
    }

    fn count(&self, outcome: Outcome) -> u32 {
        self.counts
            .get(&(outcome as u8))
            .copied()
            .unwrap_or_default()
    }

    async fn answer(mut self, ended: bool, of: &str) -> ToolResult<Updated> {
        let (cx, change) = (self.scan.cx, self.change);
        let failures = std::mem::take(&mut self.failures);
        let alone = |row: usize| {
            let username = &self.rows[row].username;
            (change.action.for_one(), change.alone(cx, username))
        };
        for (row, error) in rows::explain(cx, failures, alone).await {
            self.rows[row].error = Some(error);
        }
        if cx.cancel.is_cancelled() || self.stopped {
            // A client that cancelled a call receives no answer, so the log records what was
            // done.
            tracing::warn!(
                done = self.count(Outcome::Done),
                failed = self.count(Outcome::Failed),
                not_tried = self.count(Outcome::NotTried),
                "update_users stopped early"
            );
        }
        let cursor = (!ended).then(|| cursor::write(of, &self.position));
        let next = match &cursor {
            Some(cursor) => {
                let dry = cx.is_dry().then_some(true);
                let changes = json!({ "cursor": cursor, "dry_run": dry });
                Some(NextCall::new(cx.tool(), cx.arguments_with(changes)))
            }
            None => None,
        };
        Ok(Updated {
            done: self.count(Outcome::Done),
            already: self.count(Outcome::Already),
            failed: self.count(Outcome::Failed),
            not_tried: self.count(Outcome::NotTried),
            read: self.position.read,
            plan: cx
                .is_dry()
                .then(|| self.planned.plan(change.action, !ended)),
            rows: self.rows,
            cursor,
            next,
        })
    }
}

/// What to do with a user.
enum Step {
    /// It does not match.
    Skip,
    /// It is already so.
    Already,
    /// It cannot be read.
    Fail(Box<ToolError>),
    /// It is changed.
    Write(Box<Person>),
    /// It is left for another call.
    Leave,
}

/// Changes one user. If Cognito throttles, waits and tries again.
async fn write(cx: &Cx, pool: &str, change: &UpdateUsers, person: &Person) -> ToolResult<()> {
    cx.patiently(rows::WAITS, || send(cx, pool, change, person))
        .await
}

async fn send(cx: &Cx, pool: &str, change: &UpdateUsers, person: &Person) -> ToolResult<()> {
    let (cognito, name) = (cx.cognito(), person.username.as_str());
    let group = change.group.as_deref().unwrap_or_default();
    match change.action {
        Action::SetAttributes => {
            let request = cognito.admin_update_user_attributes().user_pool_id(pool);
            let attributes = answer::attribute_list(change.attributes.clone());
            let request = request.username(name).set_user_attributes(Some(attributes));
            request.send().await?;
        }
        Action::AddToGroup => {
            let request = cognito.admin_add_user_to_group().user_pool_id(pool);
            request.username(name).group_name(group).send().await?;
        }
        Action::RemoveFromGroup => {
            let request = cognito.admin_remove_user_from_group().user_pool_id(pool);
            request.username(name).group_name(group).send().await?;
        }
        Action::Enable => {
            let request = cognito.admin_enable_user().user_pool_id(pool);
            request.username(name).send().await?;
        }
        Action::Disable => {
            let request = cognito.admin_disable_user().user_pool_id(pool);
            request.username(name).send().await?;
        }
        Action::SignOut => {
            let request = cognito.admin_user_global_sign_out().user_pool_id(pool);
            request.username(name).send().await?;
        }
        Action::ResendInvitation => {
            // Cognito's own default is SMS, even for a user without a phone number.
            let medium = if person.attributes.contains_key("email") {
                DeliveryMediumType::Email
            } else {
                DeliveryMediumType::Sms
            };
            let request = cognito.admin_create_user().user_pool_id(pool);
            let request = request
                .username(name)
                .message_action(MessageActionType::Resend);
            request.desired_delivery_mediums(medium).send().await?;
        }
        Action::Confirm => {
            let request = cognito.admin_confirm_sign_up().user_pool_id(pool);
            request.username(name).send().await?;
        }
        Action::Delete => {
            let request = cognito.admin_delete_user().user_pool_id(pool);
            request.username(name).send().await?;
        }
    }
    Ok(())
}
