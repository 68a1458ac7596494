//! Parameters and pseudo parameters of templates.

use super::super::nearest::{did_you_mean, list};
use super::super::node::{Content, Node};
use super::Inputs;
use super::evaluation::{Evaluation, Place};
use super::refusal::Refusal;
use super::stack::Stack;
use crate::ids::Region;

/// Checks that each given parameter is one of a template.
pub(super) fn check_names(stacks: &[Stack<'_>], inputs: &Inputs) -> Result<(), String> {
    let known = || stacks.iter().flat_map(|stack| stack.section("Parameters"));
    let names = || known().map(|(key, _)| &*key.name);
    match inputs
        .parameters
        .keys()
        .find(|given| !names().any(|name| name == given.as_str()))
    {
        None => Ok(()),
        Some(given) => Err(format!(
            "The template has no parameter `{given}`. Parameters: {}.{}",
            list(names()),
            did_you_mean(given, names())
        )),
    }
}

impl Evaluation<'_> {
    /// The value of the pseudo parameter `name`.
    ///
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>
    pub(super) fn pseudo(&self, stack: &Stack<'_>, name: &str) -> Option<String> {
        let scope = &self.inputs.scope;
        let region = Region::parse(&scope.region);
        let (partition, suffix) = region.as_ref().map_or(("aws", "amazonaws.com"), |region| {
            (region.partition(), region.dns_suffix())
        });
        Some(match name {
            "AWS::Region" => scope.region.clone(),
            "AWS::AccountId" => scope.account.clone(),
            "AWS::Partition" => partition.to_owned(),
            "AWS::URLSuffix" => suffix.to_owned(),
            "AWS::StackName" => stack.name.clone(),
            "AWS::StackId" => format!(
                "arn:{partition}:cloudformation:{}:{}:stack/{}/{}",
                scope.region,
                scope.account,
                stack.name,
                stack.chance("AWS::StackId").uuid()
            ),
            _ => return None,
        })
    }

    /// The value of the parameter `name`, which `parameter` declares.
    pub(super) fn parameter(
        &self,
        place: Place<'_>,
        name: &str,
        parameter: &Node,
        argument: &Node,
    ) -> Result<Node, Refusal> {
        let kind = parameter.member("Type").and_then(Node::text);
        let kind = kind.unwrap_or("String");
        let stored = kind.strip_prefix("AWS::SSM::Parameter::Value<");
        let given = self.inputs.parameters.get(name).map(String::as_str);
        let default = parameter.member("Default").and_then(Node::text);
        // The default of a stored parameter is its name, and not its value.
        let Some(text) = given.or(default.filter(|_| stored.is_none())) else {
            let reason = if stored.is_some() {
                "is read from Parameter Store at a deployment"
            } else {
                "has no default"
            };
            let message = format!(
                "The parameter `{name}` {reason}: convert the template with --parameter \
                 {name}=VALUE."
            );
            return Err(Refusal::new(argument, message));
        };
        let kind = stored.map_or(kind, |kind| kind.trim_end_matches('>'));
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            return self.listed(argument, text.split(',').map(str::trim));
        }
        if let Some(Content::List(allowed)) =
            parameter.member("AllowedValues").map(|it| &it.content)
        {
            let mut allowed = allowed.iter().filter_map(Node::text);
            if !allowed.clone().any(|value| value == text) {
                let message = format!(
                    "The parameter `{name}` must be one of {}.",
                    list(allowed.by_ref())
                );
                let refusal = Refusal::new(argument, message);
                return Err(refusal.placed(place.stack.file, &format!("Parameters.{name}")));
            }
        }
        self.produced(argument, text)
    }
}
