//! Toolset `raw`: every operation of Cognito by name.

pub(crate) mod example;

use std::collections::BTreeMap;

use cognito_emulator::model::{Kind, Model, Operation, Shape};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Entry, InPool, Tool};
use crate::arguments::{self, most_like, nearest, slip};
use crate::arguments::{model_input, shape_words};
use crate::call::context::Cx;
use crate::cognito::operations::{self, Access, Effect};
use crate::definition::Definition;
use crate::error::{NextCall, Problem, Problems, ToolError, ToolResult};
use crate::guard::secrets;
use crate::guard::untrusted;
use crate::hints;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<CallOperation>(),
        Entry::of::<DescribeOperation>(),
    ]
}

/// Call any operation of the Cognito user pools API by name, if no other tool does the task. See `describe_operation` for its input.
#[derive(Deserialize, JsonSchema)]
struct CallOperation {
    /// Name of the operation, as in `ListUserImportJobs`.
    operation: String,
    /// Its input, as the API has it. `UserPoolId` defaults to the server's pool.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>", extend("writeOnly" = true))]
    input: JsonObject,
    /// Keep only these parts of the answer: JSON pointers (`*` is any item) or names of members.
    #[serde(default)]
    #[schemars(length(max = 100))]
    fields: Vec<String>,
}

/// An operation's answer.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// The operation.
    operation: String,
    /// The response, as the API has it; times are RFC 3339.
    #[schemars(with = "BTreeMap<String, Value>")]
    answer: Value,
    /// Where the next page begins; absent on the last one.
    cursor: Option<String>,
    /// The call that returns the next page.
    next: Option<NextCall>,
}

/// Members that contain the cursor of the next page.
const CURSORS: [&str; 2] = ["NextToken", "PaginationToken"];

impl Tool for CallOperation {
    const NAME: &'static str = "call_operation";
    const TITLE: &'static str = "Call any operation";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = operations::NAMES;
    const LEAST_EFFECT: Option<Effect> = Some(Effect::Read);
    type Answer = Answered;

    fn example() -> Value {
        json!({ "operation": "AdminGetUser", "input": { "Username": "ana" } })
    }

    fn operation(arguments: &JsonObject) -> Option<&'static [&'static str]> {
        let name = arguments.get("operation")?.as_str()?;
        // An unknown operation cannot be called.
        let named = operations::find_alike(name);
        Some(named.map_or(&[], |operation| std::slice::from_ref(&operation.name)))
    }

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        let operation = named(Self::NAME, arguments)?;
        arguments.insert("operation".to_owned(), operation.name.into());
        let problems = problems_of(operation, arguments);
        if problems.is_empty() {
            return Ok(());
        }
        let shown = json!({ "operation": operation.name, "input": example::of(operation) });
        let is_valid = |corrected: &Value| {
            let corrected = corrected.as_object().cloned();
            corrected.is_some_and(|mut corrected| problems_of(operation, &mut corrected).is_empty())
        };
        let given = Value::Object(arguments.clone());
        Err(arguments::refuse(
            Self::NAME,
            &given,
            problems,
            &shown,
            is_valid,
        ))
    }

    fn visit_secrets(
        _: &JsonObject,
        arguments: &mut JsonObject,
        visit: &mut dyn FnMut(&str, &mut Value),
    ) {
        let name = arguments.get("operation").and_then(Value::as_str);
        let operation = name.and_then(operations::find_alike);
        let operation = operation.map_or("", |operation| operation.name);
        for (name, value) in arguments {
            match name.as_str() {
                "operation" | "fields" => {}
                "input" => secrets::visit_request(operation, value, visit),
                // An unknown argument may contain secrets.
                _ => visit(name, value),
            }
        }
    }

    async fn call(self, cx: &Cx) -> ToolResult<Answered> {
        let operation = Model::get().operation(&self.operation);
        let operation = operation
            .ok_or_else(|| no_operation(Self::NAME, &self.operation, cx.arguments.clone()))?;
        let mut input = self.input;
        if model_input::has_default_pool(operation) && !input.contains_key("UserPoolId") {
            let pool = cx.pool(&InPool::default()).await?;
            input.insert("UserPoolId".to_owned(), pool.into());
        }
        let mut answer = cx.ask(operation.name, Value::Object(input)).await?;
        let (cursor, next) = next_page(cx, operation, &answer);
        answer = cx.conceal_response(operation.name, answer);
        if !self.fields.is_empty() {
            keep(&mut answer, &self.fields);
        }
        Ok(Answered {
            operation: self.operation,
            answer,
            cursor,
            next,
        })
    }
}

