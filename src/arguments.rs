//! Validation of a call's arguments by the tool's own schema.
//!
//! An error reports all problems at once, up to a limit. Each problem has a JSON pointer,
//! the received value and the allowed values. An unknown name also has the nearest known
//! name. A retry never changes the meaning of the call: see [`corrections`].

mod corrections;
#[cfg(test)]
mod corrections_property;
mod forms;
pub(crate) mod model_input;
mod names;
pub(crate) mod schema;
pub(crate) mod shape_words;
mod units;
mod unknown;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use self::corrections::corrected;
pub(crate) use self::forms::coerce;
use self::forms::{meant, option};
pub(crate) use self::names::{
    attribute, closeness, most_like, nearest, slip, standard_attributes, words,
};
pub(crate) use self::units::duration;
pub(crate) use self::unknown::{Named, escaped, learn};
use self::unknown::{Place, known};
use crate::bounds::{SENTENCE_CHARS, VALUE_CHARS, VIOLATIONS};
use crate::counted::counted;
use crate::error::{Kind, Problem, Problems, ToolError};
use crate::guard::redact;
use crate::size;

/// Validates `arguments` of `tool`. `writes` is whether every call of the tool writes.
/// `example` shows valid arguments.
///
/// # Errors
/// `InvalidArguments` with every problem.
pub(crate) fn validate(
    validator: &Validator,
    schema: &Value,
    tool: &str,
    writes: bool,
    arguments: &JsonObject,
    example: &Value,
) -> Result<(), Box<ToolError>> {
    let arguments = Value::Object(arguments.clone());
    let mut violations = validator.iter_errors(&arguments);
    let errors: Vec<ValidationError<'_>> = violations.by_ref().take(VIOLATIONS).collect();
    let mut problems = Problems::default();
    for error in &errors {
        if !is_described_better(&errors, error) {
            find_problems((tool, writes), schema, error, &mut problems);
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    name_missing(&mut problems, &arguments);
    problems.add_more(violations.count());
    let is_valid = |corrected: &Value| {
        validator.is_valid(corrected) && !(writes && is_empty(schema, corrected))
    };
    Err(refuse(tool, &arguments, problems, example, is_valid))
}

/// Names the argument that is missing as the one that an unknown argument may mean, if an object
/// has exactly one of each.
fn name_missing(problems: &mut Problems, arguments: &Value) {
    let parent = |problem: &Problem| {
        problem
            .pointer
            .rsplit_once('/')
            .map(|(parent, _)| parent.to_owned())
    };
    let is_open = |problem: &Problem| problem.kind == Kind::Unknown && !problem.certain;
    let mut found = Vec::new();
    for (number, problem) in problems.first().iter().enumerate() {
        let beside = || {
            problems
                .first()
                .iter()
                .filter(|other| parent(other) == parent(problem))
        };
        let mut missing = beside().filter(|other| other.kind == Kind::Missing);
        let (Some(only), None) = (missing.next(), missing.next()) else {
            continue;
        };
        // A name that is given already was not meant.
        let is_given = problem.nearest.as_ref().is_some_and(|nearest| {
            let pointer = format!("{}/{nearest}", parent(problem).unwrap_or_default());
            arguments.pointer(&pointer).is_some()
        });
        if is_open(problem)
            && (problem.nearest.is_none() || is_given)
            && beside().filter(|other| is_open(other)).count() == 1
            && let Some((_, name)) = only.pointer.rsplit_once('/')
        {
            found.push((number, name.to_owned()));
        }
    }
    for (number, name) in found {
        problems.first_mut()[number].nearest = Some(name);
    }
}

/// Whether a call of a tool that writes would change nothing: it has none of the arguments
/// that the tool accepts in addition to those in `WHERE`.
fn is_empty(schema: &Value, arguments: &Value) -> bool {
    const WHERE: [&str; 5] = [
        "user_pool_id",
        "client_id",
        "username",
        "dry_run",
        "confirm",
    ];
    let could: Vec<&str> = known(schema.as_object());
    let mut could = could.iter().filter(|name| !WHERE.contains(name)).peekable();
    could.peek().is_some() && could.all(|name| arguments.get(name).is_none())
}

/// Returns the error that describes the first of `problems`. It has the corrected call as
/// its retry if it describes all problems, each has one certain correction, and `is_valid`
/// accepts the corrected arguments. `example` shows valid arguments.
pub(crate) fn refuse(
    tool: &str,
    arguments: &Value,
    problems: Problems,
    example: &Value,
    is_valid: impl Fn(&Value) -> bool,
) -> Box<ToolError> {
    let more = problems.more();
    let problems = problems.into_first();
    let count = counted(problems.len() + more, "problem");
    let mut message = format!("{count} with the arguments of {tool}: ");
    let described = describe(&problems, &mut message);
    let left = problems.len() - described + more;
    if left > 0 {
        message = format!("{message}; and {left} more");
    }
    let mut error = ToolError::new("InvalidArguments", message).hint(format!(
        "Nothing was called. Valid arguments look like {example}"
    ));
    if more == 0
        && let Some(corrected) = corrected(tool, arguments, &problems)
        && is_valid(&corrected)
    {
        error = error.retry(tool, corrected);
    }
    error.problems = problems;
    error.more_problems = more;
    error
}

/// Appends as many of `problems` to `message` as its length allows, and returns their
/// number.
fn describe(problems: &[Problem], message: &mut String) -> usize {
    // Characters that are reserved for the number of the remaining problems.
    const REST: usize = 40;
    for (number, problem) in problems.iter().enumerate() {
        let pointer = size::text(&problem.pointer, VALUE_CHARS);
        let what = size::text(&problem.message, VALUE_CHARS);
        let guess = problem.nearest.as_ref().map(|nearest| {
            let nearest = size::text(nearest, VALUE_CHARS);
            format!(", did you mean `{nearest}`?")
        });
        let separator = if number == 0 { "" } else { "; " };
        let one = format!("{separator}{pointer} {what}{}", guess.unwrap_or_default());
        if number > 0 && message.chars().count() + one.chars().count() + REST > SENTENCE_CHARS {
            return number;
        }
        message.push_str(&one);
    }
    problems.len()
}

/// Whether another error describes the same problem better. A value of the wrong type is
/// not one of the listed values either, and the list is more helpful.
fn is_described_better(errors: &[ValidationError<'_>], error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. })
        && errors.iter().any(|other| {
            matches!(other.kind(), ValidationErrorKind::Enum { .. })
                && other.instance_path() == error.instance_path()
        })
}

/// Adds the problems of one violation of the schema to `found`. Each unknown member is a
/// problem; any other violation is one problem.
fn find_problems(
    (tool, writes): (&str, bool),
    root: &Value,
    error: &ValidationError<'_>,
    found: &mut Problems,
) {
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        let pointer = error.instance_path().as_str();
        let place = Place {
            tool,
            writes,
            pointer,
            schema: at(root, pointer).and_then(Value::as_object),
            given: error.instance(),
        };
        for name in unexpected {
            found.add(|| unknown::problem(&place, name));
        }
    } else {
        found.add(|| problem(root, error));
    }
}

/// The problem for a violation of the schema.
fn problem(root: &Value, error: &ValidationError<'_>) -> Problem {
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
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let wanted = schema
                .and_then(Value::as_object)
                .and_then(|s| redact::member_schema(s, name));
            Problem {
                pointer: format!("{pointer}/{}", escaped(name)),
                kind: Kind::Missing,
                message: "is required".to_owned(),
                allowed: wanted.and_then(|wanted| wanted.get("description")).cloned(),
                ..Problem::default()
            }
        }
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => {
            let schema = schema.and_then(Value::as_object);
            let meant = schema.and_then(|schema| meant(schema, pointer, error.instance()));
            Problem {
                certain: meant.is_some(),
                meant,
                ..limited(
                    format!("must be of type {kind}"),
                    json!({ "type": kind.to_string() }),
                )
            }
        }
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map_or(&[][..], Vec::as_slice);
            let names: Vec<&str> = options.iter().filter_map(Value::as_str).collect();
            let mut problem = limited(format!("must be one of {}", names.join(", ")), json!(names));
            choose(&mut problem, error.instance(), options);
            problem
        }
        ValidationErrorKind::Minimum { limit } => limited(
            format!("must be at least {limit}"),
            json!({ "minimum": limit }),
        ),
        ValidationErrorKind::Maximum { limit } => {
            // A smaller `limit` only shortens the page. A change of any other number would
            // change the meaning of the call.
            let certain = pointer.ends_with("/limit");
            Problem {
                certain,
                meant: certain.then(|| limit.clone()),
                ..limited(
                    format!("must be at most {limit}"),
                    json!({ "maximum": limit }),
                )
            }
        }
        kind => match bound(kind) {
            Some((message, allowed)) => limited(message, allowed),
            None => Problem {
                pointer: pointer.to_owned(),
                message: error.masked().to_string(),
                ..Problem::default()
            },
        },
    }
}

