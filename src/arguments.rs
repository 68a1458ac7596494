//! Judges a call's arguments by the tool's own schema, before anything is called.
//!
//! All problems are told at once, each with its JSON pointer, what was received,
//! what is allowed, and the nearest name for an unknown one.

use std::sync::LazyLock;

use cognito_emulator::shapes::schema::Schema;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::error::{Kind, Problem, ToolError};
use crate::{hints, redact};

/// The error that `arguments` deserve, if any. `example` shows valid ones.
pub(crate) fn judge(
    validator: &Validator,
    schema: &Value,
    tool: &str,
    arguments: &JsonObject,
    example: &Value,
) -> Result<(), Box<ToolError>> {
    let arguments = Value::Object(arguments.clone());
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(&arguments).collect();
    let problems: Vec<Problem> = errors
        .iter()
        .filter(|error| !told_better(&errors, error))
        .flat_map(|error| problems(schema, error))
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    let is_valid = |mended: &Value| validator.is_valid(mended);
    Err(refuse(tool, &arguments, problems, example, is_valid))
}

/// Tells all `problems` of `arguments`, and the call without them where that
/// `is_valid`. `example` shows valid arguments.
pub(crate) fn refuse(
    tool: &str,
    arguments: &Value,
    problems: Vec<Problem>,
    example: &Value,
    is_valid: impl Fn(&Value) -> bool,
) -> Box<ToolError> {
    let count = match problems.len() {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    let told: Vec<String> = problems
        .iter()
        .map(|problem| match &problem.nearest {
            Some(nearest) => format!(
                "{} {}, did you mean `{nearest}`?",
                problem.pointer, problem.message
            ),
            None => format!("{} {}", problem.pointer, problem.message),
        })
        .collect();
    let mut error = ToolError::new(
        "InvalidArguments",
        format!("{count} with the arguments of {tool}: {}", told.join("; ")),
    )
    .hint(format!(
        "Nothing was called. Valid arguments look like {example}"
    ));
    let mended = mend(arguments, &problems);
    if is_valid(&mended) {
        error = error.retry(tool, mended);
    }
    error.problems = problems;
    error
}

/// `arguments` with every problem solved that has one plain solution: an
/// argument under a name like it, a value like an allowed one, a number at its
/// limit. What nobody knows is left out.
fn mend(arguments: &Value, problems: &[Problem]) -> Value {
    let mut mended = arguments.clone();
    let mut missing: Vec<&str> = Vec::new();
    let mut strangers: Vec<(&str, Value)> = Vec::new();
    for problem in problems {
        let (parent, name) = problem.pointer.rsplit_once('/').unwrap_or_default();
        match problem.kind {
            Kind::Unknown => {
                let Some(Value::Object(members)) = mended.pointer_mut(parent) else {
                    continue;
                };
                let Some(value) = members.remove(name) else {
                    continue;
                };
                match &problem.nearest {
                    Some(nearest) if nearest.starts_with(OF_A_USER) => {
                        let attributes = members.entry("attributes").or_insert(json!({}));
                        let text = match value {
                            Value::String(text) => text,
                            other => other.to_string(),
                        };
                        if let Value::Object(attributes) = attributes {
                            attributes.entry(name).or_insert(text.into());
                        }
                    }
                    Some(nearest) if !members.contains_key(nearest) => {
                        let meant = problem.meant.clone().unwrap_or(value);
                        members.insert(nearest.clone(), meant);
                    }
                    None if parent.is_empty() => strangers.push((name, value)),
                    _ => {}
                }
            }
            Kind::Missing if parent.is_empty() => missing.push(name),
            Kind::Missing => {}
            Kind::Value => {
                let limit =
                    |name: &str| problem.allowed.as_ref().and_then(|a| a.get(name)).cloned();
                let nearest = problem.nearest.as_deref().map(Value::from);
                let better = problem.meant.clone().or(nearest);
                let better = better.or_else(|| limit("minimum").or_else(|| limit("maximum")));
                if let (Some(value), Some(better)) = (mended.pointer_mut(&problem.pointer), better)
                {
                    *value = better;
                }
            }
        }
    }
    missing.retain(|name| mended.get(name).is_none());
    // A name that fits everything, and one argument that is missing: it is that.
    // Under any other name may stand a secret, which an answer does not repeat.
    match (missing.as_slice(), strangers.as_slice()) {
        ([name], [("name" | "id", value)]) => mended[*name] = value.clone(),
        // Users go by more than their username.
        (["username"], [("email" | "phone_number" | "sub", value)]) => {
            mended["username"] = value.clone();
        }
        (["username"], []) => {
            if let Some(address @ Value::String(_)) = mended.get("email").cloned() {
                mended["username"] = address;
            }
        }
        _ => {}
    }
    mended
}

/// Reads arguments as they were meant, where the schema leaves no doubt: under
/// names in another style (`userPoolId`, `UserPoolId`, `user-pool-id`), text for
/// what is none (`"10"` for an integer, `"true"` for a boolean, `"[…]"` for a
/// list), `5.0` for an integer, numbers and booleans for text, one text for a list of
/// one, pairs of `Name` and `Value` for an object, and null for an argument that may
/// be absent.
pub(crate) fn coerce(schema: &JsonObject, arguments: &mut JsonObject) {
    restyle_names(schema, arguments);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    // Where any name may stand, null may mean something: it takes a setting away.
    let is_free = schema.get("additionalProperties") == Some(&Value::Bool(true));
    arguments.retain(|name, value| !value.is_null() || is_required(name) || is_free);
    for (name, value) in arguments.iter_mut() {
        if let Some(Value::Object(schema)) = redact::member_schema(schema, name) {
            coerce_value(schema, value);
        }
    }
}

/// Gives arguments the schema's names where they differ by case and separators
/// alone. Where the schema takes any name, each is the caller's own.
fn restyle_names(schema: &JsonObject, arguments: &mut JsonObject) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if !is_closed || arguments.keys().all(|name| properties.contains_key(name)) {
        return;
    }
    let given: Vec<String> = arguments.keys().map(|name| plain(name)).collect();
    let meant = |name: &str| {
        let name = plain(name);
        let once = given.iter().filter(|other| **other == name).count() == 1;
        let mut alike = properties.keys().filter(|known| plain(known) == name);
        let known = alike.next()?;
        (once && alike.next().is_none()).then(|| known.clone())
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

/// A name without its style: `userpoolid`.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

fn coerce_value(schema: &JsonObject, value: &mut Value) {
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
        ("string", Value::Bool(_) | Value::Number(_)) if !schema.contains_key("enum") => {
            *value = value.to_string().into();
        }
        ("array", Value::String(text)) if !text.contains(',') && is_text(items) => {
            *value = json!([text]);
        }
        ("object", Value::Array(pairs)) if is_text(schema.get("additionalProperties")) => {
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

/// Whether `schema` is of any text.
fn is_text(schema: Option<&Value>) -> bool {
    schema.is_some_and(|schema| schema["type"] == "string")
}

/// A member, as the API writes those of maps: `{"Name": "email", "Value": "…"}`.
fn pair(written: &Value) -> Option<(String, Value)> {
    let members = written.as_object().filter(|members| members.len() == 2)?;
    let part = |name: &str| {
        let mut parts = members.iter();
        let (_, value) = parts.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    };
    let value = match part("value")? {
        text @ Value::String(_) => text.clone(),
        plain @ (Value::Bool(_) | Value::Number(_)) => plain.to_string().into(),
        _ => return None,
    };
    Some((part("name")?.as_str()?.to_owned(), value))
}

/// What `given` was meant for where `schema` wants a value of another type, if that is
/// plain.
fn meant(schema: &JsonObject, pointer: &str, given: &Value) -> Option<Value> {
    let expected = schema.get("type")?.as_str()?;
    match (expected, given) {
        ("string", Value::Array(items)) => match items.as_slice() {
            [one @ Value::String(_)] => Some(one.clone()),
            _ => None,
        },
        ("string", Value::Object(members)) if pointer.ends_with("/filter") => {
            let mut members = members.iter();
            let (name, value) = members.next().filter(|_| members.len() == 0)?;
            filter(name, value)
        }
        ("array", Value::String(text)) => {
            let items = schema.get("items")?.as_object()?;
            let parts = text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            let parts = parts.map(|part| element(items, &part.into()));
            parts.collect::<Option<Vec<_>>>().map(Value::from)
        }
        ("array", Value::Array(given)) => {
            let items = schema.get("items")?.as_object()?;
            let parts = given.iter().map(|part| element(items, part));
            parts.collect::<Option<Vec<_>>>().map(Value::from)
        }
        ("object", Value::String(_)) => element(schema, given),
        ("integer", Value::String(text)) if matches!(text.as_str(), "all" | "max") => {
            schema.get("maximum").cloned()
        }
        _ => None,
    }
}

/// `given` as an element that `schema` describes: an object of which one text is
/// required may be that text.
fn element(schema: &JsonObject, given: &Value) -> Option<Value> {
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

/// The filter that finds users by one attribute.
fn filter(name: &str, value: &Value) -> Option<Value> {
    let value = value.as_str().filter(|_| hints::is_searchable(name))?;
    let value = value.replace('\\', r"\\").replace('"', "\\\"");
    Some(format!("{name} = \"{value}\"").into())
}

/// The value of type `expected` that `text` writes, as JSON or as Python.
fn read(expected: &str, text: &str) -> Option<Value> {
    if expected == "boolean" {
        return text.to_lowercase().parse().ok().map(Value::Bool);
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

/// The integer that a number with a fraction of zero is: `5` for `5.0`.
fn whole(value: &Value) -> Option<Value> {
    /// Up to here a float tells integers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = value.as_f64().filter(|_| value.is_f64())?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is whole, and small enough"
    )]
    (number.fract() == 0.0 && number.abs() < EXACT).then(|| Value::from(number as i64))
}

/// A value of the wrong type is none of the values listed either: the list says more.
fn told_better(errors: &[ValidationError<'_>], error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. })
        && errors.iter().any(|other| {
            matches!(other.kind(), ValidationErrorKind::Enum { .. })
                && other.instance_path() == error.instance_path()
        })
}

/// One violation of the schema is one problem; unknown members are one each.
fn problems(root: &Value, error: &ValidationError<'_>) -> Vec<Problem> {
    let pointer = error.instance_path().as_str();
    let schema = at(root, pointer);
    let received = || Some(redact::value(schema, error.instance()));
    let limited = |message: String, allowed: Value| Problem {
        pointer: pointer.to_owned(),
        message,
        received: received(),
        allowed: Some(allowed),
        ..Problem::default()
    };
    let one = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_members(schema);
            let given = error.instance().as_object();
            // What is given already is not what another name means.
            let open = |name: &&str| given.is_none_or(|given| !given.contains_key(*name));
            let open: Vec<&str> = known.iter().copied().filter(open).collect();
            let one = |name: &String| {
                let mut problem = unknown(pointer, name, &known, &open);
                let value = given.and_then(|given| given.get(name));
                let by = value.and_then(|value| filter(name, value));
                if by.is_some() && open.contains(&"filter") {
                    problem.nearest = Some("filter".to_owned());
                    problem.meant = by;
                    return problem;
                }
                let schema = problem.nearest.as_ref().and_then(|nearest| {
                    let schema = at(root, &format!("{pointer}/{nearest}"))?;
                    schema.as_object()
                });
                if let (Some(schema), Some(value)) = (schema, value) {
                    let mut value = value.clone();
                    coerce_value(schema, &mut value);
                    problem.meant = meant(schema, &problem.pointer, &value).or(Some(value));
                }
                problem
            };
            return unexpected.iter().map(one).collect();
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let wanted = schema
                .and_then(Value::as_object)
                .and_then(|s| redact::member_schema(s, name));
            Problem {
                pointer: format!("{pointer}/{name}"),
                kind: Kind::Missing,
                message: "is required".to_owned(),
                allowed: wanted.and_then(|wanted| wanted.get("description")).cloned(),
                ..Problem::default()
            }
        }
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => Problem {
            meant: schema
                .and_then(Value::as_object)
                .and_then(|schema| meant(schema, pointer, error.instance())),
            ..limited(
                format!("must be of type {kind}"),
                json!({ "type": kind.to_string() }),
            )
        },
        ValidationErrorKind::Enum { options } => {
            let names: Vec<&str> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let mut problem = limited(format!("must be one of {}", names.join(", ")), json!(names));
            problem.nearest = error
                .instance()
                .as_str()
                .and_then(|given| nearest(given, names));
            problem
        }
        ValidationErrorKind::Minimum { limit } => limited(
            format!("must be at least {limit}"),
            json!({ "minimum": limit }),
        ),
        ValidationErrorKind::Maximum { limit } => limited(
            format!("must be at most {limit}"),
            json!({ "maximum": limit }),
        ),
        ValidationErrorKind::MinLength { limit } => limited(
            format!("must have {limit} characters or more"),
            json!({ "minLength": limit }),
        ),
        ValidationErrorKind::MaxLength { limit } => limited(
            format!("must have {limit} characters or fewer"),
            json!({ "maxLength": limit }),
        ),
        ValidationErrorKind::MinItems { limit } => limited(
            format!("must have {limit} items or more"),
            json!({ "minItems": limit }),
        ),
        ValidationErrorKind::MaxItems { limit } => limited(
            format!("must have {limit} items or fewer"),
            json!({ "maxItems": limit }),
        ),
        ValidationErrorKind::Pattern { pattern } => limited(
            format!("must match {pattern}"),
            json!({ "pattern": pattern }),
        ),
        _ => Problem {
            pointer: pointer.to_owned(),
            message: error.masked().to_string(),
            ..Problem::default()
        },
    };
    vec![one]
}

/// That `name` is none of the `known` arguments, of which some are `open` to be meant.
fn unknown(pointer: &str, name: &str, known: &[&str], open: &[&str]) -> Problem {
    let is_username = name == "name" && open.contains(&"username");
    let is_attribute = known.contains(&"attributes") && is_attribute(name) && !is_username;
    let attribute = is_attribute.then(|| format!("{OF_A_USER}{name}"));
    Problem {
        pointer: format!("{pointer}/{name}"),
        kind: Kind::Unknown,
        message: "is not an argument".to_owned(),
        received: None,
        allowed: Some(json!(known)),
        nearest: attribute.or_else(|| nearest(name, open.iter().copied())),
        meant: None,
    }
}

/// Where a user's attributes stand among the arguments.
const OF_A_USER: &str = "attributes.";

/// Whether users have an attribute of that name: a standard one, or one of a pool's own.
fn is_attribute(name: &str) -> bool {
    static STANDARD: LazyLock<Schema> = LazyLock::new(Schema::default);
    name.starts_with("custom:") || STANDARD.get(name).is_some()
}

fn known_members(schema: Option<&Value>) -> Vec<&str> {
    let properties = schema
        .and_then(|schema| schema.get("properties"))
        .and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(JsonObject::keys)
        .map(String::as_str)
        .collect()
}

/// The schema of the value at `pointer`.
fn at<'a>(root: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut segments = pointer.split('/').skip(1);
    segments.try_fold(root, |schema, segment| {
        let schema = schema.as_object()?;
        schema
            .get("items")
            .or_else(|| redact::member_schema(schema, segment))
    })
}

/// The name among `known` that is most like `given`, if any is much like it.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            // A part of a name is as good as a slip of the pen: `pool` for `user_pool_id`.
            let contained = given.len() > 2 && (lower.contains(&given) || given.contains(&lower));
            let likeness =
                strsim::jaro_winkler(&given, &lower).max(if contained { 0.85 } else { 0.0 });
            (likeness, name)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::tools;

    /// Seeds of choices; one disguise uses as many as it comes to.
    type Choices = std::iter::Cycle<std::vec::IntoIter<u8>>;

    fn disguised_name(name: &str, choice: u8) -> String {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        let words: Vec<&str> = name.split('_').collect();
        let first = words[0].to_owned();
        let rest = words[1..].iter().map(|word| capital(word));
        match choice % 6 {
            0 => first + &rest.collect::<String>(),
            1 => words.iter().map(|word| capital(word)).collect(),
            2 => words.join("-"),
            3 => name.to_uppercase(),
            4 => words.join(" "),
            _ => name.to_owned(),
        }
    }

    /// `value` as a careless host would send it.
    fn disguised(schema: &JsonObject, value: &Value, choices: &mut Choices) -> Value {
        let choice = choices.next().unwrap();
        match value {
            Value::Object(members) => {
                let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
                let mut all = JsonObject::new();
                for (name, value) in members {
                    let known = redact::member_schema(schema, name).and_then(Value::as_object);
                    let value = match known {
                        Some(known) => disguised(known, value, choices),
                        None => value.clone(),
                    };
                    let choice = choices.next().unwrap();
                    let name = if is_closed {
                        disguised_name(name, choice)
                    } else {
                        name.clone()
                    };
                    all.insert(name, value);
                }
                as_text(Value::Object(all), choice)
            }
            Value::Array(items) => {
                let item = schema.get("items").and_then(Value::as_object);
                let items = items.iter().map(|value| match item {
                    Some(item) => disguised(item, value, choices),
                    None => value.clone(),
                });
                as_text(items.collect(), choice)
            }
            Value::Bool(truth) if choice.is_multiple_of(3) => {
                Value::from(disguised_name(&truth.to_string(), choice))
            }
            Value::Number(number) if choice.is_multiple_of(3) => {
                Value::from(number.as_f64().unwrap())
            }
            Value::Number(number) if choice % 3 == 1 => Value::from(format!(" {number}.0")),
            Value::Bool(_) | Value::Number(_) => as_text(value.clone(), choice),
            _ => value.clone(),
        }
    }

    fn as_text(value: Value, choice: u8) -> Value {
        if choice.is_multiple_of(2) {
            Value::from(value.to_string())
        } else {
            value
        }
    }

    proptest! {
        #[test]
        fn careless_arguments_are_read_as_meant(
            number in 0..tools::all().len(),
            choices in proptest::collection::vec(any::<u8>(), 1..40),
        ) {
            let entry = &tools::all()[number];
            let mut choices = choices.into_iter().cycle();
            let schema = &*entry.published.input_schema;
            let example = entry.example.as_object().unwrap();
            let mut given = JsonObject::new();
            for (name, value) in example {
                let known = redact::member_schema(schema, name).and_then(Value::as_object);
                let value = known.map_or_else(|| value.clone(), |known| disguised(known, value, &mut choices));
                given.insert(disguised_name(name, choices.next().unwrap()), value);
            }
            let shown = Value::from(given.clone());
            let judged = entry.judge(&mut given);
            prop_assert!(judged.is_ok(), "{shown}: {judged:?}");
            prop_assert_eq!(Value::from(given), entry.example.clone(), "{}", shown);
        }

        #[test]
        fn text_stays_text(text in select(vec!["true", "5", "5.0", "[]", "{}", "null", " x ", "True"])) {
            let entry = tools::find("get_user").unwrap();
            let mut given = json!({ "username": text }).as_object().unwrap().clone();
            let before = given.clone();
            prop_assert!(entry.judge(&mut given).is_ok());
            prop_assert_eq!(given, before);
        }
    }

    /// Where two could be meant, and where any name is the caller's own, nothing is renamed.
    #[test]
    fn doubt_is_left_alone() {
        let schema = json!({
            "properties": {
                "user_id": { "type": "string" },
                "attributes": { "type": "object", "additionalProperties": { "type": "string" } },
            },
            "additionalProperties": false,
        });
        for given in [
            json!({ "userId": "a", "UserId": "b" }),
            json!({ "user_id": "a", "userId": "b" }),
            json!({ "attributes": { "userId": "a", "user_id": "b" } }),
            json!({ "user": "a" }),
        ] {
            let mut read = given.as_object().unwrap().clone();
            coerce(schema.as_object().unwrap(), &mut read);
            assert_eq!(Value::from(read), given);
        }
    }
}
