//! Toolset `plan`: calls are rehearsed on a copy of a user pool before they are made.
//!
//! The pool is read into an emulator, and the calls run there with every step of a real call but
//! the gate, the confirmation and the audit log. So a read-only server can rehearse too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cognito_emulator::world::Clock;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use super::rows::RowError;
use super::{Entry, InPool, Tool};
use crate::arguments::{self, most_like, slip};
use crate::bounds::{REHEARSED_CALLS, REHEARSED_USERS};
use crate::call::context::Cx;
use crate::call::published::{self, Publication, View};
use crate::call::server_context::ServerContext;
use crate::cognito::operations::{self, Effect, Scope};
use crate::cognito::pools::Pools;
use crate::copy;
use crate::copy::compare::{self, Difference, Options};
use crate::copy::reader::Reader;
use crate::copy::settings::{self, Choice};
use crate::copy::users::{self, Details};
use crate::copy::working_copy::{WorkingCopy, all_users};
use crate::definition::{Definition, added};
use crate::error::{Kind, Problem, Problems, ToolError, ToolResult};
use crate::guard::redact;
use crate::hints;

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<PlanChange>()]
}

/// Rehearse calls of tools on a copy of a user pool, in the emulator: what each call does, what Cognito would refuse, and how the pool would differ. The pool itself is only read. To apply the plan, make the same calls.
#[derive(Deserialize, JsonSchema)]
struct PlanChange {
    #[serde(flatten)]
    pool: InPool,
    /// Calls, in the order in which they would be made.
    #[schemars(length(min = 1, max = REHEARSED_CALLS))]
    calls: Vec<PlannedCall>,
    /// Users in the copy. `all` is for pools of at most 1,000 users.
    #[serde(default)]
    users: CopiedUsers,
}

/// A call of a tool.
#[derive(Deserialize, JsonSchema)]
struct PlannedCall {
    /// Name of the tool, as in `update_client`.
    tool: String,
    /// Its arguments.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>", extend("writeOnly" = true))]
    arguments: JsonObject,
}

/// The users that the copy has.
#[derive(Clone, Copy, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CopiedUsers {
    /// Those that the calls name.
    #[default]
    Named,
    /// All users.
    All,
    /// No users.
    None,
}

/// A rehearsed plan.
#[derive(Serialize, JsonSchema)]
struct Plan {
    /// Whether every call succeeded on the copy.
    succeeds: bool,
    /// The calls, in order.
    steps: Vec<Step>,
    /// Members that differ after the calls, as a pool file names them: `path`, `before`, `after`, and for lists `removed` and `added`. Passwords and secrets are not compared.
    #[schemars(with = "Vec<BTreeMap<String, Value>>")]
    differences: Vec<Difference>,
    /// Users in the copy.
    copied_users: usize,
    /// Users of the pool, as Cognito estimates.
    estimated_users: u64,
    /// What the copy lacks, or what behaves differently there.
    not_copied: Vec<String>,
}

/// The outcome of a call.
#[derive(Serialize, JsonSchema)]
struct Step {
    /// Name of the tool.
    tool: String,
    /// What happened on the copy.
    outcome: StepOutcome,
    /// What this server would do with the call itself.
    on_this_server: OnThisServer,
    /// Operations that changed the copy, or tried to.
    requests: Vec<String>,
    /// The answer on the copy.
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    answer: Option<Value>,
    /// Why the call failed, and its correction.
    error: Option<RowError>,
}

#[derive(Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StepOutcome {
    /// The call succeeded.
    Succeeded,
    /// The call failed, as it would on the pool.
    Refused,
    /// The call cannot be rehearsed.
    NotRehearsed,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OnThisServer {
    /// The call is allowed.
    Allowed,
    /// The call is allowed, and must be confirmed.
    MustBeConfirmed,
    /// The server does not allow this effect.
    NotAllowed,
    /// The tool is not enabled.
    NotEnabled,
}

