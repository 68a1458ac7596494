//! Evaluation of the values in templates.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::super::node::{Content, Node};
use super::Inputs;
use super::refusal::Refusal;
use super::stack::{Resource, Stack};
use crate::bounds::{FILE_BYTES, FILE_NODES, TEMPLATE_DEPTH};

/// The templates with what they get, and the work that is left.
pub(super) struct Evaluation<'a> {
    pub(super) stacks: &'a [Stack<'a>],
    pub(super) inputs: &'a Inputs,
    /// The given values that were used.
    used: RefCell<BTreeSet<&'a str>>,
    /// The values that may still be evaluated.
    values: Cell<usize>,
    /// The bytes of text that these may still have.
    bytes: Cell<usize>,
}

/// The place of a value: its template, and the number of functions and references around it.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    pub(super) stack: &'s Stack<'s>,
    depth: usize,
}

impl<'s> Place<'s> {
    /// The outermost place in `stack`.
    pub(super) fn new(stack: &'s Stack<'s>) -> Self {
        Self { stack, depth: 0 }
    }

    /// A place as deep as this one in `stack`.
    pub(super) fn in_stack(self, stack: &'s Stack<'s>) -> Self {
        Self { stack, ..self }
    }

    /// The place inside a value here.
    pub(super) fn deeper(self, node: &Node) -> Result<Self, Refusal> {
        if self.depth >= TEMPLATE_DEPTH {
            let message = format!(
                "Functions and references are nested more than {TEMPLATE_DEPTH} levels deep, or \
                 refer to each other in a circle."
            );
            return Err(Refusal::new(node, message));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(stacks: &'a [Stack<'a>], inputs: &'a Inputs) -> Self {
        Self {
            stacks,
            inputs,
            used: RefCell::default(),
            values: Cell::new(FILE_NODES),
            bytes: Cell::new(FILE_BYTES),
        }
    }

    /// The value of `node`; `None` if it is `AWS::NoValue`.
    pub(super) fn value(&self, place: Place<'_>, node: &Node) -> Result<Option<Node>, Refusal> {
        let place = place.deeper(node)?;
        let content = match &node.content {
            Content::Text { text, is_plain } => {
                self.charge(node, 1, text.len())?;
                Content::Text {
                    text: self.resolve(node, text)?,
                    is_plain: *is_plain,
                }
            }
            Content::List(elements) => {
                self.charge(node, 1, 0)?;
                let mut found = Vec::new();
                for (index, element) in elements.iter().enumerate() {
                    let value = self.value(place, element);
                    found.extend(value.map_err(|it| it.within(format!("[{index}]")))?);
                }
                Content::List(found)
            }
            Content::Map(members) => {
                if let [(key, argument)] = members.as_slice()
                    && (key.name.starts_with("Fn::") || &*key.name == "Ref")
                {
                    let called = self.call(place, &key.name, argument);
                    return called.map_err(|it| it.within(&*key.name));
                }
                self.charge(node, 1, 0)?;
                let mut found = Vec::new();
                for (key, member) in members {
                    let value = self.value(place, member);
                    let value = value.map_err(|it| it.within(&*key.name))?;
                    found.extend(value.map(|value| (key.clone(), value)));
                }
                Content::Map(found)
            }
        };
        Ok(Some(Node {
            content,
            at: node.at,
        }))
    }

    /// The value of `node`, which must be a text.
    pub(super) fn text(&self, place: Place<'_>, node: &Node) -> Result<String, Refusal> {
        match self.value(place, node)?.map(|value| value.content) {
            Some(Content::Text { text, .. }) => Ok(text.into()),
            None => Ok(String::new()),
            Some(_) => Err(Refusal::new(node, "Expected a text.")),
        }
    }

    /// The value of `node`, which must be a list.
    pub(super) fn list(&self, place: Place<'_>, node: &Node) -> Result<Vec<Node>, Refusal> {
        match self.value(place, node)?.map(|value| value.content) {
            Some(Content::List(elements)) => Ok(elements),
            _ => Err(Refusal::new(node, "Expected a list.")),
        }
    }

    /// A property of a resource.
    pub(super) fn property(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        name: &str,
    ) -> Result<Option<Node>, Refusal> {
        let Some(node) = resource.property(name) else {
            return Ok(None);
        };
        let path = format!("{}.Properties.{name}", resource.path());
        let value = self.value(place, node);
        value.map_err(|it| it.placed(place.stack.file, &path))
    }

    /// A property of a resource, if it is a text.
    pub(super) fn text_property(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        name: &str,
    ) -> Result<Option<String>, Refusal> {
        let value = self.property(place, resource, name)?;
        Ok(value.as_ref().and_then(Node::text).map(str::to_owned))
    }

    /// Whether a resource or an output is created.
    pub(super) fn is_created(&self, place: Place<'_>, node: &Node) -> Result<bool, Refusal> {
        match node.member("Condition") {
            None => Ok(true),
            Some(name) => {
                let holds = self.named_condition(place, name);
                holds.map_err(|it| it.within("Condition"))
            }
        }
    }

    /// The value of an output: a text, or a list as one text. `None` if it is not created.
    pub(super) fn output(
        &self,
        place: Place<'_>,
        output: &Node,
    ) -> Result<Option<String>, Refusal> {
        if !self.is_created(place, output)? {
            return Ok(None);
        }
        let Some(value) = output.member("Value") else {
            return Err(Refusal::new(output, "`Value` is missing."));
        };
        let text = self.text(place, value);
        text.map(Some).map_err(|it| it.within("Value"))
    }

    /// The given value of the reference `name`.
    pub(super) fn given(&self, name: &str) -> Option<&'a str> {
        let (name, value) = self.inputs.values.get_key_value(name)?;
        self.used.borrow_mut().insert(name);
        Some(value)
    }

    /// The given values that no reference used.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'a str> {
        let used = self.used.borrow();
        let names = self.inputs.values.keys().map(String::as_str);
        let unused: Vec<&str> = names.filter(|name| !used.contains(name)).collect();
        unused.into_iter()
    }

    /// Counts evaluated values and the bytes of their text.
    pub(super) fn charge(&self, node: &Node, values: usize, bytes: usize) -> Result<(), Refusal> {
        let left = self.values.get().checked_sub(values);
        let (Some(values), Some(bytes)) = (left, self.bytes.get().checked_sub(bytes)) else {
            let message = format!(
                "The functions of the template have more than {FILE_NODES} values or \
                 {FILE_BYTES} bytes of text."
            );
            return Err(Refusal::new(node, message));
        };
        self.values.set(values);
        self.bytes.set(bytes);
        Ok(())
    }

    /// `text` with the values of its dynamic references.
    ///
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
    fn resolve(&self, node: &Node, text: &str) -> Result<Box<str>, Refusal> {
        let (mut found, mut rest) = (String::new(), text);
        while let Some(start) = rest.find("{{resolve:") {
            let Some(length) = rest[start..].find("}}").map(|end| end + 2) else {
                break;
            };
            let reference = &rest[start..start + length];
            let Some(value) = self.given(reference) else {
                let message = format!(
                    "`{reference}` is read from AWS at a deployment: convert the template with \
                     --value '{reference}=VALUE'."
                );
                return Err(Refusal::new(node, message));
            };
            self.charge(node, 1, value.len())?;
            found.push_str(&rest[..start]);
            found.push_str(value);
            rest = &rest[start + length..];
        }
        found.push_str(rest);
        Ok(found.into())
    }
}
