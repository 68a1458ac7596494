//! Diagnosis: why a user cannot sign in, and what weakens the security of a pool.
//!
//! A check is one small function over facts that were read before. Each table of checks
//! ([`sign_in::CHECKS`], [`pool::CHECKS`]) gives the ids of its findings. The tools that read
//! the facts are in `tools/diagnosis.rs`.

pub(crate) mod pool;
pub(crate) mod second_factor;
pub(crate) mod sign_in;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::NextCall;

/// The value of an argument in place of a password that the tool generates.
pub(crate) const GENERATED: &str = "<generated password>";

/// The value of an argument in place of the password that only the user knows.
const USERS_PASSWORD: &str = "<the user's password>";

/// A part that could not be read, or cannot be read at all.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct NotRead {
    /// The operation, or the check.
    pub(crate) what: String,
    /// Why: the exception's name, or a sentence.
    pub(crate) why: String,
}

/// A response of Cognito, with accessors for its members.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseView(pub(crate) Value);

impl ResponseView {
    /// The text at `pointer`; empty if it is absent.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let value = self.0.pointer(pointer);
        value.and_then(Value::as_str).unwrap_or_default()
    }

    /// The texts of the list at `pointer`.
    pub(crate) fn list(&self, pointer: &str) -> Vec<&str> {
        let items = self.0.pointer(pointer).and_then(Value::as_array);
        let items = items.into_iter().flatten();
        items.filter_map(Value::as_str).collect()
    }

    /// The number at `pointer`.
    pub(crate) fn number(&self, pointer: &str) -> Option<i64> {
        self.0.pointer(pointer).and_then(Value::as_i64)
    }

    /// Whether the value at `pointer` is true.
    pub(crate) fn is(&self, pointer: &str) -> bool {
        self.0.pointer(pointer) == Some(&json!(true))
    }
}

/// A call of `tool` with `arguments` and the members of `target`.
fn call(tool: &str, target: &Value, arguments: Value) -> NextCall {
    let mut all = target.clone();
    if let (Value::Object(all), Value::Object(arguments)) = (&mut all, arguments) {
        all.extend(arguments);
    }
    NextCall::new(tool, all)
}

/// `names` in a sentence.
fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.join(", ")
}