impl Tool for PlanChange {
    const NAME: &'static str = "plan_change";
    const TITLE: &'static str = "Rehearse changes";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = copy::OPERATIONS;
    type Answer = Plan;

    fn example() -> Value {
        json!({ "calls": [
            { "tool": "create_group", "arguments": { "group": "staff" } },
            { "tool": "add_user_to_group", "arguments": { "username": "ana", "group": "staff" } },
        ] })
    }

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        let problems = unknown_tools(arguments);
        if problems.is_empty() {
            return Ok(());
        }
        let given = Value::Object(arguments.clone());
        let is_valid = |corrected: &Value| {
            let corrected = corrected.as_object();
            corrected.is_some_and(|corrected| unknown_tools(corrected).is_empty())
        };
        Err(arguments::refuse(
            Self::NAME,
            &given,
            problems,
            &Self::example(),
            is_valid,
        ))
    }

    fn visit_secrets(
        schema: &JsonObject,
        arguments: &mut JsonObject,
        visit: &mut dyn FnMut(&str, &mut Value),
    ) {
        for (name, value) in arguments {
            match (name.as_str(), value) {
                ("calls", Value::Array(calls)) => {
                    for call in calls {
                        visit_secrets_of_call(call, visit);
                    }
                }
                // Other arguments of the tool are no secrets.
                (_, value) => {
                    if !matches!(redact::member_schema(schema, name), Some(Value::Object(_))) {
                        visit(name, value);
                    }
                }
            }
        }
    }

    async fn call(self, cx: &Cx) -> ToolResult<Plan> {
        let id = cx.pool(&self.pool).await?;
        let reader = Reader::of_client(cx.cognito().clone());
        let mut original = settings::read(&reader, &id, Choice::default()).await?;
        let copied = self.copied_users(&reader, &id, &original).await?;
        let copied_users = copied.len();
        original.pool["Users"] = Value::Array(copied);
        let mut not_copied = original.not_exported;
        not_copied.extend(copy::not_exported(&original.pool));

        let clock = Clock::new(cx.shared().backend.clock.clone());
        let copy = WorkingCopy::load(original.pool, clock).await?;
        let before = copy.read().await?;
        let shared = state_of(cx, &copy, &id)?;
        let mut steps = Vec::with_capacity(self.calls.len());
        let mut has_triggers = false;
        for call in self.calls {
            has_triggers |= copy.pass_triggers().await.unwrap_or_default();
            steps.push(rehearse(cx, &shared, call).await);
        }
        if has_triggers {
            not_copied.push(
                "Lambda triggers: no function is called, and each returns its event unchanged"
                    .to_owned(),
            );
        }
        let after = match copy.read().await {
            Ok(after) => after,
            Err(error) if error.code == "ResourceNotFoundException" => Value::Null,
            Err(error) => return Err(error),
        };
        let is_done = |step: &Step| step.outcome == StepOutcome::Succeeded;
        Ok(Plan {
            succeeds: steps.iter().all(is_done),
            steps,
            differences: compare::compare(&before, &after, Options::default()),
            copied_users,
            estimated_users: original.estimated_users,
            not_copied,
        })
    }
}

/// The problems of the names of tools in `arguments`.
fn unknown_tools(arguments: &JsonObject) -> Problems {
    let names: Vec<&str> = super::all().map(Definition::name).collect();
    let mut problems = Problems::default();
    let calls = arguments.get("calls").and_then(Value::as_array);
    for (number, call) in calls.into_iter().flatten().enumerate() {
        let name = call["tool"].as_str().unwrap_or_default();
        if super::find(name).is_some() {
            continue;
        }
        problems.add(|| {
            let certain = slip(name, names.iter().copied(), "");
            let near = most_like(name, &names, 3);
            let nearest = certain.or(near.first().copied()).map(ToOwned::to_owned);
            Problem {
                kind: Kind::Value,
                pointer: format!("/calls/{number}/tool"),
                message: format!("must be the name of a tool; similar: {}", near.join(", ")),
                received: Some(json!(name)),
                certain: certain.is_some(),
                nearest,
                ..Problem::default()
            }
        });
    }
    problems
}

