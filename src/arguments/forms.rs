//! Lenient reading of arguments: other forms of values and names.

use std::collections::BTreeMap;

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::names::{is_attribute, plain, slip, synonym};
use super::units;
use crate::bounds::MEANT_ITEMS;
use crate::cognito::attributes;
use crate::guard::redact;

/// Converts arguments to the form of the schema if the meaning is clear: names in another
/// style (`userPoolId`, `UserPoolId`, `user-pool-id`), text for a value of another type
/// (`"10"` for an integer, `"true"` for a boolean, `"[…]"` for a list), `5.0` for an
/// integer, numbers and booleans for text, one text for a list with one item, pairs of
/// `Name` and `Value` for an object, and null for an optional argument.
pub(crate) fn coerce(schema: &JsonObject, arguments: &mut JsonObject) {
    unwrap(schema, arguments);
    restyle_names(schema, arguments);
    lift(schema, arguments);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    // If any name is allowed, null may have a meaning: it removes a setting.
    let is_free = schema.get("additionalProperties") == Some(&Value::Bool(true));
    arguments.retain(|name, value| !value.is_null() || is_required(name) || is_free);
    for (name, value) in arguments.iter_mut() {
        if let Some(Value::Object(schema)) = redact::member_schema(schema, name) {
            convert_unit(name, schema, value);
            coerce_value(schema, value);
        }
    }
}

/// Converts a duration to the unit of the number `name`, as in `1 hour` for minutes, and a
/// percentage to a share.
fn convert_unit(name: &str, schema: &JsonObject, value: &mut Value) {
    let Value::String(text) = value else {
        return;
    };
    let converted = if schema.get("type").is_some_and(|kind| kind == "number") {
        units::share(text)
    } else {
        units::unit_of(name, schema).and_then(|unit| units::converted(text, unit))
    };
    if let Some(converted) = converted {
        *value = converted;
    }
}

/// Names under which hosts and models send all arguments as one object.
const WRAPPERS: [&str; 9] = [
    "args",
    "arguments",
    "body",
    "data",
    "input",
    "kwargs",
    "parameters",
    "params",
    "payload",
];

/// Unwraps arguments that are all in one object, as in `{"input": {…}}`.
fn unwrap(schema: &JsonObject, arguments: &mut JsonObject) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    let mut given = arguments.iter();
    let (Some((name, value)), None) = (given.next(), given.next()) else {
        return;
    };
    if properties.contains_key(name) || !WRAPPERS.contains(&plain(name).as_str()) {
        return;
    }
    let read = value.as_str().and_then(|text| read("object", text));
    let Value::Object(inner) = read.as_ref().unwrap_or(value) else {
        return;
    };
    let known: Vec<String> = properties.keys().map(|name| plain(name)).collect();
    if inner.keys().all(|name| known.contains(&plain(name))) {
        *arguments = inner.clone();
    }
}

/// Arguments whose members callers confuse with the arguments beside them.
const INNER: [&str; 2] = ["attributes", "settings"];

/// Moves members of `attributes` and `settings` that have the name of an argument beside them to
/// that argument, unless it is given. The names of attributes are not moved.
fn lift(schema: &JsonObject, arguments: &mut JsonObject) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    for inner in INNER {
        if !properties.contains_key(inner) {
            continue;
        }
        let Some(Value::Object(members)) = arguments.get(inner) else {
            continue;
        };
        // Two names in different styles may mean different things.
        let is_single = |name: &str| {
            let all = members.keys().chain(arguments.keys());
            all.filter(|other| plain(other) == plain(name)).count() == 1
        };
        let is_beside = |name: &&String| {
            properties.contains_key(*name)
                && is_single(name)
                && **name != *inner
                && !(inner == "attributes" && is_attribute(name))
        };
        let moved: Vec<String> = members.keys().filter(is_beside).cloned().collect();
        for name in moved {
            let Some(Value::Object(members)) = arguments.get_mut(inner) else {
                continue;
            };
            if let Some(value) = members.shift_remove(&name) {
                arguments.insert(name, value);
            }
        }
        let is_empty = |value: &Value| value.as_object().is_some_and(JsonObject::is_empty);
        if arguments.get(inner).is_some_and(is_empty) {
            arguments.shift_remove(inner);
        }
    }
}

