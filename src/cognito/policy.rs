//! The least that IAM must allow for the tools and pools that are enabled.
//!
//! Statements follow from the operations that tools declare, so a tool that gets
//! another one is in the policy with it. Operations of which Cognito asks no IAM
//! permission are left out, and with named pools so is what cannot be limited to
//! them, which the server does not call then.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cognito::operations::{self, Access, Effect, Operation};
use crate::cognito::pools::Pools;
use crate::config::PolicyFormat;
use crate::definition::Definition;
use crate::ids::{PoolId, Region};

/// Where the pools are.
#[derive(Clone, Debug)]
pub struct Location {
    /// AWS Region; every one where it is not known.
    pub region: Option<String>,
    /// AWS account; every one where it is not known.
    pub account: Option<String>,
}

/// What IAM must allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    sid: &'static str,
    /// What it is for.
    about: &'static str,
    actions: BTreeSet<&'static str>,
    resources: Vec<String>,
}

impl Policy {
    /// Whether nothing needs a permission.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// For those of `tools` whose effects are `allowed`, in `pools`.
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
                "What the enabled tools call.",
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
                "What the server reads to correct a failed call, and to name what it asks to confirm. \
                 Without it advice is less exact.",
                of(Access::Pool, &corrections),
                &arns,
            ),
            (
                "CorrectionsOfTheAccount",
                "The same, where IAM cannot limit the action to a pool.",
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

    /// As `format` has it.
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

/// Names and ARNs have no character that a string of either language would escape.
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

/// The ARNs of `pools`, or of all that are in `place`.
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

/// The partition of `region`; the one of most Regions where that is any.
fn partition(region: &str) -> &'static str {
    Region::parse(region).map_or("aws", |region| region.partition())
}
