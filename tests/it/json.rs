//! JSON objects for tests.

use std::borrow::Borrow;

use serde_json::Value;

/// Adds the members of `more` to `object`, and replaces members of the same name. Null
/// adds nothing.
#[track_caller]
pub(crate) fn merge(object: &mut Value, more: Value) {
    if more.is_null() {
        return;
    }
    let (Value::Object(object), Value::Object(more)) = (object, more) else {
        panic!("two objects");
    };
    object.extend(more);
}

/// A copy of `object` with the members of `more`.
#[track_caller]
pub(crate) fn with(object: impl Borrow<Value>, more: Value) -> Value {
    let mut all = object.borrow().clone();
    merge(&mut all, more);
    all
}