/// Renames arguments whose names differ from the schema's only by case and separators. If
/// the schema allows any name, no argument is renamed.
fn restyle_names(schema: &JsonObject, arguments: &mut JsonObject) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if !is_closed || arguments.keys().all(|name| properties.contains_key(name)) {
        return;
    }
    // Both maps have plain names as keys. The values are how often a name is given, and the
    // names of the schema.
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for name in arguments.keys() {
        *times.entry(plain(name)).or_default() += 1;
    }
    let mut known: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for name in properties.keys() {
        known.entry(plain(name)).or_default().push(name);
    }
    let meant = |name: &str| {
        let name = plain(name);
        match known.get(&name)?.as_slice() {
            [known] if times[&name] == 1 => Some((*known).clone()),
            _ => None,
        }
    };
    *arguments = std::mem::take(arguments)
        .into_iter()
        .map(|(name, value)| {
            let meant = if properties.contains_key(&name) {
                None
            } else {
                meant(&name)
            };
            (meant.unwrap_or(name), value)
        })
        .collect();
}

pub(super) fn coerce_value(schema: &JsonObject, value: &mut Value) {
    let expected = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if let Value::String(text) = value
        && let Some(read) = read(expected, text.trim())
    {
        *value = read;
    }
    if expected == "integer"
        && let Some(whole) = whole(value)
    {
        *value = whole;
    }
    let items = schema.get("items");
    match (expected, &*value) {
        ("boolean", Value::Number(number)) if matches!(number.as_u64(), Some(0 | 1)) => {
            *value = Value::Bool(number.as_u64() == Some(1));
        }
        ("string", Value::Bool(_) | Value::Number(_)) if !schema.contains_key("enum") => {
            *value = value.to_string().into();
        }
        ("array", Value::String(text)) if !text.contains(SEPARATORS) && is_text(items) => {
            *value = json!([text]);
        }
        ("object", Value::Array(pairs)) if is_map(schema.get("additionalProperties")) => {
            if let Some(members) = pairs.iter().map(pair).collect::<Option<JsonObject>>() {
                *value = members.into();
            }
        }
        _ => {}
    }
    match value {
        Value::Object(members) => coerce(schema, members),
        Value::Array(items) => {
            if let Some(Value::Object(schema)) = schema.get("items") {
                for item in items {
                    coerce_value(schema, item);
                }
            }
        }
        _ => {}
    }
}

/// Separators between the items of a list that is written as text.
const SEPARATORS: [char; 3] = [',', ' ', '\n'];

/// Whether the type of `schema` is string.
fn is_text(schema: Option<&Value>) -> bool {
    schema.is_some_and(|schema| schema["type"] == "string")
}

/// Whether `schema`, that of a map's values, accepts any text.
fn is_map(schema: Option<&Value>) -> bool {
    is_text(schema) || schema == Some(&Value::Bool(true))
}

/// A member of a map in the form of the API: `{"Name": "email", "Value": "…"}`.
fn pair(written: &Value) -> Option<(String, Value)> {
    let members = written.as_object().filter(|members| members.len() == 2)?;
    let part = |name: &str| {
        let mut parts = members.iter();
        let (_, value) = parts.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    };
    let name = || part("name").or_else(|| part("key"));
    let value = match part("value")? {
        text @ Value::String(_) => text.clone(),
        plain @ (Value::Bool(_) | Value::Number(_)) => plain.to_string().into(),
        _ => return None,
    };
    Some((name()?.as_str()?.to_owned(), value))
}

/// The value that `given` means if `schema` requires another type and the meaning is
/// clear.
pub(super) fn meant(schema: &JsonObject, pointer: &str, given: &Value) -> Option<Value> {
    let expected = schema.get("type")?.as_str()?;
    let options = schema.get("enum").and_then(Value::as_array);
    match (expected, given) {
        ("string", Value::String(text)) => option(text, options?).map(Value::from),
        ("string", Value::Array(items)) => match (items.as_slice(), options) {
            ([Value::String(one)], Some(options)) => option(one, options).map(Value::from),
            ([one @ Value::String(_)], None) => Some(one.clone()),
            _ => None,
        },
        ("string", Value::Object(members)) if pointer.ends_with("/filter") => {
            let mut members = members.iter();
            let (name, value) = members.next().filter(|_| members.len() == 0)?;
            filter(name, value)
        }
        ("array", Value::String(text)) => {
            let items = schema.get("items")?.as_object()?;
            // OAuth writes scopes with spaces (RFC 6749, section 3.3).
            let by_spaces = items.contains_key("enum") || pointer.ends_with("/scopes");
            let parts = parts(text, by_spaces)?;
            if parts.clone().nth(MEANT_ITEMS).is_some() {
                return None;
            }
            let parts = parts.map(|part| element(items, &part.into()));
            parts.collect::<Option<Vec<_>>>().map(Value::from)
        }
        ("array", Value::Array(given)) if given.len() <= MEANT_ITEMS => {
            let items = schema.get("items")?.as_object()?;
            let parts = given.iter().map(|part| element(items, part));
            parts.collect::<Option<Vec<_>>>().map(Value::from)
        }
        ("array", Value::Object(_)) => {
            let items = schema.get("items")?.as_object()?;
            (items.get("type")? == "object").then(|| json!([given]))
        }
        ("boolean" | "integer" | "number", Value::Array(items)) => match items.as_slice() {
            [one @ Value::Bool(_)] if expected == "boolean" => Some(one.clone()),
            [one @ Value::Number(_)] if expected != "boolean" => Some(one.clone()),
            _ => None,
        },
        ("object", Value::String(_)) => element(schema, given),
        ("integer", Value::String(text))
            if pointer.ends_with("/limit") && matches!(text.as_str(), "all" | "max") =>
        {
            schema.get("maximum").cloned()
        }
        _ => None,
    }
}

