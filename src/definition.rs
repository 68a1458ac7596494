//! Definition of a tool, as data.
//!
//! A definition is created once from the tool's type (`tools.rs`). Each call looks it
//! up by name once, and then keeps it in its context. Schemas are generated at their first use:
//! most of the time of a start would go into them, and a server publishes half of its tools.

pub(crate) mod added;

use std::sync::{Arc, LazyLock, OnceLock};

use jsonschema::Validator;
use rmcp::model::{JsonObject, Tool as Published};
use serde_json::{Value, json};

use crate::arguments;
use crate::cognito::operations::{self, Effect};
use crate::error::ToolResult;
use crate::guard::redact;

/// The definition of a tool.
pub struct Definition {
    /// The name in the protocol.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// The name of the tool's toolset.
    pub toolset: &'static str,
    /// The strongest effect that a call can have.
    pub effect: Effect,
    /// Whether the tool exists only with the emulator.
    pub emulated_only: bool,
    /// Every Cognito operation that the tool may call.
    pub operations: &'static [&'static str],
    /// Whether the tool reports its own progress. Otherwise, each request is one step.
    pub(crate) reports_progress: bool,
    /// The weakest effect that a call can have.
    pub(crate) least_effect: Effect,
    /// Whether the answer to a dry run is a plan for a selection of users.
    pub(crate) plans: bool,
    /// The operations that a call with these arguments may call; `None` if it may call
    /// all.
    pub(crate) operation: fn(&JsonObject) -> Option<&'static [&'static str]>,
    /// Validates rules that the schema cannot express, and corrects unambiguous mistakes.
    pub(crate) validate: fn(&mut JsonObject) -> ToolResult<()>,
    /// The members that a concise answer leaves out, as paths in which `*` is any item of a list.
    pub(crate) details: &'static [&'static str],
    /// Visits each argument that is, or may be, a secret.
    pub(crate) visit_secrets: VisitSecrets,
    pub(crate) schemas: LazyLock<Schemas>,
}

/// What is generated from the type of a tool.
pub(crate) struct Schemas {
    /// The tool as `tools/list` publishes it.
    pub(crate) published: Published,
    /// The schema that validates the arguments.
    pub(crate) input: InputSchema,
}

/// Visits each secret in the arguments, with its name. The first argument is the input
/// schema.
pub(crate) type VisitSecrets = fn(&JsonObject, &mut JsonObject, &mut dyn FnMut(&str, &mut Value));

impl Definition {
    /// The name in the protocol.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The tool as `tools/list` publishes it.
    #[must_use]
    pub fn published(&self) -> &Published {
        &self.schemas.published
    }

    /// Valid arguments, as an example.
    #[must_use]
    pub fn example(&self) -> &Value {
        &self.schemas.input.example
    }

    /// The operations that a call with these arguments may call.
    #[must_use]
    pub fn operations_with(&self, arguments: &JsonObject) -> &'static [&'static str] {
        (self.operation)(arguments).unwrap_or(self.operations)
    }

    /// The weakest effect that a call can have.
    #[must_use]
    pub fn least_effect(&self) -> Effect {
        self.least_effect
    }

    /// The effect of a call with these arguments.
    #[must_use]
    pub fn effect_with(&self, arguments: &JsonObject) -> Effect {
        match (self.operation)(arguments) {
            Some(operations) => operations::effect_of(operations),
            None => self.effect,
        }
    }

    /// Calls `visit` for each value in `arguments` that is, or may be, a secret.
    pub(crate) fn visit_secrets(
        &self,
        arguments: &mut JsonObject,
        visit: &mut dyn FnMut(&str, &mut Value),
    ) {
        (self.visit_secrets)(&self.published().input_schema, arguments, visit);
    }

    /// A redacted copy of `arguments`, for logs and answers.
    pub(crate) fn redacted(&self, arguments: &JsonObject) -> JsonObject {
        let mut shown = arguments.clone();
        self.visit_secrets(&mut shown, &mut |_, value| {
            *value = Value::from(redact::REDACTED);
        });
        shown
    }

    /// Coerces and validates `arguments`.
    ///
    /// # Errors
    /// `InvalidArguments` with all problems.
    pub(crate) fn validate(&self, arguments: &mut JsonObject) -> ToolResult<()> {
        self.validate_by(&self.schemas.input, arguments)
    }

    /// Like [`Definition::validate`], with another schema that a server publishes.
    ///
    /// # Errors
    /// The same as for [`Definition::validate`].
    pub(crate) fn validate_by(
        &self,
        input: &InputSchema,
        arguments: &mut JsonObject,
    ) -> ToolResult<()> {
        let writes = self.least_effect() > Effect::Read;
        if let Err(mut error) = input.validate(self.name(), writes, arguments) {
            // The schema does not know the tool's own rules, which may refuse the correction.
            let corrected = error.retry.as_ref().map(|retry| retry.arguments.clone());
            if corrected.is_some_and(|mut corrected| (self.validate)(&mut corrected).is_err()) {
                error.retry = None;
            }
            return Err(error);
        }
        (self.validate)(arguments)
    }

    /// Whether an argument or a member of the answer is a secret.
    pub(crate) fn has_secrets(&self) -> bool {
        let schemas = [
            Some(&self.published().input_schema),
            self.published().output_schema.as_ref(),
        ];
        let mut texts = schemas
            .into_iter()
            .flatten()
            .map(|schema| json!(schema).to_string());
        texts.any(|text| text.contains("\"writeOnly\":true"))
    }

    /// Whether the tool's answers have pages.
    pub(crate) fn has_pages(&self) -> bool {
        let schema = self.published().output_schema.as_deref();
        schema.is_some_and(|schema| schema["properties"].get(added::HAS_MORE).is_some())
    }
}

/// A schema of arguments, with its validator.
pub(crate) struct InputSchema {
    published: Arc<JsonObject>,
    validator: OnceLock<(Value, Validator)>,
    /// Valid arguments, as an example.
    example: Value,
}

impl InputSchema {
    /// Creates the schema that validates arguments of the `published` schema.
    pub(crate) fn new(published: Arc<JsonObject>, example: Value) -> Self {
        Self {
            published,
            validator: OnceLock::new(),
            example,
        }
    }

    /// The schema that the validator uses, and the validator.
    pub(crate) fn validator(&self) -> &(Value, Validator) {
        self.validator.get_or_init(|| {
            let mut schema = Value::Object((*self.published).clone());
            // Without properties the validator would not name an unknown argument.
            if schema.get("properties").is_none() {
                schema["properties"] = json!({});
            }
            let validator =
                Validator::new(&schema).expect("a schema generated from a type is a schema");
            (schema, validator)
        })
    }

    /// Coerces and validates the `arguments` of `tool`. `writes` is whether every call
    /// of the tool writes.
    fn validate(&self, tool: &str, writes: bool, arguments: &mut JsonObject) -> ToolResult<()> {
        arguments::coerce(&self.published, arguments);
        let (schema, validator) = self.validator();
        arguments::validate(validator, schema, tool, writes, arguments, &self.example)
    }
}
