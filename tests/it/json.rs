//! JSON objects of tests.

use std::borrow::Borrow;

use serde_json::Value;

/// Adds the members of `more` to `object`, in place of those of the same name.
#[track_caller]
pub(crate) fn merge(object: &mut Value, more: Value) {
    let (Value::Object(object), Value::Object(more)) = (object, more) else {
        panic!("two objects");
    };
    object.extend(more);
}

/// `object` with the members of `more`.
#[track_caller]
pub(crate) fn with(object: impl Borrow<Value>, more: Value) -> Value {
    let mut all = object.borrow().clone();
    merge(&mut all, more);
    all
}