fn visit_secrets_of_call(call: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    let tool = call["tool"].as_str().and_then(super::find);
    let Value::Object(members) = call else {
        return;
    };
    for (name, value) in members {
        match (name.as_str(), value, tool) {
            ("tool", _, _) => {}
            ("arguments", Value::Object(arguments), Some(tool)) => {
                tool.visit_secrets(arguments, visit);
            }
            // It is not known which arguments of an unknown tool are secret.
            (_, value, _) => visit(name, value),
        }
    }
}

impl PlanChange {
    /// Reads the users that the copy has.
    async fn copied_users(
        &self,
        reader: &Reader,
        id: &str,
        original: &settings::Settings,
    ) -> ToolResult<Vec<Value>> {
        match self.users {
            CopiedUsers::None => Ok(Vec::new()),
            CopiedUsers::All => {
                if original.estimated_users > REHEARSED_USERS as u64 {
                    let message = format!(
                        "users: the pool has about {} users, and a copy has at most {REHEARSED_USERS}",
                        original.estimated_users
                    );
                    return Err(ToolError::argument("/users", message)
                        .hint("Use `named`, which copies the users that the calls name"));
                }
                all_users(reader, id, &original.pool).await
            }
            CopiedUsers::Named => {
                let mut names = BTreeSet::new();
                for call in &self.calls {
                    let arguments = call.arguments.iter();
                    arguments.for_each(|(name, value)| add_names(name, value, &mut names));
                }
                let details = Details::of(&original.pool);
                let mut found = BTreeMap::new();
                for name in names.into_iter().take(REHEARSED_USERS) {
                    // Two names may mean the same user.
                    if let Some(user) = users::named(reader, id, &name, details).await? {
                        found.insert(user["Username"].to_string(), user);
                    }
                }
                Ok(found.into_values().collect())
            }
        }
    }
}

/// Adds the names of users in the argument `name` of a call to `names`.
fn add_names(name: &str, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if matches!(name, "username" | "usernames" | "users" | "Username") => {
            names.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| add_names(name, item, names)),
        Value::Object(members) => {
            let members = members.iter();
            members.for_each(|(name, member)| add_names(name, member, names));
        }
        _ => {}
    }
}

/// The state of calls on the copy. It has every tool, because the gate of this server does not
/// apply to a copy.
fn state_of(cx: &Cx, copy: &WorkingCopy, id: &str) -> ToolResult<Arc<ServerContext>> {
    let pools = Pools::new(&[id.to_owned()]);
    let pools = pools.map_err(|error| ToolError::new("CopyFailed", error.to_string()))?;
    let publication = Publication {
        pools: Arc::new(pools),
        agent_confirms: true,
        output_schemas: true,
    };
    let view = |tool: &'static Definition| (tool.name, View::of(tool, publication.clone()));
    let views = super::all().map(view).collect();
    let shared = cx
        .shared()
        .of_copy(copy.backend(), publication.pools, views);
    Ok(Arc::new(shared))
}

/// Runs a call on the copy.
async fn rehearse(cx: &Cx, copy: &Arc<ServerContext>, call: PlannedCall) -> Step {
    let entry = super::entry(&call.tool).expect("the name was validated");
    let definition = &entry.definition;
    let given = cx.in_copy(Arc::clone(copy));
    let given = given.for_call(definition, call.arguments);
    let (requests, outcome, result) = match run(entry, &given).await {
        Ok((requests, result)) if result.is_ok() => (requests, StepOutcome::Succeeded, result),
        Ok((requests, result)) => (requests, StepOutcome::Refused, result),
        Err(error) => (Vec::new(), StepOutcome::NotRehearsed, Err(error)),
    };
    let effect = given.effect();
    let (answer, error) = match result {
        Ok(answer) => (Some(answer), None),
        Err(error) => (None, Some((*hints::explain(&given, error).await).into())),
    };
    Step {
        tool: definition.name().to_owned(),
        outcome,
        on_this_server: on_this_server(cx, definition, effect),
        requests,
        answer,
        error,
    }
}

