//! The Lambda functions that the corpus names, for the emulator in process.

use cognito_emulator::stack::Stack;
use cognito_emulator::world::functions::{Failure, Function};
use serde_json::{Value, json};

/// Lets the names that `fidelity/triggers.toml` gives lead to functions.
pub(super) fn bring(stack: &Stack) {
    let functions = &stack.world().functions;
    functions.insert("verify", |event: &Value| Ok(event.clone()));
    functions.insert("verify-confirms", |event: &Value| {
        let mut event = event.clone();
        event["response"] = json!({ "autoConfirmUser": true });
        Ok(event)
    });
    functions.insert("verify-throws", |_: &Value| {
        Err("placeholder is not defined".to_owned())
    });
    functions.insert("verify-forbidden", Forbidden);
    functions.insert("verify-text", |_: &Value| Ok(json!("a string")));
    functions.insert("verify-nothing", |_: &Value| Ok(Value::Null));
}

/// Lambda lets Cognito not in.
struct Forbidden;

impl Function for Forbidden {
    fn invoke(&self, _: &Value) -> Result<Value, Failure> {
        Err(Failure::Refused("AccessDeniedException".to_owned()))
    }
}
