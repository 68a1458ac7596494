//! Mistakes in templates, whose paths are known only on the way back to the resource.

use super::super::mistake::Mistake;
use super::super::node::{Node, Position};

/// A mistake whose path is being completed.
#[derive(Debug)]
pub(super) struct Refusal {
    at: Position,
    message: String,
    /// The steps of the path, the innermost first.
    steps: Vec<String>,
    /// The file, after which the path is complete.
    file: Option<String>,
}

impl Refusal {
    /// A mistake at `node`.
    pub(super) fn new(node: &Node, message: impl Into<String>) -> Self {
        Self {
            at: node.at,
            message: message.into(),
            steps: Vec::new(),
            file: None,
        }
    }

    /// The same in the member or element `step`.
    pub(super) fn within(mut self, step: impl Into<String>) -> Self {
        if self.file.is_none() {
            self.steps.push(step.into());
        }
        self
    }

    /// The same in the value at `path` of `file`, unless it is in another one already.
    pub(super) fn placed(self, file: &str, path: &str) -> Self {
        let mut placed = self.within(path);
        placed.file.get_or_insert_with(|| file.to_owned());
        placed
    }

    /// The mistake.
    pub(super) fn mistake(self) -> Mistake {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        Mistake {
            file: self.file.unwrap_or_default(),
            line: self.at.line,
            column: self.at.column,
            path,
            message: self.message,
        }
    }
}
