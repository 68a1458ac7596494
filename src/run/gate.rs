//! The gate: the tools that may run on a server, and the effects that they may have.

use crate::cognito::operations::Effect;
use crate::config::{BackendKind, Config};
use crate::definition::Definition;
use crate::error::{ToolError, ToolResult};
use crate::start::selection;

/// The backend of a server, and the strongest effect that the server allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    backend: BackendKind,
    allowed: Effect,
}

impl Gate {
    /// The gate of a server with these flags.
    pub(super) fn new(config: &Config) -> Self {
        Self {
            backend: config.backend,
            allowed: selection::allowed(config),
        }
    }

    /// The backend of the server.
    pub(crate) fn backend(self) -> BackendKind {
        self.backend
    }

    /// The strongest effect that is allowed.
    pub(crate) fn allowed(self) -> Effect {
        self.allowed
    }

    /// The error for `tool`, if it may not run with any arguments.
    pub(super) fn refusal(self, tool: &Definition) -> Option<Box<ToolError>> {
        if tool.emulated_only && self.backend != BackendKind::Emulated {
            let name = tool.name();
            return Some(ToolError::new(
                "EmulatorOnly",
                format!("{name} works only on the emulated backend; this server uses AWS"),
            ));
        }
        self.authorize(tool, tool.least_effect()).err()
    }

    /// Checks whether a call with that effect is allowed. The error does not name the flag,
    /// which is for the operator and not for the model.
    ///
    /// # Errors
    /// `WritesNotAllowed` or `DestructionNotAllowed`.
    pub(super) fn authorize(self, tool: &Definition, effect: Effect) -> ToolResult<()> {
        let (code, does) = match effect {
            effect if effect <= self.allowed => return Ok(()),
            Effect::Destroy => ("DestructionNotAllowed", "deletes or disables"),
            _ => ("WritesNotAllowed", "writes"),
        };
        let name = tool.name();
        let message = format!("{name} {does}, which this server does not allow on AWS");
        let error = ToolError::new(code, message);
        Err(error.hint("Ask the person who runs the server whether it should be allowed"))
    }
}
