//! CloudFormation templates as pool files.
//!
//! The types of resources and their properties are those of the template reference of
//! CloudFormation, which the CDK publishes as its generated classes:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html>,
//! `aws-cdk-lib/aws-cognito/lib/cognito.generated.d.ts` (2.276.0). Most properties have the name
//! and the form of a member of the API.
//!
//! Nothing is deployed: a value that only a deployment would choose, such as the id of a user
//! pool, follows from the logical id, so that it is the same each time. It can be chosen too.

mod arns;
mod evaluation;
mod functions;
mod parameters;
mod parts;
mod pools;
mod references;
mod refusal;
mod serverless;
mod stack;
mod substitution;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::evaluation::{Evaluation, Place};
use self::pools::Pools;
use self::stack::Stack;
use super::check::check;
use super::definition::Definition;
use super::file::{PoolFile, place};
use super::mistake::Mistake;
use super::node::{self, Node, Position};
use crate::wire::Scope;

/// What a template gets from a deployment.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The Region and the account.
    pub scope: Scope,
    /// The name of the stack. If absent, the file's name up to its first full stop.
    pub stack_name: Option<String>,
    /// The values of parameters.
    pub parameters: BTreeMap<String, String>,
    /// The values of references: `LogicalId` for `Ref`, which for user pools and app clients is
    /// the id, `LogicalId.Attribute` for `Fn::GetAtt`, the name of an imported value, and dynamic
    /// references such as `{{resolve:ssm:/name}}`.
    pub values: BTreeMap<String, String>,
}

/// A pool file made from templates.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The pool file.
    pub file: PoolFile,
    /// The outputs of each stack by its name.
    pub outputs: Map<String, Value>,
    /// The outputs whose value only a deployment has.
    pub missing_outputs: Vec<Mistake>,
}

/// Whether `root` is a template: its resources are named and have a type.
pub(super) fn is_template(root: &Node) -> bool {
    let resources = root.member("Resources").map(Node::members);
    let mut resources = resources.unwrap_or_default().iter();
    root.member("UserPools").is_none() && resources.any(|(_, it)| it.member("Type").is_some())
}

/// Converts `templates`, the names and texts of files, to one pool file. A template can import
/// the exports of the others.
///
/// # Errors
///
/// The first mistake: a form that CloudFormation refuses, a value that is missing, or a setting
/// that the API refuses.
pub fn convert(templates: &[(&str, &str)], inputs: &Inputs) -> Result<Converted, Mistake> {
    let mut roots = Vec::new();
    for (name, text) in templates {
        let in_file = |mistake| Mistake {
            file: (*name).to_owned(),
            ..mistake
        };
        let root = node::read(text).map_err(in_file)?.root;
        if !is_template(&root) {
            let message = "This is no CloudFormation template: it has no `Resources` with types.";
            return Err(at_start(name, message.to_owned()));
        }
        roots.push((*name, root));
    }
    let stacks: Vec<Stack<'_>> = roots
        .iter()
        .map(|(name, root)| Stack::new(name, root, inputs))
        .collect();
    convert_stacks(&stacks, inputs)
}

/// Converts one template, the `root` of the file `name`.
pub(super) fn convert_one(name: &str, root: &Node, inputs: &Inputs) -> Result<Converted, Mistake> {
    convert_stacks(&[Stack::new(name, root, inputs)], inputs)
}

fn convert_stacks(stacks: &[Stack<'_>], inputs: &Inputs) -> Result<Converted, Mistake> {
    let name = stacks.first().map_or("", |stack| stack.file);
    parameters::check_names(stacks, inputs).map_err(|message| at_start(name, message))?;
    let evaluation = Evaluation::new(stacks, inputs);
    let pools = Pools::read(&evaluation).map_err(refusal::Refusal::mistake)?;
    if pools.is_empty() {
        return Err(at_start(name, without_pools(stacks)));
    }
    let (node, origins, mut notes) = pools.into_file();
    let checked = check(&node, Definition::get());
    let checked = checked.map_err(|mistake| place(&origins, name, mistake))?;
    let (outputs, missing_outputs) = outputs(&evaluation);
    notes.extend(evaluation.unused().map(|key| {
        let message = format!("The value of `{key}` was not used: no reference has this name.");
        at_start(name, message)
    }));
    let file = PoolFile {
        origins,
        notes,
        ..PoolFile::new(name, node, checked)
    };
    Ok(Converted {
        file,
        outputs,
        missing_outputs,
    })
}

fn without_pools(stacks: &[Stack<'_>]) -> String {
    let mut resources = stacks.iter().flat_map(Stack::resources);
    let is_nested = resources.any(|it| it.kind == "AWS::CloudFormation::Stack");
    let rest = if is_nested {
        " It has nested stacks: convert the template of the one with the user pool."
    } else {
        ""
    };
    format!("The template has no resource of the type `AWS::Cognito::UserPool`.{rest}")
}

/// The outputs of all stacks, and those without a value.
fn outputs(evaluation: &Evaluation<'_>) -> (Map<String, Value>, Vec<Mistake>) {
    let (mut all, mut missing) = (Map::new(), Vec::new());
    for stack in evaluation.stacks {
        let mut own = Map::new();
        for (key, output) in stack.section("Outputs") {
            let place = Place::new(stack);
            match evaluation.output(place, output) {
                Ok(None) => {}
                Ok(Some(value)) => {
                    own.insert(key.name.to_string(), value.into());
                }
                Err(refusal) => {
                    let path = format!("Outputs.{}", key.name);
                    let mut note = refusal.placed(stack.file, &path).mistake();
                    note.message = format!("The output is left out: {}", note.message);
                    missing.push(note);
                }
            }
        }
        all.insert(stack.name.clone(), own.into());
    }
    (all, missing)
}

fn at_start(file: &str, message: String) -> Mistake {
    let Position { line, column } = Position { line: 1, column: 1 };
    Mistake {
        file: file.to_owned(),
        line,
        column,
        path: String::new(),
        message,
    }
}

#[cfg(test)]
mod tests;