/// Splits text into the items of a list. Spaces are separators only if the items are
/// `choices`: other items may contain spaces. The commas of JSON do not separate items.
fn parts(text: &str, choices: bool) -> Option<impl Iterator<Item = &str> + Clone> {
    if text.trim().is_empty() || text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let separators: &[char] = match text {
        text if text.contains(',') => &[','],
        text if text.contains('\n') => &['\n'],
        _ if choices => &[' '],
        text if text.trim().contains(' ') => return None,
        _ => &[','],
    };
    let parts = text.split(separators).map(str::trim);
    Some(parts.filter(|part| !part.is_empty()))
}

/// The one of `options` that `given` certainly means: the same name, a synonym, or a typing
/// error.
pub(super) fn option(given: &str, options: &[Value]) -> Option<String> {
    let names: Vec<&str> = options.iter().filter_map(Value::as_str).collect();
    if names.contains(&given) {
        return Some(given.to_owned());
    }
    synonym(given, &names).or_else(|| slip(given.trim(), names, "").map(ToOwned::to_owned))
}

/// `given` as an element of type `schema`. A text is accepted for an object whose only
/// required member is a text.
fn element(schema: &JsonObject, given: &Value) -> Option<Value> {
    if let (Some(Value::Array(options)), Some(text)) = (schema.get("enum"), given.as_str()) {
        return option(text, options).map(Value::from);
    }
    if schema.get("type")? != "object" || given.is_object() {
        return Some(given.clone());
    }
    match schema.get("required")?.as_array()?.as_slice() {
        [Value::String(name)] if given.is_string() => {
            let mut element = JsonObject::new();
            element.insert(name.clone(), given.clone());
            Some(element.into())
        }
        _ => None,
    }
}

/// The filter that finds users by the value of an attribute, or by `enabled` or
/// `user_status`.
pub(super) fn filter(name: &str, value: &Value) -> Option<Value> {
    let (name, value) = match (name, value) {
        ("enabled", Value::Bool(true)) => ("status", "Enabled"),
        ("enabled", Value::Bool(false)) => ("status", "Disabled"),
        ("user_status", Value::String(status)) => ("cognito:user_status", status.as_str()),
        (name, Value::String(value)) if attributes::is_searchable(name) => (name, value.as_str()),
        _ => return None,
    };
    let value = value.replace('\\', r"\\").replace('"', "\\\"");
    Some(format!("{name} = \"{value}\"").into())
}

/// Parses `text`, in the notation of JSON or Python, as a value of type `expected`.
fn read(expected: &str, text: &str) -> Option<Value> {
    if expected == "boolean" {
        return match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "enabled" | "enable" | "1" => Some(Value::Bool(true)),
            "false" | "no" | "off" | "disabled" | "disable" | "0" => Some(Value::Bool(false)),
            _ => None,
        };
    }
    let read: Value = serde_json::from_str(text).ok()?;
    let fits = match expected {
        "integer" => read.is_i64() || read.is_u64() || whole(&read).is_some(),
        "number" => read.is_number(),
        "array" => read.is_array(),
        "object" => read.is_object(),
        _ => false,
    };
    fits.then_some(read)
}

/// The integer for a float without a fraction: `5` for `5.0`.
fn whole(value: &Value) -> Option<Value> {
    /// A float represents every integer up to this one exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = value.as_f64().filter(|_| value.is_f64())?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is whole, and small enough"
    )]
    (number.fract() == 0.0 && number.abs() < EXACT).then(|| Value::from(number as i64))
}