/// The operations of a call that changed the copy, and its result.
type Ran = (Vec<String>, ToolResult<Value>);

/// Runs the call `given` on the copy. An error says why it cannot be rehearsed.
async fn run(entry: &'static Entry, given: &Cx) -> ToolResult<Ran> {
    let definition = &entry.definition;
    let mut arguments = given.arguments.clone();
    let resolved = given.resolve_names(&mut arguments).await;
    let valid = resolved.and_then(|()| published::validate_pool(given.pools(), &mut arguments));
    let valid = valid.and_then(|()| {
        given
            .shared()
            .view(definition.name())
            .map_or(Ok(()), |view| view.validate(&mut arguments))
    });
    if let Err(error) = valid {
        return Ok((Vec::new(), Err(error)));
    }
    arguments.shift_remove(added::DRY_RUN);
    arguments.shift_remove(added::CONFIRM);
    arguments.shift_remove(added::RESPONSE_FORMAT);
    can_be_rehearsed(definition, &arguments)?;
    let cx = given.for_call(definition, arguments.clone());
    let watch = Arc::new(cx.watch());
    // In a task of its own, the watch and the audit log of the plan do not see its requests.
    let task = tokio::spawn(Arc::clone(&watch).over(entry.run(arguments, cx.clone())));
    let result = AbortOnDropHandle::new(task).await.unwrap_or_else(|_| {
        let message = "the rehearsal of the call ended early";
        Err(ToolError::new("InternalError", message))
    });
    let is_change = |operation: &&String| operations::effect_of(&[operation]) > Effect::Read;
    let requests = watch.requests();
    let changes = requests.iter().map(|request| &request.operation);
    let changes = changes.filter(is_change).cloned().collect();
    Ok((
        changes,
        result.map(|answer| without_secrets(definition, answer)),
    ))
}

/// Refuses a call that needs more than a copy has.
fn can_be_rehearsed(definition: &Definition, arguments: &JsonObject) -> ToolResult<()> {
    let name = definition.name();
    let refused = |why: &str| Err(ToolError::new("NotRehearsed", format!("{name} {why}")));
    if definition.emulated_only {
        return refused("controls the emulator and is no change of a user pool");
    }
    let scopes = definition.operations_with(arguments).iter();
    let scopes = scopes.filter_map(|name| operations::find(name).map(|found| found.scope));
    for scope in scopes {
        match scope {
            Scope::ByPool | Scope::ByArn | Scope::ByUnbound => {}
            Scope::ByClient | Scope::ByAccessToken | Scope::BySession => {
                return refused("acts as a user, and a copy has no passwords, codes and tokens");
            }
            Scope::ByNever => return refused("is not about one user pool"),
        }
    }
    Ok(())
}

/// What an answer has in place of a secret: the call itself would make another one.
const OF_COPY: &str = "(another value when the call is made)";

/// Replaces the secrets of the copy in `answer`.
fn without_secrets(definition: &Definition, mut answer: Value) -> Value {
    let schema = definition.published().output_schema.as_deref();
    if let (Some(schema), Value::Object(members)) = (schema, &mut answer) {
        redact::visit(schema, members, &mut |_, value| *value = OF_COPY.into());
    }
    answer
}

fn on_this_server(cx: &Cx, definition: &Definition, effect: Effect) -> OnThisServer {
    if effect > cx.allowed() {
        OnThisServer::NotAllowed
    } else if !cx.is_enabled(definition.name()) {
        OnThisServer::NotEnabled
    } else if effect == Effect::Destroy && cx.shared().confirms {
        OnThisServer::MustBeConfirmed
    } else {
        OnThisServer::Allowed
    }
}