/// Adds the nearest of `options` to the problem of a value that is not one of them.
fn choose(problem: &mut Problem, given: &Value, options: &[Value]) {
    // A list with a single item may be meant as that item.
    let given = match given {
        Value::Array(items) => items.first().filter(|_| items.len() == 1),
        given => Some(given),
    };
    if let Some(given) = given.and_then(Value::as_str) {
        let certain = option(given, options);
        problem.certain = certain.is_some();
        let names = options.iter().filter_map(Value::as_str);
        problem.nearest = certain.or_else(|| nearest(given, names));
    }
}

/// The message for a violated bound or pattern, and the allowed values.
fn bound(kind: &ValidationErrorKind) -> Option<(String, Value)> {
    Some(match kind {
        ValidationErrorKind::MinLength { limit } => (
            format!("must have {limit} characters or more"),
            json!({ "minLength": limit }),
        ),
        ValidationErrorKind::MaxLength { limit } => (
            format!("must have {limit} characters or fewer"),
            json!({ "maxLength": limit }),
        ),
        ValidationErrorKind::MinItems { limit } => (
            format!("must have {limit} items or more"),
            json!({ "minItems": limit }),
        ),
        ValidationErrorKind::MaxItems { limit } => (
            format!("must have {limit} items or fewer"),
            json!({ "maxItems": limit }),
        ),
        ValidationErrorKind::Pattern { pattern } => (
            format!("must match {pattern}"),
            json!({ "pattern": pattern }),
        ),
        _ => return None,
    })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::tools;

    /// Random bytes that select the changes of a value; repeated if they run out.
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

    /// `value` in another form, as a careless host would send it.
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
        fn careless_arguments_are_read_as_intended(
            number in 0..tools::all().len(),
            choices in proptest::collection::vec(any::<u8>(), 1..40),
        ) {
            let entry = tools::all().nth(number).unwrap();
            let mut choices = choices.into_iter().cycle();
            let schema = &*entry.published().input_schema;
            let example = entry.example().as_object().unwrap();
            let mut given = JsonObject::new();
            for (name, value) in example {
                let known = redact::member_schema(schema, name).and_then(Value::as_object);
                let value = known.map_or_else(|| value.clone(), |known| disguised(known, value, &mut choices));
                given.insert(disguised_name(name, choices.next().unwrap()), value);
            }
            let shown = Value::from(given.clone());
            let validated = entry.validate(&mut given);
            prop_assert!(validated.is_ok(), "{shown}: {validated:?}");
            prop_assert_eq!(Value::from(given), entry.example().clone(), "{}", shown);
        }

        #[test]
        fn text_stays_text(text in select(vec!["true", "5", "5.0", "[]", "{}", "null", " x ", "True"])) {
            let entry = tools::find("get_user").unwrap();
            let mut given = json!({ "username": text }).as_object().unwrap().clone();
            let before = given.clone();
            prop_assert!(entry.validate(&mut given).is_ok());
            prop_assert_eq!(given, before);
        }
    }

    /// A name is not changed if two names could be meant, or if any name is allowed.
    #[test]
    fn ambiguous_names_are_not_changed() {
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