fn problems_of(operation: &Operation, arguments: &mut JsonObject) -> Problems {
    let input = arguments.entry("input").or_insert_with(|| json!({}));
    if let Value::Object(members) = input {
        members.retain(|_, value| !value.is_null());
    }
    let mut problems = model_input::validate(operation, input);
    let fields = arguments.get("fields").and_then(Value::as_array);
    let names = operation.output().map(names).unwrap_or_default();
    for (at, field) in fields.into_iter().flatten().enumerate() {
        let field = field.as_str().unwrap_or_default();
        if !is_field(operation, &names, field) {
            problems.add(|| no_field(operation, &names, at, field));
        }
    }
    problems
}

/// The operation that `arguments` name.
fn named(tool: &str, arguments: &JsonObject) -> ToolResult<&'static Operation> {
    let name = arguments
        .get("operation")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let named = operations::find_alike(name);
    named
        .and_then(|operation| Model::get().operation(operation.name))
        .ok_or_else(|| no_operation(tool, name, arguments.clone()))
}

/// Maximum number of names that the error for an unknown name suggests.
const NEAREST: usize = 5;

/// The error for `name`, which is not an operation, in a call of `tool`.
pub(crate) fn no_operation(tool: &str, name: &str, mut arguments: JsonObject) -> Box<ToolError> {
    if let Some(endpoint) = endpoint(name) {
        return endpoint;
    }
    let near = most_like(name, operations::NAMES, NEAREST);
    let certain = slip(name, operations::NAMES.iter().copied(), "").map(ToOwned::to_owned);
    let best = nearest(name, operations::NAMES.iter().copied());
    let best = certain.clone().or(best);
    let like_it = match near.as_slice() {
        [] => String::new(),
        near => format!("; similar names: {}", near.join(", ")),
    };
    let mut error = ToolError::argument(
        "/operation",
        format!(
            "Cognito user pools have no operation {}{like_it}",
            untrusted::named(name)
        ),
    )
    .hint("Nothing was called. Give the name of an operation of Cognito");
    for problem in &mut error.problems {
        problem.allowed = Some(json!(near)).filter(|_| !near.is_empty());
        problem.nearest.clone_from(&best);
    }
    // Another operation with a similar name does something else, so only a slip is
    // corrected.
    if let Some(certain) = certain {
        arguments.insert("operation".to_owned(), certain.into());
        error = error.retry(tool, Value::Object(arguments));
    }
    error
}

/// Endpoints of a pool's domain, which callers mistake for operations.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-userpools-server-contract-reference.html>
const ENDPOINTS: [(&str, &str, &str); 7] = [
    ("authorize", "GET", "/oauth2/authorize"),
    ("clientcredentials", "POST", "/oauth2/token"),
    ("login", "GET", "/login"),
    ("logout", "GET", "/logout"),
    ("revoke", "POST", "/oauth2/revoke"),
    ("token", "POST", "/oauth2/token"),
    ("userinfo", "GET", "/oauth2/userInfo"),
];

/// An error that says that `name` is an endpoint and how to call it; `None` if it is
/// not one.
fn endpoint(name: &str) -> Option<Box<ToolError>> {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let wanted = letters.collect::<String>().to_lowercase();
    let wanted = wanted
        .trim_start_matches("oauth2")
        .trim_start_matches("get")
        .trim_end_matches("endpoint");
    let (_, method, path) = ENDPOINTS.iter().find(|(name, ..)| *name == wanted)?;
    let error = ToolError::argument(
        "/operation",
        format!(
            "{} is an endpoint of the user pool's domain, not an operation of the API",
            untrusted::named(name)
        ),
    );
    Some(error.hint(format!(
        "Nothing was called. An application calls {method} https://DOMAIN{path}; `get_domain` \
         shows the domain, and `put_domain` gives the pool one"
    )))
}

