//! The least IAM policy for the enabled tools and pools.
//!
//! Statements follow from the operations that tools declare, so they stay complete when a
//! tool changes. Operations that require no IAM permission are left out. If pools are
//! named, operations that cannot be limited to a pool are also left out, because the server
//! does not call them then.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cognito::operations::{self, Access, Effect, Operation};
use crate::cognito::pools::Pools;
pub use crate::config::PolicyFormat;
use crate::definition::Definition;
use crate::ids::{PoolId, Region};

/// The Region and the account of the pools.
#[derive(Clone, Debug)]
pub struct Location {
    /// AWS Region; any if it is unknown.
    pub region: Option<String>,
    /// AWS account; any if it is unknown.
    pub account: Option<String>,
}

/// An IAM policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    sid: &'static str,
    /// The purpose of the statement, for a comment.
    about: &'static str,
    actions: BTreeSet<&'static str>,
    resources: Vec<String>,
}

impl Policy {
    /// Whether no permission is required.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The policy for those of `tools` whose effects are `allowed`, in `pools`.
    #[must_use]
    pub fn new<'a>(
        tools: impl IntoIterator<Item = &'a Definition>,
        allowed: Effect,
        pools: &Pools,
        location: &Location,
    ) -> Self {
        let by_tools: BTreeSet<&'static str> = tools
            .into_iter()
            .filter(|tool| tool.least_effect() <= allowed)
            .flat_map(|tool| tool.operations)
            .copied()
            .collect();
        let is_allowed = |name: &&str| operations::effect_of(&[name]) <= allowed;
        let reachable = |name: &&str| {
            pools.is_open() || operations::find(name).is_none_or(Operation::can_be_limited)
        };
        let of = |access: Access, among: &BTreeSet<&'static str>| -> BTreeSet<&'static str> {
            let accessed = |name: &&str| operations::find(name).map(|known| known.access);
            let names = among.iter().filter(|name| accessed(name) == Some(access));
            names.filter(|name| reachable(name)).copied().collect()
        };
        let enabled: BTreeSet<&'static str> = by_tools.into_iter().filter(is_allowed).collect();
        let mut corrections: BTreeSet<&'static str> = BTreeSet::new();
        if !enabled.is_empty() {
            corrections.extend(operations::read_for_hints());
            corrections.retain(|name| !enabled.contains(name));
        }
        let arns = arns(pools, location);
        let every = vec!["*".to_owned()];
        let statements = [
            (
                "Tools",
                "Operations of the enabled tools.",
                of(Access::Pool, &enabled),
                &arns,
            ),
            (
                "ToolsOfTheAccount",
                "Actions that IAM cannot limit to a pool.",
                of(Access::Account, &enabled),
                &every,
            ),
            (
                "Corrections",
                "Operations that the server uses to correct a failed call, and to show what a call would \
                 destroy. Without them its advice is less exact.",
                of(Access::Pool, &corrections),
                &arns,
            ),
            (
                "CorrectionsOfTheAccount",
                "The same, for actions that IAM cannot limit to a pool.",
                of(Access::Account, &corrections),
                &every,
            ),
        ];
        let statements = statements
            .into_iter()
            .filter(|(_, _, actions, _)| !actions.is_empty())
            .map(|(sid, about, actions, resources)| Statement {
                sid,
                about,
                actions,
                resources: resources.clone(),
            });
        Self {
            statements: statements.collect(),
        }
    }

    /// The policy as text in `format`.
    #[must_use]
    pub fn formatted(&self, format: PolicyFormat) -> String {
        match format {
            PolicyFormat::Json => format!("{:#}\n", self.json()),
            PolicyFormat::Terraform => self.terraform(),
            PolicyFormat::Cdk => self.cdk(),
        }
    }

    /// The policy document.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>
    #[must_use]
    pub fn json(&self) -> Value {
        let statements: Vec<Value> = self
            .statements
            .iter()
            .map(|statement| {
                json!({
                    "Sid": statement.sid,
                    "Effect": "Allow",
                    "Action": statement.actions().collect::<Vec<_>>(),
                    "Resource": statement.resources,
                })
            })
            .collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }

    /// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>
    fn terraform(&self) -> String {
        let mut text = String::from("data \"aws_iam_policy_document\" \"cognito_mcp\" {\n");
        for statement in &self.statements {
            let Statement { sid, about, .. } = statement;
            let _ = write!(
                text,
                "  # {about}\n  statement {{\n    sid    = \"{sid}\"\n    effect = \"Allow\"\n"
            );
            list(
                &mut text,
                "    actions = [\n",
                "      ",
                statement.actions(),
                "    ]\n",
            );
            let resources = statement.resources.iter().cloned();
            list(
                &mut text,
                "    resources = [\n",
                "      ",
                resources,
                "    ]\n",
            );
            text.push_str("  }\n");
        }
        text.push_str(
            "}\n\nresource \"aws_iam_policy\" \"cognito_mcp\" {\n  name   = \"cognito-mcp\"\n  \
             policy = data.aws_iam_policy_document.cognito_mcp.json\n}\n",
        );
        text
    }

    /// <https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_iam.ManagedPolicy.html>
    fn cdk(&self) -> String {
        let mut text = String::from(
            "import * as iam from \"aws-cdk-lib/aws-iam\";\n\n\
             new iam.ManagedPolicy(this, \"CognitoMcp\", {\n  statements: [\n",
        );
        for statement in &self.statements {
            let Statement { sid, about, .. } = statement;
            let _ = write!(
                text,
                "    // {about}\n    new iam.PolicyStatement({{\n      sid: \"{sid}\",\n"
            );
            list(
                &mut text,
                "      actions: [\n",
                "        ",
                statement.actions(),
                "      ],\n",
            );
            let resources = statement.resources.iter().cloned();
            list(
                &mut text,
                "      resources: [\n",
                "        ",
                resources,
                "      ],\n",
            );
            text.push_str("    }),\n");
        }
        text.push_str("  ],\n});\n");
        text
    }
}

impl Statement {
    fn actions(&self) -> impl Iterator<Item = String> {
        self.actions
            .iter()
            .map(|name| format!("cognito-idp:{name}"))
    }
}

/// Appends a list of strings. Names and ARNs have no character that a string of either
/// language would escape.
fn list(
    text: &mut String,
    begin: &str,
    indent: &str,
    items: impl Iterator<Item = String>,
    end: &str,
) {
    text.push_str(begin);
    for item in items {
        let _ = writeln!(text, "{indent}\"{item}\",");
    }
    text.push_str(end);
}

/// The ARNs of `pools`, or of all pools at `location`.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html>
fn arns(pools: &Pools, location: &Location) -> Vec<String> {
    let account = location.account.as_deref().unwrap_or("*");
    let arn = |region: &str, id: &str| {
        let partition = partition(region);
        format!("arn:{partition}:cognito-idp:{region}:{account}:userpool/{id}")
    };
    if pools.is_open() {
        return vec![arn(location.region.as_deref().unwrap_or("*"), "*")];
    }
    let of_pool = |id: &String| {
        let region = PoolId::parse(id).ok().map(|id| id.region().to_string());
        arn(region.as_deref().unwrap_or("*"), id)
    };
    pools.ids().iter().map(of_pool).collect()
}

/// The partition of `region`. For a wildcard, it is the partition of most Regions.
fn partition(region: &str) -> &'static str {
    Region::parse(region).map_or("aws", |region| region.partition())
}
