//! Toolset `iam`: the permissions that tools need.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Entry, TOOLSETS, Tool, all};
use crate::arguments;
use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::cognito::policy::{Location, Policy, PolicyFormat};
use crate::cognito::pools::Pools;
use crate::definition::Definition;
use crate::error::{ToolError, ToolResult};

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<GetIamPolicy>()]
}

/// Get the least IAM policy for tools of this server, for the role of the server or of a person. It is not applied.
#[derive(Deserialize, JsonSchema)]
struct GetIamPolicy {
    /// Names of tools or toolsets. Absent: those that are enabled.
    tools: Option<Vec<String>>,
    /// The strongest effect to allow. Absent: that of this server, or of the named tools.
    effect: Option<Strongest>,
    /// Ids of the pools. Absent: those of this server.
    user_pool_ids: Option<Vec<String>>,
    /// Form of the policy (default json).
    format: Option<Format>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Strongest {
    Read,
    Write,
    Destroy,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Terraform,
    Cdk,
}

/// An IAM policy.
#[derive(Serialize, JsonSchema)]
struct LeastPolicy {
    /// The policy document, if the format is json.
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    policy: Option<Value>,
    /// The source text, if it is another format.
    text: Option<String>,
    /// The tools that it allows.
    tools: Vec<&'static str>,
}

impl Tool for GetIamPolicy {
    const NAME: &'static str = "get_iam_policy";
    const TITLE: &'static str = "Get IAM policy";
    const IDEMPOTENT: bool = true;
    // The tool sends no request to Cognito.
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = LeastPolicy;

    fn example() -> Value {
        json!({ "tools": ["users", "create_group"], "effect": "write" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<LeastPolicy> {
        let tools = match &self.tools {
            None => cx.enabled().collect(),
            Some(names) => named(cx, names)?,
        };
        let allowed = match self.effect {
            Some(Strongest::Read) => Effect::Read,
            Some(Strongest::Write) => Effect::Change,
            Some(Strongest::Destroy) => Effect::Destroy,
            None if self.tools.is_some() => Effect::Destroy,
            None => cx.allowed(),
        };
        let given = self.user_pool_ids.as_deref();
        let pools = Pools::new(given.unwrap_or_else(|| cx.pools().ids())).map_err(|error| {
            let message = error.to_string().replace("--pool: ", "");
            ToolError::argument("/user_pool_ids", message)
                .hint("List the ids with list_pools, or leave the argument out")
        })?;
        let location = Location {
            region: Some(cx.region().to_owned()),
            account: cx.caller().await.ok().map(|identity| identity.account),
        };
        let policy = Policy::new(tools.iter().copied(), allowed, &pools, &location);
        let format = match self.format.unwrap_or(Format::Json) {
            Format::Json => None,
            Format::Terraform => Some(PolicyFormat::Terraform),
            Format::Cdk => Some(PolicyFormat::Cdk),
        };
        let is_within = |tool: &&&Definition| tool.least_effect() <= allowed;
        Ok(LeastPolicy {
            policy: format.is_none().then(|| policy.json()),
            text: format.map(|format| policy.formatted(format)),
            tools: tools
                .iter()
                .filter(is_within)
                .map(|tool| tool.name())
                .collect(),
        })
    }
}

/// The tools that `names` name, each by itself or by its toolset.
fn named(cx: &Cx, names: &[String]) -> ToolResult<Vec<&'static Definition>> {
    let mut found: Vec<&'static Definition> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let is_meant = |tool: &&Definition| tool.name() == name || tool.toolset == name;
        let meant: Vec<_> = all().filter(is_meant).collect();
        if meant.is_empty() {
            return Err(unknown(cx, names, at));
        }
        found.extend(meant);
    }
    found.sort_by_key(|tool| tool.name());
    found.dedup_by_key(|tool| tool.name());
    Ok(found)
}

/// The error for a name of neither a tool nor a toolset.
fn unknown(cx: &Cx, names: &[String], at: usize) -> Box<ToolError> {
    let given = &names[at];
    let known = || {
        let sets = TOOLSETS.iter().map(|set| set.name);
        sets.chain(all().map(Definition::name))
    };
    let mut error = ToolError::argument(
        &format!("/tools/{at}"),
        format!("`{given}` is neither a tool nor a toolset"),
    )
    .hint("The toolsets and tools are those of `cognito-mcp tools --toolsets all`");
    let meant = arguments::slip(given, known(), "");
    for problem in &mut error.problems {
        let near = meant.map(ToOwned::to_owned);
        problem.nearest = near.or_else(|| arguments::nearest(given, known()));
    }
    match meant {
        Some(meant) => {
            let mut corrected = names.to_vec();
            meant.clone_into(&mut corrected[at]);
            let again = cx.arguments_with(json!({ "tools": corrected }));
            error.retry(cx.tool(), again)
        }
        None => error,
    }
}