/// The cursor of the next page, and the call that returns it.
fn next_page(cx: &Cx, operation: &Operation, answer: &Value) -> (Option<String>, Option<NextCall>) {
    let page = CURSORS.iter().find_map(|name| {
        operation.input().member(name)?;
        Some((*name, answer.get(*name)?.as_str()?))
    });
    let Some((name, cursor)) = page else {
        return (None, None);
    };
    let mut input = cx
        .arguments
        .get("input")
        .cloned()
        .unwrap_or_else(|| json!({}));
    input[name] = cursor.into();
    let arguments = cx.arguments_with(json!({ "input": input }));
    (
        Some(cursor.to_owned()),
        Some(NextCall::new(cx.tool(), arguments)),
    )
}

/// Whether a response of `operation` may have `field`. `names` are the members of the
/// response.
fn is_field(operation: &Operation, names: &[&str], field: &str) -> bool {
    match field.strip_prefix('/') {
        Some(path) => {
            let path: Vec<&str> = path.split('/').collect();
            let output = operation.output();
            output.is_some_and(|output| leads(output, &path))
        }
        None => names.contains(&field),
    }
}

/// The problem that no response of `operation` has the field.
fn no_field(operation: &Operation, names: &[&str], at: usize, field: &str) -> Problem {
    Problem {
        pointer: format!("/fields/{at}"),
        message: format!("is not a part of the response of {}", operation.name),
        received: Some(field.into()),
        nearest: nearest(
            field.rsplit('/').next().unwrap_or_default(),
            names.iter().copied(),
        ),
        allowed: Some(json!(names)),
        ..Problem::default()
    }
}

/// Whether a response of `shape` may have a value at `path`.
fn leads(shape: &Shape, path: &[&str]) -> bool {
    let [name, rest @ ..] = path else {
        return true;
    };
    match &shape.kind {
        Kind::Structure(_) => shape
            .member(name)
            .is_some_and(|member| leads(member.shape(), rest)),
        Kind::List(element) => {
            (*name == "*" || name.parse::<usize>().is_ok()) && leads(element.get(), rest)
        }
        Kind::Map { value, .. } => leads(value.get(), rest),
        Kind::Document => true,
        _ => false,
    }
}

