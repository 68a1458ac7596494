//! `Fn::Sub`: texts with `${Name}`, `${LogicalId.Attribute}` and `${!Literal}`.

use super::super::node::{Content, Node};
use super::evaluation::{Evaluation, Place};
use super::refusal::Refusal;

impl Evaluation<'_> {
    /// The text of `Fn::Sub`.
    pub(super) fn substitute(&self, place: Place<'_>, argument: &Node) -> Result<String, Refusal> {
        let (template, variables) = match &argument.content {
            Content::Text { .. } => (argument, None),
            Content::List(elements) => match elements.as_slice() {
                [template] => (template, None),
                [template, variables] => (template, Some(variables)),
                _ => return Err(expected(argument)),
            },
            Content::Map(_) => return Err(expected(argument)),
        };
        let Some(text) = template.text() else {
            return Err(expected(template));
        };
        let (mut found, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else {
                break;
            };
            found.push_str(before);
            rest = behind;
            if let Some(literal) = name.strip_prefix('!') {
                found.extend(["${", literal, "}"]);
                continue;
            }
            let name = name.trim();
            let value = match variables.and_then(|it| it.member(name)) {
                Some(variable) => {
                    let value = self.text(place, variable);
                    value.map_err(|it| it.within(name).within("[1]"))?
                }
                None => self.named(place, name, template)?,
            };
            self.charge(template, 1, value.len())?;
            found.push_str(&value);
        }
        found.push_str(rest);
        Ok(found)
    }

    /// The value of `Name` or `LogicalId.Attribute`.
    fn named(&self, place: Place<'_>, name: &str, node: &Node) -> Result<String, Refusal> {
        let place = place.deeper(node)?;
        if let Some((id, attribute)) = name.split_once('.') {
            return self.attribute(place, id, attribute, node);
        }
        match self.referred(place, name, node)? {
            None => Ok(String::new()),
            Some(value) => match value.text() {
                Some(text) => Ok(text.to_owned()),
                None => Err(Refusal::new(
                    node,
                    format!("`{name}` is a list, not a text."),
                )),
            },
        }
    }
}

fn expected(node: &Node) -> Refusal {
    Refusal::new(
        node,
        "Expected a text, or a list of a text and a map of variables.",
    )
}
