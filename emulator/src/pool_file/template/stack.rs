//! A template with its name and its sections.

use std::collections::BTreeMap;

use super::super::derive::Seed;
use super::super::node::{Key, Node};
use super::Inputs;
use crate::world::Chance;

/// A template.
pub(super) struct Stack<'a> {
    pub(super) file: &'a str,
    /// The name of the stack.
    pub(super) name: String,
    root: &'a Node,
    resources: Vec<Resource<'a>>,
    /// The positions of resources by their logical ids.
    positions: BTreeMap<&'a str, usize>,
}

/// A resource of a template.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    /// The logical id.
    pub(super) id: &'a str,
    /// The type.
    pub(super) kind: &'a str,
    pub(super) node: &'a Node,
}

impl<'a> Stack<'a> {
    /// The template with the root node `root`.
    pub(super) fn new(file: &'a str, root: &'a Node, inputs: &Inputs) -> Self {
        let resources = root.member("Resources").map(Node::members);
        let resources = resources.unwrap_or_default().iter();
        let resources: Vec<Resource<'_>> = resources
            .map(|(key, node)| Resource {
                id: &key.name,
                kind: node.member("Type").and_then(Node::text).unwrap_or_default(),
                node,
            })
            .collect();
        let ids = resources.iter().map(|resource| resource.id);
        let positions = ids.zip(0..).collect();
        let last = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let stem = last.split('.').find(|part| !part.is_empty());
        let name = inputs.stack_name.as_deref().or(stem);
        Self {
            file,
            name: name.unwrap_or("Stack").to_owned(),
            root,
            resources,
            positions,
        }
    }

    /// The members of a section, such as `Outputs`.
    pub(super) fn section(&self, name: &str) -> &'a [(Key, Node)] {
        self.root
            .member(name)
            .map(Node::members)
            .unwrap_or_default()
    }

    /// The member `name` of a section.
    pub(super) fn find(&self, section: &str, name: &str) -> Option<&'a Node> {
        self.root.member(section)?.member(name)
    }

    /// The resource with this logical id.
    pub(super) fn resource(&self, id: &str) -> Option<Resource<'a>> {
        self.resources.get(*self.positions.get(id)?).copied()
    }

    /// All resources, in their order.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'a>> {
        self.resources.iter().copied()
    }

    /// The randomness of what a deployment would choose for the resource `id`. It is the same
    /// each time, and does not depend on other resources.
    pub(super) fn chance(&self, id: &str) -> Chance {
        Seed(0).chance(&["template", &self.name, id])
    }
}

impl<'a> Resource<'a> {
    /// The path of the resource.
    pub(super) fn path(&self) -> String {
        format!("Resources.{}", self.id)
    }

    /// The name that CloudFormation makes from the logical id, without the random characters that
    /// it appends. Names of pools, clients and groups have at most 128 characters.
    pub(super) fn name(&self) -> String {
        self.id.chars().take(128).collect()
    }

    /// The properties.
    pub(super) fn properties(&self) -> &'a [(Key, Node)] {
        let properties = self.node.member("Properties");
        properties.map(Node::members).unwrap_or_default()
    }

    /// The property `name`.
    pub(super) fn property(&self, name: &str) -> Option<&'a Node> {
        self.node.member("Properties")?.member(name)
    }
}