/// The names of all members within `shape`, each once.
fn names(shape: &Shape) -> Vec<&'static str> {
    fn collect(shape: &Shape, found: &mut Vec<&'static str>) {
        match &shape.kind {
            Kind::Structure(members) => {
                for member in members {
                    if !found.contains(&member.name) {
                        found.push(member.name);
                        collect(member.shape(), found);
                    }
                }
            }
            Kind::List(element) => collect(element.get(), found),
            Kind::Map { value, .. } => collect(value.get(), found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(shape, &mut found);
    found
}

/// Keeps only the `fields` of `answer`.
fn keep(answer: &mut Value, fields: &[String]) {
    let wanted: Vec<Vec<&str>> = fields
        .iter()
        .map(|field| match field.strip_prefix('/') {
            Some(path) => path.split('/').collect(),
            None => vec!["**", field.as_str()],
        })
        .collect();
    if !prune(answer, &wanted) {
        *answer = json!({});
    }
}

/// Removes all members that no path in `wanted` selects. Returns whether any remain.
/// `**` matches any number of steps, including none.
fn prune(value: &mut Value, wanted: &[Vec<&str>]) -> bool {
    if wanted.iter().any(Vec::is_empty) {
        return true;
    }
    let after = |name: &str, is_item: bool| -> Vec<Vec<&str>> {
        let mut rest = Vec::new();
        for path in wanted {
            match path.as_slice() {
                ["**", field] => {
                    rest.push(path.clone());
                    if *field == name {
                        rest.push(vec![]);
                    }
                }
                [first, more @ ..] if *first == name || is_item && *first == "*" => {
                    rest.push(more.to_vec());
                }
                _ => {}
            }
        }
        rest
    };
    match value {
        Value::Object(members) => {
            members.retain(|name, member| prune(member, &after(name, false)));
            !members.is_empty()
        }
        Value::Array(items) => {
            let mut at = 0;
            items.retain_mut(|item| {
                at += 1;
                prune(item, &after(&(at - 1).to_string(), true))
            });
            !items.is_empty()
        }
        _ => false,
    }
}

/// Describe an operation of the Cognito user pools API: who may call it, its input with constraints, its response, its exceptions with advice, a valid example.
#[derive(Deserialize, JsonSchema)]
struct DescribeOperation {
    /// Name of the operation, as in `CreateUserPool`.
    operation: String,
    /// Path of a structure within the input, to see its members: `Policies.PasswordPolicy`.
    member: Option<String>,
}

/// An operation.
#[derive(Serialize, JsonSchema)]
struct Described {
    /// The operation.
    operation: String,
    /// Its effect, and who may call it.
    about: String,
    /// The IAM action that allows it, if it requires IAM permission.
    iam_action: Option<String>,
    /// Enabled tools that call it and are easier to use.
    tools: Vec<&'static str>,
    /// Members of the input, or of the structure at `member`.
    input: Vec<Member>,
    /// Members of the response.
    output: Vec<Member>,
    /// Its exceptions.
    exceptions: Vec<Exception>,
    /// A call with only the required members.
    example: NextCall,
    /// Amazon's reference.
    reference: String,
}

/// A member of a structure.
#[derive(Serialize, JsonSchema)]
struct Member {
    /// Name.
    name: &'static str,
    /// Type and constraints.
    r#type: String,
    /// Whether it is required.
    required: Option<bool>,
    /// The values allowed.
    values: Option<Vec<String>>,
    /// Names of its own members, if it is a structure.
    members: Option<Vec<&'static str>>,
}

/// An exception.
#[derive(Serialize, JsonSchema)]
struct Exception {
    /// Its name.
    code: &'static str,
    /// What to do about it.
    advice: Option<&'static str>,
}

impl Tool for DescribeOperation {
    const NAME: &'static str = "describe_operation";
    const TITLE: &'static str = "Describe an operation";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Described;

    fn example() -> Value {
        json!({ "operation": "CreateUserPool", "member": "Policies.PasswordPolicy" })
    }

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        let operation = named(Self::NAME, arguments)?;
        arguments.insert("operation".to_owned(), operation.name.into());
        Ok(())
    }

    async fn call(self, cx: &Cx) -> ToolResult<Described> {
        let operation = Model::get().operation(&self.operation);
        let operation = operation
            .ok_or_else(|| no_operation(Self::NAME, &self.operation, cx.arguments.clone()))?;
        let input = match &self.member {
            Some(path) => structure_at(cx, operation, path)?,
            None => operation.input(),
        };
        let mut shown = example::of(operation);
        if model_input::has_default_pool(operation)
            && cx.defaults().user_pool_id.is_some()
            && let Some(shown) = shown.as_object_mut()
        {
            shown.shift_remove("UserPoolId");
        }
        let known = operations::find(operation.name);
        let access = known.map_or(Access::Pool, |known| known.access);
        let effect = operations::effect_of(&[operation.name]);
        let calls_it = |tool: &&Definition| {
            tool.operations.contains(&operation.name) && tool.name() != CallOperation::NAME
        };
        Ok(Described {
            about: about(effect, access),
            iam_action: (access != Access::Public)
                .then(|| format!("cognito-idp:{}", operation.name)),
            tools: cx
                .enabled()
                .filter(calls_it)
                .map(Definition::name)
                .collect(),
            input: members(input),
            output: operation.output().map(members).unwrap_or_default(),
            exceptions: operation
                .errors
                .iter()
                .map(|code| Exception {
                    code,
                    advice: hints::find(code, "").map(|hint| hint.advice),
                })
                .collect(),
            example: NextCall::new(
                CallOperation::NAME,
                json!({ "operation": operation.name, "input": shown }),
            ),
            reference: format!(
                "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_{}.html",
                operation.name
            ),
            operation: operation.name.to_owned(),
        })
    }
}

fn about(effect: Effect, access: Access) -> String {
    let does = match effect {
        Effect::Read => "Reads, and changes nothing",
        Effect::Add => "Adds, and removes nothing",
        Effect::Change => "Replaces or ends something that can be set again",
        Effect::Destroy => "Deletes, or locks out a user until an administrator acts",
    };
    let who = match access {
        Access::Pool => "callers with IAM permission for the user pool",
        Access::Account => "callers with IAM permission for the account",
        Access::Public => {
            "any caller with the required input, such as a client id, a session or an access token"
        }
    };
    format!("{does}. For {who}.")
}

fn members(shape: &'static Shape) -> Vec<Member> {
    let members = shape.members().iter().map(|member| {
        let shape = member.shape();
        let values = shape_words::values(shape);
        Member {
            name: member.name,
            r#type: shape_words::constraints(shape),
            required: member.required.then_some(true),
            values: (!values.is_empty()).then_some(values),
            members: shape_words::inner(shape)
                .map(|inner| inner.members().iter().map(|member| member.name).collect()),
        }
    });
    members.collect()
}

/// The structure at `path` of the input. Lists and maps have no step in `path`.
fn structure_at(cx: &Cx, operation: &Operation, path: &str) -> ToolResult<&'static Shape> {
    let steps = path
        .split(['.', '/'])
        .filter(|step| !step.is_empty() && *step != "*");
    let mut shape = operation.input();
    let mut walked: Vec<&str> = Vec::new();
    for step in steps {
        let member = shape
            .members()
            .iter()
            .find(|member| operations::alike(member.name, step));
        let inner = member.and_then(|member| shape_words::inner(member.shape()));
        let (Some(member), Some(inner)) = (member, inner) else {
            let structures = shape.members().iter();
            let structures: Vec<&str> = structures
                .filter(|member| shape_words::inner(member.shape()).is_some())
                .map(|member| member.name)
                .collect();
            let near = nearest(step, structures.iter().copied());
            let what = if member.is_some() {
                "is not a structure"
            } else {
                "is not a member"
            };
            let mut error = ToolError::argument(
                "/member",
                format!(
                    "{} {what} of {}; its structures are {}",
                    untrusted::named(step),
                    shape.name,
                    structures.join(", ")
                ),
            )
            .hint("Name a structure, or leave `member` out to see the whole input");
            walked.extend(near.as_deref());
            let member = (!walked.is_empty()).then(|| walked.join("."));
            error = error.retry(cx.tool(), cx.arguments_with(json!({ "member": member })));
            return Err(error);
        };
        walked.push(member.name);
        shape = inner;
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_selected_fields_are_kept() {
        let answer = json!({ "Users": [
            { "Username": "ana", "Attributes": [{ "Name": "sub", "Value": "1" }] },
            { "Username": "ben", "Enabled": true },
        ], "Id": 1 });
        for (fields, kept) in [
            (
                vec!["Username"],
                json!({ "Users": [{ "Username": "ana" }, { "Username": "ben" }] }),
            ),
            (
                vec!["/Users/*/Enabled", "Id"],
                json!({ "Users": [{ "Enabled": true }], "Id": 1 }),
            ),
            (
                vec!["/Users/0/Attributes"],
                json!({ "Users": [{ "Attributes": [{ "Name": "sub", "Value": "1" }] }] }),
            ),
            (vec!["Arn"], json!({})),
        ] {
            let mut answer = answer.clone();
            let fields: Vec<String> = fields.into_iter().map(ToOwned::to_owned).collect();
            keep(&mut answer, &fields);
            assert_eq!(answer, kept, "{fields:?}");
        }
    }
}
