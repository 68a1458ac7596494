//! A tool as one server publishes it: what its settings leave of the schema.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as Published};
use serde_json::{Value, json};

use crate::call::confirm;
use crate::cognito::pools::{self, Pools};
use crate::error::Result;
use crate::tools::{Entry, Form};

/// The argument that names a pool.
const POOL: &str = "user_pool_id";

/// What one server publishes of a tool, and takes.
pub(crate) struct View {
    pub(crate) published: Published,
    /// What it takes, where that is not what the tool takes on every server.
    form: Option<Form>,
}

impl View {
    /// Of `entry`, on a server that works on `pools`. `agent_confirms` says whether the
    /// argument `confirm` can confirm a call there.
    pub(crate) fn of(entry: &Entry, pools: &Pools, agent_confirms: bool) -> Self {
        let mut published = entry.published.clone();
        let mut input = (*published.input_schema).clone();
        let mut example = entry.example.clone();
        if let Some(Value::Object(properties)) = input.get_mut("properties") {
            if !agent_confirms {
                properties.shift_remove(confirm::ARGUMENT);
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
                form: None,
            };
        }
        published.input_schema = Arc::new(input);
        let form = Form::new(Arc::clone(&published.input_schema), example);
        Self {
            published,
            form: Some(form),
        }
    }

    /// As [`Entry::judge`], for this server.
    pub(crate) fn judge(&self, entry: &Entry, arguments: &mut JsonObject) -> Result<()> {
        match &self.form {
            Some(form) => entry.judge_by(form, arguments),
            None => entry.judge(arguments),
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

/// Refuses `arguments` that name another pool, however they spell it, and takes
/// away the name of the only pool there is.
pub(crate) fn judge_pool(pools: &Pools, arguments: &mut JsonObject) -> Result<()> {
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

/// Takes the only pool there is out of the calls that `answer` holds.
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
