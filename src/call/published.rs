//! Tools as this server publishes them, without the arguments that its flags make useless.

use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, Tool as Published};
use serde_json::{Value, json};

use crate::cognito::pools::{self, Pools};
use crate::definition::{Definition, InputSchema, added};
use crate::error::ToolResult;

/// The argument that names a pool.
const POOL: &str = "user_pool_id";

/// A tool as this server publishes it.
pub(crate) struct View {
    pub(crate) definition: &'static Definition,
    schemas: LazyLock<Schemas, Box<dyn FnOnce() -> Schemas + Send + Sync>>,
}

/// What a server publishes of its tools.
#[derive(Clone)]
pub(crate) struct Publication {
    /// The pools that it works on.
    pub(crate) pools: Arc<Pools>,
    /// Whether the argument `confirm` can confirm a call.
    pub(crate) agent_confirms: bool,
    /// Whether clients get the schemas of answers.
    pub(crate) output_schemas: bool,
}

struct Schemas {
    published: Published,
    /// The input schema, if it differs from the definition's.
    input: Option<InputSchema>,
}

impl View {
    /// The view of `definition` on a server. Its schemas are generated at their first use.
    pub(crate) fn of(definition: &'static Definition, by: Publication) -> Self {
        let schemas = move || Schemas::of(definition, &by);
        Self {
            definition,
            schemas: LazyLock::new(Box::new(schemas)),
        }
    }

    /// The tool as `tools/list` publishes it.
    pub(crate) fn published(&self) -> &Published {
        &self.schemas.published
    }

    /// Validates `arguments` as [`Definition::validate`] does, but by the published schema.
    ///
    /// # Errors
    /// As [`Definition::validate`].
    pub(crate) fn validate(&self, arguments: &mut JsonObject) -> ToolResult<()> {
        match &self.schemas.input {
            Some(input) => self.definition.validate_by(input, arguments),
            None => self.definition.validate(arguments),
        }
    }
}

impl Schemas {
    fn of(definition: &Definition, by: &Publication) -> Self {
        let pools = &*by.pools;
        let mut published = definition.published().clone();
        if !by.output_schemas {
            published.output_schema = None;
        }
        let mut input = (*published.input_schema).clone();
        let mut example = definition.example().clone();
        if let Some(Value::Object(properties)) = input.get_mut("properties") {
            if !by.agent_confirms {
                properties.shift_remove(added::CONFIRM);
            }
            if let (false, Some(pool)) = (pools.is_open(), properties.get_mut(POOL)) {
                if pools.only().is_some() {
                    properties.shift_remove(POOL);
                } else {
                    pool["enum"] = json!(pools.ids());
                }
                if let Some(pool) = example.get_mut(POOL) {
                    *pool = json!(pools.ids().first());
                }
            }
        }
        if pools.only().is_some() {
            leave_out_pool(&mut input, &mut example);
        }
        if input == *published.input_schema {
            return Self {
                published,
                input: None,
            };
        }
        published.input_schema = Arc::new(input);
        let input = InputSchema::new(Arc::clone(&published.input_schema), example);
        Self {
            published,
            input: Some(input),
        }
    }
}

fn leave_out_pool(input: &mut JsonObject, example: &mut Value) {
    if let Some(Value::Array(required)) = input.get_mut("required") {
        required.retain(|name| name != POOL);
    }
    if let Value::Object(example) = example {
        example.shift_remove(POOL);
    }
}

/// Refuses `arguments` that name a pool out of scope, in any spelling of the argument's
/// name, and removes the argument if there is only one pool.
///
/// # Errors
/// `PoolNotAllowed`.
pub(crate) fn validate_pool(pools: &Pools, arguments: &mut JsonObject) -> ToolResult<()> {
    if pools.is_open() {
        return Ok(());
    }
    let names_pool = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters
            .collect::<String>()
            .eq_ignore_ascii_case("userpoolid")
    };
    let named = arguments.iter().filter(|(name, _)| names_pool(name));
    let ids = named.filter_map(|(_, value)| value.as_str());
    for id in ids {
        pools
            .check_id(id)
            .map_err(|elsewhere| pools::refusal(&elsewhere))?;
    }
    if pools.only().is_some() {
        arguments.retain(|name, value| !(names_pool(name) && value.is_string()));
    }
    Ok(())
}

/// Removes the pool from the calls in `answer`, if there is only one pool.
pub(crate) fn leave_out_pools(pools: &Pools, answer: &mut Value) {
    if pools.only().is_none() {
        return;
    }
    match answer {
        Value::Object(members) => {
            if members.get("tool").is_some_and(Value::is_string)
                && let Some(Value::Object(arguments)) = members.get_mut("arguments")
            {
                arguments.shift_remove(POOL);
            }
            for member in members.values_mut() {
                leave_out_pools(pools, member);
            }
        }
        Value::Array(items) => {
            for item in items {
                leave_out_pools(pools, item);
            }
        }
        _ => {}
    }
}
