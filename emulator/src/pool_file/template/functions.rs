//! The intrinsic functions of CloudFormation.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use super::super::nearest::did_you_mean;
use super::super::node::{Content, Node};
use super::evaluation::{Evaluation, Place};
use super::refusal::Refusal;

impl Evaluation<'_> {
    /// The value of the function `name` of `argument`.
    pub(super) fn call(
        &self,
        place: Place<'_>,
        name: &str,
        argument: &Node,
    ) -> Result<Option<Node>, Refusal> {
        let text = |text: String| self.produced(argument, &text).map(Some);
        match name {
            "Ref" => self.reference(place, argument),
            "Fn::GetAtt" => text(self.attribute_of(place, argument)?),
            "Fn::Sub" => text(self.substitute(place, argument)?),
            "Fn::Join" => text(self.join(place, argument)?),
            "Fn::ImportValue" => text(self.import(place, argument)?),
            "Fn::Split" => self.split(place, argument).map(Some),
            "Fn::Select" => self.select(place, argument),
            "Fn::If" => self.choose(place, argument),
            "Fn::FindInMap" => self.find_in_map(place, argument),
            _ => {
                let message = format!(
                    "`{name}` is not supported: write its value in a copy of the template."
                );
                Err(Refusal::new(argument, message))
            }
        }
    }

    /// A text that a function returns.
    pub(super) fn produced(&self, argument: &Node, text: &str) -> Result<Node, Refusal> {
        self.charge(argument, 1, text.len())?;
        Ok(Node::plain(argument.at, text))
    }

    fn join(&self, place: Place<'_>, argument: &Node) -> Result<String, Refusal> {
        let [delimiter, texts] = arguments(argument)?;
        let delimiter = self.text(place, delimiter)?;
        let list = self.list(place, texts);
        let mut joined = String::new();
        for (index, element) in list.map_err(|it| it.within("[1]"))?.iter().enumerate() {
            let Some(text) = element.text() else {
                return Err(Refusal::new(element, "Expected a text.").within("[1]"));
            };
            self.charge(argument, 1, delimiter.len() + text.len())?;
            if index > 0 {
                joined.push_str(&delimiter);
            }
            joined.push_str(text);
        }
        Ok(joined)
    }

    fn split(&self, place: Place<'_>, argument: &Node) -> Result<Node, Refusal> {
        let [delimiter, text] = arguments(argument)?;
        let delimiter = self.text(place, delimiter)?;
        let text = self.text(place, text).map_err(|it| it.within("[1]"))?;
        if delimiter.is_empty() {
            return Err(Refusal::new(argument, "The delimiter is empty."));
        }
        self.listed(argument, text.split(delimiter.as_str()))
    }

    /// A list of texts that a function returns.
    pub(super) fn listed<'t>(
        &self,
        argument: &Node,
        texts: impl Iterator<Item = &'t str>,
    ) -> Result<Node, Refusal> {
        let elements: Result<Vec<Node>, Refusal> =
            texts.map(|text| self.produced(argument, text)).collect();
        Ok(Node {
            content: Content::List(elements?),
            at: argument.at,
        })
    }

    fn select(&self, place: Place<'_>, argument: &Node) -> Result<Option<Node>, Refusal> {
        let [index, list] = arguments(argument)?;
        let chosen = self.text(place, index).map_err(|it| it.within("[0]"))?;
        let elements = self.list(place, list).map_err(|it| it.within("[1]"))?;
        let count = elements.len();
        let position = chosen.parse::<usize>().ok();
        let element = position.and_then(|position| elements.into_iter().nth(position));
        if element.is_some() {
            return Ok(element);
        }
        let message = format!("The list has {count} elements, and none at `{chosen}`.");
        Err(Refusal::new(index, message).within("[0]"))
    }

    fn choose(&self, place: Place<'_>, argument: &Node) -> Result<Option<Node>, Refusal> {
        let [condition, yes, no] = arguments(argument)?;
        let holds = self.named_condition(place, condition);
        let (step, node) = if holds.map_err(|it| it.within("[0]"))? {
            ("[1]", yes)
        } else {
            ("[2]", no)
        };
        self.value(place, node).map_err(|it| it.within(step))
    }

    fn find_in_map(&self, place: Place<'_>, argument: &Node) -> Result<Option<Node>, Refusal> {
        let (keys, default) = match elements(argument) {
            [map, first, second] => ([map, first, second], None),
            [map, first, second, options] => ([map, first, second], options.member("DefaultValue")),
            _ => return Err(Refusal::new(argument, "Expected a list of 3 elements.")),
        };
        let mut names = Vec::new();
        for (index, key) in keys.into_iter().enumerate() {
            let name = self.text(place, key);
            names.push(name.map_err(|it| it.within(format!("[{index}]")))?);
        }
        let map = place.stack.find("Mappings", &names[0]);
        let found = map.and_then(|map| map.member(&names[1])?.member(&names[2]));
        if let Some(value) = found.or(default) {
            return self.value(place, value);
        }
        let message = format!("`Mappings` has no `{}`.", names.join("."));
        Err(Refusal::new(argument, message))
    }

    /// The exported output of another template.
    fn import(&self, place: Place<'_>, argument: &Node) -> Result<String, Refusal> {
        let name = self.text(place, argument)?;
        if let Some(value) = self.given(&name) {
            return Ok(value.to_owned());
        }
        for stack in self.stacks {
            let inside = place.in_stack(stack).deeper(argument)?;
            for (key, output) in stack.section("Outputs") {
                let export = output.member("Export").and_then(|it| it.member("Name"));
                let Some(export) = export else { continue };
                if self.text(inside, export).is_ok_and(|export| export == name) {
                    let path = format!("Outputs.{}", key.name);
                    let value = self.output(inside, output);
                    let value = value.map_err(|it| it.placed(stack.file, &path))?;
                    return Ok(value.unwrap_or_default());
                }
            }
        }
        let message = format!(
            "No template exports `{name}`: convert the template that does with this one, or use \
             --value '{name}=VALUE'."
        );
        Err(Refusal::new(argument, message))
    }

    /// Whether the condition that `name` names holds.
    pub(super) fn named_condition(&self, place: Place<'_>, name: &Node) -> Result<bool, Refusal> {
        let Some(text) = name.text() else {
            return Err(Refusal::new(name, "Expected the name of a condition."));
        };
        let Some(condition) = place.stack.find("Conditions", text) else {
            let known = place.stack.section("Conditions").iter();
            let nearest = did_you_mean(text, known.map(|(key, _)| &*key.name));
            let message = format!("The template has no condition `{text}`.{nearest}");
            return Err(Refusal::new(name, message));
        };
        let holds = self.condition(place.deeper(name)?, condition);
        let path = format!("Conditions.{text}");
        holds.map_err(|it| it.placed(place.stack.file, &path))
    }

    fn condition(&self, place: Place<'_>, node: &Node) -> Result<bool, Refusal> {
        let place = place.deeper(node)?;
        self.charge(node, 1, 0)?;
        let [(key, argument)] = node.members() else {
            return Err(Refusal::new(
                node,
                "Expected a condition, such as `Fn::Equals`.",
            ));
        };
        let all = |stops: bool| {
            for (index, one) in elements(argument).iter().enumerate() {
                let holds = self.condition(place, one);
                if holds.map_err(|it| it.within(format!("[{index}]")))? == stops {
                    return Ok(stops);
                }
            }
            Ok(!stops)
        };
        let holds = match &*key.name {
            "Condition" => self.named_condition(place, argument),
            "Fn::And" => all(false),
            "Fn::Or" => all(true),
            "Fn::Not" => arguments(argument)
                .and_then(|[one]| self.condition(place, one))
                .map(|holds| !holds),
            "Fn::Equals" => arguments(argument)
                .and_then(|[one, other]| Ok(self.text(place, one)? == self.text(place, other)?)),
            name => {
                let message = format!("`{name}` is no condition.");
                Err(Refusal::new(argument, message))
            }
        };
        holds.map_err(|it| it.within(&*key.name))
    }
}

/// The arguments of a function that has `N`.
fn arguments<const N: usize>(node: &Node) -> Result<&[Node; N], Refusal> {
    let expected = || Refusal::new(node, format!("Expected a list of {N} elements."));
    elements(node).try_into().map_err(|_| expected())
}

fn elements(node: &Node) -> &[Node] {
    match &node.content {
        Content::List(elements) => elements,
        _ => &[],
    }
}
